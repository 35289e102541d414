//! Webhook messages as the provider writes them.

use autolynx_vapi::{
    CallStatus, MessageError, MessageKind, ServerMessage, ToolCall, ToolResult, ToolResults,
};
use serde_json::{Value, json};

use crate::fixture;

const OUR_ID: &str = "019d2acf-1111-7000-8000-00000000abcd";
const PROVIDER_ID: &str = "019d2ad0-0000-7000-8000-000000000001";

fn recorded(name: &str) -> ServerMessage {
    ServerMessage::parse(fixture(&format!("messages/{name}.json")).as_bytes()).unwrap()
}

fn message(message: &Value) -> ServerMessage {
    ServerMessage::parse(json!({ "message": message }).to_string().as_bytes()).unwrap()
}

#[test]
fn a_ringing_call_is_read() {
    let ringing = recorded("status-update-ringing");
    assert_eq!(ringing.kind, MessageKind::StatusUpdate);
    assert_eq!(ringing.timestamp_ms, Some(1_774_539_797_001));
    assert_eq!(ringing.status, Some(CallStatus::Ringing));
    assert_eq!(ringing.call_id.as_deref(), Some(PROVIDER_ID));
    assert_eq!(ringing.correlation_ids, [OUR_ID]);
    assert_eq!(ringing.call_type.as_deref(), Some("outboundPhoneCall"));
    assert_eq!(
        ringing.control_url.as_deref(),
        Some("https://worker.example.com/019d2ad0/control")
    );
    // The embedded record still says "cost 0", which is no fact about the finished call.
    assert_eq!(
        (ringing.ended_reason.as_deref(), ringing.cost_usd_micros),
        (None, None)
    );
    assert_eq!(
        (ringing.artifact.is_none(), ringing.analysis.is_none()),
        (true, true)
    );
}

#[test]
fn an_ended_call_is_read() {
    let ended = recorded("status-update-ended");
    assert_eq!(ended.timestamp_ms, Some(1_774_539_845_750));
    assert_eq!(ended.status, Some(CallStatus::Ended));
    assert_eq!(ended.ended_reason.as_deref(), Some("customer-did-not-answer"));
    assert_eq!(ended.correlation_ids, [OUR_ID]);
    assert_eq!(ended.cost_usd_micros, None);
}

#[test]
fn a_report_is_read_and_its_stale_record_is_not_believed() {
    let report = recorded("end-of-call-report");
    assert_eq!(report.status, Some(CallStatus::Ended));
    assert_eq!(report.ended_reason.as_deref(), Some("customer-ended-call"));
    assert_eq!(report.started_at_ms, Some(1_774_539_802_500));
    assert_eq!(report.ended_at_ms, Some(1_774_539_845_750));
    assert_eq!(report.cost_usd_micros, Some(85_300));
    let artifact = report.artifact.unwrap();
    assert!(artifact.transcript().unwrap().contains("Tuesday"));
    assert_eq!(artifact.user_turns().count(), 1);
    assert_eq!(
        artifact.recording_url(),
        Some("https://storage.example.com/019d2ad0-mono.wav")
    );
    assert_eq!(
        report.analysis.unwrap().structured_data.unwrap()["appointment"],
        "2026-03-31"
    );
}

#[test]
fn the_places_of_an_older_report_are_read() {
    let report = recorded("end-of-call-report-older");
    assert_eq!(report.ended_reason.as_deref(), Some("voicemail"));
    assert_eq!(report.started_at_ms, Some(1_728_393_721_000));
    assert_eq!(report.ended_at_ms, Some(1_728_393_760_000));
    assert_eq!(report.cost_usd_micros, Some(50_000));
    let artifact = report.artifact.unwrap();
    assert_eq!(
        artifact.transcript(),
        Some("AI: Hello.\nUser: Please leave a message.\n")
    );
    assert_eq!(artifact.user_turns().count(), 1);
    assert_eq!(
        artifact.recording_url(),
        Some("https://storage.example.com/c0ffee00-mono.wav")
    );
    assert_eq!(
        report.analysis.unwrap().summary.as_deref(),
        Some("A voicemail box answered.")
    );
}

