//! The import itself: bytes in, rows out, a report at the end.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap, hash_map::Entry},
};

use super::{
    Column, CountryFrom, Duplicate, Encoding, ImportReport, ListError, ListSettings, NumbersRead, Reason,
    Rejected, Row,
    columns::Columns,
    delimiter,
    encoding::{RecordDecoder, Transcoder},
    records::{Content, Record, Records},
    row::Fault,
    settings::MAX_RECORD_BYTES,
    splitter::Splitter,
    text,
};

/// Imports a list that arrives in pieces of any size, cut anywhere.
///
/// After an error every further call gives the same error.
pub struct Importer {
    transcoder: Transcoder,
    records: Records,
    lines: Lines,
    fed_bytes: u64,
    failed: Option<ListError>,
}

/// Everything that happens to complete records.
struct Lines {
    settings: ListSettings,
    decoder: RecordDecoder,
    /// The delimiter that a `sep=` line has named.
    named_delimiter: Option<u8>,
    /// What the header said, once it is read.
    head: Option<(Columns, Splitter)>,
    /// The line of the accepted row with a number, by [`crate::phone::Phone::key`].
    seen: HashMap<u64, u64>,
    rows: u64,
    accepted: u64,
    repaired: u64,
    /// Accepted rows by what told their country, and by its calling code.
    numbers: BTreeMap<(CountryFrom, u16), u64>,
    rejected: Vec<Rejected>,
    duplicates: Vec<Duplicate>,
}

impl Importer {
    /// An import of a list that has not begun.
    pub fn new(settings: &ListSettings) -> Importer {
        Importer {
            transcoder: Transcoder::new(),
            records: Records::new(),
            lines: Lines {
                settings: settings.clone(),
                decoder: RecordDecoder::default(),
                named_delimiter: None,
                head: None,
                seen: HashMap::new(),
                rows: 0,
                accepted: 0,
                repaired: 0,
                numbers: BTreeMap::new(),
                rejected: Vec::new(),
                duplicates: Vec::new(),
            },
            fed_bytes: 0,
            failed: None,
        }
    }

    /// Takes the next bytes of the file and gives back the rows that they complete, in the order of the file.
    ///
    /// # Errors
    ///
    /// [`ListError`]: nothing of the file counts, the rows given back before included.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<Vec<Row>, ListError> {
        self.fed_bytes += bytes.len() as u64;
        let limit_bytes = self.lines.settings.max_bytes;
        if self.failed.is_none() && self.fed_bytes > limit_bytes {
            self.failed = Some(ListError::TooLarge { limit_bytes });
        }
        self.take(bytes, false)
    }

    /// Ends the file: the rows that only its end completes, and the report.
    ///
    /// # Errors
    ///
    /// [`ListError`], as for [`Importer::feed`].
    pub fn finish(mut self) -> Result<(Vec<Row>, ImportReport), ListError> {
        let rows = self.take(&[], true)?;
        let encoding = self.transcoder.utf16().unwrap_or(self.lines.decoder.encoding());
        Ok((rows, self.lines.report(encoding)?))
    }

    /// How the columns were understood, once the header is read.
    pub fn columns(&self) -> Option<&[Column]> {
        self.lines
            .head
            .as_ref()
            .map(|(columns, _)| columns.all.as_slice())
    }

    fn take(&mut self, bytes: &[u8], end: bool) -> Result<Vec<Row>, ListError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        self.try_take(bytes, end)
            .inspect_err(|error| self.failed = Some(error.clone()))
    }

    fn try_take(&mut self, bytes: &[u8], end: bool) -> Result<Vec<Row>, ListError> {
        self.transcoder.feed(bytes, end, self.records.buffer())?;
        let mut rows = Vec::new();
        loop {
            let Some(record) = self.records.next(end) else {
                return Ok(rows);
            };
            if self.lines.head.is_some() {
                rows.extend(self.lines.row(record)?);
            } else if let Some(delimiter) = self.lines.header(record)? {
                self.records.set_delimiter(delimiter);
            }
        }
    }
}

