//! A fact that the database refuses.

use domain::{call::CallStatus, outcome::Outcome};
use store::Applied;

use crate::{fixture::Fixture, people::NOW, says};

contract! {
    a_poisoned_fact_does_not_fail_those_committed_with_it_and_is_kept,
    a_poisoned_fact_without_payload_is_kept_too,
    a_payload_that_cannot_be_stored_does_not_cost_the_fact,
}

/// Says of a call that it is the provider's call of another one, which the database refuses.
fn poison(fact: domain::call::Fact, other: &store::Dial) -> domain::call::Fact {
    let mut poisoned = fact;
    poisoned.call.provider_call_id = Some(says::provider_id(other));
    poisoned.says.provider_call_id = Some(says::provider_id(other));
    poisoned
}

async fn a_poisoned_fact_does_not_fail_those_committed_with_it_and_is_kept(fixture: &Fixture) {
    let (id, dials) = fixture.dialled(3).await;
    let store = &fixture.store;
    store
        .apply_facts(&[says::accepted(&dials[0], NOW)], NOW)
        .await
        .unwrap();
    let facts = [
        says::report(&dials[0], "customer-ended-call", NOW + 1),
        poison(says::report(&dials[1], "customer-busy", NOW + 2), &dials[0]),
        says::report(&dials[2], "voicemail", NOW + 3),
    ];
    let applied = store.apply_facts(&facts, NOW + 5).await.unwrap();
    assert_eq!(
        applied,
        Applied {
            ended: 2,
            campaigns: [id].into(),
            strays: 1,
            ..Applied::default()
        }
    );
    for (dial, outcome) in dials
        .iter()
        .zip([Some(Outcome::Human), None, Some(Outcome::Voicemail)])
    {
        assert_eq!(
            store.call(dial.call_id).await.unwrap().expect("the call").outcome,
            outcome
        );
    }
    let kept = fixture
        .texts("SELECT body FROM stray_facts WHERE kind = 'end-of-call-report'")
        .await;
    assert_eq!(kept, [facts[1].payload.clone()]);
    // Its call is not hurt: the next fact about it counts.
    store
        .apply_facts(&[says::ended(&dials[1], "customer-busy", NOW + 9)], NOW + 9)
        .await
        .unwrap();
    assert_eq!(
        store
            .call(dials[1].call_id)
            .await
            .unwrap()
            .expect("the call")
            .status,
        CallStatus::Ended
    );
    fixture.assert_sound(3).await;
}

async fn a_poisoned_fact_without_payload_is_kept_too(fixture: &Fixture) {
    let (_, dials) = fixture.dialled(2).await;
    fixture
        .store
        .apply_facts(&[says::accepted(&dials[0], NOW)], NOW)
        .await
        .unwrap();
    let mut fact = poison(says::accepted(&dials[1], NOW), &dials[0]);
    fact.payload = None;
    let applied = fixture.store.apply_facts(&[fact], NOW).await.unwrap();
    assert_eq!(applied.strays, 1);
    let kept = fixture.texts("SELECT body FROM stray_facts").await;
    assert!(
        kept[0]
            .as_deref()
            .is_some_and(|body| body.contains(&says::provider_id(&dials[0]))),
        "{kept:?}"
    );
}

async fn a_payload_that_cannot_be_stored_does_not_cost_the_fact(fixture: &Fixture) {
    let deep = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
    let payloads = [
        "not JSON",
        "",
        "\"",
        "1e-999999",
        "1e999999",
        "{\"a\": \"\\ud800\"}",
        "\"\\u0000\"",
        &deep,
    ];
    let (_, dials) = fixture.dialled(payloads.len() + 1).await;
    let mut facts: Vec<_> = dials[1..]
        .iter()
        .zip(payloads)
        .map(|(dial, payload)| {
            let mut fact = says::report(dial, "voicemail", NOW);
            fact.payload = Some(payload.to_owned());
            fact
        })
        .collect();
    facts.push(says::report(&dials[0], "voicemail", NOW));
    let applied = fixture.store.apply_facts(&facts, NOW).await.unwrap();
    assert_eq!((applied.ended, applied.strays), (payloads.len() + 1, 0));
    let call = fixture
        .store
        .call(dials[1].call_id)
        .await
        .unwrap()
        .expect("the call");
    let payload = call.events.last().and_then(|event| event.payload.as_deref());
    assert_eq!(payload, Some("\"not JSON\""));
    fixture.assert_sound(9).await;
}
