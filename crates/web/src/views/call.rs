//! One call.

use domain::{
    ids::CallId,
    time::{MINUTE_MS, UtcMs},
};
use serde_json::Value;
use store::{AttemptRow, CallDetail, Campaign};

use super::{
    calls::end_in_words,
    timeline::timeline,
    transcript::turns,
    wording::{filled, phone},
};
use crate::{
    features::Features,
    pages::{
        Attempt, Badge, CallPanel, Field, Recording, When,
        show::{clock, usd_exact},
    },
};

/// Cost, transcript and recording come a while after the end; the panel refreshes itself for so long, in milliseconds.
const DETAILS_WITHIN_MS: i64 = 5 * MINUTE_MS;

/// Who spoke, and as which version.
fn spoke(call: &CallDetail) -> String {
    let name = &call.assistant_name;
    match (call.assistant_version, call.assistant_version_also) {
        (None, _) => name.clone(),
        (Some(version), None) => format!("{name}, version {version}"),
        // It was being changed just then.
        (Some(version), Some(also)) => format!("{name}, version {version} or {also}"),
    }
}

/// The panel. `playable`: whether recordings can be listened to here.
pub(crate) fn panel(
    call: &CallDetail,
    campaign: Option<&Campaign>,
    playable: bool,
    features: Features,
    now: UtcMs,
) -> CallPanel {
    let id = call.id.to_string();
    let (facts, details) = (&call.state, &call.state.details);
    let status = Badge::call(call.status.as_str());
    let outcome = call.outcome.map(|outcome| Badge::outcome(outcome.as_str()));
    let ended_at = facts.end.as_ref().map(|end| end.at);
    let reason = facts.end.as_ref().and_then(|end| end.reason.as_deref());
    let said = facts.end.as_ref().and_then(|end| end.message.clone());
    CallPanel {
        campaign_id: call.campaign_id.to_string(),
        campaign_name: campaign.map_or_else(String::new, |campaign| campaign.name.clone()),
        assistant: Some(spoke(call)),
        assistant_id: Some(call.assistant_id.to_string()),
        name: call.name.clone(),
        business: filled(&call.business_name),
        phone: phone(&call.phone),
        ended: reason.map(end_in_words).or(said),
        ended_raw: reason.map(str::to_owned),
        live: call.status.is_open()
            || (details.cost.is_none() && ended_at.is_some_and(|at| now.since(at) < DETAILS_WITHIN_MS)),
        attempt: call.attempt,
        attempts: call
            .attempts
            .iter()
            .map(|tried| attempt(tried, call.id))
            .collect(),
        created: When::at(call.reserved_at.0),
        answered: facts.started_at.map(|at| When::at(at.0)),
        finished: ended_at.map(|at| When::at(at.0)),
        duration: ended_at
            .zip(facts.started_at)
            .map(|(ended, started)| clock(ended.since(started))),
        cost: features.cost_tracking.then(|| {
            let cost = details.cost.map(|cost| usd_exact(cost.0));
            cost.unwrap_or_else(|| "–".to_owned())
        }),
        recording: (playable && details.recording_url.is_some()).then(|| Recording {
            url: format!("/api/calls/{id}/recording"),
        }),
        summary: details.summary.as_deref().and_then(filled),
        success: details.success_evaluation.as_deref().and_then(filled),
        transcript: turns(details, &call.name),
        structured: details.structured_json.as_deref().map_or_else(Vec::new, fields),
        variables: call
            .variables
            .iter()
            .map(|(name, value)| Field {
                name: name.clone(),
                value: value.clone(),
            })
            .collect(),
        provider_call_id: facts.provider_call_id.clone(),
        timeline: timeline(&call.events, call.reserved_at),
        status,
        outcome,
        id,
    }
}

fn attempt(tried: &AttemptRow, shown: CallId) -> Attempt {
    Attempt {
        call_id: tried.id.to_string(),
        number: tried.attempt,
        result: tried.outcome.map_or_else(
            || Badge::call(tried.status.as_str()),
            |outcome| Badge::outcome(outcome.as_str()),
        ),
        at: When::at(tried.reserved_at.0),
        current: tried.id == shown,
    }
}

/// The fields of a JSON object; any other value as one field.
fn fields(json: &str) -> Vec<Field> {
    let text = |value: Value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    match serde_json::from_str(json) {
        Ok(Value::Object(object)) => object
            .into_iter()
            .map(|(name, value)| Field {
                name,
                value: text(value),
            })
            .collect(),
        Ok(Value::Null) => Vec::new(),
        Ok(other) => vec![Field {
            name: "Result".to_owned(),
            value: text(other),
        }],
        Err(_) => vec![Field {
            name: "Result".to_owned(),
            value: json.to_owned(),
        }],
    }
}
