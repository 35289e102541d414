//! Files of numbers that must not be called.
//!
//! Read are, in any encoding and with any delimiter that a [list](crate::list) may have:
//!
//! - the national register of the United States, `201,5550123` on a line, without a header;
//! - one number on a line: `2015550123` (read in the default region), `+12015550123`, or any form that people write;
//! - one range on a line, `+1900*`;
//! - a table with a header: the phone column is found as in a list, and beside it `reason`, `expires` (or `expires_at`)
//!   and `source`, which may be missing. A column `area code` beside a phone column of seven digits belongs to it.
//!
//! A first line is a header only if nothing in it looks like a number, so that no first number is lost. Without a header
//! only the number of a line counts.
//!
//! `expires` is a moment with a zone, from which on the number may be called again, or a date: it is suppressed until
//! that date has ended everywhere on earth. An end that is not understood is reported, and the number is suppressed for
//! good rather than not at all.
//!
//! Bad lines are reported and the others go in. Memory holds one line and at most 1,000 reported ones, however long the
//! file: the national register has a quarter of a billion lines. Numbers that stand there twice are handed out twice.

use std::{
    io::{self, Read},
    ops::ControlFlow,
};

use serde::{Deserialize, Serialize};

use super::{Pattern, PatternError};
use crate::{
    list::{
        Encoding, ListError, columns, delimiter,
        encoding::{RecordDecoder, Transcoder},
        records::{Content, Record, Records},
        settings::MAX_RECORD_BYTES,
        splitter::Splitter,
        text,
    },
    phone::{PhoneError, Region, is_sheet_error},
    time::{DAY_MS, HOUR_MS, UtcMs},
};

/// Bad lines that the report tells of one by one.
pub const MAX_REPORTED: usize = 1_000;
/// Characters of a reason or a source that are kept.
const MAX_TEXT_CHARS: usize = 200;
/// Fewer digits than this are no number, whatever stands around them.
const MIN_DIGITS: usize = 3;
/// As many digits and letters between them are rather a number with a note than a header.
const MIN_DIGITS_AMONG_LETTERS: usize = 5;

/// How to read a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Where national numbers are at home. `None`: only international ones and the national register's are accepted.
    pub default_region: Option<Region>,
    /// The largest file, in bytes.
    pub max_bytes: u64,
}

/// No default region, no limit.
impl Default for Settings {
    fn default() -> Self {
        Self {
            default_region: None,
            max_bytes: u64::MAX,
        }
    }
}

/// One suppression of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The line of the file in which it stands, from 1.
    pub line: u64,
    /// What is not to be called.
    pub pattern: Pattern,
    /// Why, as the file says.
    pub reason: Option<String>,
    /// From when on it may be called again. `None`: never.
    pub expires_at: Option<UtcMs>,
    /// Where it comes from, as the file says.
    pub source: Option<String>,
}

/// What became of the lines of a file. `entered + refused == rows`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Report {
    /// Lines with something on them, the header left out.
    pub rows: u64,
    /// Lines that were handed out.
    pub entered: u64,
    /// Lines that were not.
    pub refused: u64,
    /// Lines that were handed out without the end that they ask for, because it was not understood.
    pub without_end: u64,
    /// The first 1,000 lines with a fault, in the order of the file.
    pub faults: Vec<BadLine>,
    /// How the bytes were read.
    pub encoding: Encoding,
    /// Whether the first line named the columns.
    pub header: bool,
}

/// A line with a fault.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BadLine {
    /// The line of the file, from 1.
    pub line: u64,
    /// The value at fault: one line of at most 100 characters.
    pub value: String,
    /// What is wrong, for a person.
    pub reason: String,
    /// Whether the number went in all the same, without its end.
    pub entered: bool,
}

/// Why a file as a whole is refused. The `Display` text says what to do.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FileError {
    /// Nothing on any line.
    #[error("The file is empty.")]
    Empty,
    /// More bytes than allowed.
    #[error("The file is larger than {limit_bytes} bytes.")]
    TooLarge {
        /// The limit in bytes.
        limit_bytes: u64,
    },
    /// A workbook, a PDF or another file that is not text.
    #[error("This is {kind}, not a text or CSV file. Open it and save it as CSV.")]
    NotText {
        /// What it seems to be.
        kind: String,
    },
    /// A header in which no column is that of the phone number.
    #[error("There is no column for the phone number. The columns are {}. Name the right one “phone”.", .found.join(", "))]
    NoPhoneColumn {
        /// The headers.
        found: Vec<String>,
    },
    /// Several columns could be that of the phone number.
    #[error("The columns {} could all hold the phone number. Name the right one “phone”.", .headers.join(", "))]
    SeveralPhoneColumns {
        /// Their headers.
        headers: Vec<String>,
    },
}

