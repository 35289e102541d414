//! Phone numbers: one spelling (E.164), and what it takes to get there from a spreadsheet cell.
//!
//! A wrong guess here calls a stranger, so every rule prefers a refusal with a reason to a guess:
//!
//! - A number counts only if libphonenumber's `is_valid_number` says that it does, in the number's own country.
//! - No country code is ever invented. A national number is read in the country that its row states, else in the list's
//!   default region, or refused. A number of another country than its row states is refused ([`Phone::parse_in`]).
//! - No digit is ever dropped or added, except as the country's own plan says: a trunk prefix goes (`+44 (0)20 …`), a
//!   mobile number in Argentina gets its 9, a number of a country with a single area code gets that code.
//! - What spreadsheets do to numbers is undone where that is certain, and named where it is not ([`PhoneError`]).
//!
//! [`Phone::parse`] explains each step. The metadata comes with the `rlibphonenumber` crate; a later version of it may
//! accept or refuse other numbers, so stored numbers are read back by their form alone ([`Phone::from_e164`]).

mod cell;
mod chars;
pub(crate) mod country;
mod error;
mod extension;
mod read;
mod region;

use std::fmt;

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat};
use serde::{Deserialize, Serialize};

pub(crate) use cell::is_sheet_error;
pub use error::PhoneError;
pub use region::{Region, RegionError};

/// A phone number in E.164: `+`, then 7 to 15 digits of which the first is not 0. Compared and ordered as text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Phone(String);

/// A number as read from text by [`Phone::parse`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// The number to dial.
    pub phone: Phone,
    /// Digits to dial after the call is answered (`x123`, `;ext=123`), 1 to 8 of them.
    pub extension: Option<String>,
    /// What had to be undone to read the number, in the order in which it was undone, each at most once.
    /// Plain formatting (spaces, dashes, brackets, the national form of the default region) is no repair.
    pub repairs: Vec<Repair>,
    /// Whether the text itself tells the country: by a `+`, by an international prefix, or by digits that can only have
    /// lost their `+`. Otherwise the number was read as a national one of the region that was given.
    pub tells_country: bool,
}

/// Something that was wrong or unusual in the text and could be put right with certainty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Repair {
    /// Characters that nobody sees (zero width, byte order and direction marks), which phones and web pages copy along.
    InvisibleCharacters,
    /// Digits of another script, or full-width ones.
    UnicodeDigits,
    /// Quotation marks or a text formula around the number (`"…"`, `="…"`).
    QuotedText,
    /// The `'` that spreadsheets take for "this is text".
    LeadingApostrophe,
    /// A `tel:` or `callto:` link.
    TelUri,
    /// `4.4207946095E+11`, with every digit still there.
    ScientificNotation,
    /// A `.0` at the end: the number had been a decimal.
    FloatSuffix,
    /// An extension was split off.
    Extension,
    /// Letters of a toll-free number were read as keypad digits (`1-800-FLOWERS`).
    KeypadLetters,
    /// An international prefix (`00`, or the default region's own, such as `011`) stood for the `+`.
    InternationalPrefix,
    /// The `+` was missing before the country code.
    LostPlus,
}

impl Phone {
    /// Reads a phone number from text, as people and spreadsheets write it.
    ///
    /// In this order:
    ///
    /// 1. Invisible characters go; digits of any script, full-width characters, dashes, dots and spaces of all kinds
    ///    become ASCII. A leading `'`, quotation marks, `="…"`, `tel:` and `callto:` go.
    /// 2. `4.4207946095E+11` is written out if the mantissa has all the digits that the exponent asks for. If it has
    ///    fewer, the rest is lost or at best unknown, and the text is refused. One `.0` after seven or more bare digits
    ///    goes.
    /// 3. An extension (`x`, `ext`, `#`, `;ext=`, `,,` and the like, then 1 to 8 digits) is split off. Two numbers in
    ///    one cell are refused, also in short form (`030 1234567/68`).
    /// 4. Letters count as keypad digits only if the result is a valid toll-free or shared-cost number, the only ones
    ///    that are sold by their word. Everywhere else letters are notes or slips, and are refused.
    /// 5. With `+`: the number must be valid in its own country.
    /// 6. Without `+`, with a default region: the national reading wins if it is valid. Then `00` is read as `+`, then
    ///    the region's own international prefix. Last, a lost `+` is put back if there are 11 to 15 digits, no
    ///    national number of the region has that length, the result is valid, and either the first group of digits
    ///    is the country code (`44 20 7946 0958`) or the digits are not a national number with one digit too many.
    ///    If a national reading needs a trunk prefix that is not there, and the digits are also valid with a `+`, they
    ///    could be either, and are refused; except that a mobile number under the region's own country code, of
    ///    which the plan is exact, is taken as that.
    /// 7. Without `+` and without a default region: `00` is read as `+`; a lost `+` is put back if there are 11 to 15
    ///    digits and the result is valid. Anything else is refused, with the advice to write the country code.
    ///
    /// Emergency and short numbers are never valid. Never panics.
    ///
    /// # Errors
    ///
    /// [`PhoneError`], whose text a person who has never heard of E.164 understands.
    pub fn parse(text: &str, default: Option<Region>) -> Result<Parsed, PhoneError> {
        read::read(text, default, false)
    }

