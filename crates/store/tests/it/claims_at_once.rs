//! Many nodes claim at once.

use std::{collections::BTreeSet, sync::Arc};

use domain::ids::ContactId;
use futures::future::join_all;
use store::Kind;
use tokio::sync::Mutex;

use crate::{
    fixture::{self, Fixture},
    people::{List, MAX_DURATION_MS, NOW, phone, start},
    says,
};

contract! { eight_tasks_never_exceed_a_cap_and_never_claim_a_contact_twice }

/// A contact may be skipped, or turn out to have been called, while a claim chooses it. The others still get their
/// lines.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres_a_contact_that_stops_waiting_meanwhile_is_left_alone() {
    fixture::run(Kind::Postgres, async |fixture| {
        start(&fixture.store, &List::of(0..3)).await;
        let mut skipping = fixture.postgres().begin().await.unwrap();
        sqlx::query("UPDATE contacts SET state = 'skipped', reason = 'asked for it' WHERE phone = $1")
            .bind(phone(1))
            .execute(&mut *skipping)
            .await
            .unwrap();
        let claim = tokio::spawn({
            let store = fixture.store.clone();
            async move { store.claim(MAX_DURATION_MS, NOW).await.unwrap() }
        });
        let waiting = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() \
                       AND wait_event_type = 'Lock' AND application_name = 'autolynx'";
        while fixture.number(waiting).await == 0 {
            assert!(
                !claim.is_finished(),
                "the claim took a contact that somebody else was changing"
            );
        }
        skipping.commit().await.unwrap();
        let phones: Vec<_> = claim
            .await
            .unwrap()
            .dials
            .into_iter()
            .map(|dial| dial.phone)
            .collect();
        assert_eq!(phones, [phone(0), phone(2)]);
        fixture.assert_sound(10).await;
    })
    .await;
}

const LINES: u32 = 7;
const PEOPLE: usize = 60;

/// Guarantees *never over* and *never twice*: the claim alone decides, however many decide at once.
async fn eight_tasks_never_exceed_a_cap_and_never_claim_a_contact_twice(fixture: &Fixture) {
    fixture.store.set_line_cap(LINES).await.unwrap();
    // The same people are in both lists.
    start(
        &fixture.store,
        &List {
            cap: 5,
            ..List::of(0..PEOPLE)
        },
    )
    .await;
    start(
        &fixture.store,
        &List {
            cap: 4,
            ..List::of(0..PEOPLE)
        },
    )
    .await;
    let other = fixture.another_node().await;
    let claimed: Arc<Mutex<Vec<ContactId>>> = Arc::default();
    let tasks = (0..8).map(|task| {
        let store = if task % 2 == 0 {
            fixture.store.clone()
        } else {
            other.clone()
        };
        let claimed = claimed.clone();
        tokio::spawn(async move {
            let mut idle = 0;
            while idle < 3 {
                let dials = store.claim(MAX_DURATION_MS, NOW).await.unwrap().dials;
                idle = if dials.is_empty() { idle + 1 } else { 0 };
                claimed
                    .lock()
                    .await
                    .extend(dials.iter().map(|dial| dial.contact_id));
                let open = store.open_calls().await.unwrap();
                assert!(open.len() <= LINES as usize, "{} lines in use", open.len());
                let ends: Vec<_> = dials
                    .iter()
                    .map(|dial| says::ended(dial, "customer-busy", NOW))
                    .collect();
                store.apply_facts(&ends, NOW).await.unwrap();
            }
        })
    });
    for done in join_all(tasks).await {
        done.unwrap();
    }
    // Whoever claimed last may have been the only one to still have something to end.
    loop {
        let dials = fixture.store.claim(MAX_DURATION_MS, NOW).await.unwrap().dials;
        if dials.is_empty() {
            break;
        }
        claimed
            .lock()
            .await
            .extend(dials.iter().map(|dial| dial.contact_id));
        fixture.assert_sound(i64::from(LINES)).await;
        let ends: Vec<_> = dials
            .iter()
            .map(|dial| says::ended(dial, "customer-busy", NOW))
            .collect();
        fixture.store.apply_facts(&ends, NOW).await.unwrap();
    }
    let claimed = claimed.lock().await;
    let different: BTreeSet<_> = claimed.iter().collect();
    assert_eq!(claimed.len(), different.len(), "a contact was claimed twice");
    assert_eq!(claimed.len(), 2 * PEOPLE, "a contact was never claimed");
    fixture.assert_sound(i64::from(LINES)).await;
    other.close().await;
}
