//! Whether a person agreed to be called, as a column of the list says.
//!
//! A call with an artificial voice needs prior express consent in the United States (47 CFR 64.1200; FCC 24-17). What a
//! list says about it is taken strictly: only what is surely a yes is one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A campaign's demand that its list shows consent.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consent {
    /// The header of the column that says so. Case, spaces and punctuation do not count.
    pub column: String,
}

/// What a contact's row says about consent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Given {
    /// Given: the value as written.
    Yes(String),
    /// Not given, or nothing that is surely a yes: the value as written.
    No(String),
    /// The column is missing or empty.
    Missing,
}

impl Given {
    /// Whether the person may be called.
    #[must_use]
    pub const fn is_yes(&self) -> bool {
        matches!(self, Self::Yes(_))
    }
}

/// What the variables of a contact say about consent in `column`.
///
/// Yes are `yes`, `y`, `true`, `1`, `x`, `✓`, `given`, `granted`, `opted in` and the like, and a date, which is when it
/// was given. Everything else is no. When several columns fit the name, the exact one counts; among others that differ in
/// spaces and case only, a no outweighs a yes.
#[must_use]
pub fn given(variables: &BTreeMap<String, String>, column: &str) -> Given {
    if let Some(value) = variables.get(column) {
        return read(value);
    }
    let wanted = key(column);
    let mut found = Given::Missing;
    for value in variables
        .iter()
        .filter(|(header, _)| !wanted.is_empty() && key(header) == wanted)
        .map(|(_, value)| value)
    {
        match read(value) {
            Given::No(value) => return Given::No(value),
            yes @ Given::Yes(_) => found = yes,
            Given::Missing => {}
        }
    }
    found
}

fn read(value: &str) -> Given {
    let value = value.trim();
    if value.is_empty() {
        return Given::Missing;
    }
    let words = [
        "yes",
        "y",
        "true",
        "t",
        "1",
        "x",
        "ok",
        "given",
        "granted",
        "agreed",
        "consented",
        "optin",
        "optedin",
        "checked",
        "on",
        "si",
        "sí",
        "oui",
        "ja",
    ];
    let said = key(value);
    let yes = words.contains(&said.as_str()) || matches!(value, "✓" | "✔" | "✅" | "☑") || is_date(value);
    if yes {
        Given::Yes(value.to_owned())
    } else {
        Given::No(value.to_owned())
    }
}

/// A date or a moment as spreadsheets write them: three numbers with the same sign between them, one of them a year.
fn is_date(value: &str) -> bool {
    let date = value.split(['T', ' ']).next().unwrap_or_default();
    let Some(sign) = date.chars().find(|c| !c.is_ascii_digit()) else {
        return false;
    };
    let rest_is_time = value[date.len()..]
        .chars()
        .all(|c| c.is_ascii_digit() || "T :.+-ZAPMapm".contains(c));
    let parts: Vec<&str> = date.split(sign).collect();
    let is = |part: &str, range: std::ops::RangeInclusive<u32>| {
        part.bytes().all(|byte| byte.is_ascii_digit())
            && part.parse::<u32>().is_ok_and(|number| range.contains(&number))
    };
    let fits = match parts.as_slice() {
        [year, month, day] if year.len() == 4 => {
            is(year, 1990..=2200) && is(month, 1..=12) && is(day, 1..=31)
        }
        [first, second, year] if year.len() == 4 => {
            is(year, 1990..=2200) && is(first, 1..=31) && is(second, 1..=31)
        }
        _ => false,
    };
    matches!(sign, '-' | '/' | '.') && rest_is_time && fits
}

/// A header or a word without case, spaces and punctuation.
fn key(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(value: &str) -> Given {
        given(
            &BTreeMap::from([("Consent".to_owned(), value.to_owned())]),
            "consent",
        )
    }

    #[test]
    fn only_a_sure_yes_is_one() {
        for yes in [
            "yes",
            " YES ",
            "Y",
            "true",
            "1",
            "x",
            "✓",
            "Opted-in",
            "granted",
            "2026-01-15",
            "01/15/2026",
            "15.1.2026",
            "2026-01-15T09:30:00Z",
            "2026-01-15 09:30 PM",
        ] {
            assert_eq!(says(yes), Given::Yes(yes.trim().to_owned()));
        }
        for no in [
            "no",
            "false",
            "0",
            "n",
            "n/a",
            "revoked",
            "withdrawn 2026-01-15",
            "2026-01-15 revoked",
            "maybe",
            "45678",
            "2026-13-01",
            "1-2-3",
            "not given",
            "yes until 2025",
            "2026",
            "?",
            "-",
        ] {
            assert_eq!(says(no), Given::No(no.to_owned()));
        }
        for missing in ["", "  "] {
            assert_eq!(says(missing), Given::Missing);
        }
    }

    #[test]
    fn the_column_is_found_as_people_write_it() {
        let row = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs
                .iter()
                .map(|(header, value)| ((*header).to_owned(), (*value).to_owned()))
                .collect()
        };
        let spaced = row(&[("TCPA Consent", "yes")]);
        assert_eq!(given(&spaced, "tcpa_consent"), Given::Yes("yes".to_owned()));
        assert_eq!(given(&spaced, "consent"), Given::Missing);
        assert_eq!(given(&spaced, ""), Given::Missing);
        let twice = row(&[("TCPA Consent", "yes"), ("tcpa-consent", "no")]);
        assert_eq!(given(&twice, "tcpa_consent"), Given::No("no".to_owned()));
        assert_eq!(given(&twice, "TCPA Consent"), Given::Yes("yes".to_owned()));
    }
}
