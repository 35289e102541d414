//! Everything that a campaign allows: hours, limits, retries, consent, money. A policy is a value; it is kept with a
//! version, and every attempt records the version under which it was made.
//!
//! # As JSON
//!
//! ```json
//! {
//!   "hours": {"preset": "us-federal"},
//!   "fallback_zone": null,
//!   "limits": {"per_number_day": 3, "per_number": null, "per_contact": 6,
//!              "gap_ms": 900000, "gap_between_campaigns_ms": 14400000},
//!   "retries": {"no_answer_ms": [10800000, 10800000], "busy_ms": [1200000, 1200000, 1200000],
//!               "voicemail_ms": [72000000], "failed_ms": [900000, 900000], "hung_up_ms": [], "silence_ms": [],
//!               "provider_error_ms": [900000, 1800000, 3600000]},
//!   "callbacks": true,
//!   "consent": {"column": "tcpa_consent"},
//!   "money": {"alert_usd_micros": 5000000, "budget_usd_micros": 10000000}
//! }
//! ```
//!
//! What is absent is as in the standard policy, so `{}` is the standard policy. `null` means none: no limit, no budget,
//! no demand for consent. `hours` may be a name alone (`{"hours": {"preset": "us-states"}}`), and the whole may begin
//! with one (`{"preset": "us-strict", "limits": {"per_contact": 3}}`); the names are in [`PRESETS`] and
//! [`Hours::presets`]. Unknown fields are refused, and so is what is larger than anybody needs: a list or object of more
//! than 400 entries, more than 20,000 values in all, a text of more than 2,000 characters.

mod json;
mod size;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use crate::hours::Fault;
use crate::{
    consent::Consent,
    hours::Hours,
    limits::Limits,
    money::Money,
    retry::{self, Retries},
    time::{HOUR_MS, in_words},
};

/// Characters of a column's header.
const MAX_COLUMN_CHARS: usize = 200;

/// Everything that a campaign allows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// When people may be called, in their own time.
    pub hours: Hours,
    /// The IANA zone of people of whom nothing tells where they are. `None`: they are not called while hours apply.
    pub fallback_zone: Option<String>,
    /// How often, and how soon after each other.
    pub limits: Limits,
    /// When somebody who was not reached is called again.
    pub retries: Retries,
    /// Whether people who ask in a call to be called back are, at the time they asked for.
    pub callbacks: bool,
    /// The column that must say yes. `None`: the list is not asked.
    pub consent: Option<Consent>,
    /// What the campaign may cost.
    pub money: Money,
}

/// A policy to begin with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Preset {
    /// Its name in JSON and addresses.
    pub id: &'static str,
    /// Its name for people.
    pub name: &'static str,
    /// What it is good for.
    pub about: &'static str,
}

/// The policies to begin with; the first is the standard.
pub const PRESETS: &[Preset] = &[
    Preset {
        id: "standard",
        name: "Standard",
        about: "Federal hours of the United States, 3 calls to a number in 24 h, the usual retries.",
    },
    Preset {
        id: "us-states",
        name: "US, state by state",
        about: "As the standard, with the stricter hours and limits of each state where it has them.",
    },
    Preset {
        id: "us-strict",
        name: "US, strict",
        about: "Hours that satisfy nearly every state, and at least 4 h between any two calls to a number.",
    },
    Preset {
        id: "unrestricted",
        name: "Unrestricted",
        about: "No hours, no limits, no retries. For the sandbox and for tests only.",
    },
];

impl Default for Policy {
    fn default() -> Self {
        Self::standard()
    }
}

impl Policy {
    /// The federal hours of the United States with the standard limits and retries. Lawful there where no state is
    /// stricter, and stricter than none where another country's law applies.
    #[must_use]
    pub fn standard() -> Self {
        Self {
            hours: hours("us-federal"),
            fallback_zone: None,
            limits: Limits::default(),
            retries: Retries::default(),
            callbacks: true,
            consent: None,
            money: Money::default(),
        }
    }

    /// Anytime, without limits, and one call for everybody: for the sandbox and for tests.
    #[must_use]
    pub fn unrestricted() -> Self {
        Self {
            hours: hours("anytime"),
            limits: Limits::none(),
            retries: Retries::none(),
            callbacks: false,
            ..Self::standard()
        }
    }

