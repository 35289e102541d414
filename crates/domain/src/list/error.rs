//! Why a file as a whole is refused.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Meaning;

/// A fault of the whole file: nothing of it counts. The `Display` text says what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum ListError {
    /// No line with anything on it.
    Empty,
    /// More bytes than allowed.
    TooLarge {
        /// The limit in bytes.
        limit_bytes: u64,
    },
    /// More rows than allowed.
    TooManyRows {
        /// The limit in rows.
        limit: u64,
    },
    /// A workbook, a PDF or another file that is not text.
    NotText {
        /// What it seems to be, such as `an Excel workbook`.
        kind: String,
    },
    /// The first line looks like a person, not like names of columns.
    NoHeader {
        /// The values of that line, each at most 100 characters.
        first_line: Vec<String>,
    },
    /// A quote in the header is not closed, or the header is longer than 1 MiB.
    BrokenHeader {
        /// The line in which it begins.
        line: u64,
    },
    /// Columns that must be there and are not.
    MissingColumns {
        /// What is missing.
        missing: Vec<Meaning>,
        /// The headers of the file.
        found: Vec<String>,
    },
    /// Several columns could be the one that is needed.
    AmbiguousColumn {
        /// What each of them could be.
        meaning: Meaning,
        /// Their headers.
        headers: Vec<String>,
    },
    /// The same header twice.
    DuplicateColumn {
        /// The header.
        header: String,
    },
    /// A chosen column is not in the file.
    UnknownColumn {
        /// The chosen header.
        header: String,
        /// The headers of the file.
        found: Vec<String>,
    },
    /// More columns than a list can have.
    TooManyColumns {
        /// The limit.
        limit: usize,
    },
}

impl std::error::Error for ListError {}

impl fmt::Display for ListError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ListError::Empty => f.write_str(
                "The file is empty. Its first line must name the columns, such as name,business_name,phone.",
            ),
            ListError::TooLarge { limit_bytes } => {
                write!(
                    f,
                    "The file is larger than {}. Split it into several lists, or raise MAX_FILE_UPLOAD_SIZE.",
                    size(*limit_bytes)
                )
            }
            ListError::TooManyRows { limit } => {
                write!(
                    f,
                    "The list has more than {limit} rows. Split it into several lists, or raise MAX_CAMPAIGN_SIZE."
                )
            }
            ListError::NotText { kind } => {
                write!(f, "This is {kind}, not a CSV file. Open it and save it as CSV.")
            }
            ListError::NoHeader { first_line } => write!(
                f,
                "The first line must name the columns, such as name,business_name,phone, but it holds {}.",
                quoted(first_line)
            ),
            ListError::BrokenHeader { line } => write!(
                f,
                "The names of the columns on line {line} cannot be read: a quotation mark is not closed, or the line is too long."
            ),
            ListError::MissingColumns { missing, found } => {
                let names: Vec<&str> = missing.iter().map(|meaning| meaning.noun()).collect();
                let headers: Vec<&str> = missing.iter().map(|meaning| meaning.header()).collect();
                write!(
                    f,
                    "There is no column for {}. The columns are {}. Name the right ones {}.",
                    names.join(" and "),
                    quoted(found),
                    quoted(&headers)
                )
            }
            ListError::AmbiguousColumn { meaning, headers } => write!(
                f,
                "The columns {} could all hold {}. Name the right one “{}”.",
                quoted(headers),
                meaning.noun(),
                meaning.header()
            ),
            ListError::DuplicateColumn { header } => {
                write!(
                    f,
                    "Two columns are named “{header}”. Rename or remove one of them."
                )
            }
            ListError::UnknownColumn { header, found } => {
                write!(
                    f,
                    "There is no column “{header}”. The columns are {}.",
                    quoted(found)
                )
            }
            ListError::TooManyColumns { limit } => {
                write!(
                    f,
                    "The list has more than {limit} columns. Remove those that are not needed."
                )
            }
        }
    }
}

fn size(bytes: u64) -> String {
    const MIB: u64 = 1024 * 1024;
    if bytes >= MIB && bytes.is_multiple_of(MIB) {
        format!("{} MB", bytes / MIB)
    } else {
        format!("{bytes} bytes")
    }
}

fn quoted(texts: &[impl AsRef<str>]) -> String {
    texts
        .iter()
        .map(|text| format!("“{}”", text.as_ref()))
        .collect::<Vec<_>>()
        .join(", ")
}
