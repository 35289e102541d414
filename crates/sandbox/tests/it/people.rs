//! How people behave, seen from outside.

use crate::support::{Rig, call};
use autolynx_sandbox::{People, Settings};
use serde_json::json;

#[test]
fn every_script_ends_with_its_reason() {
    let scripts = [
        ("interested", "-ended-call"),
        ("optout 20s", "-ended-call"),
        ("hang-up", "customer-ended-call"),
        ("silent", "silence-timed-out"),
        ("voicemail", "voicemail"),
        ("no-answer", "customer-did-not-answer"),
        ("busy", "customer-busy"),
        ("rejected", "vonage-rejected"),
        ("invalid", "twilio-reported-customer-misdialed"),
        ("fail", "connect"),
        ("too-long", "exceeded-max-duration"),
        ("forwarded", "assistant-forwarded-call"),
        (
            "error:pipeline-error-openai-llm-failed",
            "pipeline-error-openai-llm-failed",
        ),
        (
            "error:call.start.error-subscription-frozen",
            "call.start.error-subscription-frozen",
        ),
    ];
    // A seed with which nobody talks to the limit who was not told to.
    let mut rig = Rig::with(Settings {
        seed: 2,
        account_lines: 100,
        ..Settings::default()
    });
    for (nth, (script, _)) in scripts.iter().enumerate() {
        rig.dial(&call(nth, script));
    }
    rig.pass(1_200_000);
    let ledger = rig.world.ledger();
    for (call, (script, reason)) in ledger.calls.iter().zip(scripts) {
        let ended = call.ended_reason.as_deref().unwrap();
        let right = if reason == "connect" {
            ended.contains("connect") || ended.contains("sip")
        } else {
            ended.ends_with(reason)
        };
        assert!(right, "{script}: {ended}");
        assert!(call.ended_at_ms <= call.max_end_ms);
    }
    assert_eq!(ledger.calls_ended, scripts.len() as u64);
}

#[test]
fn names_and_numbers_script_too() {
    let mut rig = Rig::new();
    let mut by_name = call(1, "");
    by_name["customer"]["name"] = json!("Ann Lee [voicemail]");
    rig.dial(&by_name);
    let mut by_number = call(2, "");
    by_number["customer"]["number"] = json!("+15005550002");
    rig.dial(&by_number);
    let mut by_variable = call(3, "rejected");
    by_variable["customer"]["name"] = json!("Ann Lee [voicemail]");
    rig.dial(&by_variable);
    rig.pass(120_000);
    let fates: Vec<_> = rig
        .world
        .ledger()
        .calls
        .into_iter()
        .map(|call| call.fate.unwrap())
        .collect();
    assert_eq!(fates, ["voicemail", "busy", "rejected"]);
}

#[test]
fn a_person_does_the_same_whatever_the_order_of_the_calls() {
    let fates = |order: &[usize]| {
        let mut rig = Rig::with(Settings {
            account_lines: 100,
            ..Settings::default()
        });
        for nth in order {
            rig.dial(&call(*nth, ""));
            rig.pass(700);
        }
        rig.pass(3_600_000);
        let mut fates: Vec<_> = rig
            .world
            .ledger()
            .calls
            .into_iter()
            .map(|call| {
                (
                    call.our_id,
                    call.fate,
                    call.ended_at_ms.unwrap() - call.created_at_ms,
                )
            })
            .collect();
        fates.sort();
        fates
    };
    let forwards: Vec<usize> = (0..40).collect();
    let backwards: Vec<usize> = (0..40).rev().collect();
    assert_eq!(fates(&forwards), fates(&backwards));
}

#[test]
fn a_second_attempt_at_the_same_number_is_a_new_throw() {
    let mut rig = Rig::with(Settings {
        account_lines: 1_000,
        ..Settings::default()
    });
    for nth in 0..60 {
        let mut body = call(nth, "");
        body["customer"]["number"] = json!("+14155550222");
        rig.dial(&body);
    }
    let ledger = rig.world.ledger();
    let mut fates: Vec<_> = ledger.calls.into_iter().map(|call| call.fate).collect();
    fates.sort();
    fates.dedup();
    assert!(fates.len() > 3, "{fates:?}");
    assert_eq!(ledger.numbers_called_more_than_once, ["+14155550222"]);
    assert_eq!(ledger.attempts_called_twice, Vec::<String>::new());
}

#[test]
fn the_mix_can_be_changed() {
    let people = People {
        report_unanswered: 1.0,
        ..People::all_human()
    };
    let mut rig = Rig::with(Settings {
        account_lines: 100,
        people,
        ..Settings::default()
    });
    for nth in 0..50 {
        rig.dial(&call(nth, ""));
    }
    rig.pass(3_600_000);
    assert!(
        rig.world
            .ledger()
            .calls
            .iter()
            .all(|call| call.answered_at_ms.is_some())
    );
}
