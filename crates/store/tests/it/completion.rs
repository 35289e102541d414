//! Guarantee *nobody lost*: a campaign is complete when every contact is final, and only then.

use domain::{
    campaign::{Action, CampaignStatus},
    ids::CampaignId,
};
use store::{Kind, Store};

use crate::{
    fixture::{self, Fixture},
    people::{List, MAX_DURATION_MS, NOW, dial, import, start},
    probes::Gate,
    says,
};

contract! {
    complete_with_the_last_contact_and_not_before,
    complete_also_when_the_last_two_end_at_once,
    a_paused_campaign_completes_when_it_has_drained,
    the_sweep_completes_what_nobody_else_did,
    the_sweep_skips_whoever_a_cancelled_campaign_left_waiting,
}

async fn status(store: &Store, id: CampaignId) -> CampaignStatus {
    store.campaign(id).await.unwrap().expect("the campaign").status
}

async fn complete_with_the_last_contact_and_not_before(fixture: &Fixture) {
    let store = &fixture.store;
    store.set_line_cap(2).await.unwrap();
    let id = start(store, &List::of(0..4)).await;
    let first = dial(store, NOW).await;
    let ends: Vec<_> = first
        .iter()
        .map(|dial| says::ended(dial, "voicemail", NOW))
        .collect();
    store.apply_facts(&ends, NOW).await.unwrap();
    // No call is active, and some have been made: between two batches that is nothing to go by.
    assert_eq!(status(store, id).await, CampaignStatus::Dialing);
    let second = dial(store, NOW).await;
    store
        .apply_facts(&[says::ended(&second[0], "voicemail", NOW)], NOW)
        .await
        .unwrap();
    store
        .apply_facts(&[says::refused(&second[1], "autolynx.refused.rate", NOW)], NOW)
        .await
        .unwrap();
    assert_eq!(
        status(store, id).await,
        CampaignStatus::Dialing,
        "somebody waits to be called again"
    );
    let last = dial(store, NOW + 5_000).await;
    store
        .apply_facts(&[says::ended(&last[0], "voicemail", NOW)], NOW + 9_000)
        .await
        .unwrap();
    let campaign = store.campaign(id).await.unwrap().expect("the campaign");
    assert_eq!(
        (campaign.status, campaign.completed_at),
        (CampaignStatus::Completed, Some(NOW + 9_000))
    );
    assert_eq!(campaign.final_contacts, 4);
    fixture.assert_sound(2).await;
}

