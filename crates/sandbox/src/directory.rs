//! The assistants and telephone numbers of the account.

use crate::terms;
use crate::time;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

/// The assistant that exists from the start.
pub const DEFAULT_ASSISTANT_ID: &str = "0195a000-0000-7000-8000-00000000a001";
/// Another assistant that exists from the start.
pub const SECOND_ASSISTANT_ID: &str = "0195a000-0000-7000-8000-00000000a002";
/// The telephone number (Twilio) that exists from the start.
pub const DEFAULT_PHONE_NUMBER_ID: &str = "0195a000-0000-7000-8000-00000000b001";
/// Another telephone number (Twilio) that exists from the start.
pub const SECOND_PHONE_NUMBER_ID: &str = "0195a000-0000-7000-8000-00000000b002";

/// The organisation that everything belongs to.
pub(crate) const ORG_ID: &str = "0195a000-0000-7000-8000-00000000c001";
/// When the things that exist from the start were made: 1 January 2026.
const BEGINNING_MS: i64 = 1_767_225_600_000;

type Object = Map<String, Value>;

/// A voice agent. Its moments are what the provider's clock showed.
#[derive(Debug)]
pub(crate) struct Assistant {
    pub(crate) id: Uuid,
    pub(crate) created_ms: i64,
    pub(crate) updated_ms: i64,
    pub(crate) body: Object,
    pub(crate) prompt: Option<Arc<str>>,
    /// How often it was changed.
    pub(crate) changes: u64,
    /// Lists show it from this true moment.
    pub(crate) listed_from_ms: i64,
}

/// Whether calls can be made from a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NumberStatus {
    /// They can.
    Active,
    /// Not yet.
    Activating,
    /// No longer.
    Blocked,
}

/// A number that calls are made from. Its moments are what the provider's clock showed.
#[derive(Debug)]
pub(crate) struct PhoneNumber {
    pub(crate) id: Uuid,
    pub(crate) created_ms: i64,
    pub(crate) updated_ms: i64,
    pub(crate) body: Object,
    pub(crate) status: NumberStatus,
    /// The body as webhooks carry it.
    pub(crate) wire: Arc<RawValue>,
    /// The day (UTC, days since 1970) and how many calls a number of the provider's own made on it.
    pub(crate) calls_of_day: (i64, u32),
}

impl PhoneNumber {
    pub(crate) fn provider(&self) -> &str {
        self.body
            .get("provider")
            .and_then(Value::as_str)
            .unwrap_or("twilio")
    }
}

/// Something with an id that can be listed.
pub(crate) trait Entry {
    fn id(&self) -> Uuid;
    fn times_ms(&self) -> (i64, i64);
    fn body(&self) -> &Object;

    /// Lists show it from this true moment.
    fn listed_from_ms(&self) -> i64 {
        i64::MIN
    }

    /// The object as the API shows it.
    fn wire(&self) -> Value {
        let (created_ms, updated_ms) = self.times_ms();
        let mut wire = self.body().clone();
        wire.insert("id".into(), json!(self.id()));
        wire.insert("orgId".into(), json!(ORG_ID));
        wire.insert("createdAt".into(), json!(time::iso(created_ms)));
        wire.insert("updatedAt".into(), json!(time::iso(updated_ms)));
        Value::Object(wire)
    }
}

impl Entry for Assistant {
    fn id(&self) -> Uuid {
        self.id
    }
    fn times_ms(&self) -> (i64, i64) {
        (self.created_ms, self.updated_ms)
    }
    fn body(&self) -> &Object {
        &self.body
    }
    fn listed_from_ms(&self) -> i64 {
        self.listed_from_ms
    }
}

impl Entry for PhoneNumber {
    fn id(&self) -> Uuid {
        self.id
    }
    fn times_ms(&self) -> (i64, i64) {
        (self.created_ms, self.updated_ms)
    }
    fn body(&self) -> &Object {
        &self.body
    }

    fn wire(&self) -> Value {
        let mut wire = Value::Object(self.body.clone());
        wire["id"] = json!(self.id);
        wire["orgId"] = json!(ORG_ID);
        wire["createdAt"] = json!(time::iso(self.created_ms));
        wire["updatedAt"] = json!(time::iso(self.updated_ms));
        wire["status"] = json!(self.status);
        wire
    }
}

/// Both lists, and what was once in them.
#[derive(Debug)]
pub(crate) struct Directory {
    pub(crate) assistants: BTreeMap<Uuid, Assistant>,
    /// Those that were deleted, and when, for the ledger.
    pub(crate) deleted_assistants: Vec<(i64, Assistant)>,
    pub(crate) numbers: BTreeMap<Uuid, PhoneNumber>,
}