#[test]
fn messages_of_a_running_call_carry_no_final_facts() {
    let update = recorded("conversation-update");
    assert_eq!(update.kind, MessageKind::ConversationUpdate);
    assert_eq!((update.status, update.cost_usd_micros), (None, None));
    assert!(update.artifact.is_none() && update.analysis.is_none());

    let speech = recorded("speech-update");
    assert_eq!(speech.status, None);
    assert_eq!(speech.timestamp_ms, Some(1_774_539_806_500));
    assert_eq!((speech.call_id, speech.correlation_ids.len()), (None, 0));

    let line = message(
        &json!({"type": "transcript", "role": "user", "transcript": "Hi", "transcriptType": "final"}),
    );
    assert!(line.artifact.is_none());
}

#[test]
fn the_final_cost_of_an_embedded_record_is_taken() {
    let update = message(&json!({"type": "status-update", "status": "ended", "call": {
        "id": "c1", "endedAt": "2026-03-26T15:44:05.750Z", "endedReason": "customer-busy", "cost": 0.01}}));
    assert_eq!(update.cost_usd_micros, Some(10_000));
    assert_eq!(update.ended_reason.as_deref(), Some("customer-busy"));
}

#[test]
fn every_known_type_is_read_with_and_without_a_call() {
    let needing_reply = [
        "tool-calls",
        "function-call",
        "transfer-destination-request",
        "handoff-destination-request",
        "assistant-request",
        "voice-request",
        "knowledge-base-request",
        "call.endpointing.request",
        "campaign.predial",
    ];
    for kind in MessageKind::KNOWN {
        let bare = message(&json!({"type": kind.as_str()}));
        assert_eq!((&bare.kind, bare.call_id.as_deref()), (kind, None));
        let with_call = message(&json!({"type": kind.as_str(), "call": {"id": "c1", "name": "ours"}}));
        assert_eq!(with_call.call_id.as_deref(), Some("c1"));
        assert_eq!(with_call.correlation_ids, ["ours"]);
        assert_eq!(
            with_call.needs_reply(),
            needing_reply.contains(&kind.as_str()),
            "{kind}"
        );
    }
    assert!(recorded("tool-calls").needs_reply());
}

#[test]
fn the_tools_that_an_assistant_wants_run_are_read() {
    let asked = recorded("tool-calls");
    assert_eq!(asked.call_id.as_deref(), Some(PROVIDER_ID));
    let [call] = asked.tool_calls.as_slice() else {
        panic!("{:?}", asked.tool_calls)
    };
    assert_eq!((call.id.as_str(), call.name.as_str()), ("t1", "book"));
    assert_eq!(call.arguments, json!({"day": "Tuesday"}));

    let tool_call = |name: &str, arguments: Value| json!({"id": "t", "type": "function", "function": {"name": name, "arguments": arguments}});
    let several = message(&json!({"type": "tool-calls", "toolCallList": [
        tool_call("opt_out", json!({"reason": "no calls"})),
        tool_call("text", json!("not json")),
        tool_call("nothing", Value::Null),
        {"id": "t", "name": "flat", "arguments": "{}"},
        {"name": "without_id"},
        {"id": "t", "function": {"arguments": "{}"}},
        "x",
    ]}));
    let found: Vec<_> = several
        .tool_calls
        .iter()
        .map(|call| (call.id.as_str(), call.name.as_str(), call.arguments.clone()))
        .collect();
    assert_eq!(
        found,
        [
            ("t", "opt_out", json!({"reason": "no calls"})),
            ("t", "text", json!("not json")),
            ("t", "nothing", Value::Null),
            ("t", "flat", json!({})),
            ("", "without_id", Value::Null),
        ]
    );
}

