//! `autolynx campaign show-call`: everything known of a call.

use std::fmt::Write;

use domain::time::in_words;
use serde_json::Value;

use crate::api::{count, labelled, text};

/// Who was called, what came of it, what was said, and the log.
pub(super) fn words(call: &Value) -> String {
    let mut out = format!(
        "{}  {}, {}, {}\n{}, {}; attempt {}, dialling: {}\n",
        text(call, "id"),
        text(call, "name"),
        text(call, "business_name"),
        text(call, "phone"),
        text(call, "status"),
        call["outcome"].as_str().unwrap_or("no outcome yet"),
        count(call, "attempt"),
        text(call, "dialling"),
    );
    out += &labelled(
        call,
        &[
            ("campaign_id", "campaign"),
            ("contact_id", "contact"),
            ("assistant_name", "assistant"),
            ("provider_call_id", "the provider’s id"),
            ("reserved_at", "reserved"),
            ("ringing_at", "rang"),
            ("started_at", "answered"),
            ("ended_at", "ended"),
            ("ended_reason", "ended for"),
            ("ended_message", "the provider said"),
        ],
    );
    if let Some(ms) = call["duration_ms"].as_i64() {
        let _ = writeln!(out, "lasted: {}", in_words(ms));
    }
    if let Some(dollars) = call["cost_usd"].as_f64() {
        let _ = writeln!(out, "cost: ${dollars:.4}");
    }
    for (field, label) in [
        ("success_evaluation", "judged"),
        ("summary", "summary"),
        ("transcript", "transcript"),
    ] {
        if let Some(value) = call[field].as_str() {
            let _ = writeln!(out, "{label}: {}", value.trim());
        }
    }
    if call["recording_url"].is_string() {
        let _ = writeln!(out, "recording: /api/calls/{}/recording", text(call, "id"));
    }
    out.push_str("log:\n");
    for event in call["events"].as_array().into_iter().flatten() {
        let _ = writeln!(
            out,
            "  {}  {:<8}  {:<12}  {}",
            text(event, "at"),
            text(event, "source"),
            text(event, "status"),
            text(event, "kind")
        );
    }
    out
}
