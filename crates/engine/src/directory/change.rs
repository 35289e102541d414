//! Changing an assistant at the provider.

use domain::{
    assistant::{Config, check},
    directory::{ChangeKind, ChangeState, Origin, Source},
    ids::{AssistantId, ChangeId},
};
use serde_json::{Map, Value};
use store::{Assistant, Intended, NewChange, Wake};

use super::{ChangeAnswer, Directory, DirectoryError, Edit, Outcome, config_of};

impl Directory {
    /// Changes an assistant at the provider, then our record.
    ///
    /// Nothing is overwritten unseen: neither a version that came after the one that the person saw, nor what somebody
    /// changed at the provider.
    ///
    /// # Errors
    /// [`DirectoryError`]; nothing was changed then.
    pub async fn edit(&self, id: AssistantId, edit: Edit) -> Result<Outcome, DirectoryError> {
        let record = self.changeable(id).await?;
        if record.version != edit.version {
            return Err(DirectoryError::Moved(record.version));
        }
        let faults = check(&edit.config);
        if !faults.is_empty() {
            return Err(DirectoryError::Faults(faults));
        }
        let ours = config_of(&record.config_json)?;
        if edit.config == ours {
            // The provider has it so already. The directory may know it by another name.
            if let Some(name) = ours.name().filter(|name| *name != record.name) {
                let now = self.clock.now();
                if !self.store.rename_assistant(id, record.version, name, now).await? {
                    return Err(DirectoryError::Busy);
                }
            }
            return Ok(Outcome::Done(id));
        }
        let theirs = self.theirs(&record).await?;
        if theirs != ours {
            return Err(self.differs(&record).await?);
        }
        self.change(&record, &theirs, edit).await
    }

    /// Makes an earlier version the present one. `version` is the one that the person has seen as the present.
    ///
    /// # Errors
    /// [`DirectoryError`]; nothing was changed then.
    pub async fn restore(
        &self,
        id: AssistantId,
        earlier: u32,
        version: u32,
        author: &str,
    ) -> Result<Outcome, DirectoryError> {
        let found = self.store.assistant_versions(id, earlier, 1).await?;
        let found = found.first().filter(|found| found.version == earlier);
        let found = found.ok_or(DirectoryError::NoSuchVersion)?;
        let edit = Edit {
            version,
            config: config_of(&found.config_json)?,
            origin: Origin::Restored,
            author: author.to_owned(),
        };
        self.edit(id, edit).await
    }

    /// Puts our configuration in the place of what somebody changed at the provider, of which the person has seen this
    /// state.
    ///
    /// # Errors
    /// [`DirectoryError`]; nothing was changed then.
    pub async fn push_ours(
        &self,
        id: AssistantId,
        seen_fingerprint: &str,
        author: &str,
    ) -> Result<Outcome, DirectoryError> {
        let record = self.changeable(id).await?;
        let ours = config_of(&record.config_json)?;
        let theirs = self.theirs(&record).await?;
        if theirs == ours {
            return Ok(Outcome::Done(id));
        }
        if theirs.fingerprint() != seen_fingerprint {
            return Err(self.differs(&record).await?);
        }
        let edit = Edit {
            version: record.version,
            config: ours,
            origin: Origin::Pushed,
            author: author.to_owned(),
        };
        self.change(&record, &theirs, edit).await
    }

    /// Sends a lost change once more, unless it turns out to be in force after all.
    ///
    /// # Errors
    /// [`DirectoryError`]; nothing was changed then.
    pub async fn repeat(&self, change: ChangeId) -> Result<Outcome, DirectoryError> {
        let lost = self.store.change(change).await?.ok_or(DirectoryError::NotFound)?;
        if lost.state != ChangeState::Lost {
            return Err(DirectoryError::Busy);
        }
        let id = lost.assistant_id;
        match lost.change.kind {
            ChangeKind::Update => {
                // As a new change over what the provider has by now.
                let record = self.changeable(id).await?;
                let edit = Edit {
                    version: record.version,
                    config: config_of(&lost.change.config_json)?,
                    origin: lost.change.origin,
                    author: lost.change.author,
                };
                self.edit(id, edit).await
            }
            ChangeKind::Create => {
                if let Some(found) = self.look_for_creation(&lost).await? {
                    self.adopt(&found).await?;
                    return Ok(Outcome::Done(id));
                }
                let now = self.clock.now();
                if !self.store.reopen_change(change, self.next_look(now), now).await? {
                    return Err(DirectoryError::Busy);
                }
                let body: Value = serde_json::from_str(&lost.change.body_json).unwrap_or_default();
                let answer = if self.is_stale(now) {
                    ChangeAnswer::InDoubt("not sent in time; whether it exists is looked up".to_owned())
                } else {
                    self.provider.create(&body).await
                };
                self.record_answer(id, change, answer).await
            }
            ChangeKind::Remove => Err(DirectoryError::Busy),
        }
    }

