use super::{HOSTILE, MINUTE_MS, NOW_MS, id};
use crate::pages::{ImportProblem, ImportReport, ImportResult, When};

fn problem(line: u64, column: &str, value: &str, reason: &str) -> ImportProblem {
    let duplicate = reason.starts_with("Already");
    ImportProblem {
        line,
        column: column.to_owned(),
        value: value.to_owned(),
        reason: reason.to_owned(),
        duplicate,
    }
}

#[rustfmt::skip]
fn problems() -> Vec<ImportProblem> {
    vec![
        problem(14, "phone", "4.47911E+11", "A spreadsheet has rounded this number. Format the column as text and export again."),
        problem(27, "phone", "", "There is no number."),
        problem(31, "phone", "+1 202 555 0143", "Already in line 2 of this file."),
        problem(58, "name", "", "There is no name."),
        problem(102, "phone", "555-0178 ext. 4", "Too short for a number of the United States."),
        problem(340, "phone", HOSTILE, "This is no telephone number."),
    ]
}

impl ImportReport {
    /// All good, some rows left out, and a huge bad list.
    #[must_use]
    pub fn samples() -> Vec<(&'static str, Self)> {
        let good = Self {
            campaign_id: id(3),
            file_name: "spring.csv".to_owned(),
            imported: When::at(NOW_MS - 4 * MINUTE_MS),
            rows: "87".to_owned(),
            accepted: "87".to_owned(),
            rejected: "0".to_owned(),
            duplicates: "0".to_owned(),
            problems: Vec::new(),
            more: None,
        };
        let mixed = Self {
            rows: "1,210".to_owned(),
            accepted: "1,204".to_owned(),
            rejected: "5".to_owned(),
            duplicates: "1".to_owned(),
            problems: problems(),
            ..good.clone()
        };
        let huge = Self {
            file_name: "a_very_long_file_name_without_any_place_to_break_it_2026-11-20_final_FINAL(2).csv"
                .to_owned(),
            rows: "1,000,000".to_owned(),
            accepted: "0".to_owned(),
            rejected: "1,000,000".to_owned(),
            problems: (0..100)
                .map(|n| problem(n + 2, "phone", "n/a", "This is no telephone number."))
                .collect(),
            more: Some("999,900".to_owned()),
            ..good.clone()
        };
        vec![
            ("all good", good),
            ("some left out", mixed),
            ("huge and bad", huge),
        ]
    }
}

impl ImportResult {
    /// The same as the answer to an upload.
    #[must_use]
    pub fn samples() -> Vec<(&'static str, Self)> {
        let result = |(name, report): (&'static str, ImportReport)| {
            let can_start = report.accepted != "0";
            (
                name,
                Self {
                    campaign_name: "Spring follow-up".to_owned(),
                    report,
                    can_start,
                },
            )
        };
        ImportReport::samples().into_iter().map(result).collect()
    }
}
