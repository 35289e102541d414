//! Changes of assistants: what goes wrong with them, what the ledger says of them, what calls make of them.

use crate::support::{Rig, START_MS, call};
use autolynx_sandbox::{
    DEFAULT_ASSISTANT_ID, ErrorShape, Faults, LedgerAssistants, Reply, SECOND_ASSISTANT_ID, Settings, Span,
};
use serde_json::{Value, json};

/// The ways to change an assistant: method, path and body.
fn changes() -> [(&'static str, String, Option<Value>); 3] {
    let path = format!("/assistant/{DEFAULT_ASSISTANT_ID}");
    [
        ("POST", "/assistant".to_owned(), Some(json!({"name": "Nina"}))),
        ("PATCH", path.clone(), Some(json!({"firstMessage": "Hello"}))),
        ("DELETE", path, None),
    ]
}

fn rig(faults: Faults) -> Rig {
    Rig::with(Settings {
        faults,
        ..Settings::default()
    })
}

fn assistants(rig: &Rig) -> LedgerAssistants {
    rig.world.ledger().assistants
}

fn done(rig: &Rig) -> u64 {
    let assistants = assistants(rig);
    assistants.created + assistants.changed + assistants.deleted
}

fn listed(rig: &mut Rig, name: &str) -> usize {
    let list = rig.get("/assistant");
    let named = |entry: &&Value| entry["name"] == name;
    list.as_array().unwrap().iter().filter(named).count()
}

fn calling(assistant: &Value, script: &str) -> Value {
    let mut body = call(1, script);
    body["assistantId"] = assistant["id"].clone();
    body
}

#[test]
fn errors_and_dropped_connections_come_before_or_after_the_act() {
    type Set = fn(&mut Faults);
    let cases: [(&str, Set, Option<[u16; 3]>, u64); 4] = [
        (
            "assistant_error_before_acting",
            |faults| faults.assistant_error_before_acting = 1.0,
            Some([500, 502, 503]),
            0,
        ),
        (
            "assistant_error_after_acting",
            |faults| faults.assistant_error_after_acting = 1.0,
            Some([500, 502, 504]),
            1,
        ),
        (
            "assistant_hang_up_before_acting",
            |faults| faults.assistant_hang_up_before_acting = 1.0,
            None,
            0,
        ),
        (
            "assistant_hang_up_after_acting",
            |faults| faults.assistant_hang_up_after_acting = 1.0,
            None,
            1,
        ),
    ];
    for (fault, set, statuses, acted) in cases {
        for (method, path, body) in changes() {
            let mut faults = Faults::none();
            set(&mut faults);
            let mut rig = rig(faults);
            match (rig.handle(method, &path, body.as_ref()).reply, statuses) {
                (Reply::Answer(response), Some(statuses)) => {
                    assert!(statuses.contains(&response.status().as_u16()), "{fault} {method}");
                }
                (Reply::HangUp, None) => {}
                other => panic!("{fault} {method}: {other:?}"),
            }
            assert_eq!(done(&rig), acted, "{fault} {method}");
            assert_eq!(rig.world.ledger().faults[fault], 1, "{method}");
        }
    }
}

#[test]
fn what_is_refused_anyway_is_not_done_and_not_hidden_by_a_fault_after_the_act() {
    let mut rig = rig(Faults {
        assistant_error_after_acting: 1.0,
        assistant_hang_up_after_acting: 1.0,
        ..Faults::none()
    });
    let refused = rig.post("/assistant", &json!({"systemPrompt": "x"}));
    assert_eq!((refused.status, done(&rig)), (400, 0));
    assert!(rig.world.ledger().faults.is_empty());
}

#[test]
fn faults_of_assistants_leave_everything_else_alone() {
    let every = Faults {
        assistant_error_before_acting: 1.0,
        assistant_error_after_acting: 1.0,
        assistant_hang_up_before_acting: 1.0,
        assistant_hang_up_after_acting: 1.0,
        assistant_late_acting: 1.0,
        ..Faults::harsh()
    };
    let calls = |faults: Faults| {
        let mut rig = rig(faults);
        let mut answers = Vec::new();
        for nth in 0..20 {
            for (method, path, body) in [
                ("POST", "/call", Some(call(nth, ""))),
                ("GET", "/assistant", None),
            ] {
                answers.push(match rig.handle(method, path, body.as_ref()).reply {
                    Reply::Answer(response) => format!("{response:?}"),
                    other => format!("{other:?}"),
                });
            }
            rig.pass(30_000);
        }
        (answers, rig.world.ledger().calls)
    };
    assert_eq!(calls(every), calls(Faults::harsh()));
}

#[test]
fn changes_of_one_assistant_do_not_shift_the_luck_of_another_or_of_calls() {
    let half = Faults {
        assistant_error_before_acting: 0.5,
        error_before_acting: 0.5,
        ..Faults::none()
    };
    let second = format!("/assistant/{SECOND_ASSISTANT_ID}");
    let story = |with_others: bool| {
        let mut rig = rig(half.clone());
        let mut statuses = Vec::new();
        for nth in 0..20 {
            if with_others {
                for (method, path, body) in changes() {
                    rig.handle(method, &path, body.as_ref());
                }
            }
            statuses.push(
                rig.send("PATCH", &second, Some(&json!({"metadata": {"nth": nth}})))
                    .status,
            );
            statuses.push(
                rig.post("/call", &calling(&json!({"id": SECOND_ASSISTANT_ID}), "busy"))
                    .status,
            );
            rig.pass(60_000);
        }
        statuses
    };
    assert!(story(false).contains(&200) && story(false).contains(&201));
    assert_eq!(story(false), story(true));
}

#[test]
fn a_change_may_be_done_long_after_its_connection_dropped() {
    for (method, path, body) in changes() {
        let mut rig = rig(Faults {
            assistant_late_acting: 1.0,
            assistant_late_acting_ms: Span::new(20_000, 20_000),
            ..Faults::none()
        });
        let before = rig.get("/assistant");
        assert!(matches!(
            rig.handle(method, &path, body.as_ref()).reply,
            Reply::HangUp
        ));
        assert_eq!(rig.world.next_due_ms(), Some(START_MS + 20_000));
        rig.pass(19_999);
        assert_eq!(
            (rig.get("/assistant"), done(&rig)),
            (before.clone(), 0),
            "{method}"
        );
        rig.pass(1);
        assert_ne!(rig.get("/assistant"), before, "{method}");
        assert_eq!(done(&rig), 1, "{method}");
        assert_eq!(rig.world.ledger().faults["assistant_late_acting"], 1);
    }
}

#[test]
fn a_late_change_happens_whenever_the_world_is_next_told_the_time() {
    let mut rig = rig(Faults {
        assistant_late_acting: 1.0,
        assistant_late_acting_ms: Span::new(20_000, 20_000),
        ..Faults::none()
    });
    rig.handle("POST", "/assistant", Some(&json!({"name": "Nina"})));
    rig.world.set_faults(Faults::none());
    // Nobody asks for what is due; the request itself comes after it.
    rig.now_ms += 3_600_000;
    assert_eq!(rig.get("/assistant?limit=1")[0]["name"], "Nina");
    let nina = assistants(&rig).list.pop().unwrap();
    assert_eq!(nina.created_ms, START_MS + 20_000);
}

#[test]
fn a_late_change_may_come_to_nothing_and_a_wrong_key_is_refused_at_once() {
    let mut rig = rig(Faults {
        assistant_late_acting: 1.0,
        assistant_late_acting_ms: Span::new(20_000, 20_000),
        ..Faults::none()
    });
    let path = format!("/assistant/{DEFAULT_ASSISTANT_ID}");
    rig.handle("PATCH", &path, Some(&json!({"name": "Rita"})));
    rig.world.set_faults(Faults::none());
    assert_eq!(rig.send("DELETE", &path, None).status, 200);
    rig.pass(60_000);
    let assistants = assistants(&rig);
    assert_eq!((assistants.changed, assistants.deleted), (0, 1));
    rig.world.set_faults(Faults {
        assistant_late_acting: 1.0,
        ..Faults::none()
    });
    let stranger = http::Request::post("/assistant").body("{}".into()).unwrap();
    let Reply::Answer(response) = rig.world.handle(&stranger, rig.now_ms).reply else {
        panic!()
    };
    assert_eq!(response.status(), 401);
}

#[test]
fn a_list_may_learn_of_an_assistant_late() {
    let mut rig = rig(Faults {
        assistant_list_lag: 1.0,
        assistant_list_lag_ms: Span::new(30_000, 30_000),
        ..Faults::none()
    });
    let made = rig.post("/assistant", &json!({"name": "Nina"})).body;
    rig.pass(29_999);
    assert_eq!(listed(&mut rig, "Nina"), 0);
    let path = format!("/assistant/{}", made["id"].as_str().unwrap());
    assert_eq!(rig.get(&path), made);
    assert_eq!(rig.post("/call", &calling(&made, "busy")).status, 201);
    rig.pass(1);
    assert_eq!(listed(&mut rig, "Nina"), 1);
}

#[test]
fn the_ledger_knows_every_assistant_that_ever_was() {
    let mut rig = Rig::new();
    rig.pass(1_000);
    let made = rig
        .post("/assistant", &json!({"name": "Nina", "metadata": {"ours": "a1"}}))
        .body;
    let path = format!("/assistant/{}", made["id"].as_str().unwrap());
    rig.pass(1_000);
    rig.send("PATCH", &path, Some(&json!({"name": "Nora"})));
    rig.send("PATCH", &path, Some(&json!({"unknown": 1})));
    rig.pass(1_000);
    rig.send("DELETE", &path, None);
    rig.send("DELETE", &path, None);
    let ledger = rig.get("/sandbox/ledger");
    let told = &ledger["assistants"];
    assert_eq!(
        (&told["created"], &told["changed"], &told["deleted"]),
        (&json!(1), &json!(1), &json!(1))
    );
    let ids: Vec<&Value> = told["list"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| &entry["id"])
        .collect();
    assert_eq!(
        ids,
        [
            DEFAULT_ASSISTANT_ID,
            SECOND_ASSISTANT_ID,
            made["id"].as_str().unwrap()
        ]
    );
    assert_eq!(
        told["list"][2],
        json!({
            "id": made["id"],
            "name": "Nora",
            "metadata": {"ours": "a1"},
            "created_ms": START_MS + 1_000,
            "updated_ms": START_MS + 2_000,
            "deleted_ms": START_MS + 3_000,
            "changes": 1,
        })
    );
    assert_eq!(
        (&told["list"][0]["changes"], &told["list"][0]["deleted_ms"]),
        (&json!(0), &Value::Null)
    );
    let short = rig.get("/sandbox/ledger?calls=false");
    assert_eq!(
        short["assistants"],
        json!({"created": 1, "changed": 1, "deleted": 1, "list": [], "calls": {}})
    );
}

#[test]
fn the_ledger_says_with_which_state_of_an_assistant_a_call_was_made() {
    let mut rig = Rig::new();
    let path = format!("/assistant/{DEFAULT_ASSISTANT_ID}");
    let before = rig.dial(&call(1, "busy"));
    rig.pass(1_000);
    rig.send("PATCH", &path, Some(&json!({"firstMessage": "Hello"})));
    rig.pass(1_000);
    let after = rig.dial(&call(2, "busy"));
    let mut transient = call(3, "busy");
    transient.as_object_mut().unwrap().remove("assistantId");
    transient["assistant"] = json!({"firstMessage": "Hi"});
    rig.dial(&transient);
    let assistants = assistants(&rig);
    let updated_ms = |call: &Value| {
        let called_with = &assistants.calls[call["id"].as_str().unwrap()];
        assert_eq!(called_with.assistant_id, DEFAULT_ASSISTANT_ID);
        called_with.updated_ms
    };
    assert_eq!(updated_ms(&before), assistants.list[0].created_ms);
    assert_eq!(updated_ms(&after), START_MS + 1_000);
    assert_eq!(assistants.calls.len(), 2);
}

#[test]
fn a_patch_takes_what_a_post_takes_and_null_removes() {
    let mut rig = Rig::new();
    let path = format!("/assistant/{DEFAULT_ASSISTANT_ID}");
    let changed = rig.send(
        "PATCH",
        &path,
        Some(&json!({"voicemailMessage": null, "endCallPhrases": null})),
    );
    assert_eq!(changed.status, 200);
    assert!(changed.body.get("voicemailMessage").is_none());
    assert_eq!(changed.body["firstMessage"], rig.get(&path)["firstMessage"]);
    let wrong = json!({
        "silenceTimeoutSeconds": 30,
        "id": DEFAULT_ASSISTANT_ID,
        "name": "x".repeat(41),
        "model": {"provider": "openai", "model": "gpt-4o", "temperature": 3},
        "hooks": [{"on": "customer.speech.timeout", "do": [], "options": {"timeoutSeconds": 1_001}}],
    });
    let before = rig.get(&path);
    for (method, path) in [("POST", "/assistant"), ("PATCH", path.as_str())] {
        let refused = rig.send(method, path, Some(&wrong));
        assert_eq!(refused.status, 400);
        assert_eq!(
            refused.body["message"],
            json!([
                "hooks.0.options.timeoutSeconds must not be greater than 1000",
                "property id should not exist",
                "model.temperature must not be greater than 2",
                "name must be shorter than or equal to 40 characters",
                "property silenceTimeoutSeconds should not exist",
            ])
        );
        assert!(refused.body.get("errors").is_none());
    }
    assert_eq!(rig.get(&path), before);
}

#[test]
fn the_newer_error_shape_points_into_the_assistant() {
    let mut rig = Rig::with(Settings {
        error_shape: ErrorShape::Problem,
        ..Settings::default()
    });
    let path = format!("/assistant/{DEFAULT_ASSISTANT_ID}");
    let wrong = json!({"systemPrompt": "x", "analysisPlan": {"summaryPlan": {"timeoutSeconds": 61}}});
    let refused = rig.send("PATCH", &path, Some(&wrong));
    assert_eq!(refused.body["code"], "VALIDATION_FAILED");
    let messages: Vec<&Value> = refused.body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| &error["message"])
        .collect();
    assert_eq!(json!(messages), refused.body["message"]);
    assert_eq!(
        refused.body["errors"],
        json!([
            {
                "code": "OUT_OF_RANGE",
                "message": "analysisPlan.summaryPlan.timeoutSeconds must not be greater than 60",
                "pointer": "/body/analysisPlan/summaryPlan/timeoutSeconds",
            },
            {"code": "FIELD_NOT_ALLOWED", "message": "property systemPrompt should not exist", "pointer": "/body/systemPrompt"},
        ])
    );
}

