//! CSV files for people with a spreadsheet.
//!
//! A spreadsheet takes a cell that begins with `=`, `+`, `-`, `@`, a tab or a line break for a formula, and runs it. Names
//! and transcripts come from strangers, so such a cell gets a leading apostrophe (the advice of OWASP on CSV injection).
//!
//! Where a cell begins is not for us to say: where people write decimals with a comma, a spreadsheet splits lines at `;`
//! and takes our quotes for text. So an apostrophe also stands before a formula that follows a separator or a line break
//! inside a cell, with or without spaces, quotes and invisible characters between them.
//!
//! Telephone numbers get it as well: `+442079460958` is no danger, but a spreadsheet that reads it as a sum shows
//! 4.42E+11 and saves that. With the apostrophe it stays text, and our own import takes the apostrophe off again.
//!
//! Files are UTF-8 with a byte order mark, without which Excel takes them for the machine's old encoding, and lines end
//! with CRLF (RFC 4180).

use std::{
    borrow::Cow,
    fs::File,
    io::{BufWriter, Seek, Write},
};

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, header};
use tokio_util::io::ReaderStream;

use crate::error::ApiError;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// A CSV file under way. It goes to a file without a name first: a database that fails half way gives an error instead
/// of half a list, and a slow reader holds no connection to the database.
pub(crate) struct Sheet(csv::Writer<BufWriter<File>>);

impl Sheet {
    /// A file with these column names.
    pub(crate) fn begin<T: AsRef<str>>(columns: impl IntoIterator<Item = T>) -> Result<Self, ApiError> {
        let mut file = BufWriter::new(tempfile::tempfile().map_err(no_room)?);
        file.write_all(BYTE_ORDER_MARK).map_err(no_room)?;
        let writer = csv::WriterBuilder::new()
            .terminator(csv::Terminator::CRLF)
            .from_writer(file);
        let mut sheet = Self(writer);
        sheet.row(columns)?;
        Ok(sheet)
    }

    /// Adds a row.
    pub(crate) fn row<T: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = T>) -> Result<(), ApiError> {
        for cell in cells {
            self.0
                .write_field(harmless(cell.as_ref()).as_ref())
                .map_err(no_room)?;
        }
        self.0.write_record(None::<&[u8]>).map_err(no_room)
    }

    /// The file as a download with this name.
    pub(crate) fn respond(self, name: &str) -> Result<Response, ApiError> {
        let file = self.0.into_inner().map_err(|error| no_room(error.into_error()))?;
        let mut file = file.into_inner().map_err(|error| no_room(error.into_error()))?;
        let length = file.stream_position().map_err(no_room)?;
        file.rewind().map_err(no_room)?;
        let mut response =
            Body::from_stream(ReaderStream::new(tokio::fs::File::from_std(file))).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/csv; charset=utf-8"),
        );
        headers.insert(header::CONTENT_LENGTH, length.into());
        if let Ok(disposition) = HeaderValue::try_from(disposition(name)) {
            headers.insert(header::CONTENT_DISPOSITION, disposition);
        }
        Ok(response)
    }
}

/// The cell with an apostrophe before everything in it that a spreadsheet might take for a formula.
fn harmless(cell: &str) -> Cow<'_, str> {
    let mut guarded = String::new();
    let mut kept = 0;
    // Where a cell may begin: here, and after each separator. What nobody sees does not change that.
    let mut begin = Some(0);
    for (at, c) in cell.char_indices() {
        match begin {
            Some(start) if runs(c) || (start == 0 && at == 0 && "\t\r\n".contains(c)) => {
                guarded.push_str(&cell[kept..start]);
                guarded.push('\'');
                kept = start;
                begin = None;
            }
            Some(_) if is_unseen(c) => {}
            _ => begin = None,
        }
        if separates(c) {
            begin = Some(at + c.len_utf8());
        }
    }
    if guarded.is_empty() {
        return cell.into();
    }
    guarded.push_str(&cell[kept..]);
    guarded.into()
}

