//! Calling those again whom the calls of a campaign did not reach.

use domain::{
    campaign::{Action, CampaignStatus},
    contact::ContactState,
    ids::CampaignId,
    outcome::Outcome,
    policy::Policy,
    time::{DAY_MS, HOUR_MS, MINUTE_MS},
};
use futures::future::join_all;
use store::{Acted, Redialled};

use crate::{
    fixture::Fixture,
    looks::{campaign, contact, contacts, end, only, phones},
    people::{List, NOW, dial, phone, start},
    suppressions::{exact, forbid},
};

contract! {
    those_with_the_outcomes_are_called_again,
    their_ladders_begin_afresh,
    the_ladder_of_provider_errors_begins_afresh_too,
    limits_do_not_begin_afresh,
    whoever_must_not_be_called_is_not,
    only_a_completed_campaign_and_once,
    nobody_to_call_changes_nothing,
}

const BROKEN: &str = "call.in-progress.error-providerfault-vapi-llm-failed";

/// A completed campaign whose people were called with these reasons.
async fn completed(fixture: &Fixture, reasons: &[&str], policy: Policy) -> CampaignId {
    let list = List {
        policy,
        ..List::of(0..reasons.len())
    };
    let id = start(&fixture.store, &list).await;
    for (dial, reason) in dial(&fixture.store, NOW).await.iter().zip(reasons) {
        end(&fixture.store, std::slice::from_ref(dial), reason, NOW + 1).await;
    }
    assert_eq!(
        campaign(&fixture.store, id).await.status,
        CampaignStatus::Completed
    );
    id
}

async fn those_with_the_outcomes_are_called_again(fixture: &Fixture) {
    let store = &fixture.store;
    let reasons = [
        "customer-busy",
        "customer-ended-call",
        "voicemail",
        "customer-busy",
    ];
    let id = completed(fixture, &reasons, Policy::unrestricted()).await;
    let redialled = store
        .redial(id, &[Outcome::Busy, Outcome::NoAnswer], NOW + 10)
        .await
        .unwrap();
    assert_eq!(
        redialled,
        Redialled::Done {
            contacts: 2,
            status: CampaignStatus::Running
        }
    );
    let open = campaign(store, id).await;
    assert_eq!((open.status, open.completed_at), (CampaignStatus::Running, None));
    let waits = contact(store, id, &phone(0)).await;
    assert_eq!(
        (waits.state, waits.outcome, waits.reason, waits.attempts),
        (ContactState::Pending, None, None, 1)
    );
    fixture.assert_sound(10).await;
    let again = dial(store, NOW + 11).await;
    assert_eq!(phones(&again), [phone(0), phone(3)]);
    assert_eq!(again[0].attempt, 2);
    end(store, &again, "customer-ended-call", NOW + 12).await;
    let done = campaign(store, id).await;
    assert_eq!(
        (done.status, done.completed_at),
        (CampaignStatus::Completed, Some(NOW + 12))
    );
    fixture.assert_sound(10).await;
}

async fn their_ladders_begin_afresh(fixture: &Fixture) {
    let store = &fixture.store;
    let ladder = only(|policy| policy.retries.busy = vec![MINUTE_MS]);
    let list = List {
        policy: ladder,
        ..List::of(0..1)
    };
    let id = start(store, &list).await;
    for round in 0..2 {
        let begins = NOW + round * DAY_MS;
        for call in 0..2 {
            let now = begins + call * HOUR_MS;
            let dials = dial(store, now).await;
            assert_eq!(dials.len(), 1, "round {round}, call {call}");
            end(store, &dials, "customer-busy", now).await;
        }
        assert_eq!(campaign(store, id).await.status, CampaignStatus::Completed);
        let redialled = store.redial(id, &[Outcome::Busy], begins + DAY_MS).await.unwrap();
        assert!(matches!(redialled, Redialled::Done { contacts: 1, .. }));
        fixture.assert_sound(10).await;
    }
    assert_eq!(contact(store, id, &phone(0)).await.attempts, 4);
}

