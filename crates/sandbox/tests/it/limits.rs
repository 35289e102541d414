//! The lines of the account and the request limit.

use crate::support::{Rig, call};
use autolynx_sandbox::{LimitForm, Settings};
use serde_json::json;

fn full(form: LimitForm) -> Rig {
    let mut rig = Rig::with(Settings {
        account_lines: 2,
        limit_form: form,
        ..Settings::default()
    });
    rig.dial(&call(1, "human 60s"));
    assert_eq!(
        rig.dial(&call(2, "human 60s"))["subscriptionLimits"]["remainingConcurrentCalls"],
        1
    );
    rig
}

#[test]
fn a_full_account_refuses_with_400_and_frees_its_lines_when_calls_end() {
    let mut rig = full(LimitForm::Http400);
    let refused = rig.post("/call", &call(3, "human"));
    let body = json!({"message": "Over Concurrency Limit", "error": "Bad Request", "statusCode": 400});
    assert_eq!((refused.status, refused.body), (400, body));
    rig.pass(120_000);
    assert_eq!(rig.post("/call", &call(3, "human")).status, 201);
    let ledger = rig.world.ledger();
    assert_eq!((ledger.refused.capacity, ledger.refused.invalid), (1, 0));
    assert_eq!((ledger.calls_created, ledger.peak_live), (3, 2));
    assert_eq!(ledger.attempts_called_twice, Vec::<String>::new());
}

#[test]
fn a_full_account_may_answer_201_and_say_that_it_is_blocked() {
    let mut rig = full(LimitForm::Blocked201);
    let blocked = rig.dial(&call(3, "human"));
    assert_eq!(blocked["subscriptionLimits"]["concurrencyBlocked"], true);
    assert_eq!(blocked["subscriptionLimits"]["remainingConcurrentCalls"], 0);
    assert_eq!(blocked["status"], "queued");
    rig.pass(1);
    let record = rig.get(&format!("/call/{}", blocked["id"].as_str().unwrap()));
    assert_eq!(record["status"], "ended");
    assert_eq!(
        record["endedReason"],
        "call.start.error-subscription-concurrency-limit-reached"
    );
    let ledger = rig.world.ledger();
    assert_eq!(
        (ledger.refused.capacity, ledger.calls_created, ledger.calls.len()),
        (1, 2, 2)
    );
}

#[test]
fn a_full_account_may_answer_as_usual_and_end_the_call_at_once() {
    let mut rig = full(LimitForm::InstantEnd);
    let created = rig.dial(&call(3, "human"));
    assert_eq!(created["subscriptionLimits"]["concurrencyBlocked"], false);
    let path = format!("/call/{}", created["id"].as_str().unwrap());
    assert_eq!(rig.get(&path)["status"], "queued");
    rig.pass(1_000);
    let ended = rig.get(&path);
    assert_eq!(
        ended["endedReason"],
        "call.start.error-subscription-concurrency-limit-reached"
    );
    assert!(ended.get("startedAt").is_none());
    let told = rig
        .messages()
        .into_iter()
        .find(|message| message["status"] == "ended")
        .unwrap();
    assert_eq!(
        told["endedReason"],
        "call.start.error-subscription-concurrency-limit-reached"
    );
    assert_eq!(rig.world.ledger().peak_live, 2, "nobody was called");
}

#[test]
fn all_three_forms_come_up_when_they_are_mixed() {
    let mut rig = full(LimitForm::Mixed);
    let (mut refused, mut blocked, mut instant) = (0, 0, 0);
    for nth in 3..63 {
        let answered = rig.post("/call", &call(nth, "human"));
        match (
            answered.status,
            answered.body["subscriptionLimits"]["concurrencyBlocked"].as_bool(),
        ) {
            (400, _) => refused += 1,
            (201, Some(true)) => blocked += 1,
            (201, _) => instant += 1,
            other => panic!("{other:?}"),
        }
    }
    assert!(
        refused > 5 && blocked > 5 && instant > 5,
        "{refused} {blocked} {instant}"
    );
    assert_eq!(rig.world.ledger().refused.capacity, 60);
}

#[test]
fn requests_above_the_limit_of_the_minute_get_429_until_the_next() {
    let mut rig = Rig::with(Settings {
        requests_per_minute: Some(3),
        ..Settings::default()
    });
    for expected in [200, 200, 200, 429, 429] {
        assert_eq!(rig.send("GET", "/call", None).status, expected);
    }
    rig.pass(60_000);
    assert_eq!(rig.send("GET", "/call", None).status, 200);
    let limited = rig.world.ledger().refused.rate;
    assert_eq!(limited, 2);
}

#[test]
fn a_number_of_the_providers_own_makes_ten_calls_a_day() {
    let mut rig = Rig::with(Settings {
        account_lines: 100,
        ..Settings::default()
    });
    let number = rig.post("/phone-number", &json!({"provider": "vapi"}));
    assert_eq!(number.status, 201);
    let mut statuses = Vec::new();
    for nth in 0..12 {
        let mut body = call(nth, "busy");
        body["phoneNumberId"] = number.body["id"].clone();
        statuses.push(rig.post("/call", &body).status);
    }
    assert_eq!(
        statuses,
        [201, 201, 201, 201, 201, 201, 201, 201, 201, 201, 400, 400]
    );
    assert_eq!(rig.world.ledger().refused.account, 2);
    rig.pass(86_400_000);
    let mut body = call(99, "busy");
    body["phoneNumberId"] = number.body["id"].clone();
    assert_eq!(rig.post("/call", &body).status, 201);
}
