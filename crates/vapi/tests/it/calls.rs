//! Calls as the provider writes them.

use autolynx_vapi::{Call, CallStatus, Raw};
use serde_json::json;

use crate::fixture;

fn call(text: &str) -> Call {
    Raw::<Call>::parse(text.as_bytes()).unwrap().value
}

#[test]
fn a_created_call_is_read() {
    let call = call(&fixture("calls/created.json"));
    assert_eq!(call.status, Some(CallStatus::Queued));
    assert_eq!(call.call_type.as_deref(), Some("outboundPhoneCall"));
    assert_eq!(call.created_at_ms, Some(1_774_539_796_145));
    assert_eq!(
        (call.started_at_ms, call.ended_at_ms, call.ended_reason.as_deref()),
        (None, None, None)
    );
    assert_eq!(call.cost_usd_micros(), Some(0));
    assert_eq!(
        call.customer.as_ref().unwrap().number.as_deref(),
        Some("+14155550100")
    );
    assert_eq!(call.correlation_ids(), ["019d2acf-1111-7000-8000-00000000abcd"]);
    assert_eq!(
        call.assistant_overrides.as_ref().unwrap().metadata["campaign"],
        "spring"
    );
    assert!(call.control_url().unwrap().ends_with("/control"));
    assert_eq!(
        call.subscription_limits.unwrap().remaining_concurrent_calls,
        Some(8)
    );
}

#[test]
fn an_ended_call_is_read() {
    let call = call(&fixture("calls/ended.json"));
    assert_eq!(call.status, Some(CallStatus::Ended));
    assert_eq!(call.ended_reason.as_deref(), Some("customer-ended-call"));
    assert_eq!(call.ended_message.as_deref(), Some("The customer hung up."));
    assert_eq!(call.started_at_ms, Some(1_774_539_802_500));
    assert_eq!(call.ended_at_ms, Some(1_774_539_845_750));
    assert_eq!(call.cost_usd_micros(), Some(85_300));
    assert_eq!(
        call.recording_url(),
        Some("https://storage.example.com/019d2ad0-mono.wav")
    );
    assert!(call.transcript().unwrap().starts_with("AI: Hello"));
    let turns: Vec<_> = call.user_turns().collect();
    assert_eq!(turns.len(), 1);
    assert_eq!(turns[0].message.as_deref(), Some("Hi, Tuesday is fine."));
    assert_eq!(turns[0].time_ms, Some(1_774_539_806_000));

    let artifact = call.artifact.as_ref().unwrap();
    let playable = "https://storage.example.com/019d2ad0-mono.wav?signature=abc";
    assert_eq!(artifact.playable_recording_url(), Some(playable));
    assert_eq!(artifact.presigned_urls_expire_at_ms, Some(1_774_543_460_001));
    assert_eq!(
        artifact.structured_outputs.as_ref().unwrap()["output-1"]["result"],
        "friendly"
    );

    let analysis = call.analysis.unwrap();
    assert_eq!(analysis.success_evaluation.as_deref(), Some("true"));
    assert_eq!(
        analysis.structured_data.unwrap(),
        json!({"appointment": "2026-03-31", "interested": true})
    );
}

#[test]
fn the_places_of_older_payloads_are_read() {
    let call = call(&fixture("calls/before_2025.json"));
    assert_eq!(
        call.recording_url(),
        Some("https://storage.example.com/c0ffee00-mono.wav")
    );
    assert_eq!(call.transcript(), Some("AI: Hello.\nUser: Goodbye.\n"));
    assert_eq!(call.user_turns().count(), 1);
}

#[test]
fn turns_in_the_shape_of_a_chat_count_too() {
    let chat = json!([{"role": "assistant", "content": "Hello."}, {"role": "user", "content": "Hi."}]);
    let text = json!({"id": "c1", "artifact": {"messagesOpenAIFormatted": chat}}).to_string();
    assert_eq!(call(&text).user_turns().count(), 1);
}

