//! States, provinces and territories: their codes, names and zones, and how people write them.

use std::{collections::HashMap, sync::LazyLock};

/// A state, province or territory.
#[derive(Debug)]
pub(super) struct State {
    /// ISO 3166-2, such as `US-FL`.
    pub(super) code: &'static str,
    name: &'static str,
    /// The zones in use there.
    pub(super) zones: Vec<&'static str>,
}

struct Table {
    states: Vec<State>,
    /// Index by country and spelling, `US` and `fla`.
    by_spelling: HashMap<(&'static str, String), usize>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table {
        states: Vec::new(),
        by_spelling: HashMap::new(),
    };
    for line in include_str!("states.csv")
        .lines()
        .filter(|line| !line.starts_with('#'))
    {
        let mut cells = line.split(',');
        let (Some(code), Some(name), Some(others), Some(zones)) =
            (cells.next(), cells.next(), cells.next(), cells.next())
        else {
            continue;
        };
        let (country, short) = code.split_at(2);
        let index = table.states.len();
        for spelling in others.split('/').chain([name, code, short]) {
            table.by_spelling.insert((country, letters(spelling)), index);
        }
        table.states.push(State {
            code,
            name,
            zones: zones.split('&').collect(),
        });
    }
    table
});

/// The state of a country (`US`, `CA`) that somebody wrote as a name, a code or a usual short form, in any case.
pub(super) fn read(country: &'static str, text: &str) -> Option<&'static State> {
    // `Florida (FL)` is one state, written twice.
    let outside = text.split('(').next().unwrap_or_default();
    let spelling = letters(outside);
    if spelling.is_empty() {
        return None;
    }
    let index = TABLE.by_spelling.get(&(country, spelling))?;
    TABLE.states.get(*index)
}

/// The zones in use in the region with this ISO 3166-2 code. Empty: nothing is known of it.
#[must_use]
pub fn zones_of_region(code: &str) -> &'static [&'static str] {
    with_code(code).map_or(&[], |state| state.zones.as_slice())
}

/// Those that have one of these zones.
pub(super) fn in_zones(zones: &[String]) -> impl Iterator<Item = &'static str> {
    let has_one = |state: &&State| {
        state
            .zones
            .iter()
            .any(|ours| zones.iter().any(|zone| zone == ours))
    };
    TABLE.states.iter().filter(has_one).map(|state| state.code)
}

/// The state with this ISO 3166-2 code.
pub(super) fn with_code(code: &str) -> Option<&'static State> {
    TABLE.states.iter().find(|state| state.code == code)
}

/// The name of a state, province or territory of the United States or Canada: `Florida` for `US-FL`.
#[must_use]
pub fn region_name(code: &str) -> Option<&'static str> {
    with_code(code).map(|state| state.name)
}

/// The ISO 3166-2 codes of all states, provinces and territories that a person can be found in.
pub fn region_codes() -> impl Iterator<Item = &'static str> {
    TABLE.states.iter().map(|state| state.code)
}

/// What counts when words are compared: `N. Dakota` is `n dakota` is `ndakota`.
pub(super) fn letters(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphabetic())
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::clock::Clock;

    fn code(country: &'static str, text: &str) -> Option<&'static str> {
        read(country, text).map(|state| state.code)
    }

    #[test]
    fn states_are_read_as_people_write_them() {
        for text in [
            "FL",
            "fl",
            " Florida ",
            "FLORIDA",
            "Fla.",
            "US-FL",
            "us-fl",
            "Florida (FL)",
        ] {
            assert_eq!(code("US", text), Some("US-FL"), "{text}");
        }
        assert_eq!(code("US", "N. Dakota"), Some("US-ND"));
        assert_eq!(code("US", "Washington"), Some("US-WA"));
        assert_eq!(code("US", "Washington, D.C."), Some("US-DC"));
        assert_eq!(code("US", "D.C."), Some("US-DC"));
        assert_eq!(code("CA", "Québec"), Some("CA-QC"));
        assert_eq!(code("CA", "on"), Some("CA-ON"));
        for text in ["", "-", "12", "()", "Floridaa", "XX", "United States", "AE", "ON"] {
            assert_eq!(code("US", text), None, "{text}");
        }
    }

    #[test]
    fn the_table_is_whole() {
        let codes: Vec<&str> = region_codes().collect();
        assert_eq!(codes.iter().filter(|code| code.starts_with("US-")).count(), 56);
        assert_eq!(codes.iter().filter(|code| code.starts_with("CA-")).count(), 13);
        for code in codes {
            let state = with_code(code).unwrap();
            assert!(!state.zones.is_empty());
            for zone in &state.zones {
                assert_eq!(Clock::of(zone).unwrap().name(), *zone, "{code}");
            }
        }
        assert_eq!(region_name("US-FL"), Some("Florida"));
        assert_eq!(region_name("DE-BE"), None);
    }
}
