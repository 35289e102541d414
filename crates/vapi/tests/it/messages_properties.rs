//! Whatever the provider sends: nothing panics, and an odd field does not hide the others.

use autolynx_vapi::{MessageKind, ServerMessage};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// The fields that are read, so that arbitrary objects hit them.
const FIELDS: &[&str] = &[
    "type",
    "timestamp",
    "call",
    "customer",
    "status",
    "endedReason",
    "startedAt",
    "endedAt",
    "cost",
    "artifact",
    "analysis",
    "transcript",
    "summary",
    "messages",
    "role",
    "message",
    "time",
    "recording",
    "mono",
    "id",
    "name",
    "externalId",
    "assistantOverrides",
    "metadata",
    "callId",
    "monitor",
    "controlUrl",
    "structuredData",
    "successEvaluation",
    "toolCallList",
    "toolWithToolCallList",
    "toolCall",
    "toolCalls",
    "function",
    "arguments",
    "result",
];

fn scalar() -> impl Strategy<Value = Value> {
    let kinds: Vec<&str> = MessageKind::KNOWN.iter().map(MessageKind::as_str).collect();
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        proptest::sample::select(kinds).prop_map(Value::from),
        Just(json!("2026-03-26T15:43:16.145Z")),
    ]
}

fn json_value() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(5, 64, 8, |inner| {
        let field = proptest::sample::select(FIELDS).prop_map(str::to_owned);
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::from),
            vec((field, inner), 0..8).prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn arbitrary_bytes_do_not_panic(body in vec(any::<u8>(), 0..300)) {
        let _ = ServerMessage::parse(&body);
    }

    #[test]
    fn arbitrary_json_does_not_panic(body in json_value()) {
        let _ = ServerMessage::parse(body.to_string().as_bytes());
    }

    /// Every object is a message: no combination of odd fields makes a delivery unreadable.
    #[test]
    fn every_object_is_a_message(fields in vec((proptest::sample::select(FIELDS), json_value()), 0..10)) {
        let message: Map<String, Value> =
            fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let body = json!({"message": message}).to_string();
        prop_assert!(ServerMessage::parse(body.as_bytes()).is_ok(), "{}", body);
    }

    /// An odd value in one field leaves the facts in the others readable.
    #[test]
    fn an_odd_field_does_not_hide_the_others(
        field in proptest::sample::select(&["timestamp", "artifact", "analysis", "cost", "startedAt", "customer"][..]),
        odd in json_value(),
    ) {
        let mut message = json!({
            "type": "end-of-call-report", "endedReason": "voicemail", "endedAt": 1_774_539_845_750_i64,
            "call": {"id": "c1", "name": "ours"},
        });
        message[field] = odd;
        let body = json!({"message": message}).to_string();
        let report = ServerMessage::parse(body.as_bytes()).unwrap();
        prop_assert_eq!(report.kind, MessageKind::EndOfCallReport);
        prop_assert_eq!(report.call_id.as_deref(), Some("c1"));
        prop_assert_eq!(report.correlation_ids.first().map(String::as_str), Some("ours"));
        prop_assert_eq!(report.ended_reason.as_deref(), Some("voicemail"));
        prop_assert_eq!(report.ended_at_ms, Some(1_774_539_845_750));
    }
}
