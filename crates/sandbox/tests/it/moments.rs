//! Wrong moments, each fault by itself at a rate of one, and a clock of the provider that is wrong or jumps.

use crate::support::{Rig, START_MS, call, message};
use autolynx_sandbox::{Faults, Reply, Settings, World};
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use serde_json::{Value, json};

const HOUR_MS: i64 = 3_600_000;
const LAST_SECOND_OF_9999_MS: i64 = 253_402_300_799_000;

fn rig(faults: Faults) -> Rig {
    Rig::with(Settings {
        account_lines: 100,
        faults,
        ..Settings::default()
    })
}

fn ms(value: &Value) -> i64 {
    let text = value.as_str().unwrap_or_else(|| panic!("no moment: {value}"));
    text.parse::<Timestamp>().unwrap().as_millisecond()
}

fn record(rig: &mut Rig, id: &Value) -> Value {
    rig.get(&format!("/call/{}", id.as_str().unwrap()))
}

/// A whole call: its record and the messages about it.
fn told(faults: Faults) -> (Rig, Value, Vec<Value>) {
    let mut rig = rig(faults);
    let id = rig.dial(&call(1, "human 30s"))["id"].clone();
    rig.pass(300_000);
    let record = record(&mut rig, &id);
    let messages = rig.messages();
    assert_eq!((record["status"].as_str(), messages.len()), (Some("ended"), 5));
    (rig, record, messages)
}

#[test]
fn webhooks_may_carry_an_ancient_timestamp_or_one_of_the_far_future() {
    let (rig, _, messages) = told(Faults {
        webhook_timestamp_ancient: 1.0,
        ..Faults::none()
    });
    assert!(messages.iter().all(|message| message["timestamp"] == 1));
    assert_eq!(rig.world.ledger().faults["webhook_timestamp_ancient"], 5);
    let (rig, record, messages) = told(Faults {
        webhook_timestamp_future: 1.0,
        ..Faults::none()
    });
    assert!(
        messages
            .iter()
            .all(|message| message["timestamp"] == LAST_SECOND_OF_9999_MS)
    );
    assert_eq!(rig.world.ledger().faults["webhook_timestamp_future"], 5);
    // The rest of the story is true, and the webhook is authentic as any.
    assert_eq!(
        ms(&record["endedAt"]),
        rig.world.ledger().calls[0].ended_at_ms.unwrap()
    );
    assert_eq!(rig.deliveries[0].1.headers["x-token"], "t");
}

#[test]
fn a_call_may_be_answered_before_it_was_created_or_end_a_year_ahead() {
    let (rig, record, messages) = told(Faults {
        started_at_early: 1.0,
        ended_at_late: 1.0,
        ..Faults::none()
    });
    let truth = rig.world.ledger().calls[0].clone();
    assert_eq!(ms(&record["createdAt"]), truth.created_at_ms);
    assert_eq!(ms(&record["startedAt"]), truth.created_at_ms - HOUR_MS);
    assert_eq!(
        ms(&record["endedAt"]),
        truth.ended_at_ms.unwrap() + 365 * 24 * HOUR_MS
    );
    let report = messages.last().unwrap();
    assert_eq!(report["type"], "end-of-call-report");
    for name in ["startedAt", "endedAt"] {
        assert_eq!(report[name], record[name], "{name}");
    }
    // What it cost goes by the truth.
    let talk_ms = truth.ended_at_ms.unwrap() - truth.answered_at_ms.unwrap();
    assert_eq!(truth.cost_usd_micros, talk_ms * 130_000 / 60_000);
    let faults = rig.world.ledger().faults;
    assert_eq!((faults["started_at_early"], faults["ended_at_late"]), (1, 1));
}

#[test]
fn a_record_may_show_a_wrong_creation_and_lists_still_find_it() {
    let (mut rig, record, _) = told(Faults {
        created_at_wrong: 1.0,
        ..Faults::none()
    });
    assert_eq!(record["createdAt"], "1970-01-01T00:00:00.001Z");
    let found = rig.get("/call?createdAtGe=2026-03-26T15:00:00Z&createdAtLe=2026-03-26T15:00:00Z");
    assert_eq!(found[0]["id"], record["id"]);
}

#[test]
fn none_of_these_is_on_without_being_asked_for() {
    for faults in [Faults::none(), Faults::mild()] {
        let rates = [
            faults.webhook_timestamp_ancient,
            faults.webhook_timestamp_future,
            faults.created_at_wrong,
            faults.started_at_early,
            faults.ended_at_late,
        ];
        assert_eq!(rates, [0.0; 5]);
    }
    let mut rig = Rig::new();
    let set = json!({"webhook_timestamp_ancient": 0.1, "started_at_early": 0.2, "created_at_wrong": 0.3});
    assert_eq!(rig.post("/sandbox/faults", &set).status, 200);
    assert_eq!(rig.world.faults().started_at_early, 0.2);
}

