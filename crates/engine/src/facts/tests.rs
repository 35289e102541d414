//! Guarantee *every no is heard*: a wish not to be called again, at every place where the provider writes one.

use serde_json::{Value, json};

use super::*;

const ID: &str = "550e8400-e29b-41d4-a716-446655440001";

/// What an author's extraction may have found.
fn findings() -> Vec<Value> {
    vec![
        json!({"do_not_call": true}),
        json!({"doNotCall": "yes", "notes": "angry"}),
        json!({"wishes": {"opt_out": true}}),
        json!({"disposition": "do_not_call"}),
    ]
}

/// Tool calls by which an assistant tells it, in every shape that is documented or seen.
fn tool_calls() -> Vec<Value> {
    vec![
        json!({"id": "t1", "type": "function", "function": {"name": "do_not_call", "arguments": "{}"}}),
        json!({"id": "t1", "type": "function", "function": {"name": "do_not_call", "parameters": {}}}),
        json!({"id": "t1", "name": "do_not_call", "arguments": {}}),
    ]
}

/// Where findings stand in a report or a record: as `analysis` and `artifact`.
fn found_at(found: &Value) -> Vec<(&'static str, Value)> {
    let unrelated = json!({"interest": "high"});
    vec![
        ("structuredData", json!({"analysis": {"structuredData": found}})),
        (
            "structuredData as text",
            json!({"analysis": {"structuredData": found.to_string()}}),
        ),
        (
            "structuredDataMulti",
            json!({"analysis": {"structuredData": {}, "structuredDataMulti": [unrelated, found]}}),
        ),
        (
            "structuredDataMulti beside other data",
            json!({"analysis": {"structuredData": unrelated, "structuredDataMulti": [found]}}),
        ),
        (
            "an output without an analysis",
            json!({"artifact": {"structuredOutputs": {ID: {"name": "call", "result": found}}}}),
        ),
        (
            "an output beside an empty analysis",
            json!({"analysis": {}, "artifact": {"structuredOutputs": {ID: {"name": "call", "result": found}}}}),
        ),
        (
            "an output beside no analysis",
            json!({"analysis": null, "artifact": {"structuredOutputs": {ID: {"name": "call", "result": found}}}}),
        ),
        (
            "an output beside empty data",
            json!({"analysis": {"structuredData": {}}, "artifact": {"structuredOutputs": {ID: {"name": "call", "result": found}}}}),
        ),
        (
            "an output beside other data",
            json!({"analysis": {"structuredData": unrelated}, "artifact": {"structuredOutputs": {ID: {"name": "call", "result": found}}}}),
        ),
        (
            "an output as text",
            json!({"artifact": {"structuredOutputs": {ID: {"name": "call", "result": found.to_string()}}}}),
        ),
        (
            "an output named for it",
            json!({"analysis": {}, "artifact": {"structuredOutputs": {ID: {"name": "do_not_call", "result": true}}}}),
        ),
    ]
}

/// Where tool calls stand in the conversation of a report or a record.
fn used_at(call: &Value) -> Vec<(&'static str, Value)> {
    let said = json!({"role": "user", "message": "Take me off your list."});
    let turn = json!({"role": "tool_calls", "toolCalls": [call]});
    let chat = json!({"role": "assistant", "tool_calls": [call]});
    vec![
        ("messages", json!({"artifact": {"messages": [said, turn]}})),
        (
            "messagesOpenAIFormatted",
            json!({"artifact": {"messagesOpenAIFormatted": [chat]}}),
        ),
        (
            "messagesOpenAIFormatted beside messages",
            json!({"artifact": {"messages": [said], "messagesOpenAIFormatted": [chat]}}),
        ),
        ("messages of the record", json!({"messages": [said, turn]})),
    ]
}

fn with(mut base: Value, more: &Value) -> Value {
    let (Value::Object(base_fields), Value::Object(more)) = (&mut base, more) else {
        return base;
    };
    base_fields.extend(more.clone());
    base
}

fn message(fields: &Value) -> Fact {
    let body = json!({ "message": with(json!({"timestamp": 1, "call": {"id": "p1"}}), fields) });
    let message = ServerMessage::parse(body.to_string().as_bytes()).unwrap();
    fact_of_message(message, UtcMs(5)).unwrap()
}

