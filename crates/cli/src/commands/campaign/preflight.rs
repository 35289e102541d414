//! `autolynx campaign preflight`: what stands in the way of the calls of a campaign.

use std::fmt::Write;

use serde_json::Value;

use super::{forecast, show::number};
use crate::api::{count, text};

/// The whole report: what stops every call first, then people, words, lines and money.
pub(super) fn words(answer: &Value) -> String {
    let mut out = String::new();
    if let Some(code) = answer["assistant_trouble"].as_str() {
        let _ = writeln!(out, "The assistant cannot call: {}", trouble(code));
    }
    let _ = writeln!(
        out,
        "{} of {} people can be called; first call {}",
        count(answer, "callable"),
        count(answer, "people"),
        answer["first_call_at"].as_str().unwrap_or("never")
    );
    people(answer, &mut out);
    spoken(answer, &mut out);
    lines(answer, &mut out);
    out + &forecast::words(&answer["forecast"])
}

fn people(answer: &Value, out: &mut String) {
    if let Some(at) = answer["expires_at"].as_str() {
        let _ = writeln!(out, "from {at} on nobody is called");
    }
    for (field, label) in [
        ("rows_rejected", "rows rejected"),
        ("rows_duplicate", "rows repeat a number"),
        ("elsewhere", "also in other campaigns"),
        ("suppressed", "on the do-not-call list"),
        ("without_consent", "without consent"),
        ("without_zone", "without a time zone"),
        ("outside_hours", "outside their hours now"),
        ("never_lawful", "never within the hours"),
    ] {
        if answer[field].as_u64() > Some(0) {
            let _ = writeln!(out, "{:>7}  {label}", count(answer, field));
        }
    }
}

/// What the assistant would say wrong.
fn spoken(answer: &Value, out: &mut String) {
    for lacking in answer["variables"].as_array().into_iter().flatten() {
        let similar = match lacking["similar_column"].as_str() {
            Some(column) => format!(" (the list has the column “{column}”)"),
            None => String::new(),
        };
        let _ = writeln!(
            out,
            "{:>7}  lack a value for {}{similar}",
            count(lacking, "people"),
            text(lacking, "name")
        );
    }
    let unfilled = answer["placeholders"].as_array().into_iter().flatten();
    for placeholder in unfilled.filter_map(Value::as_str) {
        let _ = writeln!(out, "the assistant would say “{placeholder}”: fill it in");
    }
}

fn lines(answer: &Value, out: &mut String) {
    for line in answer["numbers"].as_array().into_iter().flatten() {
        let state = line["line"].as_str().unwrap_or("not known yet");
        let _ = writeln!(out, "line of {}: {state}", number(line));
    }
    let usable = count(answer, "usable_lines");
    let free = usable.saturating_sub(count(answer, "open_calls"));
    let _ = writeln!(out, "{free} of {usable} usable lines of the account are free");
    if let Some(dollars) = answer["worst_case_usd"].as_f64() {
        let _ = writeln!(out, "a call holds ${dollars:.2} of the budget while it lasts");
    }
    let refusal = &answer["refusal"];
    if let Some(reason) = refusal["reason"].as_str() {
        let _ = writeln!(
            out,
            "the provider refused a call of campaign {} at {}: {reason}",
            text(refusal, "campaign_id"),
            text(refusal, "at")
        );
    }
}

/// Why an assistant cannot call, and what to do; the code itself where it is of a newer node.
pub(super) fn trouble(code: &str) -> &str {
    match code {
        "template" => "it is a template. Clone it and use the clone.",
        "deleted" => "it was taken out of the directory. Import it again, or choose another.",
        "unconfirmed" => "the provider has not confirmed it yet. Wait until it has, or choose another.",
        "removed" => "it was made for one campaign and removed after it. Clone it, or choose another.",
        "gone" => "the provider does not have it any more. Make it anew on its page, or choose another.",
        "inactive" => "it is inactive. Activate it, or choose another.",
        code => code,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn whatever_the_node_reports_is_told() {
        let report = json!({
            "people": 9, "callable": 7, "suppressed": 2, "first_call_at": "2027-01-04T14:00:00.000Z",
            "assistant_trouble": "inactive", "placeholders": ["[your company]"],
            "variables": [{"name": "offer", "people": 7, "column": false, "similar_column": "Offers"}],
            "numbers": [
                {"phone_number_id": "n1", "phone_number": "+12015550100", "line": "error"},
                {"phone_number_id": "n2", "phone_number": null, "line": null},
            ],
            "usable_lines": 4, "open_calls": 1, "worst_case_usd": 0.6,
            "expires_at": "2027-02-01T00:00:00.000Z",
            "refusal": {"campaign_id": "c1", "reason": "no credit", "at": "2027-01-03T10:00:00.000Z"},
            "forecast": null,
        });
        assert_eq!(
            words(&report),
            "The assistant cannot call: it is inactive. Activate it, or choose another.\n\
             7 of 9 people can be called; first call 2027-01-04T14:00:00.000Z\n\
             from 2027-02-01T00:00:00.000Z on nobody is called\n      2  on the do-not-call list\n      \
             7  lack a value for offer (the list has the column “Offers”)\n\
             the assistant would say “[your company]”: fill it in\n\
             line of +12015550100: error\n\
             line of n2: not known yet\n\
             3 of 4 usable lines of the account are free\n\
             a call holds $0.60 of the budget while it lasts\n\
             the provider refused a call of campaign c1 at 2027-01-03T10:00:00.000Z: no credit\n\
             No forecast: nobody is left to call.\n"
        );
    }
}
