//! From the provider's words to facts.

use domain::{
    call::{CallRef, CallState, Details, Dialling, End, Fact, Source},
    ids::CallId,
    money::UsdMicros,
    time::UtcMs,
    wishes::is_opt_out_tool,
};
use serde::Serialize;
use vapi::{Artifact, Call, CallStatus, MessageKind, Raw, ServerMessage, ToolCall, Turn};

/// What a call object says, as a dial's answer or a look-up brought it.
#[must_use]
pub fn fact_of_call(call: &Raw<Call>, source: Source, kind: &str, now: UtcMs) -> Fact {
    let value = &call.value;
    let at = value.updated_at_ms.map_or(now, UtcMs);
    let mut says = CallState {
        dialling: Dialling::Accepted,
        provider_call_id: Some(value.id.clone()),
        accepted_at: Some(value.created_at_ms.map_or(now, UtcMs)),
        ..CallState::default()
    };
    match value.status {
        Some(CallStatus::Ringing) => says.ringing_at = Some(at),
        Some(CallStatus::InProgress | CallStatus::Forwarding) => {
            says.started_at = Some(value.started_at_ms.map_or(at, UtcMs));
        }
        Some(CallStatus::Ended) => {
            says.started_at = value.started_at_ms.map(UtcMs);
            says.end = Some(End {
                reason: value.ended_reason.clone(),
                message: value.ended_message.clone(),
                at: value.ended_at_ms.map_or(at, UtcMs),
            });
        }
        _ => {}
    }
    says.details = details_of_artifact(value.artifact.as_ref());
    let ended = says.end.is_some();
    let details = &mut says.details;
    details.cost = value.cost_usd_micros.filter(|_| ended).map(UsdMicros);
    details.transcript = value.transcript().map(str::to_owned);
    details.recording_url = value.recording_url().map(str::to_owned);
    details.control_url = value.control_url().map(str::to_owned);
    if let Some(analysis) = &value.analysis {
        details.summary.clone_from(&analysis.summary);
        details.structured_json = structured(analysis.structured_data.as_ref(), value.artifact.as_ref());
        details
            .success_evaluation
            .clone_from(&analysis.success_evaluation);
    }
    Fact {
        call: CallRef {
            call_id: our_id(value.correlation_ids()),
            provider_call_id: Some(value.id.clone()),
        },
        source,
        kind: kind.to_owned(),
        at,
        says,
        payload: Some(call.raw.get().to_owned()),
    }
}

/// What a webhook says, without its own words, which the one who has them adds. `None` when it speaks of no call: it is kept
/// all the same, but is no fact. Texts are moved and not copied: a report may have megabytes.
#[must_use]
pub fn fact_of_message(mut message: ServerMessage, now: UtcMs) -> Option<Fact> {
    let call_id = our_id(message.correlation_ids.iter().map(String::as_str));
    if call_id.is_none() && message.call_id.is_none() {
        return None;
    }
    let at = message.timestamp_ms.map_or(now, UtcMs);
    let mut says = CallState {
        dialling: Dialling::Accepted,
        provider_call_id: message.call_id.clone(),
        accepted_at: Some(at),
        ..CallState::default()
    };
    let control_url = message.control_url.take();
    match message.kind {
        MessageKind::StatusUpdate => match message.status {
            Some(CallStatus::Ringing) => says.ringing_at = Some(at),
            Some(CallStatus::InProgress | CallStatus::Forwarding) => says.started_at = Some(at),
            Some(CallStatus::Ended) => says.end = Some(end_of(&mut message, at)),
            _ => {}
        },
        MessageKind::EndOfCallReport => {
            says.started_at = message.started_at_ms.map(UtcMs);
            says.end = Some(end_of(&mut message, at));
            let mut artifact = message.artifact.take();
            let outputs = artifact
                .as_mut()
                .and_then(|artifact| artifact.structured_outputs.take());
            says.details = artifact.map(details_of_owned).unwrap_or_default();
            says.details.cost = message.cost_usd_micros.map(UsdMicros);
            if let Some(analysis) = message.analysis.take() {
                says.details.summary = analysis.summary;
                // What the analysis found, by the plan of old or by structured outputs.
                let found = analysis.structured_data.or(outputs);
                says.details.structured_json = found.map(|found| found.to_string());
                says.details.success_evaluation = analysis.success_evaluation;
            }
        }
        MessageKind::ToolCalls => says.details.opted_out = opts_out(&message.tool_calls),
        _ => {}
    }
    says.details.control_url = control_url;
    Some(Fact {
        call: CallRef {
            call_id,
            provider_call_id: message.call_id,
        },
        source: Source::Webhook,
        kind: message.kind.as_str().to_owned(),
        at,
        says,
        payload: None,
    })
}

fn end_of(message: &mut ServerMessage, at: UtcMs) -> End {
    End {
        reason: message.ended_reason.take(),
        message: message.ended_message.take(),
        at: message.ended_at_ms.map_or(at, UtcMs),
    }
}

fn details_of_owned(mut artifact: Artifact) -> Details {
    let transcript = artifact.transcript.take();
    Details {
        transcript,
        ..details_of_artifact(Some(&artifact))
    }
}

fn details_of_artifact(artifact: Option<&Artifact>) -> Details {
    let Some(artifact) = artifact else {
        return Details::default();
    };
    let turns = if artifact.messages.is_empty() {
        &artifact.chat_messages
    } else {
        &artifact.messages
    };
    Details {
        transcript: artifact.transcript().map(str::to_owned),
        recording_url: artifact.recording_url().map(str::to_owned),
        messages_json: (!turns.is_empty()).then(|| messages_json(turns)),
        // Without any message nobody knows whether the person spoke.
        user_turns: (!turns.is_empty())
            .then(|| u32::try_from(artifact.user_turns().count()).unwrap_or(u32::MAX)),
        opted_out: opts_out(artifact.tool_calls()),
        ..Details::default()
    }
}

/// What the analysis found, by the plan of old or by structured outputs.
fn structured(analysis: Option<&serde_json::Value>, artifact: Option<&Artifact>) -> Option<String> {
    let outputs = || artifact.and_then(|artifact| artifact.structured_outputs.as_ref());
    analysis.or_else(outputs).map(ToString::to_string)
}

/// Whether the assistant used a tool by which a person asks not to be called again.
fn opts_out<'a>(tools: impl IntoIterator<Item = &'a ToolCall>) -> bool {
    tools.into_iter().any(|tool| is_opt_out_tool(&tool.name))
}

/// A turn as it is stored. The fields stand in the order of the alphabet, as they always did.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Spoken<'a> {
    message: Option<&'a str>,
    role: Option<&'a str>,
    seconds_from_start: Option<f64>,
}

/// The conversation without the system prompt, which is the assistant's and not the call's.
fn messages_json(turns: &[Turn]) -> String {
    let spoken: Vec<Spoken<'_>> = turns
        .iter()
        .filter(|turn| turn.role.as_deref() != Some("system"))
        .map(|turn| Spoken {
            message: turn.message.as_deref(),
            role: turn.role.as_deref(),
            seconds_from_start: turn.seconds_from_start,
        })
        .collect();
    serde_json::to_string(&spoken).unwrap_or_default()
}

/// The first of the ids that can be ours.
fn our_id<'a>(ids: impl IntoIterator<Item = &'a str>) -> Option<CallId> {
    ids.into_iter().find_map(|id| id.parse().ok())
}
