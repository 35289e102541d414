//! The Assistant Directory: our records and the provider's assistants, kept from disagreeing silently.
//!
//! A change goes one way: what we know is compared with what the provider has, the intent is committed, the provider is
//! asked once, and the record follows what it answered. A refusal changes nothing. When nobody can tell, the change is in
//! doubt: it is looked up at the provider until it is seen in force, or found never to have arrived.
//!
//! - [`Directory::create`], [`Directory::clone_of`], [`Directory::import`] bring assistants in (`create`),
//! - [`Directory::edit`], [`Directory::restore`], [`Directory::push_ours`] change them at the provider (`change`),
//! - [`Directory::compare`], [`Directory::take_theirs`] deal with what others changed there (`compare`),
//! - [`Directory::look_up`] settles doubts (`doubt`),
//! - [`Directory::tend`] does all that nobody asks for, on one node at a time (`tend`).

mod change;
mod compare;
mod create;
mod doubt;
mod provider;
mod tend;
mod vapi_assistants;

use std::sync::Arc;

use domain::{
    assistant::{Config, Fault},
    directory::{Origin, Patience},
    ids::{AssistantId, ChangeId},
    time::UtcMs,
};
pub use provider::{Assistants, ChangeAnswer, ProviderAssistant};
use store::{Assistant, Store, Wake};
pub use tend::Tended;
pub use vapi_assistants::VapiAssistants;

use crate::{Clock, telephony::LookupError};

/// Our side and the provider's. Cheap to clone.
#[derive(Clone)]
pub struct Directory {
    store: Store,
    provider: Arc<dyn Assistants>,
    clock: Arc<dyn Clock>,
    patience: Patience,
}

/// What became of a change.
#[derive(Clone, PartialEq, Debug)]
pub enum Outcome {
    /// It is in force.
    Done(AssistantId),
    /// Nobody can tell yet; it is being looked up.
    InDoubt(AssistantId),
}

