//! From text to a valid number. The order of the steps and their reasons stand at [`Phone::parse`].

use rlibphonenumber::{
    CountryCodeSource, NumberLengthType, PHONE_NUMBER_UTIL, ParseError, PhoneNumber, PhoneNumberFormat,
    PhoneNumberType, ValidationError,
};

use super::{Parsed, Phone, PhoneError, Region, Repair, cell, chars, extension};

/// The longest number in E.164, without the `+`.
const MAX_DIGITS: usize = 15;
/// Fewer digits than this with a lost `+` could be too many other things.
const MIN_DIGITS_FOR_LOST_PLUS: usize = 11;
/// Digits that a country's plan may drop after the country code: `0`, `06`, the `0` and `15` of Argentina.
const MAX_TRUNK_DIGITS: usize = 3;
/// Emergency and service numbers have at most this many digits.
const MAX_SHORT_DIGITS: usize = 6;

/// `is_certain`: the number is one of the region, whatever else its digits could be.
pub(super) fn read(text: &str, default: Option<Region>, is_certain: bool) -> Result<Parsed, PhoneError> {
    let mut repairs = Vec::new();
    let plain = chars::plain(text, &mut repairs);
    let unwrapped = cell::unwrapped(&plain, &mut repairs);
    if unwrapped.is_empty() {
        return Err(PhoneError::Empty);
    }
    if cell::is_sheet_error(unwrapped) {
        return Err(PhoneError::SheetError);
    }
    let written = if let Some(target) = cell::link_target(unwrapped) {
        repairs.push(Repair::TelUri);
        target?
    } else if let Some(number) = cell::written_out(unwrapped) {
        repairs.push(Repair::ScientificNotation);
        number?
    } else if let Some(number) = cell::without_float_suffix(unwrapped) {
        repairs.push(Repair::FloatSuffix);
        number.to_owned()
    } else {
        unwrapped.to_owned()
    };
    let (number, extension) = extension::split(written.trim());
    if extension.is_some() {
        repairs.push(Repair::Extension);
    }
    refuse_several(number)?;
    let spelled = number.contains(|c: char| c.is_ascii_alphabetic());
    let (phone, tells_country) = if spelled {
        repairs.push(Repair::KeypadLetters);
        toll_free_word(number, default, is_certain, &mut repairs)?
    } else {
        resolve(&Digits::of(number)?, default, is_certain, &mut repairs)?
    };
    Ok(Parsed {
        phone,
        extension: extension.map(str::to_owned),
        repairs,
        tells_country,
    })
}

/// Two numbers side by side, or one number and the other endings of its neighbours (`030 1234567/68`).
fn refuse_several(text: &str) -> Result<(), PhoneError> {
    let count = |part: &str| part.bytes().filter(u8::is_ascii_digit).count();
    let long_parts = text
        .split([',', ';', '/', '|', '&', '\n', '+'])
        .filter(|part| count(part) >= 7)
        .count();
    let other_ending = text
        .rsplit_once('/')
        .is_some_and(|(number, ending)| count(number) >= 6 && (1..=3).contains(&count(ending)));
    if long_parts > 1 || other_ending {
        Err(PhoneError::SeveralNumbers)
    } else {
        Ok(())
    }
}

/// The digits of a number without their formatting.
struct Digits {
    /// Whether a `+` stood before them.
    plus: bool,
    digits: String,
    /// How many digits stand before the first separator.
    first_group: usize,
}

impl Digits {
    fn of(text: &str) -> Result<Digits, PhoneError> {
        let mut read = Digits {
            plus: false,
            digits: String::new(),
            first_group: 0,
        };
        for character in text.chars() {
            match character {
                '0'..='9' => read.digits.push(character),
                '+' if read.digits.is_empty() => read.plus = true,
                ' ' | '\n' | '-' | '.' | '(' | ')' | '[' | ']' | '/' | '_' => {
                    if read.first_group == 0 {
                        read.first_group = read.digits.len();
                    }
                }
                _ if character.is_alphabetic() => return Err(PhoneError::Letters),
                _ => return Err(PhoneError::OddCharacter { character }),
            }
        }
        if read.digits.is_empty() {
            Err(PhoneError::NotANumber)
        } else {
            Ok(read)
        }
    }
}

