//! What the dialogs of a campaign's page offer.

use askama::Template;

use super::{import_report::ImportProblem, new_campaign::Choice, words::Badge};

/// The dialog that sets a start time. It sends JSON `{"starts_at": "2026-11-23T09:00", "zone": "Europe/Berlin"}` to
/// `POST /api/campaigns/{id}/schedule`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Schedule {
    /// The present start in its zone, `2026-11-23T09:00`; empty for none.
    pub starts_at: String,
    /// Its IANA zone. Empty: the reader's own, which the browser knows.
    pub zone: String,
    /// Time zones to choose from.
    pub zones: Vec<String>,
}

/// What may be called again: a fragment, so that the counts are those of the moment when the dialog opens. The dialog sends
/// JSON `{"outcomes": ["no_answer", …]}` to `POST /api/campaigns/{id}/redial`.
#[derive(Template, Clone, PartialEq, Eq, Debug)]
#[template(path = "redial_choices.html")]
pub struct RedialChoices {
    /// Outcomes that may be called again, with how many people each concerns.
    pub choices: Vec<RedialChoice>,
    /// People who are left out whatever is chosen, in a sentence: who asked not to be called, or was called too often.
    pub never: Option<String>,
}

/// One outcome.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RedialChoice {
    /// [`Badge::outcome`].
    pub outcome: Badge,
    /// How many people, `1,204`.
    pub people: String,
    /// Chosen when the dialog opens.
    pub chosen: bool,
}

/// The dialog that adds people. It uploads `multipart/form-data` with `file` and `default_region` to
/// `POST /api/campaigns/{id}/contacts`, which answers `Accept: text/html` with [`AppendResult`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Append {
    /// Regions of national numbers, as in [`super::NewCampaign`].
    pub regions: Vec<Choice>,
    /// What happens to them, for instance `They are called at once, as lines are free.`
    pub hint: String,
}

/// What an addition brought: a fragment, the answer to the upload.
#[derive(Template, Clone, PartialEq, Eq, Debug)]
#[template(path = "append_result.html")]
pub struct AppendResult {
    /// The campaign.
    pub campaign_id: String,
    /// The uploaded file.
    pub file_name: String,
    /// Rows of the file without its header.
    pub rows: String,
    /// People who were added.
    pub added: String,
    /// Rows that cannot be called.
    pub rejected: String,
    /// Rows whose number was in the campaign before.
    pub duplicates: String,
    /// What happens now, for instance `They are called at once, as lines are free.`
    pub next: String,
    /// The first rows that were left out.
    pub problems: Vec<ImportProblem>,
    /// How many such rows there are beyond those shown.
    pub more: Option<String>,
}
