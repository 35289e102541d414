//! Whoever asks in a call to be called back is: then, and before everybody else.

use domain::{
    call::Fact,
    campaign::{Action, CampaignStatus},
    contact::ContactState,
    ids::CampaignId,
    outcome::Outcome,
    policy::Policy,
    time::{DAY_MS, HOUR_MS, MINUTE_MS, UtcMs},
};
use store::Dial;

use crate::{
    fixture::Fixture,
    looks::{at, campaign, contact, daily, end, only, phones},
    people::{List, NOW, dial, phone, start},
    says,
};

contract! {
    a_callback_goes_first_when_it_is_due,
    a_callback_waits_for_a_lawful_hour,
    a_wish_told_after_the_end_opens_the_campaign_again,
    a_campaign_that_is_over_stays_so,
    a_wish_moves_a_retry_that_waits,
    a_wish_that_nobody_can_keep_counts_for_nothing,
    a_callback_survives_being_put_off,
}

/// No rules but that wishes are kept, and those that are set.
fn called_back(set: impl FnOnce(&mut Policy)) -> Policy {
    let mut policy = only(set);
    policy.callbacks = true;
    policy
}

/// Two people, both on the phone.
async fn two(fixture: &Fixture, first: usize) -> (CampaignId, Vec<Dial>) {
    let list = List {
        policy: called_back(|_| ()),
        ..List::of(first..first + 2)
    };
    let id = start(&fixture.store, &list).await;
    (id, dial(&fixture.store, NOW).await)
}