    /// The same for a number that is known to be of a country, because its row says so. A national number is read in that
    /// country and never in another; a number that tells another country is refused.
    ///
    /// Guarantee *no stranger*: what the row says and what the number says must agree.
    ///
    /// # Errors
    ///
    /// [`PhoneError::OtherCountry`], and as for [`Phone::parse`].
    pub fn parse_in(text: &str, country: Region) -> Result<Parsed, PhoneError> {
        let parsed = read::read(text, Some(country), true)?;
        let calling_code = parsed.phone.calling_code().unwrap_or_default();
        if calling_code == country.calling_code() {
            Ok(parsed)
        } else {
            Err(PhoneError::OtherCountry {
                region: country,
                calling_code,
            })
        }
    }

    /// The country calling code, such as 44. No code is the beginning of another. `None`: the present metadata knows none.
    pub fn calling_code(&self) -> Option<u16> {
        (1..=3).find_map(|length| {
            let code: u16 = self.0.get(1..=length)?.parse().ok()?;
            PHONE_NUMBER_UTIL
                .get_region_for_country_code(i32::from(code))
                .map(|_| code)
        })
    }

    /// Takes a number that is in E.164 already, by its form alone: for numbers that were parsed when they came in.
    ///
    /// # Errors
    ///
    /// [`PhoneError::NotE164`] if it is not `+` and 7 to 15 digits of which the first is not 0.
    pub fn from_e164(text: &str) -> Result<Phone, PhoneError> {
        if is_e164(text) {
            Ok(Phone(text.to_owned()))
        } else {
            Err(PhoneError::NotE164)
        }
    }

    /// The number in E.164, such as `+442079460958`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The digits as a number, which is a key of 8 bytes: at most 15 digits, the first not 0, so no two share one.
    pub(crate) fn key(&self) -> u64 {
        self.0
            .bytes()
            .filter(u8::is_ascii_digit)
            .fold(0, |key, digit| key * 10 + u64::from(digit - b'0'))
    }

    /// The region that the number belongs to; `None` for numbers of no country (`+800 …`) and numbers that the present
    /// metadata no longer knows.
    pub fn region(&self) -> Option<Region> {
        let number = PHONE_NUMBER_UTIL.parse(&self.0, None).ok()?;
        PHONE_NUMBER_UTIL
            .get_region_for_number(&number)
            .and_then(Region::known)
    }

    /// The number grouped for reading, such as `+44 20 7946 0958`.
    pub fn international(&self) -> String {
        PHONE_NUMBER_UTIL.parse(&self.0, None).map_or_else(
            |_| self.0.clone(),
            |number| {
                PHONE_NUMBER_UTIL
                    .format(&number, PhoneNumberFormat::International)
                    .into_owned()
            },
        )
    }

    /// The number with only its last two digits legible, such as `+••••••••••58`, for logs.
    pub fn masked(&self) -> String {
        let hidden = self.0.len() - 3;
        format!("+{}{}", "•".repeat(hidden), &self.0[self.0.len() - 2..])
    }
}

fn is_e164(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit())
            && !digits.starts_with('0')
    })
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Phone {
    type Error = PhoneError;

    fn try_from(text: String) -> Result<Phone, PhoneError> {
        if is_e164(&text) {
            Ok(Phone(text))
        } else {
            Err(PhoneError::NotE164)
        }
    }
}

impl From<Phone> for String {
    fn from(phone: Phone) -> String {
        phone.0
    }
}

#[cfg(test)]
mod tests;
