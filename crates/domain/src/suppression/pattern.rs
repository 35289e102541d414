//! What a suppression covers: one number, or all that begin alike.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::phone::{Phone, PhoneError, Region};

/// The most digits of a number.
const MAX_DIGITS: usize = 15;

/// What a suppression covers, as digits after a `+`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum Pattern {
    /// One number in E.164, such as `+12015550123`.
    Exact(String),
    /// Every number that begins with this, such as `+1900`.
    Prefix(String),
}

/// Why a text is neither a number nor a range. The `Display` text is for people.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PatternError {
    /// No number that can be called.
    #[error(transparent)]
    Phone(#[from] PhoneError),
    /// A range without the country code.
    #[error("write a range with + and the country code, such as +1900*")]
    RangeWithoutCountryCode,
    /// A `*` with something after it, or with something other than digits before it.
    #[error("a range is + and digits, with * at the end, such as +1900*")]
    NotARange,
    /// `+*` would cover everybody.
    #[error("a range must begin with at least a country code")]
    Everybody,
}

impl Pattern {
    /// Reads a number as people write it ([`Phone::parse`]) or, with `*` at its end, a range in international form.
    ///
    /// A number of the right length that no carrier has in use is accepted here although it cannot be called: tomorrow
    /// it may be, and then it is suppressed.
    ///
    /// # Errors
    /// [`PatternError`], which says what to write instead.
    pub fn parse(text: &str, default: Option<Region>) -> Result<Self, PatternError> {
        if text.contains('*') {
            return range(text);
        }
        match Phone::parse(text, default) {
            Ok(parsed) => Ok(Self::Exact(parsed.phone.as_str().to_owned())),
            Err(error @ PhoneError::NotInUse { .. }) => {
                not_in_use(text, default).map(Self::Exact).ok_or(error.into())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// A number of the United States by its area code and the rest, as the national register writes it
    /// (`201,5550123`). `None` if it is not three and seven digits that the numbering plan allows.
    #[must_use]
    pub fn of_area_and_number(area: &str, number: &str) -> Option<Self> {
        let fits = |part: &str, length: usize| {
            part.len() == length
                && part.bytes().all(|byte| byte.is_ascii_digit())
                && !part.starts_with(['0', '1'])
        };
        (fits(area, 3) && fits(number, 7)).then(|| Self::Exact(format!("+1{area}{number}")))
    }

    /// Reads the stored form.
    #[must_use]
    pub fn from_stored(kind: &str, value: &str) -> Option<Self> {
        match kind {
            "exact" => Phone::from_e164(value)
                .ok()
                .map(|phone| Self::Exact(phone.as_str().to_owned())),
            "prefix" => is_prefix(value).then(|| Self::Prefix(value.to_owned())),
            _ => None,
        }
    }

    /// The stored kind: `exact` or `prefix`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Exact(_) => "exact",
            Self::Prefix(_) => "prefix",
        }
    }

    /// The stored value: `+` and digits.
    #[must_use]
    pub fn value(&self) -> &str {
        match self {
            Self::Exact(value) | Self::Prefix(value) => value,
        }
    }

    /// Whether a number in E.164 is suppressed by this.
    #[must_use]
    pub fn covers(&self, phone_e164: &str) -> bool {
        match self {
            Self::Exact(number) => number == phone_e164,
            Self::Prefix(prefix) => phone_e164.starts_with(prefix.as_str()),
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(number) => f.write_str(number),
            Self::Prefix(prefix) => write!(f, "{prefix}*"),
        }
    }
}

/// Every prefix that could suppress a number in E.164, the shortest first: `+1`, `+12`, … and the number itself.
#[must_use]
pub fn prefixes_of(phone_e164: &str) -> Vec<String> {
    let digits = phone_e164.strip_prefix('+').unwrap_or(phone_e164);
    (1..=digits.len())
        .filter_map(|length| digits.get(..length))
        .map(|prefix| format!("+{prefix}"))
        .collect()
}

fn is_prefix(value: &str) -> bool {
    value.strip_prefix('+').is_some_and(|digits| {
        (1..=MAX_DIGITS).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !digits.starts_with('0')
    })
}

fn range(text: &str) -> Result<Pattern, PatternError> {
    let plain = plain(text);
    let plain = plain.trim_matches(['"', '\'', '=']);
    let before = plain.trim_end_matches('*');
    if before.contains('*') {
        return Err(PatternError::NotARange);
    }
    let digits = match before.strip_prefix('+').or_else(|| before.strip_prefix("00")) {
        Some(digits) => digits,
        None if before.is_empty() => return Err(PatternError::Everybody),
        None if before.bytes().all(|byte| byte.is_ascii_digit()) => {
            return Err(PatternError::RangeWithoutCountryCode);
        }
        None => return Err(PatternError::NotARange),
    };
    if digits.is_empty() {
        return Err(PatternError::Everybody);
    }
    let prefix = format!("+{digits}");
    if is_prefix(&prefix) {
        Ok(Pattern::Prefix(prefix))
    } else {
        Err(PatternError::NotARange)
    }
}

/// The number that a text means by its form alone, where that is certain: with `+`, or ten digits of North America.
fn not_in_use(text: &str, default: Option<Region>) -> Option<String> {
    let plain = plain(text);
    let digits: String = plain.chars().filter(char::is_ascii_digit).collect();
    let only_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = if plain.strip_prefix('+').is_some_and(only_digits) {
        format!("+{digits}")
    } else if only_digits(&plain)
        && digits.len() == 10
        && default.is_some_and(|region| region.calling_code() == 1)
    {
        format!("+1{digits}")
    } else {
        return None;
    };
    Phone::from_e164(&number)
        .ok()
        .map(|phone| phone.as_str().to_owned())
}

/// The text without the signs that people put between digits.
fn plain(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '.' | '(' | ')' | '/'))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<Pattern, PatternError> {
        Pattern::parse(text, Some(Region::US))
    }

    fn exact(number: &str) -> Pattern {
        Pattern::Exact(number.to_owned())
    }

    fn prefix(digits: &str) -> Pattern {
        Pattern::Prefix(digits.to_owned())
    }

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for text in ["+12015550123", "201-555-0123", "(201) 555 0123", "1 201 555 0123"] {
            assert_eq!(parse(text), Ok(exact("+12015550123")), "{text}");
        }
        assert_eq!(parse("+44 20 7946 0958"), Ok(exact("+442079460958")));
        assert!(matches!(
            parse("12"),
            Err(PatternError::Phone(PhoneError::ShortNumber))
        ));
        assert!(matches!(
            Pattern::parse("2015550123", None),
            Err(PatternError::Phone(PhoneError::NoCountryCode))
        ));
    }

    #[test]
    fn a_number_that_nobody_has_yet_can_be_suppressed() {
        for text in ["+1 211 555 0123", "2115550123"] {
            assert!(Phone::parse(text, Some(Region::US)).is_err(), "{text}");
            assert_eq!(parse(text), Ok(exact("+12115550123")), "{text}");
        }
        assert!(parse("+1 211 555 012").is_err());
    }

    #[test]
    fn ranges_are_international_and_never_everybody() {
        for text in [
            "+1900*",
            "+1 900 *",
            "+1-900-*",
            "001900*",
            "+1900**",
            "\"+1900*\"",
        ] {
            assert_eq!(parse(text), Ok(prefix("+1900")), "{text}");
        }
        assert_eq!(parse("+1*"), Ok(prefix("+1")));
        for text in ["*", "+*", "00*", "**"] {
            assert_eq!(parse(text), Err(PatternError::Everybody), "{text}");
        }
        assert_eq!(parse("900*"), Err(PatternError::RangeWithoutCountryCode));
        for text in ["+1*900", "+1900x*", "+0900*", "+1234567890123456*", "abc*"] {
            assert_eq!(parse(text), Err(PatternError::NotARange), "{text}");
        }
    }

    #[test]
    fn the_registers_halves_make_a_number() {
        assert_eq!(
            Pattern::of_area_and_number("201", "5550123"),
            Some(exact("+12015550123"))
        );
        for (area, number) in [
            ("020", "5550123"),
            ("201", "555012"),
            ("20", "15550123"),
            ("201", "055012a"),
        ] {
            assert_eq!(Pattern::of_area_and_number(area, number), None, "{area},{number}");
        }
    }

    #[test]
    fn stored_forms_round_trip() {
        for pattern in [exact("+12015550123"), prefix("+1900")] {
            assert_eq!(
                Pattern::from_stored(pattern.kind(), pattern.value()),
                Some(pattern.clone())
            );
            let json = serde_json::to_string(&pattern).unwrap();
            assert_eq!(serde_json::from_str::<Pattern>(&json).unwrap(), pattern);
            assert_eq!(Pattern::parse(&pattern.to_string(), None), Ok(pattern));
        }
        assert_eq!(Pattern::from_stored("prefix", "1900"), None);
        assert_eq!(Pattern::from_stored("exact", "+1"), None);
        assert_eq!(Pattern::from_stored("regex", "+1900"), None);
    }

    proptest! {
        /// A lookup by these prefixes finds what a comparison with every suppression would.
        #[test]
        fn the_prefixes_of_a_number_are_those_that_cover_it(number in "\\+[1-9][0-9]{6,14}", range in "\\+[1-9][0-9]{0,5}") {
            let found = prefixes_of(&number).contains(&range);
            prop_assert_eq!(found, prefix(&range).covers(&number));
            prop_assert!(prefixes_of(&number).iter().all(|one| prefix(one).covers(&number)));
            prop_assert_eq!(prefixes_of(&number).pop(), Some(number));
        }

        #[test]
        fn nothing_makes_it_panic(text in "[-+*0-9a-z ()\"'é]{0,20}") {
            if let Ok(pattern) = parse(&text) {
                prop_assert_eq!(Pattern::from_stored(pattern.kind(), pattern.value()), Some(pattern));
            }
        }
    }
}
