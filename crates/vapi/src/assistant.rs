//! A saved voice agent.

use serde::Deserialize;

use crate::lenient;

/// The parts of an assistant that a directory shows. The whole definition is in [`Raw::raw`](crate::Raw), with prompts
/// and possibly with secrets in its `server.headers`: keep it out of logs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Assistant {
    /// The provider's id, a UUID.
    pub id: String,
    /// At most 40 characters; may be missing.
    #[serde(default, deserialize_with = "lenient::text")]
    pub name: Option<String>,
    /// What it says first: text, or the address of a sound file.
    #[serde(default, deserialize_with = "lenient::text")]
    pub first_message: Option<String>,
    /// The language model.
    #[serde(default, deserialize_with = "lenient::object")]
    pub model: Option<Model>,
    /// The voice.
    #[serde(default, deserialize_with = "lenient::object")]
    pub voice: Option<Voice>,
    /// The provider hangs up after this many seconds; 600 if missing.
    #[serde(default, deserialize_with = "lenient::value")]
    pub max_duration_seconds: Option<u32>,
    /// In milliseconds UTC.
    #[serde(default, rename = "createdAt", deserialize_with = "lenient::moment_ms")]
    pub created_at_ms: Option<i64>,
    /// In milliseconds UTC.
    #[serde(default, rename = "updatedAt", deserialize_with = "lenient::moment_ms")]
    pub updated_at_ms: Option<i64>,
}

/// Which language model an assistant uses.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Model {
    /// `openai`, `anthropic`, …
    #[serde(deserialize_with = "lenient::text")]
    pub provider: Option<String>,
    /// The provider's name of the model.
    #[serde(deserialize_with = "lenient::text")]
    pub model: Option<String>,
}

/// Which voice an assistant has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Voice {
    /// `11labs`, `cartesia`, …
    #[serde(deserialize_with = "lenient::text")]
    pub provider: Option<String>,
    /// The provider's name of the voice.
    #[serde(deserialize_with = "lenient::text")]
    pub voice_id: Option<String>,
}
