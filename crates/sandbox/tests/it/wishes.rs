//! People who want no more calls, or another one at their own time.

use crate::support::{Rig, call, message};
use autolynx_sandbox::{DEFAULT_ASSISTANT_ID, Faults, People, Settings};
use serde_json::{Value, json};

/// A call whose assistant is asked for both wishes afterwards.
fn asked_for(script: &str) -> Value {
    let mut body = call(1, script);
    let schema = json!({"type": "object", "properties": {
        "opt_out": {"type": "boolean"},
        "doNotCall": {"type": "boolean"},
        "callback_at": {"type": "string", "format": "date-time"},
        "budget": {"type": "number"},
    }});
    body["assistantOverrides"]["analysisPlan"] =
        json!({"structuredDataPlan": {"enabled": true, "schema": schema}});
    body
}

/// The record of a call that is over.
fn afterwards(body: &Value) -> Value {
    let mut rig = Rig::new();
    let id = rig.dial(body)["id"].as_str().unwrap().to_owned();
    rig.pass(900_000);
    rig.get(&format!("/call/{id}"))
}

#[test]
fn the_wish_is_in_the_structured_data_that_the_assistant_is_asked_for() {
    let data = |script: &str| afterwards(&asked_for(script))["analysis"]["structuredData"].clone();
    assert_eq!(data("optout 40s"), json!({"opt_out": true, "doNotCall": true}));
    assert_eq!(
        data("interested 60s"),
        json!({"opt_out": false, "doNotCall": false})
    );
    assert_eq!(
        data("callback:2026-03-27T15:30-05:00 60s"),
        json!({"opt_out": false, "doNotCall": false, "callback_at": "2026-03-27T15:30:00-05:00"})
    );
    let drawn = data("callback 60s")["callback_at"].as_str().unwrap().to_owned();
    assert!(drawn.parse::<jiff::Timestamp>().is_ok(), "{drawn}");
    assert_eq!(drawn.len(), "2026-03-27T15:30:00-05:00".len(), "{drawn}");
    assert_eq!(data("voicemail"), json!({"opt_out": false, "doNotCall": false}));
}

#[test]
fn nobody_is_told_of_a_wish_who_did_not_ask_for_structured_data() {
    let mut body = asked_for("optout 40s");
    body["assistantOverrides"]["analysisPlan"]["structuredDataPlan"]["enabled"] = json!(false);
    let record = afterwards(&body);
    assert!(record["analysis"].get("structuredData").is_none());
    assert!(
        record["analysis"]["summary"]
            .as_str()
            .unwrap()
            .contains("not to be called")
    );
}

#[test]
fn the_time_of_a_callback_is_said_as_well() {
    let record = afterwards(&asked_for("callback:2026-03-27T15:30-05:00 60s"));
    let words = "on Friday at 3:30 pm";
    assert!(record["artifact"]["transcript"].as_str().unwrap().contains(words));
    assert!(record["analysis"]["summary"].as_str().unwrap().contains(words));
}

#[test]
fn a_wish_that_was_cut_off_is_not_known_to_anybody() {
    let body = asked_for("optout 60s");
    let mut rig = Rig::new();
    let id = rig.dial(&body)["id"].as_str().unwrap().to_owned();
    while rig.world.ledger().calls[0].answered_at_ms.is_none() {
        rig.pass(500);
    }
    // Long enough for the assistant's first words and not for the person's.
    rig.pass(20_000);
    let said = rig.get(&format!("/call/{id}"));
    assert_eq!(said["status"], "in-progress");
    rig.post(
        &format!("/call/{id}/control"),
        &json!({"type": "say", "content": "One moment."}),
    );
    rig.pass(2_000);
    rig.post(&format!("/call/{id}/control"), &json!({"type": "end-call"}));
    rig.pass(60_000);
    let record = rig.get(&format!("/call/{id}"));
    let transcript = record["artifact"]["transcript"].as_str().unwrap();
    assert!(!transcript.contains("User:"), "{transcript}");
    assert_eq!(
        record["analysis"]["structuredData"],
        json!({"opt_out": false, "doNotCall": false})
    );
}

