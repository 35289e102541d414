//! One row, from its values to a person who can be called.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    Meaning, Reason,
    columns::{Columns, CountryOf},
    settings::{MAX_NAME_CHARS, MAX_VALUE_CHARS},
    text,
};
use crate::{
    nothing::something,
    phone::{Parsed, Phone, PhoneError, Region, Repair, country, is_sheet_error},
};

/// A person to call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The line of the file in which the row begins, from 1.
    pub line: u64,
    /// Whom to ask for: one line of 1 to 200 characters.
    pub name: String,
    /// The business they work for: one line of at most 200 characters; empty if the list does not say.
    pub business_name: String,
    /// The number to call.
    pub phone: Phone,
    /// Digits to dial once the call is answered.
    pub extension: Option<String>,
    /// The phone cell as one line, at most 100 characters.
    pub phone_as_written: String,
    /// What told the country of the number.
    pub country_from: CountryFrom,
    /// What had to be put right to read the number.
    pub repairs: Vec<Repair>,
    /// All other columns by header as written, first and last name included; values of at most 2,000 characters, empty
    /// where the row has none.
    pub variables: BTreeMap<String, String>,
}

/// What told the country of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CountryFrom {
    /// The number itself: a `+`, an international prefix, or digits that can only have lost their `+`.
    Number,
    /// A column of the row.
    Column,
    /// The default country of the list.
    List,
}

/// Why a row was left out, and which of its values is at fault.
pub(super) struct Fault {
    pub(super) column: Option<usize>,
    pub(super) reason: Reason,
}

impl Fault {
    fn at(column: usize, reason: Reason) -> Fault {
        Fault {
            column: Some(column),
            reason,
        }
    }

    fn of_row(reason: Reason) -> Fault {
        Fault { column: None, reason }
    }
}

impl Columns {
    /// The row that these values are.
    pub(super) fn row(
        &self,
        line: u64,
        values: &[&str],
        delimiter: char,
        region: Option<Region>,
    ) -> Result<Row, Fault> {
        let (expected, found) = (self.all.len(), values.len());
        let surplus = values.get(expected..).unwrap_or_default();
        if surplus.iter().any(|value| !text::is_blank(value)) {
            return Err(Fault::of_row(Reason::TooManyValues {
                expected,
                found,
                delimiter,
            }));
        }
        // A name may be only half there, but the phone number must have a place.
        if found <= self.phone || self.name.iter().all(|column| found <= *column) {
            return Err(Fault::of_row(Reason::TooFewValues { expected, found }));
        }
        let value = |column: usize| something(values.get(column).copied().unwrap_or_default());

        let name = self.name(&value)?;
        let business_name = match self.business_name {
            Some(column) => short(column, value(column))?,
            None => String::new(),
        };
        let written = value(self.phone);
        let (number, country_from) = self.number(written, &value, region)?;
        let mut variables = BTreeMap::new();
        for (index, column) in self.all.iter().enumerate() {
            if matches!(
                column.meaning,
                Meaning::Variable
                    | Meaning::FirstName
                    | Meaning::LastName
                    | Meaning::DialCode
                    | Meaning::Country
            ) {
                let value = text::block(value(index));
                if value.chars().count() > MAX_VALUE_CHARS {
                    return Err(Fault::at(
                        index,
                        Reason::ValueTooLong {
                            limit: MAX_VALUE_CHARS,
                        },
                    ));
                }
                variables.insert(column.header.clone(), value);
            }
        }
        Ok(Row {
            line,
            name,
            business_name,
            phone: number.phone,
            extension: number.extension,
            phone_as_written: text::excerpt(written),
            country_from,
            repairs: number.repairs,
            variables,
        })
    }