fn record(fields: &Value) -> Fact {
    let call = with(json!({"id": "p1", "status": "ended"}), fields);
    let raw = Raw::<Call>::parse(call.to_string().as_bytes()).unwrap();
    fact_of_call(&raw, Source::Poll, "poll", UtcMs(5))
}

fn hears(fact: &Fact) -> bool {
    fact.says.details.opted_out
}

#[test]
fn a_finding_is_heard_at_every_place_of_reports_and_records() {
    for found in findings() {
        for (place, fields) in found_at(&found) {
            let report = with(
                json!({"type": "end-of-call-report", "endedReason": "customer-ended-call"}),
                &fields,
            );
            assert!(hears(&message(&report)), "report, {place}: {found}");
            let embedded = json!({"type": "end-of-call-report", "call": with(json!({"id": "p1"}), &fields)});
            assert!(
                hears(&message(&embedded)),
                "the record in a report, {place}: {found}"
            );
            let update = with(json!({"type": "status-update", "status": "ended"}), &fields);
            assert!(hears(&message(&update)), "status update, {place}: {found}");
            assert!(hears(&record(&fields)), "polled record, {place}: {found}");
        }
    }
}

#[test]
fn a_tool_call_is_heard_at_every_place_and_in_every_shape() {
    for call in tool_calls() {
        for (place, fields) in used_at(&call) {
            let report = with(json!({"type": "end-of-call-report"}), &fields);
            assert!(hears(&message(&report)), "report, {place}: {call}");
            assert!(hears(&record(&fields)), "polled record, {place}: {call}");
        }
        for (place, fields) in [
            ("toolCallList", json!({"toolCallList": [call]})),
            ("toolCalls", json!({"toolCalls": [call]})),
            (
                "toolWithToolCallList",
                json!({"toolWithToolCallList": [{"type": "function", "toolCall": call}]}),
            ),
            (
                "toolWithToolCallList beside another call",
                json!({
                    "toolCallList": [{"id": "t0", "function": {"name": "look_up", "arguments": "{}"}}],
                    "toolWithToolCallList": [{"type": "function", "toolCall": call}],
                }),
            ),
            (
                "the name with the tool",
                json!({"toolWithToolCallList": [
                    {"type": "function", "function": {"name": "do_not_call"}, "toolCall": {"id": "t1"}},
                ]}),
            ),
            (
                "conversation",
                json!({"messages": [{"role": "tool_calls", "toolCalls": [call]}]}),
            ),
        ] {
            let asked = with(json!({"type": "tool-calls"}), &fields);
            assert!(hears(&message(&asked)), "{place}: {call}");
        }
        let old = json!({"type": "function-call", "functionCall": {"name": "do_not_call", "parameters": {}}});
        assert!(hears(&message(&old)));
    }
}

#[test]
fn what_is_no_wish_is_not_heard() {
    for found in [
        json!({"do_not_call": false}),
        json!({"opt_out_offered": true}),
        json!({"interest": "high"}),
        json!({}),
    ] {
        for (place, fields) in found_at(&found) {
            if place == "an output named for it" {
                continue;
            }
            assert!(!hears(&record(&fields)), "{place}: {found}");
        }
    }
    let look = json!({"id": "t1", "function": {"name": "check_do_not_call", "arguments": "{}"}});
    for (place, fields) in used_at(&look) {
        assert!(!hears(&record(&fields)), "{place}");
    }
}

#[test]
fn what_was_found_in_several_places_is_kept_together() {
    let fact = record(&json!({
        "analysis": {"structuredData": {"interest": "high"}, "structuredDataMulti": []},
        "artifact": {"structuredOutputs": {ID: {"name": "score", "result": 7}}},
    }));
    let kept: Value = serde_json::from_str(fact.says.details.structured_json.as_deref().unwrap()).unwrap();
    assert_eq!(
        kept,
        json!({"interest": "high", ID: {"name": "score", "result": 7}})
    );
    let empty = record(&json!({"analysis": {"structuredData": {}}}));
    assert_eq!(empty.says.details.structured_json, None);
    let outputs = record(
        &json!({"analysis": {}, "artifact": {"structuredOutputs": {ID: {"name": "do_not_call", "result": true}}}}),
    );
    assert!(
        outputs
            .says
            .details
            .structured_json
            .unwrap()
            .contains("do_not_call")
    );
}
