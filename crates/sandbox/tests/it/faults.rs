//! Each fault by itself, at a rate of one.

use crate::support::{Rig, START_MS, call, message};
use autolynx_sandbox::{Faults, Reply, Settings, Span};
use serde_json::{Value, json};

fn rig(faults: Faults) -> Rig {
    Rig::with(Settings {
        account_lines: 100,
        faults,
        ..Settings::default()
    })
}

fn dial(rig: &mut Rig) -> (Reply, u64) {
    let handling = rig.handle("POST", "/call", Some(&call(1, "human 30s")));
    (handling.reply, handling.delay_ms)
}

fn status(reply: &Reply) -> Option<u16> {
    match reply {
        Reply::Answer(response) => Some(response.status().as_u16()),
        _ => None,
    }
}

fn calls_created(rig: &Rig) -> u64 {
    rig.world.ledger().calls_created
}

#[test]
fn slow_answers_act_at_once_and_leave_late() {
    let mut rig = rig(Faults {
        slow_answer: 1.0,
        slow_answer_ms: Span::new(9_000, 9_000),
        ..Faults::none()
    });
    let (reply, delay_ms) = dial(&mut rig);
    assert_eq!(status(&reply), Some(201));
    assert!(delay_ms >= 9_000);
    assert_eq!(rig.world.ledger().calls[0].created_at_ms, START_MS);
}

#[test]
fn rate_refusals_do_nothing_and_may_say_when_to_come_back() {
    for (share, expected) in [(1.0, Some("7")), (0.0, None)] {
        let faults = Faults {
            rate_refusal: 1.0,
            retry_after: share,
            retry_after_seconds: 7,
            ..Faults::none()
        };
        let mut rig = rig(faults);
        let refused = rig.post("/call", &call(1, "human"));
        assert_eq!(
            (refused.status, &refused.body["message"]),
            (429, &json!("Rate limit exceeded"))
        );
        assert_eq!(
            refused
                .headers
                .get("retry-after")
                .map(|value| value.to_str().unwrap()),
            expected
        );
        assert_eq!((calls_created(&rig), rig.world.ledger().refused.rate), (0, 1));
    }
}

#[test]
fn errors_and_dropped_connections_come_before_or_after_the_act() {
    let only = |set: fn(&mut Faults)| {
        let mut faults = Faults::none();
        set(&mut faults);
        let mut rig = rig(faults);
        let (reply, _) = dial(&mut rig);
        (
            status(&reply),
            matches!(reply, Reply::HangUp),
            calls_created(&rig),
        )
    };
    let (error, hung_up, created) = only(|faults| faults.error_before_acting = 1.0);
    assert!(error >= Some(500) && !hung_up && created == 0);
    let (error, hung_up, created) = only(|faults| faults.error_after_creating = 1.0);
    assert!(error >= Some(500) && !hung_up && created == 1);
    assert_eq!(only(|faults| faults.hang_up_before_acting = 1.0), (None, true, 0));
    assert_eq!(
        only(|faults| faults.hang_up_after_creating = 1.0),
        (None, true, 1)
    );
}

#[test]
fn a_call_behind_a_lost_answer_can_be_found_in_lists() {
    let mut rig = rig(Faults {
        hang_up_after_creating: 1.0,
        ..Faults::none()
    });
    dial(&mut rig);
    let found = rig.get("/call?createdAtGe=2026-03-26T15:00:00Z");
    assert_eq!(found[0]["customer"]["externalId"], "attempt-1");
    assert_eq!(rig.world.ledger().faults["hang_up_after_creating"], 1);
}

#[test]
fn a_list_may_learn_of_a_call_late() {
    let mut rig = rig(Faults {
        list_lag: 1.0,
        list_lag_ms: Span::new(30_000, 30_000),
        ..Faults::none()
    });
    let id = rig.dial(&call(1, "human 2m"))["id"].as_str().unwrap().to_owned();
    rig.pass(29_999);
    assert_eq!(rig.get("/call"), json!([]));
    assert_eq!(rig.get(&format!("/call/{id}"))["id"], Value::from(id));
    rig.pass(1);
    assert_eq!(rig.get("/call").as_array().unwrap().len(), 1);
}

