//! When somebody who was not reached is called again: one ladder of delays for each outcome.
//!
//! The standard follows what other systems do (market research, d.4): no answer after 3 hours, twice, which falls into
//! other parts of the day; busy after 20 minutes, three times; a machine after 20 hours, which is the next day at
//! another time of it; a call that the carrier could not connect after 15 minutes, twice. The provider's own breakdowns
//! have a ladder too, but use up no attempt: they are not the contact's.
//!
//! Whoever was reached, turned the call away, cannot be reached under this number, or of whom nobody knows what
//! happened, is never called again by itself. There is no setting for that. The [limits](crate::limits) hold for retries
//! as for every other attempt.

use serde::{Deserialize, Serialize};

use crate::{
    hours::Fault,
    outcome::Outcome,
    time::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, in_words},
};

/// The most steps of one ladder.
const MAX_STEPS: usize = 10;
/// The shortest and the longest step, in milliseconds.
const STEP_MS: std::ops::RangeInclusive<i64> = SECOND_MS..=30 * DAY_MS;

/// The ladders. Each number is a delay in milliseconds: the first for the first time that a contact has this outcome,
/// the second for the second time, and after the last the contact is done.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Retries {
    /// It rang and nobody answered.
    #[serde(rename = "no_answer_ms")]
    pub no_answer: Vec<i64>,
    /// The line was busy.
    #[serde(rename = "busy_ms")]
    pub busy: Vec<i64>,
    /// A machine answered.
    #[serde(rename = "voicemail_ms")]
    pub voicemail: Vec<i64>,
    /// The carrier could not connect the call.
    #[serde(rename = "failed_ms")]
    pub failed: Vec<i64>,
    /// Somebody picked up and left without a word.
    #[serde(rename = "hung_up_ms")]
    pub hung_up: Vec<i64>,
    /// Picked up, but nobody was heard.
    #[serde(rename = "silence_ms")]
    pub silence: Vec<i64>,
    /// The provider, its model or its voice broke down. These use up no attempt of the contact.
    #[serde(rename = "provider_error_ms")]
    pub provider_error: Vec<i64>,
}

impl Default for Retries {
    fn default() -> Self {
        Self {
            no_answer: vec![3 * HOUR_MS; 2],
            busy: vec![20 * MINUTE_MS; 3],
            voicemail: vec![20 * HOUR_MS],
            failed: vec![15 * MINUTE_MS; 2],
            hung_up: Vec::new(),
            silence: Vec::new(),
            provider_error: vec![15 * MINUTE_MS, 30 * MINUTE_MS, HOUR_MS],
        }
    }
}

/// Outcomes of people who were not reached and may be called again when a person asks for it. Whoever was spoken to,
/// turned the call away, or has a number that does not exist is left alone; and so is a call of which nobody knows.
pub const REDIALLED: [Outcome; 8] = [
    Outcome::NoAnswer,
    Outcome::Busy,
    Outcome::Voicemail,
    Outcome::HungUp,
    Outcome::Silence,
    Outcome::Failed,
    Outcome::ProviderError,
    Outcome::Canceled,
];

impl Retries {
    /// No retries at all.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            no_answer: Vec::new(),
            busy: Vec::new(),
            voicemail: Vec::new(),
            failed: Vec::new(),
            hung_up: Vec::new(),
            silence: Vec::new(),
            provider_error: Vec::new(),
        }
    }

    /// How long to wait before the next call, in milliseconds before jitter. `None`: there is no next call.
    ///
    /// `before`: how many earlier calls of this contact had the same outcome, since its campaign was started or it was
    /// put back by a person.
    #[must_use]
    pub fn after(&self, outcome: Outcome, before: u32) -> Option<i64> {
        let steps = self.ladder(outcome)?;
        steps.get(usize::try_from(before).ok()?).copied()
    }

    /// The ladder of an outcome. `None`: such a call is never repeated.
    #[must_use]
    pub fn ladder(&self, outcome: Outcome) -> Option<&[i64]> {
        match outcome {
            Outcome::NoAnswer => Some(&self.no_answer),
            Outcome::Busy => Some(&self.busy),
            Outcome::Voicemail => Some(&self.voicemail),
            Outcome::Failed => Some(&self.failed),
            Outcome::HungUp => Some(&self.hung_up),
            Outcome::Silence => Some(&self.silence),
            Outcome::ProviderError => Some(&self.provider_error),
            Outcome::Human
            | Outcome::Transferred
            | Outcome::Rejected
            | Outcome::InvalidNumber
            | Outcome::Canceled
            | Outcome::NotDialled
            | Outcome::Unknown => None,
        }
    }

    /// The ladders that have steps, in the order of reports.
    pub fn ladders(&self) -> impl Iterator<Item = (Outcome, &[i64])> {
        Outcome::ALL
            .into_iter()
            .filter_map(|outcome| Some((outcome, self.ladder(outcome)?)))
            .filter(|(_, steps)| !steps.is_empty())
    }

    /// What is wrong, with fields as they stand in a policy.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (outcome, steps) in self.ladders() {
            let field = field(outcome);
            if steps.len() > MAX_STEPS {
                faults.push(Fault {
                    field: field.clone(),
                    message: format!("There are {} steps; keep {MAX_STEPS} at most.", steps.len()),
                });
            }
            for (index, _) in steps
                .iter()
                .enumerate()
                .take(MAX_STEPS)
                .filter(|(_, step)| !STEP_MS.contains(step))
            {
                faults.push(Fault {
                    field: format!("{field}[{index}]"),
                    message: format!(
                        "Write the delay in milliseconds, from {} ({}) to {} ({}).",
                        STEP_MS.start(),
                        in_words(*STEP_MS.start()),
                        STEP_MS.end(),
                        in_words(*STEP_MS.end())
                    ),
                });
            }
        }
        faults
    }

    /// The ladders in words, one each: `busy: again after 20 min, 3 times`. Empty when nobody is called again.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        self.ladders()
            .map(|(outcome, steps)| {
                format!("{}: {}", outcome.as_str().replace('_', " "), ladder_words(steps))
            })
            .collect()
    }
}

