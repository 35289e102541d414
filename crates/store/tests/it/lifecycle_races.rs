//! Somebody appends, pauses, resumes and in the end cancels or aborts, while three nodes dial: nobody is lost, nobody is
//! called twice, and nobody is called once it was stopped.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use domain::{
    campaign::{Action, CampaignStatus},
    ids::CampaignId,
};
use futures::future::join_all;
use store::{Acted, Appended, Dial, MarkSent, Store};
use tokio::sync::Mutex;

use crate::{
    fixture::Fixture,
    people::{List, MAX_DURATION_MS, NOW, person, start},
    says,
};

contract! { whatever_people_press_nobody_is_lost_and_nobody_called_once_it_is_stopped }

const ROUNDS: usize = 24;
/// People at first, and with each of three appends; a third of those are in the list already.
const PEOPLE: usize = 14;
const LINES: u32 = 5;

/// What nodes and people see of each other.
#[derive(Default)]
struct Scene {
    /// Goes up with every press that takes hold: odd while no call may begin.
    presses: AtomicU64,
    over: AtomicBool,
    /// How often each number was dialled.
    dialled: Mutex<BTreeMap<String, usize>>,
}

async fn whatever_people_press_nobody_is_lost_and_nobody_called_once_it_is_stopped(fixture: &Fixture) {
    let nodes = [
        fixture.store.clone(),
        fixture.another_node().await,
        fixture.another_node().await,
    ];
    fixture.store.set_line_cap(LINES).await.unwrap();
    for round in 0..ROUNDS {
        let first = round * 1_000;
        let list = List {
            cap: 4,
            ..List::of(first..first + PEOPLE)
        };
        let id = start(&fixture.store, &list).await;
        let scene = Arc::new(Scene::default());
        let dialling = nodes.iter().enumerate().map(|(node, store)| {
            tokio::spawn(node_works(
                store.clone(),
                id,
                scene.clone(),
                (round + node) as u64,
            ))
        });
        let dialling: Vec<_> = dialling.collect();
        let last = [None, Some(Action::Cancel), Some(Action::Abort)][round % 3];
        let people = press(&nodes[round % 3], id, &scene, first, last, round as u64).await;
        scene.over.store(true, Ordering::SeqCst);
        for node in join_all(dialling).await {
            node.unwrap();
        }
        finish(fixture, id, &scene, last, people).await;
    }
    for node in &nodes[1..] {
        node.close().await;
    }
}

/// Presses this and that, and returns how many people the campaign has by then.
async fn press(
    store: &Store,
    id: CampaignId,
    scene: &Scene,
    first: usize,
    last: Option<Action>,
    chance: u64,
) -> usize {
    let mut people = PEOPLE;
    for step in 0..3 {
        pause(chance.wrapping_mul(7) + step).await;
        // Some of them are in the list already.
        let from = people - PEOPLE / 3;
        let new: Vec<_> = (first + from..first + from + PEOPLE).map(person).collect();
        if let Appended::Done { added, known } = store.append(id, &new, NOW).await.unwrap() {
            assert_eq!((added as usize, known.len()), (PEOPLE - PEOPLE / 3, PEOPLE / 3));
            people += added as usize;
        } else {
            // It completed before.
            return people;
        }
        pause(chance + step).await;
        if matches!(store.act(id, Action::Pause, NOW).await.unwrap(), Acted::Done(_)) {
            scene.presses.fetch_add(1, Ordering::SeqCst);
            pause(chance * 3 + step).await;
            scene.presses.fetch_add(1, Ordering::SeqCst);
            // Not possible once its last calls ended meanwhile: then it is complete.
            store.act(id, Action::Resume, NOW).await.unwrap();
        }
    }
    if let Some(last) = last {
        pause(chance).await;
        if matches!(store.act(id, last, NOW).await.unwrap(), Acted::Done(_)) {
            scene.presses.fetch_add(1, Ordering::SeqCst);
        }
    }
    people
}

/// Claims and dials until people are done and nothing is left.
async fn node_works(store: Store, id: CampaignId, scene: Arc<Scene>, chance: u64) {
    let mut idle = 0;
    while idle < 3 {
        let over = scene.over.load(Ordering::SeqCst);
        let dials = store.claim(MAX_DURATION_MS, NOW).await.unwrap().dials;
        idle = if over && dials.is_empty() { idle + 1 } else { 0 };
        if dials.is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let calls = dials.iter().map(|dial| call(&store, id, &scene, dial, chance));
        join_all(calls).await;
    }
}

async fn call(store: &Store, id: CampaignId, scene: &Scene, dial: &Dial, chance: u64) {
    pause(chance + u64::from(dial.phone.as_bytes()[dial.phone.len() - 1])).await;
    let before = scene.presses.load(Ordering::SeqCst);
    let marked = store.mark_sent(dial.call_id, id, NOW).await.unwrap();
    let after = scene.presses.load(Ordering::SeqCst);
    match marked {
        MarkSent::Dial => {
            let stopped = before % 2 == 1 && before == after;
            assert!(!stopped, "{} was called although that was stopped", dial.phone);
            *scene.dialled.lock().await.entry(dial.phone.clone()).or_default() += 1;
            store
                .apply_facts(&[says::accepted(dial, NOW)], NOW)
                .await
                .unwrap();
            store
                .apply_facts(&[says::ended(dial, "customer-busy", NOW)], NOW)
                .await
                .unwrap();
        }
        MarkSent::Halted => {
            store
                .apply_facts(&[says::released(dial.call_id, NOW)], NOW)
                .await
                .unwrap();
        }
        MarkSent::Taken => panic!("{} was claimed twice", dial.phone),
        MarkSent::Wait { .. } => panic!("no second is limited"),
    }
}

/// A few hundred microseconds.
async fn pause(chance: u64) {
    tokio::time::sleep(Duration::from_micros(chance.wrapping_mul(2_654_435_761) % 2_500)).await;
}

/// All is over: everybody was called once, or has a reason why not.
async fn finish(fixture: &Fixture, id: CampaignId, scene: &Scene, last: Option<Action>, people: usize) {
    // What the sweep of a node does.
    fixture.store.skip_contacts_of_canceled(NOW).await.unwrap();
    fixture.store.complete_finished([&id], NOW).await.unwrap();
    fixture.assert_sound(i64::from(LINES)).await;
    let campaign = fixture.store.campaign(id).await.unwrap().unwrap();
    let dialled = scene.dialled.lock().await;
    assert!(dialled.values().all(|times| *times == 1), "{dialled:?}");
    let of = |state: &str| format!("campaign_id = {} AND {state}", fixture.literal(id.0));
    let done = fixture.count("contacts", &of("state = 'done'")).await;
    let skipped = fixture
        .count("contacts", &of("state = 'skipped' AND reason IS NOT NULL"))
        .await;
    assert_eq!(usize::try_from(done).unwrap(), dialled.len());
    assert_eq!(usize::try_from(done + skipped).unwrap(), people);
    assert_eq!(campaign.total_contacts as usize, people);
    assert!(campaign.status.is_final(), "{:?}", campaign.status);
    if last.is_none() || campaign.status == CampaignStatus::Completed {
        assert_eq!(dialled.len(), people);
    }
}