/// A call whose assistant has a tool for people who want no more calls.
fn with_tool(script: &str, subscribed: &[&str], server: Value) -> Value {
    let mut body = call(1, script);
    let parameters = json!({"type": "object", "properties": {
        "phone_number": {"type": "string"}, "reason": {"type": "string"}, "confirmed": {"type": "boolean"}}});
    let mut tool = json!({"type": "function", "function": {"name": "do_not_call", "parameters": parameters}});
    if !server.is_null() {
        tool["server"] = server;
    }
    body["assistantOverrides"]["model"] = json!({
        "provider": "openai", "model": "gpt-4o", "tools": [{"type": "endCall"}, tool],
        "messages": [{"role": "system", "content": "Be brief."}],
    });
    body["assistantOverrides"]["serverMessages"] = json!(subscribed);
    body
}

/// Lets the call happen and answers its `tool-calls` with `results(id of the tool call)`.
fn told(body: &Value, results: impl Fn(&str) -> (Option<u16>, Value)) -> (Rig, Value) {
    let mut rig = Rig::new();
    let id = rig.dial(body)["id"].as_str().unwrap().to_owned();
    let mut answered = 0;
    for _ in 0..400 {
        rig.pass(500);
        let new = rig.deliveries.split_off(answered);
        for (_, delivery) in &new {
            if delivery.kind == "tool-calls" {
                let tool_call = message(delivery)["toolCallList"][0]["id"]
                    .as_str()
                    .unwrap()
                    .to_owned();
                let (status, body) = results(&tool_call);
                rig.world
                    .answered(delivery.id, status, body.to_string().as_bytes(), rig.now_ms);
            }
        }
        rig.deliveries.extend(new);
        answered = rig.deliveries.len();
    }
    let record = rig.get(&format!("/call/{id}"));
    (rig, record)
}

fn noted(id: &str) -> (Option<u16>, Value) {
    let result = json!({"name": "do_not_call", "toolCallId": id, "result": "It is noted."});
    (Some(200), json!({"results": [result]}))
}

const WITH_TOOLS: [&str; 3] = ["status-update", "end-of-call-report", "tool-calls"];

#[test]
fn the_assistant_calls_its_tool_once_the_person_has_said_so() {
    let (rig, record) = told(&with_tool("optout 60s", &WITH_TOOLS, Value::Null), noted);
    let asked: Vec<_> = rig
        .deliveries
        .iter()
        .filter(|(_, delivery)| delivery.kind == "tool-calls")
        .collect();
    let [(asked_ms, delivery)] = asked.as_slice() else {
        panic!("{:?}", rig.kinds())
    };
    assert_eq!(delivery.url, "http://localhost/hooks/1");
    let body = message(delivery);
    let tool_call = body["toolCallList"][0].clone();
    assert_eq!(body["toolCallList"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&tool_call["type"], &tool_call["function"]["name"]),
        (&json!("function"), &json!("do_not_call"))
    );
    let arguments: Value =
        serde_json::from_str(tool_call["function"]["arguments"].as_str().unwrap()).unwrap();
    assert_eq!(
        (&arguments["phone_number"], &arguments["confirmed"]),
        (&json!("+14155550201"), &json!(true))
    );
    assert_eq!(body["call"]["id"], record["id"]);
    let with_tool = &body["toolWithToolCallList"][0];
    assert_eq!(with_tool["toolCall"], tool_call);
    assert_eq!(with_tool["function"]["parameters"]["type"], "object");

    let messages = record["artifact"]["messages"].as_array().unwrap();
    let roles: Vec<&str> = messages
        .iter()
        .map(|entry| entry["role"].as_str().unwrap())
        .collect();
    let called = roles.iter().position(|role| *role == "tool_calls").unwrap();
    assert_eq!(roles[called - 1], "user", "{roles:?}");
    assert_eq!(arguments["reason"], messages[called - 1]["message"]);
    assert_eq!(messages[called]["toolCalls"], json!([tool_call]));
    assert_eq!(messages[called]["time"], json!(asked_ms));
    let result = messages
        .iter()
        .find(|entry| entry["role"] == "tool_call_result")
        .unwrap();
    assert_eq!(
        (&result["toolCallId"], &result["name"], &result["result"]),
        (&tool_call["id"], &json!("do_not_call"), &json!("It is noted."))
    );
    let times: Vec<i64> = messages
        .iter()
        .map(|entry| entry["time"].as_i64().unwrap())
        .collect();
    assert!(times.is_sorted(), "{times:?}");
    let chat = record["artifact"]["messagesOpenAIFormatted"].as_array().unwrap();
    let of_tool: Vec<&Value> = chat
        .iter()
        .filter(|entry| entry.get("tool_calls").is_some() || entry["role"] == "tool")
        .collect();
    assert_eq!(of_tool[0]["tool_calls"], json!([tool_call]));
    assert_eq!(
        (&of_tool[0]["content"], &of_tool[1]["content"]),
        (&Value::Null, &json!("It is noted."))
    );

    let ledger = rig.world.ledger();
    let [used] = ledger.tool_calls.as_slice() else {
        panic!("{:?}", ledger.tool_calls)
    };
    assert_eq!(used.our_id.as_deref(), Some("attempt-1"));
    assert_eq!((used.name.as_str(), used.at_ms), ("do_not_call", *asked_ms));
    assert_eq!(used.answers.len(), 1);
    assert_eq!(used.answers[0].status, Some(200));
    assert_eq!(used.answers[0].result.as_deref(), Some("It is noted."));
}