/// Why [`read`] gave up.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file is not one of suppressions.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file could not be read.
    #[error("the file could not be read")]
    Io(#[from] io::Error),
    /// The sink asked to stop.
    #[error("the import was stopped")]
    Stopped,
}

/// Reads a whole file, handing each suppression to `sink` in the order of the file.
///
/// # Errors
///
/// [`ReadError`]; the entries handed out before do not count then.
pub fn read(
    mut reader: impl Read,
    settings: &Settings,
    sink: &mut dyn FnMut(Entry) -> ControlFlow<()>,
) -> Result<Report, ReadError> {
    let mut importer = Importer::new(settings);
    let mut chunk = vec![0; 64 * 1024];
    let mut pass_on = |entries: Vec<Entry>| match entries.into_iter().try_for_each(&mut *sink) {
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
    let (entries, report) = importer.finish()?;
    pass_on(entries)?;
    Ok(report)
}

/// Reads a file that arrives in pieces of any size, cut anywhere. After an error every further call gives the same error.
pub struct Importer {
    transcoder: Transcoder,
    records: Records,
    lines: Lines,
    fed_bytes: u64,
    failed: Option<FileError>,
}

/// Everything that happens to complete lines.
struct Lines {
    settings: Settings,
    decoder: RecordDecoder,
    named_delimiter: Option<u8>,
    layout: Option<(Layout, Splitter)>,
    rows: u64,
    entered: u64,
    without_end: u64,
    faults: Vec<BadLine>,
}

/// Where the values of a line stand.
#[derive(Clone, Copy, Default)]
struct Layout {
    header: bool,
    phone: usize,
    area: Option<usize>,
    reason: Option<usize>,
    expires: Option<usize>,
    source: Option<usize>,
}

impl Importer {
    /// A file that has not begun.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        Self {
            transcoder: Transcoder::new(),
            records: Records::new(),
            lines: Lines {
                settings: settings.clone(),
                decoder: RecordDecoder::default(),
                named_delimiter: None,
                layout: None,
                rows: 0,
                entered: 0,
                without_end: 0,
                faults: Vec::new(),
            },
            fed_bytes: 0,
            failed: None,
        }
    }

    /// Takes the next bytes of the file and gives back what they complete, in the order of the file.
    ///
    /// # Errors
    ///
    /// [`FileError`]: nothing of the file counts, what was given back before included.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<Vec<Entry>, FileError> {
        self.fed_bytes += bytes.len() as u64;
        let limit_bytes = self.lines.settings.max_bytes;
        if self.failed.is_none() && self.fed_bytes > limit_bytes {
            self.failed = Some(FileError::TooLarge { limit_bytes });
        }
        self.take(bytes, false)
    }

    /// Ends the file: what only its end completes, and the report.
    ///
    /// # Errors
    ///
    /// [`FileError`], as for [`Importer::feed`].
    pub fn finish(mut self) -> Result<(Vec<Entry>, Report), FileError> {
        let entries = self.take(&[], true)?;
        let encoding = self.transcoder.utf16().unwrap_or(self.lines.decoder.encoding());
        let lines = self.lines;
        let (layout, _) = lines.layout.ok_or(FileError::Empty)?;
        let report = Report {
            rows: lines.rows,
            entered: lines.entered,
            refused: lines.rows - lines.entered,
            without_end: lines.without_end,
            faults: lines.faults,
            encoding,
            header: layout.header,
        };
        Ok((entries, report))
    }

    fn take(&mut self, bytes: &[u8], end: bool) -> Result<Vec<Entry>, FileError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        self.try_take(bytes, end)
            .inspect_err(|error| self.failed = Some(error.clone()))
    }

    fn try_take(&mut self, bytes: &[u8], end: bool) -> Result<Vec<Entry>, FileError> {
        self.transcoder
            .feed(bytes, end, self.records.buffer())
            .map_err(of_list)?;
        let mut entries = Vec::new();
        loop {
            let Some(record) = self.records.next(end) else {
                return Ok(entries);
            };
            let began = self.lines.layout.is_some();
            entries.extend(self.lines.record(record)?);
            if let (false, Some((_, splitter))) = (began, &self.lines.layout) {
                self.records.set_delimiter(splitter.delimiter());
            }
        }
    }
}

