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
