//! Stopping a store just before or just after a commit, or before it begins to write.

use std::sync::Arc;

use store::{Probe, Store};
use tokio::sync::Semaphore;

/// A gate at the same point of every writing transaction of one store. It is open until it is closed.
pub(crate) struct Gate {
    point: Point,
    passes: Semaphore,
    arrived: Semaphore,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Point {
    Begin,
    BeforeCommit,
    BehindCommit,
}

/// More passes than any test has commits.
const OPEN: usize = 1 << 20;

impl Gate {
    /// A gate between what is read first and the transaction that writes.
    pub(crate) fn at_begin(store: &Store) -> Arc<Self> {
        Self::set(store, Point::Begin)
    }

    /// A gate just before every commit.
    pub(crate) fn before(store: &Store) -> Arc<Self> {
        Self::set(store, Point::BeforeCommit)
    }

    /// A gate just behind every commit.
    pub(crate) fn behind(store: &Store) -> Arc<Self> {
        Self::set(store, Point::BehindCommit)
    }

    fn set(store: &Store, point: Point) -> Arc<Self> {
        let gate = Arc::new(Self {
            point,
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

    async fn pass(&self, point: Point) {
        if point == self.point {
            if self.passes.available_permits() == 0 {
                self.arrived.add_permits(1);
            }
            self.passes.acquire().await.unwrap().forget();
        }
    }

    /// Returns once somebody stands at the closed gate.
    pub(crate) async fn arrival(&self) {
        self.arrived.acquire().await.unwrap().forget();
    }
}

#[async_trait::async_trait]
impl Probe for Gate {
    async fn begin(&self) {
        self.pass(Point::Begin).await;
    }

    async fn commit(&self, done: bool) {
        self.pass(if done {
            Point::BehindCommit
        } else {
            Point::BeforeCommit
        })
        .await;
    }
}
