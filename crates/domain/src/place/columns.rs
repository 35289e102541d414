//! What the columns of a list say about where a person is.

use std::collections::BTreeMap;

use super::{clock, postcode, states, states::State};
use crate::{
    nothing::something,
    phone::{Region, country},
};

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    Zone,
    Postcode,
    State,
    /// A state, or a part of the world or of the country: `NE` is Nebraska or the north-east.
    StateOrNot,
    Country,
}

/// Headers by their letters and digits alone, in lower case.
const HEADERS: [(Holds, &[&str]); 5] = [
    (
        Holds::Zone,
        &[
            "timezone",
            "timezonename",
            "timezoneid",
            "tz",
            "tzid",
            "tzname",
            "ianatimezone",
            "ianatz",
            "iana",
            "localtimezone",
            "contacttimezone",
            "customertimezone",
            "leadtimezone",
            "usertimezone",
            "olson",
        ],
    ),
    (
        Holds::Postcode,
        &[
            "zip",
            "zipcode",
            "zip5",
            "zippostalcode",
            "zippostal",
            "zipcodepostalcode",
            "zippostcode",
            "postalcode",
            "postcode",
            "postal",
            "postalzip",
            "postalzipcode",
            "homezip",
            "homezipcode",
            "mailingzip",
            "mailingzipcode",
            "mailingpostalcode",
            "mailingzippostalcode",
            "billingzip",
            "billingzipcode",
            "billingpostalcode",
            "billingzippostalcode",
            "shippingzip",
            "shippingzipcode",
            "shippingpostalcode",
            "addresszip",
            "addresspostalcode",
            "contactzip",
            "customerzip",
        ],
    ),
    (
        Holds::State,
        &[
            "state",
            "statecode",
            "statename",
            "stateabbr",
            "stateabbreviation",
            "usstate",
            "st",
            "province",
            "provincecode",
            "stateprovince",
            "stateorprovince",
            "statesprovinces",
            "provincestate",
            "stateregion",
            "homestate",
            "mailingstate",
            "mailingstateprovince",
            "billingstate",
            "billingstateprovince",
            "shippingstate",
            "shippingstateprovince",
            "addressstate",
            "contactstate",
            "customerstate",
            "residencestate",
            "stateofresidence",
        ],
    ),
    (Holds::StateOrNot, &["region", "regioncode", "regionname"]),
    (
        Holds::Country,
        &[
            "country",
            "countryname",
            "countrycode",
            "countryregion",
            "mailingcountry",
            "billingcountry",
            "shippingcountry",
            "homecountry",
            "addresscountry",
        ],
    ),
];

/// How North Americans call their zones, by letters alone in lower case, and which zones that may mean.
const ZONE_WORDS: [(&[&str], &[&str]); 9] = [
    (
        &[
            "et",
            "est",
            "edt",
            "eastern",
            "easterntime",
            "easternstandardtime",
            "easterndaylighttime",
            "useasternstandardtime",
            "estedt",
            "newyork",
        ],
        &["America/New_York"],
    ),
    (
        &[
            "ct",
            "cst",
            "cdt",
            "central",
            "centraltime",
            "centralstandardtime",
            "centraldaylighttime",
            "cstcdt",
            "chicago",
        ],
        &["America/Chicago"],
    ),
    // Arizona keeps mountain standard time all year.
    (
        &[
            "mt",
            "mst",
            "mdt",
            "mountain",
            "mountaintime",
            "mountainstandardtime",
            "mountaindaylighttime",
            "mstmdt",
        ],
        &["America/Denver", "America/Phoenix"],
    ),
    (&["denver"], &["America/Denver"]),
    (
        &["arizona", "usmountainstandardtime", "phoenix"],
        &["America/Phoenix"],
    ),
    (
        &[
            "pt",
            "pst",
            "pdt",
            "pacific",
            "pacifictime",
            "pacificstandardtime",
            "pacificdaylighttime",
            "pstpdt",
            "losangeles",
        ],
        &["America/Los_Angeles"],
    ),
    (
        &[
            "akt",
            "akst",
            "akdt",
            "alaska",
            "alaskatime",
            "alaskastandardtime",
            "alaskan",
            "alaskanstandardtime",
            "anchorage",
        ],
        &["America/Anchorage"],
    ),
    (
        &[
            "ht",
            "hst",
            "hawaii",
            "hawaiitime",
            "hawaiistandardtime",
            "hawaiian",
            "hawaiianstandardtime",
            "honolulu",
        ],
        &["Pacific/Honolulu"],
    ),
    // With and without summer time.
    (
        &[
            "at",
            "ast",
            "adt",
            "atlantic",
            "atlantictime",
            "atlanticstandardtime",
        ],
        &["America/Halifax", "America/Puerto_Rico"],
    ),
];