    /// Why the provider has something else than this record of ours: another node has changed both sides since it was
    /// read, or somebody changed the provider's.
    pub(super) async fn differs(&self, record: &Assistant) -> Result<DirectoryError, DirectoryError> {
        let now = self.changeable(record.id).await?;
        Ok(if now.version == record.version {
            DirectoryError::Drifted
        } else {
            DirectoryError::Moved(now.version)
        })
    }

    /// The record of an assistant that may be changed at the provider.
    async fn changeable(&self, id: AssistantId) -> Result<Assistant, DirectoryError> {
        let record = self.find(id).await?;
        if record.source == Source::Template {
            return Err(DirectoryError::Template);
        }
        if record
            .change
            .as_ref()
            .is_some_and(|change| change.state.is_open())
        {
            return Err(DirectoryError::Busy);
        }
        if record.provider_assistant_id.is_none() || record.removed_at.is_some() {
            return Err(DirectoryError::NotHeld);
        }
        Ok(record)
    }

    /// What the provider has at this moment. What differs from the record is noted there.
    async fn theirs(&self, record: &Assistant) -> Result<Config, DirectoryError> {
        let provider_id = record.provider_assistant_id.as_deref().unwrap_or_default();
        match self.provider.get(provider_id).await? {
            Some(theirs) => {
                self.note(record, &theirs).await?;
                config_of(&theirs.config_json)
            }
            None => {
                self.store
                    .note_gone(record.id, provider_id, self.clock.now())
                    .await?;
                Err(DirectoryError::Gone)
            }
        }
    }

    async fn change(
        &self,
        record: &Assistant,
        theirs: &Config,
        edit: Edit,
    ) -> Result<Outcome, DirectoryError> {
        let id = record.id;
        let body: Map<String, Value> = edit.config.change_body(theirs, id);
        let now = self.clock.now();
        let change = NewChange {
            kind: ChangeKind::Update,
            origin: edit.origin,
            author: edit.author,
            name: new_name(record, &edit.config)?,
            config_json: edit.config.to_json(),
            body_json: Value::Object(body.clone()).to_string(),
            next_look: self.next_look(now),
        };
        let change = match self
            .store
            .intend_to_change(id, edit.version, &change, now)
            .await?
        {
            Intended::Go(change) => {
                self.store.wake(Wake::Assistant(id));
                change
            }
            Intended::Moved(version) => return Err(DirectoryError::Moved(version)),
            Intended::Busy | Intended::InUse => return Err(DirectoryError::Busy),
            Intended::Impossible => return Err(DirectoryError::NotHeld),
            Intended::NotFound => return Err(DirectoryError::NotFound),
        };
        let answer = if self.is_stale(now) {
            ChangeAnswer::InDoubt("not sent in time; whether it arrived is looked up".to_owned())
        } else {
            let provider_id = record.provider_assistant_id.as_deref().unwrap_or_default();
            self.provider.update(provider_id, &body).await
        };
        let gone = matches!(answer, ChangeAnswer::NotFound);
        let recorded = self.record_answer(id, change, answer).await;
        if gone && let Some(provider_id) = &record.provider_assistant_id {
            self.store.note_gone(id, provider_id, self.clock.now()).await?;
            self.store.wake(Wake::Assistant(id));
        }
        recorded
    }
}

/// What people call the assistant after a change. A name of our own that the provider does not know stays, unless the
/// change is about the name.
fn new_name(record: &Assistant, wanted: &Config) -> Result<String, DirectoryError> {
    let before = config_of(&record.config_json)?;
    let renamed = wanted.name().filter(|name| before.name() != Some(*name));
    Ok(renamed.map_or_else(|| record.name.clone(), str::to_owned))
}