#[test]
fn lists_and_single_calls_may_fail() {
    let mut rig = rig(Faults {
        list_error: 1.0,
        ..Faults::none()
    });
    let id = rig.dial(&call(1, "human"))["id"].as_str().unwrap().to_owned();
    assert!(rig.send("GET", "/call", None).status >= 500);
    assert_eq!(rig.send("GET", &format!("/call/{id}"), None).status, 200);
    rig.world.set_faults(Faults {
        get_error: 1.0,
        ..Faults::none()
    });
    assert_eq!(rig.send("GET", "/call", None).status, 200);
    assert!(rig.send("GET", &format!("/call/{id}"), None).status >= 500);
}

#[test]
fn webhooks_may_be_lost_doubled_or_late() {
    let sent = |set: fn(&mut Faults)| {
        let mut faults = Faults::none();
        set(&mut faults);
        let mut rig = rig(faults);
        dial(&mut rig);
        rig.pass(3_600_000);
        (rig.kinds(), rig.deliveries, rig.world.ledger().webhooks)
    };
    let (kinds, _, counts) = sent(|faults| faults.webhook_lost = 1.0);
    assert_eq!((kinds.len(), counts.lost), (0, 5));
    let (kinds, _, counts) = sent(|faults| faults.webhook_duplicated = 1.0);
    assert_eq!((kinds.len(), counts.duplicated), (10, 5));
    assert_eq!(
        kinds.iter().filter(|kind| *kind == "status-update ended").count(),
        2
    );
    let (_, deliveries, counts) = sent(|faults| {
        faults.webhook_delayed = 1.0;
        faults.webhook_delay_ms = Span::new(90_000, 90_000);
    });
    assert_eq!(counts.delayed, 5);
    for (at_ms, delivery) in &deliveries {
        assert_eq!(at_ms - message(delivery)["timestamp"].as_i64().unwrap(), 90_000);
    }
}

#[test]
fn webhooks_may_change_places() {
    let mut rig = rig(Faults {
        webhook_reordered: 1.0,
        ..Faults::none()
    });
    dial(&mut rig);
    rig.pass(3_600_000);
    assert_eq!(rig.kinds().len(), 5, "none is lost");
    let times: Vec<i64> = rig
        .messages()
        .iter()
        .map(|message| message["timestamp"].as_i64().unwrap())
        .collect();
    assert!(!times.is_sorted(), "{times:?}");
    assert!(rig.world.ledger().webhooks.reordered >= 1);
}

#[test]
fn webhooks_may_come_before_the_answer() {
    let mut rig = rig(Faults {
        webhook_before_answer: 1.0,
        ..Faults::none()
    });
    let (reply, delay_ms) = dial(&mut rig);
    assert_eq!(status(&reply), Some(201));
    rig.pass(i64::try_from(delay_ms).unwrap());
    assert!(
        rig.kinds().contains(&"status-update ringing".to_owned()),
        "{:?}",
        rig.kinds()
    );
}

#[test]
fn a_stuck_call_is_over_while_its_record_says_otherwise() {
    let mut rig = rig(Faults {
        stuck: 1.0,
        stuck_ms: Span::new(600_000, 600_000),
        ..Faults::none()
    });
    let id = rig.dial(&call(1, "human 30s"))["id"].as_str().unwrap().to_owned();
    rig.pass(300_000);
    let truth = rig.world.ledger().calls[0].clone();
    assert!(truth.ended_at_ms.is_some() && truth.record_ended_at_ms.is_none());
    assert_eq!(rig.get(&format!("/call/{id}"))["status"], "in-progress");
    assert_eq!(
        rig.world.ledger().live_now,
        1,
        "the provider still counts its line"
    );
    rig.pass(600_000);
    let record = rig.get(&format!("/call/{id}"));
    assert_eq!(record["status"], "ended");
    assert!(record["analysis"]["summary"].is_string());
    let ended_ms = record["endedAt"]
        .as_str()
        .unwrap()
        .parse::<jiff::Timestamp>()
        .unwrap()
        .as_millisecond();
    assert_eq!(
        Some(ended_ms),
        truth.ended_at_ms,
        "the record tells the true end in the end"
    );
    assert!(
        !rig.kinds()
            .iter()
            .any(|kind| kind.contains("ended") || kind.contains("report"))
    );
    assert_eq!(rig.world.ledger().webhooks.lost, 2);
}