/// The `Date` of an answer to a list.
fn date_ms(rig: &mut Rig) -> i64 {
    let Reply::Answer(answer) = rig.handle("GET", "/call?limit=0", None).reply else {
        panic!("no answer");
    };
    let date = answer.headers()["date"].to_str().unwrap().to_owned();
    let parsed = rfc2822::DateTimeParser::new().parse_timestamp(&date);
    parsed.unwrap().as_millisecond()
}

#[test]
fn a_clock_that_is_ahead_shows_in_all_that_is_told_and_in_nothing_that_is_true() {
    let told_by = |ahead_ms: i64| {
        let mut rig = Rig::with(Settings {
            clock_ahead_ms: ahead_ms,
            ..Settings::default()
        });
        let id = rig.dial(&call(1, "human 30s"))["id"].clone();
        rig.pass(300_000);
        let record = record(&mut rig, &id);
        let sent: Vec<(i64, i64)> = rig
            .deliveries
            .iter()
            .map(|(at_ms, delivery)| (*at_ms, message(delivery)["timestamp"].as_i64().unwrap()))
            .collect();
        let date_ms = date_ms(&mut rig);
        (record, sent, date_ms, rig.world.ledger().calls)
    };
    let (right, sent_right, date_right, truth_right) = told_by(0);
    for ahead_ms in [7_200_000, -90_000] {
        let (wrong, sent_wrong, date_wrong, truth_wrong) = told_by(ahead_ms);
        for name in ["createdAt", "updatedAt", "startedAt", "endedAt"] {
            assert_eq!(ms(&wrong[name]), ms(&right[name]) + ahead_ms, "{name}");
        }
        let spoken = |record: &Value| record["messages"][1]["time"].as_i64().unwrap();
        assert_eq!(spoken(&wrong), spoken(&right) + ahead_ms);
        assert_eq!(date_wrong, date_right + ahead_ms);
        let pairs = sent_right.iter().zip(&sent_wrong);
        for ((at_right, stamp_right), (at_wrong, stamp_wrong)) in pairs {
            assert_eq!((at_wrong, *stamp_wrong), (at_right, stamp_right + ahead_ms));
        }
        // Ids hold the moment; all else is the same.
        assert_eq!(truth_wrong[0].created_at_ms, truth_right[0].created_at_ms);
        assert_eq!(truth_wrong[0].ended_at_ms, truth_right[0].ended_at_ms);
        assert_eq!(right["cost"], wrong["cost"]);
    }
}

#[test]
fn lists_filter_and_sort_by_what_the_clock_showed() {
    let mut rig = rig(Faults::none());
    let first = rig.dial(&call(1, "human 5m"))["id"].clone();
    rig.pass(60_000);
    let jump = rig.post("/sandbox/clock", &json!({"offset_s": 7200}));
    assert_eq!((jump.status, &jump.body["offset_s"]), (200, &json!(7200.0)));
    let ahead = rig.dial(&call(2, "human 5m"))["id"].clone();
    rig.pass(60_000);
    rig.post("/sandbox/clock", &json!({"offset_s": -600}));
    let behind = rig.dial(&call(3, "human 5m"))["id"].clone();
    let ids = |rig: &mut Rig, query: &str| -> Vec<String> {
        let listed = rig.get(&format!("/call{query}"));
        listed
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["id"].as_str().unwrap().to_owned())
            .collect()
    };
    let created: Vec<i64> = [&first, &ahead, &behind]
        .map(|id| ms(&record(&mut rig, id)["createdAt"]))
        .into();
    assert_eq!(
        created,
        [
            START_MS,
            START_MS + 60_000 + 7_200_000,
            START_MS + 120_000 - 600_000
        ]
    );
    assert_eq!(
        ids(&mut rig, ""),
        [&ahead, &first, &behind].map(|id| id.as_str().unwrap())
    );
    assert_eq!(ids(&mut rig, "?limit=1"), [ahead.as_str().unwrap()]);
    assert_eq!(
        ids(&mut rig, "?createdAtGe=2026-03-26T16:00:00Z"),
        [ahead.as_str().unwrap()]
    );
    assert_eq!(
        ids(&mut rig, "?createdAtLt=2026-03-26T15:00:00Z"),
        [behind.as_str().unwrap()]
    );
    let of_id = format!("?id={}&createdAtLt=2026-03-26T15:00:00Z", first.as_str().unwrap());
    assert_eq!(ids(&mut rig, &of_id), [""; 0]);
    // The first one rang before the first jump and was never touched after it.
    assert_eq!(
        ids(&mut rig, "?updatedAtGe=2026-03-26T16:00:00Z"),
        [ahead.as_str().unwrap()]
    );
}

