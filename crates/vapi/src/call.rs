//! A call, as `POST /call`, `GET /call` and webhooks show it.

mod status;

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

pub use self::status::CallStatus;
use crate::artifact::{Analysis, Artifact, Turn};
use crate::create_call::METADATA_CALL_ID;
use crate::lenient;
use crate::tool::ToolCall;

/// The parts of a call that a dialler needs. Only `id` is certain to be there.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Call {
    /// The provider's id, a UUID. A call without one cannot be read.
    #[serde(deserialize_with = "id_text")]
    pub id: String,
    /// `outboundPhoneCall`, `inboundPhoneCall`, `webCall` or newer kinds.
    #[serde(default, rename = "type", deserialize_with = "lenient::text")]
    pub call_type: Option<String>,
    /// Where the call stands.
    #[serde(default, deserialize_with = "lenient::value")]
    pub status: Option<CallStatus>,
    /// Why it ended. About 600 values, growing; kept as text.
    #[serde(default, deserialize_with = "lenient::text")]
    pub ended_reason: Option<String>,
    /// More about why it ended, for people.
    #[serde(default, deserialize_with = "lenient::text")]
    pub ended_message: Option<String>,
    /// When the provider accepted it, in milliseconds UTC.
    #[serde(default, rename = "createdAt", deserialize_with = "lenient::moment_ms")]
    pub created_at_ms: Option<i64>,
    /// When the provider last changed its record, in milliseconds UTC.
    #[serde(default, rename = "updatedAt", deserialize_with = "lenient::moment_ms")]
    pub updated_at_ms: Option<i64>,
    /// When it started, in milliseconds UTC. Whether that is the dialling or the answer is not documented.
    #[serde(default, rename = "startedAt", deserialize_with = "lenient::moment_ms")]
    pub started_at_ms: Option<i64>,
    /// When it ended, in milliseconds UTC.
    #[serde(default, rename = "endedAt", deserialize_with = "lenient::moment_ms")]
    pub ended_at_ms: Option<i64>,
    /// What it cost so far, in millionths of a dollar. Zero at creation, final only after the end.
    #[serde(default, rename = "cost", deserialize_with = "lenient::usd_micros")]
    pub cost_usd_micros: Option<i64>,
    /// Who was called.
    #[serde(default, deserialize_with = "lenient::object")]
    pub customer: Option<CallCustomer>,
    /// The name given at creation, echoed.
    #[serde(default, deserialize_with = "lenient::text")]
    pub name: Option<String>,
    /// The assistant that speaks.
    #[serde(default, deserialize_with = "lenient::text")]
    pub assistant_id: Option<String>,
    /// The line that dials.
    #[serde(default, deserialize_with = "lenient::text")]
    pub phone_number_id: Option<String>,
    /// The overrides given at creation, echoed.
    #[serde(default, deserialize_with = "lenient::object")]
    pub assistant_overrides: Option<EchoedOverrides>,
    /// Addresses to listen to the live call and to act on it.
    #[serde(default, deserialize_with = "lenient::object")]
    pub monitor: Option<Monitor>,
    /// Transcript, turns and recordings.
    #[serde(default, deserialize_with = "lenient::object")]
    pub artifact: Option<Artifact>,
    /// The provider's reading of the conversation.
    #[serde(default, deserialize_with = "lenient::object")]
    pub analysis: Option<Analysis>,
    /// How full the account's lines were when the call was created.
    #[serde(default, deserialize_with = "lenient::object")]
    pub subscription_limits: Option<SubscriptionLimits>,
    /// Turns at the top level, as in payloads from before 2025.
    #[serde(default, deserialize_with = "lenient::objects")]
    pub messages: Vec<Turn>,
    /// Transcript at the top level, as in payloads from before 2025.
    #[serde(default, deserialize_with = "lenient::text")]
    pub transcript: Option<String>,
    /// Recording at the top level, as in payloads from before 2025.
    #[serde(default, deserialize_with = "lenient::text")]
    pub recording_url: Option<String>,
    /// Stereo recording at the top level, as in payloads from before 2025.
    #[serde(default, deserialize_with = "lenient::text")]
    pub stereo_recording_url: Option<String>,
}

impl Call {
    /// What the call cost so far, in millionths of a dollar, read from the digits of the JSON number.
    pub fn cost_usd_micros(&self) -> Option<i64> {
        self.cost_usd_micros
    }

    /// A stable name of the recording; see [`Artifact::recording_url`].
    pub fn recording_url(&self) -> Option<&str> {
        let artifact = self.artifact.as_ref();
        artifact
            .and_then(Artifact::recording_url)
            .or(self.recording_url.as_deref())
            .or(self.stereo_recording_url.as_deref())
    }

