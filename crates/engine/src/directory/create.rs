//! New assistants, and those that exist at the provider already.

use domain::{
    assistant::{Config, check, mark_in, templates},
    directory::{ChangeKind, Origin},
    ids::AssistantId,
    time::UtcMs,
};
use serde_json::Value;
use store::{Assistant, NewAssistant, NewChange, NewTemplate, Registered, Wake};

use super::{ChangeAnswer, Creation, Directory, DirectoryError, Outcome, ProviderAssistant, config_of};

/// Letters of a name at the provider (Vapi: `name`, at most 40).
const MAX_NAME_CHARS: usize = 40;

impl Directory {
    /// Makes an assistant at the provider and registers it.
    ///
    /// The request carries our id of it. Killed before the intent is committed, nothing happened; killed after it, the
    /// assistant is found by that id, or found never to have been made. Guarantee: no twins.
    ///
    /// # Errors
    /// [`DirectoryError`]; nothing was made then.
    pub async fn create(&self, creation: Creation) -> Result<Outcome, DirectoryError> {
        let faults = check(&creation.config);
        if !faults.is_empty() {
            return Err(DirectoryError::Faults(faults));
        }
        let now = self.clock.now();
        let id = self.store.new_assistant_id(now);
        let body = creation.config.create_body(id);
        let change = NewChange {
            kind: ChangeKind::Create,
            origin: creation.origin,
            author: creation.author,
            name: creation.config.name().unwrap_or_default().to_owned(),
            config_json: creation.config.to_json(),
            body_json: body.to_string(),
            next_look: self.next_look(now),
        };
        let change = self
            .store
            .intend_to_create(id, creation.active, creation.ephemeral, &change, now)
            .await?;
        self.store.wake(Wake::Assistant(id));
        let answer = self.ask_for(&body, &creation.config, now).await;
        self.record_answer(id, change, now, answer).await
    }

    /// Asks the provider for a new assistant, unless this node slept on it since the intent was written down.
    pub(super) async fn ask_for(&self, body: &Value, config: &Config, intended_at: UtcMs) -> ChangeAnswer {
        if self.is_stale(intended_at) {
            return ChangeAnswer::InDoubt("not sent in time; whether it exists is looked up".to_owned());
        }
        let answer = self.provider.create(body).await.without_secrets(&[config]);
        match answer {
            // What the provider does not find then is something that the configuration speaks of.
            ChangeAnswer::NotFound(message) => ChangeAnswer::Refused {
                faults: Vec::new(),
                message,
            },
            other => other,
        }
    }

    /// Makes a copy of an assistant or of a template at the provider.
    ///
    /// # Errors
    /// [`DirectoryError`]; nothing was made then.
    pub async fn clone_of(
        &self,
        id: AssistantId,
        name: Option<&str>,
        author: &str,
    ) -> Result<Outcome, DirectoryError> {
        let original = self.find(id).await?;
        let mut config = config_of(&original.config_json)?;
        config.set_name(&name.map_or_else(|| copy_name(&original.name), str::to_owned));
        self.create(Creation {
            config,
            active: true,
            ephemeral: false,
            origin: Origin::Cloned,
            author: author.to_owned(),
        })
        .await
    }

    /// Registers an assistant that the provider has, or brings our record of it up to date.
    ///
    /// # Errors
    /// [`DirectoryError`]; nothing was registered then.
    pub async fn import(
        &self,
        provider_assistant_id: &str,
        name: Option<&str>,
        author: &str,
    ) -> Result<Registered, DirectoryError> {
        match self.import_once(provider_assistant_id, name, author).await {
            // Somebody changed it while the provider was read.
            Err(DirectoryError::Busy) => self.import_once(provider_assistant_id, name, author).await,
            other => other,
        }
    }

    async fn import_once(
        &self,
        provider_assistant_id: &str,
        name: Option<&str>,
        author: &str,
    ) -> Result<Registered, DirectoryError> {
        let known = self.store.assistant_of_provider(provider_assistant_id).await?;
        let seen = known.as_ref().map_or(0, |known| known.version);
        let theirs = self.provider.get(provider_assistant_id).await?;
        let theirs = theirs.ok_or(DirectoryError::UnknownToProvider)?;
        if let Some(id) = self.adopt(&theirs).await?
            && self.find(id).await.is_ok()
        {
            return Ok(Registered { id, new: true });
        }
        let config = config_of(&theirs.config_json)?;
        let assistant = NewAssistant {
            name: name.map_or_else(|| own_name(known.as_ref(), &config, &theirs), str::to_owned),
            provider_assistant_id: theirs.id,
            config_json: config.to_json(),
            author: author.to_owned(),
        };
        match self
            .store
            .register_seen(&assistant, Some(seen), self.clock.now())
            .await
        {
            Err(store::Error::Conflict(_)) => Err(DirectoryError::Busy),
            Err(error) => Err(error.into()),
            Ok(registered) => {
                self.store.wake(Wake::Assistant(registered.id));
                Ok(registered)
            }
        }
    }

    /// An assistant at the provider that carries our mark, and whose creation we do not know to have happened: it has.
    pub(super) async fn adopt(
        &self,
        theirs: &ProviderAssistant,
    ) -> Result<Option<AssistantId>, DirectoryError> {
        let Some(id) = mark_in(&theirs.config_json) else {
            return Ok(None);
        };
        let creation = self.store.creation_of(id).await?;
        // A list may still show the one that is gone, in whose place another is being made.
        let creation =
            creation.filter(|creation| creation.provider_assistant_id.as_deref() != Some(&theirs.id));
        let Some(creation) = creation else {
            return Ok(None);
        };
        let config = config_of(&theirs.config_json)?;
        self.store
            .change_in_force(creation.id, &theirs.id, &config.to_json(), self.clock.now())
            .await?;
        self.store.wake(Wake::Assistant(id));
        tracing::info!(assistant.id = %id, "an assistant whose creation was in doubt exists");
        Ok(Some(id))
    }

    /// Puts our templates into the directory, each once.
    ///
    /// # Errors
    /// [`store::Error::Unavailable`] when the database cannot be reached.
    pub async fn seed_templates(&self) -> store::Result<u32> {
        let templates: Vec<NewTemplate> = templates()
            .into_iter()
            .map(|template| NewTemplate {
                key: template.key.to_owned(),
                name: template.name.to_owned(),
                config_json: template.config.to_json(),
            })
            .collect();
        self.store.seed_templates(&templates, self.clock.now()).await
    }
}

/// What people shall call an imported assistant: as they do already, if that is a name of their own; else as the provider.
fn own_name(known: Option<&Assistant>, theirs: &Config, provider: &ProviderAssistant) -> String {
    let own = known.and_then(|known| {
        let before = config_of(&known.config_json).ok()?;
        (before.name() != Some(known.name.as_str())).then(|| known.name.clone())
    });
    own.or_else(|| theirs.name().map(str::to_owned))
        .unwrap_or_else(|| {
            let id: String = provider.id.chars().take(8).collect();
            format!("Unnamed ({id})")
        })
}

/// The name of a copy, within what the provider takes.
fn copy_name(original: &str) -> String {
    const SUFFIX: &str = " (copy)";
    let base: String = original
        .strip_suffix(SUFFIX)
        .unwrap_or(original)
        .chars()
        .take(MAX_NAME_CHARS - SUFFIX.len())
        .collect();
    format!("{}{SUFFIX}", base.trim_end())
}
