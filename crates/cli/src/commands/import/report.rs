//! What a node says became of the rows of a list.

use std::fmt::Write;

use serde_json::Value;

use crate::api::{count, text};

/// Problems shown; `campaign export --problems` has them all.
const SHOWN: usize = 20;

/// How many rows came to what, and what was wrong with the first.
pub(in crate::commands) fn words(report: &Value) -> String {
    let mut out = format!(
        "{} rows: {} accepted, {} of them repaired, {} rejected, {} duplicates.\n",
        count(report, "rows"),
        count(report, "accepted"),
        count(report, "repaired"),
        count(report, "rejected"),
        count(report, "duplicates")
    );
    out.push_str(&numbers(report));
    let problems = report["problems"].as_array().map_or(&[][..], Vec::as_slice);
    for problem in problems.iter().take(SHOWN) {
        let _ = write!(out, "  line {}", problem["line"]);
        if let Some(column) = problem["column"].as_str() {
            let _ = write!(out, ", {column} `{}`", text(problem, "value"));
        }
        let _ = writeln!(out, ": {}", text(problem, "reason"));
    }
    let all = count(report, "rejected") + count(report, "duplicates");
    let left = all.saturating_sub(SHOWN as u64);
    if left > 0 {
        let _ = writeln!(
            out,
            "  … and {left} more: `campaign export ID --problems` has them"
        );
    }
    out
}

/// In which countries the numbers were read, and what told so: a line, or nothing for a list without good rows.
pub(super) fn numbers(report: &Value) -> String {
    let read = report["numbers"].as_array().map_or(&[][..], Vec::as_slice);
    let parts: Vec<String> = read
        .iter()
        .map(|read| {
            let by = match text(read, "country_from") {
                "number" => "as the number says",
                "column" => "as a column says",
                _ => "the default country",
            };
            format!(
                "{} with +{} ({by})",
                count(read, "rows"),
                count(read, "calling_code")
            )
        })
        .collect();
    if parts.is_empty() {
        String::new()
    } else {
        format!("Countries: {}.\n", parts.join(", "))
    }
}
