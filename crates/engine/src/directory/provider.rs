//! The provider's side of the directory.

use async_trait::async_trait;
use domain::{
    assistant::{Config, Fault, secrets},
    time::UtcMs,
};
use serde_json::{Map, Value};

use crate::telephony::LookupError;

/// An assistant as the provider has it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ProviderAssistant {
    /// The provider's id.
    pub id: String,
    /// What people call it; its id when it has no name.
    pub name: String,
    /// Its whole configuration, as JSON text. May hold secrets.
    pub config_json: String,
    /// When it was created, where the provider says so.
    pub created_at: Option<UtcMs>,
}

/// What became of a change at the provider.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ChangeAnswer {
    /// Done; this is the assistant now, or was when it was removed.
    Done(Box<ProviderAssistant>),
    /// The provider will not do it. Nothing has changed.
    Refused {
        /// Which fields are at fault, where it says so.
        faults: Vec<Fault>,
        /// Its words.
        message: String,
    },
    /// The provider does not have this assistant, or something that the request speaks of: its words.
    NotFound(String),
    /// The request had no effect, for certain: it did not arrive, or was turned away before it was read.
    NoEffect(LookupError),
    /// Nobody can tell whether it was done.
    InDoubt(String),
}

impl ChangeAnswer {
    /// The same without the secrets of these configurations, which the provider's words may quote.
    #[must_use]
    pub(super) fn without_secrets(self, of: &[&Config]) -> Self {
        let scrubbed = |text: &str| secrets::scrubbed(text, of);
        match self {
            Self::Refused { faults, message } => Self::Refused {
                faults: faults
                    .into_iter()
                    .map(|fault| Fault {
                        message: scrubbed(&fault.message),
                        path: fault.path,
                    })
                    .collect(),
                message: scrubbed(&message),
            },
            Self::NotFound(message) => Self::NotFound(scrubbed(&message)),
            Self::InDoubt(message) => Self::InDoubt(scrubbed(&message)),
            Self::NoEffect(error) => Self::NoEffect(LookupError {
                message: scrubbed(&error.message),
                ..error
            }),
            Self::Done(done) => Self::Done(done),
        }
    }
}

/// The assistants of the account.
#[async_trait]
pub trait Assistants: Send + Sync {
    /// All of them, as far as one list holds.
    async fn list(&self) -> Result<Vec<ProviderAssistant>, LookupError>;

    /// Those that were created at or after a moment.
    async fn created_since(&self, since: UtcMs) -> Result<Vec<ProviderAssistant>, LookupError>;

    /// One. `None`: the provider says that it does not have it.
    async fn get(&self, id: &str) -> Result<Option<ProviderAssistant>, LookupError>;

    /// Makes one. Sent once, never repeated.
    async fn create(&self, body: &Value) -> ChangeAnswer;

    /// Changes the given fields of one; null takes a field away. Sent once, never repeated.
    async fn update(&self, id: &str, changes: &Map<String, Value>) -> ChangeAnswer;

    /// Removes one.
    async fn remove(&self, id: &str) -> ChangeAnswer;
}
