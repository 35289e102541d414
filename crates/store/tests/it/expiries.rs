//! Campaigns with a last day.

use domain::{
    campaign::CampaignStatus, contact::ContactState, outcome::Outcome, time::MINUTE_MS, waiting::Cause,
};
use store::{CampaignEdit, Edited, MarkSent};

use crate::{
    fixture::Fixture,
    looks::{campaign, contacts, end, only, phones},
    people::{List, MAX_DURATION_MS, NOW, dial, phone, start},
    says,
};

contract! {
    nobody_is_called_after_the_last_day,
    whoever_is_left_over_gets_a_reason,
    a_later_last_day_goes_on,
}

fn until(at: Option<domain::time::UtcMs>) -> CampaignEdit {
    CampaignEdit {
        expires_at: Some(at),
        ..CampaignEdit::default()
    }
}

async fn nobody_is_called_after_the_last_day(fixture: &Fixture) {
    let store = &fixture.store;
    store.set_line_cap(2).await.unwrap();
    let id = start(store, &List::of(0..5)).await;
    let edited = store
        .edit_campaign(id, &until(Some(NOW + 1_000)), NOW)
        .await
        .unwrap();
    assert_eq!(edited, Edited::Done);
    let dials = store.claim(MAX_DURATION_MS, NOW + 999).await.unwrap().dials;
    assert_eq!(dials.len(), 2);
    let marks = [
        store.mark_sent(dials[0].call_id, id, NOW + 999).await.unwrap(),
        store.mark_sent(dials[1].call_id, id, NOW + 1_000).await.unwrap(),
    ];
    assert_eq!(marks, [MarkSent::Dial, MarkSent::Halted]);
    store
        .apply_facts(&[says::released(dials[1].call_id, NOW + 1_000)], NOW + 1_000)
        .await
        .unwrap();
    assert_eq!(dial(store, NOW + 1_000).await, []);
    let why = store.why(&campaign(store, id).await, NOW + 1_000).await.unwrap();
    assert!(why.campaign.iter().any(|waiting| waiting.cause == Cause::Expired));
    fixture.assert_sound(2).await;
}

async fn whoever_is_left_over_gets_a_reason(fixture: &Fixture) {
    let store = &fixture.store;
    store.set_line_cap(3).await.unwrap();
    let list = List {
        policy: only(|policy| policy.retries.busy = vec![MINUTE_MS]),
        ..List::of(0..5)
    };
    let id = start(store, &list).await;
    let other = start(store, &List::of(10..12)).await;
    store
        .edit_campaign(id, &until(Some(NOW + 1_000)), NOW)
        .await
        .unwrap();
    let dials: Vec<_> = dial(store, NOW)
        .await
        .into_iter()
        .filter(|dial| dial.campaign_id == id)
        .collect();
    assert_eq!(phones(&dials), [phone(0), phone(1)]);
    end(store, &dials[..1], "customer-busy", NOW + 1).await;
    assert_eq!(store.skip_contacts_of_expired(NOW + 999).await.unwrap(), 0);
    assert_eq!(store.skip_contacts_of_expired(NOW + 1_000).await.unwrap(), 4);
    let all = contacts(store, id).await;
    assert_eq!(
        (all[0].state, all[0].outcome, all[0].reason.as_deref()),
        (ContactState::Done, Some(Outcome::Busy), None),
        "whoever was called keeps the outcome"
    );
    assert_eq!(all[1].state, ContactState::Calling);
    for never_called in &all[2..] {
        assert_eq!(
            (never_called.state, never_called.reason.as_deref()),
            (ContactState::Skipped, Some("the campaign expired"))
        );
    }
    fixture.assert_sound(3).await;
    // Who is on the phone is called no more than this once.
    end(store, &dials[1..], "customer-busy", NOW + 2_000).await;
    store.skip_contacts_of_expired(NOW + 2_000).await.unwrap();
    store.complete_finished(&[id], NOW + 2_000).await.unwrap();
    assert_eq!(campaign(store, id).await.status, CampaignStatus::Completed);
    assert_eq!(contacts(store, id).await[1].outcome, Some(Outcome::Busy));
    assert_ne!(campaign(store, other).await.status, CampaignStatus::Completed);
    fixture.assert_sound(3).await;
}

async fn a_later_last_day_goes_on(fixture: &Fixture) {
    let store = &fixture.store;
    let id = start(store, &List::of(0..2)).await;
    store.edit_campaign(id, &until(Some(NOW)), NOW).await.unwrap();
    assert_eq!(dial(store, NOW).await, []);
    store
        .edit_campaign(id, &until(Some(NOW + 10)), NOW)
        .await
        .unwrap();
    assert_eq!(dial(store, NOW + 10).await, []);
    store.edit_campaign(id, &until(None), NOW).await.unwrap();
    assert_eq!(campaign(store, id).await.expires_at, None);
    assert_eq!(dial(store, NOW + 10).await.len(), 2);
    fixture.assert_sound(10).await;
}
