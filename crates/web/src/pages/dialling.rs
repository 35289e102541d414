//! Why a campaign dials or does not: a fragment.

use askama::Template;

use super::{button::Button, show::When};

/// One sentence for the whole campaign, and below it the people who wait, by reason.
#[derive(Template, Clone, PartialEq, Eq, Debug)]
#[template(path = "dialling.html")]
pub struct DialPanel {
    /// Whether calls are being placed as they should be.
    pub healthy: bool,
    /// One sentence: `8 of 8 lines in use.`, or `Nobody may be called before Mon 08:00 CST.`
    pub headline: String,
    /// What comes next, for instance `Next: Ada Moreno, as soon as a line is free.`
    pub next: Option<String>,
    /// Most people first.
    pub rows: Vec<HeldBack>,
}

impl DialPanel {
    /// The heading.
    #[must_use]
    pub fn title(&self) -> &'static str {
        if self.healthy {
            "Dialling"
        } else {
            "Why is it not dialling?"
        }
    }
}

/// People who wait for the same thing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HeldBack {
    /// Tells the reason from others, and keeps the row in its place when the panel refreshes.
    pub key: String,
    /// `412 people`.
    pub people: String,
    /// Why, for instance `outside 8:00–21:00 in Chicago`.
    pub reason: String,
    /// Until when: [`When::told`], for instance `opens Mon 08:00 CST`.
    pub until: Option<When>,
    /// What a person can do about it.
    pub remedy: Option<Remedy>,
}

/// What a person can do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Remedy {
    /// Go and change something: `(label, address)`.
    Link(String, String),
    /// Ask for it at once.
    Do(Button),
    /// Nothing but a sentence, for instance `Add credit at Vapi.`
    Words(String),
}