#[test]
fn a_deleted_assistant_makes_no_more_calls() {
    let mut rig = Rig::new();
    let made = rig.post("/assistant", &json!({"name": "Nina"})).body;
    let id = made["id"].as_str().unwrap();
    let mut scheduled = calling(&made, "busy");
    scheduled["schedulePlan"] = json!({"earliestAt": "2026-03-26T16:00:00Z"});
    let waiting = rig.dial(&scheduled);
    let live = rig.dial(&calling(&made, "human 60s"));
    assert_eq!(rig.send("DELETE", &format!("/assistant/{id}"), None).status, 200);
    let refused = rig.post("/call", &calling(&made, "busy"));
    assert_eq!(
        (refused.status, &refused.body["message"]),
        (
            400,
            &json!(format!(
                "Couldn't Get Assistant. `assistantId` {id} Does Not Exist."
            ))
        )
    );
    rig.pass(7_200_000);
    let reason = |rig: &mut Rig, call: &Value| {
        rig.get(&format!("/call/{}", call["id"].as_str().unwrap()))["endedReason"].clone()
    };
    assert_eq!(reason(&mut rig, &waiting), "call.start.error-get-assistant");
    assert!(reason(&mut rig, &live).as_str().unwrap().ends_with("-ended-call"));
}

/// The record of a call that the script decides, with an assistant of that configuration.
fn called(config: &Value, script: &str) -> Value {
    let mut rig = Rig::new();
    let made = rig.post("/assistant", config);
    assert_eq!(made.status, 201, "{made:?}");
    let id = rig.dial(&calling(&made.body, script))["id"]
        .as_str()
        .unwrap()
        .to_owned();
    rig.pass(7_200_000);
    rig.get(&format!("/call/{id}"))
}