/// The number, and whether it tells its country itself.
fn resolve(
    written: &Digits,
    default: Option<Region>,
    is_certain: bool,
    repairs: &mut Vec<Repair>,
) -> Result<(Phone, bool), PhoneError> {
    let digits = written.digits.as_str();
    if written.plus {
        let Some(after_prefix) = digits.strip_prefix("00") else {
            return Ok((international(digits)?, true));
        };
        repairs.push(Repair::InternationalPrefix);
        return Ok((international(after_prefix)?, true));
    }
    let (national_error, foreign_prefix) = match default.map(|region| national(digits, region)) {
        None => (None, None),
        Some(Err(error)) => (Some(error), None),
        Some(Ok(reading)) if reading.source == CountryCodeSource::FromNumberWithIdd => {
            (None, Some(reading.phone))
        }
        Some(Ok(reading)) => {
            if let Some(region) = default.filter(|_| reading.lacks_trunk_prefix)
                && let Some(other) = lost_plus(written, None).filter(|other| *other != reading.phone)
                // A number of another country is none of this one's.
                && !(is_certain && other.calling_code() != Some(region.calling_code()))
            {
                if !is_own_mobile(&other, region) {
                    return Err(PhoneError::Ambiguous { region });
                }
                repairs.push(Repair::LostPlus);
                return Ok((other, true));
            }
            // Where the calling code is also the trunk prefix, as in North America, nothing was lost.
            if reading.source == CountryCodeSource::FromNumberWithoutPlusSign
                && default.is_some_and(|region| region.calling_code() != 1)
            {
                repairs.push(Repair::LostPlus);
                return Ok((reading.phone, true));
            }
            return Ok((reading.phone, false));
        }
    };
    let prefixed = digits.strip_prefix("00").map(international);
    if let Some(phone) = prefixed
        .as_ref()
        .and_then(|read| read.as_ref().ok())
        .cloned()
        .or(foreign_prefix)
    {
        repairs.push(Repair::InternationalPrefix);
        return Ok((phone, true));
    }
    if let Some(phone) = lost_plus(written, default) {
        if let Some(region) = default
            && one_digit_too_many(written, region, &phone)
        {
            return Err(PhoneError::Ambiguous { region });
        }
        repairs.push(Repair::LostPlus);
        return Ok((phone, true));
    }
    Err(match (prefixed, national_error) {
        (Some(Err(PhoneError::UnknownCountryCode)) | None, Some(error)) | (Some(Err(error)), _) => error,
        _ if digits.len() <= MAX_SHORT_DIGITS => PhoneError::ShortNumber,
        _ => PhoneError::NoCountryCode,
    })
}

/// A number with its country code, without `+`.
fn international(digits: &str) -> Result<Phone, PhoneError> {
    let (phone, _) = valid(PHONE_NUMBER_UTIL.parse(format!("+{digits}"), None), digits)?;
    // The library also drops the codes by which some countries choose a carrier. Nobody dials those after a `+`.
    let dropped = (digits.len() + 1).saturating_sub(phone.as_str().len());
    if dropped > MAX_TRUNK_DIGITS {
        Err(PhoneError::TooLong)
    } else {
        Ok(phone)
    }
}

/// What the digits mean to someone who dials them in the region.
struct National {
    phone: Phone,
    source: CountryCodeSource,
    /// The region writes this number with a trunk prefix, and it was written without.
    lacks_trunk_prefix: bool,
}

fn national(digits: &str, region: Region) -> Result<National, PhoneError> {
    let parsed = PHONE_NUMBER_UTIL.parse_and_keep_raw_input(digits, Some(region.inner()));
    let (phone, number) = valid(parsed, digits)?;
    let source = number.country_code_source();
    let customary = PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::National);
    let lacks_trunk_prefix = source == CountryCodeSource::FromDefaultCountry
        && customary.bytes().filter(u8::is_ascii_digit).count() > digits.len();
    Ok(National {
        phone,
        source,
        lacks_trunk_prefix,
    })
}

/// The number that the digits are with a `+`, if they can only have lost it: see [`Phone::parse`], steps 6 and 7.
fn lost_plus(written: &Digits, default: Option<Region>) -> Option<Phone> {
    let digits = written.digits.as_str();
    if !(MIN_DIGITS_FOR_LOST_PLUS..=MAX_DIGITS).contains(&digits.len()) {
        return None;
    }
    let national_has_this_length = default.is_some_and(|region| {
        PHONE_NUMBER_UTIL
            .parse(digits, Some(region.inner()))
            .is_ok_and(|number| PHONE_NUMBER_UTIL.is_possible_number_with_reason(&number).is_ok())
    });
    if national_has_this_length {
        None
    } else {
        international(digits).ok()
    }
}

