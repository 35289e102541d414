//! Messages, transcript and recording of a call, as records and webhooks carry them.

use crate::call::Call;
use crate::conversation::{Line, Speaker};
use crate::time;
use serde::Serialize;

/// One entry of `messages`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SpokenMessage<'a> {
    role: &'static str,
    message: &'a str,
    time: i64,
    end_time: i64,
    seconds_from_start: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration: Option<i64>,
}

/// One entry of `messagesOpenAIFormatted`.
#[derive(Debug, Serialize)]
pub(crate) struct ChatMessage<'a> {
    role: &'static str,
    content: &'a str,
}

/// What is left of a call.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Artifact<'a> {
    messages: Vec<SpokenMessage<'a>>,
    #[serde(rename = "messagesOpenAIFormatted")]
    chat: Vec<ChatMessage<'a>>,
    transcript: String,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    recordings: Option<Recordings>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Recordings {
    recording: Recording,
    recording_url: String,
    stereo_recording_url: String,
    presigned_mono_url: String,
    presigned_stereo_url: String,
    presigned_urls_expires_at: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Recording {
    stereo_url: String,
    mono: Mono,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Mono {
    combined_url: String,
    assistant_url: String,
    customer_url: String,
}

/// For how long a presigned address works.
const PRESIGNED_MS: i64 = 3_600_000;

/// The messages of those lines, after the system prompt.
pub(crate) fn messages<'a>(call: &'a Call, lines: &'a [Line]) -> Vec<SpokenMessage<'a>> {
    let Some(started_ms) = call.started_ms else {
        return Vec::new();
    };
    let prompt = call.terms.prompt.as_deref().map(|prompt| SpokenMessage {
        role: "system",
        message: prompt,
        time: started_ms,
        end_time: started_ms,
        seconds_from_start: 0.0,
        duration: None,
    });
    let spoken = lines.iter().map(|line| SpokenMessage {
        role: match line.speaker {
            Speaker::Assistant => "bot",
            Speaker::Customer => "user",
        },
        message: &line.text,
        time: started_ms + line.from_ms,
        end_time: started_ms + line.to_ms,
        seconds_from_start: line.from_ms as f64 / 1_000.0,
        duration: Some(line.to_ms - line.from_ms),
    });
    prompt.into_iter().chain(spoken).collect()
}

/// The same in the form that language models take.
pub(crate) fn chat<'a>(call: &'a Call, lines: &'a [Line]) -> Vec<ChatMessage<'a>> {
    let prompt = call.terms.prompt.as_deref().filter(|_| call.started_ms.is_some());
    let prompt = prompt.map(|content| ChatMessage {
        role: "system",
        content,
    });
    let spoken = lines.iter().map(|line| ChatMessage {
        role: match line.speaker {
            Speaker::Assistant => "assistant",
            Speaker::Customer => "user",
        },
        content: &line.text,
    });
    prompt.into_iter().chain(spoken).collect()
}

impl<'a> Artifact<'a> {
    /// What a call leaves; `base_url` is this server's own address.
    pub(crate) fn of(call: &'a Call, lines: &'a [Line], base_url: &str, now_ms: i64) -> Artifact<'a> {
        let mut transcript = String::new();
        for line in lines {
            let who = match line.speaker {
                Speaker::Assistant => &call.terms.assistant_name,
                Speaker::Customer => &call.terms.user_name,
            };
            transcript.extend([who, ": ", &line.text, "\n"]);
        }
        Artifact {
            messages: messages(call, lines),
            chat: chat(call, lines),
            transcript,
            recordings: call.is_recorded().then(|| Recordings::of(call, base_url, now_ms)),
        }
    }
}

/// The address of one kind of recording of a call.
pub(crate) fn recording_url(base_url: &str, id: uuid::Uuid, kind: &str) -> String {
    format!("{base_url}/sandbox/recordings/{id}/{kind}.wav")
}

impl Recordings {
    fn of(call: &Call, base_url: &str, now_ms: i64) -> Recordings {
        let url = |kind: &str| recording_url(base_url, call.id, kind);
        let expires_ms = now_ms + PRESIGNED_MS;
        Recordings {
            recording: Recording {
                stereo_url: url("stereo"),
                mono: Mono {
                    combined_url: url("mono"),
                    assistant_url: url("assistant"),
                    customer_url: url("customer"),
                },
            },
            recording_url: url("mono"),
            stereo_recording_url: url("stereo"),
            presigned_mono_url: format!("{}?expires={expires_ms}", url("mono")),
            presigned_stereo_url: format!("{}?expires={expires_ms}", url("stereo")),
            presigned_urls_expires_at: time::iso(expires_ms),
        }
    }
}
