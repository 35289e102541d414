//! Doubts: changes of which nobody can tell whether the provider made them.

use domain::{
    assistant::{Config, mark_in},
    directory::{ChangeKind, Look, Verdict, judge},
    ids::ChangeId,
    time::{MINUTE_MS, SECOND_MS},
};
use serde_json::{Map, Value};
use store::{OpenChange, Wake};

use super::{ChangeAnswer, Directory, DirectoryError, Outcome, ProviderAssistant, config_of};

/// The provider's clock may differ from ours by so much, in milliseconds.
const SKEW_MS: i64 = 10 * MINUTE_MS;
/// One look takes less than this, in milliseconds.
const LOOKING_MS: i64 = 30 * SECOND_MS;

const LOST: &str = "the provider does not show this change";

impl Directory {
    /// Looks a change up that is due. `None`: still nobody can tell.
    ///
    /// Run on two nodes at once, one looks. Killed at any point, another look follows.
    pub(super) async fn look_up(&self, change: ChangeId) -> Result<Option<Outcome>, DirectoryError> {
        let Some(open) = self
            .store
            .change(change)
            .await?
            .filter(|open| open.state.is_open())
        else {
            return Ok(None);
        };
        let now = self.clock.now();
        if !self.store.take_look(change, now + LOOKING_MS, now).await? {
            return Ok(None);
        }
        self.look(&open).await
    }

    /// Looks a change up because a person asks, unless a node is at work on it just now.
    pub(super) async fn look_up_now(&self, change: ChangeId) -> Result<Option<Outcome>, DirectoryError> {
        match self.store.change(change).await? {
            Some(open) if open.state == domain::directory::ChangeState::Doubt => self.look(&open).await,
            _ => Ok(None),
        }
    }

    async fn look(&self, open: &OpenChange) -> Result<Option<Outcome>, DirectoryError> {
        let looked = self.conclude(open).await;
        self.store.wake(Wake::Assistant(open.assistant_id));
        looked
    }

    async fn conclude(&self, open: &OpenChange) -> Result<Option<Outcome>, DirectoryError> {
        let asked_at = self.clock.now();
        let seen = self.see(open).await;
        let (look, theirs, trouble) = match seen {
            Ok(Some(theirs)) => (Look::InForce, Some(theirs), None),
            Ok(None) => (Look::NotThere, None, None),
            Err(DirectoryError::Unreachable(error)) => (Look::Unanswered, None, Some(error.message)),
            Err(error) => return Err(error),
        };
        let now = self.clock.now();
        let id = open.assistant_id;
        match judge(
            look,
            self.patience.settle_ms,
            asked_at.since(open.sent_at),
            open.looks,
        ) {
            Verdict::Done => {
                let theirs = theirs.unwrap_or_default();
                let config = match open.change.kind {
                    ChangeKind::Remove => Config::default(),
                    ChangeKind::Create | ChangeKind::Update => config_of(&theirs.config_json)?,
                };
                self.store
                    .change_in_force(open.id, &theirs.id, &config.to_json(), now)
                    .await?;
                tracing::info!(assistant.id = %id, change = open.change.kind.as_str(), "a change in doubt is in force");
                Ok(Some(Outcome::Done(id)))
            }
            // A removal may be asked for as often as it takes.
            Verdict::Lost if open.change.kind == ChangeKind::Remove => self.remove_again(open).await,
            Verdict::Lost => {
                self.store.change_lost(open.id, LOST, now).await?;
                tracing::warn!(assistant.id = %id, change = open.change.kind.as_str(), "a change never arrived");
                // If the provider has anything else than before, that must show.
                if open.provider_assistant_id.is_some() {
                    Box::pin(self.compare(id)).await?;
                }
                Ok(None)
            }
            Verdict::LookAgain { delay_ms } => {
                let what = trouble.unwrap_or_else(|| "the provider does not show it yet".to_owned());
                self.store.change_in_doubt(open.id, &what, now + delay_ms).await?;
                Ok(None)
            }
        }
    }

