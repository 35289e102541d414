//! Campaigns with a last day.

use domain::{
    campaign::{Action, CampaignStatus},
    contact::ContactState,
    outcome::Outcome,
    time::MINUTE_MS,
    waiting::Cause,
};
use store::{Acted, CampaignEdit, Edited, MarkSent, Redialled};

use crate::{
    fixture::Fixture,
    looks::{campaign, contacts, end, only, phones},
    people::{List, MAX_DURATION_MS, NOW, dial, import, phone, start},
    says,
};

contract! {
    nobody_is_called_after_the_last_day,
    whoever_is_left_over_gets_a_reason,
    a_later_last_day_goes_on,
    a_campaign_past_its_last_day_does_not_begin,
    a_start_after_the_last_day_is_no_start,
    nobody_is_called_again_after_the_last_day,
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

/// It would end as it begins, and everybody on its list be left out for good.
async fn a_campaign_past_its_last_day_does_not_begin(fixture: &Fixture) {
    let store = &fixture.store;
    let id = import(store, &List::of(0..3)).await;
    let last = NOW + 1_000;
    store.edit_campaign(id, &until(Some(last)), NOW).await.unwrap();
    assert_eq!(
        store.act(id, Action::Start, last).await.unwrap(),
        Acted::Expired(last)
    );
    store.skip_contacts_of_expired(last).await.unwrap();
    let draft = campaign(store, id).await;
    assert_eq!((draft.status, draft.queued_at), (CampaignStatus::Created, None));
    assert!(
        contacts(store, id)
            .await
            .iter()
            .all(|contact| contact.state == ContactState::Pending)
    );
    store.edit_campaign(id, &until(None), last).await.unwrap();
    let started = store.act(id, Action::Start, last).await.unwrap();
    assert_eq!(started, Acted::Done(CampaignStatus::Queued));
    store.act(id, Action::Pause, last).await.unwrap();
    store
        .edit_campaign(id, &until(Some(last + 10)), last)
        .await
        .unwrap();
    assert_eq!(
        store.act(id, Action::Resume, last + 10).await.unwrap(),
        Acted::Expired(last + 10)
    );
    assert!(matches!(
        store.act(id, Action::Resume, last + 9).await.unwrap(),
        Acted::Done(_)
    ));
    assert_eq!(dial(store, last + 9).await.len(), 3);
    fixture.assert_sound(10).await;
}

async fn a_start_after_the_last_day_is_no_start(fixture: &Fixture) {
    let store = &fixture.store;
    let id = import(store, &List::of(0..3)).await;
    let last = NOW + 1_000;
    store.edit_campaign(id, &until(Some(last)), NOW).await.unwrap();
    assert_eq!(store.schedule(id, last, NOW).await.unwrap(), Acted::Expired(last));
    assert_eq!(campaign(store, id).await.status, CampaignStatus::Created);
    let scheduled = store.schedule(id, last - 1, NOW).await.unwrap();
    assert_eq!(scheduled, Acted::Done(CampaignStatus::Scheduled));
    // Nobody was there to start it in time.
    let due = store.bring_due(last + 5).await.unwrap();
    assert_eq!((due.started, due.paused), (vec![], vec![]));
    let draft = campaign(store, id).await;
    assert_eq!((draft.status, draft.starts_at), (CampaignStatus::Created, None));
    store.skip_contacts_of_expired(last + 5).await.unwrap();
    assert_eq!(contacts(store, id).await[0].state, ContactState::Pending);
    fixture.assert_sound(10).await;
}

async fn nobody_is_called_again_after_the_last_day(fixture: &Fixture) {
    let store = &fixture.store;
    let (id, dials) = fixture.dialled(2).await;
    end(store, &dials, "customer-busy", NOW + 1).await;
    let last = NOW + 1_000;
    store
        .edit_campaign(id, &until(Some(last)), NOW + 2)
        .await
        .unwrap();
    assert_eq!(
        store.redial(id, &[Outcome::Busy], last).await.unwrap(),
        Redialled::Not(Acted::Expired(last))
    );
    assert_eq!(campaign(store, id).await.status, CampaignStatus::Completed);
    assert_eq!(contacts(store, id).await[0].state, ContactState::Done);
    store
        .edit_campaign(id, &until(Some(last + 1)), last)
        .await
        .unwrap();
    assert!(matches!(
        store.redial(id, &[Outcome::Busy], last).await.unwrap(),
        Redialled::Done { contacts: 2, .. }
    ));
    assert_eq!(dial(store, last).await.len(), 2);
    fixture.assert_sound(10).await;
}
