//! A node that dies, or loses interest, in the middle of a claim.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
};

use futures::future::join_all;
use store::{Kind, MarkSent};

use crate::{
    fixture::Fixture,
    people::{List, MAX_DURATION_MS, NOW, start},
    probes::Gate,
    says,
};

contract! {
    a_claim_dropped_anywhere_leaves_nothing_or_everything,
    killed_before_the_commit_nothing_was_claimed,
    killed_after_the_commit_the_calls_are_let_go_once,
    a_dropped_write_leaves_no_open_transaction,
}

/// Polls a future so many times, each time when it asks for it, and drops it then.
async fn polled<F: Future>(times: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = times;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

const LINES: u32 = 3;

async fn a_claim_dropped_anywhere_leaves_nothing_or_everything(fixture: &Fixture) {
    fixture.store.set_line_cap(LINES).await.unwrap();
    start(&fixture.store, &List::of(0..400)).await;
    let (mut nothing, mut everything, mut finished) = (0, 0, 0);
    let mut times = 0;
    // How often a claim waits before it is through is for the machine's load to say.
    while finished < 5 || nothing <= 10 {
        let claim = polled(times, fixture.store.claim(MAX_DURATION_MS, NOW)).await;
        fixture.quiet().await;
        let open = fixture.store.open_calls().await.unwrap();
        match (open.len(), &claim) {
            (0, None) => nothing += 1,
            (3, None) => everything += 1,
            (3, Some(Ok(claim))) => assert_eq!(claim.dials.len(), 3),
            (calls, claim) => panic!("after {times} polls: {calls} calls, {claim:?}"),
        }
        fixture.assert_sound(i64::from(LINES)).await;
        let reserved =
            "SELECT COUNT(*) FROM call_events e JOIN calls k ON k.id = e.call_id WHERE k.ended_at_ms IS NULL";
        assert_eq!(
            fixture.number(reserved).await,
            open.len() as i64,
            "a call without its event"
        );
        // The next round begins with free lines.
        let dials = fixture.store.orphans(NOW + MAX_DURATION_MS).await.unwrap();
        assert_eq!(dials.len(), open.len());
        let ends: Vec<_> = dials.iter().map(|(call, _)| says::released(*call, NOW)).collect();
        fixture.store.apply_facts(&ends, NOW).await.unwrap();
        times += 1;
        if claim.is_some() {
            finished += 1;
            times = 0;
        }
    }
    assert!(everything <= nothing);
}

async fn killed_before_the_commit_nothing_was_claimed(fixture: &Fixture) {
    start(&fixture.store, &List::of(0..5)).await;
    let doomed = fixture.another_node().await;
    let gate = Gate::before(&doomed);
    gate.close();
    let claim = tokio::spawn({
        let doomed = doomed.clone();
        async move { doomed.claim(MAX_DURATION_MS, NOW).await }
    });
    gate.arrival().await;
    claim.abort();
    assert!(claim.await.unwrap_err().is_cancelled());
    fixture.quiet().await;
    assert_eq!(fixture.store.open_calls().await.unwrap(), []);
    assert_eq!(fixture.count("call_events", "1 = 1").await, 0);
    assert_eq!(
        fixture
            .store
            .claim(MAX_DURATION_MS, NOW)
            .await
            .unwrap()
            .dials
            .len(),
        5
    );
    doomed.close().await;
}

async fn killed_after_the_commit_the_calls_are_let_go_once(fixture: &Fixture) {
    start(&fixture.store, &List::of(0..5)).await;
    let doomed = fixture.another_node().await;
    let gate = Gate::behind(&doomed);
    gate.close();
    let claim = tokio::spawn({
        let doomed = doomed.clone();
        async move { doomed.claim(MAX_DURATION_MS, NOW).await }
    });
    gate.arrival().await;
    claim.abort();
    assert!(claim.await.unwrap_err().is_cancelled());
    doomed.close().await;
    assert_eq!(
        fixture.store.open_calls().await.unwrap().len(),
        5,
        "the calls are reserved"
    );
    assert_eq!(
        fixture.store.orphans(NOW + 29_999).await.unwrap(),
        [],
        "their node may still come to dial them"
    );

    // They are let go, by however many nodes find them, and claimed anew under the rules as they are then.
    let later = NOW + 30_000;
    let orphans = fixture.store.orphans(later).await.unwrap();
    assert_eq!(orphans.len(), 5);
    let tasks = (0..4).map(|_| {
        let store = fixture.store.clone();
        let facts: Vec<_> = orphans
            .iter()
            .map(|(call, _)| says::released(*call, later))
            .collect();
        tokio::spawn(async move { store.apply_facts(&facts, later).await.unwrap() })
    });
    let let_go: usize = join_all(tasks)
        .await
        .into_iter()
        .map(|applied| applied.unwrap().ended)
        .sum();
    assert_eq!(let_go, 5, "each is let go once, by one of four");
    assert_eq!(fixture.store.orphans(later).await.unwrap(), []);
    let taken = fixture.store.claim(MAX_DURATION_MS, later).await.unwrap().dials;
    assert_eq!(taken.len(), 5);
    for dial in &taken {
        assert_eq!(
            (dial.attempt, dial.provider_assistant_id.as_str()),
            (1, "assistant-1")
        );
        assert!(dial.name.starts_with("Person"));
        let marked = fixture
            .store
            .mark_sent(dial.call_id, dial.campaign_id, later)
            .await
            .unwrap();
        assert_eq!(marked, MarkSent::Dial);
    }
    for (call, campaign) in orphans {
        // Their node wakes up after all, far too late.
        let marked = fixture.store.mark_sent(call, campaign, later).await.unwrap();
        assert_eq!(marked, MarkSent::Taken);
    }
    let much_later = later + 3_600_000;
    assert_eq!(
        fixture.store.orphans(much_later).await.unwrap(),
        [],
        "what was sent is in doubt, not an orphan"
    );
    fixture.assert_sound(10).await;
}

/// Dropped while the server answers, a connection must not go back to the pool with its transaction open: what the next
/// user writes would wait for a commit that never comes.
async fn a_dropped_write_leaves_no_open_transaction(fixture: &Fixture) {
    for times in (0..12).cycle().take(120) {
        polled(times, fixture.store.take_turn("duty", 0, NOW)).await;
    }
    match fixture.kind() {
        Kind::Sqlite => fixture.quiet().await,
        Kind::Postgres => {
            let idle = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() \
                        AND application_name = 'autolynx' AND state LIKE 'idle in transaction%'";
            // Connections are returned in the background.
            let mut looks = 0;
            while fixture.number(idle).await > 0 {
                looks += 1;
                assert!(looks < 3_000, "a connection of the pool has a transaction open");
            }
        }
    }
    assert!(
        fixture
            .store
            .take_turn("duty", 0, NOW + 1)
            .await
            .unwrap()
            .is_some()
    );
}
