//! Which character separates the values.

use super::{columns, splitter::Splitter};

/// What can separate values; the earlier wins where nothing else decides.
pub(crate) const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// The delimiter named by a line `sep=;`, which tells spreadsheets the same.
pub(crate) fn named(first_line: &str) -> Option<u8> {
    let line = first_line.trim_end_matches([' ', ',', ';', '\t']).len();
    let line = first_line
        .get(..line.max("sep=?".len()))?
        .trim_start()
        .trim_matches('"');
    let (key, value) = line.split_once('=')?;
    match value.as_bytes() {
        [delimiter] if key.eq_ignore_ascii_case("sep") && DELIMITERS.contains(delimiter) => Some(*delimiter),
        _ => None,
    }
}

/// The delimiter of a header: the one by which most of the required columns appear, then the one that makes most
/// columns, then the earlier of [`DELIMITERS`].
pub(crate) fn of_header(header: &str) -> u8 {
    let score = |delimiter: u8| {
        let mut splitter = Splitter::new(delimiter);
        let headers = splitter.split(header);
        (columns::required_found(&headers), headers.len())
    };
    let best = DELIMITERS
        .into_iter()
        .rev()
        .max_by_key(|&delimiter| score(delimiter));
    best.unwrap_or(DELIMITERS[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_can_name_the_delimiter() {
        for (line, delimiter) in [
            ("sep=;", b';'),
            ("SEP=,", b','),
            ("\"sep=|\"", b'|'),
            ("sep=\t", b'\t'),
            ("sep=;;;", b';'),
        ] {
            assert_eq!(named(line), Some(delimiter), "{line}");
        }
        for line in ["", "sep", "sep=", "sep=x", "separator=;", "name,sep=;", "s€"] {
            assert_eq!(named(line), None, "{line}");
        }
    }

    #[test]
    fn the_header_decides() {
        assert_eq!(of_header("name,phone"), b',');
        assert_eq!(of_header("name;phone"), b';');
        assert_eq!(of_header("name\tphone"), b'\t');
        assert_eq!(of_header("name|phone"), b'|');
        assert_eq!(of_header("\"name;first\",phone"), b',');
        assert_eq!(of_header("Name;Notes (a, b, c, d);Phone"), b';');
        assert_eq!(of_header("Company, Inc;Town, State, Zip;Street"), b',');
        assert_eq!(of_header("phone"), b',');
    }
}