impl Lines {
    /// Reads the header. `None` if this record comes before it; otherwise the delimiter of the list.
    fn header(&mut self, record: Record<'_>) -> Result<Option<u8>, ListError> {
        let Content::Whole(bytes) = record.content else {
            return Err(ListError::BrokenHeader { line: record.line });
        };
        let header = self.decoder.decode(&bytes);
        if self.named_delimiter.is_none()
            && let Some(named) = delimiter::named(&header)
        {
            self.named_delimiter = Some(named);
            return Ok(None);
        }
        let delimiter = self
            .named_delimiter
            .unwrap_or_else(|| delimiter::of_header(&header));
        let mut splitter = Splitter::new(delimiter);
        let headers = splitter.split(&header);
        if is_empty(&headers) {
            return Ok(None);
        }
        let columns = Columns::understand(&headers, &self.settings)?;
        self.head = Some((columns, splitter));
        Ok(Some(delimiter))
    }

    /// Reads a record after the header: a row to hand out, or nothing and a line in the report.
    fn row(&mut self, record: Record<'_>) -> Result<Option<Row>, ListError> {
        let Some((columns, splitter)) = &mut self.head else {
            return Ok(None);
        };
        let lines = (record.line, record.last_line);
        let reject = |column: Option<String>, value: &str, reason: Reason| Rejected {
            line: lines.0,
            last_line: lines.1,
            column,
            value: text::excerpt(value),
            reason,
        };
        let rejected = match record.content {
            Content::TooLong => reject(
                None,
                "",
                Reason::RowTooLong {
                    limit_bytes: MAX_RECORD_BYTES,
                },
            ),
            Content::UnclosedQuote { line, from_quote } => reject(
                None,
                &self.decoder.decode(from_quote),
                Reason::UnclosedQuote { line },
            ),
            Content::Whole(bytes) => {
                let whole = self.decoder.decode(&bytes);
                let delimiter = char::from(splitter.delimiter());
                let values = splitter.split(&whole);
                if is_empty(&values) {
                    return Ok(None);
                }
                match columns.row(record.line, &values, delimiter, self.settings.default_region) {
                    Ok(row) => {
                        self.count_row()?;
                        return Ok(self.accept(row));
                    }
                    Err(Fault {
                        column: Some(column),
                        reason,
                    }) => reject(
                        Some(columns.all[column].header.clone()),
                        values.get(column).copied().unwrap_or_default(),
                        reason,
                    ),
                    Err(Fault { column: None, reason }) => reject(None, &whole, reason),
                }
            }
        };
        self.count_row()?;
        self.rejected.push(rejected);
        Ok(None)
    }

    fn count_row(&mut self) -> Result<(), ListError> {
        let limit = self.settings.max_rows;
        if self.rows >= limit {
            return Err(ListError::TooManyRows { limit });
        }
        self.rows += 1;
        Ok(())
    }

    /// The row, unless its number was seen before.
    fn accept(&mut self, row: Row) -> Option<Row> {
        match self.seen.entry(row.phone.key()) {
            Entry::Occupied(first) => {
                let first_line = *first.get();
                self.duplicates.push(Duplicate {
                    line: row.line,
                    first_line,
                    phone: row.phone,
                });
                None
            }
            Entry::Vacant(place) => {
                place.insert(row.line);
                self.accepted += 1;
                self.repaired += u64::from(!row.repairs.is_empty());
                let read = (row.country_from, row.phone.calling_code().unwrap_or_default());
                *self.numbers.entry(read).or_default() += 1;
                Some(row)
            }
        }
    }

    fn report(self, encoding: Encoding) -> Result<ImportReport, ListError> {
        let (columns, splitter) = self.head.ok_or(ListError::Empty)?;
        let mut numbers: Vec<NumbersRead> = self
            .numbers
            .into_iter()
            .map(|((country_from, calling_code), rows)| NumbersRead {
                calling_code,
                country_from,
                rows,
            })
            .collect();
        numbers.sort_by_key(|read| Reverse(read.rows));
        Ok(ImportReport {
            rows: self.rows,
            accepted: self.accepted,
            repaired: self.repaired,
            numbers,
            rejected: self.rejected,
            duplicates: self.duplicates,
            encoding,
            delimiter: char::from(splitter.delimiter()),
            columns: columns.all,
        })
    }
}

/// Spreadsheets write empty rows as nothing but delimiters.
fn is_empty(values: &[&str]) -> bool {
    values.iter().all(|value| text::is_blank(value))
}
