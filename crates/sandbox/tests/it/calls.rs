//! Calls over their whole life, as the API shows them.

use crate::support::{Rig, START_MS, call};
use autolynx_sandbox::{DEFAULT_ASSISTANT_ID, DEFAULT_PHONE_NUMBER_ID, Settings};
use serde_json::{Value, json};

#[test]
fn a_created_call_echoes_the_request_and_tells_the_lines() {
    let mut rig = Rig::new();
    let created = rig.dial(&call(1, "human 30s"));
    assert_eq!(created["status"], "queued");
    assert_eq!(created["type"], "outboundPhoneCall");
    assert_eq!(created["name"], "attempt-1");
    assert_eq!(created["customer"]["externalId"], "attempt-1");
    assert_eq!(created["assistantId"], DEFAULT_ASSISTANT_ID);
    assert_eq!(created["phoneNumberId"], DEFAULT_PHONE_NUMBER_ID);
    assert_eq!(created["assistantOverrides"]["metadata"]["campaign"], "c1");
    assert_eq!(created["createdAt"], "2026-03-26T15:00:00.000Z");
    assert_eq!(created["updatedAt"], created["createdAt"]);
    assert_eq!(created["cost"], 0.0);
    let limits = json!({"concurrencyBlocked": false, "concurrencyLimit": 10, "remainingConcurrentCalls": 10});
    assert_eq!(created["subscriptionLimits"], limits);
    let id = created["id"].as_str().unwrap();
    assert_eq!(id.as_bytes()[14], b'7', "{id} is a UUIDv7");
    assert!(
        created["monitor"]["controlUrl"]
            .as_str()
            .unwrap()
            .ends_with(&format!("/call/{id}/control"))
    );
    assert!(
        created["monitor"]["listenUrl"]
            .as_str()
            .unwrap()
            .starts_with("ws://")
    );
    assert_eq!(created["transport"]["provider"], "twilio");
    assert!(created.get("endedReason").is_none() && created.get("artifact").is_none());
}

#[test]
fn a_call_moves_through_its_statuses_and_every_change_shows_in_updated_at() {
    let mut rig = Rig::new();
    let path = format!(
        "/call/{}",
        rig.dial(&call(1, "interested 45s"))["id"].as_str().unwrap()
    );
    let mut seen: Vec<(String, String)> = Vec::new();
    for _ in 0..100 {
        let now = rig.get(&path);
        let state = (
            now["status"].as_str().unwrap().to_owned(),
            now["updatedAt"].as_str().unwrap().to_owned(),
        );
        if seen.last() != Some(&state) {
            seen.push(state);
        }
        rig.pass(1_000);
    }
    let statuses: Vec<&str> = seen.iter().map(|(status, _)| status.as_str()).collect();
    assert_eq!(
        statuses,
        ["queued", "ringing", "in-progress", "ended", "ended"],
        "the last change is the analysis"
    );
    assert!(seen.windows(2).all(|pair| pair[0].1 < pair[1].1));
}

#[test]
fn an_ended_call_has_cost_transcript_recording_and_analysis() {
    let mut rig = Rig::new();
    let path = format!(
        "/call/{}",
        rig.dial(&call(1, "interested 60s"))["id"].as_str().unwrap()
    );
    rig.pass(200_000);
    let ended = rig.get(&path);
    assert_eq!(ended["status"], "ended");
    let reason = ended["endedReason"].as_str().unwrap();
    assert!(["assistant-ended-call", "customer-ended-call"].contains(&reason));
    let at = |name: &str| {
        ended[name]
            .as_str()
            .unwrap()
            .parse::<jiff::Timestamp>()
            .unwrap()
            .as_millisecond()
    };
    assert_eq!(at("endedAt") - at("startedAt"), 60_000);
    assert_eq!(ended["cost"], 0.13);
    assert_eq!(ended["costBreakdown"]["total"], 0.13);
    assert_eq!(ended["costs"].as_array().unwrap().len(), 5);
    let messages = ended["artifact"]["messages"].as_array().unwrap();
    let roles: Vec<&str> = messages
        .iter()
        .map(|message| message["role"].as_str().unwrap())
        .collect();
    assert_eq!(roles[..3], ["system", "bot", "user"]);
    assert_eq!(
        messages[1]["message"],
        "Hi Ann, this is Riley. I'm calling about Acme Roofing. Is now a good time?"
    );
    assert!(
        ended["artifact"]["transcript"]
            .as_str()
            .unwrap()
            .starts_with("AI: Hi Ann")
    );
    assert_eq!(ended["messages"], ended["artifact"]["messages"]);
    assert!(ended["artifact"]["recording"]["mono"]["combinedUrl"].is_string());
    assert_eq!(ended["analysis"]["successEvaluation"], "true");
    assert_eq!(ended["analysis"]["structuredData"]["interested"], true);
    assert!(ended["analysis"]["summary"].as_str().unwrap().contains("Ann"));
    let recording = rig.send("GET", &format!("{path}/mono-recording"), None);
    assert_eq!(recording.status, 302);
    let location = recording.headers["location"].to_str().unwrap().to_owned();
    let path = location.strip_prefix("http://127.0.0.1:8787").unwrap();
    assert_eq!(rig.send("GET", path, None).headers["content-type"], "audio/wav");
}

