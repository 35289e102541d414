//! The assistants of a Vapi account, or of the sandbox that speaks like it.

use async_trait::async_trait;
use domain::{assistant::Fault, time::UtcMs};
use serde_json::{Map, Value};
use vapi::{ApiError, ApiErrorKind, Client, Raw, TransportError};

use super::provider::{Assistants, ChangeAnswer, ProviderAssistant};
use crate::telephony::LookupError;

/// The assistants of a Vapi account.
pub struct VapiAssistants {
    client: Client,
}

impl VapiAssistants {
    /// Those that this client reaches.
    #[must_use]
    pub const fn new(client: Client) -> Self {
        Self { client }
    }
}

#[async_trait]
impl Assistants for VapiAssistants {
    async fn list(&self) -> Result<Vec<ProviderAssistant>, LookupError> {
        read_all(self.client.list_assistants().await)
    }

    async fn created_since(&self, since: UtcMs) -> Result<Vec<ProviderAssistant>, LookupError> {
        read_all(self.client.assistants_created_since(since.0).await)
    }

    async fn get(&self, id: &str) -> Result<Option<ProviderAssistant>, LookupError> {
        // The provider's ids are UUIDs. What is none it does not know, and would call a bad request.
        if uuid::Uuid::try_parse(id).is_err() {
            return Ok(None);
        }
        let found = self.client.get_assistant(id).await;
        found
            .map(|found| found.map(ProviderAssistant::from))
            .map_err(|error| LookupError::from(&error))
    }

    async fn create(&self, body: &Value) -> ChangeAnswer {
        self.client.create_assistant(body).await.into()
    }

    async fn update(&self, id: &str, changes: &Map<String, Value>) -> ChangeAnswer {
        let changes = Value::Object(changes.clone());
        self.client.update_assistant(id, &changes).await.into()
    }

    async fn remove(&self, id: &str) -> ChangeAnswer {
        self.client.delete_assistant(id).await.into()
    }
}

fn read_all(
    listed: Result<Vec<Raw<vapi::Assistant>>, ApiError>,
) -> Result<Vec<ProviderAssistant>, LookupError> {
    let listed = listed.map_err(|error| LookupError::from(&error))?;
    Ok(listed.into_iter().map(ProviderAssistant::from).collect())
}

/// A path as we write it: the provider's `messages.0.role` is `messages[0].role`.
fn bracketed(path: &str) -> String {
    path.split('.').fold(String::new(), |path, part| {
        if !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()) {
            format!("{path}[{part}]")
        } else if path.is_empty() {
            part.to_owned()
        } else {
            format!("{path}.{part}")
        }
    })
}

impl From<Raw<vapi::Assistant>> for ProviderAssistant {
    fn from(assistant: Raw<vapi::Assistant>) -> Self {
        Self {
            name: assistant.value.name.unwrap_or_else(|| assistant.value.id.clone()),
            id: assistant.value.id,
            config_json: assistant.raw.get().to_owned(),
            created_at: assistant.value.created_at_ms.map(UtcMs),
        }
    }
}

impl From<Result<Raw<vapi::Assistant>, ApiError>> for ChangeAnswer {
    fn from(answer: Result<Raw<vapi::Assistant>, ApiError>) -> Self {
        let error = match answer {
            Ok(assistant) => return Self::Done(Box::new(assistant.into())),
            Err(error) => error,
        };
        match &error.kind {
            _ if error.is_not_found() => Self::NotFound(error.to_string()),
            // Gateways answer so when the server behind them did not answer in time, or elsewhere: what became of the
            // request they do not know.
            ApiErrorKind::Refused {
                status: 300..=399 | 408 | 425 | 499,
                ..
            } => Self::InDoubt(error.to_string()),
            ApiErrorKind::Unauthorized
            | ApiErrorKind::RateLimited { .. }
            | ApiErrorKind::Transport(TransportError::NotSent(_)) => Self::NoEffect((&error).into()),
            ApiErrorKind::Refused { faults, .. } => Self::Refused {
                faults: faults
                    .iter()
                    .map(|fault| Fault {
                        path: bracketed(&fault.path),
                        message: fault.message.clone(),
                    })
                    .collect(),
                message: error.to_string(),
            },
            // An answer that cannot be read, too: something was done, and not what was asked for.
            ApiErrorKind::Unavailable(_)
            | ApiErrorKind::Malformed(_)
            | ApiErrorKind::Transport(TransportError::InDoubt(_)) => Self::InDoubt(error.to_string()),
        }
    }
}
