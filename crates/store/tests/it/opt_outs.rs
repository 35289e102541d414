//! Whoever asks in a call not to be called again is not called again: at once, by no campaign.

use domain::{
    call::{CallRef, CallState, Fact, Source},
    contact::ContactState,
    outcome::Outcome,
    time::{HOUR_MS, MINUTE_MS, UtcMs},
};
use store::{Dial, Kind, MarkSent, Page, SuppressionFilter, SuppressionSource};

use crate::{
    fixture::{self, Fixture},
    looks::{campaign, contact, only, phones},
    people::{List, MAX_DURATION_MS, NOW, dial, phone, start},
    probes::Gate,
    says,
    suppressions::{exact, forbid},
};

contract! {
    a_report_that_tells_of_an_opt_out_ends_all_calls_to_the_number,
    a_tool_of_the_assistant_does_so_during_the_call,
    the_analysis_may_come_after_the_end_and_finds_a_reserved_call,
    a_fact_that_came_before_its_call_was_known_counts,
    the_opt_out_and_the_list_are_one_commit,
    it_is_counted_once_however_often_it_is_told,
    an_entry_with_an_end_has_none_any_more,
    an_opt_out_outweighs_a_wish_to_be_called_back_and_every_ladder,
    a_wish_in_a_call_that_is_not_ours_counts_for_the_number,
}

const ASKED: &str = "asked in a call not to be called again";

