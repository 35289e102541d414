//! The numbers to call from.

use std::collections::BTreeMap;

use engine::{LookupError, ProviderNumber};

use super::wording::phone;
use crate::{
    features::Features,
    line_health::{detail, live_calls},
    numbers::Listed,
    pages::{Badge, Choice, NumberList, NumberRow, When},
};

/// A number for people, as far as it is known: `+1 202-555-0100 (Front desk)`.
pub(crate) fn label(listed: Option<&Listed>, id: &str, digits: Option<&str>) -> String {
    let known = listed.and_then(|listed| listed.numbers.iter().find(|number| number.id == id));
    let digits = known
        .and_then(|number| number.number.as_deref())
        .or(digits)
        .map(phone);
    match (digits, known.and_then(|number| number.name.as_deref())) {
        (Some(digits), Some(name)) => format!("{digits} ({name})"),
        (Some(one), None) => one,
        (None, Some(name)) => name.to_owned(),
        (None, None) => id.to_owned(),
    }
}

/// All numbers. `trouble` says why they are missing or old.
pub(crate) fn list(
    listed: Option<&Listed>,
    trouble: Option<&LookupError>,
    open: &BTreeMap<String, u32>,
    default: Option<&str>,
    features: Features,
) -> NumberList {
    let mut rows: Vec<NumberRow> = listed
        .iter()
        .flat_map(|listed| listed.numbers.iter().map(|number| (number, listed.at)))
        .map(|(number, at)| NumberRow {
            checked: Some(When::at(at.0)),
            ..row(number, open, default, features)
        })
        .collect();
    rows.sort_by_cached_key(|row| (!row.default, row.name.clone(), row.number.clone()));
    NumberList {
        checked: listed.map(|listed| When::at(listed.at.0)),
        notice: trouble.map(|error| notice(error, !rows.is_empty())),
        rows,
    }
}

/// Why numbers are missing or old.
pub(crate) fn notice(error: &LookupError, remembered: bool) -> String {
    let what = if remembered {
        "The numbers are those it last had."
    } else {
        "The numbers are missing."
    };
    format!(
        "The provider cannot be asked: {}. {what} Reload to try again.",
        error.message.trim_end_matches('.')
    )
}

fn row(
    number: &ProviderNumber,
    open: &BTreeMap<String, u32>,
    default: Option<&str>,
    features: Features,
) -> NumberRow {
    let live = live_calls(open, number);
    let health = features.line(number, live);
    NumberRow {
        id: number.id.clone(),
        number: number.number.as_deref().map(phone),
        name: number.name.clone(),
        provider: number.provider.clone().unwrap_or_default(),
        state: Badge::number_state(number.state.as_str()),
        usable: number.usable(),
        default: default == Some(number.id.as_str()),
        live_calls: u64::from(live),
        health: health.map(|health| Badge::line_health(health.as_str())),
        health_detail: health.map(|_| detail(number, live)),
        checked: None,
    }
}

/// The numbers that can be called from, for a select box: the default or only one is chosen.
pub(crate) fn choices(
    numbers: &[ProviderNumber],
    open: &BTreeMap<String, u32>,
    default: Option<&str>,
    features: Features,
) -> Vec<Choice> {
    let usable: Vec<&ProviderNumber> = numbers.iter().filter(|number| number.usable()).collect();
    let only = usable.len() == 1;
    usable
        .into_iter()
        .map(|number| Choice {
            selected: only || default == Some(number.id.as_str()),
            ..Choice::new(&number.id, &row(number, open, default, features).choice_label())
        })
        .collect()
}

/// The badge of the number of a campaign, as far as it is known and shown.
pub(crate) fn badge(features: Features, listed: Option<&Listed>, id: &str, live: u32) -> Option<Badge> {
    let number = listed?.numbers.iter().find(|number| number.id == id)?;
    Some(Badge::line_health(features.line(number, live)?.as_str()))
}