    /// Reads the number in the country that the row states, or else in that of the list.
    ///
    /// Guarantee *no stranger*: a country that cannot be read does not count as absent. Only a number that tells its own
    /// country is taken then.
    fn number<'a>(
        &self,
        written: &str,
        value: &impl Fn(usize) -> &'a str,
        of_list: Option<Region>,
    ) -> Result<(Parsed, CountryFrom), Fault> {
        let mut told: Option<(Told, usize)> = None;
        for of in [CountryOf::Number, CountryOf::Person, CountryOf::Business] {
            let columns = self.countries.iter().filter(|country| country.of == of);
            let Some(column) = columns
                .map(|country| country.column)
                .find(|&column| !text::is_blank(value(column)))
            else {
                continue;
            };
            let stated = country::stated(value(column));
            told = match (told, stated) {
                (None, Some(region)) if of == CountryOf::Business => Some((Told::Perhaps(region), column)),
                (None, Some(region)) => Some((Told::Surely(region), column)),
                (None, None) => Some((Told::Unreadable, column)),
                // The number's calling code is told, and which of the countries that share it.
                (Some((Told::Surely(code), _)), Some(region))
                    if of == CountryOf::Person && code.calling_code() == region.calling_code() =>
                {
                    Some((Told::Surely(region), column))
                }
                (Some((Told::Surely(code), at)), Some(region)) if of == CountryOf::Person => {
                    return Err(Fault::at(
                        at,
                        Reason::CountriesDiffer {
                            of_number: code,
                            of_person: region,
                        },
                    ));
                }
                (Some((Told::Unreadable, _)), Some(region)) if of == CountryOf::Person => {
                    Some((Told::Surely(region), column))
                }
                (told, _) => told,
            };
        }
        let fault = |error: PhoneError| Fault::at(self.phone, Reason::Phone(error));
        let from = |number: Parsed, otherwise: CountryFrom| {
            let from = if number.tells_country {
                CountryFrom::Number
            } else {
                otherwise
            };
            (number, from)
        };
        match told {
            None => Phone::parse(written, of_list)
                .map(|number| from(number, CountryFrom::List))
                .map_err(fault),
            Some((Told::Surely(region), _)) => Phone::parse_in(written, region)
                .map(|number| from(number, CountryFrom::Column))
                .map_err(fault),
            Some((Told::Perhaps(region), _)) => Phone::parse(written, Some(region))
                .map(|number| from(number, CountryFrom::Column))
                .map_err(fault),
            Some((Told::Unreadable, column)) => match Phone::parse(written, None) {
                Ok(number) if !number.repairs.contains(&Repair::LostPlus) => {
                    Ok(from(number, CountryFrom::Number))
                }
                Ok(_) | Err(PhoneError::NoCountryCode) => Err(Fault::at(column, Reason::UnknownCountry)),
                Err(error) => Err(fault(error)),
            },
        }
    }

    fn name<'a>(&self, value: &impl Fn(usize) -> &'a str) -> Result<String, Fault> {
        let mut name = String::new();
        for &column in &self.name {
            let part = short(column, value(column))?;
            if is_sheet_error(&part) {
                return Err(Fault::at(column, Reason::SheetError));
            }
            if !name.is_empty() && !part.is_empty() {
                name.push(' ');
            }
            name.push_str(&part);
        }
        if name.is_empty() {
            Err(Fault::at(self.name[0], Reason::MissingName))
        } else {
            Ok(name)
        }
    }
}

/// What the row says about the country of its number.
#[derive(Clone, Copy)]
enum Told {
    Surely(Region),
    /// The business is there; the person may have a number of elsewhere.
    Perhaps(Region),
    Unreadable,
}

/// A value of one line and at most [`MAX_NAME_CHARS`].
fn short(column: usize, value: &str) -> Result<String, Fault> {
    let short = text::line(value);
    if short.chars().count() > MAX_NAME_CHARS {
        return Err(Fault::at(
            column,
            Reason::ValueTooLong {
                limit: MAX_NAME_CHARS,
            },
        ));
    }
    Ok(short)
}
