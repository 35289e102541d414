//! Telephone numbers from which no calls can be made.

use crate::support::{Rig, call};
use autolynx_sandbox::{DEFAULT_PHONE_NUMBER_ID, NumberStatus, SECOND_PHONE_NUMBER_ID};
use serde_json::{Value, json};

fn turn(rig: &mut Rig, id: &str, body: &Value) -> (u16, Value) {
    let answered = rig.post(&format!("/sandbox/phone-numbers/{id}"), body);
    (answered.status, answered.body)
}

#[test]
fn a_number_can_be_blocked_and_freed_again() {
    let mut rig = Rig::new();
    let path = format!("/phone-number/{DEFAULT_PHONE_NUMBER_ID}");
    let before = rig.get(&path);
    for (status, word) in [("blocked", "Blocked"), ("activating", "Activating")] {
        let turned = turn(&mut rig, DEFAULT_PHONE_NUMBER_ID, &json!({"status": status}));
        assert_eq!(
            turned,
            (200, json!({"id": DEFAULT_PHONE_NUMBER_ID, "status": status}))
        );
        assert_eq!(rig.get(&path)["status"], status);
        assert_eq!(rig.get("/phone-number")[1]["status"], status);
        assert_eq!(rig.get("/phone-number")[0]["status"], "active");
        let refused = rig.post("/call", &call(1, "busy"));
        let message = format!("Couldn't Start Call. `phoneNumberId` {DEFAULT_PHONE_NUMBER_ID} Is {word}.");
        assert_eq!((refused.status, &refused.body["message"]), (400, &json!(message)));
    }
    let mut by_the_other = call(1, "busy");
    by_the_other["phoneNumberId"] = json!(SECOND_PHONE_NUMBER_ID);
    rig.dial(&by_the_other);
    assert_eq!(
        turn(&mut rig, DEFAULT_PHONE_NUMBER_ID, &json!({"status": "active"})).0,
        200
    );
    rig.dial(&call(2, "busy"));
    let after = rig.get(&path);
    assert_eq!(after["status"], "active");
    assert!(after["updatedAt"].as_str() > before["updatedAt"].as_str());
    let ledger = rig.world.ledger();
    assert_eq!((ledger.calls_created, ledger.refused.invalid), (2, 2));
}

#[test]
fn only_known_numbers_and_states_are_taken() {
    let mut rig = Rig::new();
    for body in [
        json!({}),
        json!({"status": "gone"}),
        json!({"status": "blocked", "why": 1}),
        json!([]),
    ] {
        assert_eq!(turn(&mut rig, DEFAULT_PHONE_NUMBER_ID, &body).0, 400, "{body}");
    }
    for id in ["0195a000-0000-7000-8000-0000000000ff", "x"] {
        assert_eq!(turn(&mut rig, id, &json!({"status": "blocked"})).0, 404);
        assert!(!rig.world.set_phone_number_status(id, NumberStatus::Blocked));
    }
    let key_less = http::Request::post(format!("/sandbox/phone-numbers/{DEFAULT_PHONE_NUMBER_ID}"));
    let request = key_less.body(r#"{"status":"blocked"}"#.into()).unwrap();
    rig.world.handle(&request, rig.now_ms);
    assert_eq!(
        rig.get("/phone-number")[1]["status"],
        "blocked",
        "its own pages need no key"
    );
}

#[test]
fn calls_under_way_go_on_and_scheduled_ones_fail() {
    let mut rig = Rig::new();
    let live = rig.dial(&call(1, "interested 60s"));
    let mut scheduled = call(2, "busy");
    scheduled["schedulePlan"] = json!({"earliestAt": "2026-03-26T16:00:00Z"});
    let waiting = rig.dial(&scheduled);
    assert!(
        rig.world
            .set_phone_number_status(DEFAULT_PHONE_NUMBER_ID, NumberStatus::Blocked)
    );
    rig.pass(7_200_000);
    let reason = |rig: &mut Rig, call: &Value| {
        rig.get(&format!("/call/{}", call["id"].as_str().unwrap()))["endedReason"].clone()
    };
    assert!(reason(&mut rig, &live).as_str().unwrap().ends_with("-ended-call"));
    assert_eq!(reason(&mut rig, &waiting), "call.start.error-get-phone-number");
}