#[test]
fn tool_calls_are_found_beside_their_tools_and_nowhere_else() {
    let beside = json!([{"type": "function", "toolCall": {"id": "t2", "type": "function",
        "function": {"name": "opt_out", "arguments": "{}"}}}, {"type": "function"}]);
    let within = message(&json!({"type": "tool-calls", "toolWithToolCallList": beside}));
    assert_eq!(within.tool_calls.len(), 1);
    assert_eq!(within.tool_calls[0].name, "opt_out");
    let other = message(&json!({"type": "model-output", "toolWithToolCallList": beside}));
    assert!(other.tool_calls.is_empty());
}

#[test]
fn the_answer_to_tool_calls_is_in_the_providers_shape() {
    let call = ToolCall {
        id: "t1".to_owned(),
        name: "opt_out".to_owned(),
        arguments: Value::Null,
    };
    let answer = ToolResults {
        results: vec![
            ToolResult::done(&call, "It is noted."),
            ToolResult::failed(&call, "no"),
        ],
    };
    assert_eq!(
        serde_json::to_value(&answer).unwrap(),
        json!({"results": [
            {"name": "opt_out", "toolCallId": "t1", "result": "It is noted."},
            {"name": "opt_out", "toolCallId": "t1", "error": "no"},
        ]})
    );
}

#[test]
fn unknown_types_and_statuses_are_kept_as_text() {
    let unknown = message(&json!({"type": "call.teleported", "status": "elsewhere", "call": {"id": "c1"}}));
    assert_eq!(unknown.kind, MessageKind::Other("call.teleported".to_owned()));
    assert_eq!((unknown.needs_reply(), unknown.status), (false, None));
    let update = message(&json!({"type": "status-update", "status": "on-hold"}));
    assert_eq!(update.status, Some(CallStatus::Other("on-hold".to_owned())));
    let untyped = message(&json!({"call": {"id": "c1"}}));
    assert_eq!(untyped.kind, MessageKind::Other(String::new()));
}

#[test]
fn our_id_is_found_at_message_level_too() {
    let update = message(&json!({"type": "hang", "customer": {"externalId": "ours"}}));
    assert_eq!(
        (update.call_id, update.correlation_ids),
        (None, vec!["ours".to_owned()])
    );
    let all = message(
        &json!({"type": "hang", "customer": {"externalId": "d"}, "call": {"id": "c1", "name": "a",
        "customer": {"externalId": "b"}, "assistantOverrides": {"metadata": {"callId": "c"}}}}),
    );
    assert_eq!(all.correlation_ids, ["a", "b", "c", "d"]);
}

#[test]
fn bodies_that_are_no_messages_are_errors_without_content() {
    for body in ["", "{", "<html>+14155550100", "\u{feff}{}", "{\"message\":{}}x"] {
        let error = ServerMessage::parse(body.as_bytes()).unwrap_err();
        assert!(matches!(error, MessageError::NotJson(_)), "{body}: {error}");
        assert!(!error.to_string().contains("4155550100"));
    }
    assert!(matches!(
        ServerMessage::parse(b"\xff\xfe"),
        Err(MessageError::NotJson(_))
    ));
    for body in [
        "null",
        "7",
        "[]",
        "{}",
        r#"{"message":null}"#,
        r#"{"message":"x"}"#,
        r#"{"message":[{"type":"hang"}]}"#,
    ] {
        assert_eq!(
            ServerMessage::parse(body.as_bytes()),
            Err(MessageError::NoMessage),
            "{body}"
        );
    }
}

#[test]
fn nesting_without_end_does_not_exhaust_the_stack() {
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    for field in ["artifact", "call", "analysis", "whatever"] {
        let body = format!(r#"{{"message":{{"type":"hang","{field}":{deep}}}}}"#);
        let _ = ServerMessage::parse(body.as_bytes());
    }
    let in_analysis = format!(
        r#"{{"message":{{"type":"end-of-call-report","endedReason":"voicemail","analysis":{{"structuredData":{deep}}}}}}}"#
    );
    let report = ServerMessage::parse(in_analysis.as_bytes()).unwrap();
    assert_eq!(report.ended_reason.as_deref(), Some("voicemail"));
    assert!(report.analysis.is_none() && report.artifact.is_none());
}
