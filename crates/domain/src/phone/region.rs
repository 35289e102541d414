//! A country or territory with its own numbering rules.

use std::{fmt, str::FromStr};

use rlibphonenumber::PHONE_NUMBER_UTIL;
use serde::{Deserialize, Serialize};

/// A region by its ISO 3166 code of two letters, known to the phone metadata. National numbers are read in one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Region(rlibphonenumber::Region);

/// A code that is not a region with phone numbers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is not a country code of two letters, such as US or GB")]
pub struct RegionError(String);

impl Region {
    /// The United States.
    pub const US: Region = Region(rlibphonenumber::Region::US);
    /// Canada.
    pub const CA: Region = Region(rlibphonenumber::Region::CA);
    /// The United Kingdom.
    pub const GB: Region = Region(rlibphonenumber::Region::GB);

    /// Every region that numbers can be read in, by code.
    pub fn all() -> Vec<Region> {
        let mut all: Vec<Region> = PHONE_NUMBER_UTIL
            .get_supported_regions()
            .filter_map(Region::known)
            .collect();
        all.sort_unstable();
        all
    }

    /// The country calling code without `+`: 1 for US, 44 for GB.
    pub fn calling_code(self) -> u16 {
        PHONE_NUMBER_UTIL
            .get_country_code_for_region(self.0)
            .and_then(|code| u16::try_from(code).ok())
            .expect("a known region has a calling code of at most three digits")
    }

    pub(super) fn known(region: rlibphonenumber::Region) -> Option<Region> {
        (region != rlibphonenumber::Region::World
            && PHONE_NUMBER_UTIL.get_country_code_for_region(region).is_some())
        .then_some(Region(region))
    }

    pub(super) fn inner(self) -> rlibphonenumber::Region {
        self.0
    }
}

/// Takes the code in any case, with spaces around it. `UK` is taken for `GB`, as people write it.
impl FromStr for Region {
    type Err = RegionError;

    fn from_str(text: &str) -> Result<Region, RegionError> {
        let code = text.trim();
        let code = if code.eq_ignore_ascii_case("UK") {
            "GB"
        } else {
            code
        };
        rlibphonenumber::Region::from_code(code)
            .ok()
            .and_then(Region::known)
            .ok_or_else(|| RegionError(text.chars().take(20).collect()))
    }
}

impl TryFrom<String> for Region {
    type Error = RegionError;

    fn try_from(text: String) -> Result<Region, RegionError> {
        text.parse()
    }
}

impl From<Region> for String {
    fn from(region: Region) -> String {
        region.to_string()
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.as_region_str())
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_regions_with_phone_numbers_are_regions() {
        for code in ["US", "gb", " De ", "SE", "AC", "XK"] {
            assert!(code.parse::<Region>().is_ok(), "{code}");
        }
        for code in ["", "U", "USA", "001", "ZZ", "AQ", "1A", "é", "+1"] {
            assert!(code.parse::<Region>().is_err(), "{code}");
        }
        assert_eq!("uk".parse(), Ok(Region::GB));
    }

    #[test]
    fn every_region_survives_json_and_has_a_calling_code() {
        let all = Region::all();
        assert!(
            all.len() > 240 && all.windows(2).all(|pair| pair[0] < pair[1]),
            "{}",
            all.len()
        );
        for region in all {
            let json = serde_json::to_string(&region).unwrap();
            assert_eq!(serde_json::from_str::<Region>(&json).unwrap(), region);
            assert!((1..1000).contains(&region.calling_code()), "{region}");
        }
        assert!(serde_json::from_str::<Region>("\"ZZ\"").is_err());
    }
}
