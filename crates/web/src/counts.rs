//! How far campaigns are, remembered until they change.
//!
//! Counting a campaign reads its whole index. A list shows many campaigns, refreshes several times a second while any
//! one of them is dialled, and would count all of them every time.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use domain::{
    ids::CampaignId,
    time::{SECOND_MS, UtcMs},
};
use store::{Progress, Store, Wake};
use tokio::sync::broadcast::{Receiver, error::TryRecvError};

/// A count is believed no longer than this, in milliseconds: a wake-up may be lost.
const BELIEVED_MS: i64 = 10 * SECOND_MS;
/// Campaigns remembered at most.
const REMEMBERED: usize = 1_000;

/// Counts of campaigns.
pub(crate) struct Counts {
    store: Store,
    known: Mutex<Known>,
}

struct Known {
    wakes: Receiver<Wake>,
    /// Rises with every change that is heard of.
    changes: u64,
    counts: HashMap<CampaignId, (UtcMs, Arc<Progress>)>,
}

impl Counts {
    pub(crate) fn new(store: Store) -> Self {
        let wakes = store.subscribe();
        Self {
            store,
            known: Mutex::new(Known {
                wakes,
                changes: 0,
                counts: HashMap::new(),
            }),
        }
    }

    /// How far a campaign is now.
    pub(crate) async fn progress(&self, id: CampaignId, now: UtcMs) -> store::Result<Arc<Progress>> {
        let changes = {
            let mut known = self.lock();
            known.listen();
            match known.counts.get(&id) {
                Some((at, progress)) if now.since(*at) < BELIEVED_MS => return Ok(progress.clone()),
                _ => known.changes,
            }
        };
        let progress = Arc::new(self.store.progress(id).await?);
        let mut known = self.lock();
        known.listen();
        // What changed while it was counted may be missing in the count: then it is not remembered.
        if known.changes == changes {
            if known.counts.len() >= REMEMBERED {
                known.counts.clear();
            }
            known.counts.insert(id, (now, progress.clone()));
        }
        Ok(progress)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// Forgets what has changed.
    fn listen(&mut self) {
        loop {
            match self.wakes.try_recv() {
                Ok(Wake::Campaign(id)) => {
                    self.changes += 1;
                    self.counts.remove(&id);
                }
                Ok(Wake::Dispatch | Wake::Assistant(_)) => {}
                Err(TryRecvError::Lagged(_)) => {
                    self.changes += 1;
                    self.counts.clear();
                }
                Err(TryRecvError::Empty | TryRecvError::Closed) => return,
            }
        }
    }
}
