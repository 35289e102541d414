//! Where records begin and end in a stream of bytes, and what to do when a quote is never closed.

use std::borrow::Cow;

use super::{delimiter::DELIMITERS, settings::MAX_RECORD_BYTES};

/// One record, without the line break that ends it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Record<'a> {
    /// The line of the file in which it begins, from 1.
    pub(crate) line: u64,
    /// The line in which it ends.
    pub(crate) last_line: u64,
    pub(crate) content: Content<'a>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Content<'a> {
    /// Its bytes, with correct quoting.
    Whole(Cow<'a, [u8]>),
    /// A quote that opens in `line` is not closed as it should be. What follows that line is read anew.
    UnclosedQuote { line: u64, from_quote: &'a [u8] },
    /// Longer than [`MAX_RECORD_BYTES`].
    TooLong,
}

/// Where the scan stands inside a record.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    ValueStart,
    Unquoted,
    Quoted,
    /// After a quote inside a quoted value: its end, or the first half of a doubled quote.
    QuoteSeen,
    /// After the end of a quoted value and a space.
    AfterQuoted,
    /// In a record that is too long to be kept.
    Skipped,
}

/// The quoted value in which the scan stands.
#[derive(Clone, Copy)]
struct Quote {
    /// Where it opens, in the buffer.
    at: usize,
    line: u64,
    /// Where the next line begins, if the value has got that far.
    next_line_at: Option<usize>,
    /// Whether it holds a quote that should have been doubled.
    stray: bool,
}

/// Cuts a stream into records. Keeps the bytes of the record that is not complete yet, and nothing else.
pub(crate) struct Records {
    delimiter: Option<u8>,
    buffer: Vec<u8>,
    /// Where the present record begins.
    start: usize,
    /// What has been looked at.
    at: usize,
    line: u64,
    start_line: u64,
    /// Whether the byte before `at` is a CR, so that an LF belongs to the same line break.
    after_cr: bool,
    place: Place,
    quote: Quote,
    /// Quotes of the present record that should have been doubled.
    stray_quotes: Vec<usize>,
}

/// A record as a range of the buffer.
enum Found {
    Whole { start: usize, end: usize },
    UnclosedQuote { line: u64, start: usize, end: usize },
    TooLong,
}

impl Records {
    pub(crate) fn new() -> Records {
        Records {
            delimiter: None,
            buffer: Vec::new(),
            start: 0,
            at: 0,
            line: 1,
            start_line: 1,
            after_cr: false,
            place: Place::ValueStart,
            quote: Quote {
                at: 0,
                line: 1,
                next_line_at: None,
                stray: false,
            },
            stray_quotes: Vec::new(),
        }
    }

    /// From now on, values are separated by this alone. Before, any known delimiter separates them.
    pub(crate) fn set_delimiter(&mut self, delimiter: u8) {
        self.delimiter = Some(delimiter);
    }

    /// The end of the stream, where more bytes are to be appended.
    pub(crate) fn buffer(&mut self) -> &mut Vec<u8> {
        self.buffer.drain(..self.start);
        self.at -= self.start;
        self.quote.at = self.quote.at.saturating_sub(self.start);
        self.quote.next_line_at = self.quote.next_line_at.map(|at| at.saturating_sub(self.start));
        self.stray_quotes.iter_mut().for_each(|at| *at -= self.start);
        self.start = 0;
        &mut self.buffer
    }

    /// The next record that is not an empty line. `None` if it is not complete; at the `end` of the stream every record
    /// is.
    pub(crate) fn next(&mut self, end: bool) -> Option<Record<'_>> {
        let (line, last_line, found) = self.scan(end)?;
        let stray_quotes = std::mem::take(&mut self.stray_quotes);
        let content = match found {
            Found::Whole { start, end } => {
                Content::Whole(doubled(&self.buffer[start..end], start, &stray_quotes))
            }
            Found::UnclosedQuote { line, start, end } => Content::UnclosedQuote {
                line,
                from_quote: &self.buffer[start..end],
            },
            Found::TooLong => Content::TooLong,
        };
        Some(Record {
            line,
            last_line,
            content,
        })
    }

    fn scan(&mut self, end: bool) -> Option<(u64, u64, Found)> {
        while let Some(&byte) = self.buffer.get(self.at) {
            let line_feed_of_crlf = byte == b'\n' && self.after_cr;
            self.after_cr = byte == b'\r';
            if line_feed_of_crlf {
                self.at += 1;
                match self.place {
                    Place::ValueStart if self.start + 1 == self.at => self.start = self.at,
                    _ if self.quote.next_line_at == Some(self.at - 1) => {
                        self.quote.next_line_at = Some(self.at);
                    }
                    _ => {}
                }
                continue;
            }
            if matches!(byte, b'\n' | b'\r') {
                if let Some(found) = self.line_break() {
                    return Some(found);
                }
                continue;
            }
            if self.at - self.start >= MAX_RECORD_BYTES
                && let Some(found) = self.give_up_or_skip()
            {
                return Some(found);
            }
            if let Some(found) = self.step(byte) {
                return Some(found);
            }
        }
        if end { self.end() } else { None }
    }

    /// One byte that is no line break.
    fn step(&mut self, byte: u8) -> Option<(u64, u64, Found)> {
        let delimits = match self.delimiter {
            Some(delimiter) => byte == delimiter,
            None => DELIMITERS.contains(&byte),
        };
        self.place = match (self.place, byte) {
            (Place::ValueStart, b'"') => {
                self.quote = Quote {
                    at: self.at,
                    line: self.line,
                    next_line_at: None,
                    stray: false,
                };
                Place::Quoted
            }
            (Place::ValueStart | Place::Unquoted | Place::QuoteSeen | Place::AfterQuoted, _) if delimits => {
                Place::ValueStart
            }
            (Place::ValueStart | Place::Unquoted, _) => Place::Unquoted,
            (Place::Quoted, b'"') => Place::QuoteSeen,
            (Place::QuoteSeen, b'"') | (Place::Quoted, _) => Place::Quoted,
            (Place::QuoteSeen | Place::AfterQuoted, b' ' | b'\t') => Place::AfterQuoted,
            (Place::QuoteSeen | Place::AfterQuoted, _) => {
                if self.quote.next_line_at.is_some() {
                    return Some(self.unclosed_quote());
                }
                // On one line, it can only be a quote that should have been doubled.
                self.quote.stray = true;
                let quote = self.buffer[..self.at]
                    .iter()
                    .rposition(|&b| b == b'"')
                    .unwrap_or(self.at);
                self.stray_quotes.push(quote);
                if byte == b'"' {
                    Place::QuoteSeen
                } else {
                    Place::Quoted
                }
            }
            (Place::Skipped, _) => {
                self.start = self.at;
                Place::Skipped
            }
        };
        self.at += 1;
        None
    }

    /// At a CR or LF that begins a line break.
    fn line_break(&mut self) -> Option<(u64, u64, Found)> {
        if self.place == Place::Quoted {
            if self.quote.stray {
                return Some(self.unclosed_quote());
            }
            self.at += 1;
            self.line += 1;
            self.quote.next_line_at.get_or_insert(self.at);
            return None;
        }
        let (start, end, skipped) = (self.start, self.at, self.place == Place::Skipped);
        let lines = (self.start_line, self.line);
        self.at += 1;
        self.line += 1;
        self.begin_record();
        if skipped {
            Some((lines.0, lines.1, Found::TooLong))
        } else if start == end {
            None
        } else {
            Some((lines.0, lines.1, Found::Whole { start, end }))
        }
    }

    /// No more bytes will come.
    fn end(&mut self) -> Option<(u64, u64, Found)> {
        if self.place == Place::Quoted {
            return Some(self.unclosed_quote());
        }
        if self.start == self.at {
            return None;
        }
        let found = match self.place {
            Place::Skipped => Found::TooLong,
            _ => Found::Whole {
                start: self.start,
                end: self.at,
            },
        };
        let lines = (self.start_line, self.line);
        self.begin_record();
        Some((lines.0, lines.1, found))
    }

    /// The record is too long. In a quoted value of several lines, its quote was not closed; otherwise nothing of the
    /// line is kept.
    fn give_up_or_skip(&mut self) -> Option<(u64, u64, Found)> {
        let quoted = matches!(self.place, Place::Quoted | Place::QuoteSeen | Place::AfterQuoted);
        if quoted && self.quote.next_line_at.is_some() {
            return Some(self.unclosed_quote());
        }
        self.place = Place::Skipped;
        self.stray_quotes.clear();
        None
    }

    /// Ends the record with the line in which its last quote opens, and goes back to the line after that.
    fn unclosed_quote(&mut self) -> (u64, u64, Found) {
        let quote = self.quote;
        let end = quote.next_line_at.unwrap_or(self.at);
        let found = Found::UnclosedQuote {
            line: quote.line,
            start: quote.at,
            end,
        };
        let lines = (self.start_line, quote.line);
        self.at = end;
        self.line = quote.line;
        if quote.next_line_at.is_some() {
            self.line += 1;
        } else if let Some(&byte) = self.buffer.get(self.at) {
            self.at += 1;
            self.line += u64::from(matches!(byte, b'\n' | b'\r'));
        }
        self.after_cr = self.at.checked_sub(1).and_then(|before| self.buffer.get(before)) == Some(&b'\r');
        self.begin_record();
        (lines.0, lines.1, found)
    }

    fn begin_record(&mut self) {
        self.start = self.at;
        self.start_line = self.line;
        self.place = Place::ValueStart;
    }
}

/// `record` with the quotes at these places of the buffer doubled; it begins at `start` there.
fn doubled<'a>(record: &'a [u8], start: usize, quotes: &[usize]) -> Cow<'a, [u8]> {
    if quotes.is_empty() {
        return Cow::Borrowed(record);
    }
    let mut corrected = Vec::with_capacity(record.len() + quotes.len());
    let mut copied = 0;
    for quote in quotes {
        let after = quote + 1 - start;
        corrected.extend_from_slice(&record[copied..after]);
        corrected.push(b'"');
        copied = after;
    }
    corrected.extend_from_slice(&record[copied..]);
    Cow::Owned(corrected)
}

#[cfg(test)]
mod tests;
