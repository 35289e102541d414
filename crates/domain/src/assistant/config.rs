//! A configuration: what it holds, how it changes, and what is sent to the provider.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use thiserror::Error;

use super::value;
use crate::ids::AssistantId;

/// The field of the provider's `metadata` that carries our id, so that an assistant whose creation was not answered can
/// be found again.
pub const MARK: &str = "autolynxAssistantId";

/// What the provider adds to an assistant and takes from nobody.
const PROVIDER_OWN: [&str; 7] = [
    "id",
    "orgId",
    "createdAt",
    "updatedAt",
    "latestVersion",
    "isServerUrlSecretSet",
    "modelDeprecations",
];

/// A text that should hold an assistant and does not.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("a configuration must be a JSON object: {0}")]
pub struct NotAnObject(String);

/// What an assistant is made of, as the provider writes it, without what is the provider's own (ids, dates) and without
/// our mark.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Config(Map<String, Value>);

/// Equality in which `1` and `1.0` are the same number.
impl PartialEq for Config {
    fn eq(&self, other: &Self) -> bool {
        let (a, b) = (&self.0, &other.0);
        a.len() == b.len()
            && a.iter()
                .all(|(key, a)| b.get(key).is_some_and(|b| value::same(a, b)))
    }
}

impl Config {
    /// A configuration of these fields.
    #[must_use]
    pub const fn new(map: Map<String, Value>) -> Self {
        Self(map)
    }

    /// Reads a stored text or what a person sent.
    ///
    /// # Errors
    ///
    /// When the text is not a JSON object.
    pub fn parse(json: &str) -> Result<Self, NotAnObject> {
        match serde_json::from_str(json) {
            Ok(Value::Object(map)) => Ok(Self(map)),
            Ok(_) => Err(NotAnObject("this is another kind of value".to_owned())),
            Err(error) => Err(NotAnObject(error.to_string())),
        }
    }

    /// Reads an assistant as the provider answers it, without what is the provider's own and without our mark.
    ///
    /// # Errors
    ///
    /// When the text is not a JSON object.
    pub fn from_provider(json: &str) -> Result<Self, NotAnObject> {
        let mut config = Self::parse(json)?;
        for field in PROVIDER_OWN {
            config.0.remove(field);
        }
        // Absent and null mean the same, and the provider writes either.
        config.0.retain(|_, value| !value.is_null());
        if config.0.contains_key("metadata") {
            match without_mark(config.0.get("metadata")) {
                Some(metadata) => config.0.insert("metadata".to_owned(), metadata),
                None => config.0.remove("metadata"),
            };
        }
        config.drop_echoed_prompt();
        Ok(config)
    }

    /// The provider repeats the system message as `model.systemPrompt`, a field that it no longer takes. Kept, it would
    /// show as a second prompt to edit.
    fn drop_echoed_prompt(&mut self) {
        let Some(Value::Object(model)) = self.0.get_mut("model") else {
            return;
        };
        let Some(echo) = model.get("systemPrompt").and_then(Value::as_str) else {
            return;
        };
        let said_again = model
            .get("messages")
            .and_then(Value::as_array)
            .is_some_and(|messages| messages.iter().any(|message| system_text(message) == Some(echo)));
        if said_again {
            model.remove("systemPrompt");
        }
    }

