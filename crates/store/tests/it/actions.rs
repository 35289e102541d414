//! What a person may ask of a campaign.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use domain::{
    campaign::{Action, CampaignStatus, Standing, possible_actions},
    ids::CampaignId,
};
use futures::future::join_all;
use store::{Acted, Store};

use crate::{
    fixture::Fixture,
    people::{List, NOW, import, start},
    probes::Gate,
    says,
};

contract! {
    every_action_from_every_status,
    of_two_who_act_at_once_one_succeeds,
    start_is_noted_once_and_an_end_too,
    resuming_knows_whether_a_call_was_accepted_meanwhile,
    resuming_notices_a_call_that_is_accepted_at_that_very_moment,
    an_action_is_done_in_one_transaction,
    an_unknown_campaign_is_not_found,
}

async fn every_action_from_every_status(fixture: &Fixture) {
    let store = &fixture.store;
    let id = import(store, &List::of([1])).await;
    let literal = fixture.literal(id.0);
    for started in [false, true] {
        for status in CampaignStatus::ALL {
            // These two need more than a word: a time, and whom.
            let acts = |action: &Action| !matches!(action, Action::Schedule | Action::Redial);
            for action in Action::ALL.into_iter().filter(acts) {
                let at = if started { "7" } else { "NULL" };
                fixture
                    .execute(&format!(
                        "UPDATE campaigns SET status = '{}', started_at_ms = {at}, pause_reason = 'why', \
                         archived_at_ms = NULL WHERE id = {literal}",
                        status.as_str()
                    ))
                    .await
                    .unwrap();
                let acted = store.act(id, action, NOW + 5).await.unwrap();
                let campaign = store.campaign(id).await.unwrap().expect("the campaign");
                let put_away = matches!(action, Action::Archive | Action::Unarchive);
                if action.possible(standing(status)) {
                    let target = action.leads_to(status, started);
                    assert_eq!(acted, Acted::Done(target), "{action:?} from {status:?}");
                    assert_eq!(campaign.status, target);
                    let reason = campaign.pause_reason.as_deref();
                    assert_eq!(
                        reason,
                        put_away.then_some("why"),
                        "what a person did needs no reason"
                    );
                } else {
                    let possible = possible_actions(standing(status));
                    assert_eq!(
                        acted,
                        Acted::Impossible { status, possible },
                        "{action:?} from {status:?}"
                    );
                    assert_eq!(campaign.status, status);
                    assert_eq!(campaign.pause_reason.as_deref(), Some("why"));
                }
            }
        }
    }
}

fn standing(status: CampaignStatus) -> Standing {
    Standing {
        status,
        archived: false,
        open_calls: 0,
    }
}

async fn of_two_who_act_at_once_one_succeeds(fixture: &Fixture) {
    let other = fixture.another_node().await;
    for action in [Action::Start, Action::Pause, Action::Resume, Action::Cancel] {
        let id = import(&fixture.store, &List::of([1])).await;
        for before in [Action::Start, Action::Pause, Action::Resume] {
            if before == action || action == Action::Cancel {
                break;
            }
            fixture.store.act(id, before, NOW).await.unwrap();
        }
        let tasks = (0..8).map(|task| {
            let store = if task % 2 == 0 {
                fixture.store.clone()
            } else {
                other.clone()
            };
            tokio::spawn(async move { store.act(id, action, NOW).await.unwrap() })
        });
        let acted: Vec<_> = join_all(tasks).await.into_iter().map(Result::unwrap).collect();
        let done = acted
            .iter()
            .filter(|acted| matches!(acted, Acted::Done(_)))
            .count();
        assert_eq!(done, 1, "{action:?}: {acted:?}");
        let refused = acted
            .iter()
            .filter(|acted| matches!(acted, Acted::Impossible { .. }))
            .count();
        assert_eq!(refused, 7, "{action:?}: {acted:?}");
    }
    other.close().await;
}