/// Names in the database that are clocks but no places. Somebody's `UTC` is a setting that nobody ever changed, and
/// somebody's `EST` has daylight saving time, unlike the zone of that name.
const NO_PLACES: [&str; 22] = [
    "utc",
    "uct",
    "gmt",
    "gmt0",
    "gmt+0",
    "gmt-0",
    "greenwich",
    "universal",
    "zulu",
    "est",
    "mst",
    "hst",
    "cet",
    "met",
    "eet",
    "wet",
    "est5edt",
    "cst6cdt",
    "mst7mdt",
    "pst8pdt",
    "factory",
    "local",
];

/// What the columns of one person say, as far as it is understood.
#[derive(Default)]
pub(super) struct Columns {
    pub(super) zones: Vec<String>,
    pub(super) by_postcode: Vec<&'static State>,
    pub(super) by_state: Vec<&'static State>,
    /// States that somebody may have meant, if they meant a state.
    pub(super) perhaps: Vec<&'static State>,
}

/// Reads the columns of a person whose number is of the North American plan or not. States and postcodes mean something
/// in their own country only: the country's column names it, or else the number's plan.
pub(super) fn read(variables: &BTreeMap<String, String>, is_north_american: bool) -> Columns {
    let values = |wanted: Holds| {
        variables
            .iter()
            .filter(move |(header, value)| !value.trim().is_empty() && holds(header) == Some(wanted))
            .map(|(_, value)| value.as_str())
    };
    let countries = countries(values(Holds::Country), is_north_american);
    let mut columns = Columns {
        zones: values(Holds::Zone)
            .flat_map(|value| zones(value, !countries.is_empty()))
            .collect(),
        ..Columns::default()
    };
    for country in countries {
        columns
            .by_postcode
            .extend(values(Holds::Postcode).flat_map(|value| postcode::read(country, value)));
        columns
            .by_state
            .extend(values(Holds::State).filter_map(|value| states::read(country, value)));
        for value in values(Holds::StateOrNot) {
            let is_short = states::letters(value).chars().count() <= 2;
            let found = states::read(country, value);
            if is_short {
                &mut columns.perhaps
            } else {
                &mut columns.by_state
            }
            .extend(found);
        }
    }
    columns
}

fn holds(header: &str) -> Option<Holds> {
    let plain: String = header
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    HEADERS
        .iter()
        .find(|(_, headers)| headers.contains(&plain.as_str()))
        .map(|(holds, _)| *holds)
}

/// In which countries' terms states and postcodes are to be read.
fn countries<'a>(values: impl Iterator<Item = &'a str>, is_north_american: bool) -> Vec<&'static str> {
    let mut named = Vec::new();
    let mut elsewhere = false;
    for value in values.map(something) {
        // A calling code alone names no country of North America.
        if states::letters(value).is_empty() {
            continue;
        }
        match country::stated(value) {
            Some(Region::US) => named.push("US"),
            Some(Region::CA) => named.push("CA"),
            _ => elsewhere = true,
        }
    }
    if named.is_empty() && !elsewhere && is_north_american {
        named.extend(["US", "CA"]);
    }
    named.sort_unstable();
    named.dedup();
    named
}

