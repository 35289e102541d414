//! The table of a campaign's people and their calls: a fragment.

use askama::Template;
use serde::Deserialize;

use super::{pager::Pager, show::When, words::Badge};

/// The table: one row for each contact that the filter lets through, with its latest call.
#[derive(Template, Clone, PartialEq, Eq, Debug)]
#[template(path = "calls.html")]
pub struct CallsTable {
    /// The campaign.
    pub campaign_id: String,
    /// What is shown.
    pub filter: CallsFilter,
    /// Whether costs are shown.
    pub costs: bool,
    /// One page of rows.
    pub rows: Vec<CallRow>,
    /// Where the reader is.
    pub pager: Pager,
}

/// The query of `/campaigns/{id}` and `/campaigns/{id}/calls`. Empty means: everything.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(default)]
pub struct CallsFilter {
    /// Part of a name or number.
    pub q: String,
    /// An outcome's stored form.
    pub outcome: String,
    /// The status of the latest call, in its stored form.
    pub status: String,
    /// The contact's state, in its stored form.
    pub state: String,
    /// The page, from 1. As text, so that a form's empty field is no error; see [`CallsFilter::page`].
    pub page: String,
}

impl CallsFilter {
    /// The page, from 1. Anything that is no page is the first.
    #[must_use]
    pub fn page(&self) -> u64 {
        self.page.parse().unwrap_or(1).max(1)
    }

    /// Whether anything is filtered out.
    #[must_use]
    pub fn is_narrow(&self) -> bool {
        [&self.q, &self.outcome, &self.status, &self.state]
            .iter()
            .any(|field| !field.trim().is_empty())
    }
}

/// What the filter's select boxes offer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Choices {
    /// Outcomes.
    pub outcomes: Vec<Badge>,
    /// Call statuses.
    pub statuses: Vec<Badge>,
    /// Contact states.
    pub states: Vec<Badge>,
}

impl Choices {
    /// Everything there is.
    #[must_use]
    pub fn all() -> Self {
        Self {
            outcomes: Badge::all_outcomes(),
            statuses: Badge::all_call_statuses(),
            states: Badge::all_contact_states(),
        }
    }
}

/// One contact with its latest call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CallRow {
    /// The contact's id: keeps the row in its place when the table refreshes.
    pub contact_id: String,
    /// The latest call. `None` when the person has not been called.
    pub call_id: Option<String>,
    /// The person.
    pub name: String,
    /// The person's business.
    pub business: Option<String>,
    /// The number, as people write it.
    pub phone: String,
    /// [`Badge::contact`].
    pub state: Badge,
    /// [`Badge::call`] of the latest call.
    pub status: Option<Badge>,
    /// [`Badge::outcome`].
    pub outcome: Option<Badge>,
    /// Why the person waits, was skipped, or how the call ended.
    pub reason: Option<String>,
    /// When a waiting person may be called.
    pub next: Option<When>,
    /// The same in the words of the person's own zone: [`When::told`], for instance `opens Mon 08:00 CST`. Instead of
    /// `next`, where it is known.
    pub until: Option<When>,
    /// How many times the person has been called.
    pub attempts: u32,
    /// When the latest call began.
    pub called: Option<When>,
    /// How long it took.
    pub duration: Option<String>,
    /// What it cost, with four decimals.
    pub cost: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_is_none_is_the_first() {
        for (text, page) in [("", 1), ("0", 1), ("-3", 1), ("seven", 1), ("7", 7)] {
            assert_eq!(
                CallsFilter {
                    page: text.to_owned(),
                    ..CallsFilter::default()
                }
                .page(),
                page,
                "{text}"
            );
        }
    }
}
