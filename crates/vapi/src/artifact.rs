//! What a call left behind: transcript, turns, recordings, analysis.

use serde::Deserialize;
use serde_json::Value;

use crate::lenient;
use crate::tool::ToolCall;

/// The `artifact` object of a call or of an end-of-call report.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Artifact {
    /// The whole conversation as text, one turn a line (`AI: …`, `User: …`).
    #[serde(deserialize_with = "lenient::text")]
    pub transcript: Option<String>,
    /// The turns of the conversation, system messages and tool calls included.
    #[serde(deserialize_with = "lenient::objects")]
    pub messages: Vec<Turn>,
    /// The same turns in the shape of a chat API; read when `messages` is missing.
    #[serde(rename = "messagesOpenAIFormatted", deserialize_with = "lenient::objects")]
    pub chat_messages: Vec<Turn>,
    /// Where the recordings lie.
    #[serde(deserialize_with = "lenient::object")]
    pub recording: Option<Recording>,
    /// Older place of the mono recording.
    #[serde(deserialize_with = "lenient::text")]
    pub recording_url: Option<String>,
    /// Older place of the stereo recording.
    #[serde(deserialize_with = "lenient::text")]
    pub stereo_recording_url: Option<String>,
    /// Download link of the mono recording. It expires, and differs in every answer and every delivery.
    #[serde(deserialize_with = "lenient::text")]
    pub presigned_mono_url: Option<String>,
    /// Download link of the stereo recording. It expires, and differs in every answer and every delivery.
    #[serde(deserialize_with = "lenient::text")]
    pub presigned_stereo_url: Option<String>,
    /// When the download links stop working, in milliseconds UTC.
    #[serde(rename = "presignedUrlsExpiresAt", deserialize_with = "lenient::moment_ms")]
    pub presigned_urls_expire_at_ms: Option<i64>,
    /// Results of the assistant's structured outputs, by output id.
    #[serde(deserialize_with = "lenient::free_json")]
    pub structured_outputs: Option<Value>,
}

impl Artifact {
    /// The whole conversation as text.
    pub fn transcript(&self) -> Option<&str> {
        self.transcript.as_deref()
    }

    /// A name of the recording that stays the same: good to store, but not to download without the API key, since the
    /// provider keeps recordings in a private store. Mono before stereo.
    pub fn recording_url(&self) -> Option<&str> {
        let recording = self.recording.as_ref();
        let mono = recording.and_then(|recording| recording.mono.as_ref());
        mono.and_then(|mono| mono.combined_url.as_deref())
            .or(self.recording_url.as_deref())
            .or_else(|| recording.and_then(|recording| recording.stereo_url.as_deref()))
            .or(self.stereo_recording_url.as_deref())
    }

    /// A link that plays the recording in a browser until [`Artifact::presigned_urls_expire_at_ms`]. Never store it.
    pub fn playable_recording_url(&self) -> Option<&str> {
        self.presigned_mono_url
            .as_deref()
            .or(self.presigned_stereo_url.as_deref())
    }

    /// All turns, system messages and tool calls included, from whichever list is there.
    pub fn turns(&self) -> &[Turn] {
        if self.messages.is_empty() {
            &self.chat_messages
        } else {
            &self.messages
        }
    }

    /// What tools the assistant called, in either list of turns; a call may come twice.
    pub fn tool_calls(&self) -> impl Iterator<Item = &ToolCall> {
        let turns = self.messages.iter().chain(&self.chat_messages);
        turns.flat_map(|turn| &turn.tool_calls)
    }

    /// What the called person said: turns with the role `user` and with words in them. None of them means that no
    /// conversation took place.
    pub fn user_turns(&self) -> impl Iterator<Item = &Turn> {
        self.turns().iter().filter(|turn| turn.is_user_speech())
    }
}

/// Where the recordings of a call lie. Not downloadable without the API key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Recording {
    /// Both sides, one per channel.
    #[serde(deserialize_with = "lenient::text")]
    pub stereo_url: Option<String>,
    /// Recordings with one channel.
    #[serde(deserialize_with = "lenient::object")]
    pub mono: Option<MonoRecording>,
}

/// Recordings with one channel.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MonoRecording {
    /// Both sides mixed.
    #[serde(deserialize_with = "lenient::text")]
    pub combined_url: Option<String>,
    /// The assistant alone.
    #[serde(deserialize_with = "lenient::text")]
    pub assistant_url: Option<String>,
    /// The called person alone.
    #[serde(deserialize_with = "lenient::text")]
    pub customer_url: Option<String>,
}

/// One turn of a conversation.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Turn {
    /// Who spoke: `user`, `bot` or `assistant`, `system`; or a step of a tool, of which the documentation leaves the name
    /// open (`tool_calls` and `tool_call_result` are seen).
    #[serde(deserialize_with = "lenient::text")]
    pub role: Option<String>,
    /// The words, if there are any.
    #[serde(alias = "content", deserialize_with = "lenient::text")]
    pub message: Option<String>,
    /// When it began, in milliseconds UTC.
    #[serde(rename = "time", deserialize_with = "lenient::moment_ms")]
    pub time_ms: Option<i64>,
    /// When it began, in seconds from the start of the call.
    #[serde(deserialize_with = "lenient::value")]
    pub seconds_from_start: Option<f64>,
    /// The tools that the assistant called in this step. Told by what the turn holds and not by its role.
    #[serde(alias = "tool_calls", deserialize_with = "lenient::objects")]
    pub tool_calls: Vec<ToolCall>,
    /// Which of the tool calls this is the result of.
    #[serde(alias = "tool_call_id", deserialize_with = "lenient::text")]
    pub tool_call_id: Option<String>,
    /// What the tool gave back, or its error.
    #[serde(deserialize_with = "lenient::json_text")]
    pub result: Option<String>,
}

impl Turn {
    /// Whether the called person said something in it.
    pub fn is_user_speech(&self) -> bool {
        self.role.as_deref() == Some("user") && self.message.is_some()
    }
}

/// The provider's own reading of the conversation. Any part may be missing: short calls and privacy modes have none.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Analysis {
    /// A few sentences.
    #[serde(deserialize_with = "lenient::text")]
    pub summary: Option<String>,
    /// Fields that the assistant was told to extract: an object in the documentation, or its text.
    #[serde(deserialize_with = "lenient::free_json")]
    pub structured_data: Option<Value>,
    /// The same of several extractions: a list of objects.
    #[serde(deserialize_with = "lenient::free_json")]
    pub structured_data_multi: Option<Value>,
    /// Whether the call reached its aim, in the words of the assistant's rubric (`true`, `7`, `Good`, …).
    #[serde(deserialize_with = "lenient::verdict")]
    pub success_evaluation: Option<String>,
}

/// What was found in a conversation, in every place where the provider writes it, the surest first. Places may repeat each
/// other, and any may be empty.
pub(crate) fn findings<'a>(
    analysis: Option<&'a Analysis>,
    artifact: Option<&'a Artifact>,
) -> impl Iterator<Item = &'a Value> {
    [
        analysis.and_then(|analysis| analysis.structured_data.as_ref()),
        artifact.and_then(|artifact| artifact.structured_outputs.as_ref()),
        analysis.and_then(|analysis| analysis.structured_data_multi.as_ref()),
    ]
    .into_iter()
    .flatten()
}