#[test]
fn a_jump_leaves_peoples_time_and_what_was_told_before_as_they_are() {
    let run = |jumps: bool| {
        let mut rig = Rig::new();
        let id = rig.dial(&call(1, "human 2m"))["id"].clone();
        rig.pass(60_000);
        let before = record(&mut rig, &id);
        if jumps {
            rig.post("/sandbox/clock", &json!({"offset_s": 7200}));
        }
        let after = record(&mut rig, &id);
        for name in ["createdAt", "startedAt", "updatedAt"] {
            assert_eq!(before[name], after[name], "{name}");
        }
        rig.pass(600_000);
        let ended = record(&mut rig, &id);
        let sent: Vec<i64> = rig.deliveries.iter().map(|(at_ms, _)| *at_ms).collect();
        (ended, sent, rig.world.ledger().calls)
    };
    let (right, sent_right, truth_right) = run(false);
    let (jumped, sent_jumped, truth_jumped) = run(true);
    assert_eq!((sent_right, truth_right), (sent_jumped, truth_jumped));
    assert_eq!(jumped["startedAt"], right["startedAt"]);
    assert_eq!(ms(&jumped["endedAt"]), ms(&right["endedAt"]) + 7_200_000);
    assert_eq!(jumped["cost"], right["cost"]);
}

#[test]
fn a_plan_is_read_by_the_providers_clock() {
    let mut rig = Rig::with(Settings {
        clock_ahead_ms: HOUR_MS,
        ..Settings::default()
    });
    let mut body = call(1, "human 30s");
    // Half an hour ahead of the truth has passed by the provider's clock, an hour and a half is half an hour away.
    body["schedulePlan"] = json!({"earliestAt": "2026-03-26T15:30:00Z"});
    assert_eq!(rig.dial(&body)["status"], "queued");
    let mut later = call(2, "human 30s");
    later["schedulePlan"] = json!({"earliestAt": "2026-03-26T16:30:00Z"});
    let id = rig.dial(&later)["id"].clone();
    rig.pass(HOUR_MS / 2 - 1_000);
    assert_eq!(record(&mut rig, &id)["status"], "scheduled");
    rig.pass(10_000);
    assert_ne!(record(&mut rig, &id)["status"], "scheduled");
}

#[test]
fn assistants_and_numbers_are_dated_by_the_providers_clock_and_listed_at_once() {
    let mut rig = Rig::with(Settings {
        clock_ahead_ms: HOUR_MS,
        ..Settings::default()
    });
    let made = rig.post("/assistant", &json!({"name": "Nina"})).body;
    assert_eq!(ms(&made["createdAt"]), START_MS + HOUR_MS);
    let number = json!({"provider": "twilio", "number": "+14155550177", "twilioAccountSid": "AC1"});
    let number = rig.post("/phone-number", &number).body;
    for (path, made) in [("/assistant", &made), ("/phone-number", &number)] {
        assert_eq!(rig.get(path)[0]["id"], made["id"], "{path}");
    }
    assert_eq!(
        rig.world.ledger().assistants.list[2].created_ms,
        START_MS + HOUR_MS
    );
}

#[test]
fn the_clock_is_told_and_a_wrong_jump_refused() {
    let mut rig = Rig::new();
    let clock = rig.get("/sandbox/clock");
    assert_eq!(
        clock,
        json!({
            "now": "2026-03-26T15:00:00.000Z", "now_ms": START_MS, "offset_s": 0.0,
            "speed": null, "epoch_ms": null, "real_time": false,
        })
    );
    for wrong in [
        json!({}),
        json!({"offset_s": "2h"}),
        json!({"offset_s": 1e12}),
        json!({"offset": 3}),
    ] {
        assert_eq!(rig.post("/sandbox/clock", &wrong).status, 400, "{wrong}");
    }
    let jumped = rig.post("/sandbox/clock", &json!({"offset_s": -1.5})).body;
    assert_eq!(
        (&jumped["now_ms"], rig.world.clock_ahead_ms()),
        (&json!(START_MS - 1_500), -1_500)
    );
    // A clock is no fault: it stays when faults change.
    rig.world.set_faults(Faults::harsh());
    assert_eq!(date_ms(&mut rig), START_MS - 2_000);
    assert_eq!(World::new(Settings::default()).clock_ahead_ms(), 0);
}