#[test]
fn an_answer_that_is_none_reaches_the_assistant_as_an_error() {
    let error = |results: fn(&str) -> (Option<u16>, Value)| {
        let (rig, record) = told(&with_tool("optout 60s", &WITH_TOOLS, Value::Null), results);
        let answer = rig.world.ledger().tool_calls[0].answers[0].clone();
        let messages = record["artifact"]["messages"].as_array().unwrap();
        let result = messages
            .iter()
            .find(|entry| entry["role"] == "tool_call_result")
            .unwrap();
        assert_eq!(result["result"], json!(answer.error));
        (answer.status, answer.error.unwrap())
    };
    assert_eq!(
        error(|_| (Some(200), json!({}))),
        (Some(200), "No result returned.".to_owned())
    );
    assert_eq!(
        error(|id| (Some(200), json!({"results": [{"toolCallId": id, "error": "no"}]}))),
        (Some(200), "no".to_owned())
    );
    assert_eq!(
        error(|_| (Some(500), Value::Null)),
        (Some(500), "The server answered with status 500.".to_owned())
    );
    assert_eq!(
        error(|_| (None, Value::Null)),
        (None, "The server did not answer in time.".to_owned())
    );
}

#[test]
fn a_tool_with_a_server_of_its_own_asks_that_one_and_others_need_a_subscription() {
    let urls = |body: &Value| -> Vec<String> {
        let (rig, record) = told(body, noted);
        assert_eq!(
            rig.world.ledger().tool_calls.len(),
            1,
            "it is called all the same"
        );
        assert!(record["artifact"]["messages"].to_string().contains("tool_calls"));
        let asked = rig
            .deliveries
            .iter()
            .filter(|(_, delivery)| delivery.kind == "tool-calls");
        asked.map(|(_, delivery)| delivery.url.clone()).collect()
    };
    let few = ["status-update", "end-of-call-report"];
    let own = json!({"url": "http://tools"});
    assert_eq!(urls(&with_tool("optout 60s", &few, own)), ["http://tools"]);
    assert_eq!(
        urls(&with_tool("optout 60s", &few, Value::Null)),
        Vec::<String>::new()
    );
    let mut default = with_tool("optout 60s", &few, Value::Null);
    default["assistantOverrides"]["serverMessages"] = Value::Null;
    assert_eq!(urls(&default), ["http://localhost/hooks/1"]);
}

