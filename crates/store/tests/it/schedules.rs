//! Campaigns that start by themselves.

use domain::{
    campaign::{Action, CampaignStatus, PauseKind},
    time::HOUR_MS,
    waiting::Cause,
};
use futures::future::join_all;
use store::Acted;

use crate::{
    fixture::Fixture,
    looks::campaign,
    people::{List, NOW, dial, import},
};

contract! {
    a_campaign_starts_at_its_time_and_once,
    the_time_can_be_moved_and_taken_back,
    whoever_presses_start_is_faster,
    without_an_assistant_it_is_paused_instead,
    only_a_draft_can_be_scheduled,
}

async fn a_campaign_starts_at_its_time_and_once(fixture: &Fixture) {
    let store = &fixture.store;
    let other = fixture.another_node().await;
    let id = import(store, &List::of(0..3)).await;
    let at = NOW + HOUR_MS;
    let acted = store.schedule(id, at, NOW).await.unwrap();
    assert_eq!(acted, Acted::Done(CampaignStatus::Scheduled));
    assert_eq!(store.next_start().await.unwrap(), Some(at));
    assert_eq!(store.bring_due(at - 1).await.unwrap().started, []);
    assert_eq!(dial(store, at - 1).await, []);
    let why = store.why(&campaign(store, id).await, NOW).await.unwrap();
    assert_eq!(
        (&why.campaign[0].cause, why.campaign[0].until),
        (&Cause::Scheduled, Some(at))
    );
    let both = join_all([store.bring_due(at), other.bring_due(at)]).await;
    let started: Vec<_> = both.into_iter().flat_map(|due| due.unwrap().started).collect();
    assert_eq!(started, [id]);
    let going = campaign(store, id).await;
    assert_eq!(
        (going.status, going.queued_at, going.starts_at, going.started_at),
        (CampaignStatus::Queued, Some(at), None, None)
    );
    assert_eq!(going.assistant_version, Some(1));
    assert_eq!(store.bring_due(at + 1).await.unwrap().started, []);
    assert_eq!(store.next_start().await.unwrap(), None);
    assert_eq!(dial(store, at).await.len(), 3);
    fixture.assert_sound(10).await;
    other.close().await;
}

async fn the_time_can_be_moved_and_taken_back(fixture: &Fixture) {
    let store = &fixture.store;
    let id = import(store, &List::of(0..3)).await;
    store.schedule(id, NOW + 10, NOW).await.unwrap();
    store.schedule(id, NOW + 20, NOW).await.unwrap();
    assert_eq!(store.bring_due(NOW + 19).await.unwrap().started, []);
    let acted = store.act(id, Action::Unschedule, NOW + 19).await.unwrap();
    assert_eq!(acted, Acted::Done(CampaignStatus::Created));
    assert_eq!(campaign(store, id).await.starts_at, None);
    assert_eq!(store.bring_due(NOW + 30).await.unwrap().started, []);
    assert_eq!(campaign(store, id).await.status, CampaignStatus::Created);
}

async fn whoever_presses_start_is_faster(fixture: &Fixture) {
    let store = &fixture.store;
    let id = import(store, &List::of(0..3)).await;
    store.schedule(id, NOW + 10, NOW).await.unwrap();
    store.act(id, Action::Start, NOW + 5).await.unwrap();
    store.act(id, Action::Pause, NOW + 6).await.unwrap();
    assert_eq!(store.bring_due(NOW + 30).await.unwrap().started, []);
    assert_eq!(campaign(store, id).await.status, CampaignStatus::Paused);
}

async fn without_an_assistant_it_is_paused_instead(fixture: &Fixture) {
    let store = &fixture.store;
    let id = import(store, &List::of(0..3)).await;
    store.schedule(id, NOW + 10, NOW).await.unwrap();
    let assistant = campaign(store, id).await.assistant_id;
    store.set_assistant_active(assistant, false, NOW).await.unwrap();
    let due = store.bring_due(NOW + 10).await.unwrap();
    assert_eq!((due.started, due.paused), (vec![], vec![id]));
    let paused = campaign(store, id).await;
    assert_eq!(
        (paused.status, paused.pause_kind),
        (CampaignStatus::Paused, Some(PauseKind::Assistant))
    );
    assert_eq!(store.bring_due(NOW + 11).await.unwrap().paused, []);
    assert!(matches!(
        store.act(id, Action::Resume, NOW + 12).await.unwrap(),
        Acted::NoAssistant(_)
    ));
    store.set_assistant_active(assistant, true, NOW).await.unwrap();
    store.act(id, Action::Resume, NOW + 13).await.unwrap();
    let going = campaign(store, id).await;
    assert_eq!(
        (going.status, going.assistant_version),
        (CampaignStatus::Queued, Some(1)),
        "it starts only now"
    );
    assert_eq!(dial(store, NOW + 14).await.len(), 3);
    fixture.assert_sound(10).await;
}

async fn only_a_draft_can_be_scheduled(fixture: &Fixture) {
    let store = &fixture.store;
    let (id, _) = fixture.dialled(1).await;
    let acted = store.schedule(id, NOW + 10, NOW).await.unwrap();
    assert!(matches!(acted, Acted::Impossible { .. }), "{acted:?}");
    let archived = import(store, &List::of(0..3)).await;
    store.act(archived, Action::Archive, NOW).await.unwrap();
    let acted = store.schedule(archived, NOW + 10, NOW).await.unwrap();
    assert!(matches!(acted, Acted::Impossible { .. }), "{acted:?}");
    let nobody = domain::ids::CampaignId(uuid::Uuid::from_u128(1));
    assert_eq!(store.schedule(nobody, NOW, NOW).await.unwrap(), Acted::NotFound);
}
