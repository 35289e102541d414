//! Many nodes claim at once.

use std::{collections::BTreeSet, sync::Arc};

use domain::ids::ContactId;
use futures::future::join_all;
use tokio::sync::Mutex;

use crate::{
    fixture::Fixture,
    people::{List, MAX_DURATION_MS, NOW, start},
    says,
};

contract! { eight_tasks_never_exceed_a_cap_and_never_claim_a_contact_twice }

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
