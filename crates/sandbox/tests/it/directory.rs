//! Assistants and telephone numbers.

use crate::support::Rig;
use autolynx_sandbox::{
    DEFAULT_ASSISTANT_ID, DEFAULT_PHONE_NUMBER_ID, SECOND_ASSISTANT_ID, SECOND_PHONE_NUMBER_ID,
};
use serde_json::json;

#[test]
fn two_assistants_and_two_numbers_are_there_from_the_start() {
    let mut rig = Rig::new();
    let ids = |list: serde_json::Value| -> Vec<String> {
        list.as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["id"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        ids(rig.get("/assistant")),
        [SECOND_ASSISTANT_ID, DEFAULT_ASSISTANT_ID]
    );
    assert_eq!(
        ids(rig.get("/phone-number")),
        [SECOND_PHONE_NUMBER_ID, DEFAULT_PHONE_NUMBER_ID]
    );
    let number = rig.get(&format!("/phone-number/{DEFAULT_PHONE_NUMBER_ID}"));
    assert_eq!(
        (&number["provider"], &number["status"]),
        (&json!("twilio"), &json!("active"))
    );
    assert!(
        number["twilioAuthToken"].is_string(),
        "the provider may give secrets back"
    );
}

#[test]
fn an_assistant_can_be_made_changed_and_deleted() {
    let mut rig = Rig::new();
    let made = rig.post(
        "/assistant",
        &json!({"name": "Nina", "firstMessage": "Hi", "voicemailMessage": null}),
    );
    assert_eq!(made.status, 201);
    assert!(made.body.get("voicemailMessage").is_none());
    let path = format!("/assistant/{}", made.body["id"].as_str().unwrap());
    rig.pass(1_000);
    let change = json!({"firstMessage": "Hello", "voice": {"provider": "11labs", "voiceId": "mark"}});
    let changed = rig.send("PATCH", &path, Some(&change));
    assert_eq!(changed.status, 200);
    assert_eq!(
        (&changed.body["name"], &changed.body["firstMessage"]),
        (&json!("Nina"), &json!("Hello"))
    );
    assert!(changed.body["updatedAt"].as_str() > changed.body["createdAt"].as_str());
    assert_eq!(rig.get(&path), changed.body);
    assert_eq!(rig.get("/assistant?limit=1")[0]["name"], "Nina");
    assert_eq!(
        rig.get("/assistant?createdAtLt=2026-03-01T00:00:00Z")
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(rig.send("DELETE", &path, None).status, 200);
    assert_eq!(rig.send("GET", &path, None).status, 404);
}

#[test]
fn an_assistant_needs_nothing_but_takes_nothing_unknown() {
    let mut rig = Rig::new();
    assert_eq!(rig.post("/assistant", &json!({})).status, 201);
    for body in [
        json!({"model": "gpt-4"}),
        json!({"systemPrompt": "You are…"}),
        json!({"recordingEnabled": true}),
        json!({"maxDurationSeconds": 5}),
        json!({"voice": {"provider": "11labs"}}),
    ] {
        assert_eq!(rig.post("/assistant", &body).status, 400, "{body}");
    }
}

#[test]
fn numbers_can_be_added() {
    let mut rig = Rig::new();
    let body = json!({"provider": "twilio", "number": "+14155550177", "twilioAccountSid": "AC1"});
    let added = rig.post("/phone-number", &body);
    assert_eq!(added.status, 201);
    assert_eq!(rig.get("/phone-number")[0], added.body);
    assert_eq!(
        rig.post("/phone-number", &json!({"provider": "pigeon"})).status,
        400
    );
}