    /// The assistant, if the provider shows the change in force.
    async fn see(&self, open: &OpenChange) -> Result<Option<ProviderAssistant>, DirectoryError> {
        let provider_id = open.provider_assistant_id.as_deref().unwrap_or_default();
        match open.change.kind {
            ChangeKind::Create => self.look_for_creation(open).await,
            ChangeKind::Update => {
                let Some(theirs) = self.provider.get(provider_id).await? else {
                    return Ok(None);
                };
                let body: Map<String, Value> =
                    serde_json::from_str(&open.change.body_json).unwrap_or_default();
                let holds = config_of(&theirs.config_json)?.holds(&body);
                Ok(holds.then_some(theirs))
            }
            ChangeKind::Remove => {
                let theirs = self.provider.get(provider_id).await?;
                Ok(theirs.is_none().then(ProviderAssistant::default))
            }
        }
    }

    /// The assistant that a creation made, found by our mark.
    pub(super) async fn look_for_creation(
        &self,
        creation: &OpenChange,
    ) -> Result<Option<ProviderAssistant>, DirectoryError> {
        let since = creation.sent_at + -SKEW_MS;
        let mut found: Vec<ProviderAssistant> = self
            .provider
            .created_since(since)
            .await?
            .into_iter()
            .filter(|theirs| mark_in(&theirs.config_json) == Some(creation.assistant_id))
            // The one that is gone, in whose place this one is made.
            .filter(|theirs| creation.provider_assistant_id.as_deref() != Some(&theirs.id))
            .collect();
        if found.len() > 1 {
            tracing::warn!(assistant.id = %creation.assistant_id, "the provider has more than one assistant with our mark");
        }
        found.sort_by(|one, other| (one.created_at, &one.id).cmp(&(other.created_at, &other.id)));
        Ok(found.into_iter().next())
    }

    /// Asks once more for a removal that the provider does not show.
    async fn remove_again(&self, open: &OpenChange) -> Result<Option<Outcome>, DirectoryError> {
        let now = self.clock.now();
        if !self.store.send_again(open, now).await? {
            return Ok(None);
        }
        let provider_id = open.provider_assistant_id.as_deref().unwrap_or_default();
        let answer = if self.is_stale(now) {
            ChangeAnswer::InDoubt("not sent in time".to_owned())
        } else {
            self.provider.remove(provider_id).await
        };
        self.record_removal(open.assistant_id, open.id, now, answer)
            .await
            .map(Some)
    }

    /// Records what the provider answered to a removal. That it does not know the assistant is what was wanted.
    pub(super) async fn record_removal(
        &self,
        assistant: domain::ids::AssistantId,
        change: ChangeId,
        sent_at: domain::time::UtcMs,
        answer: ChangeAnswer,
    ) -> Result<Outcome, DirectoryError> {
        let now = self.clock.now();
        match answer {
            ChangeAnswer::Done(_) | ChangeAnswer::NotFound(_) => {
                self.store.change_in_force(change, "", "{}", now).await?;
                self.store.wake(Wake::Assistant(assistant));
                tracing::info!(assistant.id = %assistant, "an ephemeral assistant was removed at the provider");
                Ok(Outcome::Done(assistant))
            }
            ChangeAnswer::Refused { message, .. } => {
                self.store.change_refused(change, sent_at, &message, now).await?;
                tracing::warn!(assistant.id = %assistant, %message, "the provider keeps an ephemeral assistant");
                Ok(Outcome::InDoubt(assistant))
            }
            ChangeAnswer::NoEffect(error) => {
                self.store
                    .change_in_doubt(change, &error.message, now + MINUTE_MS)
                    .await?;
                Ok(Outcome::InDoubt(assistant))
            }
            ChangeAnswer::InDoubt(what) => {
                self.store
                    .change_in_doubt(change, &what, now + 2 * SECOND_MS)
                    .await?;
                Ok(Outcome::InDoubt(assistant))
            }
        }
    }
}