/// Their calls use up no attempt, so that attempts do not tell them apart.
async fn the_ladder_of_provider_errors_begins_afresh_too(fixture: &Fixture) {
    let store = &fixture.store;
    let list = List {
        policy: only(|policy| policy.retries.provider_error = vec![MINUTE_MS]),
        ..List::of(0..1)
    };
    let id = start(store, &list).await;
    for call in 0..2 {
        let dials = dial(store, NOW + call * HOUR_MS).await;
        end(store, &dials, BROKEN, NOW + call * HOUR_MS).await;
    }
    assert_eq!(campaign(store, id).await.status, CampaignStatus::Completed);
    let redialled = store
        .redial(id, &[Outcome::ProviderError], NOW + DAY_MS)
        .await
        .unwrap();
    assert!(matches!(redialled, Redialled::Done { contacts: 1, .. }));
    end(store, &dial(store, NOW + DAY_MS).await, BROKEN, NOW + DAY_MS).await;
    assert_eq!(
        contact(store, id, &phone(0)).await.state,
        ContactState::Pending,
        "its ladder has a step"
    );
    fixture.assert_sound(10).await;
}

async fn limits_do_not_begin_afresh(fixture: &Fixture) {
    let store = &fixture.store;
    let policy = only(|policy| {
        policy.limits.per_number_day = Some(1);
        policy.limits.per_contact = Some(2);
    });
    let id = completed(fixture, &["customer-busy"], policy).await;
    for call in 1..=2 {
        let now = NOW + call * HOUR_MS + (call - 1) * DAY_MS;
        let redialled = store.redial(id, &[Outcome::Busy], now).await.unwrap();
        assert!(
            matches!(redialled, Redialled::Done { contacts: 1, .. }),
            "{redialled:?}"
        );
        assert_eq!(dial(store, now).await, [], "the day, then the contact");
        if call == 1 {
            let again = dial(store, NOW + DAY_MS).await;
            assert_eq!(again[0].attempt, 2);
            end(store, &again, "customer-busy", NOW + DAY_MS).await;
            assert_eq!(campaign(store, id).await.status, CampaignStatus::Completed);
        }
    }
    let barred = contact(store, id, &phone(0)).await;
    assert_eq!(
        (barred.state, barred.outcome, barred.attempts),
        (ContactState::Done, Some(Outcome::Busy), 2)
    );
    fixture.assert_sound(10).await;
}

async fn whoever_must_not_be_called_is_not(fixture: &Fixture) {
    let store = &fixture.store;
    let id = completed(
        fixture,
        &["customer-busy", "customer-busy"],
        Policy::unrestricted(),
    )
    .await;
    forbid(store, exact(&phone(0)), None, NOW + 5).await;
    store.redial(id, &[Outcome::Busy], NOW + 10).await.unwrap();
    assert_eq!(phones(&dial(store, NOW + 11).await), [phone(1)]);
    let forbidden = contact(store, id, &phone(0)).await;
    assert_eq!(
        (forbidden.state, forbidden.outcome, forbidden.attempts),
        (ContactState::Done, Some(Outcome::Busy), 1),
        "whoever was called keeps the outcome"
    );
    fixture.assert_sound(10).await;
}

async fn only_a_completed_campaign_and_once(fixture: &Fixture) {
    let store = &fixture.store;
    let other = fixture.another_node().await;
    let id = completed(fixture, &["customer-busy"; 5], Policy::unrestricted()).await;
    let both = join_all([
        store.redial(id, &[Outcome::Busy], NOW + 10),
        other.redial(id, &[Outcome::Busy], NOW + 10),
    ])
    .await;
    let done = both
        .iter()
        .filter(|redialled| matches!(redialled, Ok(Redialled::Done { contacts: 5, .. })))
        .count();
    assert_eq!(done, 1, "{both:?}");
    let going = store.redial(id, &[Outcome::Busy], NOW + 11).await.unwrap();
    assert!(
        matches!(going, Redialled::Not(Acted::Impossible { .. })),
        "{going:?}"
    );
    store.act(id, Action::Cancel, NOW + 12).await.unwrap();
    let canceled = store.redial(id, &[Outcome::Busy], NOW + 13).await.unwrap();
    assert!(matches!(canceled, Redialled::Not(Acted::Impossible { .. })));
    let nobody = CampaignId(uuid::Uuid::from_u128(1));
    assert_eq!(
        store.redial(nobody, &[Outcome::Busy], NOW).await.unwrap(),
        Redialled::Not(Acted::NotFound)
    );
    fixture.assert_sound(10).await;
    other.close().await;
}

async fn nobody_to_call_changes_nothing(fixture: &Fixture) {
    let store = &fixture.store;
    let id = completed(fixture, &["customer-busy"], Policy::unrestricted()).await;
    let before = campaign(store, id).await;
    let redialled = store.redial(id, &[Outcome::Voicemail], NOW + 10).await.unwrap();
    assert_eq!(redialled, Redialled::Nobody);
    assert_eq!(campaign(store, id).await, before);
    assert_eq!(contacts(store, id).await[0].state, ContactState::Done);
}