fn spoken_by_the_assistant(record: &Value) -> Vec<&str> {
    let messages = record["messages"].as_array().unwrap().iter();
    messages
        .filter(|message| message["role"] == "bot")
        .map(|message| message["message"].as_str().unwrap())
        .collect()
}

fn talk_ms(record: &Value) -> i64 {
    let ms = |name: &str| {
        let moment: jiff::Timestamp = record[name].as_str().unwrap().parse().unwrap();
        moment.as_millisecond()
    };
    ms("endedAt") - ms("startedAt")
}

#[test]
fn calls_say_what_their_assistant_is_told_to_say() {
    let config = json!({"firstMessage": "Hi {{name}}.", "voicemailMessage": "Call back.", "endCallMessage": "Bye now."});
    let record = called(&config, "interested 60s");
    let said = spoken_by_the_assistant(&record);
    assert_eq!((said.first(), said.last()), (Some(&"Hi Ann."), Some(&"Bye now.")));
    assert_eq!(
        spoken_by_the_assistant(&called(&config, "voicemail")),
        ["Call back."]
    );
    let silent = json!({"firstMessage": "Hi {{name}}."});
    assert!(spoken_by_the_assistant(&called(&silent, "voicemail")).is_empty());
}

#[test]
fn calls_last_no_longer_than_their_assistant_may_talk() {
    let record = called(&json!({"maxDurationSeconds": 30}), "too-long");
    assert_eq!(talk_ms(&record), 30_000);
    assert_eq!(record["endedReason"], "exceeded-max-duration");
}

