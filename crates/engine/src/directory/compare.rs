//! What somebody changed at the provider, past us.

use domain::{assistant::Config, ids::AssistantId};
use store::{Assistant, Taken, Wake};

use super::{Directory, DirectoryError, ProviderAssistant, config_of};

impl Directory {
    /// Compares our record with what the provider has at this moment, and looks into a doubt first where there is one.
    ///
    /// # Errors
    /// [`DirectoryError`] when the provider cannot be asked, or there is nothing to compare.
    pub async fn compare(&self, id: AssistantId) -> Result<(), DirectoryError> {
        let record = self.find(id).await?;
        if let Some(change) = record.change.as_ref().filter(|change| change.state.is_open()) {
            self.look_up_now(change.id).await?;
            return Ok(());
        }
        let Some(provider_id) = record.provider_assistant_id.clone() else {
            return Ok(());
        };
        match self.provider.get(&provider_id).await? {
            Some(theirs) => self.note(&record, &theirs).await?,
            None => {
                self.store.note_gone(id, &provider_id, self.clock.now()).await?;
                self.store.wake(Wake::Assistant(id));
            }
        }
        Ok(())
    }

    /// Makes what the provider has our next version; the person has seen this state of it.
    ///
    /// # Errors
    /// [`DirectoryError`]; nothing was changed then.
    pub async fn take_theirs(
        &self,
        id: AssistantId,
        seen_fingerprint: &str,
        author: &str,
    ) -> Result<(), DirectoryError> {
        let record = self.find(id).await?;
        let provider_id = record
            .provider_assistant_id
            .as_deref()
            .ok_or(DirectoryError::NotHeld)?;
        let Some(theirs) = self.provider.get(provider_id).await? else {
            self.store.note_gone(id, provider_id, self.clock.now()).await?;
            return Err(DirectoryError::Gone);
        };
        self.note(&record, &theirs).await?;
        let config = config_of(&theirs.config_json)?;
        let ours = config_of(&record.config_json)?;
        if config == ours {
            return Ok(());
        }
        if config.fingerprint() != seen_fingerprint {
            return Err(self.differs(&record).await?);
        }
        let name = match config.name() {
            Some(name) if ours.name() != Some(name) => name.to_owned(),
            _ => record.name.clone(),
        };
        let now = self.clock.now();
        let taken = self
            .store
            .take_theirs(id, record.version, &name, &config.to_json(), author, now)
            .await?;
        match taken {
            Taken::Done => {
                self.store.wake(Wake::Assistant(id));
                Ok(())
            }
            Taken::Moved => Err(DirectoryError::Moved(record.version + 1)),
            Taken::Busy => Err(DirectoryError::Busy),
            Taken::NotFound => Err(DirectoryError::NotFound),
        }
    }

    /// Notes how the provider's side compares with this record of ours.
    pub(super) async fn note(
        &self,
        record: &Assistant,
        theirs: &ProviderAssistant,
    ) -> Result<(), DirectoryError> {
        let ours = config_of(&record.config_json)?;
        let theirs: Config = config_of(&theirs.config_json)?;
        let differs = (theirs != ours).then(|| theirs.to_json());
        let now = self.clock.now();
        self.store
            .note_comparison(record.id, record.version, differs.as_deref(), now)
            .await?;
        if differs.is_some() || record.theirs_json.is_some() || record.gone_at.is_some() {
            self.store.wake(Wake::Assistant(record.id));
        }
        Ok(())
    }
}
