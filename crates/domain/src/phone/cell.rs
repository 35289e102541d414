//! What a spreadsheet or a web page wraps around a number, and how a spreadsheet shortens one.

use super::{PhoneError, Repair};

/// Whether a cell holds a spreadsheet's error mark (`#N/A`, `#NAME?`, `####`) instead of a value.
pub(crate) fn is_sheet_error(text: &str) -> bool {
    let text = text.trim();
    let named = [
        "#N/A", "#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#NUM!", "#NULL!", "#ERROR!", "#SPILL!",
    ];
    named.iter().any(|mark| text.eq_ignore_ascii_case(mark))
        || (text.len() > 1 && text.bytes().all(|b| b == b'#'))
}

/// `text` without spaces, the text mark `'`, quotation marks and `="…"` around it.
pub(super) fn unwrapped<'a>(text: &'a str, repairs: &mut Vec<Repair>) -> &'a str {
    let mut text = text.trim();
    loop {
        let quoted = text
            .strip_prefix('=')
            .unwrap_or(text)
            .strip_prefix('"')
            .and_then(|t| t.strip_suffix('"'));
        let (inner, repair) = if let Some(inner) = quoted {
            (inner, Repair::QuotedText)
        } else if let Some(inner) = text.strip_prefix('\'') {
            (
                inner.strip_suffix('\'').unwrap_or(inner),
                Repair::LeadingApostrophe,
            )
        } else {
            return text;
        };
        text = inner.trim();
        if !repairs.contains(&repair) {
            repairs.push(repair);
        }
    }
}

/// The number and extension of a `tel:` or `callto:` link (RFC 3966), as one text that reads the same.
/// `None` if it is no link.
pub(super) fn link_target(text: &str) -> Option<Result<String, PhoneError>> {
    let (scheme, rest) = text.split_once(':')?;
    if !["tel", "callto"]
        .iter()
        .any(|known| scheme.trim().eq_ignore_ascii_case(known))
    {
        return None;
    }
    let rest = rest
        .trim_start()
        .trim_start_matches("//")
        .replace("%2B", "+")
        .replace("%2b", "+")
        .replace("%20", " ");
    let mut parameters = rest.split(';');
    let mut number = parameters.next().unwrap_or_default().to_owned();
    let mut extension = None;
    for parameter in parameters {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let name = name.trim().to_ascii_lowercase();
        match name.as_str() {
            "ext" => extension = Some(value.to_owned()),
            "phone-context" if value.starts_with('+') && !number.contains('+') => {
                number = format!("{value}{number}");
            }
            "phone-context" => {}
            // Another parameter may change which line is meant (a subaddress), so it is not ignored.
            _ => return Some(Err(PhoneError::NotANumber)),
        }
    }
    Some(Ok(match extension {
        Some(extension) => format!("{number};ext={extension}"),
        None => number,
    }))
}

/// Scientific notation written out: `4.4207946095E+11` has fewer digits after the point than its exponent, so its end
/// is lost; with all of them it is a number. `None` if the text is not in scientific notation.
pub(super) fn written_out(text: &str) -> Option<Result<String, PhoneError>> {
    let (plus, unsigned) = text
        .strip_prefix('+')
        .map_or(("", text), |unsigned| ("+", unsigned));
    let (mantissa, exponent) = unsigned.split_once(['e', 'E'])?;
    let (whole, fraction) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, ""));
    let exponent = exponent.strip_prefix('+').unwrap_or(exponent);
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || exponent.is_empty() || !digits(whole) || !digits(fraction) || !digits(exponent) {
        return None;
    }
    let Some(kept) = exponent
        .parse()
        .ok()
        .and_then(|places: usize| fraction.get(..places))
    else {
        return Some(Err(PhoneError::DigitsLost));
    };
    if fraction[kept.len()..].bytes().any(|b| b != b'0') {
        return Some(Err(PhoneError::NotANumber));
    }
    Some(Ok(format!("{plus}{whole}{kept}")))
}

/// The digits before a single `.0` (or `,0`), if at least seven stand there with nothing between them: with separators,
/// the 0 could be a group of the number.
pub(super) fn without_float_suffix(text: &str) -> Option<&str> {
    let number = text.strip_suffix(".0").or_else(|| text.strip_suffix(",0"))?;
    let digits = number.strip_prefix('+').unwrap_or(number);
    (digits.len() >= 7 && digits.bytes().all(|b| b.is_ascii_digit())).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scientific_notation_is_written_out_only_when_complete() {
        for (text, number) in [
            ("4.42079460958E+11", "442079460958"),
            ("4,42079460958e11", "442079460958"),
            ("+4.42079460958E+11", "+442079460958"),
            ("4.420794609580E+11", "442079460958"),
            ("442079460958E0", "442079460958"),
        ] {
            assert_eq!(written_out(text), Some(Ok(number.into())), "{text}");
        }
        for text in [
            "4.42079E+11",
            "4.4207946095E+11",
            "4E+11",
            "4.4E999999999999999999999",
        ] {
            assert_eq!(written_out(text), Some(Err(PhoneError::DigitsLost)), "{text}");
        }
        assert_eq!(written_out("4.42079E+3"), Some(Err(PhoneError::NotANumber)));
        for text in [
            "",
            "e",
            "E+11",
            "4.4E",
            "4.4E-3",
            "020 7946 0958",
            "1-800-EAT",
            "ext",
        ] {
            assert_eq!(written_out(text), None, "{text}");
        }
    }

    #[test]
    fn a_float_suffix_is_one_zero_after_bare_digits() {
        assert_eq!(without_float_suffix("442079460958.0"), Some("442079460958"));
        assert_eq!(without_float_suffix("+442079460958,0"), Some("+442079460958"));
        for text in [
            "442079460958.00",
            "44 2079460958.0",
            "01.23.45.67.0",
            "123456.0",
            "442079460958.5",
            ".0",
        ] {
            assert_eq!(without_float_suffix(text), None, "{text}");
        }
    }

    #[test]
    fn links_give_their_number_and_extension() {
        assert_eq!(
            link_target("tel:+1-201-555-0123;ext=5"),
            Some(Ok("+1-201-555-0123;ext=5".into()))
        );
        assert_eq!(link_target("TEL: %2B1%20201"), Some(Ok("+1 201".into())));
        assert_eq!(link_target("callto://+1201"), Some(Ok("+1201".into())));
        assert_eq!(
            link_target("tel:5550123;phone-context=+1-201"),
            Some(Ok("+1-2015550123".into()))
        );
        assert_eq!(
            link_target("tel:5550123;phone-context=example.org"),
            Some(Ok("5550123".into()))
        );
        assert_eq!(
            link_target("tel:+12015550123;isub=12"),
            Some(Err(PhoneError::NotANumber))
        );
        assert_eq!(link_target("mailto:a@example.org"), None);
    }

    #[test]
    fn wrappers_come_off_in_any_nesting() {
        let mut repairs = Vec::new();
        assert_eq!(unwrapped(" =\"'020\" ", &mut repairs), "020");
        assert_eq!(repairs, [Repair::QuotedText, Repair::LeadingApostrophe]);
        assert_eq!(unwrapped("=\"", &mut Vec::new()), "=\"");
        assert_eq!(unwrapped("'", &mut Vec::new()), "");
    }

    #[test]
    fn error_marks_of_spreadsheets_are_known() {
        assert!(["#N/A", " #name? ", "#####"].into_iter().all(is_sheet_error));
        assert!(
            ["#", "", "# 5", "n/a"]
                .into_iter()
                .all(|text| !is_sheet_error(text))
        );
    }
}
