//! Whether somebody was called while a call to them was live.

use crate::support::{Rig, START_MS, call};
use autolynx_sandbox::{Faults, Ledger, LedgerCall, Settings, Span};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const NUMBER: &str = "+14155550201";

/// A call of attempt `nth` to one and the same number.
fn to_one_number(nth: usize, script: &str) -> Value {
    let mut body = call(nth, script);
    body["customer"]["number"] = json!(NUMBER);
    body
}

fn rig() -> Rig {
    Rig::with(Settings {
        account_lines: 100,
        ..Settings::default()
    })
}

#[test]
fn two_calls_to_one_number_at_once_are_in_the_ledger() {
    let mut rig = rig();
    let first = rig.dial(&to_one_number(1, "human 2m"));
    rig.pass(20_000);
    rig.dial(&call(9, "human 2m"));
    assert_eq!(rig.world.ledger().called_while_live, []);
    let second = rig.dial(&to_one_number(2, "human 2m"));
    let ledger = rig.world.ledger();
    // Neither attempt was called twice: only this tells.
    assert_eq!(ledger.attempts_called_twice, [""; 0]);
    let [found] = ledger.called_while_live.as_slice() else {
        panic!("{:?}", ledger.called_while_live);
    };
    assert_eq!((found.number.as_str(), found.at_ms), (NUMBER, START_MS + 20_000));
    assert_eq!(found.provider_call_id, second["id"].as_str().unwrap());
    assert_eq!(found.live_call_id, first["id"].as_str().unwrap());
    assert_eq!(found.our_id.as_deref(), Some("attempt-2"));
    assert_eq!(found.live_our_id.as_deref(), Some("attempt-1"));
    assert!(found.truly_live);
    assert_eq!(ledger.peak_live_to_one_number, 2);
    assert_eq!(ledger.most_live_by_number[NUMBER], 2);
    assert_eq!(ledger.most_live_by_number["+14155550209"], 1);
    let short = rig.get("/sandbox/ledger?calls=false");
    assert_eq!(short["called_while_live"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&short["peak_live_to_one_number"], &short["most_live_by_number"]),
        (&json!(2), &json!({}))
    );
}

#[test]
fn one_call_after_the_other_is_none_of_these() {
    let mut rig = rig();
    for nth in 1..4 {
        rig.dial(&to_one_number(nth, "busy"));
        rig.pass(120_000);
    }
    let ledger = rig.world.ledger();
    assert_eq!(ledger.numbers_called_more_than_once, [NUMBER]);
    assert_eq!(
        (ledger.called_while_live, ledger.peak_live_to_one_number),
        (vec![], 1)
    );
}

#[test]
fn a_call_that_only_its_record_says_is_live_counts_and_is_told_apart() {
    let mut rig = Rig::with(Settings {
        account_lines: 100,
        faults: Faults {
            stuck: 1.0,
            stuck_ms: Span::new(600_000, 600_000),
            ..Faults::none()
        },
        ..Settings::default()
    });
    rig.dial(&to_one_number(1, "human 30s"));
    rig.pass(300_000);
    rig.dial(&to_one_number(2, "busy"));
    let found = rig.world.ledger().called_while_live;
    assert_eq!(
        found.iter().map(|found| found.truly_live).collect::<Vec<_>>(),
        [false]
    );
}

#[test]
fn who_was_refused_was_not_called() {
    let mut rig = Rig::with(Settings {
        account_lines: 1,
        ..Settings::default()
    });
    rig.dial(&to_one_number(1, "human 2m"));
    rig.handle("POST", "/call", Some(&to_one_number(2, "human 2m")));
    let ledger = rig.world.ledger();
    assert_eq!((ledger.called_while_live, ledger.refused.capacity), (vec![], 1));
}

/// From its dialling until its record says ended, but never beyond the last moment at which it can hold a line.
fn held(call: &LedgerCall) -> (i64, i64) {
    let until = [call.record_ended_at_ms, call.max_end_ms]
        .into_iter()
        .flatten()
        .min();
    (call.dialled_at_ms.unwrap(), until.unwrap_or(i64::MAX))
}

/// The pairs and the greatest number, found in the list of calls.
fn recount(ledger: &Ledger) -> (usize, BTreeMap<String, u32>) {
    let (mut pairs, mut most) = (0, BTreeMap::new());
    for (nth, call) in ledger.calls.iter().enumerate() {
        let (from_ms, _) = held(call);
        let earlier = ledger.calls[..nth].iter();
        let live = earlier.filter(|other| other.number == call.number && held(other).1 > from_ms);
        let live = live.count();
        pairs += live;
        let count = most.entry(call.number.clone()).or_insert(0);
        *count = (live as u32 + 1).max(*count);
    }
    (pairs, most)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn the_count_agrees_with_the_list_of_calls(
        seed in any::<u64>(),
        stuck in prop_oneof![Just(0.0), 0.0..0.5],
        acts in prop::collection::vec((0_usize..4, 0_i64..60_000), 1..40),
    ) {
        let faults = Faults { stuck, ..Faults::none() };
        let mut rig = Rig::with(Settings { seed, account_lines: 12, faults, ..Settings::default() });
        for (nth, (person, wait_ms)) in acts.into_iter().enumerate() {
            let mut body = call(nth, "");
            body["customer"]["number"] = json!(format!("+1415555{:04}", 200 + person));
            rig.handle("POST", "/call", Some(&body));
            // Never at the very millisecond of an end, where both orders are right.
            rig.pass(wait_ms);
        }
        let ledger = rig.world.ledger();
        let (pairs, most) = recount(&ledger);
        prop_assert_eq!(ledger.called_while_live.len(), pairs);
        prop_assert_eq!(ledger.peak_live_to_one_number, most.values().copied().max().unwrap_or(0));
        prop_assert_eq!(ledger.most_live_by_number, most);
    }
}