#[test]
fn a_call_stuck_forever_gives_its_line_back_when_it_could_last_no_longer() {
    let mut rig = rig(Faults::none());
    let id = rig.dial(&call(1, "stuck forever"))["id"]
        .as_str()
        .unwrap()
        .to_owned();
    rig.pass(86_400_000);
    assert_eq!(rig.get(&format!("/call/{id}"))["status"], "in-progress");
    let ledger = rig.world.ledger();
    assert_eq!((ledger.live_now, ledger.calls_ended), (0, 1));
    assert_eq!(
        ledger.calls[0].max_end_ms,
        Some(START_MS + 1_500 + 60_000 + 600_000)
    );
}

#[test]
fn the_provider_is_down_from_time_to_time_and_calls_go_on() {
    let faults = Faults {
        down_every_ms: 100_000,
        down_for_ms: 20_000,
        ..Faults::none()
    };
    let mut rig = rig(faults);
    rig.dial(&call(1, "human 95s"));
    let mut reached = Vec::new();
    for _ in 0..30 {
        rig.pass(10_000);
        let unreachable = matches!(rig.handle("GET", "/call", None).reply, Reply::Unreachable);
        reached.push(if unreachable { '-' } else { '+' });
    }
    let reached: String = reached.into_iter().collect();
    assert_eq!(reached, "+++++++++--++++++++--++++++++-");
    assert!(rig.world.ledger().calls[0].ended_at_ms.is_some());
    for (at_ms, _) in &rig.deliveries {
        assert!(
            (at_ms - START_MS) < 100_000 || (at_ms - START_MS) % 100_000 >= 20_000,
            "{at_ms}"
        );
    }
    assert_eq!(rig.world.ledger().faults["down"], 5);
}

#[test]
fn webhooks_of_a_down_time_are_lost_or_wait_for_its_end() {
    let mut rig = rig(Faults::none());
    for nth in 0..40 {
        rig.dial(&call(nth, "busy"));
    }
    rig.pass(1_000);
    let before = rig.deliveries.len();
    let until_ms = rig.now_ms + 60_000;
    rig.world.set_down(until_ms);
    rig.pass(59_000);
    assert_eq!(rig.deliveries.len(), before);
    rig.pass(20_000);
    let late = rig.deliveries.len() - before;
    let counts = rig.world.ledger().webhooks;
    assert!(late > 10 && counts.lost > 10, "{late} {counts:?}");
    assert_eq!(rig.world.ledger().calls_ended, 40);
}

#[test]
fn a_provider_down_for_good_says_nothing_more() {
    let mut rig = rig(Faults::none());
    for nth in 0..10 {
        rig.dial(&call(nth, "human 30s"));
    }
    rig.world.set_down(i64::MAX);
    rig.pass(86_400_000);
    assert_eq!(rig.deliveries.len(), 0);
    assert_eq!(rig.world.ledger().calls_ended, 10);
}

#[test]
fn an_account_in_trouble_refuses_every_call_and_says_why() {
    let message = "Couldn't Start Call. The wallet is empty.";
    let mut rig = rig(Faults {
        dial_refusal: Some(message.into()),
        ..Faults::none()
    });
    let refused = rig.post("/call", &call(1, "human"));
    assert_eq!((refused.status, &refused.body["message"]), (400, &json!(message)));
    assert_eq!((calls_created(&rig), rig.world.ledger().refused.account), (0, 1));
}

#[test]
fn presets_grow_worse() {
    assert_eq!(Faults::preset("none"), Some(Faults::none()));
    assert_eq!(Faults::preset("mild"), Some(Faults::mild()));
    assert_eq!(Faults::preset("harsh"), Some(Faults::harsh()));
    assert_eq!(Faults::preset("cruel"), None);
    let (mild, harsh) = (Faults::mild(), Faults::harsh());
    assert!(mild.webhook_lost < harsh.webhook_lost && mild.stuck < harsh.stuck);
    assert!(mild.control_error_after_acting < harsh.control_error_after_acting);
    assert_eq!((mild.control_ignored, mild.control_timeout), (0.0, 0.0));
    assert!(mild.assistant_error_after_acting < harsh.assistant_error_after_acting);
    assert!(mild.assistant_late_acting < harsh.assistant_late_acting);
    assert_eq!((mild.stuck_forever, harsh.stuck_forever), (0.0, 0.0));
}
