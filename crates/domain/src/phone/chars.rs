//! The many characters that mean the same in a phone number.

use std::borrow::Cow;

use rlibphonenumber::PHONE_NUMBER_UTIL;

use super::Repair;

/// `text` with invisible characters gone, digits of every script as ASCII, and one character each for the many kinds of
/// space, dash, dot, slash, plus and quotation mark. Line breaks become `\n`; everything else stays as it is.
pub(super) fn plain<'a>(text: &'a str, repairs: &mut Vec<Repair>) -> Cow<'a, str> {
    if text.bytes().all(|b| matches!(b, b' '..=b'~')) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut note = |repair| {
        if !repairs.contains(&repair) {
            repairs.push(repair);
        }
    };
    for c in text.chars() {
        match c {
            ' '..='~' => plain.push(c),
            '\n' | '\r' | '\u{2028}' | '\u{2029}' => plain.push('\n'),
            _ if c.is_whitespace() || matches!(c, '\u{2800}' | '\u{3164}') => plain.push(' '),
            _ if is_invisible(c) => note(Repair::InvisibleCharacters),
            '\u{2010}'..='\u{2015}'
            | '\u{2043}'
            | '\u{2053}'
            | '\u{2212}'
            | '\u{223C}'
            | '\u{2E3A}'
            | '\u{2E3B}'
            | '\u{058A}'
            | '\u{05BE}'
            | '\u{1806}'
            | '\u{301C}'
            | '\u{3030}'
            | '\u{30A0}'
            | '\u{30FC}'
            | '\u{FE58}'
            | '\u{FE63}'
            | '\u{FF0D}'
            | '\u{FF5E}'
            | '\u{FF70}' => plain.push('-'),
            '\u{00B7}' | '\u{2022}' | '\u{2024}' | '\u{2027}' | '\u{2219}' | '\u{22C5}' | '\u{3002}'
            | '\u{30FB}' => {
                plain.push('.');
            }
            '\u{2044}' | '\u{2215}' => plain.push('/'),
            '\u{207A}' | '\u{FE62}' | '\u{2795}' => plain.push('+'),
            '\u{2018}' | '\u{2019}' | '\u{02BC}' | '\u{00B4}' => plain.push('\''),
            '\u{201C}' | '\u{201D}' => plain.push('"'),
            // Full-width forms stand in the order of ASCII.
            '\u{FF01}'..='\u{FF5D}' => {
                let ascii = char::from_u32(c as u32 - 0xFEE0).unwrap_or(c);
                if ascii.is_ascii_digit() {
                    note(Repair::UnicodeDigits);
                }
                plain.push(ascii);
            }
            _ if c.is_numeric() => {
                let digit = PHONE_NUMBER_UTIL.normalize_digits_only(c.encode_utf8(&mut [0; 4]));
                if digit.is_empty() {
                    plain.push(c);
                } else {
                    note(Repair::UnicodeDigits);
                    plain.push_str(&digit);
                }
            }
            _ => plain.push(c),
        }
    }
    Cow::Owned(plain)
}

/// Characters without a shape: controls, zero-width and direction marks, fillers, variation selectors, tags.
pub(super) fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plainly(text: &str) -> (String, Vec<Repair>) {
        let mut repairs = Vec::new();
        let plain = plain(text, &mut repairs).into_owned();
        (plain, repairs)
    }

    #[test]
    fn ascii_is_left_alone() {
        assert_eq!(
            plainly("+44 (0)20 7946-0958"),
            ("+44 (0)20 7946-0958".into(), vec![])
        );
    }

    #[test]
    fn digits_of_other_scripts_are_digits() {
        for text in [
            "０１２３４５６７８９",
            "٠١٢٣٤٥٦٧٨٩",
            "۰۱۲۳۴۵۶۷۸۹",
            "०१२३४५६७८९",
            "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗",
            "𞥐𞥑𞥒𞥓𞥔𞥕𞥖𞥗𞥘𞥙",
        ] {
            assert_eq!(
                plainly(text),
                ("0123456789".into(), vec![Repair::UnicodeDigits]),
                "{text}"
            );
        }
        for not_a_digit in ["²", "①", "Ⅷ", "½"] {
            assert_eq!(plainly(not_a_digit), (not_a_digit.into(), vec![]));
        }
    }

    #[test]
    fn marks_that_nobody_sees_go() {
        let text = "\u{202A}\u{FEFF}+44\u{200B}20\u{00AD}79\u{202C}\u{0}";
        assert_eq!(
            plainly(text),
            ("+442079".into(), vec![Repair::InvisibleCharacters])
        );
    }

    #[test]
    fn kinds_of_dash_space_dot_and_plus_become_one() {
        assert_eq!(plainly("＋44\u{A0}20\u{2009}79–46—09−58").0, "+44 20 79-46-09-58");
        assert_eq!(plainly("（020）7946・0958／9").0, "(020)7946.0958/9");
        assert_eq!(plainly("1\r\n2\u{2028}3").0, "1\n\n2\n3");
    }
}
