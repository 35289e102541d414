//! A provider that accepts every call, offers two assistants and two numbers, and can be made to fail.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use domain::{
    assistant::Fault,
    call::{CallRef, CallState, Dialling, Fact, Source},
    time::UtcMs,
};
use engine::{
    Assistants, ChangeAnswer, DialAnswer, Listing, LookupError, NumberState, ProviderAssistant,
    ProviderNumber, Telephony,
};
use serde_json::{Map, Value};
use store::Dial;

/// A provider in the hands of a test.
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
    /// How often numbers were listed.
    pub(crate) listed: AtomicUsize,
    dialled: AtomicUsize,
    /// The account's assistants, by id.
    pub(crate) assistants: Mutex<BTreeMap<String, Map<String, Value>>>,
    /// Set: how the next change of an assistant goes wrong.
    pub(crate) trouble: Mutex<Option<Trouble>>,
    made: AtomicUsize,
}

/// What may go wrong with a change of an assistant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Trouble {
    /// It is refused because of a field.
    Refused,
    /// It does not arrive.
    NotSent,
    /// It is done, and the answer is lost.
    AnswerLost,
    /// It is not done, and there is no answer either.
    NeverArrived,
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

fn provider_assistant(id: &str, config: &Map<String, Value>) -> ProviderAssistant {
    let mut whole = config.clone();
    whole.insert("id".to_owned(), id.into());
    whole.insert("orgId".to_owned(), "org-1".into());
    ProviderAssistant {
        id: id.to_owned(),
        name: config
            .get("name")
            .and_then(Value::as_str)
            .unwrap_or(id)
            .to_owned(),
        config_json: Value::Object(whole).to_string(),
        created_at: None,
    }
}

impl Default for FakeProvider {
    fn default() -> Self {
        let named = |name: &str| Map::from_iter([("name".to_owned(), Value::from(name))]);
        let assistants = [("asst-1", "Short pitch"), ("asst-2", "<b>Discovery</b>")];
        Self {
            failure: Mutex::default(),
            changes: Mutex::default(),
            panics: AtomicBool::default(),
            gate: Arc::default(),
            dialling: Arc::default(),
            listed: AtomicUsize::default(),
            dialled: AtomicUsize::default(),
            assistants: Mutex::new(
                assistants
                    .into_iter()
                    .map(|(id, name)| (id.to_owned(), named(name)))
                    .collect(),
            ),
            trouble: Mutex::default(),
            made: AtomicUsize::default(),
        }
    }
}

impl FakeProvider {
    /// Changes the account's assistants, and answers as the trouble of the hour wants it.
    fn change(
        &self,
        act: impl FnOnce(&mut BTreeMap<String, Map<String, Value>>) -> Option<ProviderAssistant>,
    ) -> ChangeAnswer {
        if let Err(error) = self.working() {
            return ChangeAnswer::NoEffect(error);
        }
        let trouble = self.trouble.lock().unwrap().take();
        match trouble {
            Some(Trouble::Refused) => {
                let message = "voice.voiceId must be one that exists".to_owned();
                let path = "voice.voiceId".to_owned();
                return ChangeAnswer::Refused {
                    faults: vec![Fault {
                        path,
                        message: message.clone(),
                    }],
                    message,
                };
            }
            Some(Trouble::NotSent) => {
                return ChangeAnswer::NoEffect(LookupError {
                    message: "connection refused".to_owned(),
                    retry_after_ms: None,
                });
            }
            Some(Trouble::NeverArrived) => return ChangeAnswer::InDoubt("no answer".to_owned()),
            Some(Trouble::AnswerLost) | None => {}
        }
        match act(&mut self.assistants.lock().unwrap()) {
            None => ChangeAnswer::NotFound("there is none".to_owned()),
            Some(_) if trouble == Some(Trouble::AnswerLost) => ChangeAnswer::InDoubt("no answer".to_owned()),
            Some(done) => ChangeAnswer::Done(Box::new(done)),
        }
    }
}

#[async_trait]
impl Assistants for FakeProvider {
    async fn list(&self) -> Result<Vec<ProviderAssistant>, LookupError> {
        self.working()?;
        let assistants = self.assistants.lock().unwrap();
        Ok(assistants
            .iter()
            .map(|(id, config)| provider_assistant(id, config))
            .collect())
    }

    async fn created_since(&self, _: UtcMs) -> Result<Vec<ProviderAssistant>, LookupError> {
        self.list().await
    }

    async fn get(&self, id: &str) -> Result<Option<ProviderAssistant>, LookupError> {
        self.working()?;
        let assistants = self.assistants.lock().unwrap();
        Ok(assistants.get(id).map(|config| provider_assistant(id, config)))
    }

    async fn create(&self, body: &Value) -> ChangeAnswer {
        let id = format!("made-{}", self.made.fetch_add(1, Ordering::SeqCst) + 1);
        let config = body.as_object().expect("an object").clone();
        self.change(|assistants| {
            let made = provider_assistant(&id, &config);
            assistants.insert(id, config);
            Some(made)
        })
    }

    async fn update(&self, id: &str, changes: &Map<String, Value>) -> ChangeAnswer {
        self.change(|assistants| {
            let config = assistants.get_mut(id)?;
            for (key, value) in changes {
                if value.is_null() {
                    config.remove(key);
                } else {
                    config.insert(key.clone(), value.clone());
                }
            }
            Some(provider_assistant(id, config))
        })
    }

    async fn remove(&self, id: &str) -> ChangeAnswer {
        self.change(|assistants| {
            let gone = assistants.remove(id)?;
            Some(provider_assistant(id, &gone))
        })
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
                number: None,
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

    async fn hang_up(&self, _: &str) -> Result<(), String> {
        Ok(())
    }

    async fn phone_numbers(&self) -> Result<Vec<ProviderNumber>, LookupError> {
        self.listed.fetch_add(1, Ordering::SeqCst);
        self.working()?;
        let number = |id: &str, number: &str, state| ProviderNumber {
            id: id.to_owned(),
            name: Some("Front desk".to_owned()),
            number: Some(number.to_owned()),
            provider: Some("twilio".to_owned()),
            state,
        };
        Ok(vec![
            number("num-1", "+12025550100", NumberState::Active),
            number("num-2", "+12025550101", NumberState::Blocked),
        ])
    }
}