impl Lines {
    /// One record: an entry to hand out, or nothing (the header, an empty line, a line at fault).
    fn record(&mut self, record: Record<'_>) -> Result<Option<Entry>, FileError> {
        let line = record.line;
        let bytes = match record.content {
            Content::Whole(bytes) => bytes,
            Content::TooLong => {
                self.refuse(
                    line,
                    "",
                    format!("the line is longer than {MAX_RECORD_BYTES} bytes"),
                );
                return Ok(None);
            }
            Content::UnclosedQuote { from_quote, .. } => {
                let value = self.decoder.decode(from_quote).into_owned();
                self.refuse(line, &value, "a quotation mark is not closed".to_owned());
                return Ok(None);
            }
        };
        let whole = self.decoder.decode(&bytes);
        if text::is_blank(&whole) {
            return Ok(None);
        }
        if self.layout.is_none() && self.named_delimiter.is_none() {
            self.named_delimiter = delimiter::named(&whole);
            if self.named_delimiter.is_some() {
                return Ok(None);
            }
        }
        if self.layout.is_none() {
            let delimiter = self.named_delimiter.unwrap_or_else(|| delimiter_of(&whole));
            let mut splitter = Splitter::new(delimiter);
            let values = splitter.split(&whole);
            if values.iter().all(|value| text::is_blank(value)) {
                return Ok(None);
            }
            let layout = Layout::of_first_line(&values, self.settings.default_region)?;
            self.layout = Some((layout, splitter));
            if layout.header {
                return Ok(None);
            }
        }
        let Some((layout, splitter)) = &mut self.layout else {
            return Ok(None);
        };
        let values = splitter.split(&whole);
        if values.iter().all(|value| text::is_blank(value)) {
            return Ok(None);
        }
        let read = layout.entry(line, &values, self.settings.default_region);
        let (value, reason, entry) = match read {
            Ok((entry, None)) => {
                self.rows += 1;
                self.entered += 1;
                return Ok(Some(entry));
            }
            Ok((entry, Some(expires))) => (
                expires.to_owned(),
                "this is no date such as 2026-12-31; the number is suppressed without an end".to_owned(),
                Some(entry),
            ),
            Err((value, error)) => (value.to_owned(), error.to_string(), None),
        };
        match entry {
            Some(entry) => {
                self.rows += 1;
                self.entered += 1;
                self.without_end += 1;
                self.report(line, &value, reason, true);
                Ok(Some(entry))
            }
            None => {
                self.refuse(line, &value, reason);
                Ok(None)
            }
        }
    }

    fn refuse(&mut self, line: u64, value: &str, reason: String) {
        self.rows += 1;
        // A file that begins with a broken line has no header.
        if self.layout.is_none() {
            let delimiter = self.named_delimiter.unwrap_or(delimiter::DELIMITERS[0]);
            self.layout = Some((Layout::default(), Splitter::new(delimiter)));
        }
        self.report(line, value, reason, false);
    }

    fn report(&mut self, line: u64, value: &str, reason: String, entered: bool) {
        if self.faults.len() < MAX_REPORTED {
            self.faults.push(BadLine {
                line,
                value: text::excerpt(value),
                reason,
                entered,
            });
        }
    }
}

impl Layout {
    /// What the first line tells: that it is a header, or where the number stands in a file without one.
    fn of_first_line(values: &[&str], region: Option<Region>) -> Result<Self, FileError> {
        let is_area = |column: &usize| {
            let next = values.get(column + 1).copied().unwrap_or_default();
            Pattern::of_area_and_number(values[*column].trim(), next.trim()).is_some()
        };
        let is_number = |value: &&str| Pattern::parse(value, region).is_ok();
        let number = (0..values.len())
            .find(is_area)
            .or_else(|| values.iter().position(is_number))
            .or_else(|| values.iter().position(|value| looks_like_number(value)));
        if let Some(phone) = number {
            return Ok(Self {
                phone,
                ..Self::default()
            });
        }
        let phone =
            columns::phone_column(values).map_err(|headers| FileError::SeveralPhoneColumns { headers })?;
        let Some(phone) = phone else {
            // One value on the line: a number that is none. Several: a header that we do not understand.
            return match values {
                [_] => Ok(Self::default()),
                several => Err(FileError::NoPhoneColumn {
                    found: several.iter().map(|header| text::excerpt(header)).collect(),
                }),
            };
        };
        let column = |names: &[&str]| {
            values
                .iter()
                .position(|header| names.contains(&key(header).as_str()))
                .filter(|column| *column != phone)
        };
        Ok(Self {
            header: true,
            phone,
            area: column(&["areacode", "area", "npa"]),
            reason: column(&["reason", "note", "notes", "comment", "why"]),
            expires: column(&[
                "expires",
                "expiresat",
                "expireson",
                "expiry",
                "expirydate",
                "expiration",
                "expirationdate",
                "validuntil",
                "until",
            ]),
            source: column(&["source", "origin"]),
        })
    }

