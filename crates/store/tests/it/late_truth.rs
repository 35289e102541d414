//! What a call came to is told late, or otherwise at first: whoever waits or is done becomes what the truth says.

use domain::{
    campaign::{Action, CampaignStatus},
    contact::ContactState,
    outcome::Outcome,
    time::{HOUR_MS, MINUTE_MS},
};
use store::Dial;

use crate::{
    fixture::Fixture,
    looks::{campaign, contact, end, only, phones},
    people::{List, NOW, dial, phone, start},
    says,
};

contract! {
    whoever_was_reached_after_all_is_not_called_again,
    whoever_was_not_reached_after_all_is_called_again,
    a_retry_that_was_for_something_else_keeps_its_campaign_open,
    a_campaign_that_is_complete_stays_so,
    a_cancelled_campaign_calls_nobody_again,
    late_truth_does_not_hold_up_a_batch,
    a_truth_about_an_older_call_changes_nothing,
    a_provider_error_that_turns_out_to_be_one_gives_the_attempt_back,
}

/// Two people, and the second of them keeps the campaign open.
async fn two(fixture: &Fixture) -> (domain::ids::CampaignId, Vec<Dial>) {
    let list = List {
        policy: only(|policy| {
            policy.retries.no_answer = vec![MINUTE_MS; 2];
            policy.retries.busy = vec![MINUTE_MS; 2];
            policy.retries.provider_error = vec![MINUTE_MS; 2];
        }),
        ..List::of(0..2)
    };
    let id = start(&fixture.store, &list).await;
    (id, dial(&fixture.store, NOW).await)
}

async fn whoever_was_reached_after_all_is_not_called_again(fixture: &Fixture) {
    let store = &fixture.store;
    let (id, dials) = two(fixture).await;
    // Said to have ended with nothing heard of an answer; the report knows better.
    end(store, &dials[..1], "customer-did-not-answer", NOW + 1_000).await;
    assert_eq!(contact(store, id, &phone(0)).await.state, ContactState::Pending);
    let mut truth = says::report(&dials[0], "customer-ended-call", NOW + 1_000 - 1);
    truth.at = NOW + 1_000;
    store.apply_facts(&[truth], NOW + 2_000).await.unwrap();
    let call = store.call(dials[0].call_id).await.unwrap().expect("the call");
    let known = contact(store, id, &phone(0)).await;
    if call.outcome == Some(Outcome::Human) {
        assert_eq!(
            (known.state, known.outcome, known.reason, known.attempts),
            (ContactState::Done, Some(Outcome::Human), None, 1)
        );
        assert_eq!(dial(store, NOW + HOUR_MS).await, []);
    }
    assert_eq!(call.outcome, Some(Outcome::Human));
    fixture.assert_sound(10).await;
}

async fn whoever_was_not_reached_after_all_is_called_again(fixture: &Fixture) {
    let store = &fixture.store;
    let (id, dials) = two(fixture).await;
    let facts = [
        says::accepted(&dials[0], NOW),
        says::inferred(&dials[0], "autolynx.timeout", NOW + 1_000),
    ];
    store.apply_facts(&facts, NOW + 1_000).await.unwrap();
    let guessed = contact(store, id, &phone(0)).await;
    assert_eq!(
        (guessed.state, guessed.outcome),
        (ContactState::Done, Some(Outcome::Unknown))
    );
    end(store, &dials[..1], "customer-did-not-answer", NOW + 2_000).await;
    let known = contact(store, id, &phone(0)).await;
    assert_eq!(
        (
            known.state,
            known.outcome,
            known.reason.as_deref(),
            known.attempts
        ),
        (ContactState::Pending, None, Some("nobody answered"), 1)
    );
    assert!(known.eligible_at > NOW + 40_000);
    fixture.assert_sound(10).await;
    let again = dial(store, NOW + 2 * MINUTE_MS).await;
    assert_eq!((phones(&again), again[0].attempt), (vec![phone(0)], 2));
    fixture.assert_sound(10).await;
}

async fn a_retry_that_was_for_something_else_keeps_its_campaign_open(fixture: &Fixture) {
    let store = &fixture.store;
    let (id, dials) = two(fixture).await;
    end(store, &dials[1..], "customer-ended-call", NOW + 1).await;
    end(store, &dials[..1], "customer-busy", NOW + 1_000).await;
    assert_eq!(campaign(store, id).await.status, CampaignStatus::Dialing);
    let reached = says::report(&dials[0], "customer-ended-call", NOW + 900);
    store.apply_facts(&[reached], NOW + 2_000).await.unwrap();
    assert_eq!(
        campaign(store, id).await.status,
        CampaignStatus::Completed,
        "nobody waits any more"
    );
    fixture.assert_sound(10).await;
}