impl Outcome {
    /// The assistant.
    #[must_use]
    pub const fn id(&self) -> AssistantId {
        match self {
            Self::Done(id) | Self::InDoubt(id) => *id,
        }
    }
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// The configuration is wrong; the provider was not asked.
    #[error("the configuration has {} faults", .0.len())]
    Faults(Vec<Fault>),
    /// The provider does not accept it.
    #[error("{message}")]
    Refused {
        /// Which fields are at fault, where it says so.
        faults: Vec<Fault>,
        /// Its words.
        message: String,
    },
    /// The provider could not be asked.
    #[error(transparent)]
    Unreachable(#[from] LookupError),
    /// There is no such assistant in the directory.
    #[error("there is no such assistant")]
    NotFound,
    /// There is no such version of it.
    #[error("there is no such version")]
    NoSuchVersion,
    /// The provider has no assistant with this id.
    #[error("the provider has no such assistant")]
    UnknownToProvider,
    /// Templates are cloned, not changed.
    #[error("templates cannot be changed")]
    Template,
    /// The provider has not confirmed it, or it was removed there.
    #[error("the provider does not hold this assistant")]
    NotHeld,
    /// The provider does not have it any more.
    #[error("the provider does not have this assistant any more")]
    Gone,
    /// Somebody else changed it meanwhile: this is the present version.
    #[error("it is at version {0} by now")]
    Moved(u32),
    /// It was changed at the provider: that has to be dealt with first.
    #[error("it was changed at the provider")]
    Drifted,
    /// The change is not lost, so there is nothing to repeat.
    #[error("this change is settled")]
    NotLost,
    /// A change of it is open.
    #[error("a change is under way")]
    Busy,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// A wish to change an assistant.
#[derive(Clone, PartialEq, Debug)]
pub struct Edit {
    /// The version that the person has seen.
    pub version: u32,
    /// The whole configuration as it shall be, its name included.
    pub config: Config,
    /// How the version comes about.
    pub origin: Origin,
    /// Who wants it.
    pub author: String,
}

/// A wish for a new assistant.
#[derive(Clone, PartialEq, Debug)]
pub struct Creation {
    /// Its configuration, its name included.
    pub config: Config,
    /// Whether campaigns may choose it.
    pub active: bool,
    /// Whether it is made for one campaign and removed at the provider after it.
    pub ephemeral: bool,
    /// How it comes about.
    pub origin: Origin,
    /// Who wants it.
    pub author: String,
}

impl Directory {
    /// The directory over this data and this provider. `request_ms` is how long a request may take, in the clock's
    /// milliseconds.
    #[must_use]
    pub fn new(store: Store, provider: Arc<dyn Assistants>, clock: Arc<dyn Clock>, request_ms: i64) -> Self {
        Self {
            store,
            provider,
            clock,
            patience: Patience::for_requests_of(request_ms),
        }
    }

    /// The assistants of the account, as the provider lists them.
    ///
    /// # Errors
    /// When the provider cannot be asked.
    pub async fn offered(&self) -> Result<Vec<ProviderAssistant>, LookupError> {
        self.provider.list().await
    }

    /// Our record, unless it was deleted.
    async fn find(&self, id: AssistantId) -> Result<Assistant, DirectoryError> {
        let found = self.store.assistant(id).await?;
        found
            .filter(|assistant| assistant.deleted_at.is_none())
            .ok_or(DirectoryError::NotFound)
    }

    /// When a change that is sent now is to be looked for, should this node not come back.
    fn next_look(&self, now: UtcMs) -> UtcMs {
        now + self.patience.at_work_ms
    }

    /// Whether this machine slept between writing a change down and coming to its request.
    fn is_stale(&self, intended_at: UtcMs) -> bool {
        self.clock.now().since(intended_at) > self.patience.stale_ms
    }

    /// Records what the provider answered to a change. Killed before this commits, the change stays open and is looked
    /// up.
    async fn record_answer(
        &self,
        assistant: AssistantId,
        change: ChangeId,
        sent_at: UtcMs,
        answer: ChangeAnswer,
    ) -> Result<Outcome, DirectoryError> {
        let recorded = self.record(assistant, change, sent_at, answer).await;
        self.store.wake(Wake::Assistant(assistant));
        match recorded {
            // The provider was asked, and what it answered is lost to us. Nobody shall be told to try again.
            Err(DirectoryError::Store(error)) => {
                tracing::error!(assistant.id = %assistant, %error, "the provider's answer could not be recorded");
                Ok(Outcome::InDoubt(assistant))
            }
            other => other,
        }
    }

    async fn record(
        &self,
        assistant: AssistantId,
        change: ChangeId,
        sent_at: UtcMs,
        answer: ChangeAnswer,
    ) -> Result<Outcome, DirectoryError> {
        let now = self.clock.now();
        match answer {
            ChangeAnswer::Done(theirs) => {
                let config = config_of(&theirs.config_json)?;
                let closed = self
                    .store
                    .change_in_force(change, &theirs.id, &config.to_json(), now)
                    .await?;
                if closed == store::Closed::Before {
                    let known = self.store.change(change).await?;
                    if known.is_none_or(|known| known.state != domain::directory::ChangeState::Done) {
                        return Ok(Outcome::InDoubt(assistant));
                    }
                }
                tracing::info!(assistant.id = %assistant, "the provider has the assistant as we want it");
                Ok(Outcome::Done(assistant))
            }
            ChangeAnswer::Refused { faults, message } => {
                self.store.change_refused(change, sent_at, &message, now).await?;
                Err(DirectoryError::Refused { faults, message })
            }
            ChangeAnswer::NotFound(_) => {
                let what = "the provider does not have it any more";
                self.store.change_refused(change, sent_at, what, now).await?;
                Err(DirectoryError::Gone)
            }
            ChangeAnswer::NoEffect(error) => {
                self.store
                    .change_refused(change, sent_at, &error.message, now)
                    .await?;
                Err(DirectoryError::Unreachable(error))
            }
            ChangeAnswer::InDoubt(what) => {
                tracing::warn!(assistant.id = %assistant, "nobody can tell whether the provider changed the assistant");
                self.store.change_in_doubt(change, &what, now).await?;
                // Most of the time only the answer was lost, and one look tells.
                match self.look_up(change).await? {
                    Some(outcome) => Ok(outcome),
                    None => Ok(Outcome::InDoubt(assistant)),
                }
            }
        }
    }
}

/// A configuration from stored text or from an answer, without what is the provider's own.
fn config_of(json: &str) -> Result<Config, DirectoryError> {
    Config::from_provider(json).map_err(|error| {
        DirectoryError::Store(store::Error::Other(format!(
            "an assistant cannot be read: {error}"
        )))
    })
}
