//! Server messages: the bodies of webhooks.

use crate::agenda::{Message, Outgoing};
use crate::analysis::Analysis;
use crate::artifact::{self, Artifact, ChatMessage, Entry};
use crate::call::{Afterwards, Call, Status};
use crate::conversation::{Line, Speaker};
use crate::settings::Settings;
use crate::told::ToldClock;
use crate::view;
use bytes::Bytes;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

#[derive(Serialize)]
struct Envelope<'a> {
    message: Body<'a>,
}

/// The properties of every kind of message; those that a kind does not have stay out.
#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    /// Epoch milliseconds.
    timestamp: i64,
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    turn: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transcript_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transcript: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    destination: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    messages: Option<Vec<Entry<'a>>>,
    #[serde(rename = "messagesOpenAIFormatted", skip_serializing_if = "Option::is_none")]
    chat: Option<Vec<ChatMessage<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_call_list: Option<Vec<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_with_tool_call_list: Option<Vec<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    started_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    costs: Option<Vec<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    artifact: Option<Artifact<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    analysis: Option<&'a Analysis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    call: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_number: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    assistant: Option<&'a RawValue>,
}

impl Message {
    /// The `type` on the wire.
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Message::Status(_) => "status-update",
            Message::EndOfCallReport => "end-of-call-report",
            Message::AssistantStarted => "assistant.started",
            Message::SpeechUpdate { .. } => "speech-update",
            Message::SpeechStarted { .. } => "assistant.speechStarted",
            Message::ConversationUpdate => "conversation-update",
            Message::Transcript { .. } => "transcript",
            Message::UserInterrupted => "user-interrupted",
            Message::Hang => "hang",
            Message::ToolCalls => "tool-calls",
        }
    }
}

/// The body of a message about `call`, as it is sent at `sent_ms`.
pub(crate) fn body(
    call: &Call,
    outgoing: &Outgoing,
    settings: &Settings,
    told: &ToldClock,
    sent_ms: i64,
) -> Bytes {
    let after = match outgoing.message {
        Message::EndOfCallReport => call.afterwards(settings.seed, settings.people.usd_micros_per_minute),
        _ => None,
    };
    let lines = match outgoing.message {
        Message::ConversationUpdate => call.lines(settings.seed, outgoing.event_ms),
        Message::SpeechUpdate { .. } | Message::SpeechStarted { .. } | Message::Transcript { .. } => {
            call.lines(settings.seed, i64::MAX)
        }
        _ => Vec::new(),
    };
    let mut body = Body {
        timestamp: outgoing.slip.timestamp(told.at(outgoing.event_ms)),
        r#type: outgoing.message.kind(),
        call: call.snapshot.as_deref(),
        customer: call.echo.customer.as_deref(),
        phone_number: call.number_wire.as_deref(),
        assistant: call.assistant_wire.as_deref(),
        ..Body::default()
    };
    match outgoing.message {
        Message::Status(status) => {
            body.status = Some(status.wire());
            match status {
                Status::Ended => body.ended_reason = call.ended_reason.as_deref(),
                Status::Forwarding => {
                    body.destination = Some(json!({"type": "number", "number": "+14155550199"}));
                }
                _ => {}
            }
        }
        Message::EndOfCallReport => {
            if let Some(Afterwards {
                lines,
                cost,
                analysis,
            }) = &after
            {
                body.ended_reason = call.ended_reason.as_deref();
                body.started_at = view::started_at(call, told);
                body.ended_at = Some(view::ended_at(call, told));
                body.cost = Some(cost.total_usd());
                body.costs = Some(cost.list(call.provider));
                body.artifact = Some(Artifact::of(
                    call,
                    told,
                    lines,
                    &settings.public_base_url,
                    sent_ms,
                ));
                body.analysis = Some(analysis);
            }
        }
        Message::SpeechUpdate { line, started } => {
            body.status = Some(if started { "started" } else { "stopped" });
            body.role = lines.get(line).map(role);
            body.turn = Some(line);
        }
        Message::SpeechStarted { line } => {
            body.text = lines.get(line).map(|line| line.text.clone());
            body.turn = Some(line);
            body.source = Some("model");
        }
        Message::Transcript { line, partial } => {
            body.role = lines.get(line).map(role);
            body.transcript_type = Some(if partial { "partial" } else { "final" });
            body.transcript = lines
                .get(line)
                .map(|line| if partial { begun(line) } else { line.text.clone() });
        }
        Message::ConversationUpdate => {
            body.messages = Some(artifact::messages(call, told, &lines, outgoing.event_ms));
            body.chat = Some(artifact::chat(call, &lines, outgoing.event_ms));
        }
        Message::ToolCalls => {
            if let (Some(tool), Some(used)) = (&call.terms.opt_out_tool, &call.tool_use) {
                body.tool_call_list = Some(vec![used.wire(&tool.name)]);
                body.tool_with_tool_call_list = Some(vec![tool.with(used)]);
            }
        }
        Message::AssistantStarted | Message::UserInterrupted | Message::Hang => {}
    }
    serde_json::to_vec(&Envelope { message: body })
        .expect("plain data always serialises")
        .into()
}

fn role(line: &Line) -> &'static str {
    match line.speaker {
        Speaker::Assistant => "assistant",
        Speaker::Customer => "user",
    }
}

/// The first half of what is being said.
fn begun(line: &Line) -> String {
    let words: Vec<&str> = line.text.split(' ').collect();
    words[..words.len().div_ceil(2)].join(" ")
}
