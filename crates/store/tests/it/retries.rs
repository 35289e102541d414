//! Whoever was not reached is called again, by the ladder of what their calls came to.

use domain::{
    campaign::{Action, CampaignStatus},
    contact::ContactState,
    outcome::Outcome,
    time::{HOUR_MS, MINUTE_MS, UtcMs},
};
use store::Acted;

use crate::{
    fixture::Fixture,
    looks::{at, campaign, contact, contacts, daily, end, only, phones},
    people::{List, MAX_DURATION_MS, NOW, dial, phone, start},
    says,
};

contract! {
    each_outcome_has_its_own_ladder,
    a_retry_comes_within_a_fifth_of_its_delay,
    a_retry_waits_for_a_lawful_hour,
    the_delay_runs_from_the_end_of_the_call,
    whoever_is_called_again_joins_the_last_batch,
    what_the_provider_broke_uses_up_no_attempt,
    nobody_is_called_again_in_a_cancelled_campaign,
    without_a_ladder_one_call_is_all,
}

/// Both ladders are of one minute.
fn list(people: std::ops::Range<usize>) -> List {
    List {
        policy: only(|policy| {
            policy.retries.no_answer = vec![MINUTE_MS, 10 * MINUTE_MS];
            policy.retries.busy = vec![MINUTE_MS];
        }),
        ..List::of(people)
    }
}

async fn each_outcome_has_its_own_ladder(fixture: &Fixture) {
    let store = &fixture.store;
    let id = start(store, &list(0..1)).await;
    let mut now = NOW;
    let steps = [
        ("customer-did-not-answer", "nobody answered"),
        ("customer-busy", "the line was busy"),
        ("customer-did-not-answer", "nobody answered"),
    ];
    for (attempt, (reason, told)) in (1..).zip(steps) {
        let dials = dial(store, now).await;
        assert_eq!(
            (dials.len(), dials.first().map(|dial| dial.attempt)),
            (1, Some(attempt))
        );
        end(store, &dials, reason, now + 1_000).await;
        let waits = contact(store, id, &phone(0)).await;
        assert_eq!(
            (waits.state, waits.outcome, waits.reason.as_deref()),
            (ContactState::Pending, None, Some(told))
        );
        assert_eq!(waits.attempts, attempt);
        assert_eq!(dial(store, now + 10_000).await, []);
        now = waits.eligible_at;
        fixture.assert_sound(10).await;
    }
    end(store, &dial(store, now).await, "customer-did-not-answer", now).await;
    let done = contact(store, id, &phone(0)).await;
    assert_eq!(
        (done.state, done.outcome, done.attempts),
        (ContactState::Done, Some(Outcome::NoAnswer), 4),
        "its ladder has two steps"
    );
    assert_eq!(campaign(store, id).await.status, CampaignStatus::Completed);
    fixture.assert_sound(10).await;
}

async fn a_retry_comes_within_a_fifth_of_its_delay(fixture: &Fixture) {
    let store = &fixture.store;
    let id = start(store, &list(0..10)).await;
    let dials = dial(store, NOW).await;
    end(store, &dials, "customer-busy", NOW + 1_000).await;
    let all = contacts(store, id).await;
    let delays: Vec<i64> = all
        .iter()
        .map(|contact| contact.eligible_at.since(NOW + 1_000))
        .collect();
    for delay in &delays {
        assert!((48_000..=72_000).contains(delay), "{delays:?}");
    }
    let different: std::collections::BTreeSet<_> = delays.iter().collect();
    assert!(
        different.len() > 5,
        "they do not come back in one instant: {delays:?}"
    );
    let first = delays.iter().min().expect("a delay");
    let claim = store.claim(MAX_DURATION_MS, NOW + 1_001).await.unwrap();
    assert_eq!(claim.next_eligible_at, Some(NOW + 1_000 + *first));
    fixture.assert_sound(10).await;
}

async fn a_retry_waits_for_a_lawful_hour(fixture: &Fixture) {
    let store = &fixture.store;
    let list = List {
        policy: only(|policy| {
            policy.hours = daily(9, 20);
            policy.retries.no_answer = vec![3 * HOUR_MS];
        }),
        ..List::of(0..1)
    };
    let id = start(store, &list).await;
    // 19 o'clock in Berlin.
    let evening = at("2026-11-20T18:00:00.000Z");
    end(
        store,
        &dial(store, evening).await,
        "customer-did-not-answer",
        evening,
    )
    .await;
    let waits = contact(store, id, &phone(0)).await;
    assert_eq!(waits.eligible_at, at("2026-11-21T08:00:00.000Z"));
    fixture.assert_sound(10).await;
}

async fn the_delay_runs_from_the_end_of_the_call(fixture: &Fixture) {
    let store = &fixture.store;
    let id = start(store, &list(0..2)).await;
    let dials = dial(store, NOW).await;
    // Heard of late, and much too late.
    let ends = [
        says::ended(&dials[0], "customer-busy", NOW + 1_000),
        says::ended(&dials[1], "customer-busy", NOW + 1_000),
    ];
    store.apply_facts(&ends[..1], NOW + 31_000).await.unwrap();
    store.apply_facts(&ends[1..], NOW + HOUR_MS).await.unwrap();
    let soon = contact(store, id, &phone(0)).await;
    assert!(soon.eligible_at <= NOW + 73_000, "{soon:?}");
    let now = contact(store, id, &phone(1)).await;
    assert_eq!(now.eligible_at, NOW + HOUR_MS);
    fixture.assert_sound(10).await;
}

