//! `/suppressions`: whom not to call.

use askama::Template;
use serde::Deserialize;

use super::{button::Button, new_campaign::Choice, pager::Pager, shell::Shell, show::When, words::Badge};

/// The page. Its dialogs send JSON to `POST /api/suppressions` and a file to `POST /api/suppressions/import`.
#[derive(Template, Clone, PartialEq, Eq, Debug)]
#[template(path = "suppressions.html")]
pub struct SuppressionsPage {
    /// Header and footer.
    pub shell: Shell,
    /// The list, which refreshes itself.
    pub list: SuppressionList,
    /// The campaigns for which a number can be kept from being called; everywhere is always a choice.
    pub campaigns: Vec<Choice>,
    /// Regions of national numbers, as in [`super::NewCampaign`].
    pub regions: Vec<Choice>,
}

impl SuppressionsPage {
    /// Every source.
    #[must_use]
    pub fn sources(&self) -> Vec<Badge> {
        Badge::all_suppression_sources()
    }
}

/// The list: a fragment.
#[derive(Template, Clone, PartialEq, Eq, Debug)]
#[template(path = "suppression_list.html")]
pub struct SuppressionList {
    /// What is shown.
    pub filter: SuppressionsFilter,
    /// Newest first.
    pub rows: Vec<SuppressionRow>,
    /// Where the reader is.
    pub pager: Pager,
}

/// The query of `/suppressions` and `/suppressions/live`. Empty means: everything.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(default)]
pub struct SuppressionsFilter {
    /// Part of a number or reason. A whole number also finds the prefixes that cover it.
    pub q: String,
    /// [`Badge::suppression_source`] in its stored form.
    pub source: String,
    /// `everywhere`, or a campaign's id.
    pub campaign: String,
    /// The page, from 1. As text, so that a form's empty field is no error.
    pub page: String,
}

impl SuppressionsFilter {
    /// The page, from 1. Anything that is no page is the first.
    #[must_use]
    pub fn page(&self) -> u64 {
        self.page.parse().unwrap_or(1).max(1)
    }

    /// Whether anything is filtered out.
    #[must_use]
    pub fn is_narrow(&self) -> bool {
        [&self.q, &self.source, &self.campaign]
            .iter()
            .any(|field| !field.trim().is_empty())
    }
}

/// A number that must not be called, or how such numbers begin.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SuppressionRow {
    /// Its id.
    pub id: String,
    /// As people write it.
    pub number: String,
    /// Every number that begins so.
    pub prefix: bool,
    /// The campaign, as `(id, name)`; `None`: everywhere.
    pub campaign: Option<(String, String)>,
    /// [`Badge::suppression_source`].
    pub source: Badge,
    /// Why.
    pub reason: Option<String>,
    /// The call in which the person asked for it.
    pub call_id: Option<String>,
    /// Since when.
    pub since: When,
    /// Until when; `None`: for good.
    pub expires: Option<When>,
    /// Who, where they gave a name.
    pub by: Option<String>,
    /// `DELETE /api/suppressions/{id}`.
    pub remove: Button,
}

impl SuppressionRow {
    /// The button that allows calls again. `asked`: the person said in a call not to be called.
    #[must_use]
    pub fn removal(id: &str, number: &str, prefix: bool, asked: bool) -> Button {
        let whom = if prefix {
            format!("numbers that begin with {number}")
        } else {
            number.to_owned()
        };
        let warning = if asked {
            " The person asked not to be called: you need a reason to call all the same."
        } else {
            ""
        };
        Button {
            method: "delete",
            ..Button::post(
                &format!("remove-{id}"),
                "Remove",
                format!("/api/suppressions/{id}"),
            )
            .asking(
                format!(
                    "Allow calls to {whom} again?{warning} Campaigns may call at once. You can add it again."
                ),
                "Allow calls",
                asked,
            )
            .looking("btn-ghost", "")
        }
    }
}

/// What an uploaded list brought: a fragment, the answer to the upload.
#[derive(Template, Clone, PartialEq, Eq, Debug)]
#[template(path = "suppression_import.html")]
pub struct SuppressionImport {
    /// The uploaded file.
    pub file_name: String,
    /// Lines read.
    pub lines: String,
    /// Numbers that are new on the list.
    pub added: String,
    /// Numbers that were on it before.
    pub known: String,
    /// Lines that could not be read.
    pub bad: String,
    /// People of running or coming campaigns who will not be called because of it, where there are any.
    pub spared: Option<String>,
    /// The first bad lines.
    pub problems: Vec<BadLine>,
    /// How many there are beyond those shown.
    pub more: Option<String>,
}

/// A line that could not be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BadLine {
    /// From 1.
    pub line: u64,
    /// What stands there.
    pub text: String,
    /// Why it could not be read.
    pub reason: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removing_says_whom_it_concerns() {
        let text = |prefix, asked| {
            SuppressionRow::removal("1", "+1 900", prefix, asked)
                .question
                .expect("asks")
                .text
        };
        assert!(
            text(true, false).starts_with("Allow calls to numbers that begin with +1 900 again? Campaigns")
        );
        assert!(text(false, true).contains("asked not to be called"));
    }
}
