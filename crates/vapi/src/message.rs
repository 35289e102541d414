//! Webhook messages: what the provider tells us about calls.

mod kind;

use serde::Deserialize;
use serde_json::{Value, value::RawValue};

pub use self::kind::MessageKind;
use crate::artifact::{Analysis, Artifact, Turn, findings};
use crate::call::{Call, CallCustomer, CallStatus, distinct};
use crate::lenient;
use crate::tool::{self, ToolCall};

/// One webhook message, reduced to what is a fact.
///
/// A message may embed the whole call, as it was when the provider last looked: even an end-of-call report can carry
/// the record from the moment of creation. So what the message says itself comes first, and of the embedded call only
/// what cannot be out of date is used.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerMessage {
    /// The type of the message.
    pub kind: MessageKind,
    /// When the provider sent it, in milliseconds UTC.
    pub timestamp_ms: Option<i64>,
    /// The provider's id of the call. Missing on messages that concern no call.
    pub call_id: Option<String>,
    /// The ids that the caller gave the call at creation, each once, the most reliable first: the call's name, the
    /// customer's external id, `metadata.callId`.
    pub correlation_ids: Vec<String>,
    /// The number of the other person: the called one, or the caller of an inbound call.
    pub customer_number: Option<String>,
    /// `inboundPhoneCall`, `outboundPhoneCall`, …
    pub call_type: Option<String>,
    /// Where the call stands: what a status update says, and ended for an end-of-call report. Other messages say
    /// nothing about it (the `status` of a speech update is another thing).
    pub status: Option<CallStatus>,
    /// Why the call ended.
    pub ended_reason: Option<String>,
    /// More about why the call ended, for people.
    pub ended_message: Option<String>,
    /// When the call started, in milliseconds UTC.
    pub started_at_ms: Option<i64>,
    /// When the call ended, in milliseconds UTC.
    pub ended_at_ms: Option<i64>,
    /// What the call cost, in millionths of a dollar. Only from messages that know the final cost.
    pub cost_usd_micros: Option<i64>,
    /// Transcript, turns and recordings of the finished call: only from an end-of-call report, since those of other
    /// messages are parts of a conversation that goes on.
    pub artifact: Option<Artifact>,
    /// The provider's reading of the finished call: only from an end-of-call report, and `None` if it is empty there.
    pub analysis: Option<Analysis>,
    /// What the assistant asks to be run, from a `tool-calls` message. The provider waits for the answer
    /// ([`ToolResults`](crate::ToolResults)), usually 20 s, while the person waits on the line.
    pub tool_calls: Vec<ToolCall>,
    /// Every tool call that the message mentions, wherever in it and of whatever type it is: those that are to be run, and
    /// those in the turns of the conversation. A call may come twice.
    pub mentioned_tool_calls: Vec<ToolCall>,
    /// What an analysis or structured outputs found, from every place of a message of whatever type.
    pub findings: Vec<Value>,
    /// The address that ends or steers the live call. Keep it out of logs.
    pub control_url: Option<String>,
    /// The address with the sound of the live call. Keep it out of logs.
    pub listen_url: Option<String>,
}

