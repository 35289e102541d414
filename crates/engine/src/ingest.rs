//! The queue between webhooks and the database: one commit for many facts, and an answer only after the commit.

use domain::call::Fact;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

use crate::{
    Engine,
    supervise::{Ended, Step},
};

/// Facts committed together at most.
const BATCH: usize = 64;
/// Facts that may wait. Beyond that the sender waits, and the provider with it.
const WAITING: usize = 4096;

/// A share of the memory that facts under way may take, given back when it is dropped. `None`: nobody counts.
pub type Held = Option<OwnedSemaphorePermit>;

struct Waiting {
    fact: Fact,
    done: oneshot::Sender<store::Result<()>>,
    held: Held,
}

/// The way in for facts that come one by one. Cheap to clone.
#[derive(Clone)]
pub struct Ingest(mpsc::Sender<Waiting>);

impl Ingest {
    /// Starts the queue of this engine. It ends when every handle is dropped.
    #[must_use]
    pub fn start(engine: Engine) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        tokio::spawn(commit_batches(engine, receiver));
        Self(sender)
    }

    /// Records a fact. Returns after the commit. `held` is dropped with the fact: a sender that goes away gives back no
    /// memory while the fact waits.
    ///
    /// # Errors
    /// [`store::Error::Unavailable`] when the database cannot be reached: the fact was not recorded.
    pub async fn submit(&self, fact: Fact, held: Held) -> store::Result<()> {
        let stopped = || store::Error::Unavailable("the node is stopping".to_owned());
        let (done, committed) = oneshot::channel();
        let waiting = Waiting { fact, done, held };
        self.0.send(waiting).await.map_err(|_| stopped())?;
        committed.await.map_err(|_| stopped())?
    }
}

async fn commit_batches(engine: Engine, mut receiver: mpsc::Receiver<Waiting>) {
    let mut batch = Vec::with_capacity(BATCH);
    while receiver.recv_many(&mut batch, BATCH).await > 0 {
        let (facts, waiting): (Vec<Fact>, Vec<_>) = batch
            .drain(..)
            .map(|waiting| (waiting.fact, (waiting.done, waiting.held)))
            .unzip();
        for ((done, held), result) in waiting.into_iter().zip(commit(&engine, facts).await) {
            drop(held);
            // A sender that went away has no use for the answer.
            let _ = done.send(result);
        }
    }
}

/// Facts of this many bytes together are kept a second time while they are committed, in case one of them is poison.
const SPARE_BYTES: usize = 1024 * 1024;

/// Commits facts together. A panic is that of one of them: each is then tried alone, and none fails for another. Large ones
/// are not copied for that: they fail together, and the provider sends them again. The queue outlives it, or no webhook
/// would be taken any more.
async fn commit(engine: &Engine, facts: Vec<Fact>) -> Vec<store::Result<()>> {
    let count = facts.len();
    let bytes: usize = facts
        .iter()
        .filter_map(|fact| fact.payload.as_ref().map(String::len))
        .sum();
    let spare = (count > 1 && bytes <= SPARE_BYTES).then(|| facts.clone());
    match (observe(engine, facts).await, spare) {
        (Ended::Done(()), _) => (0..count).map(|_| Ok(())).collect(),
        (Ended::Failed(error, _), _) => {
            let error = error.to_string();
            let told = || store::Error::Unavailable(error.clone());
            (0..count).map(|_| Err(told())).collect()
        }
        (Ended::Panicked(_), Some(facts)) => {
            let mut results = Vec::with_capacity(count);
            for fact in facts {
                results.push(match observe(engine, vec![fact]).await {
                    Ended::Done(()) => Ok(()),
                    Ended::Failed(error, _) => Err(store::Error::Unavailable(error.to_string())),
                    Ended::Panicked(_) => Err(panicked()),
                });
            }
            results
        }
        (Ended::Panicked(_), None) => (0..count).map(|_| Err(panicked())).collect(),
    }
}

async fn observe(engine: &Engine, facts: Vec<Fact>) -> Ended<()> {
    let observed = async {
        engine
            .observe_owned(facts, engine.clock().now())
            .await
            .map(|_| ())
    };
    engine.supervisor().watch(Step::Webhooks, observed).await
}

fn panicked() -> store::Error {
    store::Error::Unavailable("a bug: the fact made the node panic".to_owned())
}
