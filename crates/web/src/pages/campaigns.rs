//! `/campaigns`: every campaign, and the dialog that makes a new one.

use askama::Template;

use super::{
    actions::Actions, bar::Bar, new_campaign::NewCampaign, pager::Pager, shell::Shell, show::When,
    words::Badge,
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
    /// Which page of the list this is, from 1.
    pub page: u64,
    /// Newest first.
    pub rows: Vec<CampaignRow>,
    /// Where the reader is. Shown when there is more than one page.
    pub pager: Pager,
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