/// Why a webhook body is no message. Repeats no content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    /// The body is not JSON.
    #[error("the webhook body is not JSON: {0}")]
    NotJson(String),
    /// The body has no object `message`.
    #[error("the webhook body has no `message` object")]
    NoMessage,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Envelope<'a> {
    #[serde(borrow)]
    message: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Body {
    #[serde(rename = "type", deserialize_with = "lenient::text")]
    message_type: Option<String>,
    #[serde(rename = "timestamp", deserialize_with = "lenient::moment_ms")]
    timestamp_ms: Option<i64>,
    #[serde(deserialize_with = "lenient::object")]
    call: Option<Call>,
    #[serde(deserialize_with = "lenient::object")]
    customer: Option<CallCustomer>,
    #[serde(deserialize_with = "lenient::text")]
    status: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    ended_reason: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    ended_message: Option<String>,
    #[serde(rename = "startedAt", deserialize_with = "lenient::moment_ms")]
    started_at_ms: Option<i64>,
    #[serde(rename = "endedAt", deserialize_with = "lenient::moment_ms")]
    ended_at_ms: Option<i64>,
    #[serde(rename = "cost", deserialize_with = "lenient::usd_micros")]
    cost_usd_micros: Option<i64>,
    #[serde(deserialize_with = "lenient::object")]
    artifact: Option<Artifact>,
    #[serde(deserialize_with = "lenient::object")]
    analysis: Option<Analysis>,
    #[serde(deserialize_with = "lenient::objects")]
    tool_call_list: Vec<ToolCall>,
    /// The same calls, each inside the configuration of its tool.
    #[serde(deserialize_with = "lenient::objects")]
    tool_with_tool_call_list: Vec<tool::WithTool>,
    /// The name of the list inside turns, seen beside them as well.
    #[serde(deserialize_with = "lenient::objects")]
    tool_calls: Vec<ToolCall>,
    /// The one call of the older `function-call`.
    #[serde(deserialize_with = "lenient::object")]
    function_call: Option<ToolCall>,
    #[serde(rename = "messagesOpenAIFormatted", deserialize_with = "lenient::objects")]
    chat_messages: Vec<Turn>,
    #[serde(rename = "conversation", deserialize_with = "lenient::objects")]
    conversation: Vec<Turn>,
    // Undocumented places of an end-of-call report, still seen.
    #[serde(deserialize_with = "lenient::text")]
    transcript: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    summary: Option<String>,
    #[serde(deserialize_with = "lenient::objects")]
    messages: Vec<Turn>,
    #[serde(deserialize_with = "lenient::text")]
    recording_url: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    stereo_recording_url: Option<String>,
}

impl ServerMessage {
    /// Reads the body of a webhook delivery, `{"message": {…}}`. Any message type is read, known or not, with or
    /// without a call; fields of an unexpected type count as absent.
    ///
    /// # Errors
    /// When the body is not JSON or has no message.
    pub fn parse(body: &[u8]) -> Result<Self, MessageError> {
        let not_json = |error: &serde_json::Error| MessageError::NotJson(crate::raw::json_fault(error));
        let body: &RawValue = serde_json::from_slice(body).map_err(|error| not_json(&error))?;
        let envelope: Option<Envelope> = lenient::from_object(body).map_err(|_| MessageError::NoMessage)?;
        let message = envelope
            .and_then(|envelope| envelope.message)
            .ok_or(MessageError::NoMessage)?;
        let body: Option<Body> = lenient::from_object(message).map_err(|error| not_json(&error))?;
        Ok(Self::from_body(body.ok_or(MessageError::NoMessage)?))
    }

    /// Whether the provider waits for content in the answer; see [`MessageKind::needs_reply`].
    pub fn needs_reply(&self) -> bool {
        self.kind.needs_reply()
    }

    /// Moves every text of the body to its place: a report may have megabytes.
    fn from_body(mut body: Body) -> Self {
        let kind = MessageKind::from(body.message_type.as_deref().unwrap_or_default());
        let mut call = body.call.take().unwrap_or_default();
        let status = match kind {
            MessageKind::StatusUpdate => body.status.as_deref().map(CallStatus::from),
            MessageKind::EndOfCallReport => Some(CallStatus::Ended),
            _ => None,
        };
        let is_report = kind == MessageKind::EndOfCallReport;
        let tool_calls = match kind {
            MessageKind::ToolCalls | MessageKind::FunctionCall => asked_for(&mut body),
            _ => Vec::new(),
        };
        let mut mentioned_tool_calls = mentioned(&body, &call);
        mentioned_tool_calls.extend(tool_calls.iter().cloned());
        let of_message = findings(body.analysis.as_ref(), body.artifact.as_ref());
        let of_call = findings(call.analysis.as_ref(), call.artifact.as_ref());
        let findings = of_message.chain(of_call).cloned().collect();
        // The embedded record counts the cost from zero while the call is alive.
        let final_cost_of_record = call.cost_usd_micros.filter(|_| call.ended_at_ms.is_some());
        let cost_of_message = body.cost_usd_micros.filter(|_| is_report);
        Self {
            status,
            timestamp_ms: body.timestamp_ms,
            correlation_ids: correlation_ids(&call, body.customer.as_ref()),
            customer_number: number(call.customer.as_ref()).or_else(|| number(body.customer.as_ref())),
            cost_usd_micros: cost_of_message.or(final_cost_of_record),
            artifact: is_report
                .then(|| report_artifact(&mut body, &mut call))
                .filter(|found| *found != Artifact::default()),
            analysis: is_report
                .then(|| report_analysis(&mut body, &mut call))
                .filter(|found| *found != Analysis::default()),
            ended_reason: body.ended_reason.or(call.ended_reason),
            ended_message: body.ended_message.or(call.ended_message),
            started_at_ms: body.started_at_ms.or(call.started_at_ms),
            ended_at_ms: body.ended_at_ms.or(call.ended_at_ms),
            call_id: Some(call.id).filter(|id| !id.is_empty()),
            call_type: call.call_type,
            tool_calls,
            mentioned_tool_calls,
            findings,
            control_url: call
                .monitor
                .as_ref()
                .and_then(|monitor| monitor.control_url.clone()),
            listen_url: call.monitor.and_then(|monitor| monitor.listen_url),
            kind,
        }
    }
}

