//! `/assistants`: every assistant, and the ways to begin a new one.

use askama::Template;
use serde::Deserialize;

use super::{
    pager::Pager,
    shell::Shell,
    show::{When, count},
    words::Badge,
};

/// The page.
#[derive(Template, Clone, PartialEq, Eq, Debug)]
#[template(path = "assistants.html")]
pub struct AssistantsPage {
    /// Header and footer.
    pub shell: Shell,
    /// The list, which refreshes itself.
    pub list: AssistantList,
}

/// The list: a fragment.
#[derive(Template, Clone, PartialEq, Eq, Debug)]
#[template(path = "assistant_list.html")]
pub struct AssistantList {
    /// What is shown.
    pub filter: AssistantsFilter,
    /// One page of rows: those that can call first, templates last.
    pub rows: Vec<AssistantRow>,
    /// Where the reader is.
    pub pager: Pager,
    /// Whether there are assistants other than templates. Without any, the ways to begin are shown above the rows.
    pub any: bool,
}

/// The query of `/assistants` and `/assistants/live`. Empty means: everything.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(default)]
pub struct AssistantsFilter {
    /// Part of a name.
    pub q: String,
    /// `true` or `false`.
    pub active: String,
    /// A source's stored form.
    pub source: String,
    /// The page, from 1. As text, so that a form's empty field is no error; see [`AssistantsFilter::page`].
    pub page: String,
}

impl AssistantsFilter {
    /// The page, from 1. Anything that is no page is the first.
    #[must_use]
    pub fn page(&self) -> u64 {
        self.page.parse().unwrap_or(1).max(1)
    }

    /// Whether anything is filtered out.
    #[must_use]
    pub fn is_narrow(&self) -> bool {
        [&self.q, &self.active, &self.source]
            .iter()
            .any(|field| !field.trim().is_empty())
    }
}

/// One assistant in the list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AssistantRow {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is good for; of templates.
    pub purpose: Option<&'static str>,
    /// [`Badge::assistant_source`]. Of templates only a clone is offered.
    pub source: Badge,
    /// Whether new campaigns may choose it.
    pub active: bool,
    /// Whether it is for one campaign only.
    pub ephemeral: bool,
    /// [`Badge::assistant_state`]: what is not as it should be. `None` when all is well.
    pub trouble: Option<Badge>,
    /// `openai gpt-4o`.
    pub model: Option<String>,
    /// `11labs sarah`.
    pub voice: Option<String>,
    /// Campaigns that have not ended.
    pub unfinished_campaigns: u64,
    /// All its campaigns.
    pub campaigns: u64,
    /// When it last changed.
    pub updated: When,
}

impl AssistantRow {
    /// Whether it is a template, which is only cloned.
    #[must_use]
    pub fn is_template(&self) -> bool {
        self.source.key == "template"
    }

    /// Campaigns that have not ended, `1,204`.
    #[must_use]
    pub fn unfinished_text(&self) -> String {
        count(self.unfinished_campaigns)
    }

    /// All its campaigns, `30,411`.
    #[must_use]
    pub fn campaigns_text(&self) -> String {
        count(self.campaigns)
    }

    /// What a clone is called at first, within the provider's 40 characters.
    #[must_use]
    pub fn clone_name(&self) -> String {
        clone_name(&self.name, self.is_template())
    }
}

/// Templates are there to be cloned, so a clone may have their name.
pub(super) fn clone_name(name: &str, template: bool) -> String {
    const LONGEST: usize = 40;
    let end = if template { "" } else { " (copy)" };
    let room = LONGEST - end.len();
    let kept: String = name.chars().take(room).collect();
    format!("{}{end}", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_has_a_name_that_the_provider_takes() {
        assert_eq!(clone_name("Short pitch", true), "Short pitch");
        assert_eq!(clone_name("Short pitch", false), "Short pitch (copy)");
        let long = clone_name(&"ä".repeat(50), false);
        assert_eq!(long.chars().count(), 40);
        assert!(long.ends_with(" (copy)"));
    }

    #[test]
    fn a_filter_of_blanks_hides_nothing() {
        let filter = AssistantsFilter {
            q: "  ".to_owned(),
            page: "x".to_owned(),
            ..AssistantsFilter::default()
        };
        assert!(!filter.is_narrow());
        assert_eq!(filter.page(), 1);
    }
}
