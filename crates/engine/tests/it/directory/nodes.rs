//! Nodes that die or sleep in the middle of a change, and nodes that look at the same time.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use async_trait::async_trait;
use domain::{campaign::Action, directory::ChangeState, ids::AssistantId};
use engine::{Creation, Directory, DirectoryError};
use http::Method;
use serde_json::json;
use store::{AssistantFilter, Page, Probe};
use tokio::sync::Notify;

use super::house::{House, PATIENCE, Place, Plan, creation, done, edit, in_doubt, meanwhile, robin, says};

/// Stops a node for good at its nth passing of a commit.
struct Stop {
    left: AtomicU32,
    stopped: Arc<Notify>,
}

#[async_trait]
impl Probe for Stop {
    async fn commit(&self, _: bool) {
        if self.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.stopped.notify_one();
            std::future::pending::<()>().await;
        }
    }
}

/// Sleeps for so long after every commit.
struct Sleepy {
    place: Arc<Place>,
    ms: i64,
}

#[async_trait]
impl Probe for Sleepy {
    async fn commit(&self, done: bool) {
        if done {
            self.place.pass(self.ms);
        }
    }
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Wish {
    Create,
    Edit,
    Push,
    Take,
    Import,
    Remove,
    Repeat,
}

const WISHES: [Wish; 7] = [
    Wish::Create,
    Wish::Edit,
    Wish::Push,
    Wish::Take,
    Wish::Import,
    Wish::Remove,
    Wish::Repeat,
];

/// Brings the house to where this can be wished for.
async fn prepare(house: &House, wish: Wish) -> Option<AssistantId> {
    match wish {
        Wish::Create | Wish::Import => None,
        Wish::Edit => Some(house.made().await),
        Wish::Push | Wish::Take => {
            let id = house.made().await;
            let provider_id = house.provider_id(id).await;
            house
                .place
                .patch_past_us(&provider_id, &json!({"firstMessage": "Theirs."}));
            Some(id)
        }
        Wish::Remove => {
            let ephemeral = Creation {
                ephemeral: true,
                ..creation(robin())
            };
            let id = done(house.directory().create(ephemeral).await);
            let campaign = house.campaign(id).await;
            house
                .store
                .act(campaign, Action::Cancel, house.place.now())
                .await
                .unwrap();
            house.pass(61_000);
            Some(id)
        }
        Wish::Repeat => {
            house.faults(|faults| faults.assistant_hang_up_before_acting = 1.0);
            let id = in_doubt(house.directory().create(creation(robin())).await);
            house.calm();
            house.tend_for(PATIENCE.settle_ms + 2_000).await;
            Some(id)
        }
    }
}

async fn fulfil(
    house: &House,
    directory: &Directory,
    wish: Wish,
    id: Option<AssistantId>,
) -> Result<(), DirectoryError> {
    match (wish, id) {
        (Wish::Edit, Some(id)) => directory.edit(id, edit(1, says("Mine."))).await.map(|_| ()),
        (Wish::Push, Some(id)) => {
            let seen = house.seen(id).await;
            directory.push_ours(id, &seen, "Ann").await.map(|_| ())
        }
        (Wish::Take, Some(id)) => {
            let seen = house.seen(id).await;
            directory.take_theirs(id, &seen, "Ann").await
        }
        (Wish::Repeat, Some(id)) => {
            let change = house.change(id).await.unwrap().id;
            directory.repeat(change).await.map(|_| ())
        }
        (Wish::Remove, _) => Ok(directory.tend().await.map(|_| ())?),
        (Wish::Import, _) => directory
            .import(sandbox::DEFAULT_ASSISTANT_ID, None, "Ann")
            .await
            .map(|_| ()),
        _ => directory.create(creation(robin())).await.map(|_| ()),
    }
}

/// Whatever happened, after a while everything is settled and nothing disagrees unseen.
async fn settled(house: &House, wish: Wish, at: &str) {
    house.tend_for(2 * PATIENCE.settle_ms + 600_000).await;
    let page = Page { limit: 9, offset: 0 };
    for record in house
        .store
        .assistants(&AssistantFilter::default(), page)
        .await
        .unwrap()
    {
        let what = format!("{wish:?}, {at}: {record:?}");
        assert!(house.made_for(record.id).len() <= 1, "{what}");
        if let Some(change) = &record.change {
            assert_eq!(change.state, ChangeState::Lost, "{what}");
        }
        if wish == Wish::Remove {
            assert!(record.removed_at.is_some(), "{what}");
            continue;
        }
        let Some(provider_id) = &record.provider_assistant_id else {
            assert!(house.made_for(record.id).is_empty(), "{what}");
            continue;
        };
        let held = house.held(provider_id).unwrap().to_json();
        match &record.theirs_json {
            None => assert_eq!(record.config_json, held, "{what}"),
            Some(theirs) => assert_eq!(*theirs, held, "{what}"),
        }
        let versions = house.versions(record.id).await;
        assert_eq!(u32::try_from(versions.len()).unwrap(), record.version, "{what}");
        assert_eq!(versions.last().unwrap().config_json, record.config_json, "{what}");
    }
    for made in house.ledger().list {
        if let Some(id) = super::house::mark_of(&made) {
            assert!(
                house.find(id).await.is_some(),
                "{wish:?}, {at}: nobody knows {made:?}"
            );
        }
    }
}

/// Killed before or after any of its commits.
#[tokio::test]
async fn a_node_that_dies_at_a_commit_leaves_nothing_unsettled() {
    for wish in WISHES {
        for nth in 1.. {
            assert!(nth < 20, "{wish:?} never comes to an end");
            let house = House::new().await;
            let id = prepare(&house, wish).await;
            let store = house.another_store(7).await;
            let stopped = Arc::new(Notify::new());
            store.set_probe(Arc::new(Stop {
                left: AtomicU32::new(nth),
                stopped: stopped.clone(),
            }));
            let directory = house.directory_over(store.clone());
            let finished = tokio::select! {
                fulfilled = fulfil(&house, &directory, wish, id) => {
                    fulfilled.unwrap();
                    true
                }
                () = stopped.notified() => false,
            };
            drop(directory);
            store.close().await;
            settled(&house, wish, &format!("commit {nth}")).await;
            if finished {
                break;
            }
        }
    }
}

/// Killed while its request is under way, before the provider acts or after.
#[tokio::test]
async fn a_node_that_dies_on_the_wire_leaves_nothing_unsettled() {
    for (wish, method) in [
        (Wish::Create, Method::POST),
        (Wish::Edit, Method::PATCH),
        (Wish::Push, Method::PATCH),
        (Wish::Remove, Method::DELETE),
        (Wish::Repeat, Method::POST),
    ] {
        for before in [true, false] {
            let house = House::new().await;
            let id = prepare(&house, wish).await;
            let store = house.another_store(7).await;
            let stopped = Arc::new(Notify::new());
            let told = stopped.clone();
            let stops = meanwhile(async move {
                told.notify_one();
                std::future::pending::<()>().await;
            });
            house.place.plan(
                method.clone(),
                if before {
                    Plan::Before(stops)
                } else {
                    Plan::After(stops)
                },
            );
            let directory = house.directory_over(store.clone());
            tokio::select! {
                fulfilled = fulfil(&house, &directory, wish, id) => panic!("{wish:?}: {fulfilled:?}"),
                () = stopped.notified() => {}
            }
            drop(directory);
            store.close().await;
            settled(
                &house,
                wish,
                if before { "before the act" } else { "after the act" },
            )
            .await;
        }
    }
}

/// A machine that slept between the intent and the request does not send it: others may have come to a conclusion.
#[tokio::test]
async fn a_node_that_slept_on_its_intent_does_not_send() {
    for (wish, requests) in [
        (Wish::Create, "POST /assistant"),
        (Wish::Edit, "PATCH /assistant/{id}"),
        (Wish::Push, "PATCH /assistant/{id}"),
        (Wish::Remove, "DELETE /assistant/{id}"),
        (Wish::Repeat, "POST /assistant"),
    ] {
        for (ms, sends) in [(PATIENCE.stale_ms / 2, 1), (PATIENCE.stale_ms + 1, 0)] {
            let house = House::new().await;
            let id = prepare(&house, wish).await;
            let before = house.requests(requests);
            let store = house.another_store(7).await;
            store.set_probe(Arc::new(Sleepy {
                place: house.place.clone(),
                ms,
            }));
            let directory = house.directory_over(store.clone());
            // The comparison notes what it finds before the intent, and sleeps on that as well.
            let _ = fulfil(&house, &directory, wish, id).await;
            assert_eq!(house.requests(requests) - before, sends, "{wish:?} after {ms} ms");
            store.close().await;
            settled(&house, wish, "asleep").await;
        }
    }
}

/// Nobody looks for a change while the node that sends it may be at work; then one node does.
#[tokio::test]
async fn one_node_looks_at_a_time_and_none_too_early() {
    let house = House::new().await;
    let store = house.another_store(7).await;
    let stopped = Arc::new(Notify::new());
    store.set_probe(Arc::new(Stop {
        left: AtomicU32::new(2),
        stopped: stopped.clone(),
    }));
    let dying = house.directory_over(store.clone());
    tokio::select! {
        made = dying.create(creation(robin())) => panic!("{made:?}"),
        () = stopped.notified() => {}
    }
    drop(dying);
    store.close().await;
    let other = house.another_store(8).await;
    let (one, two) = (house.directory(), house.directory_over(other.clone()));
    // The first comparison of everything is done with.
    one.tend().await.unwrap();
    let before = house.requests("GET /assistant");
    house.pass(PATIENCE.at_work_ms - 1);
    assert_eq!(one.tend().await.unwrap().looked_up, 0);
    house.pass(1);
    let (first, second) = tokio::join!(one.tend(), two.tend());
    assert!(first.unwrap().looked_up + second.unwrap().looked_up >= 1);
    assert_eq!(house.requests("GET /assistant") - before, 1);
    other.close().await;
}

#[tokio::test]
async fn one_node_compares_at_a_time() {
    let house = House::new().await;
    let other = house.another_store(8).await;
    let (one, two) = (house.directory(), house.directory_over(other.clone()));
    let (one, two) = tokio::join!(one.tend(), two.tend());
    assert!(one.unwrap().compared != two.unwrap().compared);
    assert_eq!(house.requests("GET /assistant"), 1);
    other.close().await;
}
