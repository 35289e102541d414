//! What a person should know before a campaign starts.

use super::{forecast::Forecast, show::When, words::Badge};

/// The report above Start.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Preflight {
    /// One sentence, for instance `7,910 of 8,204 people can be called.`
    pub verdict: String,
    /// What was looked at, in the order of a person's questions.
    pub checks: Vec<Check>,
    /// [`When::told`], for instance `Mon 23 Nov 09:00 EST` or `at once`. `None` when nobody would be called.
    pub first_call: Option<When>,
    /// When it ends and what it costs. `None` when nobody would be called.
    pub forecast: Option<Forecast>,
    /// It is being worked out.
    pub forecast_pending: bool,
    /// When this was looked at.
    pub checked: When,
}

/// One thing that was looked at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Check {
    /// [`Badge::check`].
    pub state: Badge,
    /// What, for instance `On the do-not-call list`.
    pub label: String,
    /// How many or how it is, for instance `93` or `Healthy`.
    pub found: String,
    /// What it means, in a sentence.
    pub note: Option<String>,
    /// Where to look or what to change: `(label, address)`.
    pub link: Option<(String, String)>,
}

impl Check {
    /// A check that says no more than its finding.
    #[must_use]
    pub fn new(state: &str, label: &str, found: &str) -> Self {
        Self {
            state: Badge::check(state),
            label: label.to_owned(),
            found: found.to_owned(),
            note: None,
            link: None,
        }
    }

    /// The icon beside it: its shape says the same as its colour.
    #[must_use]
    pub fn icon(&self) -> &'static str {
        match self.state.key.as_str() {
            "ok" => "circle-check",
            "warn" | "bad" => "triangle-alert",
            _ => "info",
        }
    }

    /// The same, explained.
    #[must_use]
    pub fn noting(mut self, note: &str) -> Self {
        self.note = Some(note.to_owned());
        self
    }

    /// The same, with a link.
    #[must_use]
    pub fn leading(mut self, label: &str, address: &str) -> Self {
        self.link = Some((label.to_owned(), address.to_owned()));
        self
    }
}