fn number(customer: Option<&CallCustomer>) -> Option<String> {
    customer.and_then(|customer| customer.number.clone())
}

/// What is to be run, from every list of the message, each call once.
fn asked_for(body: &mut Body) -> Vec<ToolCall> {
    let within = std::mem::take(&mut body.tool_with_tool_call_list);
    let lists = [
        std::mem::take(&mut body.tool_call_list),
        within.into_iter().filter_map(tool::WithTool::into_call).collect(),
        std::mem::take(&mut body.tool_calls),
        body.function_call.take().into_iter().collect(),
    ];
    let mut all: Vec<ToolCall> = Vec::new();
    for list in lists {
        // Without an id only the same wish is the same call.
        let is_known = |call: &ToolCall| {
            all.iter()
                .any(|known| known == call || (!call.id.is_empty() && known.id == call.id))
        };
        let new: Vec<ToolCall> = list.into_iter().filter(|call| !is_known(call)).collect();
        all.extend(new);
    }
    all
}

/// The tool calls in the conversations of a message.
fn mentioned(body: &Body, call: &Call) -> Vec<ToolCall> {
    let turns = body
        .messages
        .iter()
        .chain(&body.chat_messages)
        .chain(&body.conversation)
        .chain(&call.messages);
    let artifacts = body.artifact.iter().chain(&call.artifact);
    turns
        .flat_map(|turn| &turn.tool_calls)
        .chain(artifacts.flat_map(Artifact::tool_calls))
        .cloned()
        .collect()
}

fn correlation_ids(call: &Call, customer: Option<&CallCustomer>) -> Vec<String> {
    let of_call = call.correlation_ids().into_iter().map(Some);
    let of_message = customer.and_then(|customer| customer.external_id.as_deref());
    distinct(of_call.chain([of_message]))
        .into_iter()
        .map(str::to_owned)
        .collect()
}

/// The report's artifact, completed from the older places: message level, then the embedded call.
fn report_artifact(body: &mut Body, call: &mut Call) -> Artifact {
    let mut artifact = body
        .artifact
        .take()
        .or_else(|| call.artifact.take())
        .unwrap_or_default();
    fill(
        &mut artifact.transcript,
        [&mut body.transcript, &mut call.transcript],
    );
    if artifact.turns().is_empty() {
        artifact.messages = std::mem::take(if body.messages.is_empty() {
            &mut call.messages
        } else {
            &mut body.messages
        });
    }
    if artifact.recording_url().is_none() {
        fill(
            &mut artifact.recording_url,
            [&mut body.recording_url, &mut call.recording_url],
        );
        fill(
            &mut artifact.stereo_recording_url,
            [&mut body.stereo_recording_url, &mut call.stereo_recording_url],
        );
    }
    artifact
}

fn report_analysis(body: &mut Body, call: &mut Call) -> Analysis {
    let own = body
        .analysis
        .take()
        .filter(|analysis| *analysis != Analysis::default());
    let mut analysis = own.or_else(|| call.analysis.take()).unwrap_or_default();
    fill(&mut analysis.summary, [&mut body.summary]);
    analysis
}

fn fill<const N: usize>(target: &mut Option<String>, sources: [&mut Option<String>; N]) {
    if target.is_none() {
        *target = sources.into_iter().find_map(Option::take);
    }
}
