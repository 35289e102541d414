//! Wake-ups, here and on other nodes.

use std::time::Duration;

use domain::ids::CampaignId;
use store::{Kind, Store, Wake};
use tokio::{sync::broadcast::Receiver, task::JoinHandle, time::timeout};
use uuid::Uuid;

use crate::fixture::{self, Fixture};

contract! {
    whoever_listens_here_is_woken,
    waking_nobody_is_no_error,
}

/// Waits for one certain wake-up, long enough for any machine.
async fn hear(wakes: &mut Receiver<Wake>, wanted: Wake) {
    let heard = async { while wakes.recv().await.unwrap() != wanted {} };
    timeout(Duration::from_secs(30), heard)
        .await
        .expect("the wake-up arrives");
}

fn campaign(number: u128) -> Wake {
    Wake::Campaign(CampaignId(Uuid::from_u128(number)))
}

async fn whoever_listens_here_is_woken(fixture: &Fixture) {
    let (mut one, mut two) = (fixture.store.subscribe(), fixture.store.subscribe());
    fixture.store.wake(campaign(1));
    fixture.store.clone().wake(Wake::Dispatch);
    for wakes in [&mut one, &mut two] {
        assert_eq!(wakes.recv().await.unwrap(), campaign(1));
        assert_eq!(wakes.recv().await.unwrap(), Wake::Dispatch);
    }
}

async fn waking_nobody_is_no_error(fixture: &Fixture) {
    fixture.store.wake(Wake::Dispatch);
    // Nobody hears of what was before.
    assert!(fixture.store.subscribe().is_empty());
}

/// Starts the relay of a node and waits until it listens: it says so by a wake-up for what was missed before.
async fn relay(node: &Store) -> (JoinHandle<()>, Receiver<Wake>) {
    let mut wakes = node.subscribe();
    let relay = tokio::spawn({
        let node = node.clone();
        async move { node.relay_wakes(|_| {}).await }
    });
    hear(&mut wakes, Wake::Dispatch).await;
    (relay, wakes)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_on_one_postgres_hear_each_other() {
    fixture::run(Kind::Postgres, async |fixture| {
        let other = fixture.another_node().await;
        let (one_relay, mut one) = relay(&fixture.store).await;
        let (two_relay, mut two) = relay(&other).await;
        fixture.store.wake(campaign(1));
        hear(&mut two, campaign(1)).await;
        other.wake(campaign(2));
        hear(&mut one, campaign(2)).await;
        other.wake(Wake::Dispatch);
        hear(&mut one, Wake::Dispatch).await;
        // A flood is coalesced, and the last of it still arrives.
        for _ in 0..500 {
            fixture.store.wake(campaign(3));
        }
        fixture.store.wake(campaign(4));
        hear(&mut two, campaign(4)).await;
        one_relay.abort();
        two_relay.abort();
        other.close().await;
    })
    .await;
}

/// Whoever wakes others has woken itself already, and does not look a second time for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_hears_its_own_wakes_once_and_those_of_others_too() {
    fixture::run(Kind::Postgres, async |fixture| {
        let other = fixture.another_node().await;
        let (one_relay, mut one) = relay(&fixture.store).await;
        let (two_relay, mut two) = relay(&other).await;
        for number in 1..=3 {
            fixture.store.wake(campaign(number));
            fixture.store.wake(Wake::Dispatch);
            // The other node heard it, so that an echo would be on its way before the answer.
            hear(&mut two, campaign(number)).await;
            other.wake(campaign(100 + number));
            let mut heard = Vec::new();
            while heard.last() != Some(&campaign(100 + number)) {
                let next = timeout(Duration::from_secs(30), one.recv());
                heard.push(next.await.expect("the wake-up arrives").unwrap());
            }
            assert_eq!(heard, [campaign(number), Wake::Dispatch, campaign(100 + number)]);
        }
        one_relay.abort();
        two_relay.abort();
        other.close().await;
    })
    .await;
}

/// A node of an earlier version does not say who it is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wake_without_a_sender_is_heard() {
    fixture::run(Kind::Postgres, async |fixture| {
        let (handle, mut wakes) = relay(&fixture.store).await;
        fixture
            .execute("SELECT pg_notify('autolynx', 'dispatch')")
            .await
            .unwrap();
        hear(&mut wakes, Wake::Dispatch).await;
        handle.abort();
    })
    .await;
}

/// A node that was cut off looks everywhere once it hears again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listener_that_lost_its_connection_comes_back_and_looks() {
    fixture::run(Kind::Postgres, async |fixture| {
        let (handle, mut wakes) = relay(&fixture.store).await;
        let cut = "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity \
                   WHERE datname = current_database() AND query LIKE 'LISTEN%'";
        assert_eq!(fixture.number(cut).await, 1);
        hear(&mut wakes, Wake::Dispatch).await;
        let other = fixture.another_node().await;
        let (other_handle, _) = relay(&other).await;
        other.wake(campaign(9));
        hear(&mut wakes, campaign(9)).await;
        handle.abort();
        other_handle.abort();
        other.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sqlite_the_relay_has_nothing_to_do() {
    fixture::run(Kind::Sqlite, async |fixture| {
        let relayed = fixture.store.relay_wakes(|_| {});
        futures::pin_mut!(relayed);
        assert!(futures::poll!(relayed.as_mut()).is_pending());
    })
    .await;
}
