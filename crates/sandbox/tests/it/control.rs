//! The control address of live calls: what a command does, and what may go wrong with it.

use crate::support::{Rig, START_MS, call, message, read};
use autolynx_sandbox::{Faults, Handling, LedgerControl, Reply, Settings, Span};
use http::Request;
use serde_json::{Value, json};

/// A command without any key, as the address wants it.
fn command(rig: &mut Rig, id: &str, key: Option<&str>, body: &Value) -> Handling {
    let mut request = Request::post(format!("/call/{id}/control"));
    if let Some(key) = key {
        request = request.header("authorization", format!("Bearer {key}"));
    }
    let request = request.body(body.to_string().into()).unwrap();
    rig.world.handle(&request, rig.now_ms)
}

fn end_call(rig: &mut Rig, id: &str) -> Handling {
    command(rig, id, None, &json!({"type": "end-call"}))
}

/// The status of an answer; `None` for a dropped connection.
fn status(handling: Handling) -> Option<u16> {
    match handling.reply {
        Reply::Answer(response) => Some(read(response).status),
        _ => None,
    }
}

fn dialled(rig: &mut Rig, body: &Value) -> String {
    rig.dial(body)["id"].as_str().unwrap().to_owned()
}

fn only(set: impl FnOnce(&mut Faults)) -> Rig {
    let mut faults = Faults::none();
    set(&mut faults);
    Rig::with(Settings {
        faults,
        ..Settings::default()
    })
}

#[test]
fn a_call_hung_up_by_control_costs_what_it_lasted_and_is_told_as_any_other() {
    let mut rig = Rig::new();
    let id = dialled(&mut rig, &call(1, "interested 5m"));
    rig.pass(90_000);
    let answered_ms = rig.world.ledger().calls[0].answered_at_ms.unwrap();
    let asked_ms = rig.now_ms;
    assert_eq!(status(end_call(&mut rig, &id)), Some(200));
    rig.pass(60_000);

    let record = rig.get(&format!("/call/{id}"));
    let lasted_ms = asked_ms - answered_ms;
    let cost_usd_micros = lasted_ms * 130_000 / 60_000;
    assert_eq!(record["endedReason"], "manually-canceled");
    assert_eq!(record["cost"], cost_usd_micros as f64 / 1e6);
    let ended: jiff::Timestamp = record["endedAt"].as_str().unwrap().parse().unwrap();
    assert_eq!(ended.as_millisecond(), asked_ms);
    assert_eq!(
        rig.kinds()[2..],
        [
            "status-update in-progress",
            "status-update ended",
            "end-of-call-report"
        ]
    );
    let (told_ms, told) = &rig.deliveries[3];
    assert_eq!(*told_ms, asked_ms);
    assert_eq!(message(told)["endedReason"], "manually-canceled");
    let report = rig.messages().pop().unwrap();
    assert_eq!(report["endedReason"], "manually-canceled");
    assert_eq!(report["cost"], record["cost"]);

    let ledger = rig.world.ledger();
    assert_eq!(ledger.calls[0].cost_usd_micros, cost_usd_micros);
    assert_eq!(ledger.calls[0].ended_at_ms, Some(asked_ms));
    assert_eq!(ledger.calls_hung_up_by_control, 1);
    let expected = LedgerControl {
        provider_call_id: id,
        our_id: Some("attempt-1".into()),
        command: "end-call".into(),
        at_ms: asked_ms,
        status: Some(200),
        hung_up_at_ms: Some(asked_ms),
    };
    assert_eq!(ledger.controls, [expected]);
    let short = rig.world.ledger_in_short();
    assert_eq!((short.controls.len(), short.calls_hung_up_by_control), (0, 1));
}

#[test]
fn a_call_that_still_rings_costs_nothing_when_it_is_hung_up() {
    let mut rig = Rig::new();
    let id = dialled(&mut rig, &call(1, "no-answer 30s"));
    rig.pass(5_000);
    assert_eq!(rig.get(&format!("/call/{id}"))["status"], "ringing");
    assert_eq!(status(end_call(&mut rig, &id)), Some(200));
    let record = rig.get(&format!("/call/{id}"));
    assert_eq!(
        (&record["endedReason"], &record["cost"]),
        (&json!("manually-canceled"), &json!(0.0))
    );
    assert_eq!(rig.world.ledger().live_now, 0);
}

#[test]
fn a_call_that_is_over_or_unknown_has_nobody_behind_its_address() {
    let mut rig = Rig::new();
    let id = dialled(&mut rig, &call(1, "busy"));
    rig.pass(60_000);
    assert_eq!(status(end_call(&mut rig, &id)), Some(404));
    let unknown = "0195a000-0000-7000-8000-0000000000ff";
    assert_eq!(status(end_call(&mut rig, unknown)), Some(404));
    let ledger = rig.world.ledger();
    let seen: Vec<_> = ledger
        .controls
        .iter()
        .map(|control| (control.our_id.as_deref(), control.status, control.hung_up_at_ms))
        .collect();
    assert_eq!(
        seen,
        [(Some("attempt-1"), Some(404), None), (None, Some(404), None)]
    );
    assert_eq!(ledger.calls_hung_up_by_control, 0);
}

