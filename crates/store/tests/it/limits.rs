//! Guarantee *lawful moment*: how often, and how soon after each other, whatever the campaign.

use domain::{
    contact::ContactState,
    hours::{Hours, Rule, Window},
    limits::Limits,
    outcome::Outcome,
    policy::Policy,
    time::{DAY_MS, HOUR_MS, MINUTE_MS},
};

use crate::{
    fixture::Fixture,
    looks::{at, at_number, campaign, contact, daily, end, only, phones},
    people::{List, MAX_DURATION_MS, NOW, dial, phone, start},
    says,
};

contract! {
    a_number_has_its_attempts_of_a_day_whatever_the_campaign,
    a_call_that_was_not_dialled_is_no_attempt,
    a_number_is_left_alone_between_two_attempts,
    a_campaign_leaves_alone_whom_another_has_called,
    a_contact_has_so_many_attempts,
    a_number_has_so_many_attempts_ever,
    a_wait_ends_at_a_lawful_hour,
    a_state_may_allow_fewer_attempts,
    nobody_is_on_two_calls_at_once,
}

/// A campaign over the first person alone.
fn alone(policy: Policy) -> List {
    List {
        policy,
        ..List::of([0])
    }
}

fn limited(limits: Limits) -> Policy {
    only(|policy| policy.limits = limits)
}

async fn a_number_has_its_attempts_of_a_day_whatever_the_campaign(fixture: &Fixture) {
    let store = &fixture.store;
    let policy = limited(Limits {
        per_number_day: Some(2),
        ..Limits::none()
    });
    start(store, &alone(policy.clone())).await;
    start(store, &alone(policy.clone())).await;
    let last = start(store, &alone(policy)).await;
    for call in 0..2 {
        let dials = dial(store, NOW + call * 1_000).await;
        assert_eq!(dials.len(), 1);
        end(store, &dials, "customer-did-not-answer", NOW + call * 1_000 + 500).await;
    }
    let claim = store.claim(MAX_DURATION_MS, NOW + 2_000).await.unwrap();
    assert_eq!(
        (claim.dials.len(), claim.next_eligible_at),
        (0, Some(NOW + DAY_MS))
    );
    let waits = contact(store, last, &phone(0)).await;
    assert_eq!(
        (waits.state, waits.eligible_at),
        (ContactState::Pending, NOW + DAY_MS)
    );
    assert_eq!(
        waits.reason.as_deref(),
        Some("the number has had its 2 calls of 24 h")
    );
    assert_eq!(dial(store, NOW + DAY_MS - 1).await, []);
    assert_eq!(dial(store, NOW + DAY_MS).await.len(), 1);
    fixture.assert_sound(10).await;
}

async fn a_call_that_was_not_dialled_is_no_attempt(fixture: &Fixture) {
    let store = &fixture.store;
    let policy = limited(Limits {
        per_number_day: Some(1),
        per_number: Some(1),
        per_contact: Some(1),
        gap_ms: HOUR_MS,
        gap_between_campaigns_ms: HOUR_MS,
    });
    start(store, &alone(policy)).await;
    for tries in 0..3 {
        let dials = dial(store, NOW + tries * 60_000).await;
        assert_eq!(dials.len(), 1);
        let refused = says::refused(&dials[0], "autolynx.refused.rate", NOW + tries * 60_000);
        store.apply_facts(&[refused], NOW + tries * 60_000).await.unwrap();
    }
    fixture.assert_sound(10).await;
}

async fn a_number_is_left_alone_between_two_attempts(fixture: &Fixture) {
    let store = &fixture.store;
    let policy = only(|policy| {
        policy.limits.gap_ms = HOUR_MS;
        policy.retries.busy = vec![MINUTE_MS; 3];
    });
    let id = start(store, &alone(policy)).await;
    let first = dial(store, NOW).await;
    end(store, &first, "customer-busy", NOW + 20_000).await;
    assert_eq!(
        dial(store, NOW + 10 * MINUTE_MS).await,
        [],
        "the gap outlasts the ladder"
    );
    let waits = contact(store, id, &phone(0)).await;
    assert_eq!(
        waits.eligible_at,
        NOW + HOUR_MS,
        "from the beginning of the last attempt"
    );
    assert_eq!(
        waits.reason.as_deref(),
        Some("the number was called less than 1 h ago")
    );
    assert_eq!(dial(store, NOW + HOUR_MS - 1).await, []);
    assert_eq!(dial(store, NOW + HOUR_MS).await[0].attempt, 2);
    fixture.assert_sound(10).await;
}

async fn a_campaign_leaves_alone_whom_another_has_called(fixture: &Fixture) {
    let store = &fixture.store;
    let policy = only(|policy| {
        policy.limits.gap_between_campaigns_ms = 4 * HOUR_MS;
        policy.retries.busy = vec![MINUTE_MS; 3];
    });
    let first = start(store, &alone(policy.clone())).await;
    let second = start(store, &alone(policy)).await;
    let dials = dial(store, NOW).await;
    assert_eq!(dials[0].campaign_id, first);
    end(store, &dials, "customer-busy", NOW + 1_000).await;
    assert_eq!(dial(store, NOW + 2_000).await, []);
    let waits = contact(store, second, &phone(0)).await;
    assert_eq!(waits.eligible_at, NOW + 4 * HOUR_MS);
    assert_eq!(
        waits.reason.as_deref(),
        Some("another campaign called the number less than 4 h ago")
    );
    let own = dial(store, NOW + 2 * MINUTE_MS).await;
    assert_eq!(own[0].campaign_id, first, "its own ladder goes on");
    end(store, &own, "customer-ended-call", NOW + 3 * MINUTE_MS).await;
    assert_eq!(dial(store, NOW + 4 * HOUR_MS).await, [], "the newest call counts");
    let later = dial(store, NOW + 2 * MINUTE_MS + 4 * HOUR_MS).await;
    assert_eq!(later[0].campaign_id, second);
    fixture.assert_sound(10).await;
}