async fn start_is_noted_once_and_an_end_too(fixture: &Fixture) {
    let store = &fixture.store;
    let id = import(store, &List::of([1])).await;
    for (action, now) in [
        (Action::Start, NOW),
        (Action::Pause, NOW + 1),
        (Action::Resume, NOW + 2),
    ] {
        store.act(id, action, now).await.unwrap();
        let campaign = store.campaign(id).await.unwrap().expect("the campaign");
        assert_eq!(
            (campaign.queued_at, campaign.started_at, campaign.completed_at),
            (Some(NOW), None, None)
        );
    }
    store.act(id, Action::Cancel, NOW + 9).await.unwrap();
    let campaign = store.campaign(id).await.unwrap().expect("the campaign");
    assert_eq!(
        (campaign.queued_at, campaign.completed_at),
        (Some(NOW), Some(NOW + 9))
    );
}

async fn resuming_knows_whether_a_call_was_accepted_meanwhile(fixture: &Fixture) {
    let store = &fixture.store;
    let (id, dials) = fixture.dialled(2).await;
    store.act(id, Action::Pause, NOW).await.unwrap();
    store
        .apply_facts(&[says::accepted(&dials[0], NOW + 3)], NOW + 3)
        .await
        .unwrap();
    let paused = store.campaign(id).await.unwrap().expect("the campaign");
    assert_eq!(
        (paused.status, paused.started_at),
        (CampaignStatus::Paused, Some(NOW + 3))
    );
    let acted = store.act(id, Action::Resume, NOW + 4).await.unwrap();
    assert_eq!(acted, Acted::Done(CampaignStatus::Running));
}

async fn resuming_notices_a_call_that_is_accepted_at_that_very_moment(fixture: &Fixture) {
    let (id, dials) = fixture.dialled(2).await;
    fixture.store.act(id, Action::Pause, NOW).await.unwrap();
    let slow = fixture.another_node().await;
    let gate = Gate::at_begin(&slow);
    gate.close();
    let resumed = tokio::spawn({
        let slow = slow.clone();
        async move { slow.act(id, Action::Resume, NOW).await.unwrap() }
    });
    gate.arrival().await;
    fixture
        .store
        .apply_facts(&[says::accepted(&dials[0], NOW)], NOW)
        .await
        .unwrap();
    gate.open();
    assert_eq!(
        resumed.await.unwrap(),
        Acted::Done(CampaignStatus::Running),
        "not back to the queue"
    );
    assert_eq!(
        fixture.store.campaign(id).await.unwrap().unwrap().status,
        CampaignStatus::Running
    );
    slow.close().await;
}

/// Whatever others do meanwhile, an action is one transaction: it cannot be kept busy for ever.
async fn an_action_is_done_in_one_transaction(fixture: &Fixture) {
    let id = start(&fixture.store, &List::of(0..3)).await;
    let busy = Arc::new(Busybody {
        store: fixture.store.clone(),
        id,
        begun: AtomicUsize::new(0),
    });
    let acting = fixture.another_node().await;
    acting.set_probe(busy.clone());
    let acted = acting.act(id, Action::Cancel, NOW).await.unwrap();
    assert_eq!(acted, Acted::Done(CampaignStatus::Canceled));
    assert_eq!(busy.begun.load(Ordering::SeqCst), 1);
    acting.close().await;
}

/// Acts on a campaign whenever somebody is about to.
struct Busybody {
    store: Store,
    id: CampaignId,
    begun: AtomicUsize,
}

#[async_trait::async_trait]
impl store::Probe for Busybody {
    async fn begin(&self) {
        let action = match self.begun.fetch_add(1, Ordering::SeqCst) {
            nth if nth > 20 => return,
            nth if nth % 2 == 0 => Action::Pause,
            _ => Action::Resume,
        };
        let acted = self.store.act(self.id, action, NOW).await.unwrap();
        assert!(matches!(acted, Acted::Done(_)), "{acted:?}");
    }

    async fn commit(&self, _: bool) {}
}

async fn an_unknown_campaign_is_not_found(fixture: &Fixture) {
    let nobody = CampaignId(uuid::Uuid::from_u128(1));
    for action in Action::ALL {
        assert_eq!(
            fixture.store.act(nobody, action, NOW).await.unwrap(),
            Acted::NotFound
        );
    }
    assert_eq!(fixture.store.campaign(nobody).await.unwrap(), None);
}