#[test]
fn control_that_is_switched_off_has_no_address_and_refuses() {
    let mut rig = Rig::new();
    let mut body = call(1, "human 5m");
    body["assistantOverrides"]["monitorPlan"] = json!({"controlEnabled": false});
    let created = rig.dial(&body);
    assert!(created["monitor"].get("controlUrl").is_none());
    assert!(created["monitor"]["listenUrl"].is_string());
    let id = created["id"].as_str().unwrap().to_owned();
    rig.pass(60_000);
    assert_eq!(status(end_call(&mut rig, &id)), Some(403));
    assert_eq!(rig.get(&format!("/call/{id}"))["status"], "in-progress");
}

#[test]
fn an_assistant_may_want_the_public_key_for_control() {
    let mut rig = Rig::new();
    let mut body = call(1, "human 5m");
    body["assistantOverrides"]["monitorPlan"] = json!({"controlAuthenticationEnabled": true});
    let id = dialled(&mut rig, &body);
    rig.pass(60_000);
    let end = json!({"type": "end-call"});
    for (key, expected) in [
        (None, 401),
        (Some("sandbox-key"), 401),
        (Some("sandbox-public-key"), 200),
    ] {
        assert_eq!(status(command(&mut rig, &id, key, &end)), Some(expected));
    }
    assert_eq!(
        rig.get(&format!("/call/{id}"))["endedReason"],
        "manually-canceled"
    );
}

#[test]
fn commands_may_fail_before_or_after_they_act() {
    let outcome = |set: fn(&mut Faults)| {
        let mut rig = only(set);
        let id = dialled(&mut rig, &call(1, "human 5m"));
        rig.pass(60_000);
        let status = status(end_call(&mut rig, &id));
        let ledger = rig.world.ledger();
        assert_eq!(ledger.controls[0].status, status);
        assert_eq!(ledger.faults.len(), 1, "{:?}", ledger.faults);
        (
            status,
            ledger.controls[0].hung_up_at_ms.is_some(),
            ledger.live_now == 0,
        )
    };
    assert_eq!(
        outcome(|faults| faults.control_refusal = 1.0),
        (Some(403), false, false)
    );
    assert_eq!(
        outcome(|faults| faults.control_not_found = 1.0),
        (Some(404), false, false)
    );
    assert_eq!(
        outcome(|faults| faults.control_hang_up_before_acting = 1.0),
        (None, false, false)
    );
    assert_eq!(
        outcome(|faults| faults.control_hang_up_after_acting = 1.0),
        (None, true, true)
    );
    assert_eq!(
        outcome(|faults| faults.control_ignored = 1.0),
        (Some(200), false, false)
    );
    assert_eq!(
        outcome(|faults| faults.control_timeout = 1.0),
        (Some(504), false, false)
    );
    let (status, hung_up, free) = outcome(|faults| faults.control_error_before_acting = 1.0);
    assert!(status >= Some(500) && !hung_up && !free);
    let (status, hung_up, free) = outcome(|faults| faults.control_error_after_acting = 1.0);
    assert!(status >= Some(500) && hung_up && free);
}

#[test]
fn a_command_may_get_no_answer_for_a_long_time() {
    let mut rig = only(|faults| {
        faults.control_timeout = 1.0;
        faults.control_timeout_ms = Span::new(45_000, 45_000);
    });
    let id = dialled(&mut rig, &call(1, "human 5m"));
    assert!(end_call(&mut rig, &id).delay_ms >= 45_000);
}

#[test]
fn a_command_may_be_carried_out_later_or_not_before_the_answer() {
    let mut rig = only(|faults| {
        faults.control_late_acting = 1.0;
        faults.control_late_acting_ms = Span::new(8_000, 8_000);
    });
    let id = dialled(&mut rig, &call(1, "human 5m"));
    let short = dialled(&mut rig, &call(2, "busy 62s"));
    rig.pass(60_000);
    assert_eq!(status(end_call(&mut rig, &id)), Some(200));
    assert_eq!(status(end_call(&mut rig, &short)), Some(200));
    assert_eq!(rig.get(&format!("/call/{id}"))["status"], "in-progress");
    rig.pass(8_000);
    assert_eq!(
        rig.get(&format!("/call/{id}"))["endedReason"],
        "manually-canceled"
    );
    assert_eq!(
        rig.get(&format!("/call/{short}"))["endedReason"],
        "customer-busy",
        "it ended by itself in between"
    );
    let ends: Vec<_> = rig
        .world
        .ledger()
        .controls
        .iter()
        .map(|control| control.hung_up_at_ms)
        .collect();
    assert_eq!(ends, [Some(START_MS + 68_000), None]);

    let mut rig = only(|faults| faults.control_not_found_before_answer = 1.0);
    let id = dialled(&mut rig, &call(1, "human 5m"));
    rig.pass(2_000);
    assert_eq!(status(end_call(&mut rig, &id)), Some(404));
    rig.pass(60_000);
    assert_eq!(status(end_call(&mut rig, &id)), Some(200));
}

#[test]
fn a_call_whose_record_is_stuck_takes_no_commands() {
    let mut rig = Rig::new();
    let id = dialled(&mut rig, &call(1, "stuck forever"));
    rig.pass(660_000);
    assert_eq!(rig.get(&format!("/call/{id}"))["status"], "in-progress");
    assert_eq!(status(end_call(&mut rig, &id)), Some(404));
}

#[test]
fn a_provider_that_is_down_takes_no_commands() {
    let mut rig = Rig::new();
    let id = dialled(&mut rig, &call(1, "human 5m"));
    rig.world.set_down(i64::MAX);
    let handling = end_call(&mut rig, &id);
    assert!(matches!(handling.reply, Reply::Unreachable));
    assert!(rig.world.ledger().controls.is_empty());
}
