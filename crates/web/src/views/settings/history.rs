//! What changed from one version of what a campaign allows to the next, in words.

use std::collections::BTreeSet;

use domain::{
    hours::{Hours, Rule},
    outcome::Outcome,
    policy::Policy,
    time::in_words,
};
use store::PolicyVersion as Stored;

use super::{regions, text::ladder_text};
use crate::{
    pages::{Badge, PolicyVersion, When, show::usd},
    views::wording::filled,
};

/// From so many regions on, a change is told by their number.
const MANY_REGIONS: usize = 8;

/// Every version, newest first, each with what it changed of the one before.
pub(super) fn history(versions: &[Stored], current: u32) -> Vec<PolicyVersion> {
    let before = versions.iter().skip(1).map(Some).chain([None]);
    versions
        .iter()
        .zip(before)
        .map(|(version, before)| PolicyVersion {
            number: version.version,
            by: filled(&version.author),
            at: When::at(version.created_at.0),
            changes: before.map_or_else(Vec::new, |before| changes(&before.policy, &version.policy)),
            current: version.version == current,
        })
        .collect()
}

/// What changed, one line each.
fn changes(before: &Policy, after: &Policy) -> Vec<String> {
    let mut lines = Vec::new();
    let mut tell = |what: &str, before: String, after: String| {
        if before != after {
            lines.push(format!("{what}: {before} → {after}"));
        }
    };
    let count = |limit: Option<u32>| limit.map_or_else(|| "no limit".to_owned(), |limit| limit.to_string());
    let gap = |ms: i64| if ms == 0 { "none".to_owned() } else { in_words(ms) };
    let money = |micros: Option<i64>| micros.map_or_else(|| "none".to_owned(), usd);
    let zone = |zone: &Option<String>| zone.clone().unwrap_or_else(|| "not called".to_owned());
    tell("Hours", hours(&before.hours), hours(&after.hours));
    tell(
        "Unknown places",
        zone(&before.fallback_zone),
        zone(&after.fallback_zone),
    );
    let (old, new) = (&before.limits, &after.limits);
    tell(
        "Calls to a number in 24 hours",
        count(old.per_number_day),
        count(new.per_number_day),
    );
    tell(
        "Calls to a number, ever",
        count(old.per_number),
        count(new.per_number),
    );
    tell(
        "Calls to a person",
        count(old.per_contact),
        count(new.per_contact),
    );
    tell("Between two calls", gap(old.gap_ms), gap(new.gap_ms));
    tell(
        "Between calls of two campaigns",
        gap(old.gap_between_campaigns_ms),
        gap(new.gap_between_campaigns_ms),
    );
    for outcome in Outcome::ALL {
        let ladder = |policy: &Policy| match policy.retries.ladder(outcome) {
            None | Some([]) => "not called again".to_owned(),
            Some(steps) => format!("after {}", ladder_text(steps)),
        };
        tell(
            &Badge::outcome(outcome.as_str()).label,
            ladder(before),
            ladder(after),
        );
    }
    let callbacks = |policy: &Policy| if policy.callbacks { "yes" } else { "no" }.to_owned();
    tell(
        "Calls back whoever asks for it",
        callbacks(before),
        callbacks(after),
    );
    let column = |policy: &Policy| {
        let consent = policy.consent.as_ref();
        consent.map_or_else(
            || "not asked for".to_owned(),
            |consent| format!("“{}”", consent.column),
        )
    };
    tell("Consent", column(before), column(after));
    tell(
        "Alert",
        money(before.money.alert_usd_micros),
        money(after.money.alert_usd_micros),
    );
    tell(
        "Budget",
        money(before.money.budget_usd_micros),
        money(after.money.budget_usd_micros),
    );
    lines.extend(changed_regions(&before.hours, &after.hours));
    if lines.is_empty() && before != after {
        lines.push("Details of the hours".to_owned());
    }
    lines
}