fn wish(dial: &Dial, ended: UtcMs, callback: UtcMs) -> Fact {
    let mut fact = says::report(dial, "customer-ended-call", ended);
    fact.says.details.structured_json = Some(format!(r#"{{"callback_at": "{}"}}"#, callback.to_iso()));
    fact
}

async fn a_callback_goes_first_when_it_is_due(fixture: &Fixture) {
    let store = &fixture.store;
    store.set_line_cap(2).await.unwrap();
    let list = List {
        policy: called_back(|policy| policy.retries.busy = vec![MINUTE_MS]),
        ..List::of(0..9)
    };
    let id = start(store, &list).await;
    let dials = dial(store, NOW).await;
    let due = NOW + HOUR_MS;
    store
        .apply_facts(&[wish(&dials[1], NOW + 1_000, due)], NOW + 1_000)
        .await
        .unwrap();
    end(store, &dials[..1], "customer-busy", NOW + 1_000).await;
    let waits = contact(store, id, &phone(1)).await;
    assert_eq!(
        (waits.state, waits.eligible_at, waits.reason.as_deref()),
        (ContactState::Pending, due, Some("asked to be called back"))
    );
    // A retry has been due for long, and others were never called.
    store.set_line_cap(1).await.unwrap();
    assert_eq!(phones(&dial(store, due).await), [phone(1)]);
    fixture.assert_sound(1).await;
    store.set_line_cap(2).await.unwrap();
    assert_eq!(
        phones(&dial(store, due).await),
        [phone(0)],
        "then who is called again"
    );
    fixture.assert_sound(10).await;
}

async fn a_callback_waits_for_a_lawful_hour(fixture: &Fixture) {
    let store = &fixture.store;
    let list = List {
        policy: called_back(|policy| policy.hours = daily(9, 20)),
        ..List::of(0..1)
    };
    let id = start(store, &list).await;
    let noon = at("2026-11-20T11:00:00.000Z");
    let dials = dial(store, noon).await;
    let at_night = at("2026-11-20T22:00:00.000Z");
    store
        .apply_facts(&[wish(&dials[0], noon + 1, at_night)], noon + 1)
        .await
        .unwrap();
    assert_eq!(
        contact(store, id, &phone(0)).await.eligible_at,
        at("2026-11-21T08:00:00.000Z")
    );
    fixture.assert_sound(10).await;
}

async fn a_wish_told_after_the_end_opens_the_campaign_again(fixture: &Fixture) {
    let store = &fixture.store;
    let (id, dials) = two(fixture, 0).await;
    end(store, &dials, "customer-ended-call", NOW + 1_000).await;
    assert_eq!(campaign(store, id).await.status, CampaignStatus::Completed);
    let due = NOW + HOUR_MS;
    store
        .apply_facts(&[wish(&dials[0], NOW + 1_000, due)], NOW + 2_000)
        .await
        .unwrap();
    let open = campaign(store, id).await;
    assert_eq!((open.status, open.completed_at), (CampaignStatus::Running, None));
    let waits = contact(store, id, &phone(0)).await;
    assert_eq!(
        (waits.state, waits.outcome, waits.eligible_at, waits.attempts),
        (ContactState::Pending, None, due, 1)
    );
    fixture.assert_sound(10).await;
    assert_eq!(dial(store, due - 1).await, []);
    let again = dial(store, due).await;
    assert_eq!((phones(&again), again[0].attempt), (vec![phone(0)], 2));
    end(store, &again, "customer-ended-call", due + 1_000).await;
    assert_eq!(campaign(store, id).await.status, CampaignStatus::Completed);
    fixture.assert_sound(10).await;
}

async fn a_campaign_that_is_over_stays_so(fixture: &Fixture) {
    let store = &fixture.store;
    let due = NOW + HOUR_MS;
    let (expired, dials) = two(fixture, 0).await;
    end(store, &dials, "customer-ended-call", NOW + 1_000).await;
    // Complete, and past its last day.
    fixture
        .execute(&format!("UPDATE campaigns SET expires_at_ms = {}", NOW.0 + 1_500))
        .await
        .unwrap();
    store
        .apply_facts(&[wish(&dials[0], NOW + 1_000, due)], NOW + 2_000)
        .await
        .unwrap();
    assert_eq!(campaign(store, expired).await.status, CampaignStatus::Completed);
    fixture
        .execute("UPDATE campaigns SET expires_at_ms = NULL")
        .await
        .unwrap();
    store.act(expired, Action::Archive, NOW + 3_000).await.unwrap();
    store
        .apply_facts(&[wish(&dials[1], NOW + 1_000, due)], NOW + 4_000)
        .await
        .unwrap();
    assert_eq!(campaign(store, expired).await.status, CampaignStatus::Completed);
    fixture.assert_sound(10).await;

    let (canceled, dials) = two(fixture, 2).await;
    store.act(canceled, Action::Cancel, NOW + 1).await.unwrap();
    store
        .apply_facts(&[wish(&dials[0], NOW + 2, due)], NOW + 2)
        .await
        .unwrap();
    let called = contact(store, canceled, &phone(2)).await;
    assert_eq!(
        (called.state, called.outcome),
        (ContactState::Done, Some(Outcome::Human))
    );
    assert_eq!(campaign(store, canceled).await.status, CampaignStatus::Canceled);
    fixture.assert_sound(10).await;
}

async fn a_wish_moves_a_retry_that_waits(fixture: &Fixture) {
    let store = &fixture.store;
    let list = List {
        policy: called_back(|policy| policy.retries.hung_up = vec![MINUTE_MS]),
        ..List::of(0..2)
    };
    let id = start(store, &list).await;
    let dials = dial(store, NOW).await;
    let mut silent = says::report(&dials[0], "customer-ended-call", NOW + 1_000);
    silent.says.details.user_turns = Some(0);
    silent.says.details.structured_json = None;
    store.apply_facts(&[silent.clone()], NOW + 1_000).await.unwrap();
    assert_eq!(
        contact(store, id, &phone(0)).await.reason.as_deref(),
        Some("hung up without a word")
    );
    let due = NOW + 2 * HOUR_MS;
    silent.says.details.structured_json = Some(format!(r#"{{"callback_at": "{}"}}"#, due.to_iso()));
    store.apply_facts(&[silent], NOW + 2_000).await.unwrap();
    let waits = contact(store, id, &phone(0)).await;
    assert_eq!(
        (waits.eligible_at, waits.reason.as_deref()),
        (due, Some("asked to be called back"))
    );
    assert_eq!(dial(store, NOW + HOUR_MS).await, []);
    assert_eq!(phones(&dial(store, due).await), [phone(0)]);
    fixture.assert_sound(10).await;
}

async fn a_wish_that_nobody_can_keep_counts_for_nothing(fixture: &Fixture) {
    let store = &fixture.store;
    // Nor one in a campaign that keeps none.
    let (_, dials) = fixture.dialled(2).await;
    store
        .apply_facts(&[wish(&dials[0], NOW + 1, NOW + HOUR_MS)], NOW + 1)
        .await
        .unwrap();
    end(store, &dials[1..], "customer-busy", NOW + 1).await;
    assert_eq!(fixture.count("contacts", "state = 'done'").await, 2);
    store.set_line_cap(10).await.unwrap();
    let (id, dials) = two(fixture, 0).await;
    let facts = [
        wish(&dials[0], NOW + 1_000, NOW),
        wish(&dials[1], NOW + 1_000, NOW + 400 * DAY_MS),
    ];
    store.apply_facts(&facts, NOW + 1_000).await.unwrap();
    assert_eq!(campaign(store, id).await.status, CampaignStatus::Completed);
    fixture.assert_sound(10).await;
}

async fn a_callback_survives_being_put_off(fixture: &Fixture) {
    let store = &fixture.store;
    let list = List {
        policy: called_back(|policy| policy.limits.gap_ms = 2 * HOUR_MS),
        ..List::of(0..1)
    };
    let id = start(store, &list).await;
    let dials = dial(store, NOW).await;
    let due = NOW + HOUR_MS;
    store
        .apply_facts(&[wish(&dials[0], NOW + 1_000, due)], NOW + 1_000)
        .await
        .unwrap();
    assert_eq!(dial(store, due).await, [], "the gap holds for callbacks too");
    assert_eq!(fixture.count("contacts", "callback = TRUE").await, 1);
    let later = NOW + 2 * HOUR_MS;
    assert_eq!(contact(store, id, &phone(0)).await.eligible_at, later);
    assert_eq!(dial(store, later).await.len(), 1);
    assert_eq!(fixture.count("contacts", "callback = TRUE").await, 0);
    fixture.assert_sound(10).await;
}
