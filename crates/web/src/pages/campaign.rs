//! `/campaigns/{id}`: one campaign, live.

use askama::Template;

use super::{
    calls::{CallsTable, Choices},
    campaign_dialogs::{Append, Schedule},
    campaign_live::CampaignLive,
    import_report::ImportReport,
    new_campaign::Choice,
    shell::Shell,
};

/// The page.
#[derive(Template, Clone, PartialEq, Eq, Debug)]
#[template(path = "campaign.html")]
pub struct CampaignPage {
    /// Header and footer.
    pub shell: Shell,
    /// Everything above the calls, which refreshes itself.
    pub live: CampaignLive,
    /// What the filter offers.
    pub choices: Choices,
    /// The calls, which refresh themselves.
    pub calls: CallsTable,
    /// What the import accepted and what not. `None` for campaigns that were not imported from a file.
    pub report: Option<ImportReport>,
    /// Another assistant may be chosen, before the start only.
    pub change_assistant: Option<ChangeAssistant>,
    /// The dialogs that [`super::CampaignMenu`] opens.
    pub schedule: Schedule,
    /// Adding people.
    pub append: Append,
}

/// The form that gives a campaign another assistant. It sends JSON to `PATCH /api/campaigns/{id}`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChangeAssistant {
    /// The active assistants, the present one chosen.
    pub assistants: Vec<Choice>,
}