    /// The configuration as text. The same configuration always gives the same text: keys are sorted.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(&self.0).unwrap_or_default()
    }

    /// All fields.
    #[must_use]
    pub const fn as_map(&self) -> &Map<String, Value> {
        &self.0
    }

    pub(super) fn into_map(self) -> Map<String, Value> {
        self.0
    }

    /// The name, when there is one.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.0.get("name")?.as_str()
    }

    /// Names the assistant.
    pub fn set_name(&mut self, name: &str) {
        self.0.insert("name".to_owned(), Value::from(name));
    }

    /// What lies at a path, such as `model.messages[0].content`.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Value> {
        value::at(&self.0, path)
    }

    /// Applies a JSON merge patch (RFC 7396): objects merge, null removes, everything else replaces.
    pub fn merge(&mut self, patch: &Map<String, Value>) {
        value::merge(&mut self.0, patch);
    }

    /// The body that creates this assistant at the provider. It carries our mark, so that it can be found again when the
    /// answer is lost.
    #[must_use]
    pub fn create_body(&self, id: AssistantId) -> Value {
        let mut body = self.0.clone();
        body.retain(|_, value| !value.is_null());
        body.insert("metadata".to_owned(), marked(self.0.get("metadata"), id));
        Value::Object(body)
    }

    /// The body that changes the provider's assistant from `base` to this: every top-level field that differs, whole,
    /// because the provider does not document how it merges nested objects; null for those that are gone. Empty when
    /// nothing differs.
    #[must_use]
    pub fn change_body(&self, base: &Self, id: AssistantId) -> Map<String, Value> {
        let mut body = Map::new();
        for key in self.0.keys().chain(base.0.keys()) {
            if body.contains_key(key) || same_field(key, self.0.get(key), base.0.get(key)) {
                continue;
            }
            // Metadata never goes: our mark lies in it.
            let wanted = if key == "metadata" {
                marked(self.0.get(key), id)
            } else {
                self.0.get(key).cloned().unwrap_or_default()
            };
            body.insert(key.clone(), wanted);
        }
        body
    }

    /// Whether this, the provider's present state, has every field of a [change](Config::change_body) as the change
    /// wants it. Null in the change means absent here. Our mark is not compared.
    #[must_use]
    pub fn holds(&self, change: &Map<String, Value>) -> bool {
        change
            .iter()
            .all(|(key, wanted)| same_field(key, self.0.get(key), Some(wanted)))
    }

    /// A short text that differs when the configuration differs, to say "the version that you have seen".
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut text = String::new();
        value::canonical_object(&self.0, &mut text);
        format!("{:016x}", fnv1a(text.as_bytes()))
    }
}

/// Our id in the metadata of an assistant as the provider answers it.
#[must_use]
pub fn mark_in(provider_json: &str) -> Option<AssistantId> {
    let answer: Value = serde_json::from_str(provider_json).ok()?;
    answer.get("metadata")?.get(MARK)?.as_str()?.parse().ok()
}

/// The text of a message, when it is a system message.
pub(super) fn system_text(message: &Value) -> Option<&str> {
    let is_system = message.get("role").and_then(Value::as_str) == Some("system");
    message.get("content").filter(|_| is_system)?.as_str()
}

/// Metadata with our mark. What is no object cannot carry it and gives way; `check` has refused it before.
fn marked(metadata: Option<&Value>, id: AssistantId) -> Value {
    let mut fields = metadata.and_then(Value::as_object).cloned().unwrap_or_default();
    fields.insert(MARK.to_owned(), Value::from(id.to_string()));
    Value::Object(fields)
}

/// Metadata without our mark. `None` when nothing is left.
fn without_mark(metadata: Option<&Value>) -> Option<Value> {
    match metadata? {
        Value::Null => None,
        Value::Object(fields) => {
            let mut fields = fields.clone();
            fields.remove(MARK);
            (!fields.is_empty()).then_some(Value::Object(fields))
        }
        other => Some(other.clone()),
    }
}

/// Whether a top-level field is the same in both. Null is as good as absent.
fn same_field(key: &str, a: Option<&Value>, b: Option<&Value>) -> bool {
    if key == "metadata" {
        return same_field("", without_mark(a).as_ref(), without_mark(b).as_ref());
    }
    match (
        a.filter(|value| !value.is_null()),
        b.filter(|value| !value.is_null()),
    ) {
        (None, None) => true,
        (Some(a), Some(b)) => value::same(a, b),
        _ => false,
    }
}

/// FNV-1a: the standard library's hashers may change between versions, and a fingerprint outlives an update.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
