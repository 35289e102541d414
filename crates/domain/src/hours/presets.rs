//! The hours that ship, from `presets.json`, a file for people who know the law.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;

use super::{Calendar, Holidays, Hours, Rule, Week, Window, Yearly};
use crate::time::HOUR_MS;

/// Hours that ship, as a list shows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresetInfo {
    /// The name by which [`Hours::preset`] finds them.
    pub id: String,
    /// A title of a few words.
    pub name: String,
    /// What they are for, in a sentence or two.
    pub about: String,
    /// Where the rules stand.
    pub source: String,
    /// The day on which the source was read, such as `2026-11-20`.
    pub as_of: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// For readers of the file.
    #[serde(rename = "about")]
    _about: Vec<String>,
    as_of: String,
    presets: Vec<Preset>,
    states: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Preset {
    id: String,
    name: String,
    about: String,
    source: String,
    rule: Row,
    /// The rows of states that it has: all, or those with these codes.
    states: States,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum States {
    All(All),
    These(Vec<String>),
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum All {
    All,
}

/// A rule as a row of a table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    #[serde(default)]
    region: String,
    weekdays: Vec<Window>,
    saturday: Vec<Window>,
    sunday: Vec<Window>,
    /// The hours of legal holidays; empty: closed; absent: they are days like others.
    holidays: Option<Vec<Window>>,
    /// Legal holidays of the state beside the federal ones.
    #[serde(default)]
    state_holidays: Vec<Yearly>,
    attempts_per_24_hours: Option<u32>,
    hours_between_calls: Option<i64>,
    /// What was read. The file's own source, if it is not said.
    source: Option<String>,
    /// For readers of the file.
    #[serde(default, rename = "note")]
    _note: String,
}

impl Row {
    fn rule(&self, source: &str, as_of: &str) -> Rule {
        let holidays = match &self.holidays {
            None => Holidays::default(),
            Some(windows) => Holidays {
                calendar: Some(Calendar::UsFederal),
                yearly: self.state_holidays.clone(),
                windows: windows.clone(),
                dates: BTreeMap::new(),
            },
        };
        let mut source = self.source.clone().unwrap_or_else(|| source.to_owned());
        if !self.state_holidays.is_empty() {
            source.push_str("; holidays of the state alone: general knowledge, to be checked");
        }
        Rule {
            week: Week::of(&self.weekdays, &self.saturday, &self.sunday),
            holidays,
            attempts_per_day: self.attempts_per_24_hours,
            gap_ms: self.hours_between_calls.map(|hours| hours * HOUR_MS),
            source: Some(source),
            as_of: Some(as_of.to_owned()),
        }
    }
}

#[derive(Default)]
struct Presets {
    infos: Vec<PresetInfo>,
    hours: Vec<Hours>,
}

/// A file that cannot be read holds no presets; a test reads it.
static PRESETS: LazyLock<Presets> = LazyLock::new(|| read().unwrap_or_default());

fn read() -> Result<Presets, serde_json::Error> {
    let file: File = serde_json::from_str(include_str!("presets.json"))?;
    let hours = |preset: &Preset| {
        let rows = file.states.iter().filter(|row| match &preset.states {
            States::All(All::All) => true,
            States::These(codes) => codes.contains(&row.region),
        });
        Hours {
            preset: Some(preset.id.clone()),
            rule: preset.rule.rule(&preset.source, &file.as_of),
            regions: rows
                .map(|row| (row.region.clone(), row.rule(&preset.source, &file.as_of)))
                .collect(),
        }
    };
    let hours = file.presets.iter().map(hours).collect();
    let infos = file
        .presets
        .into_iter()
        .map(|preset| PresetInfo {
            id: preset.id,
            name: preset.name,
            about: preset.about,
            source: preset.source,
            as_of: file.as_of.clone(),
        })
        .collect();
    Ok(Presets { infos, hours })
}

pub(super) fn all() -> &'static [PresetInfo] {
    &PRESETS.infos
}

pub(super) fn find(id: &str) -> Option<&'static Hours> {
    PRESETS
        .hours
        .iter()
        .find(|hours| hours.preset.as_deref() == Some(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_can_be_read() {
        read().unwrap();
    }
}
