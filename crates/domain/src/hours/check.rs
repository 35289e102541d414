//! What is wrong with hours that a person wrote.

use super::{Hours, Rule, presets, window::DAYS, window::Window};
use crate::{place, time::HOUR_MS};

/// Gaps are hours, not weeks: more is a slip of units.
const MAX_GAP_MS: i64 = 31 * 24 * HOUR_MS;

/// One thing that is wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// Where, such as `rule.week.monday[0]` or `regions.US-FL.gap_ms`.
    pub field: String,
    /// What to do about it, for a person.
    pub message: String,
}

pub(super) fn check(hours: &Hours) -> Result<(), Vec<Fault>> {
    let mut faults = Faults(Vec::new());
    if let Some(id) = &hours.preset
        && presets::find(id).is_none()
    {
        faults.add("preset", format!("There are no hours named “{id}”."));
    }
    let rule = &hours.rule;
    if rule.week.is_closed()
        && rule.holidays.dates.values().all(Vec::is_empty)
        && rule.holidays.windows.is_empty()
    {
        faults.add(
            "rule.week",
            "Nobody could ever be called: give at least one day some hours.",
        );
    }
    faults.rule("rule", rule);
    for (region, rule) in &hours.regions {
        let path = format!("regions.{region}");
        if place::region_name(region).is_none() {
            faults.add(
                &path,
                format!("“{region}” is not the code of a state or province such as US-FL or CA-ON."),
            );
        }
        faults.rule(&path, rule);
    }
    if faults.0.is_empty() {
        Ok(())
    } else {
        Err(faults.0)
    }
}

struct Faults(Vec<Fault>);

impl Faults {
    fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.push(Fault {
            field: field.into(),
            message: message.into(),
        });
    }

    fn rule(&mut self, path: &str, rule: &Rule) {
        for (day, windows) in DAYS.iter().zip(&rule.week.0) {
            self.windows(&format!("{path}.week.{day}"), windows);
        }
        let holidays = &rule.holidays;
        self.windows(&format!("{path}.holidays.windows"), &holidays.windows);
        for (date, windows) in &holidays.dates {
            self.windows(&format!("{path}.holidays.dates.{date}"), windows);
        }
        if rule.attempts_per_day == Some(0) {
            self.add(
                format!("{path}.attempts_per_day"),
                "With 0 attempts nobody could ever be called: leave it out, or write at least 1.",
            );
        }
        if rule
            .gap_ms
            .is_some_and(|gap_ms| !(0..=MAX_GAP_MS).contains(&gap_ms))
        {
            self.add(
                format!("{path}.gap_ms"),
                "A gap lies between 0 and 31 days, in milliseconds.",
            );
        }
        if let Some(as_of) = &rule.as_of
            && as_of.parse::<super::Day>().is_err()
        {
            self.add(
                format!("{path}.as_of"),
                format!("“{as_of}” is not a day such as 2026-12-25."),
            );
        }
    }

    fn windows(&mut self, path: &str, windows: &[Window]) {
        for (index, window) in windows
            .iter()
            .enumerate()
            .filter(|(_, window)| !window.is_valid())
        {
            self.add(
                format!("{path}[{index}]"),
                format!("{window} is not a stretch of a day. Write such as 09:00-20:00; the whole day is 00:00-24:00."),
            );
        }
    }
}
