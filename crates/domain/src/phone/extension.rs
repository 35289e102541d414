//! Extensions: digits to dial once the call is answered.

/// What stands before an extension, in lower case, and how many digits may follow: more are likelier a second number.
/// Longer marks first where one ends in another.
const MARKS: [(&str, usize); 14] = [
    ("extension", 8),
    ("extensión", 8),
    ("extn", 8),
    ("xtn", 8),
    (";ext", 8),
    ("ext", 8),
    ("durchwahl", 8),
    ("anexo", 8),
    ("poste", 8),
    ("доб", 8),
    ("x", 6),
    ("#", 6),
    (",,", 6),
    (";", 6),
];

/// Splits `text` into the number and the extension at its end, if it has one. A mark with no digits after it is dropped.
pub(super) fn split(text: &str) -> (&str, Option<&str>) {
    let trimmed = text.trim_end_matches([' ', ')', ']', '.']);
    let head = trimmed.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = &trimmed[head.len()..];
    match before_mark(head.trim_end_matches([' ', '.', ':', '=', '-']), digits.len()) {
        Some(number) => (number, (!digits.is_empty()).then_some(digits)),
        None => (text, None),
    }
}

/// What stands before the mark at the end of `head`, if that could be a number with such an extension.
fn before_mark(head: &str, extension_digits: usize) -> Option<&str> {
    let (number, max_digits) = MARKS
        .iter()
        .find_map(|(mark, max)| Some((strip_suffix_ignore_case(head, mark)?, *max)))?;
    if extension_digits > max_digits {
        return None;
    }
    let mark_is_part_of_a_word =
        number.chars().next_back().is_some_and(char::is_alphabetic) && head.ends_with(char::is_alphabetic);
    if mark_is_part_of_a_word || number.bytes().filter(u8::is_ascii_digit).count() < 4 {
        return None;
    }
    Some(number.trim_end_matches([' ', ',', ';', '(', '[', '-', '.', '/']))
}

fn strip_suffix_ignore_case<'a>(text: &'a str, lower_suffix: &str) -> Option<&'a str> {
    let mut chars = text.char_indices();
    let mut start = text.len();
    for expected in lower_suffix.chars().rev() {
        let (at, c) = chars.next_back()?;
        if !c.to_lowercase().eq([expected]) {
            return None;
        }
        start = at;
    }
    Some(&text[..start])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_are_split_off() {
        for (text, extension) in [
            ("020 7946 0958 x123", "123"),
            ("020 7946 0958x123", "123"),
            ("020 7946 0958 X 123", "123"),
            ("020 7946 0958 ext. 123", "123"),
            ("020 7946 0958, Ext: 5", "5"),
            ("020 7946 0958 EXTENSION 00012", "00012"),
            ("020 7946 0958 (ext 9)", "9"),
            ("020 7946 0958;ext=12", "12"),
            ("020 7946 0958 #7", "7"),
            ("020 7946 0958,,44", "44"),
            ("020 7946 0958 доб. 12", "12"),
            ("020 7946 0958 Extensión 12", "12"),
        ] {
            assert_eq!(split(text), ("020 7946 0958", Some(extension)), "{text}");
        }
    }

    #[test]
    fn a_mark_without_digits_is_dropped() {
        assert_eq!(split("020 7946 0958 ext."), ("020 7946 0958", None));
    }

    #[test]
    fn other_texts_stay_whole() {
        for text in [
            "020 7946 0958",
            "020 7946 0958 flex 12",
            "1-800-FLOWERS",
            "x123",
            "",
            "020 7946 0958 x 1234567",
            "020 7946 0958 ext 123456789",
            "#31#020",
            "020 7946 0958, 12",
        ] {
            assert_eq!(split(text), (text, None), "{text}");
        }
    }
}
