//! One row, from its values to a person who can be called.

use std::collections::BTreeMap;

use super::{
    Meaning, Reason,
    columns::Columns,
    settings::{MAX_NAME_CHARS, MAX_VALUE_CHARS},
    text,
};
use crate::phone::{Phone, Region, Repair, is_sheet_error};

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
    /// What had to be put right to read the number.
    pub repairs: Vec<Repair>,
    /// All other columns by header as written, first and last name included; values of at most 2,000 characters, empty
    /// where the row has none.
    pub variables: BTreeMap<String, String>,
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
        let value = |column: usize| values.get(column).copied().unwrap_or_default();

        let name = self.name(&value)?;
        let business_name = match self.business_name {
            Some(column) => short(column, value(column))?,
            None => String::new(),
        };
        let written = value(self.phone);
        let number =
            Phone::parse(written, region).map_err(|error| Fault::at(self.phone, Reason::Phone(error)))?;
        let mut variables = BTreeMap::new();
        for (index, column) in self.all.iter().enumerate() {
            if matches!(
                column.meaning,
                Meaning::Variable | Meaning::FirstName | Meaning::LastName
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
            repairs: number.repairs,
            variables,
        })
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
