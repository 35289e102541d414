//! Values as they are kept: no control characters (a database cannot store NUL), no marks that nobody sees.

use super::settings::REPORTED_CHARS;

/// One line: line breaks and tabs become spaces, runs of spaces one space.
pub(crate) fn line(value: &str) -> String {
    let mut line = String::with_capacity(value.len());
    for c in value.chars().filter(|c| !is_mark(*c)) {
        let c = if c.is_whitespace() { ' ' } else { c };
        if c.is_control() || (c == ' ' && (line.is_empty() || line.ends_with(' '))) {
            continue;
        }
        line.push(c);
    }
    line.truncate(line.trim_end().len());
    line
}

/// Whether nothing of the value would be kept.
pub(crate) fn is_blank(value: &str) -> bool {
    value
        .chars()
        .all(|c| c.is_whitespace() || c.is_control() || is_mark(c))
}

/// Several lines: line breaks of every kind become `\n`, tabs stay.
pub(crate) fn block(value: &str) -> String {
    let value = value.replace("\r\n", "\n").replace('\r', "\n");
    let kept: String = value
        .chars()
        .filter(|c| !is_mark(*c) && (!c.is_control() || matches!(c, '\n' | '\t')))
        .collect();
    kept.trim().to_owned()
}

/// One line of at most 100 characters, for the report.
pub(crate) fn excerpt(value: &str) -> String {
    // The line is at most as long as what it is made of, so a huge value is not cleaned as a whole.
    let start: String = value.chars().take(REPORTED_CHARS * 4).collect();
    line(&start).chars().take(REPORTED_CHARS).collect()
}

/// Marks without a shape and without a meaning in a value. Joiners stay: names in Persian and Hindi need them.
fn is_mark(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_no_controls_breaks_or_double_spaces() {
        assert_eq!(
            line("\u{FEFF} Ada\r\n\tLove\0lace\u{200B} \u{85}\u{7F}"),
            "Ada Lovelace"
        );
        assert_eq!(line("می\u{200C}نا 👨\u{200D}👩"), "می\u{200C}نا 👨\u{200D}👩");
        for blank in ["", " \0\t ", "\u{FEFF}\u{A0}\r\n"] {
            assert!(is_blank(blank) && line(blank).is_empty() && block(blank).is_empty());
        }
    }

    #[test]
    fn a_block_keeps_its_lines() {
        assert_eq!(block(" a\r\nb\rc\td\0 \n"), "a\nb\nc\td");
    }

    #[test]
    fn an_excerpt_is_short() {
        assert_eq!(excerpt(&"ä".repeat(1_000)).chars().count(), 100);
        assert_eq!(excerpt("a\nb"), "a b");
    }
}