    /// What an analysis or structured outputs found, from every place of the record.
    pub fn findings(&self) -> impl Iterator<Item = &serde_json::Value> {
        crate::artifact::findings(self.analysis.as_ref(), self.artifact.as_ref())
    }

    /// Every tool call in the conversation, from every place of the record; a call may come twice.
    pub fn mentioned_tool_calls(&self) -> impl Iterator<Item = &crate::ToolCall> {
        let of_artifact = self.artifact.iter().flat_map(crate::Artifact::tool_calls);
        let of_messages = self.messages.iter().flat_map(|turn| &turn.tool_calls);
        of_artifact.chain(of_messages)
    }

    /// The whole conversation as text.
    pub fn transcript(&self) -> Option<&str> {
        self.artifact
            .as_ref()
            .and_then(Artifact::transcript)
            .or(self.transcript.as_deref())
    }

    /// What the called person said; see [`Artifact::user_turns`].
    pub fn user_turns(&self) -> impl Iterator<Item = &Turn> {
        self.turns().iter().filter(|turn| turn.is_user_speech())
    }

    /// What tools the assistant called; see [`Artifact::tool_calls`].
    pub fn tool_calls(&self) -> impl Iterator<Item = &ToolCall> {
        self.turns().iter().flat_map(|turn| &turn.tool_calls)
    }

    fn turns(&self) -> &[Turn] {
        let of_artifact = self.artifact.as_ref().map(Artifact::turns);
        of_artifact
            .filter(|turns| !turns.is_empty())
            .unwrap_or(&self.messages)
    }

    /// The ids that the caller gave the call at creation, each once: name, the customer's external id, and
    /// `metadata.callId`. The provider has no other place for them and cannot search by them.
    pub fn correlation_ids(&self) -> Vec<&str> {
        let external_id = self
            .customer
            .as_ref()
            .and_then(|customer| customer.external_id.as_deref());
        let metadata = self
            .assistant_overrides
            .as_ref()
            .map(|overrides| &overrides.metadata);
        let metadata_id = metadata
            .and_then(|metadata| metadata.get(METADATA_CALL_ID))
            .and_then(Value::as_str);
        distinct([self.name.as_deref(), external_id, metadata_id])
    }

    /// The address that ends or steers the live call. Whoever knows it can do so: keep it out of logs.
    pub fn control_url(&self) -> Option<&str> {
        self.monitor
            .as_ref()
            .and_then(|monitor| monitor.control_url.as_deref())
    }
}

/// The non-blank texts among `candidates`, each once, in their order.
pub(crate) fn distinct<'a>(candidates: impl IntoIterator<Item = Option<&'a str>>) -> Vec<&'a str> {
    let mut found = Vec::new();
    for candidate in candidates
        .into_iter()
        .flatten()
        .filter(|text| !text.trim().is_empty())
    {
        if !found.contains(&candidate) {
            found.push(candidate);
        }
    }
    found
}

fn id_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let id = String::deserialize(deserializer)?;
    if id.trim().is_empty() {
        return Err(serde::de::Error::custom("empty id"));
    }
    Ok(id)
}

/// The called person, echoed from the request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CallCustomer {
    /// The number, E.164.
    #[serde(deserialize_with = "lenient::text")]
    pub number: Option<String>,
    /// The name.
    #[serde(deserialize_with = "lenient::text")]
    pub name: Option<String>,
    /// The caller's own id of this call.
    #[serde(deserialize_with = "lenient::text")]
    pub external_id: Option<String>,
}

/// The assistant overrides, echoed from the request.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EchoedOverrides {
    /// Free data of the caller.
    #[serde(deserialize_with = "metadata")]
    pub metadata: Map<String, Value>,
}

fn metadata<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Map<String, Value>, D::Error> {
    Ok(lenient::value(deserializer)?.unwrap_or_default())
}

/// Addresses of the live call.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Monitor {
    /// WebSocket with the sound of the call.
    #[serde(deserialize_with = "lenient::text")]
    pub listen_url: Option<String>,
    /// HTTP address that takes commands for the call.
    #[serde(deserialize_with = "lenient::text")]
    pub control_url: Option<String>,
}

/// How full the account's lines are. Present on successful answers too.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SubscriptionLimits {
    /// The call could not start because all lines were taken.
    #[serde(deserialize_with = "lenient::value")]
    pub concurrency_blocked: Option<bool>,
    /// Lines of the account, shared by all its calls.
    #[serde(deserialize_with = "lenient::value")]
    pub concurrency_limit: Option<u32>,
    /// Lines left, this call included. Has been seen negative: do not rely on it.
    #[serde(deserialize_with = "lenient::value")]
    pub remaining_concurrent_calls: Option<i64>,
}