#[test]
fn an_unanswered_call_has_no_start_no_cost_and_no_messages() {
    let mut rig = Rig::new();
    let path = format!(
        "/call/{}",
        rig.dial(&call(1, "no-answer"))["id"].as_str().unwrap()
    );
    rig.pass(60_000);
    let ended = rig.get(&path);
    assert_eq!(ended["endedReason"], "customer-did-not-answer");
    assert_eq!(ended["cost"], 0.0);
    assert!(ended.get("startedAt").is_none());
    assert_eq!(ended["artifact"]["messages"], json!([]));
    assert_eq!(ended["analysis"], json!({}));
}

#[test]
fn only_the_name_can_be_changed() {
    let mut rig = Rig::new();
    let path = format!("/call/{}", rig.dial(&call(1, "human"))["id"].as_str().unwrap());
    let renamed = rig.send("PATCH", &path, Some(&json!({"name": "new"})));
    assert_eq!((renamed.status, &renamed.body["name"]), (200, &json!("new")));
    assert!(renamed.body["updatedAt"].as_str().unwrap() > renamed.body["createdAt"].as_str().unwrap());
    let refused = rig.send("PATCH", &path, Some(&json!({"status": "ended"})));
    assert_eq!(refused.status, 400);
    assert_eq!(
        refused.body["message"],
        json!(["property status should not exist"])
    );
    assert_eq!(
        rig.world.ledger().calls[0].our_id.as_deref(),
        Some("attempt-1"),
        "the first name stays our id"
    );
}

#[test]
fn the_control_address_ends_a_call_without_a_key() {
    let mut rig = Rig::new();
    let created = rig.dial(&call(1, "human 5m"));
    let id = created["id"].as_str().unwrap();
    rig.pass(60_000);
    let request = |body: Value| {
        http::Request::post(format!("/call/{id}/control"))
            .body(body.to_string().into())
            .unwrap()
    };
    let end = request(json!({"type": "end-call"}));
    let autolynx_sandbox::Reply::Answer(answer) = rig.world.handle(&end, rig.now_ms).reply else {
        panic!()
    };
    assert_eq!(answer.status(), 200);
    let ended = rig.get(&format!("/call/{id}"));
    assert_eq!(ended["status"], "ended");
    assert_eq!(ended["endedReason"], "manually-canceled");
    assert_eq!(rig.world.ledger().live_now, 0);
    let autolynx_sandbox::Reply::Answer(again) = rig.world.handle(&end, rig.now_ms).reply else {
        panic!()
    };
    assert_eq!(again.status(), 404);
    rig.pass(600_000);
    assert_eq!(
        rig.world.ledger().calls[0].ended_at_ms,
        Some(START_MS + 60_000),
        "it ends once"
    );
}

#[test]
fn a_call_can_be_made_to_say_something_and_end() {
    let mut rig = Rig::new();
    let id = rig.dial(&call(1, "human 5m"))["id"].as_str().unwrap().to_owned();
    rig.pass(60_000);
    let say = json!({"type": "say", "content": "We have to stop here. Goodbye.", "endCallAfterSpoken": true});
    assert_eq!(rig.post(&format!("/call/{id}/control"), &say).status, 200);
    assert_eq!(rig.get(&format!("/call/{id}"))["status"], "in-progress");
    rig.pass(10_000);
    let ended = rig.get(&format!("/call/{id}"));
    assert_eq!(ended["endedReason"], "assistant-ended-call-after-message-spoken");
    assert!(
        ended["artifact"]["transcript"]
            .as_str()
            .unwrap()
            .contains("We have to stop here.")
    );
}