async fn whoever_is_called_again_joins_the_last_batch(fixture: &Fixture) {
    let store = &fixture.store;
    let list = List {
        batch_size: Some(2),
        ..list(0..6)
    };
    let id = start(store, &list).await;
    let first = dial(store, NOW).await;
    end(store, &first[..1], "customer-busy", NOW + 1).await;
    end(store, &first[1..], "customer-ended-call", NOW + 1).await;
    let second = dial(store, NOW + 2).await;
    assert_eq!(
        phones(&second),
        [phone(2), phone(3)],
        "the batch is not held up for a minute"
    );
    end(store, &second, "customer-ended-call", NOW + 3).await;
    let last = dial(store, NOW + 4).await;
    assert_eq!(phones(&last), [phone(4), phone(5)]);
    end(store, &last, "customer-ended-call", NOW + 5).await;
    assert_eq!(campaign(store, id).await.status, CampaignStatus::Dialing);
    let again = dial(store, NOW + 2 * MINUTE_MS).await;
    assert_eq!((phones(&again), again[0].attempt), (vec![phone(0)], 2));
    end(store, &again, "customer-ended-call", NOW + 3 * MINUTE_MS).await;
    assert_eq!(campaign(store, id).await.status, CampaignStatus::Completed);
    fixture.assert_sound(10).await;
}

async fn what_the_provider_broke_uses_up_no_attempt(fixture: &Fixture) {
    const BROKEN: &str = "call.in-progress.error-providerfault-vapi-llm-failed";
    let store = &fixture.store;
    let list = List {
        policy: only(|policy| {
            policy.limits.per_contact = Some(1);
            policy.retries.provider_error = vec![MINUTE_MS; 2];
        }),
        ..List::of(0..1)
    };
    let id = start(store, &list).await;
    let mut now = NOW;
    for _ in 0..2 {
        let dials = dial(store, now).await;
        assert_eq!(dials[0].attempt, 1);
        end(store, &dials, BROKEN, now).await;
        let waits = contact(store, id, &phone(0)).await;
        assert_eq!((waits.state, waits.attempts), (ContactState::Pending, 0));
        assert_eq!(waits.reason.as_deref(), Some("the provider broke down"));
        now = waits.eligible_at;
        fixture.assert_sound(10).await;
    }
    end(store, &dial(store, now).await, BROKEN, now).await;
    let done = contact(store, id, &phone(0)).await;
    assert_eq!(
        (done.state, done.outcome, done.attempts),
        (ContactState::Done, Some(Outcome::ProviderError), 0)
    );
    fixture.assert_sound(10).await;
}

async fn nobody_is_called_again_in_a_cancelled_campaign(fixture: &Fixture) {
    let store = &fixture.store;
    store.set_line_cap(2).await.unwrap();
    let id = start(store, &list(0..3)).await;
    let dials = dial(store, NOW).await;
    end(store, &dials[..1], "customer-busy", NOW + 1).await;
    let acted = store.act(id, Action::Cancel, NOW + 2).await.unwrap();
    assert_eq!(acted, Acted::Done(CampaignStatus::Canceled));
    end(store, &dials[1..], "customer-busy", NOW + 3).await;
    let called = contact(store, id, &phone(1)).await;
    assert_eq!(
        (called.state, called.outcome),
        (ContactState::Done, Some(Outcome::Busy))
    );
    store.skip_contacts_of_canceled(NOW + 4).await.unwrap();
    let all = contacts(store, id).await;
    assert_eq!(
        (all[0].state, all[0].outcome),
        (ContactState::Done, Some(Outcome::Busy)),
        "whoever was called keeps the outcome"
    );
    assert_eq!(
        (all[2].state, all[2].reason.as_deref()),
        (ContactState::Skipped, Some("the campaign was cancelled"))
    );
    assert_eq!(dial(store, NOW + HOUR_MS).await, []);
    fixture.assert_sound(2).await;
}

async fn without_a_ladder_one_call_is_all(fixture: &Fixture) {
    let store = &fixture.store;
    let id = start(store, &list(0..4)).await;
    let dials = dial(store, NOW).await;
    let reasons = ["voicemail", "customer-ended-call", "rejected", "customer-busy"];
    for (dial, reason) in dials.iter().zip(reasons) {
        end(store, std::slice::from_ref(dial), reason, NOW + 1).await;
    }
    let all = contacts(store, id).await;
    let waits: Vec<bool> = all
        .iter()
        .map(|contact| contact.state == ContactState::Pending)
        .collect();
    assert_eq!(waits[..2], [false, false]);
    assert!(waits[3]);
    assert!(all.iter().all(|contact| contact.eligible_at >= UtcMs(0)));
    fixture.assert_sound(10).await;
}
