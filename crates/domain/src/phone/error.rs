//! Why a text is not a phone number that can be called.

use serde::{Deserialize, Serialize};

use super::Region;

/// Why a text was refused as a phone number. The `Display` text is for the person who owns the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum PhoneError {
    /// Nothing but spaces.
    #[error("there is no phone number")]
    Empty,
    /// The cell holds `#N/A`, `#REF!`, `####` or the like.
    #[error("the spreadsheet put an error here instead of the number")]
    SheetError,
    /// Scientific notation with fewer digits than the number has.
    #[error("the spreadsheet shortened this number; its last digits are lost")]
    DigitsLost,
    /// No digits at all, or a text of another kind.
    #[error("this is not a phone number")]
    NotANumber,
    /// Letters that are no toll-free word.
    #[error("there are letters in the number; write it with digits only")]
    Letters,
    /// A character that no phone number has.
    #[error("“{character}” does not belong in a phone number")]
    OddCharacter {
        /// The first such character.
        character: char,
    },
    /// Two numbers in one cell.
    #[error("there is more than one number here; keep one per row")]
    SeveralNumbers,
    /// A national number, and no default region to read it in.
    #[error(
        "the country code is missing; write + and the country code, or choose a default country for the list"
    )]
    NoCountryCode,
    /// Digits that could be a number of the default region or, with a `+`, of another country.
    #[error(
        "this could be a national number of {region} or an international one without its +; write + and the country code"
    )]
    Ambiguous {
        /// The default region.
        region: Region,
    },
    /// A number of another country than the row states.
    #[error(
        "the row says {region} (+{}), but this is a number with the country code +{calling_code}; correct one of them",
        region.calling_code()
    )]
    OtherCountry {
        /// What the row states.
        region: Region,
        /// The country calling code of the number.
        calling_code: u16,
    },
    /// `+` and digits that no country code begins with.
    #[error("no country has this country code")]
    UnknownCountryCode,
    /// Complete only for people in the same town.
    #[error("the area code is missing")]
    MissingAreaCode,
    /// At most six digits: 911, 112, 116 117 and other service numbers.
    #[error("this is too short; emergency and short numbers cannot be called")]
    ShortNumber,
    /// Fewer digits than any number of its country.
    #[error("the number is too short; digits are missing")]
    TooShort,
    /// More digits than any number of its country, or more than 15.
    #[error("the number is too long; it has digits too many")]
    TooLong,
    /// The length lies between others, but no number of its country has it.
    #[error("the number has too few or too many digits for its country")]
    WrongLength,
    /// The length is right and the number is not part of its country's numbering plan.
    #[error("there is no such number in the country with code +{calling_code}")]
    NotInUse {
        /// The country calling code under which the number was read.
        calling_code: u16,
    },
    /// Text that should have been E.164 already, from a database or another program.
    #[error("this is not in international form (+ and 7 to 15 digits)")]
    NotE164,
}
