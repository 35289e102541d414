//! Calling hours that come with AutoLynx.

/// One set of hours.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HoursPreset {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is for and what it does, in a sentence or two.
    pub about: String,
    /// Where its rules are written.
    pub source: String,
    /// When somebody last looked there: an ISO date.
    pub as_of: String,
    /// The week from Monday on, as in the fields of the form: `09:00-20:00`, empty closed.
    pub week: [String; 7],
    /// The calendar of holidays, as in the form: `us-federal` or empty.
    pub holidays: String,
}

impl HoursPreset {
    /// The week in one attribute, for the script that fills the form.
    #[must_use]
    pub fn week_text(&self) -> String {
        self.week.join("|")
    }
}