/// Hours in one line: the name they ship under where they are as shipped.
pub(crate) fn hours(hours: &Hours) -> String {
    let words = hours.rule.words();
    let named = hours.preset.as_deref().and_then(|id| {
        let info = Hours::presets().iter().find(|info| info.id == id)?;
        Some((info, Hours::preset(id)?))
    });
    match named {
        Some((info, shipped)) if hours.is_anytime() && shipped.is_anytime() => info.name.clone(),
        Some((info, shipped)) if shipped.rule == hours.rule && shipped.regions == hours.regions => {
            format!("{}: {words}", info.name)
        }
        Some((info, _)) => format!("{words} (from {})", info.name),
        None => words,
    }
}

/// What changed for single regions, one line each, or one for all of many. Rows that another preset brought are no news:
/// its name tells them.
fn changed_regions(before: &Hours, after: &Hours) -> Vec<String> {
    let brought = after.preset.as_deref().filter(|_| before.preset != after.preset);
    let brought = brought.and_then(Hours::preset).map(|hours| hours.regions);
    let (old, new) = (brought.as_ref().unwrap_or(&before.regions), &after.regions);
    let codes: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let changed: Vec<&String> = codes
        .into_iter()
        .filter(|code| old.get(*code) != new.get(*code))
        .collect();
    if changed.len() > MANY_REGIONS {
        return vec![format!("Rules of {} regions", changed.len())];
    }
    let words = |rule: Option<&Rule>| rule.map_or_else(|| "none".to_owned(), regions::words);
    let line = |code: &String| {
        let (name, old, new) = (regions::name(code), words(old.get(code)), words(new.get(code)));
        if old == new {
            format!("Rules of {name}: details")
        } else {
            format!("Rules of {name}: {old} → {new}")
        }
    };
    changed.into_iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use domain::time::HOUR_MS;

    use super::*;

    #[test]
    fn a_change_is_told_by_its_field_and_both_values() {
        let before = Policy::standard();
        let mut after = before.clone();
        after.money.budget_usd_micros = Some(150_000_000);
        after.retries.voicemail = Vec::new();
        after.limits.gap_ms = HOUR_MS;
        after.hours = Hours::anytime();
        assert_eq!(
            changes(&before, &after),
            [
                "Hours: US federal: every day 8:00–21:00 → At any time",
                "Between two calls: 15 min → 1 h",
                "Voicemail: after 20 h → not called again",
                "Budget: none → $150.00",
            ]
        );
        assert_eq!(changes(&after, &after), [] as [&str; 0]);
    }

    #[test]
    fn a_change_of_a_region_is_told_by_its_name_unless_another_preset_brought_it() {
        let before = Policy::preset("us-states").expect("it ships");
        let mut after = before.clone();
        let florida = after.hours.regions.get_mut("US-FL").expect("a row");
        florida.attempts_per_day = Some(1);
        after.hours.regions.remove("US-TX");
        after.callbacks = false;
        let lines = changes(&before, &after);
        assert_eq!(
            lines[..2],
            [
                "Hours: US, state by state: every day 8:00–21:00 → every day 8:00–21:00 (from US, state by state)",
                "Calls back whoever asks for it: yes → no",
            ]
        );
        let florida =
            "Rules of Florida: every day 8:00–20:00, 3 calls in 24 h → every day 8:00–20:00, 1 call in 24 h";
        assert_eq!(lines[2], florida);
        assert!(lines[3].starts_with("Rules of Texas: ") && lines[3].ends_with(" → none"));
        assert_eq!(lines.len(), 4);

        let mut strict = Policy {
            hours: Hours::preset("us-strict").expect("it ships"),
            ..before.clone()
        };
        assert_eq!(changes(&before, &strict).len(), 1);
        strict.hours.regions.insert("US-AK".to_owned(), Rule::default());
        let lines = changes(&before, &strict);
        assert_eq!(lines[1..], ["Rules of Alaska: none → never"]);
        strict.hours.regions.clear();
        assert_eq!(changes(&before, &strict)[1..], ["Rules of 9 regions"]);
    }
}
