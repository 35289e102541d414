//! What an import accepted and what not.

use askama::Template;

use super::{show::When, words::Badge};

/// The report, shown on the page of the campaign.
#[derive(Template, Clone, PartialEq, Eq, Debug)]
#[template(path = "import_report.html")]
pub struct ImportReport {
    /// The campaign.
    pub campaign_id: String,
    /// The uploaded file.
    pub file_name: String,
    /// When it was imported.
    pub imported: When,
    /// Rows of the file without its header.
    pub rows: String,
    /// Rows that became contacts.
    pub accepted: String,
    /// Rows that cannot be called.
    pub rejected: String,
    /// Rows whose number was there before.
    pub duplicates: String,
    /// Rows that did not become contacts, in the order of the file; the first ones only when there are many.
    pub problems: Vec<ImportProblem>,
    /// How many such rows there are beyond those shown, `1,204`.
    pub more: Option<String>,
}

/// A row that did not become a contact.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImportProblem {
    /// Its line in the file, from 1.
    pub line: u64,
    /// The column at fault.
    pub column: String,
    /// What stands there.
    pub value: String,
    /// Why it cannot be called, in words.
    pub reason: String,
    /// `true` when the only fault is that the number was there before.
    pub duplicate: bool,
}

impl ImportProblem {
    /// Rejected or duplicate.
    #[must_use]
    pub fn kind(&self) -> Badge {
        let (key, label, tone) = if self.duplicate {
            ("duplicate", "Duplicate", "tone-quiet")
        } else {
            ("rejected", "Rejected", "tone-bad")
        };
        Badge {
            key: key.to_owned(),
            label: label.to_owned(),
            tone,
            hint: "",
        }
    }
}

/// The report as the answer to an upload: a fragment for the dialog, before anything is dialled.
#[derive(Template, Clone, PartialEq, Eq, Debug)]
#[template(path = "import_result.html")]
pub struct ImportResult {
    /// The new campaign's name.
    pub campaign_name: String,
    /// The report.
    pub report: ImportReport,
    /// Whether there is anybody to call.
    pub can_start: bool,
}
