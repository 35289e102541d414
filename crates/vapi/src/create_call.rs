//! The request that makes a phone ring.
//!
//! The API refuses a request with a field it does not know, so these types can carry nothing else. `metadata`, `server`
//! and `maxDurationSeconds` are such unknown fields at the top level; they belong into the assistant overrides.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

/// Key of the caller's own call id in [`AssistantOverrides::metadata`].
pub const METADATA_CALL_ID: &str = "callId";

/// Longest `name` that the API takes. Counted here in UTF-16 units, which is never less than any other count of
/// characters that a JavaScript server may use.
const NAME_UNITS: usize = 40;

/// Body of `POST /call`: one saved assistant calls one person from one saved number.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateCall {
    /// The saved assistant.
    pub assistant_id: String,
    /// The saved number to call from.
    pub phone_number_id: String,
    /// Whom to call.
    pub customer: Customer,
    /// Free text that is echoed on the call; carries the caller's own call id. Cut to 40 characters when sent.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "cut_to_40")]
    pub name: Option<String>,
    /// What this call changes about the saved assistant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assistant_overrides: Option<AssistantOverrides>,
}

impl CreateCall {
    /// A call that carries `call_id` in all three places from which it can be read back: `name`,
    /// `customer.externalId` and `metadata.callId`. `number` is E.164; `call_id` has at most 40 characters, as a UUID
    /// does.
    pub fn correlated(call_id: &str, assistant_id: &str, phone_number_id: &str, number: &str) -> Self {
        let mut overrides = AssistantOverrides::default();
        overrides
            .metadata
            .insert(METADATA_CALL_ID.to_owned(), Value::from(call_id));
        Self {
            assistant_id: assistant_id.to_owned(),
            phone_number_id: phone_number_id.to_owned(),
            customer: Customer {
                number: number.to_owned(),
                name: None,
                extension: None,
                external_id: Some(call_id.to_owned()),
            },
            name: Some(call_id.to_owned()),
            assistant_overrides: Some(overrides),
        }
    }
}

/// Whom to call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Customer {
    /// E.164, `+` and at most 15 digits.
    pub number: String,
    /// Name of the person. Cut to 40 characters when sent.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "cut_to_40")]
    pub name: Option<String>,
    /// Digits to dial once the call is answered, at most 10.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extension: Option<String>,
    /// The caller's own id of this call, at most 40 characters. Sent as it is: an id that was cut names nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
}

/// What one call changes about its assistant. Empty parts are not sent.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AssistantOverrides {
    /// Free data, echoed on the call and in every webhook.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub metadata: Map<String, Value>,
    /// Values for the `{{placeholders}}` of the assistant's prompt and messages.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub variable_values: Map<String, Value>,
    /// Where webhooks of this call go, instead of the assistant's own address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<Server>,
    /// Which webhooks to send; empty leaves the assistant's own choice.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub server_messages: Vec<String>,
    /// The provider hangs up after this many seconds: 10 to 43,200.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_duration_seconds: Option<u32>,
}

/// Where webhooks go.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Server {
    /// Receives a POST per message.
    pub url: String,
    /// How long the provider waits for an answer: 1 to 300, by default 20.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u32>,
    /// Sent with every message. The place for a shared secret; left out of debug output.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The provider's credential that signs or authorises every message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential_id: Option<String>,
    /// Repetition after a failed delivery. Without it there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backoff_plan: Option<BackoffPlan>,
}

impl fmt::Debug for Server {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Server")
            .field("url", &self.url)
            .field("timeout_seconds", &self.timeout_seconds)
            .field("header_names", &self.headers.keys().collect::<Vec<_>>())
            .field("backoff_plan", &self.backoff_plan)
            .finish()
    }
}

/// How often the provider repeats a webhook that was not answered with a 2xx.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BackoffPlan {
    /// How the delay grows.
    #[serde(rename = "type")]
    pub backoff_type: BackoffType,
    /// 0 to 10.
    pub max_retries: u32,
    /// 0 to 10.
    pub base_delay_seconds: u32,
}

/// How the delay between repetitions grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum BackoffType {
    /// It does not.
    Fixed,
    /// It doubles.
    Exponential,
}

fn cut_to_40<S: Serializer>(text: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    text.as_deref()
        .map(|text| cut(text, NAME_UNITS))
        .serialize(serializer)
}

/// The longest beginning of `text` of at most `units` UTF-16 units that ends between two characters.
fn cut(text: &str, units: usize) -> &str {
    let mut used = 0;
    for (at, character) in text.char_indices() {
        used += character.len_utf16();
        if used > units {
            return &text[..at];
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_between_characters() {
        assert_eq!(cut("abc", 40), "abc");
        assert_eq!(cut("äöü", 2), "äö");
        assert_eq!(cut("a😀b", 2), "a");
        assert_eq!(cut("a😀b", 3), "a😀");
        assert_eq!(cut(&"x".repeat(41), NAME_UNITS).len(), 40);
    }

    #[test]
    fn empty_parts_are_not_sent() {
        let mut call = CreateCall::correlated("our-id", "a1", "p1", "+14155550100");
        call.assistant_overrides = None;
        let json = serde_json::to_value(&call).unwrap();
        let expected = serde_json::json!({
            "assistantId": "a1",
            "phoneNumberId": "p1",
            "customer": {"number": "+14155550100", "externalId": "our-id"},
            "name": "our-id",
        });
        assert_eq!(json, expected);
        assert_eq!(
            serde_json::to_string(&AssistantOverrides::default()).unwrap(),
            "{}"
        );
    }

    #[test]
    fn debug_output_hides_header_values() {
        let server = Server {
            url: "https://example.com/hooks".to_owned(),
            timeout_seconds: None,
            headers: BTreeMap::from([("X-Vapi-Secret".to_owned(), "hush".to_owned())]),
            credential_id: None,
            backoff_plan: None,
        };
        let text = format!("{server:?}");
        assert!(text.contains("X-Vapi-Secret") && !text.contains("hush"), "{text}");
    }

    proptest::proptest! {
        #[test]
        fn a_cut_name_always_fits_and_begins_the_name(name in ".{0,80}") {
            let cut = cut(&name, NAME_UNITS);
            proptest::prop_assert!(cut.encode_utf16().count() <= NAME_UNITS);
            proptest::prop_assert!(name.starts_with(cut));
        }
    }
}