/// Begins a formula. The full-width forms count as well: some spreadsheets take them for the plain ones.
fn runs(c: char) -> bool {
    matches!(c, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠')
}

/// Ends a cell in the files of some country or program.
fn separates(c: char) -> bool {
    matches!(c, ';' | ',' | '\t' | '|' | '\r' | '\n')
}

/// May stand before a formula without making it text: spaces, quotes, and characters that nobody sees.
fn is_unseen(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '"' | '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}')
}

/// Offers the file under a plain name, and under its real one to those who can read it (RFC 6266).
fn disposition(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || "-_. ".contains(c) {
                c
            } else {
                '_'
            }
        })
        .collect();
    let mut encoded = String::with_capacity(name.len() * 3);
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

fn no_room(error: impl std::fmt::Display) -> ApiError {
    ApiError::internal(format!("a CSV file cannot be written: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn written(rows: &[&[&str]]) -> String {
        let mut sheet = Sheet::begin(["name", "=note"]).unwrap();
        for row in rows {
            sheet.row(row.iter()).unwrap();
        }
        let response = sheet.respond("a.csv").unwrap();
        let length = response.headers()[header::CONTENT_LENGTH]
            .to_str()
            .unwrap()
            .parse::<usize>()
            .unwrap();
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX)
            .await
            .unwrap();
        assert_eq!(bytes.len(), length);
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn formulas_become_text_and_everything_else_stays() {
        let text = written(&[
            &["=cmd|' /C calc'!A0", "+1+1"],
            &["-2", "@SUM(A1)"],
            &["\tx", "\r\ny"],
            &["a=b", "'quoted"],
            &["Zoë, \"Z\"", ""],
        ])
        .await;
        assert_eq!(
            text,
            "\u{FEFF}name,'=note\r\n\
             '=cmd|' /C calc'!A0,'+1+1\r\n\
             '-2,'@SUM(A1)\r\n\
             '\tx,\"'\r\ny\"\r\n\
             a=b,'quoted\r\n\
             \"Zoë, \"\"Z\"\"\",\r\n"
        );
    }

    /// Whichever separator the reader's spreadsheet uses, no cell of theirs begins with a formula.
    #[test]
    fn a_formula_after_any_separator_becomes_text() {
        for (cell, expected) in [
            ("a;=1+1", "a;'=1+1"),
            (";=1", ";'=1"),
            ("a\t@x", "a\t'@x"),
            ("a,-1", "a,'-1"),
            ("a|+1", "a|'+1"),
            ("a\r\n=1", "a\r\n'=1"),
            ("a; \u{A0}=1", "a;' \u{A0}=1"),
            ("a;\"=1\"", "a;'\"=1\""),
            ("a;\u{FEFF}\u{200B}＝1", "a;'\u{FEFF}\u{200B}＝1"),
            (" =1", "' =1"),
            ("\"=1\"", "'\"=1\""),
            ("\u{FEFF}=1", "'\u{FEFF}=1"),
            ("＝1;＋2", "'＝1;'＋2"),
            ("=1;=2", "'=1;'=2"),
            ("\t=1", "'\t'=1"),
        ] {
            assert_eq!(harmless(cell), expected);
        }
        for cell in [
            "",
            "a=b",
            "well-known",
            "a; b",
            "a;'=1",
            "5 - 3",
            "x@example.com",
            "'=1",
            ";;;",
        ] {
            assert_eq!(harmless(cell), cell);
        }
    }

    #[test]
    fn a_name_cannot_break_out_of_its_header() {
        assert_eq!(
            disposition("Été \"x\"\r\n.csv"),
            "attachment; filename=\"_t_ _x___.csv\"; filename*=UTF-8''%C3%89t%C3%A9%20%22x%22%0D%0A.csv"
        );
    }
}
