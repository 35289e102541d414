//! What moves on the page of a campaign: a fragment.

use askama::Template;

use super::{
    actions::Actions, bar::Bar, campaign_menu::CampaignMenu, dialling::DialPanel, forecast::Forecast,
    lines::Lines, missing, missing::MissingVariable, pace::Pace, preflight::Preflight, show::When,
    words::Badge,
};

/// Everything above the calls.
#[derive(Template, Clone, PartialEq, Eq, Debug)]
#[template(path = "campaign_live.html")]
pub struct CampaignLive {
    /// The campaign.
    pub id: String,
    /// Its name.
    pub name: String,
    /// [`Badge::campaign`].
    pub status: Badge,
    /// More about the status, for instance `3 calls still live` while it drains.
    pub status_note: Option<String>,
    /// Its buttons.
    pub actions: Actions,
    /// Its further buttons.
    pub menu: CampaignMenu,
    /// How it was set up and when it ran.
    pub setup: Setup,
    /// Why it is paused or not dialling, and what to do.
    pub notice: Option<Notice>,
    /// Live calls that could not be hung up so far, of a campaign that was aborted.
    pub not_hung_up: Vec<StillLive>,
    /// It has spent more than somebody wanted to hear of.
    pub alert: Option<Notice>,
    /// Variables that the assistant's words use and the list lacks. Told before the start only; with a preflight, there.
    pub missing: Vec<MissingVariable>,
    /// Contacts that were called and have an outcome, `1,204`.
    pub done: String,
    /// Contacts that will not be called, if there are any.
    pub skipped: Option<String>,
    /// All contacts.
    pub total: String,
    /// The share that was called.
    pub share: String,
    /// The provider does not answer: what is shown of calls is as of then.
    pub as_of: Option<When>,
    /// Final contacts by outcome, then the skipped ones.
    pub bar: Bar,
    /// Contacts by state.
    pub contacts: Vec<Counted>,
    /// Calls by status.
    pub calls: Vec<Counted>,
    /// What a person should know before the start. `None` once it has been started.
    pub preflight: Option<Preflight>,
    /// Why it dials or not. `None` before the start and when it is over.
    pub dialling: Option<DialPanel>,
    /// When it will be finished and what it will have cost, while it runs.
    pub forecast: Option<Forecast>,
    /// Lines in use.
    pub lines: Lines,
    /// Facts about calls by the way they came.
    pub facts: Vec<Counted>,
    /// What the ways mean right now, for instance that no webhook has arrived and polling does the work.
    pub facts_note: Option<String>,
    /// Cost so far; `None` when costs are not shown.
    pub money: Option<Money>,
    /// How fast it goes.
    pub pace: Pace,
}

/// How a campaign was set up and when it ran.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Setup {
    /// The assistant's name.
    pub assistant: String,
    /// The assistant in the directory. `None` when it is not, or no longer, registered.
    pub assistant_id: Option<String>,
    /// Which of its versions calls use, for instance `version 3`.
    pub assistant_version: Option<String>,
    /// Whether another assistant may still be chosen, in the dialog of [`super::ChangeAssistant`].
    pub assistant_changes: bool,
    /// The caller number, as people write it.
    pub caller_number: String,
    /// [`Badge::line_health`] of the caller number, where it is known.
    pub line_health: Option<Badge>,
    /// `Continuous`, or `Batches of 20, waiting for a quiet line`.
    pub mode: String,
    /// When it was made.
    pub created: When,
    /// When it will start by itself: [`When::told`], for instance `Mon 23 Nov 09:00 CET`.
    pub scheduled: Option<When>,
    /// From when on nobody is called: the same.
    pub expires: Option<When>,
    /// [`Badge::priority`], unless it is the normal one.
    pub priority: Option<Badge>,
    /// Its calling hours, `US federal: 8:00–21:00 every day`.
    pub hours: Option<String>,
    /// It is archived.
    pub archived: bool,
    /// The first call that the provider accepted.
    pub started: Option<When>,
    /// When it became final.
    pub finished: Option<When>,
    /// From start to finish, or so far.
    pub duration: Option<String>,
}

/// A live call that was to be hung up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StillLive {
    /// The call.
    pub call_id: String,
    /// Who is on the phone.
    pub name: String,
    /// Why it could not be hung up.
    pub problem: String,
}

/// Something that a person should know, and perhaps do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notice {
    /// `warning` for what can be put right, `error` for what cannot, `info` for what will pass.
    pub tone: &'static str,
    /// One sentence.
    pub title: String,
    /// What it means and what to do.
    pub detail: String,
    /// The button.
    pub action: Option<NoticeAction>,
}

/// The button of a [`Notice`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NoticeAction {
    /// Asks the API: `(label, path)`, for instance `("Resume", "/api/campaigns/…/resume")`.
    Post(String, String),
    /// Leads to a page: `(label, address)`.
    Link(String, String),
}

/// How many of what.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Counted {
    /// What.
    pub badge: Badge,
    /// How many, `1,204`.
    pub count: String,
}

impl Counted {
    /// From a raw count.
    #[must_use]
    pub fn new(badge: Badge, count: u64) -> Self {
        Self {
            badge,
            count: super::show::count(count),
        }
    }
}

/// Cost so far.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Money {
    /// Known cost, `$12.34`.
    pub spent: String,
    /// `of $50.00 budget`, where there is a budget.
    pub budget: Option<String>,
    /// `$3.20 held for live calls`, where there is a budget.
    pub held: Option<String>,
    /// Cost of one connected call, where there is one.
    pub per_connected: Option<String>,
    /// Calls that ended and whose cost the provider has not told, where there are any.
    pub unknown_cost_calls: Option<String>,
}

impl CampaignLive {
    /// What the list lacks, in one sentence.
    #[must_use]
    pub fn missing_text(&self) -> String {
        missing::sentence(&self.missing)
    }

    /// What a screen reader hears from time to time, and the title of the tab begins with.
    #[must_use]
    pub fn summary(&self) -> String {
        let skipped = self
            .skipped
            .as_ref()
            .map_or_else(String::new, |skipped| format!(", {skipped} skipped"));
        format!(
            "{}. {} of {} people called{skipped}, {} of {} lines in use.",
            self.status.label, self.done, self.total, self.lines.used, self.lines.cap
        )
    }
}
