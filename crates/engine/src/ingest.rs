//! The queue between webhooks and the database: one commit for many facts, and an answer only after the commit.

use domain::call::Fact;
use tokio::sync::{mpsc, oneshot};

use crate::{
    Engine,
    supervise::{Ended, Step},
};

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
    while receiver.recv_many(&mut batch, BATCH).await > 0 {
        let (facts, waiting): (Vec<Fact>, Vec<_>) = batch.drain(..).unzip();
        for (done, result) in waiting.into_iter().zip(commit(&engine, &facts).await) {
            // A sender that went away has no use for the answer.
            let _ = done.send(result);
        }
    }
}

/// Commits facts together. A panic is that of one of them: each is then tried alone, and none fails for another. The queue
/// outlives it, or no webhook would be taken any more.
async fn commit(engine: &Engine, facts: &[Fact]) -> Vec<store::Result<()>> {
    match observe(engine, facts).await {
        Ended::Done(()) => facts.iter().map(|_| Ok(())).collect(),
        Ended::Failed(error, _) => {
            let error = error.to_string();
            let told = || store::Error::Unavailable(error.clone());
            facts.iter().map(|_| Err(told())).collect()
        }
        Ended::Panicked(_) if facts.len() > 1 => {
            let mut results = Vec::with_capacity(facts.len());
            for fact in facts {
                results.push(match observe(engine, std::slice::from_ref(fact)).await {
                    Ended::Done(()) => Ok(()),
                    Ended::Failed(error, _) => Err(store::Error::Unavailable(error.to_string())),
                    Ended::Panicked(_) => Err(panicked()),
                });
            }
            results
        }
        Ended::Panicked(_) => vec![Err(panicked())],
    }
}

async fn observe(engine: &Engine, facts: &[Fact]) -> Ended<()> {
    let observed = async { engine.observe(facts, engine.clock().now()).await.map(|_| ()) };
    engine.supervisor().watch(Step::Webhooks, observed).await
}

fn panicked() -> store::Error {
    store::Error::Unavailable("a bug: the fact made the node panic".to_owned())
}
