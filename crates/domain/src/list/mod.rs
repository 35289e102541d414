//! Lists of people to call, from the CSV files that spreadsheets, CRMs and people produce.
//!
//! [`Importer`] takes a file in pieces, as an upload brings it, and gives back the rows that are complete. [`read`] does
//! the same for anything that can be read. Memory holds one record, the report, and 16 bytes or so per accepted row
//! (to find duplicates), so a million rows are affordable.
//!
//! # What a list is
//!
//! - **Columns.** The first line that is not empty names them, in any case and order. `name`, `phone` and
//!   `business_name` are found by these names or by common others ([`Meaning`]); the user may also say which column is
//!   which ([`ListSettings::columns`]). All other columns become variables of the row.
//! - **Countries.** A column that states a country, or the calling code of the number, decides where national numbers of the
//!   row are read. One that contradicts the number refuses the row, and so does one that cannot be read, unless the number
//!   tells its own country. Without such a column national numbers are read in the list's default region.
//! - **Nothing.** What programs write for nothing (`nan`, `NULL`, `None`, `N/A`, `-`, `undefined`) is an empty value.
//! - **Rows.** `name` and `phone` must be there. A bad row is [`Rejected`] with a reason, and the others go on. A phone
//!   number that stood in an earlier accepted row makes the row a [`Duplicate`], however it is written.
//!   Always `accepted + rejected + duplicates == rows`. Empty lines, also those made of delimiters only, are no rows.
//! - **Delimiter.** `,` `;` tab or `|`: the one that makes a phone column and a name column appear in the header, then
//!   the one that splits it into most columns. A first line `sep=;`, which Excel understands, decides at once.
//! - **Lines.** CRLF, LF and lone CR end a line. Line numbers are those of the file, from 1.
//! - **Quotes.** A quoted value may hold delimiters, line breaks and doubled quotes. A single quote inside is forgiven if
//!   the value still ends with a quote on the same line. A quote that is never closed, or that closes in the middle
//!   of a later line, costs the row in which it stands, never those after it: they are read as if it had been closed.
//! - **Short and long rows.** Missing values at the end are empty, as long as name and phone are there. More values than
//!   columns mean that something has moved, so the row is rejected, unless the surplus is empty.
//!
//! # Encodings
//!
//! A byte order mark decides between UTF-8 and UTF-16. Without one, a file whose first line is ASCII in UTF-16 is
//! UTF-16. In every other file each record is read as UTF-8 if it is valid UTF-8, and as Windows-1252 if not. The choice
//! is made for each record on its own, so it does not matter where in the file the first such byte stands, and a file
//! that was pasted together from both is read correctly.
//!
//! # Errors
//!
//! A [`ListError`] means that nothing of the file counts. Rows may have been handed out before it was found, so whoever
//! stores them does it in one transaction that ends with [`Importer::finish`].

pub(crate) mod columns;
pub(crate) mod delimiter;
pub(crate) mod encoding;
mod error;
mod importer;
pub(crate) mod records;
mod report;
mod row;
pub(crate) mod settings;
pub(crate) mod splitter;
pub(crate) mod text;

use std::{
    io::{self, Read},
    ops::ControlFlow,
};

pub use columns::{Column, Meaning};
pub use encoding::Encoding;
pub use error::ListError;
pub use importer::Importer;
pub use report::{Duplicate, ImportReport, NumbersRead, Reason, Rejected};
pub use row::{CountryFrom, Row};
pub use settings::ListSettings;

/// Why [`read`] gave up.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file is not a list.
    #[error(transparent)]
    List(#[from] ListError),
    /// The file could not be read.
    #[error("the file could not be read")]
    Io(#[from] io::Error),
    /// The sink asked to stop.
    #[error("the import was stopped")]
    Stopped,
}

/// Imports a whole list, handing each accepted row to `sink` in the order of the file.
///
/// # Errors
///
/// [`ReadError`]; the rows handed out before do not count then.
pub fn read(
    mut reader: impl Read,
    settings: &ListSettings,
    sink: &mut dyn FnMut(Row) -> ControlFlow<()>,
) -> Result<ImportReport, ReadError> {
    let mut importer = Importer::new(settings);
    let mut chunk = vec![0; 64 * 1024];
    let mut pass_on = |rows: Vec<Row>| match rows.into_iter().try_for_each(&mut *sink) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(ReadError::Stopped),
    };
    loop {
        let length = match reader.read(&mut chunk) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error.into()),
        };
        pass_on(importer.feed(&chunk[..length])?)?;
    }
    let (rows, report) = importer.finish()?;
    pass_on(rows)?;
    Ok(report)
}

#[cfg(test)]
mod tests;
