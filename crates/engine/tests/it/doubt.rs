//! Calls in doubt on an account so busy that its lists cannot be read to their end.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use domain::time::MINUTE_MS;
use engine::Engine;

use crate::{
    crowded::{Crowded, Moved},
    fixture::{Fixture, NOW},
};

/// Guarantees *never twice* and *slot truth*: a list that was not read to its end proves no absence. And it is not asked
/// for again at every step: that would be hundreds of requests a minute.
#[tokio::test]
async fn an_incomplete_look_proves_nothing_and_is_not_repeated_at_once() {
    let fixture = Fixture::with(2).await;
    let provider = Arc::new(Crowded::default());
    let clock = Arc::new(Moved(AtomicI64::new(NOW.0)));
    let engine = Engine::new(
        fixture.engine.store().clone(),
        provider.clone(),
        clock.clone(),
        engine::Settings::default(),
    );
    engine.dispatch(NOW).await.unwrap();
    for second in 0..20 * 60 {
        let now = NOW + second * 1_000;
        clock.0.store(now.0, Ordering::SeqCst);
        engine.reconcile(now).await.unwrap();
    }
    assert_eq!(
        engine.store().open_calls().await.unwrap().len(),
        2,
        "both lines stay taken"
    );
    let looks = provider.looks.lock().unwrap();
    assert!(
        (5..=20).contains(&looks.len()),
        "{} looks in a quarter of an hour",
        looks.len()
    );
    for (since, until) in looks.iter() {
        assert!(*since < NOW && NOW < *until, "the call is between them");
        assert!(
            until.since(*since) <= 40 * MINUTE_MS,
            "however old the doubt gets"
        );
    }
}