async fn a_contact_has_so_many_attempts(fixture: &Fixture) {
    let store = &fixture.store;
    let policy = only(|policy| {
        policy.limits.per_contact = Some(2);
        policy.retries.busy = vec![MINUTE_MS; 5];
    });
    let id = start(store, &alone(policy)).await;
    end(store, &dial(store, NOW).await, "customer-busy", NOW).await;
    let second = dial(store, NOW + HOUR_MS).await;
    assert_eq!(second[0].attempt, 2);
    end(store, &second, "customer-busy", NOW + HOUR_MS).await;
    let done = contact(store, id, &phone(0)).await;
    assert_eq!(
        (done.state, done.outcome, done.attempts),
        (ContactState::Done, Some(Outcome::Busy), 2)
    );

    // Fewer than it has had already.
    let strict = start(
        store,
        &List {
            policy: only(|policy| policy.retries.busy = vec![MINUTE_MS; 5]),
            ..List::of([1])
        },
    )
    .await;
    end(
        store,
        &dial(store, NOW + HOUR_MS).await,
        "customer-busy",
        NOW + HOUR_MS,
    )
    .await;
    let policy = only(|policy| policy.limits.per_contact = Some(1));
    store.change_policy(strict, 1, &policy, "Kim", NOW).await.unwrap();
    assert_eq!(dial(store, NOW + DAY_MS).await, []);
    let barred = contact(store, strict, &phone(1)).await;
    assert_eq!(
        (barred.state, barred.outcome, barred.reason),
        (ContactState::Done, Some(Outcome::Busy), None),
        "whoever was called keeps the outcome"
    );
    fixture.assert_sound(10).await;
}

async fn a_number_has_so_many_attempts_ever(fixture: &Fixture) {
    let store = &fixture.store;
    let policy = limited(Limits {
        per_number: Some(1),
        ..Limits::none()
    });
    start(store, &alone(policy.clone())).await;
    let second = start(store, &alone(policy)).await;
    end(store, &dial(store, NOW).await, "customer-busy", NOW).await;
    let much_later = NOW + 90 * DAY_MS;
    assert_eq!(dial(store, much_later).await, []);
    let barred = contact(store, second, &phone(0)).await;
    assert_eq!(
        (barred.state, barred.reason.as_deref()),
        (
            ContactState::Skipped,
            Some("the number has had its 1 call by all campaigns")
        )
    );
    store.complete_finished(&[second], much_later).await.unwrap();
    assert!(campaign(store, second).await.status.is_final());
    fixture.assert_sound(10).await;
}

async fn a_wait_ends_at_a_lawful_hour(fixture: &Fixture) {
    let store = &fixture.store;
    let policy = only(|policy| {
        policy.hours = daily(9, 20);
        policy.limits.gap_between_campaigns_ms = 4 * HOUR_MS;
    });
    start(store, &alone(policy.clone())).await;
    let second = start(store, &alone(policy)).await;
    // 18 o'clock in Berlin.
    let evening = at("2026-11-20T17:00:00.000Z");
    end(store, &dial(store, evening).await, "customer-busy", evening).await;
    assert_eq!(dial(store, evening + 1_000).await, []);
    let waits = contact(store, second, &phone(0)).await;
    assert_eq!(
        waits.eligible_at,
        at("2026-11-21T08:00:00.000Z"),
        "not at 22 o'clock"
    );
    fixture.assert_sound(10).await;
}

async fn a_state_may_allow_fewer_attempts(fixture: &Fixture) {
    let store = &fixture.store;
    let whole_day = [Window::WHOLE_DAY];
    let policy = only(|policy| {
        policy.hours = Hours {
            regions: [
                (
                    "US-FL".to_owned(),
                    Rule {
                        attempts_per_day: Some(1),
                        ..Rule::daily(&whole_day)
                    },
                ),
                (
                    "US-NY".to_owned(),
                    Rule {
                        gap_ms: Some(8 * HOUR_MS),
                        ..Rule::daily(&whole_day)
                    },
                ),
            ]
            .into(),
            ..Hours::anytime()
        };
        policy.retries.busy = vec![MINUTE_MS; 3];
    });
    let (miami, new_york) = ("+13055550101", "+12125550101");
    let list = List {
        people: vec![at_number(0, miami), at_number(1, new_york)],
        policy,
        ..List::of([])
    };
    let id = start(store, &list).await;
    end(store, &dial(store, NOW).await, "customer-busy", NOW).await;
    assert_eq!(dial(store, NOW + HOUR_MS).await, []);
    assert_eq!(contact(store, id, miami).await.eligible_at, NOW + DAY_MS);
    assert_eq!(contact(store, id, new_york).await.eligible_at, NOW + 8 * HOUR_MS);
    assert_eq!(phones(&dial(store, NOW + 8 * HOUR_MS).await), [new_york]);
    fixture.assert_sound(10).await;
}

async fn nobody_is_on_two_calls_at_once(fixture: &Fixture) {
    let store = &fixture.store;
    for _ in 0..3 {
        start(store, &alone(Policy::unrestricted())).await;
    }
    let mut called = 0;
    for minute in 0..3 {
        let now = NOW + minute * MINUTE_MS;
        let dials = dial(store, now).await;
        assert_eq!(dials.len(), 1);
        assert_eq!(dial(store, now + 1).await, []);
        fixture.assert_sound(10).await;
        called += dials.len();
        end(store, &dials, "customer-busy", now + 2).await;
    }
    assert_eq!(called, 3, "one after the other, all are");
}
