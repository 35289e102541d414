//! Every fact about a call, in words.

use domain::{call::CallStatus, time::UtcMs};
use serde_json::Value;
use store::EventRow;

use crate::pages::{Badge, TimelineEvent, When, ended_reason, show::clock};

/// The log of a call in the order in which it was written.
pub(super) fn timeline(events: &[EventRow], began: UtcMs) -> Vec<TimelineEvent> {
    let mut before: Option<CallStatus> = None;
    events
        .iter()
        .map(|event| {
            let rose = before != Some(event.status);
            before = Some(event.status);
            let payload: Value = event
                .payload
                .as_deref()
                .and_then(|text| serde_json::from_str(text).ok())
                .unwrap_or_default();
            TimelineEvent {
                at: When::at(event.at.0),
                offset: format!("+{}", clock(event.at.since(began))),
                source: Badge::source(event.source.as_str()),
                title: title(event, &payload),
                detail: detail(event, &payload),
                // A status update has nothing to tell but a status; every other kind brings more.
                changed: rose || event.kind != "status-update",
            }
        })
        .collect()
}

fn title(event: &EventRow, payload: &Value) -> String {
    let title = match event.kind.as_str() {
        "reserved" => "Line reserved",
        "dial.sent" => "Asked the provider to call",
        "dial.accepted" => "Accepted by the provider",
        "dial.refused" => "Refused by the provider",
        "dial.in-doubt" => "No clear answer: unconfirmed",
        "dial.blocked" => "Taken down by the provider, but no line was free",
        "dial.abandoned" => "The answer was never recorded: unconfirmed",
        "absent" => "Looked for, and not there",
        "released" => "Let go before dialling",
        "timeout" => "Given up",
        "end-of-call-report" => "Report of the call",
        "status-update" => match said_status(payload) {
            Some(status) => return capitalised(status),
            None => "Status",
        },
        "poll" | "look-up" => match said_status(payload) {
            Some(status) => return format!("Asked: {status}"),
            None => "Asked",
        },
        "hang-up.asked" => "Asked the provider to hang up",
        "hang-up.failed" => "Could not be hung up",
        kind => return capitalised(kind),
    };
    title.to_owned()
}

/// The status as the provider said it, in a webhook or in its record of the call.
fn said_status(payload: &Value) -> Option<&str> {
    let message = payload.get("message").unwrap_or(payload);
    message.get("status").and_then(Value::as_str)
}

fn detail(event: &EventRow, payload: &Value) -> Option<String> {
    let message = payload.get("message").unwrap_or(payload);
    let reason = message.get("endedReason").and_then(Value::as_str);
    match (event.kind.as_str(), reason) {
        ("reserved" | "dial.sent" | "released", _) => None,
        ("hang-up.failed", _) => payload.get("problem").and_then(Value::as_str).map(str::to_owned),
        (_, Some(reason)) => Some(format!(
            "{} ({reason})",
            ended_reason(reason).trim_end_matches('.')
        )),
        (_, None) => None,
    }
}

fn capitalised(text: &str) -> String {
    let text = text.replace(['-', '_', '.'], " ");
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().collect::<String>() + letters.as_str()
    })
}

#[cfg(test)]
mod tests {
    use domain::call::Source;

    use super::*;

    fn event(kind: &str, status: CallStatus, payload: Option<&str>) -> EventRow {
        EventRow {
            source: Source::Webhook,
            kind: kind.to_owned(),
            status,
            at: UtcMs(62_000),
            recorded_at: UtcMs(63_000),
            payload: payload.map(str::to_owned),
        }
    }

    #[test]
    fn facts_have_a_title_a_distance_and_the_providers_words() {
        let ended = r#"{"message":{"status":"ended","endedReason":"customer-busy"}}"#;
        let ringing = r#"{"message":{"status":"ringing"}}"#;
        let events = [
            event("reserved", CallStatus::Queued, None),
            event("status-update", CallStatus::Ended, Some(ended)),
            event("status-update", CallStatus::Ended, Some(ringing)),
            event("some-new.kind", CallStatus::Ended, Some("not json")),
        ];
        let shown: Vec<_> = timeline(&events, UtcMs(0))
            .into_iter()
            .map(|event| (event.title, event.offset, event.detail, event.changed))
            .collect();
        let line = |title: &str, detail: Option<&str>, changed| {
            (
                title.to_owned(),
                "+1:02".to_owned(),
                detail.map(str::to_owned),
                changed,
            )
        };
        assert_eq!(
            shown,
            [
                line("Line reserved", None, true),
                line("Ended", Some("The line was busy (customer-busy)"), true),
                line("Ringing", None, false),
                line("Some new kind", None, true),
            ]
        );
    }
}
