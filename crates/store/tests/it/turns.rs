//! Duties that one node at a time does.

use domain::time::UtcMs;
use futures::future::join_all;

use crate::{fixture::Fixture, people::NOW};

contract! {
    one_of_many_gets_the_turn_and_again_after_the_interval,
    a_turn_may_be_taken_ahead_of_time,
    a_mark_is_handed_on_and_never_goes_back,
}

async fn one_of_many_gets_the_turn_and_again_after_the_interval(fixture: &Fixture) {
    let other = fixture.another_node().await;
    for now in [NOW, NOW + 60_000, NOW + 120_000] {
        let tasks = (0..8).map(|task| {
            let store = if task % 2 == 0 {
                fixture.store.clone()
            } else {
                other.clone()
            };
            tokio::spawn(async move { store.take_turn("poll", 60_000, now).await.unwrap() })
        });
        let taken = join_all(tasks)
            .await
            .into_iter()
            .filter(|turn| turn.as_ref().unwrap().is_some())
            .count();
        assert_eq!(taken, 1);
        assert_eq!(other.take_turn("poll", 60_000, now + 59_999).await.unwrap(), None);
    }
    assert!(
        fixture
            .store
            .take_turn("sweep", 60_000, NOW)
            .await
            .unwrap()
            .is_some(),
        "another duty"
    );
    other.close().await;
}

async fn a_turn_may_be_taken_ahead_of_time(fixture: &Fixture) {
    let store = &fixture.store;
    store.take_turn("poll", 1_000, NOW).await.unwrap();
    store.take_turn("poll", 0, NOW + 30_000).await.unwrap();
    assert_eq!(store.take_turn("poll", 1_000, NOW + 30_999).await.unwrap(), None);
    assert!(
        store
            .take_turn("poll", 1_000, NOW + 31_000)
            .await
            .unwrap()
            .is_some()
    );
}

async fn a_mark_is_handed_on_and_never_goes_back(fixture: &Fixture) {
    let store = &fixture.store;
    store.mark_turn("poll", NOW, NOW).await.unwrap();
    assert_eq!(
        store.take_turn("poll", 1, NOW).await.unwrap(),
        Some(UtcMs(0)),
        "a duty that nobody took has no mark"
    );
    store.mark_turn("poll", NOW, NOW).await.unwrap();
    store.mark_turn("poll", NOW - 5_000, NOW).await.unwrap();
    assert_eq!(store.take_turn("poll", 1, NOW + 1).await.unwrap(), Some(NOW));
    store.mark_turn("poll", NOW + 7, NOW + 7).await.unwrap();
    store.mark_turn("sweep", NOW + 9, NOW + 9).await.unwrap();
    assert_eq!(store.take_turn("poll", 1, NOW + 2).await.unwrap(), Some(NOW + 7));
}