/// Whether the number is a mobile number under the region's own calling code. Plans with fixed lines of any length, such
/// as the German one, take such digits for a fixed line too, but only the pattern of mobile numbers is exact.
fn is_own_mobile(phone: &Phone, region: Region) -> bool {
    PHONE_NUMBER_UTIL.parse(phone.as_str(), None).is_ok_and(|number| {
        number.country_code == i32::from(region.calling_code())
            && PHONE_NUMBER_UTIL.get_number_type(&number) == PhoneNumberType::Mobile
    })
}

/// Whether a slip of the finger in a national number explains the digits as well as a lost `+` does.
fn one_digit_too_many(written: &Digits, region: Region, abroad: &Phone) -> bool {
    let digits = written.digits.as_str();
    let code_stands_alone = PHONE_NUMBER_UTIL
        .parse(abroad.as_str(), None)
        .is_ok_and(|number| {
            digits.get(..written.first_group) == Some(number.country_code.to_string().as_str())
        });
    !code_stands_alone && national(&digits[..digits.len() - 1], region).is_ok()
}

/// Letters as keypad digits, where numbers are sold by their word.
fn toll_free_word(
    text: &str,
    default: Option<Region>,
    is_certain: bool,
    repairs: &mut Vec<Repair>,
) -> Result<(Phone, bool), PhoneError> {
    let letters = text.chars().filter(char::is_ascii_alphabetic).count();
    let before = text
        .split(|c: char| c.is_ascii_alphabetic())
        .next()
        .unwrap_or_default();
    if letters < 3 || before.bytes().filter(u8::is_ascii_digit).count() < 3 {
        return Err(PhoneError::Letters);
    }
    let digits = Digits::of(&PHONE_NUMBER_UTIL.convert_alpha_characters_in_number(text))?;
    let (phone, tells_country) =
        resolve(&digits, default, is_certain, repairs).map_err(|_| PhoneError::Letters)?;
    let kind = PHONE_NUMBER_UTIL
        .parse(phone.as_str(), None)
        .map(|number| PHONE_NUMBER_UTIL.get_number_type(&number));
    match kind {
        Ok(PhoneNumberType::TollFree | PhoneNumberType::SharedCost) => Ok((phone, tells_country)),
        _ => Err(PhoneError::Letters),
    }
}

/// The number in E.164, if it is valid; otherwise the most useful thing to say about it. `digits` are as written.
fn valid(parsed: Result<PhoneNumber, ParseError>, digits: &str) -> Result<(Phone, PhoneNumber), PhoneError> {
    let number = match parsed {
        Ok(number) => number,
        Err(_) if digits.len() <= MAX_SHORT_DIGITS => return Err(PhoneError::ShortNumber),
        Err(ParseError::InvalidCountryCode) => return Err(PhoneError::UnknownCountryCode),
        Err(ParseError::NotANumber(_)) => return Err(PhoneError::NotANumber),
        Err(ParseError::TooShortAfterIdd | ParseError::TooShortNsn) => return Err(PhoneError::TooShort),
        Err(ParseError::TooLongNsn) => return Err(PhoneError::TooLong),
    };
    if PHONE_NUMBER_UTIL.is_valid_number(&number) {
        let e164 = PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::E164);
        // The metadata of some countries reaches beyond what E.164, and so the provider, can carry.
        return match Phone::from_e164(&e164) {
            Ok(phone) => Ok((phone, number)),
            Err(_) if e164.len() > MAX_DIGITS => Err(PhoneError::TooLong),
            Err(_) => Err(PhoneError::ShortNumber),
        };
    }
    Err(match PHONE_NUMBER_UTIL.is_possible_number_with_reason(&number) {
        _ if digits.len() <= MAX_SHORT_DIGITS => PhoneError::ShortNumber,
        Ok(NumberLengthType::IsPossible) => PhoneError::NotInUse {
            calling_code: u16::try_from(number.country_code).unwrap_or_default(),
        },
        Ok(NumberLengthType::IsPossibleLocalOnly) => PhoneError::MissingAreaCode,
        Err(ValidationError::InvalidCountryCode) => PhoneError::UnknownCountryCode,
        Err(ValidationError::TooShort) => PhoneError::TooShort,
        Err(ValidationError::TooLong) => PhoneError::TooLong,
        Err(ValidationError::InvalidLength) => PhoneError::WrongLength,
    })
}
