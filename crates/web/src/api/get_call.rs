//! `GET /api/calls/{id}`: one call with everything we know of it, its log included.

use axum::{Json, extract::State};
use domain::{call::CallStatus, ids::CallId, outcome::Outcome};
use serde::Serialize;
use serde_json::Value;
use store::{CallDetail, EventRow};

use super::shapes::{dollars, iso};
use crate::{capabilities, error::ApiError, extract::Id, shown, state::AppState};

/// A call. Never holds the address at which a live call takes orders.
#[derive(Serialize)]
pub(crate) struct CallJson {
    id: String,
    campaign_id: String,
    contact_id: String,
    name: String,
    business_name: String,
    phone: String,
    attempt: u32,
    assistant_id: String,
    assistant_name: String,
    /// The version in force when the call was placed.
    assistant_version: Option<u32>,
    /// A later one that was on its way to the provider just then.
    assistant_version_also: Option<u32>,
    status: &'static str,
    outcome: Option<&'static str>,
    dialling: &'static str,
    provider_call_id: Option<String>,
    reserved_at: String,
    sent_at: Option<String>,
    accepted_at: Option<String>,
    ringing_at: Option<String>,
    started_at: Option<String>,
    ended_at: Option<String>,
    duration_ms: Option<i64>,
    ended_reason: Option<String>,
    ended_message: Option<String>,
    cost_usd: Option<f64>,
    cost_usd_micros: Option<i64>,
    recording_url: Option<String>,
    transcript: Option<String>,
    messages: Value,
    summary: Option<String>,
    structured_data: Value,
    success_evaluation: Option<String>,
    events: Vec<EventJson>,
}

#[derive(Serialize)]
struct EventJson {
    source: &'static str,
    kind: String,
    status: &'static str,
    at: String,
    recorded_at: String,
    payload: Value,
}

/// 200, or 404.
pub(crate) async fn handler(
    State(state): State<AppState>,
    Id(id): Id<CallId>,
) -> Result<Json<CallJson>, ApiError> {
    Ok(Json(shown::call(&state, id).await?.into()))
}

impl From<CallDetail> for CallJson {
    fn from(call: CallDetail) -> Self {
        let facts = call.state;
        let details = facts.details;
        let ended_at = facts.end.as_ref().map(|end| end.at);
        let (ended_reason, ended_message) = facts.end.map_or((None, None), |end| (end.reason, end.message));
        Self {
            id: call.id.to_string(),
            campaign_id: call.campaign_id.to_string(),
            contact_id: call.contact_id.to_string(),
            name: call.name,
            business_name: call.business_name,
            phone: call.phone,
            attempt: call.attempt,
            assistant_id: call.assistant_id.to_string(),
            assistant_name: call.assistant_name,
            assistant_version: call.assistant_version,
            assistant_version_also: call.assistant_version_also,
            status: CallStatus::as_str(call.status),
            outcome: call.outcome.map(Outcome::as_str),
            dialling: facts.dialling.as_str(),
            provider_call_id: facts.provider_call_id,
            reserved_at: call.reserved_at.to_iso(),
            sent_at: iso(facts.sent_at),
            accepted_at: iso(facts.accepted_at),
            ringing_at: iso(facts.ringing_at),
            started_at: iso(facts.started_at),
            ended_at: iso(ended_at),
            duration_ms: ended_at
                .zip(facts.started_at)
                .map(|(ended, started)| ended.since(started)),
            ended_reason,
            ended_message,
            cost_usd: details.cost.map(dollars),
            cost_usd_micros: details.cost.map(|cost| cost.0),
            recording_url: details.recording_url,
            transcript: details.transcript,
            messages: json_or_null(details.messages_json.as_deref()),
            summary: details.summary,
            structured_data: json_or_null(details.structured_json.as_deref()),
            success_evaluation: details.success_evaluation,
            events: call.events.into_iter().map(EventJson::from).collect(),
        }
    }
}

impl From<EventRow> for EventJson {
    fn from(event: EventRow) -> Self {
        Self {
            source: event.source.as_str(),
            status: event.status.as_str(),
            at: event.at.to_iso(),
            recorded_at: event.recorded_at.to_iso(),
            payload: capabilities::hidden(json_or_null(event.payload.as_deref())),
            kind: event.kind,
        }
    }
}

/// JSON text as a value. Text that is no JSON, which no version writes, is shown as text.
fn json_or_null(text: Option<&str>) -> Value {
    text.map_or(Value::Null, |text| {
        serde_json::from_str(text).unwrap_or_else(|_| text.into())
    })
}