#[test]
fn calls_are_recorded_unless_their_assistant_says_no() {
    let recorded = |config: Value| {
        let record = called(&config, "interested 60s");
        assert!(
            record["artifact"]["transcript"]
                .as_str()
                .unwrap()
                .contains("AI: ")
        );
        let artifact = record["artifact"].as_object().unwrap();
        let names = [
            "recording",
            "recordingUrl",
            "stereoRecordingUrl",
            "presignedMonoUrl",
        ];
        names.map(|name| artifact.contains_key(name))
    };
    assert_eq!(recorded(json!({})), [true; 4]);
    assert_eq!(
        recorded(json!({"artifactPlan": {"recordingEnabled": false}})),
        [false; 4]
    );
}

#[test]
fn a_hook_ends_a_call_in_which_nobody_speaks() {
    let hook = |seconds: u32, action: Value| json!({"on": "customer.speech.timeout", "options": {"timeoutSeconds": seconds}, "do": [action]});
    let say = json!({"type": "say", "exact": "Still there?"});
    let end = json!({"type": "tool", "tool": {"type": "endCall"}});
    let config =
        json!({"firstMessage": "Hi.", "hooks": [hook(5, say.clone()), hook(90, end.clone()), hook(40, end)]});
    let record = called(&config, "silent");
    assert_eq!(record["endedReason"], "silence-timed-out");
    assert!(
        (40_000..43_000).contains(&talk_ms(&record)),
        "{}",
        talk_ms(&record)
    );
    assert_eq!(
        talk_ms(&called(&config, "silent 20s")),
        20_000,
        "a script has the last word"
    );
    assert_eq!(talk_ms(&called(&config, "interested 60s")), 60_000);
    let without = called(
        &json!({"firstMessage": "Hi.", "hooks": [hook(40, say)]}),
        "silent",
    );
    assert_eq!(
        talk_ms(&without),
        talk_ms(&called(&json!({"firstMessage": "Hi."}), "silent"))
    );
}
