//! The supervisor of the background steps.
//!
//! Guarantee *still alive, or said so*: every step reports when it last succeeded. A step that panics is caught, counted,
//! logged and started again, ever later; one that fails is tried again; one that does not come back in time is stuck, and
//! health says so. Each runs in a task of its own, so that none stops another. A step that panics again and again without
//! one success ends the process: a service manager starts it anew.

mod keep;
mod record;
mod status;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

pub use keep::Duty;
pub(crate) use keep::Ended;
use record::Record;
pub use status::{Step, StepState, StepStatus};
use tokio_util::sync::CancellationToken;

use crate::Clock;

/// A step panicked again and again, without one success. The process is to end.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the background step `{step}` panicked {panics} times in a row without one success")]
pub struct Dead {
    /// The step.
    pub step: Step,
    /// How often in a row.
    pub panics: u32,
}

/// Runs steps, and knows how each is doing. Cheap to clone; clones share what they know.
#[derive(Clone)]
pub struct Supervisor {
    clock: Arc<dyn Clock>,
    patience_ms: i64,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    records: Mutex<BTreeMap<Step, Record>>,
    dead: Mutex<Option<Dead>>,
    died: CancellationToken,
}

impl Supervisor {
    /// A supervisor of nothing yet. `patience_ms`: after so long of this clock's time a quick step counts as stuck; slower
    /// ones have a multiple of it.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, patience_ms: i64) -> Self {
        Self {
            clock,
            patience_ms,
            shared: Arc::default(),
        }
    }

    /// How every step is doing that has run in this process.
    #[must_use]
    pub fn steps(&self) -> Vec<StepStatus> {
        let steady_ms = self.clock.steady_ms();
        self.records()
            .iter()
            .map(|(step, record)| {
                let bound_ms = self.patience_ms.saturating_mul(step.patience());
                // A sixth of the patience: five seconds of a clock that runs like life.
                record.status(*step, steady_ms, bound_ms, self.patience_ms / 6)
            })
            .collect()
    }

    /// Returns when a step cannot be brought back to life.
    pub async fn died(&self) -> Dead {
        self.shared.died.cancelled().await;
        let dead = self.shared.dead.lock().unwrap_or_else(PoisonError::into_inner);
        dead.clone().unwrap_or(Dead {
            step: Step::Dispatch,
            panics: 0,
        })
    }

    fn bury(&self, dead: Dead) {
        *self.shared.dead.lock().unwrap_or_else(PoisonError::into_inner) = Some(dead);
        self.shared.died.cancel();
    }

    /// Changes the record of a step.
    fn note<T>(&self, step: Step, change: impl FnOnce(&mut Record, i64) -> T) -> T {
        let steady_ms = self.clock.steady_ms();
        let mut records = self.records();
        change(
            records.entry(step).or_insert_with(|| Record::new(steady_ms)),
            steady_ms,
        )
    }

    fn records(&self) -> MutexGuard<'_, BTreeMap<Step, Record>> {
        // What is in there is whole after every line: a panic elsewhere spoils nothing.
        self.shared.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
