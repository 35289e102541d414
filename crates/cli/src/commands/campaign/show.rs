//! Campaigns in words.

use std::fmt::Write;

use serde_json::Value;

use super::preflight::trouble;
use crate::api::{count, labelled, left_out, text};

/// A line each.
pub(super) fn list(answer: &Value) -> String {
    let mut out = String::new();
    for campaign in answer["items"].as_array().into_iter().flatten() {
        let _ = writeln!(
            out,
            "{}  {:<9}  {:>6} of {:>6}  {}",
            text(campaign, "id"),
            text(campaign, "status"),
            count(campaign, "final_contacts"),
            count(campaign, "total_contacts"),
            text(campaign, "name")
        );
    }
    if out.is_empty() && count(answer, "total") == 0 {
        return "No campaigns.".to_owned();
    }
    out + &left_out(answer)
}

/// How far one is, and how it goes on.
pub(in crate::commands) fn one(answer: &Value) -> String {
    let campaign = answer.get("campaign").unwrap_or(answer);
    let mut out = format!(
        "{}  {}\n{}, {} of {} people done, {} calls open, cap {}, priority {}\n",
        text(campaign, "id"),
        text(campaign, "name"),
        text(campaign, "status"),
        count(campaign, "final_contacts"),
        count(campaign, "total_contacts"),
        count(campaign, "open_calls"),
        count(campaign, "cap"),
        campaign["priority"]
    );
    let _ = writeln!(out, "assistant: {}", text(campaign, "assistant_name"));
    if let Some(code) = campaign["assistant_trouble"].as_str() {
        let _ = writeln!(out, "it cannot call: {}", trouble(code));
    }
    let numbers = campaign["numbers"].as_array().into_iter().flatten();
    let numbers: Vec<&str> = numbers.map(number).collect();
    let _ = writeln!(out, "calls from: {}", numbers.join(", "));
    if campaign["mode"] == "batch" {
        let gate = if campaign["quiet_line_gate"] == true {
            ", each when the line is quiet"
        } else {
            ""
        };
        let _ = writeln!(out, "batches of {}{gate}", count(campaign, "batch_size"));
    }
    out += &labelled(
        campaign,
        &[
            ("pause_reason", "paused"),
            ("starts_at", "starts"),
            ("expires_at", "expires"),
            ("archived_at", "archived"),
        ],
    );
    for call in campaign["not_hung_up"].as_array().into_iter().flatten() {
        let _ = writeln!(
            out,
            "call {} goes on: {}",
            text(call, "call_id"),
            text(call, "problem")
        );
    }
    let possible: Vec<&str> = campaign["possible_actions"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let _ = writeln!(out, "possible: {}", possible.join(", "));
    out
}

/// What people dial, or the provider's id where it has not told.
pub(super) fn number(number: &Value) -> &str {
    let shown = number["phone_number"].as_str();
    shown.unwrap_or_else(|| text(number, "phone_number_id"))
}
