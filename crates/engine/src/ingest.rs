//! The queue between webhooks and the database: one commit for many facts, and an answer only after the commit.

use std::panic::AssertUnwindSafe;

use domain::call::Fact;
use futures::FutureExt;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

use crate::Engine;

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
        let count = facts.len();
        // A panic fails these facts alone: the queue must outlive it, or no webhook would be taken any more.
        let observed = AssertUnwindSafe(engine.observe_owned(facts, engine.clock().now()));
        let result = observed.catch_unwind().await.unwrap_or_else(|_| {
            Err(store::Error::Other(
                "a bug: the facts made the node panic".to_owned(),
            ))
        });
        if let Err(error) = &result {
            tracing::error!(%error, facts = count, "facts could not be recorded");
        }
        for (done, held) in waiting {
            drop(held);
            let result = match &result {
                Ok(_) => Ok(()),
                Err(error) => Err(store::Error::Unavailable(error.to_string())),
            };
            // A sender that went away has no use for the answer.
            let _ = done.send(result);
        }
    }
}