#[test]
fn only_people_who_want_no_more_calls_make_the_assistant_call_it() {
    for script in [
        "interested 60s",
        "callback 60s",
        "not-interested 60s",
        "voicemail",
    ] {
        let (rig, record) = told(&with_tool(script, &WITH_TOOLS, Value::Null), noted);
        assert!(rig.world.ledger().tool_calls.is_empty(), "{script}");
        assert!(!record["artifact"].to_string().contains("tool_calls"));
    }
    let mut appended = call(1, "optout 60s");
    appended["assistantOverrides"]["tools:append"] =
        json!([{"type": "function", "function": {"name": "optOut"}}]);
    appended["assistantOverrides"]["serverMessages"] = json!(WITH_TOOLS);
    let (rig, _) = told(&appended, noted);
    assert_eq!(rig.world.ledger().tool_calls[0].arguments, "{}");
}

#[test]
fn tool_calls_are_webhooks_with_the_faults_of_webhooks() {
    let counts = |set: fn(&mut Faults)| {
        let mut faults = Faults::none();
        set(&mut faults);
        let mut rig = Rig::with(Settings {
            faults,
            ..Settings::default()
        });
        rig.dial(&with_tool("optout 60s", &["tool-calls"], Value::Null));
        rig.pass(300_000);
        rig.deliveries.len()
    };
    assert_eq!(counts(|_| ()), 1);
    assert_eq!(counts(|faults| faults.webhook_lost = 1.0), 0);
    assert_eq!(counts(|faults| faults.webhook_duplicated = 1.0), 2);
}

#[test]
fn scripts_may_differ_from_attempt_to_attempt() {
    let mut rig = Rig::new();
    for nth in 0..4 {
        let mut body = call(nth, "no-answer then busy then human 45s");
        body["customer"]["number"] = json!("+14155550222");
        rig.dial(&body);
        rig.pass(120_000);
    }
    let reasons: Vec<_> = rig
        .world
        .ledger()
        .calls
        .into_iter()
        .map(|call| (call.answered_at_ms.is_some(), call.ended_reason.unwrap()))
        .collect();
    assert_eq!(reasons[0], (false, "customer-did-not-answer".to_owned()));
    assert_eq!(reasons[1], (false, "customer-busy".to_owned()));
    assert!(reasons[2].0 && reasons[3].0, "{reasons:?}");
}

#[test]
fn whether_somebody_answers_is_drawn_for_each_attempt_unless_numbers_last() {
    let answered = |lasting: f64, seed: u64| {
        let people = People {
            lasting,
            human: 0.5,
            no_answer: 0.5,
            voicemail: 0.0,
            busy: 0.0,
            rejected: 0.0,
            invalid: 0.0,
            failed: 0.0,
            ..People::default()
        };
        let mut rig = Rig::with(Settings {
            account_lines: 1_000,
            seed,
            people,
            ..Settings::default()
        });
        for attempt in 0..3 {
            for person in 0..60 {
                let mut body = call(attempt * 100 + person, "");
                body["customer"]["number"] = json!(format!("+1415555{person:04}"));
                rig.dial(&body);
            }
        }
        rig.pass(3_600_000);
        let mut by_number = std::collections::BTreeMap::<String, Vec<bool>>::new();
        for call in rig.world.ledger().calls {
            let answers = by_number.entry(call.number).or_default();
            answers.push(call.answered_at_ms.is_some());
        }
        by_number.into_values().collect::<Vec<_>>()
    };
    let drawn = answered(0.0, 1);
    let late = drawn.iter().filter(|answers| !answers[0] && answers[1]).count();
    assert!((5..30).contains(&late), "{late} answered only the second time");
    assert_eq!(drawn, answered(0.0, 1), "the same seed, the same people");
    let lasting = answered(1.0, 1);
    assert!(
        lasting
            .iter()
            .all(|answers| answers.iter().all(|answer| *answer == answers[0]))
    );
    let there = lasting.iter().filter(|answers| answers[0]).count();
    assert!((15..45).contains(&there), "{there}");
}

#[test]
fn the_assistant_from_the_start_is_asked_for_both_wishes() {
    let mut rig = Rig::new();
    let assistant = rig.get(&format!("/assistant/{DEFAULT_ASSISTANT_ID}"));
    let properties = &assistant["analysisPlan"]["structuredDataPlan"]["schema"]["properties"];
    assert_eq!(properties["do_not_call"]["type"], "boolean");
    assert_eq!(properties["callback_at"]["format"], "date-time");
}