/// Where the ladder of an outcome stands in a policy.
pub(crate) fn field(outcome: Outcome) -> String {
    format!("retries.{}_ms", outcome.as_str())
}

fn ladder_words(steps: &[i64]) -> String {
    let delays: Vec<String> = steps.iter().map(|step| in_words(*step)).collect();
    match delays.as_slice() {
        [] => "not called again".to_owned(),
        [once] => format!("again after {once}, once"),
        [first, others @ ..] if others.iter().all(|other| other == first) => {
            format!("again after {first}, {} times", delays.len())
        }
        [firsts @ .., last] => format!("again after {} and {last}", firsts.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_ladders_are_those_of_the_market() {
        let standard = Retries::default();
        let all = |outcome| -> Vec<i64> {
            (0..20)
                .map_while(|before| standard.after(outcome, before))
                .collect()
        };
        assert_eq!(all(Outcome::NoAnswer), [3 * HOUR_MS; 2]);
        assert_eq!(all(Outcome::Busy), [20 * MINUTE_MS; 3]);
        assert_eq!(all(Outcome::Voicemail), [20 * HOUR_MS]);
        assert_eq!(all(Outcome::Failed), [15 * MINUTE_MS; 2]);
        assert!(all(Outcome::HungUp).is_empty() && all(Outcome::Silence).is_empty());
    }

    #[test]
    fn no_setting_calls_again_who_was_reached_or_cannot_be() {
        let every = vec![SECOND_MS; 10];
        let eager = Retries {
            no_answer: every.clone(),
            busy: every.clone(),
            voicemail: every.clone(),
            failed: every.clone(),
            hung_up: every.clone(),
            silence: every.clone(),
            provider_error: every,
        };
        for outcome in [
            Outcome::Human,
            Outcome::Transferred,
            Outcome::Rejected,
            Outcome::InvalidNumber,
            Outcome::Canceled,
            Outcome::Unknown,
        ] {
            assert_eq!(eager.after(outcome, 0), None, "{outcome:?}");
        }
        assert_eq!(eager.ladders().count(), 7);
    }

    #[test]
    fn a_ladder_ends() {
        assert_eq!(Retries::default().after(Outcome::Busy, 3), None);
        assert_eq!(Retries::default().after(Outcome::Busy, u32::MAX), None);
        assert!(
            Outcome::ALL
                .into_iter()
                .all(|outcome| Retries::none().after(outcome, 0).is_none())
        );
    }

    #[test]
    fn every_ladder_stands_in_json_under_the_name_that_faults_use() {
        let json = serde_json::to_value(Retries::default()).unwrap();
        for outcome in Outcome::ALL {
            if Retries::default().ladder(outcome).is_some() {
                let name = field(outcome);
                let name = name.strip_prefix("retries.").unwrap();
                assert!(json.get(name).is_some(), "{name}");
            }
        }
        assert_eq!(json.as_object().unwrap().len(), 7);
    }

    #[test]
    fn faults_name_the_step() {
        let retries = Retries {
            busy: vec![MINUTE_MS, 5],
            failed: vec![MINUTE_MS; 11],
            ..Retries::none()
        };
        let fields: Vec<String> = retries.faults().into_iter().map(|fault| fault.field).collect();
        assert_eq!(fields, ["retries.busy_ms[1]", "retries.failed_ms"]);
        assert!(Retries::default().faults().is_empty());
    }

    #[test]
    fn words_say_when() {
        assert_eq!(
            Retries::default().words(),
            [
                "voicemail: again after 20 h, once",
                "no answer: again after 3 h, 2 times",
                "busy: again after 20 min, 3 times",
                "failed: again after 15 min, 2 times",
                "provider error: again after 15 min, 30 min and 1 h",
            ]
        );
        assert!(Retries::none().words().is_empty());
    }
}
