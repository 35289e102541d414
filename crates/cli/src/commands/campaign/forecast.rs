//! `autolynx campaign forecast`: when it will be finished and what it will have cost.

use std::fmt::Write;

use serde_json::Value;

use crate::api::{count, text};

/// A line for each number of lines that a campaign might have.
pub(super) fn words(answer: &Value) -> String {
    let rows = answer["rows"].as_array().filter(|rows| !rows.is_empty());
    let Some(rows) = rows else {
        return "No forecast: nobody is left to call.\n".to_owned();
    };
    let mut out = String::from("  lines  finished by 10 %, 50 %, 90 %; costs\n");
    for row in rows {
        let finish = &row["finish_at"];
        let finish = match finish["p50"].as_str() {
            Some(middle) => format!("{}  {middle}  {}", text(finish, "p10"), text(finish, "p90")),
            None => "not within 400 days".to_owned(),
        };
        let _ = write!(
            out,
            "{}{:>6}  {finish}; {}",
            if row["chosen"] == true { "*" } else { " " },
            count(row, "cap"),
            costs(&row["cost_usd"])
        );
        let stopped = count(row, "stopped_by_budget_percent");
        if stopped > 0 {
            let _ = write!(out, "; the budget stops it in {stopped} of 100 cases");
        }
        out.push('\n');
    }
    let assumed = if answer["assumed"] == true {
        " and assumptions"
    } else {
        ""
    };
    let _ = writeln!(out, "from {} calls{assumed}", count(answer, "based_on_calls"));
    out
}

fn costs(band: &Value) -> String {
    if band.is_null() {
        return "not shown on this server".to_owned();
    }
    let dollars = |case: &str| format!("${:.2}", band[case].as_f64().unwrap_or(0.0));
    ["p10", "p50", "p90"].map(dollars).join("  ")
}
