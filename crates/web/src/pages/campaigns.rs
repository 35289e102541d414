//! `/campaigns`: every campaign, and the dialog that makes a new one.

use askama::Template;
use serde::Deserialize;

use super::{
    actions::Actions, bar::Bar, button::Button, new_campaign::NewCampaign, pager::Pager, shell::Shell,
    show::When, words::Badge,
};

/// The page.
#[derive(Template, Clone, PartialEq, Eq, Debug)]
#[template(path = "campaigns.html")]
pub struct CampaignsPage {
    /// Header and footer.
    pub shell: Shell,
    /// The list, which refreshes itself.
    pub list: CampaignList,
    /// The dialog.
    pub new: NewCampaign,
}

/// The list: a fragment.
#[derive(Template, Clone, PartialEq, Eq, Debug)]
#[template(path = "campaign_list.html")]
pub struct CampaignList {
    /// What is shown.
    pub filter: CampaignsFilter,
    /// Whether there are campaigns that the filter leaves out, so that an empty list does not greet a newcomer.
    pub others: bool,
    /// Newest first.
    pub rows: Vec<CampaignRow>,
    /// Where the reader is. Shown when there is more than one page.
    pub pager: Pager,
}

/// The query of `/campaigns` and `/campaigns/live`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(default)]
pub struct CampaignsFilter {
    /// `only` archived ones, or empty: those that are not archived.
    pub archived: String,
    /// The page, from 1. As text, so that a form's empty field is no error.
    pub page: String,
}

impl CampaignsFilter {
    /// The page, from 1. Anything that is no page is the first.
    #[must_use]
    pub fn page(&self) -> u64 {
        self.page.parse().unwrap_or(1).max(1)
    }
}

/// One campaign in the list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CampaignRow {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// [`Badge::campaign`].
    pub status: Badge,
    /// More about the status, for instance why it paused, or how many calls are still live.
    pub note: Option<String>,
    /// [`Badge::priority`], unless it is the normal one.
    pub priority: Option<Badge>,
    /// When it starts by itself: [`When::told`].
    pub starts: Option<When>,
    /// From when on nobody is called: [`When::told`].
    pub expires: Option<When>,
    /// It is archived; the row offers to take it back.
    pub archived: bool,
    /// Contacts that are final, `1,204`.
    pub done: String,
    /// All contacts.
    pub total: String,
    /// The share that is final.
    pub share: String,
    /// Connected, and final otherwise.
    pub bar: Bar,
    /// Lines in use.
    pub live: u32,
    /// Lines that it may use.
    pub cap: u32,
    /// Share of finished calls that reached a person; `–` before the first.
    pub connect_rate: String,
    /// When it was made.
    pub created: When,
    /// Its buttons.
    pub actions: Actions,
}

impl CampaignRow {
    /// The button that takes an archived campaign back.
    #[must_use]
    pub fn unarchive(&self) -> Button {
        Button::post(
            &format!("unarchive-{}", self.id),
            "Unarchive",
            format!("/api/campaigns/{}/unarchive", self.id),
        )
        .looking("", "archive-restore")
    }
}
