//! From the provider's words to facts.

use domain::{
    call::{CallRef, CallState, Details, Dialling, End, Fact, Source},
    ids::CallId,
    money::UsdMicros,
    time::UtcMs,
    wishes::{is_opt_out_tool, wishes_in},
};
use serde::Serialize;
use serde_json::Value;
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
        details
            .success_evaluation
            .clone_from(&analysis.success_evaluation);
    }
    details.structured_json = structured(value.findings());
    details.opted_out = opts_out(value.mentioned_tool_calls(), value.findings());
    Fact {
        call: CallRef {
            number: value
                .customer
                .as_ref()
                .and_then(|customer| customer.number.clone()),
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
    let opted_out = opts_out(&message.mentioned_tool_calls, &message.findings);
    let concerns_a_call = call_id.is_some() || message.call_id.is_some();
    if !(concerns_a_call || opted_out && message.customer_number.is_some()) {
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
            says.details = message.artifact.take().map(details_of_owned).unwrap_or_default();
            says.details.cost = message.cost_usd_micros.map(UsdMicros);
            if let Some(analysis) = message.analysis.take() {
                says.details.summary = analysis.summary;
                says.details.success_evaluation = analysis.success_evaluation;
            }
            says.details.structured_json = structured(&message.findings);
        }
        _ => {}
    }
    // Whatever the message is about: a wish not to be called again counts wherever it stands.
    says.details.opted_out = opted_out;
    says.details.control_url = control_url;
    Some(Fact {
        call: CallRef {
            number: message.customer_number,
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
        ..Details::default()
    }
}

/// What was found in the conversation, as one JSON text: what is empty is left out, and what stands in several places
/// becomes one object, in which the surest place wins. `None`: nothing was found.
fn structured<'a>(findings: impl IntoIterator<Item = &'a Value>) -> Option<String> {
    let is_empty = |found: &Value| match found {
        Value::Null => true,
        Value::Object(fields) => fields.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::String(text) => text.trim().is_empty(),
        _ => false,
    };
    let mut all: Vec<&Value> = Vec::new();
    for found in findings {
        if !is_empty(found) && !all.contains(&found) {
            all.push(found);
        }
    }
    let [first, _, ..] = all.as_slice() else {
        return all.first().map(ToString::to_string);
    };
    if !first.is_object() && all.iter().all(|found| !found.is_object()) {
        return Some(first.to_string());
    }
    let mut together = serde_json::Map::new();
    for found in all {
        match found {
            Value::Object(fields) => {
                for (name, value) in fields {
                    together.entry(name.clone()).or_insert_with(|| value.clone());
                }
            }
            other => {
                together.entry("also").or_insert_with(|| other.clone());
            }
        }
    }
    Some(Value::Object(together).to_string())
}

/// Whether the person asks not to be called again: by a tool that the assistant used, or by what was found in the
/// conversation. One yes is enough.
///
/// Guarantee *every no is heard*.
fn opts_out<'a>(
    tools: impl IntoIterator<Item = &'a ToolCall>,
    findings: impl IntoIterator<Item = &'a Value>,
) -> bool {
    tools.into_iter().any(|tool| is_opt_out_tool(&tool.name))
        || findings.into_iter().any(|found| wishes_in(found).opt_out)
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

#[cfg(test)]
mod tests;
