//! What the directory needs without anybody asking.

use std::collections::BTreeMap;

use domain::{
    directory::Source,
    ids::AssistantId,
    time::{MINUTE_MS, SECOND_MS},
};
use store::{AssistantFilter, Intended, Page};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use super::{ChangeAnswer, Directory, DirectoryError, ProviderAssistant, config_of};
use crate::supervise::{Duty, Step, Supervisor};

/// How often doubts and spent assistants are looked for, in milliseconds.
const EVERY_MS: i64 = 2 * SECOND_MS;
/// How often everything is compared with the provider, in milliseconds.
const COMPARE_EVERY_MS: i64 = 10 * MINUTE_MS;
const COMPARE: &str = "compare assistants";
/// Records compared at most.
const MOST: u32 = 10_000;

/// What tending did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tended {
    /// Changes that were looked up.
    pub looked_up: usize,
    /// Ephemeral assistants that the provider was asked to remove.
    pub removals: usize,
    /// Whether everything was compared with the provider.
    pub compared: bool,
}

impl Directory {
    /// Looks into doubts, removes ephemeral assistants whose campaign is over, and compares everything with the provider
    /// every ten minutes, on one node.
    ///
    /// # Errors
    /// [`store::Error::Unavailable`] when the database cannot be reached. A provider that cannot be asked is no error:
    /// the next time comes.
    pub async fn tend(&self) -> store::Result<Tended> {
        let mut tended = Tended::default();
        for due in self.store.due_changes(self.clock.now()).await? {
            tended.looked_up += 1;
            patient(self.look_up(due.id).await)?;
        }
        for spent in self.store.spent_assistants(self.clock.now()).await? {
            tended.removals += usize::from(patient(self.remove(spent).await)?.unwrap_or(false));
        }
        let now = self.clock.now();
        if self
            .store
            .take_turn(COMPARE, COMPARE_EVERY_MS, now)
            .await?
            .is_some()
        {
            tended.compared = patient(self.compare_all().await)?.is_some();
        }
        Ok(tended)
    }

    /// Tends until told to stop, under a supervisor.
    pub async fn run(&self, supervisor: &Supervisor, stop: CancellationToken) {
        let (supervisor, directory) = (supervisor.clone(), self.clone());
        // In a task of its own: whatever happens to it stops no other step.
        let tending = AbortOnDropHandle::new(tokio::spawn(async move {
            supervisor.keep(Step::Assistants, directory).await;
        }));
        tokio::select! {
            _ = tending => stop.cancelled().await,
            () = stop.cancelled() => {}
        }
    }

    /// Removes an ephemeral assistant at the provider, whose campaign is over.
    ///
    /// Killed before the intent commits, nothing happened; killed after it, the removal is looked up and asked for again:
    /// twice does no harm.
    async fn remove(&self, id: AssistantId) -> Result<bool, DirectoryError> {
        let now = self.clock.now();
        let Some(record) = self.store.assistant(id).await? else {
            return Ok(false);
        };
        let Some(provider_id) = record.provider_assistant_id else {
            return Ok(false);
        };
        let Intended::Go(change) = self.store.intend_to_remove(id, self.next_look(now), now).await? else {
            return Ok(false);
        };
        let answer = if self.is_stale(now) {
            ChangeAnswer::InDoubt("not sent in time".to_owned())
        } else {
            self.provider.remove(&provider_id).await
        };
        self.record_removal(id, change, now, answer).await?;
        Ok(true)
    }

    /// Compares every record with the provider's list. What the list lacks is asked for by name before it counts as gone.
    async fn compare_all(&self) -> Result<(), DirectoryError> {
        let listed = self.provider.list().await?;
        for theirs in &listed {
            self.adopt(theirs).await?;
        }
        let theirs: BTreeMap<&str, &ProviderAssistant> =
            listed.iter().map(|theirs| (theirs.id.as_str(), theirs)).collect();
        let everything = Page {
            limit: MOST,
            offset: 0,
        };
        let all = AssistantFilter::default();
        for record in self.store.assistants(&all, everything).await? {
            let open = record
                .change
                .as_ref()
                .is_some_and(|change| change.state.is_open());
            if record.source == Source::Template || record.removed_at.is_some() || open {
                continue;
            }
            let Some(id) = record.provider_assistant_id.as_deref() else {
                continue;
            };
            match theirs.get(id) {
                // The list may be older than the record: what differs is asked for by name.
                Some(theirs)
                    if record.gone_at.is_none()
                        && config_of(&theirs.config_json)? == config_of(&record.config_json)? =>
                {
                    self.note(&record, theirs).await?;
                }
                _ => self.compare(record.id).await?,
            }
        }
        Ok(())
    }
}

impl Duty for Directory {
    async fn turn(&mut self) -> store::Result<i64> {
        self.tend().await?;
        Ok(EVERY_MS)
    }

    async fn pause(&mut self, wait_ms: i64) {
        self.clock.sleep(wait_ms).await;
    }
}

/// What the provider or another node hinders comes another time. Only the database's failures are failures.
fn patient<T>(done: Result<T, DirectoryError>) -> store::Result<Option<T>> {
    match done {
        Ok(done) => Ok(Some(done)),
        Err(DirectoryError::Store(store::Error::Conflict(why))) => {
            tracing::debug!(%why, "another node was faster");
            Ok(None)
        }
        Err(DirectoryError::Store(error)) => Err(error),
        Err(error) => {
            tracing::warn!(%error, "the directory cannot be tended just now");
            Ok(None)
        }
    }
}