impl Directory {
    /// The two assistants and two numbers that exist from the start.
    pub(crate) fn new() -> Directory {
        let mut directory = Directory {
            assistants: BTreeMap::new(),
            deleted_assistants: Vec::new(),
            numbers: BTreeMap::new(),
        };
        for (id, body) in [(DEFAULT_ASSISTANT_ID, riley()), (SECOND_ASSISTANT_ID, sam())] {
            directory.add_assistant(fixed_id(id), object(body), BEGINNING_MS);
        }
        for (id, name, number) in [
            (DEFAULT_PHONE_NUMBER_ID, "Main line", "+14155550100"),
            (SECOND_PHONE_NUMBER_ID, "Second line", "+14155550101"),
        ] {
            let body = json!({
                "provider": "twilio",
                "number": number,
                "name": name,
                "twilioAccountSid": ACCOUNT_SID,
                "twilioAuthToken": "sandbox-twilio-token",
            });
            directory.add_number(fixed_id(id), object(body), BEGINNING_MS);
        }
        directory
    }

    pub(crate) fn add_assistant(&mut self, id: Uuid, mut body: Object, now_ms: i64) {
        body.retain(|_, value| !value.is_null());
        let prompt = terms::prompt(&body);
        let assistant = Assistant {
            id,
            created_ms: now_ms,
            updated_ms: now_ms,
            body,
            prompt,
            changes: 0,
            listed_from_ms: i64::MIN,
        };
        self.assistants.insert(id, assistant);
    }

    pub(crate) fn add_number(&mut self, id: Uuid, mut body: Object, now_ms: i64) {
        body.retain(|_, value| !value.is_null());
        let wire = Arc::from(serde_json::value::to_raw_value(&body).expect("plain data always serialises"));
        let number = PhoneNumber {
            id,
            created_ms: now_ms,
            updated_ms: now_ms,
            body,
            status: NumberStatus::Active,
            wire,
            calls_of_day: (0, 0),
        };
        self.numbers.insert(id, number);
    }
}

impl Assistant {
    /// Replaces the given properties, whole; null removes one.
    pub(crate) fn patch(&mut self, change: Object, now_ms: i64) {
        for (name, value) in change {
            if value.is_null() {
                self.body.remove(&name);
            } else {
                self.body.insert(name, value);
            }
        }
        self.prompt = terms::prompt(&self.body);
        self.updated_ms = now_ms.max(self.updated_ms + 1);
        self.changes += 1;
    }
}

/// The account at the carrier.
pub(crate) const ACCOUNT_SID: &str = "AC00000000000000000000000000005a4d";

fn fixed_id(text: &str) -> Uuid {
    Uuid::try_parse(text).expect("the constants above are ids")
}

fn object(value: Value) -> Object {
    match value {
        Value::Object(object) => object,
        _ => Object::new(),
    }
}

fn riley() -> Value {
    json!({
        "name": "Riley (appointments)",
        "firstMessage": "Hi {{name}}, this is Riley. I'm calling about {{business_name}}. Is now a good time?",
        "model": {
            "provider": "openai",
            "model": "gpt-4o",
            "messages": [{
                "role": "system",
                "content": "You are Riley. You call small businesses and offer a short appointment. Be brief and polite. \
                            If somebody asks not to be called again, apologise and end the call.",
            }],
        },
        "voice": {"provider": "11labs", "voiceId": "sarah"},
        "transcriber": {"provider": "deepgram", "model": "nova-2", "language": "en"},
        "voicemailMessage": "Hello, this is Riley. Please call us back when you have a minute. Thank you.",
        "endCallMessage": "Thank you for your time. Goodbye.",
        "analysisPlan": {
            "structuredDataPlan": {
                "enabled": true,
                "schema": {
                    "type": "object",
                    "properties": {
                        "outcome": {"type": "string"},
                        "interested": {"type": "boolean"},
                        "callback_requested": {"type": "boolean"},
                        "callback_at": {"type": "string", "format": "date-time"},
                        "do_not_call": {"type": "boolean"},
                    },
                },
            },
        },
    })
}

fn sam() -> Value {
    json!({
        "name": "Sam (survey)",
        "firstMessage": "Hello, this is Sam with a two-minute survey. May I ask you a few questions?",
        "model": {"provider": "openai", "model": "gpt-4o-mini", "messages": [{
            "role": "system",
            "content": "You are Sam. You ask three short questions and thank the person.",
        }]},
        "voice": {"provider": "11labs", "voiceId": "ryan"},
        "maxDurationSeconds": 300,
    })
}