/// The report of a call in which the person asked not to be called again.
fn report(dial: &Dial, at: UtcMs) -> Fact {
    with_data(dial, at, r#"{"do_not_call": true, "interested": false}"#)
}

fn with_data(dial: &Dial, at: UtcMs, data: &str) -> Fact {
    let mut fact = says::report(dial, "customer-ended-call", at);
    fact.says.details.structured_json = Some(data.to_owned());
    fact
}

/// The assistant called its tool.
fn tool(dial: &Dial, at: UtcMs) -> Fact {
    let mut fact = says::answered(dial, at);
    fact.says.details.opted_out = true;
    fact
}

async fn a_report_that_tells_of_an_opt_out_ends_all_calls_to_the_number(fixture: &Fixture) {
    let store = &fixture.store;
    let first = start(store, &List::of([0])).await;
    let dials = dial(store, NOW).await;
    let waiting = start(store, &List::of([0, 1])).await;
    let last = start(store, &List::of([0])).await;
    let applied = store
        .apply_facts(&[report(&dials[0], NOW + 50)], NOW + 60)
        .await
        .unwrap();
    assert_eq!((applied.opted_out, applied.ended), (1, 1));
    assert_eq!(applied.campaigns, [first, waiting, last].into());
    let called = contact(store, first, &phone(0)).await;
    assert_eq!(
        (called.state, called.outcome),
        (ContactState::Done, Some(Outcome::Human)),
        "the call was one"
    );
    for id in [waiting, last] {
        let other = contact(store, id, &phone(0)).await;
        assert_eq!(
            (other.state, other.reason.as_deref()),
            (ContactState::Skipped, Some(ASKED))
        );
    }
    assert!(campaign(store, last).await.status.is_final());
    let all = Page { limit: 9, offset: 0 };
    let entries = store
        .suppressions(&SuppressionFilter::default(), all)
        .await
        .unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!(
        (
            entries[0].source,
            entries[0].call_id,
            entries[0].campaign_id,
            entries[0].expires_at
        ),
        (SuppressionSource::Call, Some(dials[0].call_id), None, None)
    );
    let later = start(store, &List::of([0])).await;
    assert_eq!(phones(&dial(store, NOW + 70).await), [phone(1)]);
    assert_eq!(
        contact(store, later, &phone(0)).await.reason.as_deref(),
        Some(ASKED)
    );
    fixture.assert_sound(10).await;
}

async fn a_tool_of_the_assistant_does_so_during_the_call(fixture: &Fixture) {
    let store = &fixture.store;
    let (id, dial) = fixture.one_call().await;
    let other = start(store, &List::of([0])).await;
    let applied = store.apply_facts(&[tool(&dial, NOW + 5)], NOW + 5).await.unwrap();
    assert_eq!((applied.opted_out, applied.ended), (1, 0));
    assert_eq!(
        contact(store, other, &phone(0)).await.state,
        ContactState::Skipped
    );
    let calling = contact(store, id, &phone(0)).await;
    assert_eq!(calling.state, ContactState::Calling, "it is still on the phone");
    let applied = store
        .apply_facts(&[report(&dial, NOW + 50)], NOW + 50)
        .await
        .unwrap();
    assert_eq!(applied.opted_out, 0, "known");
    let state = store.call(dial.call_id).await.unwrap().expect("the call").state;
    assert!(state.details.opted_out);
    assert_eq!(fixture.count("suppressions", "source = 'call'").await, 1);
    fixture.assert_sound(1).await;
}

async fn the_analysis_may_come_after_the_end_and_finds_a_reserved_call(fixture: &Fixture) {
    let store = &fixture.store;
    let (first, dial_of_first) = fixture.one_call().await;
    let plain = says::ended(&dial_of_first, "customer-ended-call", NOW + 10);
    store.apply_facts(&[plain], NOW + 10).await.unwrap();
    let second = start(store, &List::of([0])).await;
    let reserved = store.claim(MAX_DURATION_MS, NOW + 20).await.unwrap().dials;
    assert_eq!(reserved.len(), 1);
    let applied = store
        .apply_facts(&[report(&dial_of_first, NOW + 10)], NOW + 30)
        .await
        .unwrap();
    assert_eq!(applied.opted_out, 1);
    let marked = store
        .mark_sent(reserved[0].call_id, second, NOW + 31)
        .await
        .unwrap();
    assert_eq!(marked, MarkSent::Halted);
    store
        .apply_facts(&[says::released(reserved[0].call_id, NOW + 32)], NOW + 32)
        .await
        .unwrap();
    assert_eq!(dial(store, NOW + 33).await, []);
    assert_eq!(
        contact(store, second, &phone(0)).await.reason.as_deref(),
        Some(ASKED)
    );
    assert_eq!(
        contact(store, first, &phone(0)).await.outcome,
        Some(Outcome::Human)
    );
    fixture.assert_sound(1).await;
}

async fn a_fact_that_came_before_its_call_was_known_counts(fixture: &Fixture) {
    let store = &fixture.store;
    let (_, dial) = fixture.one_call().await;
    let other = start(store, &List::of([0])).await;
    let stray = says::without_our_id(tool(&dial, NOW + 20));
    let applied = store.apply_facts(&[stray], NOW + 21).await.unwrap();
    assert_eq!((applied.strays, applied.opted_out), (1, 0));
    let applied = store
        .apply_facts(&[says::accepted(&dial, NOW + 10)], NOW + 30)
        .await
        .unwrap();
    assert_eq!(applied.opted_out, 1);
    assert_eq!(
        contact(store, other, &phone(0)).await.reason.as_deref(),
        Some(ASKED)
    );
    assert_eq!(fixture.count("stray_facts", "matched_at_ms IS NULL").await, 0);
    fixture.assert_sound(1).await;
}

async fn the_opt_out_and_the_list_are_one_commit(fixture: &Fixture) {
    let (_, dial) = fixture.one_call().await;
    start(&fixture.store, &List::of([0])).await;
    let node = fixture.another_node().await;
    let gate = Gate::behind(&node);
    gate.close();
    let fact = report(&dial, NOW + 50);
    let recording = tokio::spawn({
        let node = node.clone();
        async move { node.apply_facts(&[fact], NOW + 60).await.unwrap() }
    });
    gate.arrival().await;
    // Killed here, this is what remains.
    assert_eq!(fixture.count("calls", "outcome = 'human'").await, 1);
    assert_eq!(fixture.count("suppressions", "source = 'call'").await, 1);
    assert_eq!(fixture.count("contacts", "state = 'skipped'").await, 1);
    gate.open();
    recording.await.unwrap();
    node.close().await;
    fixture.assert_sound(1).await;
}

async fn it_is_counted_once_however_often_it_is_told(fixture: &Fixture) {
    let store = &fixture.store;
    let (_, dial) = fixture.one_call().await;
    let facts = [
        report(&dial, NOW + 50),
        report(&dial, NOW + 50),
        tool(&dial, NOW + 20),
    ];
    assert_eq!(store.apply_facts(&facts, NOW + 60).await.unwrap().opted_out, 1);
    assert_eq!(store.apply_facts(&facts, NOW + 61).await.unwrap().opted_out, 0);
    assert_eq!(fixture.count("suppressions", "1 = 1").await, 1);
    fixture.assert_sound(1).await;
}

async fn an_entry_with_an_end_has_none_any_more(fixture: &Fixture) {
    let store = &fixture.store;
    let (_, dial) = fixture.one_call().await;
    let mut entry = exact(&phone(0));
    entry.expires_at = Some(NOW + HOUR_MS);
    forbid(store, entry, None, NOW).await;
    store
        .apply_facts(&[report(&dial, NOW + 50)], NOW + 60)
        .await
        .unwrap();
    assert_eq!(
        fixture
            .count("suppressions", "expires_at_ms IS NULL AND source = 'call'")
            .await,
        1
    );
}

async fn an_opt_out_outweighs_a_wish_to_be_called_back_and_every_ladder(fixture: &Fixture) {
    let store = &fixture.store;
    let list = List {
        policy: only(|policy| {
            policy.retries.hung_up = vec![MINUTE_MS; 3];
            policy.retries.voicemail = vec![MINUTE_MS; 3];
        }),
        ..List::of(0..2)
    };
    let id = start(store, &list).await;
    let dials = dial(store, NOW).await;
    let callback = (NOW + HOUR_MS).to_iso();
    let data = format!(r#"{{"opt_out": "yes", "callback_at": "{callback}"}}"#);
    let mut machine = says::ended(&dials[1], "voicemail", NOW + 50);
    machine.says.details.opted_out = true;
    let facts = [with_data(&dials[0], NOW + 50, &data), machine];
    assert_eq!(store.apply_facts(&facts, NOW + 60).await.unwrap().opted_out, 2);
    for person in 0..2 {
        assert_eq!(contact(store, id, &phone(person)).await.state, ContactState::Done);
    }
    assert!(campaign(store, id).await.status.is_final());
    fixture.assert_sound(10).await;
}

/// Somebody who opts out may be in a list that is imported at the same moment.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres_a_claim_waits_for_an_opt_out_that_is_being_recorded() {
    fixture::run(Kind::Postgres, async |fixture| {
        let (_, dial) = fixture.one_call().await;
        let ended = says::ended(&dial, "customer-ended-call", NOW + 10);
        fixture.store.apply_facts(&[ended], NOW + 10).await.unwrap();
        let slow = fixture.another_node().await;
        let gate = Gate::before(&slow);
        gate.close();
        let fact = report(&dial, NOW + 10);
        let recording = tokio::spawn({
            let slow = slow.clone();
            async move { slow.apply_facts(&[fact], NOW + 20).await.unwrap() }
        });
        gate.arrival().await;
        let claiming = tokio::spawn({
            let store = fixture.store.clone();
            async move {
                start(&store, &List::of([0])).await;
                store.claim(MAX_DURATION_MS, NOW + 20).await.unwrap().dials
            }
        });
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        gate.open();
        assert_eq!(recording.await.unwrap().opted_out, 1);
        assert_eq!(claiming.await.unwrap(), []);
        fixture.assert_sound(1).await;
        slow.close().await;
    })
    .await;
}

/// Somebody calls back, and says to the assistant that answers: do not call me again.
///
/// Guarantees *every no is heard* and *said is done*: what the store answers is what it committed.
async fn a_wish_in_a_call_that_is_not_ours_counts_for_the_number(fixture: &Fixture) {
    let store = &fixture.store;
    let waiting = start(store, &List::of([0, 1])).await;
    for (nth, source) in [Source::Webhook, Source::Poll].into_iter().enumerate() {
        let call = CallRef {
            number: Some(phone(nth)),
            call_id: None,
            provider_call_id: Some(format!("inbound-{nth}")),
        };
        let mut fact = Fact {
            call: call.clone(),
            source,
            kind: "tool-calls".to_owned(),
            at: NOW,
            says: CallState::default(),
            payload: None,
        };
        let quiet = store.apply_facts(std::slice::from_ref(&fact), NOW).await.unwrap();
        assert_eq!(quiet.opted_out, 0);
        assert!(!store.is_on_the_list(&call).await.unwrap());

        fact.says.details.opted_out = true;
        let applied = store
            .apply_facts(std::slice::from_ref(&fact), NOW + 1)
            .await
            .unwrap();
        assert_eq!(
            (applied.opted_out, applied.campaigns),
            (1, [waiting].into()),
            "{source:?}"
        );
        assert!(store.is_on_the_list(&call).await.unwrap());
        assert_eq!(
            contact(store, waiting, &phone(nth)).await.state,
            ContactState::Skipped,
            "{source:?}"
        );
        let again = store.apply_facts(&[fact], NOW + 2).await.unwrap();
        assert_eq!(again.opted_out, 0, "told again");
    }
    assert!(dial(store, NOW + HOUR_MS).await.is_empty());
    // What is no number is nobody's.
    let nobody = CallRef {
        number: Some("anonymous".to_owned()),
        call_id: None,
        provider_call_id: Some("inbound-9".to_owned()),
    };
    let mut says = CallState::default();
    says.details.opted_out = true;
    let fact = Fact {
        call: nobody.clone(),
        source: Source::Webhook,
        kind: "tool-calls".to_owned(),
        at: NOW,
        says,
        payload: None,
    };
    assert_eq!(store.apply_facts(&[fact], NOW + 3).await.unwrap().strays, 1);
    assert!(!store.is_on_the_list(&nobody).await.unwrap());
}
