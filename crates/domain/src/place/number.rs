//! What a phone number says about where it is.

use std::{collections::HashMap, sync::LazyLock};

use rlibphonenumber::PHONE_NUMBER_UTIL;

/// Values by the first digits of a number.
type ByPrefix = HashMap<&'static str, Vec<&'static str>>;

static ZONES: LazyLock<ByPrefix> = LazyLock::new(|| rows(include_str!("phone_zones.txt")));
static AREA_CODES: LazyLock<ByPrefix> = LazyLock::new(|| rows(include_str!("area_codes.txt")));

/// No row is longer.
const LONGEST_PREFIX: usize = 9;

/// Lines of `value&value: prefix prefix`, with comments that begin with `#`.
fn rows(text: &'static str) -> ByPrefix {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(": "))
        .flat_map(|(values, prefixes)| {
            let values: Vec<&str> = values.split('&').collect();
            prefixes.split(' ').map(move |prefix| (prefix, values.clone()))
        })
        .collect()
}

/// The zones and states that a number may be in.
#[derive(Debug, Default)]
pub(super) struct Origin {
    pub(super) zones: &'static [&'static str],
    pub(super) regions: &'static [&'static str],
    /// Whether it is a number of the North American plan.
    pub(super) is_north_american: bool,
}

/// Where a number in E.164 is from. Only numbers that are tied to an area say more than their country calling code.
pub(super) fn origin(phone_e164: &str) -> Origin {
    let Some(digits) = phone_e164
        .strip_prefix('+')
        .filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))
    else {
        return Origin::default();
    };
    let is_north_american = digits.starts_with('1');
    let area_code = digits.get(1..4).filter(|_| is_north_american);
    let regions = area_code.map_or(&[][..], |area_code| at(&AREA_CODES, area_code));
    // An area code of the plan is tied to its area. Other countries need their own rules, which take longer to ask.
    if regions.is_empty()
        && !digits
            .get(..4)
            .is_some_and(|prefix| is_north_american && ZONES.contains_key(prefix))
    {
        let Ok(number) = PHONE_NUMBER_UTIL.parse(phone_e164, None) else {
            return Origin::default();
        };
        if !PHONE_NUMBER_UTIL.is_number_geographical(&number) {
            return Origin {
                zones: at(&ZONES, &number.country_code.to_string()),
                regions: &[],
                is_north_american,
            };
        }
    }
    let zones = (1..=digits.len().min(LONGEST_PREFIX))
        .rev()
        .find_map(|length| ZONES.get(&digits[..length]));
    Origin {
        zones: zones.map_or(&[], Vec::as_slice),
        regions,
        is_north_american,
    }
}

fn at(table: &'static ByPrefix, prefix: &str) -> &'static [&'static str] {
    table.get(prefix).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::{clock::Clock, states};

    #[test]
    fn the_data_names_zones_and_states_that_exist() {
        assert!(ZONES.len() > 3_000);
        for (prefix, zones) in ZONES.iter() {
            assert!(prefix.len() <= LONGEST_PREFIX && prefix.bytes().all(|b| b.is_ascii_digit()));
            assert!(zones.is_sorted());
            for zone in zones {
                assert_eq!(Clock::of(zone).unwrap().name(), *zone, "{prefix}");
            }
        }
        assert!(AREA_CODES.len() > 400);
        for (area_code, codes) in AREA_CODES.iter() {
            assert!(area_code.len() == 3 && !codes.is_empty());
            assert!(
                codes.iter().all(|code| states::with_code(code).is_some()),
                "{area_code}"
            );
        }
    }

    #[test]
    fn every_state_has_an_area_code_with_a_zone_of_its_own() {
        for code in states::region_codes() {
            let state = states::with_code(code).unwrap();
            let area_codes: Vec<_> = AREA_CODES
                .iter()
                .filter(|(_, codes)| codes.contains(&code))
                .collect();
            assert!(!area_codes.is_empty(), "{code}");
            for (area_code, codes) in area_codes {
                let Some(zones) = ZONES.get(format!("1{area_code}").as_str()) else {
                    continue;
                };
                let clock = |zone: &&str| Clock::of(zone).unwrap();
                let shared = state
                    .zones
                    .iter()
                    .map(clock)
                    .any(|ours| zones.iter().map(clock).any(|z| ours.agrees_with(&z)));
                assert!(shared, "{code} {area_code} {zones:?}");
                // Where one state has an area code, its zones are all zones of the state.
                if codes.len() == 1 && code.starts_with("US-") {
                    for zone in zones {
                        let known = state
                            .zones
                            .iter()
                            .map(clock)
                            .any(|ours| ours.agrees_with(&clock(zone)));
                        assert!(known || *zone == "Pacific/Honolulu", "{code} {area_code} {zone}");
                    }
                }
            }
        }
    }
}
