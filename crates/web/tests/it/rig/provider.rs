//! A provider that accepts every call, offers two assistants and two numbers, and can be made to fail.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use async_trait::async_trait;
use domain::{
    call::{CallRef, CallState, Dialling, Fact, Source},
    time::UtcMs,
};
use engine::{DialAnswer, Listing, LookupError, ProviderAssistant, ProviderNumber, Telephony};
use store::Dial;

/// A provider in the hands of a test.
#[derive(Default)]
pub(crate) struct FakeProvider {
    /// Set: look-ups fail like this.
    pub(crate) failure: Mutex<Option<LookupError>>,
    /// What the next poll lists.
    pub(crate) changes: Mutex<Vec<Fact>>,
    /// Set: look-ups panic.
    pub(crate) panics: AtomicBool,
    /// Dials are answered only while this lets them through; open unless a test takes it.
    pub(crate) gate: Arc<tokio::sync::RwLock<()>>,
    /// A dial has begun.
    pub(crate) dialling: Arc<tokio::sync::Notify>,
    /// How often assistants were listed.
    pub(crate) listed: AtomicUsize,
    dialled: AtomicUsize,
}

impl FakeProvider {
    /// From now on look-ups fail.
    pub(crate) fn fail(&self, message: &str, retry_after_ms: Option<i64>) {
        *self.failure.lock().unwrap() = Some(LookupError {
            message: message.to_owned(),
            retry_after_ms,
        });
    }

    /// From now on look-ups are answered again.
    pub(crate) fn recover(&self) {
        *self.failure.lock().unwrap() = None;
    }

    fn working(&self) -> Result<(), LookupError> {
        assert!(
            !self.panics.load(Ordering::SeqCst),
            "the provider's client is broken"
        );
        self.failure.lock().unwrap().clone().map_or(Ok(()), Err)
    }
}

fn assistant(id: &str, name: &str) -> ProviderAssistant {
    ProviderAssistant {
        id: id.to_owned(),
        name: name.to_owned(),
        config_json: format!("{{\"id\":\"{id}\"}}"),
    }
}

#[async_trait]
impl Telephony for FakeProvider {
    async fn dial(&self, dial: &Dial, now: UtcMs) -> DialAnswer {
        self.dialling.notify_one();
        let _open = self.gate.read().await;
        let number = self.dialled.fetch_add(1, Ordering::SeqCst) + 1;
        let provider_call_id = format!("prov-{number}");
        let says = CallState {
            dialling: Dialling::Accepted,
            provider_call_id: Some(provider_call_id.clone()),
            accepted_at: Some(now),
            ..CallState::default()
        };
        let payload = serde_json::json!({
            "id": provider_call_id,
            "status": "queued",
            "monitor": { "controlUrl": "https://control.example/secret", "listenUrl": "wss://listen.example/secret" },
            "assistantOverrides": { "server": { "headers": { "X-Vapi-Secret": super::WEBHOOK_SECRET } } },
        });
        let fact = Fact {
            call: CallRef {
                call_id: Some(dial.call_id),
                provider_call_id: Some(provider_call_id),
            },
            source: Source::Dial,
            kind: "dial.accepted".to_owned(),
            at: now,
            says,
            payload: Some(payload.to_string()),
        };
        DialAnswer::Accepted {
            fact: Box::new(fact),
            lines: None,
        }
    }

    async fn changed_since(&self, _since: UtcMs, _now: UtcMs) -> Result<Listing, LookupError> {
        self.working()?;
        Ok(Listing {
            facts: std::mem::take(&mut *self.changes.lock().unwrap()),
            complete: true,
        })
    }

    async fn created_between(
        &self,
        _number: &str,
        _since: UtcMs,
        _until: UtcMs,
        _now: UtcMs,
    ) -> Result<Listing, LookupError> {
        self.working()?;
        Ok(Listing {
            facts: Vec::new(),
            complete: true,
        })
    }

    async fn look_up(&self, _provider_call_id: &str, _now: UtcMs) -> Result<Option<Fact>, LookupError> {
        self.working()?;
        Ok(None)
    }

    async fn assistants(&self) -> Result<Vec<ProviderAssistant>, LookupError> {
        self.listed.fetch_add(1, Ordering::SeqCst);
        self.working()?;
        Ok(vec![
            assistant("asst-1", "Short pitch"),
            assistant("asst-2", "<b>Discovery</b>"),
        ])
    }

    async fn assistant(&self, id: &str) -> Result<Option<ProviderAssistant>, LookupError> {
        self.working()?;
        Ok((id == "asst-1").then(|| assistant("asst-1", "Short pitch")))
    }

    async fn phone_numbers(&self) -> Result<Vec<ProviderNumber>, LookupError> {
        self.working()?;
        let number = |id: &str, number: &str, usable| ProviderNumber {
            id: id.to_owned(),
            name: Some("Front desk".to_owned()),
            number: Some(number.to_owned()),
            usable,
        };
        Ok(vec![
            number("num-1", "+12025550100", true),
            number("num-2", "+12025550101", false),
        ])
    }
}