#[test]
fn tools_that_the_assistant_called_are_found_in_either_list() {
    let function = json!({"name": "opt_out", "arguments": "{\"reason\":\"asked\"}"});
    let steps = json!([
        {"role": "user", "message": "Take me off your list.", "time": 1_774_539_806_000_i64},
        {"role": "tool_calls", "message": "", "toolCalls": [{"id": "t1", "type": "function", "function": function}]},
        {"role": "tool_call_result", "toolCallId": "t1", "name": "opt_out", "result": "noted"},
        {"role": "tool_call_result", "toolCallId": "t1", "name": "opt_out", "result": {"noted": true}},
    ]);
    let chat = json!([
        {"role": "user", "content": "Take me off your list."},
        {"role": "assistant", "content": null, "tool_calls": [{"id": "t1", "type": "function", "function": function}]},
        {"role": "tool", "content": "noted", "tool_call_id": "t1"},
    ]);
    for (artifact, results) in [
        (
            json!({"messages": steps}),
            vec![None, None, Some("noted"), Some(r#"{"noted":true}"#)],
        ),
        (json!({"messagesOpenAIFormatted": chat}), vec![None, None, None]),
    ] {
        let call = call(&json!({"id": "c1", "artifact": artifact}).to_string());
        let tools: Vec<_> = call.tool_calls().collect();
        assert_eq!(tools.len(), 1, "{artifact}");
        assert_eq!((tools[0].id.as_str(), tools[0].name.as_str()), ("t1", "opt_out"));
        assert_eq!(tools[0].arguments, json!({"reason": "asked"}));
        assert_eq!(call.user_turns().count(), 1);
        let turns = call.artifact.as_ref().unwrap().turns();
        assert_eq!(turns[2].tool_call_id.as_deref(), Some("t1"));
        let found: Vec<_> = turns.iter().map(|turn| turn.result.as_deref()).collect();
        assert_eq!(found, results);
    }
}

#[test]
fn a_turn_without_words_is_no_conversation() {
    let turns = json!([
        {"role": "user", "message": " "}, {"role": "user"}, {"role": "bot", "message": "Hello?"}, "user",
    ]);
    let text = json!({"id": "c1", "artifact": {"messages": turns}}).to_string();
    assert_eq!(call(&text).user_turns().count(), 0);
}

#[test]
fn every_place_of_our_id_counts_once() {
    for (call_json, expected) in [
        (json!({"id": "c1"}), vec![]),
        (json!({"id": "c1", "name": "a"}), vec!["a"]),
        (
            json!({"id": "c1", "name": "a", "customer": {"externalId": "b"}}),
            vec!["a", "b"],
        ),
        (
            json!({"id": "c1", "name": "a", "customer": {"externalId": "a"},
                "assistantOverrides": {"metadata": {"callId": "c"}}}),
            vec!["a", "c"],
        ),
        (
            json!({"id": "c1", "name": " ", "assistantOverrides": {"metadata": {"callId": 7}}}),
            vec![],
        ),
        (
            json!({"id": "c1", "assistantOverrides": {"metadata": "x"}}),
            vec![],
        ),
    ] {
        assert_eq!(
            call(&call_json.to_string()).correlation_ids(),
            expected,
            "{call_json}"
        );
    }
}

#[test]
fn an_odd_field_costs_that_field_only() {
    let odd = json!({
        "id": "c1", "status": 7, "endedReason": ["x"], "createdAt": {}, "cost": "0.25", "customer": [1],
        "name": null, "monitor": "none", "artifact": {"transcript": 5, "messages": {"role": "user"}},
        "analysis": {"successEvaluation": true, "summary": {}}, "startedAt": 1774539802,
        "subscriptionLimits": {"concurrencyBlocked": "yes", "concurrencyLimit": -1},
    });
    let call = call(&odd.to_string());
    assert_eq!(
        (call.status, call.ended_reason, call.created_at_ms),
        (None, None, None)
    );
    assert_eq!(call.cost_usd_micros, Some(250_000));
    assert_eq!(call.started_at_ms, Some(1_774_539_802_000));
    assert_eq!((call.customer, call.name, call.monitor), (None, None, None));
    assert_eq!(call.analysis.unwrap().success_evaluation.as_deref(), Some("true"));
    assert_eq!(call.subscription_limits.unwrap().concurrency_blocked, None);
}

#[test]
fn cost_is_read_from_its_digits() {
    for (digits, micros) in [
        ("0.285", Some(285_000)),
        ("1.0049995", Some(1_005_000)),
        ("4.5e-2", Some(45_000)),
        ("12", Some(12_000_000)),
        ("null", None),
        ("\"free\"", None),
    ] {
        let text = format!(r#"{{"id":"c1","cost":{digits}}}"#);
        assert_eq!(call(&text).cost_usd_micros(), micros, "{digits}");
    }
}
