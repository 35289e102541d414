//! The lines of a campaign as a row of lamps.

use super::{show::When, words::Badge};

/// Lines in use of the campaign's cap.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lines {
    /// Lamps that are lit.
    pub used: usize,
    /// Lines that the campaign may use.
    pub cap: u32,
    /// Oldest call first.
    pub lamps: Vec<Lamp>,
    /// Lamps that are dark.
    pub free: usize,
    /// What else limits the lines, for instance `The account has 10 lines; other campaigns use 4 of them.`
    pub note: Option<String>,
}

/// A line that is up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lamp {
    /// Our id of the call.
    pub call_id: String,
    /// Who is called.
    pub name: String,
    /// [`Badge::line`].
    pub state: Badge,
    /// Since when the line is taken.
    pub since: When,
    /// How long that is, `1:07`; the browser counts on from `since`.
    pub up: String,
}

impl Lines {
    /// Lamps of `cap` lines. Calls above a cap that was lowered are still shown.
    #[must_use]
    pub fn new(lamps: Vec<Lamp>, cap: u32, note: Option<String>) -> Self {
        let used = lamps.len();
        Self {
            used,
            cap,
            free: usize::try_from(cap).unwrap_or(usize::MAX).saturating_sub(used),
            lamps,
            note,
        }
    }
}