async fn complete_also_when_the_last_two_end_at_once(fixture: &Fixture) {
    let other = fixture.another_node().await;
    fixture.store.set_line_cap(2).await.unwrap();
    for round in 0..20 {
        let id = start(&fixture.store, &List::of(round * 2..round * 2 + 2)).await;
        let dials = dial(&fixture.store, NOW).await;
        let tasks: Vec<_> = dials
            .into_iter()
            .zip([fixture.store.clone(), other.clone()])
            .map(|(dial, store)| {
                tokio::spawn(async move {
                    store
                        .apply_facts(&[says::ended(&dial, "voicemail", NOW)], NOW)
                        .await
                        .unwrap()
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(
            status(&fixture.store, id).await,
            CampaignStatus::Completed,
            "round {round}"
        );
    }
    fixture.assert_sound(2).await;
    other.close().await;
}

/// The same on Postgres without luck: the second end is committed while the first is about to be, so that neither sees
/// the other before its own commit.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres_complete_also_when_the_last_two_overlap() {
    fixture::run(Kind::Postgres, async |fixture| {
        let (id, dials) = fixture.dialled(2).await;
        let accepted: Vec<_> = dials.iter().map(|dial| says::accepted(dial, NOW)).collect();
        fixture.store.apply_facts(&accepted, NOW).await.unwrap();
        let slow = fixture.another_node().await;
        let gate = Gate::before(&slow);
        gate.close();
        let first = says::ended(&dials[0], "voicemail", NOW + 5);
        let held = tokio::spawn({
            let slow = slow.clone();
            async move { slow.apply_facts(&[first], NOW).await.unwrap() }
        });
        gate.arrival().await;
        let second = says::ended(&dials[1], "voicemail", NOW + 5);
        fixture.store.apply_facts(&[second], NOW).await.unwrap();
        assert_ne!(
            status(&fixture.store, id).await,
            CampaignStatus::Completed,
            "the other is not final yet"
        );
        gate.open();
        held.await.unwrap();
        assert_eq!(status(&fixture.store, id).await, CampaignStatus::Completed);
        slow.close().await;
    })
    .await;
}

async fn a_paused_campaign_completes_when_it_has_drained(fixture: &Fixture) {
    let store = &fixture.store;
    let (id, dials) = fixture.dialled(2).await;
    store.act(id, Action::Pause, NOW).await.unwrap();
    store
        .apply_facts(&[says::ended(&dials[0], "voicemail", NOW)], NOW)
        .await
        .unwrap();
    assert_eq!(status(store, id).await, CampaignStatus::Paused);
    store
        .apply_facts(&[says::ended(&dials[1], "voicemail", NOW)], NOW)
        .await
        .unwrap();
    assert_eq!(status(store, id).await, CampaignStatus::Completed);
}

async fn the_sweep_completes_what_nobody_else_did(fixture: &Fixture) {
    let store = &fixture.store;
    let created = import(store, &List::of([])).await;
    let empty = start(store, &List::of([])).await;
    let waiting = start(store, &List::of([1])).await;
    let paused = start(store, &List::of([])).await;
    store.act(paused, Action::Pause, NOW).await.unwrap();
    let canceled = start(store, &List::of([])).await;
    store.act(canceled, Action::Cancel, NOW).await.unwrap();
    let mut unfinished = store.unfinished_campaigns().await.unwrap();
    unfinished.sort();
    let mut expected = vec![empty, waiting, paused];
    expected.sort();
    assert_eq!(unfinished, expected);
    let all = [created, empty, waiting, paused, canceled];
    assert_eq!(store.complete_finished(&all, NOW + 3).await.unwrap(), 2);
    assert_eq!(store.complete_finished(&all, NOW + 4).await.unwrap(), 0, "once");
    for (id, expected) in all.into_iter().zip([
        CampaignStatus::Created,
        CampaignStatus::Completed,
        CampaignStatus::Queued,
        CampaignStatus::Completed,
        CampaignStatus::Canceled,
    ]) {
        assert_eq!(status(store, id).await, expected);
    }
    let nobody = CampaignId(uuid::Uuid::from_u128(1));
    assert_eq!(store.complete_finished(&[nobody], NOW).await.unwrap(), 0);
    assert_eq!(store.unfinished_campaigns().await.unwrap(), [waiting]);
}

async fn the_sweep_skips_whoever_a_cancelled_campaign_left_waiting(fixture: &Fixture) {
    let store = &fixture.store;
    store.set_line_cap(2).await.unwrap();
    let id = start(store, &List::of(0..6_002)).await;
    let other = import(store, &List::of(0..3)).await;
    let dials = dial(store, NOW).await;
    assert_eq!(store.skip_contacts_of_canceled(NOW).await.unwrap(), 0);
    store.act(id, Action::Cancel, NOW).await.unwrap();
    let mut skipped = 0;
    loop {
        let some = store.skip_contacts_of_canceled(NOW).await.unwrap();
        assert!(some <= 5_000, "one step is bounded");
        if some == 0 {
            break;
        }
        skipped += some;
    }
    assert_eq!(skipped, 6_000, "those being called are not skipped");
    let of_campaign = format!("campaign_id = {}", fixture.literal(id.0));
    let told = format!("{of_campaign} AND state = 'skipped' AND reason = 'the campaign was cancelled'");
    assert_eq!(fixture.count("contacts", &told).await, 6_000);
    let of_other = format!("campaign_id = {} AND state = 'pending'", fixture.literal(other.0));
    assert_eq!(fixture.count("contacts", &of_other).await, 3);
    let ends: Vec<_> = dials
        .iter()
        .map(|dial| says::ended(dial, "voicemail", NOW))
        .collect();
    store.apply_facts(&ends, NOW).await.unwrap();
    assert_eq!(
        store
            .campaign(id)
            .await
            .unwrap()
            .expect("the campaign")
            .final_contacts,
        6_002
    );
    assert_eq!(store.claim(MAX_DURATION_MS, NOW).await.unwrap().dials, []);
}
