//! A provider that accepts every call at once and never tells anything by itself.

use async_trait::async_trait;
use domain::{
    call::{CallRef, CallState, Dialling, Fact, Source},
    ids::CallId,
    time::UtcMs,
};
use engine::{
    Assistants, ChangeAnswer, DialAnswer, Listing, LookupError, ProviderAssistant, ProviderNumber, Telephony,
};
use serde_json::{Map, Value};
use std::time::Duration;
use store::Dial;
use tokio::sync::mpsc::UnboundedSender;

use crate::timing::Stopwatch;

/// Tells of every dial request when it came.
pub(crate) struct InstantTelephony {
    pub(crate) dialled: UnboundedSender<(CallId, Duration)>,
    /// What the times are counted from.
    pub(crate) watch: Stopwatch,
}

#[async_trait]
impl Telephony for InstantTelephony {
    async fn dial(&self, dial: &Dial, now: UtcMs) -> DialAnswer {
        // Nobody listens any more when the measurement is over.
        let _ = self.dialled.send((dial.call_id, self.watch.elapsed()));
        let provider_call_id = Some(format!("provider-{}", dial.call_id));
        let says = CallState {
            dialling: Dialling::Accepted,
            provider_call_id: provider_call_id.clone(),
            accepted_at: Some(now),
            ..CallState::default()
        };
        let fact = Fact {
            call: CallRef {
                number: None,
                call_id: Some(dial.call_id),
                provider_call_id,
            },
            source: Source::Dial,
            kind: "dial.accepted".to_owned(),
            at: now,
            says,
            payload: None,
        };
        DialAnswer::Accepted {
            fact: Box::new(fact),
            lines: None,
        }
    }

    async fn changed_since(&self, _: UtcMs, _: UtcMs) -> Result<Listing, LookupError> {
        Ok(Listing::default())
    }

    async fn created_between(&self, _: &str, _: UtcMs, _: UtcMs, _: UtcMs) -> Result<Listing, LookupError> {
        Ok(Listing::default())
    }

    async fn look_up(&self, _: &str, _: UtcMs) -> Result<Option<Fact>, LookupError> {
        Err(LookupError {
            message: "nobody can be asked here".to_owned(),
            retry_after_ms: None,
        })
    }

    async fn hang_up(&self, _: &str) -> Result<(), String> {
        Ok(())
    }

    async fn phone_numbers(&self) -> Result<Vec<ProviderNumber>, LookupError> {
        Ok(Vec::new())
    }
}

/// An account without assistants, which no measurement asks.
pub(crate) struct NoAssistants;

fn nobody() -> LookupError {
    LookupError {
        message: "nobody can be asked here".to_owned(),
        retry_after_ms: None,
    }
}

#[async_trait]
impl Assistants for NoAssistants {
    async fn list(&self) -> Result<Vec<ProviderAssistant>, LookupError> {
        Err(nobody())
    }

    async fn created_since(&self, _: UtcMs) -> Result<Vec<ProviderAssistant>, LookupError> {
        Err(nobody())
    }

    async fn get(&self, _: &str) -> Result<Option<ProviderAssistant>, LookupError> {
        Err(nobody())
    }

    async fn create(&self, _: &Value) -> ChangeAnswer {
        ChangeAnswer::NoEffect(nobody())
    }

    async fn update(&self, _: &str, _: &Map<String, Value>) -> ChangeAnswer {
        ChangeAnswer::NoEffect(nobody())
    }

    async fn remove(&self, _: &str) -> ChangeAnswer {
        ChangeAnswer::NoEffect(nobody())
    }
}
