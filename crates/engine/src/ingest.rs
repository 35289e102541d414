//! The queue between webhooks and the database: one commit for many facts, and an answer only after the commit.

use std::panic::AssertUnwindSafe;

use domain::{call::Fact, throttle::Throttle};
use futures::FutureExt;
use tokio::sync::{mpsc, oneshot};

use crate::Engine;

/// Facts committed together at most.
const BATCH: usize = 64;
/// Facts that may wait. Beyond that the sender waits, and the provider with it.
const WAITING: usize = 4096;

type Waiting = (Fact, oneshot::Sender<store::Result<()>>);

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

    /// Records a fact. Returns after the commit.
    ///
    /// # Errors
    /// [`store::Error::Unavailable`] when the database cannot be reached: the fact was not recorded.
    pub async fn submit(&self, fact: Fact) -> store::Result<()> {
        let stopped = || store::Error::Unavailable("the node is stopping".to_owned());
        let (done, committed) = oneshot::channel();
        self.0.send((fact, done)).await.map_err(|_| stopped())?;
        committed.await.map_err(|_| stopped())?
    }
}

async fn commit_batches(engine: Engine, mut receiver: mpsc::Receiver<Waiting>) {
    let mut batch = Vec::with_capacity(BATCH);
    // While the database is away, the provider repeats every webhook and each fails alike.
    let failures = Throttle::new(1);
    while receiver.recv_many(&mut batch, BATCH).await > 0 {
        let (facts, waiting): (Vec<Fact>, Vec<_>) = batch.drain(..).unzip();
        // A panic fails these facts alone: the queue must outlive it, or no webhook would be taken any more.
        let observed = AssertUnwindSafe(engine.observe(&facts, engine.clock().now()));
        let result = observed.catch_unwind().await.unwrap_or_else(|_| {
            Err(store::Error::Other(
                "a bug: the facts made the node panic".to_owned(),
            ))
        });
        if let Err(error) = &result
            && let Some(left_out) = failures.admit(engine.clock().now())
        {
            tracing::error!(%error, facts = facts.len(), left_out, "facts could not be recorded");
        }
        for done in waiting {
            let result = match &result {
                Ok(_) => Ok(()),
                Err(error) => Err(store::Error::Unavailable(error.to_string())),
            };
            // A sender that went away has no use for the answer.
            let _ = done.send(result);
        }
    }
}
