//! What a person may ask of a campaign, as buttons.

use super::{
    missing::{self, MissingVariable},
    show::count_of,
};

/// The buttons of one campaign. Each posts to `/api/campaigns/{id}/{start|pause|resume|cancel}`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Actions {
    /// The campaign.
    pub id: String,
    /// Its name, so that a screen reader can tell one Pause from another.
    pub name: String,
    /// Show Start.
    pub start: bool,
    /// Show Pause.
    pub pause: bool,
    /// Show Resume.
    pub resume: bool,
    /// Show Cancel.
    pub cancel: bool,
    /// Asked before starting, because people will be called.
    pub start_question: String,
    /// Start also tells that missing variables are known, as the question has named them.
    pub accepts_missing: bool,
    /// Asked before cancelling, because there is no way back.
    pub cancel_question: String,
}

impl Actions {
    /// The buttons that fit a campaign's stored status. `waiting` people are not yet final, `cap` lines are its own
    /// limit.
    #[must_use]
    pub fn of(id: &str, name: &str, status: &str, waiting: u64, cap: u32) -> Self {
        let final_ = matches!(status, "COMPLETED" | "CANCELED" | "FAILED");
        let people = count_of(waiting, "person", "people");
        let lines = count_of(u64::from(cap), "line", "lines");
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            start: matches!(status, "CREATED" | "SCHEDULED"),
            pause: matches!(status, "QUEUED" | "DIALING" | "RUNNING"),
            resume: status == "PAUSED",
            cancel: !final_,
            start_question: format!("Call {people} on up to {lines}, starting now?"),
            accepts_missing: false,
            cancel_question: format!(
                "Cancel “{name}” for good? Live calls go on to their end, but {people} will not be called any more."
            ),
        }
    }

    /// None at all: what was put away is taken out first.
    #[must_use]
    pub fn none(&self) -> Self {
        Self {
            start: false,
            pause: false,
            resume: false,
            cancel: false,
            ..self.clone()
        }
    }

    /// The same without Start, which stands elsewhere on the page.
    #[must_use]
    pub fn without_start(&self) -> Self {
        Self {
            start: false,
            ..self.clone()
        }
    }

    /// Start alone.
    #[must_use]
    pub fn only_start(&self) -> Self {
        Self {
            pause: false,
            resume: false,
            cancel: false,
            ..self.clone()
        }
    }

    /// The same, with a question that names what the list lacks.
    #[must_use]
    pub fn knowing(mut self, missing: &[MissingVariable]) -> Self {
        if !missing.is_empty() {
            self.start_question = format!("{} {}", incomplete(missing), self.start_question);
            self.accepts_missing = true;
        }
        self
    }
}

/// A sentence cannot begin with the name of a column, so it is introduced.
fn incomplete(missing: &[MissingVariable]) -> String {
    format!("The list is not complete: {}", missing::sentence(missing))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_offers_only_what_can_be_done() {
        let shown = |status: &str| {
            let actions = Actions::of("1", "Spring", status, 1, 8);
            (actions.start, actions.pause, actions.resume, actions.cancel)
        };
        for status in ["CREATED", "SCHEDULED"] {
            assert_eq!(shown(status), (true, false, false, true), "{status}");
        }
        for status in ["QUEUED", "DIALING", "RUNNING"] {
            assert_eq!(shown(status), (false, true, false, true), "{status}");
        }
        assert_eq!(shown("PAUSED"), (false, false, true, true));
        for status in ["COMPLETED", "CANCELED", "FAILED"] {
            assert_eq!(shown(status), (false, false, false, false), "{status}");
        }
    }

    #[test]
    fn the_question_before_starting_names_people_and_lines() {
        let actions = Actions::of("1", "Spring", "CREATED", 1_204, 8);
        assert_eq!(
            actions.start_question,
            "Call 1,204 people on up to 8 lines, starting now?"
        );
    }

    #[test]
    fn the_question_before_starting_names_what_is_missing() {
        let city = MissingVariable {
            name: "city".to_owned(),
            missing: 1,
            of: 2,
            column: true,
            similar: None,
        };
        let actions = Actions::of("1", "Spring", "CREATED", 2, 8);
        assert!(!actions.clone().knowing(&[]).accepts_missing);
        let actions = actions.knowing(&[city]);
        assert!(actions.accepts_missing);
        assert_eq!(
            actions.start_question,
            "The list is not complete: city is empty for 1 of 2 people; the assistant’s words use it. \
             Call 2 people on up to 8 lines, starting now?"
        );
    }
}