    /// What a line says, and its end if that is not understood; or the value at fault and why.
    fn entry<'a>(
        &self,
        line: u64,
        values: &[&'a str],
        region: Option<Region>,
    ) -> Result<(Entry, Option<&'a str>), (&'a str, PatternError)> {
        let value = |column: usize| values.get(column).copied().unwrap_or_default();
        let phone = value(self.phone);
        let halves = if self.header {
            self.area.map(|area| (value(area), phone))
        } else {
            Some((phone, value(self.phone + 1)))
        };
        let of_register =
            halves.and_then(|(area, number)| Pattern::of_area_and_number(area.trim(), number.trim()));
        let pattern = match of_register {
            Some(pattern) => pattern,
            None if text::is_blank(phone) => return Err((phone, PatternError::Phone(PhoneError::Empty))),
            None => Pattern::parse(phone, region).map_err(|error| (phone, error))?,
        };
        let words = |column: Option<usize>| {
            let words = text::line(column.map_or("", value));
            let words: String = words.chars().take(MAX_TEXT_CHARS).collect();
            (!words.is_empty()).then_some(words)
        };
        let written_end = self.expires.map_or("", value);
        let end = End::read(written_end);
        let entry = Entry {
            line,
            pattern,
            reason: words(self.reason),
            expires_at: match end {
                End::At(at) => Some(at),
                End::Never | End::NotUnderstood => None,
            },
            source: words(self.source),
        };
        Ok((entry, (end == End::NotUnderstood).then_some(written_end)))
    }
}

/// When a suppression ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Never,
    At(UtcMs),
    NotUnderstood,
}

impl End {
    fn read(written: &str) -> Self {
        let written = text::line(written);
        if written.is_empty()
            || ["never", "none", "no", "-", "n/a"]
                .iter()
                .any(|word| written.eq_ignore_ascii_case(word))
        {
            return Self::Never;
        }
        if let Some(moment) = UtcMs::from_iso(&written) {
            return Self::At(moment);
        }
        // A date ends last where clocks are twelve hours behind.
        let date = written
            .parse::<jiff::civil::Date>()
            .ok()
            .filter(|_| is_date(&written));
        match date.and_then(|date| date.to_zoned(jiff::tz::TimeZone::UTC).ok()) {
            Some(midnight) => Self::At(UtcMs(midnight.timestamp().as_millisecond()) + DAY_MS + 12 * HOUR_MS),
            None => Self::NotUnderstood,
        }
    }
}

/// The delimiter of a first line: one by which a number stands alone in it, or a header's.
fn delimiter_of(first_line: &str) -> u8 {
    let score = |delimiter: u8| {
        let mut splitter = Splitter::new(delimiter);
        let values = splitter.split(first_line);
        let number = values.iter().any(|value| looks_like_number(value));
        (number, values.len())
    };
    let best = delimiter::DELIMITERS
        .into_iter()
        .rev()
        .max_by_key(|&delimiter| score(delimiter))
        .filter(|&delimiter| score(delimiter).0);
    best.unwrap_or_else(|| delimiter::of_header(first_line))
}

/// Whether a value is more likely a number, however damaged, than a header: digits and the signs around them, or the
/// error mark of a spreadsheet.
fn looks_like_number(value: &str) -> bool {
    let line = text::line(value);
    let digits = line.chars().filter(|c| c.is_numeric()).count();
    let letters = line.chars().filter(|c| c.is_alphabetic()).count();
    if is_date(&line) {
        return false;
    }
    is_sheet_error(&line)
        || (digits >= MIN_DIGITS && letters == 0)
        || (digits >= MIN_DIGITS_AMONG_LETTERS && digits > letters)
        || (line.contains('*') && digits > 0)
}

/// Whether a text is a date such as `2026-12-31`.
fn is_date(text: &str) -> bool {
    text.len() == "2026-12-31".len() && text.parse::<jiff::civil::Date>().is_ok()
}

/// A header without case, spaces and punctuation.
fn key(header: &str) -> String {
    header
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

fn of_list(error: ListError) -> FileError {
    match error {
        ListError::NotText { kind } => FileError::NotText { kind },
        _ => FileError::Empty,
    }
}

#[cfg(test)]
mod tests;