/// The zones that somebody may have meant: an IANA name of a place, or in North America a usual word.
fn zones(value: &str, in_north_america: bool) -> Vec<String> {
    let value = value.trim();
    let name = value.replace(' ', "_");
    let lower = name.to_ascii_lowercase();
    let is_place = !lower.starts_with("etc/") && !NO_PLACES.contains(&lower.as_str());
    if let Some(clock) = clock::Clock::of(&name).filter(|_| is_place) {
        return vec![clock.name().to_owned()];
    }
    if !in_north_america {
        return Vec::new();
    }
    // `(UTC-05:00) Eastern Time (US & Canada)`
    let words = states::letters(&without_brackets(value));
    ZONE_WORDS
        .iter()
        .find(|(spellings, _)| spellings.contains(&words.as_str()))
        .map_or_else(Vec::new, |(_, zones)| {
            zones.iter().map(|&zone| zone.to_owned()).collect()
        })
}

fn without_brackets(text: &str) -> String {
    let mut depth = 0_usize;
    text.chars()
        .filter(|c| match c {
            '(' => {
                depth += 1;
                false
            }
            ')' => {
                depth = depth.saturating_sub(1);
                false
            }
            _ => depth == 0,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_found_in_any_spelling() {
        for (header, wanted) in [
            ("Time Zone", Holds::Zone),
            ("time_zone", Holds::Zone),
            ("TZ", Holds::Zone),
            ("ZIP/Postal Code", Holds::Postcode),
            ("Postcode", Holds::Postcode),
            ("State / Province", Holds::State),
            ("Region", Holds::StateOrNot),
            ("Country", Holds::Country),
        ] {
            assert!(holds(header) == Some(wanted), "{header}");
        }
        for header in ["", "Zip4", "Statement", "Marital status", "Zone", "City"] {
            assert!(holds(header).is_none(), "{header}");
        }
    }

    #[test]
    fn zones_are_read_as_names_of_places_or_as_north_american_words() {
        assert_eq!(zones("america/chicago", false), ["America/Chicago"]);
        assert_eq!(zones(" America/New York ", false), ["America/New_York"]);
        assert_eq!(zones("US/Eastern", false), ["US/Eastern"]);
        for text in [
            "EST",
            "Eastern",
            "Eastern Time (US & Canada)",
            "(UTC-05:00) Eastern Time (US & Canada)",
            "EST5EDT",
            "ET",
        ] {
            assert_eq!(zones(text, true), ["America/New_York"], "{text}");
            assert!(zones(text, false).is_empty(), "{text}");
        }
        assert_eq!(zones("MST", true), ["America/Denver", "America/Phoenix"]);
        for text in [
            "UTC",
            "GMT",
            "Etc/GMT+5",
            "Etc/UTC",
            "UTC-5",
            "-05:00",
            "America/Springfield",
            "?",
            "Etc/Unknown",
            "CET",
        ] {
            assert!(zones(text, true).is_empty(), "{text}");
        }
    }

    #[test]
    fn every_word_means_zones_that_exist() {
        for (words, zones) in ZONE_WORDS {
            assert!(words.iter().all(|word| states::letters(word) == *word));
            assert!(
                zones
                    .iter()
                    .all(|zone| clock::Clock::of(zone).is_some_and(|clock| clock.name() == *zone))
            );
        }
    }

    #[test]
    fn the_country_says_whose_states_they_are() {
        let countries = |value: &'static str, plan| countries(std::iter::once(value), plan);
        assert_eq!(countries("", true), ["CA", "US"]);
        assert_eq!(countries("USA", false), ["US"]);
        assert_eq!(countries("U.S.A.", true), ["US"]);
        assert_eq!(countries("Canada", true), ["CA"]);
        assert!(countries("Germany", true).is_empty());
        assert!(countries("1", false).is_empty());
    }
}
