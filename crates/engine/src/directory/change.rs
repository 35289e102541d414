//! Changing an assistant at the provider.

use domain::{
    assistant::{Config, check},
    directory::{ChangeKind, ChangeState, Origin, Source},
    ids::{AssistantId, ChangeId},
    time::UtcMs,
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
    /// state. When somebody deleted the assistant there, it is made anew.
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
        let theirs = match self.theirs(&record).await {
            Err(DirectoryError::Gone) => return self.make_anew(&record, ours, author).await,
            theirs => theirs?,
        };
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

    /// Makes an assistant that the provider no longer has, for the record that we have of it: campaigns go on with it.
    async fn make_anew(
        &self,
        record: &Assistant,
        ours: Config,
        author: &str,
    ) -> Result<Outcome, DirectoryError> {
        let now = self.clock.now();
        let body = ours.create_body(record.id);
        let change = NewChange {
            kind: ChangeKind::Create,
            origin: Origin::Pushed,
            author: author.to_owned(),
            name: record.name.clone(),
            config_json: ours.to_json(),
            body_json: body.to_string(),
            next_look: self.next_look(now),
        };
        let change = self.intend(record, record.version, &change, now).await?;
        let answer = self.ask_for(&body, &ours, now).await;
        self.record_answer(record.id, change, now, answer).await
    }

    /// Writes a change down.
    async fn intend(
        &self,
        record: &Assistant,
        version: u32,
        change: &NewChange,
        now: UtcMs,
    ) -> Result<ChangeId, DirectoryError> {
        match self
            .store
            .intend_to_change(record.id, version, change, now)
            .await?
        {
            Intended::Go(change) => {
                self.store.wake(Wake::Assistant(record.id));
                Ok(change)
            }
            Intended::Moved(version) => Err(DirectoryError::Moved(version)),
            Intended::Busy | Intended::InUse => Err(DirectoryError::Busy),
            Intended::Impossible => Err(DirectoryError::NotHeld),
            Intended::NotFound => Err(DirectoryError::NotFound),
        }
    }

    /// Sends a lost change once more, unless it turns out to be in force after all.
    ///
    /// # Errors
    /// [`DirectoryError`]; nothing was changed then.
    pub async fn repeat(&self, change: ChangeId) -> Result<Outcome, DirectoryError> {
        let lost = self.store.change(change).await?.ok_or(DirectoryError::NotFound)?;
        self.find(lost.assistant_id).await?;
        if lost.state.is_open() {
            return Err(DirectoryError::Busy);
        }
        if lost.state != ChangeState::Lost {
            return Err(DirectoryError::NotLost);
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
                let config = config_of(&lost.change.config_json)?;
                let answer = self.ask_for(&body, &config, now).await;
                if let ChangeAnswer::NoEffect(error) = answer {
                    self.store
                        .change_lost(change, &error.message, self.clock.now())
                        .await?;
                    return Err(DirectoryError::Unreachable(error));
                }
                self.record_answer(id, change, now, answer).await
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
        if body.is_empty() {
            return Ok(Outcome::Done(id));
        }
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
        let change = self.intend(record, edit.version, &change, now).await?;
        let provider_id = record.provider_assistant_id.as_deref().unwrap_or_default();
        let answer = if self.is_stale(now) {
            ChangeAnswer::InDoubt("not sent in time; whether it arrived is looked up".to_owned())
        } else {
            self.provider.update(provider_id, &body).await
        };
        let answer = match answer.without_secrets(&[&edit.config, theirs]) {
            ChangeAnswer::NotFound(message) => self.what_is_missing(provider_id, message).await,
            other => other,
        };
        let gone = matches!(answer, ChangeAnswer::NotFound(_));
        let recorded = self.record_answer(id, change, now, answer).await;
        if gone {
            self.store.note_gone(id, provider_id, self.clock.now()).await?;
            self.store.wake(Wake::Assistant(id));
        }
        recorded
    }

    /// The provider does not find something: the assistant, or what its configuration speaks of.
    async fn what_is_missing(&self, provider_id: &str, message: String) -> ChangeAnswer {
        match self.provider.get(provider_id).await {
            Ok(None) => ChangeAnswer::NotFound(message),
            Ok(Some(_)) | Err(_) => ChangeAnswer::Refused {
                faults: Vec::new(),
                message,
            },
        }
    }
}

/// What people call the assistant after a change. A name of our own that the provider does not know stays, unless the
/// change is about the name.
fn new_name(record: &Assistant, wanted: &Config) -> Result<String, DirectoryError> {
    let before = config_of(&record.config_json)?;
    let renamed = wanted.name().filter(|name| before.name() != Some(*name));
    Ok(renamed.map_or_else(|| record.name.clone(), str::to_owned))
}
