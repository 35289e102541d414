//! When the provider breaks call after call, the campaign is paused instead of burning through its list.

use domain::{
    campaign::{Action, CampaignStatus, PauseKind},
    time::{MINUTE_MS, SECOND_MS},
};

use crate::{
    fixture::Fixture,
    looks::{campaign, end},
    people::{List, NOW, dial, start},
    says,
};

contract! {
    five_faults_pause_the_campaign_and_no_other,
    fewer_than_half_of_the_calls_do_not,
    faults_long_ago_are_forgotten,
    after_going_on_only_new_faults_count,
    people_and_carriers_are_no_faults,
}

const BROKEN: &str = "call.in-progress.error-providerfault-vapi-llm-failed";

async fn five_faults_pause_the_campaign_and_no_other(fixture: &Fixture) {
    let store = &fixture.store;
    let id = start(store, &List::of(0..8)).await;
    let dials = dial(store, NOW).await;
    let other = start(store, &List::of(10..20)).await;
    end(store, &dials[..4], BROKEN, NOW + 1).await;
    assert_eq!(campaign(store, id).await.status, CampaignStatus::Dialing);
    // The unreachable provider is one too.
    let unreachable = says::refused(&dials[4], "autolynx.refused.unreachable", NOW + 2);
    let applied = store.apply_facts(&[unreachable], NOW + 2).await.unwrap();
    assert_eq!(applied.paused, [id].into());
    let paused = campaign(store, id).await;
    assert_eq!(
        (paused.status, paused.pause_kind, paused.pause_reason.as_deref()),
        (
            CampaignStatus::Paused,
            Some(PauseKind::Breaker),
            Some("5 of 5 calls failed at the provider within 2 minutes")
        )
    );
    let next = dial(store, NOW + MINUTE_MS).await;
    assert!(!next.is_empty() && next.iter().all(|dial| dial.campaign_id == other));
    fixture.assert_sound(10).await;
}

async fn fewer_than_half_of_the_calls_do_not(fixture: &Fixture) {
    let store = &fixture.store;
    store.set_line_cap(20).await.unwrap();
    let id = start(store, &List::of(0..20)).await;
    let dials = dial(store, NOW).await;
    end(store, &dials[..6], "customer-busy", NOW + 1).await;
    end(store, &dials[6..11], BROKEN, NOW + 2).await;
    assert_eq!(
        campaign(store, id).await.status,
        CampaignStatus::Dialing,
        "5 of 11"
    );
    end(store, &dials[11..12], BROKEN, NOW + 3).await;
    let paused = campaign(store, id).await;
    assert_eq!(
        paused.pause_reason.as_deref(),
        Some("6 of 12 calls failed at the provider within 2 minutes")
    );
    fixture.assert_sound(20).await;
}

async fn faults_long_ago_are_forgotten(fixture: &Fixture) {
    let store = &fixture.store;
    let id = start(store, &List::of(0..10)).await;
    let dials = dial(store, NOW).await;
    end(store, &dials[..4], BROKEN, NOW + 1).await;
    end(store, &dials[4..8], BROKEN, NOW + 1 + 120 * SECOND_MS).await;
    assert_eq!(campaign(store, id).await.status, CampaignStatus::Dialing);
    end(store, &dials[8..9], BROKEN, NOW + 2 + 120 * SECOND_MS).await;
    assert_eq!(campaign(store, id).await.status, CampaignStatus::Paused);
    fixture.assert_sound(10).await;
}

async fn after_going_on_only_new_faults_count(fixture: &Fixture) {
    let store = &fixture.store;
    store.set_line_cap(20).await.unwrap();
    let id = start(store, &List::of(0..20)).await;
    let dials = dial(store, NOW).await;
    end(store, &dials[..5], BROKEN, NOW + 1).await;
    assert_eq!(campaign(store, id).await.status, CampaignStatus::Paused);
    store.act(id, Action::Resume, NOW + 10).await.unwrap();
    // One that ended before, but is told of only now.
    let late = says::ended(&dials[5], BROKEN, NOW + 2);
    store.apply_facts(&[late], NOW + 11).await.unwrap();
    end(store, &dials[6..10], BROKEN, NOW + 12).await;
    let going = campaign(store, id).await;
    assert_eq!((going.status, going.pause_kind), (CampaignStatus::Running, None));
    end(store, &dials[10..11], BROKEN, NOW + 13).await;
    assert_eq!(
        campaign(store, id).await.pause_reason.as_deref(),
        Some("5 of 5 calls failed at the provider within 2 minutes")
    );
    fixture.assert_sound(20).await;
}

async fn people_and_carriers_are_no_faults(fixture: &Fixture) {
    let store = &fixture.store;
    let id = start(store, &List::of(0..10)).await;
    let dials = dial(store, NOW).await;
    let capacity: Vec<_> = dials[5..]
        .iter()
        .map(|dial| says::refused(dial, "autolynx.refused.capacity", NOW + 1))
        .collect();
    store.apply_facts(&capacity, NOW + 1).await.unwrap();
    end(
        store,
        &dials[..5],
        "call.in-progress.error-sip-outbound-call-failed-to-connect",
        NOW + 1,
    )
    .await;
    assert_eq!(campaign(store, id).await.status, CampaignStatus::Dialing);
    fixture.assert_sound(10).await;
}
