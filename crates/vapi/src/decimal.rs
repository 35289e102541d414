//! Exact arithmetic on the text of a JSON number.

/// The number written as `text` (JSON grammar) times `10^scale`, rounded to the nearest integer, halves away from
/// zero. `None` if the text is no number or the result has more than 18 digits.
///
/// Reading `0.285` as a binary fraction and multiplying gives 284999.99…; reading the digits does not.
pub(crate) fn scaled(text: &str, scale: i64) -> Option<i64> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if whole.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return Some(0);
    }

    let shift = i64::from(exponent) - i64::try_from(fraction.len()).ok()? + scale;
    let magnitude = if shift >= 0 {
        let zeros = usize::try_from(shift).ok()?;
        if digits.len() + zeros > 18 {
            return None;
        }
        format!("{digits}{}", "0".repeat(zeros)).parse::<i64>().ok()?
    } else {
        let dropped = usize::try_from(-shift).ok()?;
        if dropped > digits.len() {
            return Some(0);
        }
        let (kept, rest) = digits.split_at(digits.len() - dropped);
        if kept.len() > 18 {
            return None;
        }
        let kept = if kept.is_empty() {
            0
        } else {
            kept.parse::<i64>().ok()?
        };
        kept + i64::from(rest.starts_with(|digit| digit >= '5'))
    };
    Some(if negative { -magnitude } else { magnitude })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollars_become_exact_micros() {
        for (text, micros) in [
            ("0", Some(0)),
            ("0.0", Some(0)),
            ("0.285", Some(285_000)),
            ("0.1234565", Some(123_457)),
            ("0.1234564999999999999999", Some(123_456)),
            ("1.005", Some(1_005_000)),
            ("12", Some(12_000_000)),
            ("-0.5", Some(-500_000)),
            ("1e-7", Some(0)),
            ("5e-7", Some(1)),
            ("5E+2", Some(500_000_000)),
            ("0.0000004", Some(0)),
            ("1e-400", Some(0)),
            ("999999999999.999999", Some(999_999_999_999_999_999)),
            ("9999999999999", None),
            ("1e400", None),
            ("1e99999999999", None),
            ("", None),
            (".5", None),
            ("+1", None),
            ("1,5", None),
            ("NaN", None),
        ] {
            assert_eq!(scaled(text, 6), micros, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn six_decimals_survive_unchanged(micros in -900_000_000_000_i64..900_000_000_000) {
            let sign = if micros < 0 { "-" } else { "" };
            let text = format!("{sign}{}.{:06}", micros.abs() / 1_000_000, micros.abs() % 1_000_000);
            proptest::prop_assert_eq!(scaled(&text, 6), Some(micros));
        }

        #[test]
        fn no_text_panics(text in "[-0-9.eE+]{0,40}", scale in -12_i64..12) {
            let _ = scaled(&text, scale);
        }
    }
}
