//! `autolynx campaign why`: why somebody is not called.

use std::fmt::Write;

use serde_json::Value;

use crate::api::{count, text};

/// Why a campaign is not dialling, or not faster.
pub(super) fn campaign(answer: &Value) -> String {
    let lines = format!(
        "{} of {} lines in use",
        count(answer, "open_calls"),
        count(answer, "cap")
    );
    let campaign = reasons(&answer["campaign"]);
    let contacts = reasons(&answer["contacts"]);
    format!("{}, {lines}\n{campaign}{contacts}", text(answer, "status"))
}

/// Where one contact stands, and what it waits for.
pub(super) fn contact(answer: &Value) -> String {
    format!("{}\n{}", text(answer, "state"), reasons(&answer["waits"]))
}

fn reasons(reasons: &Value) -> String {
    let mut out = String::new();
    for reason in reasons.as_array().into_iter().flatten() {
        let _ = write!(out, "{:>7}  {}", count(reason, "contacts"), text(reason, "words"));
        if let Some(opens) = reason["opens"].as_str() {
            let _ = write!(out, "; opens {opens}");
        } else if let Some(until) = reason["until"].as_str() {
            let _ = write!(out, "; until {until}");
        }
        if let Some(advice) = reason["advice"].as_str() {
            let _ = write!(out, ". {advice}");
        }
        out.push('\n');
    }
    out
}