#[test]
fn a_scheduled_call_waits_for_its_moment_and_for_a_line() {
    let mut rig = Rig::with(Settings {
        account_lines: 1,
        ..Settings::default()
    });
    let mut scheduled = call(1, "human 30s");
    scheduled["schedulePlan"] = json!({"earliestAt": "2026-03-26T15:10:00Z"});
    let path = format!("/call/{}", rig.dial(&scheduled)["id"].as_str().unwrap());
    assert_eq!(rig.get(&path)["status"], "scheduled");
    assert_eq!(rig.world.ledger().live_now, 0, "waiting takes no line");
    rig.pass(595_000);
    rig.dial(&call(2, "human 2m"));
    rig.pass(10_000);
    assert_eq!(rig.get(&path)["status"], "scheduled", "the only line is taken");
    rig.pass(400_000);
    assert_eq!(rig.get(&path)["status"], "ended");
    let ledger = rig.world.ledger();
    assert_eq!(ledger.peak_live, 1);
    assert!(ledger.calls[0].dialled_at_ms.unwrap() > START_MS + 600_000);
}

#[test]
fn deleting_a_scheduled_call_cancels_it_and_deleted_calls_are_gone() {
    let mut rig = Rig::new();
    let mut scheduled = call(1, "human 30s");
    scheduled["schedulePlan"] = json!({"earliestAt": "2026-03-26T16:00:00Z"});
    let path = format!("/call/{}", rig.dial(&scheduled)["id"].as_str().unwrap());
    assert_eq!(rig.send("DELETE", &path, Some(&json!({}))).status, 200);
    assert_eq!(rig.send("GET", &path, None).status, 404);
    assert_eq!(rig.get("/call"), json!([]));
    rig.pass(7_200_000);
    assert_eq!(rig.world.ledger().calls[0].dialled_at_ms, None);
}

#[test]
fn a_batch_reports_each_customer() {
    let mut rig = Rig::with(Settings {
        account_lines: 2,
        ..Settings::default()
    });
    let customer =
        |nth: usize, number: &str| json!({"number": number, "externalId": format!("attempt-{nth}")});
    let answered = rig.post(
        "/call",
        &json!({
            "assistantId": DEFAULT_ASSISTANT_ID,
            "phoneNumberId": DEFAULT_PHONE_NUMBER_ID,
            "customers": [
                customer(1, "+14155550201"),
                customer(2, "415-555-0202"),
                customer(3, "+14155550203"),
                customer(4, "+14155550204"),
            ],
        }),
    );
    assert_eq!(answered.status, 201);
    let results = answered.body["results"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    assert_eq!(results[1]["customer"]["externalId"], "attempt-3");
    let errors = answered.body["errors"].as_array().unwrap();
    assert!(errors[0]["error"].as_str().unwrap().contains("E.164"));
    assert_eq!(errors[1]["error"], "Over Concurrency Limit");
    assert_eq!(errors[1]["customer"]["externalId"], "attempt-4");
    assert_eq!(rig.world.ledger().calls_created, 2);
}

#[test]
fn an_assistant_may_be_given_in_the_request_and_overrides_win() {
    let mut rig = Rig::new();
    let mut body = call(1, "too-long");
    body.as_object_mut().unwrap().remove("assistantId");
    body["assistant"] = json!({"firstMessage": "Hello {{name}}", "maxDurationSeconds": 300});
    body["assistantOverrides"]["maxDurationSeconds"] = json!(20);
    let created = rig.dial(&body);
    assert_eq!(created["assistant"]["firstMessage"], "Hello {{name}}");
    rig.pass(200_000);
    let ended = rig.get(&format!("/call/{}", created["id"].as_str().unwrap()));
    assert_eq!(ended["endedReason"], "exceeded-max-duration");
    assert!(
        ended["artifact"]["transcript"]
            .as_str()
            .unwrap()
            .starts_with("AI: Hello Ann\n")
    );
    assert_eq!(ended["costBreakdown"]["total"], 0.043333);
}
