//! Messages, transcript and recording of a call, as records and webhooks carry them.

use crate::call::Call;
use crate::conversation::{Line, Speaker};
use crate::time;
use crate::told::ToldClock;
use serde::Serialize;
use serde_json::Value;

/// One entry of `messages`.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Entry<'a> {
    Spoken(SpokenMessage<'a>),
    ToolCalls(ToolCallMessage),
    ToolResult(ToolResultMessage<'a>),
}

/// Words.
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

/// Tools that the assistant called.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ToolCallMessage {
    role: &'static str,
    tool_calls: [Value; 1],
    message: &'static str,
    time: i64,
    seconds_from_start: f64,
}

/// What a tool gave back.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ToolResultMessage<'a> {
    role: &'static str,
    tool_call_id: &'a str,
    name: &'a str,
    result: &'a str,
    time: i64,
    seconds_from_start: f64,
}

/// One entry of `messagesOpenAIFormatted`.
#[derive(Debug, Serialize)]
pub(crate) struct ChatMessage<'a> {
    role: &'static str,
    /// Null beside `tool_calls`.
    content: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_calls: Option<[Value; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_call_id: Option<&'a str>,
}

/// What is left of a call.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Artifact<'a> {
    messages: Vec<Entry<'a>>,
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

/// The messages of those lines, after the system prompt, with what became of tools until `until_ms`.
pub(crate) fn messages<'a>(
    call: &'a Call,
    told: &ToldClock,
    lines: &'a [Line],
    until_ms: i64,
) -> Vec<Entry<'a>> {
    let Some(started_ms) = call.started_ms else {
        return Vec::new();
    };
    let prompt = call.terms.prompt.as_deref().map(|prompt| {
        Entry::Spoken(SpokenMessage {
            role: "system",
            message: prompt,
            time: told.at(started_ms),
            end_time: told.at(started_ms),
            seconds_from_start: 0.0,
            duration: None,
        })
    });
    let spoken = |line: &'a Line| {
        Entry::Spoken(SpokenMessage {
            role: match line.speaker {
                Speaker::Assistant => "bot",
                Speaker::Customer => "user",
            },
            message: &line.text,
            time: told.at(started_ms + line.from_ms),
            end_time: told.at(started_ms + line.to_ms),
            seconds_from_start: line.from_ms as f64 / 1_000.0,
            duration: Some(line.to_ms - line.from_ms),
        })
    };
    let steps = ToolSteps::of(call, until_ms);
    let step = |step: ToolStep<'a>| match step {
        ToolStep::Called(at_ms, wire) => Entry::ToolCalls(ToolCallMessage {
            role: "tool_calls",
            tool_calls: [wire],
            message: "",
            time: told.at(at_ms),
            seconds_from_start: (at_ms - started_ms) as f64 / 1_000.0,
        }),
        ToolStep::Result(at_ms, id, name, result) => Entry::ToolResult(ToolResultMessage {
            role: "tool_call_result",
            tool_call_id: id,
            name,
            result,
            time: told.at(at_ms),
            seconds_from_start: (at_ms - started_ms) as f64 / 1_000.0,
        }),
    };
    prompt
        .into_iter()
        .chain(steps.among(started_ms, lines, spoken, step))
        .collect()
}

/// The same in the form that language models take.
pub(crate) fn chat<'a>(call: &'a Call, lines: &'a [Line], until_ms: i64) -> Vec<ChatMessage<'a>> {
    let plain = |role, content| ChatMessage {
        role,
        content: Some(content),
        tool_calls: None,
        tool_call_id: None,
    };
    let prompt = call.terms.prompt.as_deref().filter(|_| call.started_ms.is_some());
    let prompt = prompt.map(|content| plain("system", content));
    let spoken = |line: &'a Line| match line.speaker {
        Speaker::Assistant => plain("assistant", &line.text),
        Speaker::Customer => plain("user", &line.text),
    };
    let step = |step: ToolStep<'a>| match step {
        ToolStep::Called(_, wire) => ChatMessage {
            role: "assistant",
            content: None,
            tool_calls: Some([wire]),
            tool_call_id: None,
        },
        ToolStep::Result(_, id, _, result) => ChatMessage {
            tool_call_id: Some(id),
            ..plain("tool", result)
        },
    };
    let steps = ToolSteps::of(call, until_ms);
    let said = steps.among(call.started_ms.unwrap_or(0), lines, spoken, step);
    prompt.into_iter().chain(said).collect()
}

/// What an assistant did with its tool, at its moment.
enum ToolStep<'a> {
    Called(i64, Value),
    /// The id of the tool call, the tool's name and what it gave back.
    Result(i64, &'a str, &'a str, &'a str),
}

impl ToolStep<'_> {
    fn at_ms(&self) -> i64 {
        match self {
            ToolStep::Called(at_ms, _) | ToolStep::Result(at_ms, ..) => *at_ms,
        }
    }
}

/// The steps of one call, in order.
struct ToolSteps<'a>(Vec<ToolStep<'a>>);

impl<'a> ToolSteps<'a> {
    fn of(call: &'a Call, until_ms: i64) -> ToolSteps<'a> {
        let (Some(tool), Some(used), true) =
            (&call.terms.opt_out_tool, &call.tool_use, call.terms.transcript)
        else {
            return ToolSteps(Vec::new());
        };
        let called = ToolStep::Called(used.called_ms, used.wire(&tool.name));
        // An answer that comes after the end has nobody left to hear it.
        let heard_until_ms = call.truly_ended_ms.unwrap_or(i64::MAX);
        let result = used
            .outcome(heard_until_ms)
            .map(|(at_ms, said)| ToolStep::Result(at_ms, used.id.as_str(), tool.name.as_str(), said));
        let steps = [Some(called), result].into_iter().flatten();
        ToolSteps(steps.filter(|step| step.at_ms() <= until_ms).collect())
    }

    /// The lines with these steps between them, by their moments.
    fn among<T>(
        self,
        started_ms: i64,
        lines: &'a [Line],
        spoken: impl Fn(&'a Line) -> T,
        step: impl Fn(ToolStep<'a>) -> T,
    ) -> Vec<T> {
        let mut steps = self.0.into_iter().peekable();
        let mut all = Vec::with_capacity(lines.len() + 2);
        for line in lines {
            while let Some(earlier) = steps.next_if(|step| step.at_ms() <= started_ms + line.from_ms) {
                all.push(step(earlier));
            }
            all.push(spoken(line));
        }
        all.extend(steps.map(step));
        all
    }
}

impl<'a> Artifact<'a> {
    /// What a call leaves; `base_url` is this server's own address.
    pub(crate) fn of(
        call: &'a Call,
        told: &ToldClock,
        lines: &'a [Line],
        base_url: &str,
        now_ms: i64,
    ) -> Artifact<'a> {
        let mut transcript = String::new();
        for line in lines {
            let who = match line.speaker {
                Speaker::Assistant => &call.terms.assistant_name,
                Speaker::Customer => &call.terms.user_name,
            };
            transcript.extend([who, ": ", &line.text, "\n"]);
        }
        Artifact {
            messages: messages(call, told, lines, i64::MAX),
            chat: chat(call, lines, i64::MAX),
            transcript,
            recordings: call
                .is_recorded()
                .then(|| Recordings::of(call, base_url, told.at(now_ms))),
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