async fn a_campaign_that_is_complete_stays_so(fixture: &Fixture) {
    let store = &fixture.store;
    let (id, dials) = two(fixture).await;
    end(store, &dials[1..], "customer-ended-call", NOW + 1).await;
    let facts = [
        says::accepted(&dials[0], NOW),
        says::inferred(&dials[0], "autolynx.timeout", NOW + 1_000),
    ];
    store.apply_facts(&facts, NOW + 1_000).await.unwrap();
    assert_eq!(campaign(store, id).await.status, CampaignStatus::Completed);
    end(store, &dials[..1], "customer-did-not-answer", NOW + 2_000).await;
    let known = contact(store, id, &phone(0)).await;
    assert_eq!(
        (known.state, known.outcome),
        (ContactState::Done, Some(Outcome::NoAnswer))
    );
    assert_eq!(campaign(store, id).await.status, CampaignStatus::Completed);
    fixture.assert_sound(10).await;
}

async fn a_cancelled_campaign_calls_nobody_again(fixture: &Fixture) {
    let store = &fixture.store;
    let (id, dials) = two(fixture).await;
    let facts = [
        says::accepted(&dials[0], NOW),
        says::inferred(&dials[0], "autolynx.timeout", NOW + 1_000),
    ];
    store.apply_facts(&facts, NOW + 1_000).await.unwrap();
    store.act(id, Action::Cancel, NOW + 1_500).await.unwrap();
    end(store, &dials[..1], "customer-did-not-answer", NOW + 2_000).await;
    let known = contact(store, id, &phone(0)).await;
    assert_eq!(
        (known.state, known.outcome),
        (ContactState::Done, Some(Outcome::NoAnswer))
    );
    fixture.assert_sound(10).await;
}

async fn late_truth_does_not_hold_up_a_batch(fixture: &Fixture) {
    let store = &fixture.store;
    let list = List {
        batch_size: Some(1),
        policy: only(|policy| policy.retries.no_answer = vec![HOUR_MS]),
        ..List::of(0..3)
    };
    start(store, &list).await;
    let first = dial(store, NOW).await;
    let facts = [
        says::accepted(&first[0], NOW),
        says::inferred(&first[0], "autolynx.timeout", NOW + 1_000),
    ];
    store.apply_facts(&facts, NOW + 1_000).await.unwrap();
    let second = dial(store, NOW + 1_001).await;
    assert_eq!(phones(&second), [phone(1)]);
    end(store, &first, "customer-did-not-answer", NOW + 2_000).await;
    end(store, &second, "customer-ended-call", NOW + 2_001).await;
    assert_eq!(
        phones(&dial(store, NOW + 2_002).await),
        [phone(2)],
        "the next batch does not wait for the hour of the retry"
    );
    fixture.assert_sound(10).await;
}

async fn a_truth_about_an_older_call_changes_nothing(fixture: &Fixture) {
    let store = &fixture.store;
    let (id, dials) = two(fixture).await;
    end(store, &dials[..1], "customer-busy", NOW + 1).await;
    let again = dial(store, NOW + 2 * MINUTE_MS).await;
    assert_eq!(phones(&again), [phone(0)]);
    // The first call is told otherwise while the second is live.
    let late = says::report(&dials[0], "customer-did-not-answer", NOW);
    store.apply_facts(&[late], NOW + 3 * MINUTE_MS).await.unwrap();
    assert_eq!(contact(store, id, &phone(0)).await.state, ContactState::Calling);
    end(store, &again, "customer-ended-call", NOW + 4 * MINUTE_MS).await;
    let done = contact(store, id, &phone(0)).await;
    assert_eq!(
        (done.state, done.outcome, done.attempts),
        (ContactState::Done, Some(Outcome::Human), 2)
    );
    fixture.assert_sound(10).await;
}

async fn a_provider_error_that_turns_out_to_be_one_gives_the_attempt_back(fixture: &Fixture) {
    const BROKEN: &str = "call.in-progress.error-providerfault-vapi-llm-failed";
    let store = &fixture.store;
    let (id, dials) = two(fixture).await;
    let facts = [
        says::accepted(&dials[0], NOW),
        says::inferred(&dials[0], "autolynx.timeout", NOW + 1_000),
    ];
    store.apply_facts(&facts, NOW + 1_000).await.unwrap();
    assert_eq!(contact(store, id, &phone(0)).await.attempts, 1);
    end(store, &dials[..1], BROKEN, NOW + 2_000).await;
    let waits = contact(store, id, &phone(0)).await;
    assert_eq!((waits.state, waits.attempts), (ContactState::Pending, 0));
    fixture.assert_sound(10).await;
}
