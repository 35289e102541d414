//! One person of a campaign: the attempts so far, and by which rules each was decided.

use askama::Template;

use super::{shell::Shell, show::When, words::Badge};

/// `/campaigns/{id}/contacts/{contact}`: the page.
#[derive(Template, Clone, PartialEq, Eq, Debug)]
#[template(path = "contact.html")]
pub struct ContactPage {
    /// Header and footer.
    pub shell: Shell,
    /// The person.
    pub contact: ContactPanel,
}

/// The person: a fragment, shown in the drawer of [`super::CampaignPage`].
#[derive(Template, Clone, PartialEq, Eq, Debug)]
#[template(path = "contact_panel.html")]
pub struct ContactPanel {
    /// The contact.
    pub id: String,
    /// Its campaign.
    pub campaign_id: String,
    /// The campaign's name.
    pub campaign_name: String,
    /// The person.
    pub name: String,
    /// The person's business.
    pub business: Option<String>,
    /// The number, as people write it.
    pub phone: String,
    /// [`Badge::contact`].
    pub state: Badge,
    /// [`Badge::outcome`], when final.
    pub outcome: Option<Badge>,
    /// One line: why the person waits or was left out, `Outside 8:00–21:00 in Chicago`.
    pub reason: Option<String>,
    /// Until when: [`When::told`], for instance `opens Mon 08:00 CST`.
    pub until: Option<When>,
    /// Where the person is, for instance `America/Chicago, from the ZIP code`.
    pub place: String,
    /// Other facts by which the next call would be decided.
    pub facts: Vec<DecisionFact>,
    /// Every call to this person, latest first.
    pub attempts: Vec<ContactAttempt>,
    /// Whether it can still change, so that the fragment fetches itself again.
    pub unfinished: bool,
}

/// One call to a person.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContactAttempt {
    /// The call.
    pub call_id: String,
    /// From 1.
    pub number: u32,
    /// [`Badge::outcome`], or [`Badge::call`] while it is live.
    pub result: Badge,
    /// When it was placed.
    pub at: When,
    /// By what it was decided that this call may be placed. Empty for calls from before such records were kept.
    pub decision: Vec<DecisionFact>,
}

/// One fact of a decision.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DecisionFact {
    /// What, for instance `Local time`.
    pub label: String,
    /// What it was, for instance `Fri 20 Nov 09:12 CST`.
    pub value: String,
}

impl DecisionFact {
    /// A fact.
    #[must_use]
    pub fn new(label: &str, value: &str) -> Self {
        Self {
            label: label.to_owned(),
            value: value.to_owned(),
        }
    }
}
