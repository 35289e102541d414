//! A provider so busy that its answers get lost and its lists cannot be read to their end, and a clock to wait for it.

use std::sync::{
    Mutex,
    atomic::{AtomicI64, AtomicUsize, Ordering},
};

use async_trait::async_trait;
use domain::{call::Fact, time::UtcMs};
use engine::{Clock, DialAnswer, Listing, LookupError, ProviderNumber, Telephony};
use store::Dial;

/// A clock that the test moves.
pub(crate) struct Moved(pub(crate) AtomicI64);

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
pub(crate) struct Crowded {
    /// How often it was asked for a call.
    pub(crate) dials: AtomicUsize,
    /// What it was asked to list: from when until when.
    pub(crate) looks: Mutex<Vec<(UtcMs, UtcMs)>>,
}

#[async_trait]
impl Telephony for Crowded {
    async fn dial(&self, _: &Dial, _: UtcMs) -> DialAnswer {
        self.dials.fetch_add(1, Ordering::SeqCst);
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

    async fn hang_up(&self, _: &str) -> Result<(), String> {
        Ok(())
    }

    async fn phone_numbers(&self) -> Result<Vec<ProviderNumber>, LookupError> {
        Ok(Vec::new())
    }
}
