//! What programs write where there is nothing.

/// The value, or nothing where programs wrote that there is none: `nan`, `NULL`, `None`, `N/A`, `-`, `undefined`.
pub(crate) fn something(value: &str) -> &str {
    const NOTHING: [&str; 16] = [
        "nan",
        "null",
        "none",
        "nil",
        "n/a",
        "#n/a",
        "n.a.",
        "n. a.",
        "undefined",
        "(null)",
        "<null>",
        "(none)",
        "-",
        "--",
        "–",
        "—",
    ];
    let text = value.trim();
    if text.len() <= 9 && NOTHING.iter().any(|nothing| text.eq_ignore_ascii_case(nothing)) {
        ""
    } else {
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_nothing_are_nothing() {
        for nothing in [
            "nan",
            "NaN",
            " NULL ",
            "None",
            "N/A",
            "#N/A",
            "-",
            "undefined",
            "(null)",
        ] {
            assert_eq!(something(nothing), "", "{nothing}");
        }
        for value in ["Nan Goldin", "Na", "Nullbock", "Noneworthy", "0", "-5", "no"] {
            assert_eq!(something(value), value);
        }
    }
}
