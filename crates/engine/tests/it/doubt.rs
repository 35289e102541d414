//! Calls in doubt on an account so busy that its lists cannot be read to their end.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicI64, Ordering},
};

use async_trait::async_trait;
use domain::{
    call::Fact,
    time::{MINUTE_MS, UtcMs},
};
use engine::{Clock, DialAnswer, Engine, Listing, LookupError, ProviderAssistant, ProviderNumber, Telephony};
use store::Dial;

use crate::fixture::{Fixture, NOW};

/// A clock that the test moves.
struct Moved(AtomicI64);

#[async_trait]
impl Clock for Moved {
    fn now(&self) -> UtcMs {
        UtcMs(self.0.load(Ordering::SeqCst))
    }

    async fn sleep(&self, _: i64) {
        std::future::pending::<()>().await;
    }
}

/// A provider whose answers to dials get lost, and whose lists are endless.
#[derive(Default)]
struct Crowded {
    looks: Mutex<Vec<(UtcMs, UtcMs)>>,
}

#[async_trait]
impl Telephony for Crowded {
    async fn dial(&self, _: &Dial, _: UtcMs) -> DialAnswer {
        DialAnswer::InDoubt("no answer".to_owned())
    }

    async fn changed_since(&self, _: UtcMs, _: UtcMs) -> Result<Listing, LookupError> {
        Ok(Listing::default())
    }

    async fn created_between(
        &self,
        _: &str,
        since: UtcMs,
        until: UtcMs,
        _: UtcMs,
    ) -> Result<Listing, LookupError> {
        self.looks.lock().unwrap().push((since, until));
        Ok(Listing::default())
    }

    async fn look_up(&self, _: &str, _: UtcMs) -> Result<Option<Fact>, LookupError> {
        Ok(None)
    }

    async fn assistants(&self) -> Result<Vec<ProviderAssistant>, LookupError> {
        Ok(Vec::new())
    }

    async fn assistant(&self, _: &str) -> Result<Option<ProviderAssistant>, LookupError> {
        Ok(None)
    }

    async fn phone_numbers(&self) -> Result<Vec<ProviderNumber>, LookupError> {
        Ok(Vec::new())
    }
}

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
