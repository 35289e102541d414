//! Every attempt records what the decision to dial was based on.

use domain::{consent::Consent, limits::Limits, time::HOUR_MS};
use serde_json::{Value, json};
use store::Dial;

use crate::{
    fixture::Fixture,
    looks::{at, at_number, daily, end, only},
    people::{List, NOW, dial, start},
};

contract! {
    the_log_says_why_a_call_was_lawful,
    where_no_rule_binds_the_log_says_so,
    the_log_names_the_zone_that_the_campaign_assumed,
}

async fn grounds(fixture: &Fixture, dial: &Dial) -> Value {
    let call = fixture.store.call(dial.call_id).await.unwrap().expect("the call");
    let reserved = &call.events[0];
    assert_eq!(reserved.kind, "reserved");
    serde_json::from_str(reserved.payload.as_deref().expect("grounds")).unwrap()
}

async fn the_log_says_why_a_call_was_lawful(fixture: &Fixture) {
    let store = &fixture.store;
    let mut person = at_number(0, "+12125550101");
    person.variables.extend(
        [("Agreed", "yes"), ("State", "NY")].map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    let policy = only(|policy| {
        policy.hours = daily(9, 20);
        policy.limits = Limits::default();
        policy.consent = Some(Consent {
            column: "Agreed".to_owned(),
        });
        policy.money.budget_usd_micros = Some(100_000_000);
    });
    let list = List {
        people: vec![person],
        policy: policy.clone(),
        ..List::of([])
    };
    start(store, &list).await;
    let morning = at("2026-11-20T15:00:00.000Z");
    let first = dial(store, morning).await;
    let payload = grounds(fixture, &first[0]).await;
    let lawful_until = payload["lawful_until"].clone();
    assert_eq!(lawful_until, json!(at("2026-11-21T01:00:00.000Z").0));
    assert_eq!(
        payload,
        json!({
            "policy_version": 1,
            "zones": ["America/New_York"],
            "zone_evidence": payload["zone_evidence"],
            "regions": ["US-NY"],
            "region_evidence": "state",
            "local_times": ["Fri 10:00 EST"],
            "lawful_until": lawful_until,
            "suppression": "not on any list",
            "consent": ["Agreed", "yes"],
            "attempt": 1,
            "attempts_within_24_h": 0,
            "last_attempt_at": null,
            "phone_number_id": "number-1",
            "held_usd_micros": 30_000_000,
        })
    );
    end(store, &first, "customer-busy", morning).await;
    start(store, &list).await;
    let again = dial(store, morning + 4 * HOUR_MS).await;
    let payload = grounds(fixture, &again[0]).await;
    assert_eq!(
        (&payload["attempts_within_24_h"], &payload["last_attempt_at"]),
        (&json!(1), &json!(morning.0))
    );
    fixture.assert_sound(10).await;
}

async fn where_no_rule_binds_the_log_says_so(fixture: &Fixture) {
    let (_, dial) = fixture.one_call().await;
    let payload = grounds(fixture, &dial).await;
    assert_eq!(
        (&payload["consent"], payload.get("held_usd_micros")),
        (&Value::Null, None)
    );
    assert!(payload["lawful_until"].as_i64() > Some(NOW.0 + 1_000 * HOUR_MS));
    fixture.assert_sound(1).await;
}

async fn the_log_names_the_zone_that_the_campaign_assumed(fixture: &Fixture) {
    let store = &fixture.store;
    let policy = only(|policy| {
        policy.hours = daily(9, 20);
        policy.fallback_zone = Some("America/Denver".to_owned());
    });
    let list = List {
        people: vec![at_number(0, "+999123456789"), at_number(1, "+12125550101")],
        policy,
        ..List::of([])
    };
    start(store, &list).await;
    let dials = dial(store, at("2026-11-20T17:00:00.000Z")).await;
    assert_eq!(dials.len(), 2);
    let assumed = grounds(fixture, &dials[0]).await;
    assert_eq!(
        (&assumed["zones"], &assumed["zone_evidence"]),
        (&json!([]), &json!("nothing"))
    );
    assert_eq!(
        (&assumed["fallback_zone"], &assumed["local_times"]),
        (&json!("America/Denver"), &json!(["Fri 10:00 MST"]))
    );
    assert_eq!(grounds(fixture, &dials[1]).await.get("fallback_zone"), None);
    fixture.assert_sound(10).await;
}
