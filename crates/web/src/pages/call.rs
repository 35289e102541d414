//! One call: `/calls/{id}`, and the same as a fragment for the drawer.

use askama::Template;

use super::{shell::Shell, show::When, words::Badge};

/// The page.
#[derive(Template, Clone, PartialEq, Eq, Debug)]
#[template(path = "call.html")]
pub struct CallPage {
    /// Header and footer.
    pub shell: Shell,
    /// The call.
    pub call: CallPanel,
}

/// The call.
#[derive(Template, Clone, PartialEq, Eq, Debug)]
#[template(path = "call_panel.html")]
pub struct CallPanel {
    /// Our id.
    pub id: String,
    /// The campaign.
    pub campaign_id: String,
    /// Its name.
    pub campaign_name: String,
    /// Who talked: `Short pitch, version 3`, or `… version 3 or 4` when it changed as the call began.
    pub assistant: Option<String>,
    /// That assistant in the directory.
    pub assistant_id: Option<String>,
    /// The person.
    pub name: String,
    /// The person's business.
    pub business: Option<String>,
    /// The number, as people write it.
    pub phone: String,
    /// [`Badge::call`].
    pub status: Badge,
    /// [`Badge::outcome`].
    pub outcome: Option<Badge>,
    /// How it ended, in words: [`super::ended_reason`].
    pub ended: Option<String>,
    /// How it ended, in the provider's words.
    pub ended_raw: Option<String>,
    /// Whether facts may still come, so that the panel refreshes itself.
    pub live: bool,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// Every attempt to reach the person, this one included, oldest first.
    pub attempts: Vec<Attempt>,
    /// When we claimed the line.
    pub created: When,
    /// When somebody or something answered.
    pub answered: Option<When>,
    /// When it ended.
    pub finished: Option<When>,
    /// From answer to end.
    pub duration: Option<String>,
    /// What it cost, with four decimals, or `–` until that is known. `None` when costs are not shown.
    pub cost: Option<String>,
    /// The recording.
    pub recording: Option<Recording>,
    /// The provider's summary.
    pub summary: Option<String>,
    /// The assistant's own judgement, for instance `true` or `7`.
    pub success: Option<String>,
    /// What was said.
    pub transcript: Vec<Turn>,
    /// What the assistant drew from the conversation.
    pub structured: Vec<Field>,
    /// The list's other columns, which the assistant was given as variables.
    pub variables: Vec<Field>,
    /// The provider's id.
    pub provider_call_id: Option<String>,
    /// Every fact about the call, in the order in which it was recorded.
    pub timeline: Vec<TimelineEvent>,
}

/// One attempt to reach a person.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attempt {
    /// The call.
    pub call_id: String,
    /// Which one, from 1.
    pub number: u32,
    /// Its outcome, or its status while it has none.
    pub result: Badge,
    /// When it began.
    pub at: When,
    /// Whether it is the one shown.
    pub current: bool,
}

/// A recording that the browser can play. Its address is on this server, which passes the provider's file on: provider
/// addresses expire, and the page may load from nowhere else.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recording {
    /// The address, for instance `/api/calls/{id}/recording`.
    pub url: String,
}

/// One turn of a conversation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Turn {
    /// `assistant`, `person` or `tool`.
    pub role: &'static str,
    /// Who speaks, in words.
    pub speaker: String,
    /// What was said.
    pub text: String,
    /// How far into the call, `0:12`.
    pub at: Option<String>,
}

/// A name with a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Field {
    /// The name.
    pub name: String,
    /// The value; JSON where it is no plain text.
    pub value: String,
}

/// One fact about a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TimelineEvent {
    /// When it happened.
    pub at: When,
    /// How long after the call was created: `+0:12`.
    pub offset: String,
    /// [`Badge::source`].
    pub source: Badge,
    /// What happened, in words.
    pub title: String,
    /// More, for instance the provider's own words.
    pub detail: Option<String>,
    /// False when the fact told nothing new: late, repeated or out of order.
    pub changed: bool,
}
