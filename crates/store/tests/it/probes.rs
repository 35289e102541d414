//! Stopping a store just before or just after a commit.

use std::sync::Arc;

use store::{Probe, Store};
use tokio::sync::Semaphore;

/// A gate in front of (or behind) every commit of one store. It is open until it is closed.
pub(crate) struct Gate {
    behind: bool,
    passes: Semaphore,
    arrived: Semaphore,
}

/// More passes than any test has commits.
const OPEN: usize = 1 << 20;

impl Gate {
    /// A gate just before every commit.
    pub(crate) fn before(store: &Store) -> Arc<Self> {
        Self::set(store, false)
    }

    /// A gate just behind every commit.
    pub(crate) fn behind(store: &Store) -> Arc<Self> {
        Self::set(store, true)
    }

    fn set(store: &Store, behind: bool) -> Arc<Self> {
        let gate = Arc::new(Self {
            behind,
            passes: Semaphore::new(OPEN),
            arrived: Semaphore::new(0),
        });
        store.set_probe(gate.clone());
        gate
    }

    /// From now on every commit stops here.
    pub(crate) fn close(&self) {
        self.passes.forget_permits(OPEN);
    }

    /// Lets all through, those that wait included.
    pub(crate) fn open(&self) {
        self.passes.add_permits(OPEN);
    }

    /// Returns once somebody stands at the closed gate.
    pub(crate) async fn arrival(&self) {
        self.arrived.acquire().await.unwrap().forget();
    }
}

#[async_trait::async_trait]
impl Probe for Gate {
    async fn commit(&self, done: bool) {
        if done == self.behind {
            if self.passes.available_permits() == 0 {
                self.arrived.add_permits(1);
            }
            self.passes.acquire().await.unwrap().forget();
        }
    }
}
