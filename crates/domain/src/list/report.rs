//! What became of the rows of a list.

use serde::{Deserialize, Serialize, Serializer, ser::SerializeStruct};

use super::{Column, CountryFrom, Encoding};
use crate::phone::{Phone, PhoneError, Region};

/// The account of a whole import. `accepted + rejected.len() + duplicates.len() == rows`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportReport {
    /// Rows of the list, without the header and empty lines.
    pub rows: u64,
    /// Rows that were handed out.
    pub accepted: u64,
    /// Of those, rows whose phone number had to be put right first.
    pub repaired: u64,
    /// In which countries the numbers of the accepted rows were read, and what told so: the most rows first.
    #[serde(default)]
    pub numbers: Vec<NumbersRead>,
    /// Rows that cannot be called, by line.
    pub rejected: Vec<Rejected>,
    /// Rows whose number an earlier accepted row has, by line.
    pub duplicates: Vec<Duplicate>,
    /// How the bytes were read.
    pub encoding: Encoding,
    /// What separates the values.
    pub delimiter: char,
    /// How each column was understood, in the order of the file.
    pub columns: Vec<Column>,
}

/// Numbers that were read alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumbersRead {
    /// Their country calling code, such as 44.
    pub calling_code: u16,
    /// What told the country.
    pub country_from: CountryFrom,
    /// How many rows.
    pub rows: u64,
}

/// A row that was left out, and why. Its JSON has the reason also as text, in `message`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Rejected {
    /// The line of the file in which the row begins, from 1.
    pub line: u64,
    /// The line in which it ends: a quoted value may hold line breaks.
    pub last_line: u64,
    /// The header of the column at fault, if one is.
    pub column: Option<String>,
    /// The value at fault, or the beginning of the row: one line of at most 100 characters.
    pub value: String,
    /// What is wrong.
    pub reason: Reason,
}

/// A row whose phone number stood in an earlier row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Duplicate {
    /// The line in which the row begins, from 1.
    pub line: u64,
    /// The line of the accepted row with the same number.
    pub first_line: u64,
    /// The number that both have.
    pub phone: Phone,
}

/// Why a row was left out. The `Display` text is for the person who owns the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Reason {
    /// The name is empty.
    #[error("there is no name")]
    MissingName,
    /// The name is `#N/A` or the like.
    #[error("the spreadsheet put an error here instead of the name")]
    SheetError,
    /// The country that the row states cannot be read, and the number does not tell its own.
    #[error(
        "no country is known by this name; write its name or its code of two letters, or the number with + and its country code"
    )]
    UnknownCountry,
    /// The calling code and the country of the row differ.
    #[error(
        "the row says that the number is of {of_number} (+{}) and that the person is in {of_person} (+{}); correct one of them",
        of_number.calling_code(), of_person.calling_code()
    )]
    CountriesDiffer {
        /// By the column of the calling code.
        of_number: Region,
        /// By the column of the country.
        of_person: Region,
    },
    /// The phone number is missing or cannot be called.
    #[error(transparent)]
    Phone(PhoneError),
    /// A value is longer than it may be.
    #[error("the text is longer than {limit} characters")]
    ValueTooLong {
        /// The limit.
        limit: usize,
    },
    /// Too few values to hold a name and a phone number.
    #[error("the row has {found} values, but the list has {expected} columns")]
    TooFewValues {
        /// Columns of the list.
        expected: usize,
        /// Values of the row.
        found: usize,
    },
    /// More values than columns, so some stand in the wrong column.
    #[error(
        "the row has {found} values, but the list has {expected} columns; a value that contains “{delimiter}” must stand in quotation marks"
    )]
    TooManyValues {
        /// Columns of the list.
        expected: usize,
        /// Values of the row.
        found: usize,
        /// What separates values.
        delimiter: char,
    },
    /// A quote is not closed, or in the wrong place.
    #[error(
        "a quotation mark on line {line} is not closed; put one at the end of the value, and double those inside"
    )]
    UnclosedQuote {
        /// The line with the opening quote.
        line: u64,
    },
    /// The row is too long to be one.
    #[error("the row is longer than {limit_bytes} bytes")]
    RowTooLong {
        /// The limit.
        limit_bytes: usize,
    },
}

impl Serialize for Rejected {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut rejected = serializer.serialize_struct("Rejected", 6)?;
        rejected.serialize_field("line", &self.line)?;
        rejected.serialize_field("last_line", &self.last_line)?;
        rejected.serialize_field("column", &self.column)?;
        rejected.serialize_field("value", &self.value)?;
        rejected.serialize_field("reason", &self.reason)?;
        rejected.serialize_field("message", &self.reason.to_string())?;
        rejected.end()
    }
}