    /// The policy of this name in [`PRESETS`].
    #[must_use]
    pub fn preset(id: &str) -> Option<Self> {
        Some(match id {
            "standard" => Self::standard(),
            "us-states" => Self {
                hours: hours("us-states"),
                ..Self::standard()
            },
            "us-strict" => Self {
                hours: hours("us-strict"),
                limits: Limits {
                    gap_ms: 4 * HOUR_MS,
                    ..Limits::default()
                },
                // No step is shorter than the gap, so that every ladder means what it says.
                retries: Retries {
                    no_answer: vec![4 * HOUR_MS, 20 * HOUR_MS],
                    busy: vec![4 * HOUR_MS; 2],
                    failed: vec![4 * HOUR_MS; 2],
                    provider_error: vec![4 * HOUR_MS; 2],
                    ..Retries::default()
                },
                ..Self::standard()
            },
            "unrestricted" => Self::unrestricted(),
            _ => return None,
        })
    }

    /// Reads what a person or a program wrote; see the module for its form.
    ///
    /// # Errors
    /// Every fault, with the field at which it is, such as `limits.per_number_day` or `retries.busy_ms[1]`.
    pub fn from_json(value: &Value) -> Result<Self, Vec<Fault>> {
        json::read(value)
    }

    /// The policy with a merge patch (RFC 7386) applied: objects are merged, lists and values replaced. A `null` takes a
    /// field away. For a limit, a budget, the fallback zone or the consent that means none; for a row of the hours, that
    /// it is gone; for everything else, that it is as in the preset that the hours name, or else as in the standard.
    ///
    /// A `preset` at the top replaces the whole policy by that preset before the rest is merged. A `hours.preset` of another
    /// name, or without a `hours.rule` beside it, replaces the hours by that preset, and what
    /// else stands in `hours` is merged into it.
    ///
    /// # Errors
    /// As for [`Policy::from_json`].
    pub fn patched(&self, patch: &Value) -> Result<Self, Vec<Fault>> {
        json::patch(self, patch)
    }

    /// What stands in the JSON of this policy.
    #[must_use]
    pub fn to_json(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// What is wrong.
    ///
    /// # Errors
    /// Every fault with its field.
    pub fn check(&self) -> Result<(), Vec<Fault>> {
        size::check(&self.to_json())?;
        let mut faults = Vec::new();
        for fault in self.hours.check().err().unwrap_or_default() {
            faults.push(Fault {
                field: within("hours", &fault.field),
                message: fault.message,
            });
        }
        if let Some(zone) = &self.fallback_zone
            && TimeZone::get(zone).is_err()
        {
            faults.push(fault(
                "fallback_zone",
                format!(
                    "There is no time zone “{zone}”. Write one such as America/Chicago, or null for none."
                ),
            ));
        }
        faults.extend(self.limits.faults());
        faults.extend(self.retries.faults());
        if let Some(consent) = &self.consent {
            let chars = consent.column.trim().chars().count();
            if !(1..=MAX_COLUMN_CHARS).contains(&chars) {
                faults.push(fault(
                    "consent.column",
                    "Write the header of the column that says yes, or null for consent.".to_owned(),
                ));
            }
        }
        faults.extend(self.money.faults());
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    /// The limits and retries in words, one sentence part each.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        let mut words = self.limits.words();
        words.extend(self.retries.words());
        words
    }

    /// What is allowed and yet will not go as it says: retries that the gap holds back. Not faults; for people to see
    /// beside the field.
    #[must_use]
    pub fn hints(&self) -> Vec<Fault> {
        let gap_ms = self.limits.gap_ms;
        self.retries
            .ladders()
            .filter_map(|(outcome, steps)| {
                let held = steps.iter().find(|step| **step < gap_ms)?;
                Some(fault(
                    &retry::field(outcome),
                    format!(
                        "The gap of {} between calls holds the retry after {} back.",
                        in_words(gap_ms),
                        in_words(*held)
                    ),
                ))
            })
            .collect()
    }
}

/// Hours that ship with the program. A policy without its hours would be a policy without rules.
fn hours(id: &str) -> Hours {
    Hours::preset(id).expect("the hours of the presets ship with the program")
}

fn fault(field: &str, message: String) -> Fault {
    Fault {
        field: field.to_owned(),
        message,
    }
}

/// The path of a field inside a part.
fn within(part: &str, field: &str) -> String {
    match field {
        "" => part.to_owned(),
        field if field.starts_with('[') => format!("{part}{field}"),
        field => format!("{part}.{field}"),
    }
}

#[cfg(test)]
mod tests;
