//! Countries as lists state them: by name in many languages, by a code of two or three letters, or by their calling code.

use std::{collections::HashMap, sync::LazyLock};

use rlibphonenumber::PHONE_NUMBER_UTIL;
use unicode_normalization::UnicodeNormalization;

use super::Region;

/// Names without accents, spaces and punctuation, and whose they are. `scripts/country-names.mjs` writes the table.
static NAMES: LazyLock<HashMap<&str, Region>> = LazyLock::new(|| {
    let table = include_str!("countries.csv");
    let mut names = HashMap::new();
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let mut cells = line.split('|');
        // Territories without numbers of their own are in the table and in nobody's plan.
        let Some(region) = cells.next().and_then(|code| code.parse::<Region>().ok()) else {
            continue;
        };
        names.extend(cells.map(|name| (name, region)));
    }
    names
});

/// The country that a text states: `Mexico`, `México`, `MX`, `MEX`, `+52`, `0052`, `52`, `Mexico (+52)`, a flag. A calling
/// code that several countries share gives the one that it is named after (`1`: the United States).
///
/// `None`: no country, or two that differ.
pub(crate) fn stated(text: &str) -> Option<Region> {
    let name = plain(text);
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let by_code = if digits.is_empty() {
        None
    } else {
        Some(by_calling_code(&digits)?)
    };
    if name.is_empty() {
        return by_code;
    }
    let by_name = by_name(&name)?;
    by_code
        .is_none_or(|region| region.calling_code() == by_name.calling_code())
        .then_some(by_name)
}

fn by_name(name: &str) -> Option<Region> {
    if name.len() == 2 {
        return name.parse().ok();
    }
    NAMES.get(name).copied()
}

fn by_calling_code(digits: &str) -> Option<Region> {
    let digits = digits.trim_start_matches('0');
    // `1-684` is written for American Samoa: three more digits, which are an area code.
    let code = match digits.len() {
        1..=3 => digits,
        4 if digits.starts_with('1') => "1",
        _ => return None,
    };
    let region = PHONE_NUMBER_UTIL.get_region_for_country_code(code.parse().ok()?)?;
    Region::known(region)
}

/// Letters without accents, in lower case; of a flag those of its country.
fn plain(text: &str) -> String {
    text.nfkd()
        .flat_map(|c| {
            let letter = match c {
                '\u{1F1E6}'..='\u{1F1FF}' => u8::try_from(u32::from(c) - 0x1F1E6)
                    .ok()
                    .map_or(c, |place| char::from(b'a' + place)),
                _ => c,
            };
            let sharp = if letter == 'ß' { "ss" } else { "" };
            let kept = (sharp.is_empty() && letter.is_alphabetic()).then_some(letter);
            sharp.chars().chain(kept.into_iter().flat_map(char::to_lowercase))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Option<String> {
        stated(text).map(|region| region.to_string())
    }

    #[test]
    fn countries_are_read_however_they_are_written() {
        for (texts, wanted) in [
            (
                &[
                    "MX",
                    "mx",
                    "MEX",
                    "Mexico",
                    "México",
                    "MÉXICO ",
                    "Mexiko",
                    "+52",
                    "52",
                    "0052",
                    "Mexico (+52)",
                    "MX +52",
                    "🇲🇽",
                ][..],
                "MX",
            ),
            (
                &[
                    "Germany",
                    "Deutschland",
                    "Alemania",
                    "Allemagne",
                    "DE",
                    "DEU",
                    "49",
                    "+49",
                    "049",
                    "Federal Republic of Germany",
                ],
                "DE",
            ),
            (
                &[
                    "US",
                    "USA",
                    "U.S.A.",
                    "United States",
                    "United States of America",
                    "Estados Unidos",
                    "1",
                    "+1",
                    "001",
                ],
                "US",
            ),
            (
                &[
                    "UK",
                    "GB",
                    "U.K.",
                    "England",
                    "United Kingdom",
                    "Großbritannien",
                    "+44",
                ],
                "GB",
            ),
            (&["Canada", "CA", "Kanada", "CA (+1)"], "CA"),
            (&["日本", "Japan", "JPN", "81"], "JP"),
            (&["Côte d’Ivoire", "Cote d'Ivoire", "Ivory Coast"], "CI"),
        ] {
            for text in texts {
                assert_eq!(code(text).as_deref(), Some(wanted), "{text}");
            }
        }
        assert_eq!(code("1-684").as_deref(), Some("US"), "an area code of the plan");
    }

    #[test]
    fn what_is_no_country_or_two_is_none() {
        for text in [
            "",
            "-",
            "Narnia",
            "International",
            "XX",
            "999",
            "Mexico (+49)",
            "12345",
            "00",
            "North",
        ] {
            assert_eq!(code(text), None, "{text}");
        }
    }

    #[test]
    fn every_region_is_found_by_its_codes_and_its_english_name() {
        for region in Region::all() {
            assert_eq!(stated(&region.to_string()), Some(region));
            let by_code = stated(&format!("+{}", region.calling_code()));
            assert_eq!(
                by_code.map(Region::calling_code),
                Some(region.calling_code()),
                "{region}"
            );
        }
        assert!(NAMES.len() > 2_000, "{}", NAMES.len());
    }
}
