//! Postcodes of the United States and Canada.

use std::sync::LazyLock;

use super::states::{self, State};

struct Row {
    from: &'static str,
    to: &'static str,
    states: Vec<&'static State>,
}

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    include_str!("postcodes.csv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let (range, codes) = line.split_once(',')?;
            let (from, to) = range.split_once('-')?;
            let states = codes.split('&').filter_map(states::with_code).collect();
            Some(Row { from, to, states })
        })
        .collect()
});

/// The states that a postcode of a country (`US`, `CA`) may lie in; none if it is not one.
pub(super) fn read(country: &str, text: &str) -> &'static [&'static State] {
    match country {
        "US" => zip(text).map_or(&[], |zip| {
            // The whole code knows better than its beginning.
            let whole = find(&zip);
            whole.unwrap_or_else(|| find(&zip[..3]).unwrap_or(&[]))
        }),
        "CA" => canadian(text).map_or(&[], |first| find(&first).unwrap_or(&[])),
        _ => &[],
    }
}

/// The row of a code of exactly this length.
fn find(code: &str) -> Option<&'static [&'static State]> {
    ROWS.iter()
        .find(|row| row.from.len() == code.len() && (row.from..=row.to).contains(&code))
        .map(|row| row.states.as_slice())
}

/// The five digits of a ZIP code, with or without the four that may follow. Zeros at the beginning, which spreadsheets
/// take away, are put back where that is certain: three digits may be the start of a code, so they are none.
fn zip(text: &str) -> Option<String> {
    let text = text.trim().trim_start_matches('\'');
    let text = text.strip_suffix(".0").unwrap_or(text);
    let (five, four) = match text.split_once(['-', ' ', '–']) {
        Some((five, four)) => (five.trim(), Some(four.trim_start_matches('-').trim())),
        None if text.len() == 8 || text.len() == 9 => {
            text.split_at_checked(text.len() - 4).map(|(a, b)| (a, Some(b)))?
        }
        None => (text, None),
    };
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let whole = (4..=5).contains(&five.len())
        && digits(five)
        && four.is_none_or(|four| four.is_empty() || (four.len() == 4 && digits(four)));
    whole.then(|| format!("{five:0>5}"))
}

/// The first letter of a Canadian postal code, `K1A 0B1` or its first half.
fn canadian(text: &str) -> Option<String> {
    let code: Vec<char> = text
        .chars()
        .filter(|c| !matches!(c, ' ' | '-'))
        .map(|c| c.to_ascii_uppercase())
        .collect();
    let fits = |(at, c): (usize, &char)| match at % 2 {
        0 => c.is_ascii_uppercase(),
        _ => c.is_ascii_digit(),
    };
    (matches!(code.len(), 3 | 6) && code.iter().enumerate().all(fits)).then(|| code[0].to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(country: &str, text: &str) -> Vec<&'static str> {
        read(country, text).iter().map(|state| state.code).collect()
    }

    #[test]
    fn zip_codes_name_a_state() {
        for text in [
            "33101",
            "33101-1234",
            "331011234",
            " 33101 ",
            "33101.0",
            "'33101",
            "33101 1234",
            "33101-",
        ] {
            assert_eq!(codes("US", text), ["US-FL"], "{text}");
        }
        for (zip, state) in [
            ("10001", "US-NY"),
            ("90210", "US-CA"),
            ("60601", "US-IL"),
            ("77001", "US-TX"),
            ("79901", "US-TX"),
            ("20001", "US-DC"),
            ("20101", "US-VA"),
            ("00901", "US-PR"),
            ("00501", "US-NY"),
            ("99501", "US-AK"),
            ("96813", "US-HI"),
            ("96799", "US-AS"),
            ("96910", "US-GU"),
            ("96950", "US-MP"),
            ("06390", "US-NY"),
            ("37201", "US-TN"),
            ("40202", "US-KY"),
            ("57701", "US-SD"),
            ("83201", "US-ID"),
            ("02903", "US-RI"),
        ] {
            assert_eq!(codes("US", zip), [state], "{zip}");
        }
    }

    #[test]
    fn zeros_that_a_spreadsheet_took_are_put_back() {
        assert_eq!(codes("US", "2139"), ["US-MA"]);
        assert_eq!(codes("US", "2139-4301"), ["US-MA"]);
        assert_eq!(codes("US", "21394301"), ["US-MA"]);
    }

    #[test]
    fn what_is_no_postcode_says_nothing() {
        let texts = [
            "",
            "331",
            "3310",
            "331012",
            "33101-12",
            "ABCDE",
            "33 101",
            "00000",
            "09012",
            "34012",
            "96940",
            "K1A 0B1",
            "é3101",
            "3310é",
            "12345é78",
        ];
        for text in texts {
            if text == "3310" {
                assert_eq!(codes("US", text), ["US-NH"], "a lost zero");
            } else {
                assert!(codes("US", text).is_empty(), "{text}");
            }
        }
        for text in ["", "33101", "K1A 0B", "1K1 A0B", "Z1A 0B1", "D1A0B1"] {
            assert!(codes("CA", text).is_empty(), "{text}");
        }
    }

    #[test]
    fn canadian_codes_name_a_province() {
        for (text, province) in [
            ("K1A 0B1", "CA-ON"),
            ("h2x1y4", "CA-QC"),
            ("V5K", "CA-BC"),
            ("A1A-1A1", "CA-NL"),
        ] {
            assert_eq!(codes("CA", text), [province], "{text}");
        }
        assert_eq!(codes("CA", "X0A 0H0"), ["CA-NT", "CA-NU"]);
    }

    #[test]
    fn every_row_names_states_that_exist() {
        let lines = include_str!("postcodes.csv")
            .lines()
            .filter(|line| !line.starts_with('#'));
        assert_eq!(lines.clone().count(), ROWS.len());
        for (line, row) in lines.zip(ROWS.iter()) {
            let named = line
                .split(',')
                .nth(1)
                .unwrap()
                .split('&')
                .filter(|code| !code.is_empty())
                .count();
            assert_eq!(named, row.states.len(), "{line}");
            assert_eq!(row.from.len(), row.to.len(), "{line}");
            assert!(row.from <= row.to, "{line}");
        }
    }
}
