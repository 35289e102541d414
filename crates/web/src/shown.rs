//! What is read from the store to be shown, without what is switched off.
//!
//! Pages and the API read calls and the people called through here, so that neither can show more than the other.

use domain::{
    call::{Details, Source},
    ids::{CallId, CampaignId},
    waiting::Cause,
};
use serde_json::Value;
use store::{CallDetail, ContactFilter, ContactRow, EventRow, Page};

use crate::{
    capabilities::hidden_where, error::ApiError, features::Features, pages::show::usd, state::AppState,
};

/// One call.
///
/// # Errors
/// 404 when there is none.
pub(crate) async fn call(state: &AppState, id: CallId) -> Result<CallDetail, ApiError> {
    let call = state.store().call(id).await?;
    let mut call = call.ok_or_else(|| ApiError::not_found("call"))?;
    let features = state.settings.features;
    strip(features, &mut call.state.details);
    for event in &mut call.events {
        event.payload = payload(features, event);
    }
    Ok(call)
}

/// People of a campaign with their latest calls.
pub(crate) async fn contacts(
    state: &AppState,
    id: CampaignId,
    filter: &ContactFilter,
    page: Page,
) -> store::Result<Vec<ContactRow>> {
    let mut rows = state.store().contacts(id, filter, page).await?;
    if !state.settings.features.cost_tracking {
        rows.iter_mut().for_each(|row| row.cost = None);
    }
    Ok(rows)
}

/// The reason to wait without sums, where it has some that are not shown.
pub(crate) fn without_sums(features: Features, cause: &Cause) -> Option<String> {
    match cause {
        Cause::Budget { budget, .. } if !features.cost_tracking => {
            Some(format!("the budget of {} is committed", usd(budget.0)))
        }
        _ => None,
    }
}

fn strip(features: Features, details: &mut Details) {
    if !features.transcript_analysis {
        details.transcript = None;
        details.messages_json = None;
        details.summary = None;
        details.structured_json = None;
        details.success_evaluation = None;
    }
    if !features.cost_tracking {
        details.cost = None;
    }
}

/// What the provider's words are reduced to where the conversation is not shown. Only what is known to tell nothing of it
/// stays, since the provider invents new fields.
const FACTS: [&str; 24] = [
    "message",
    "call",
    "customer",
    "type",
    "timestamp",
    "id",
    "name",
    "number",
    "status",
    "endedReason",
    "endedMessage",
    "createdAt",
    "updatedAt",
    "startedAt",
    "endedAt",
    "durationMs",
    "durationSeconds",
    "durationMinutes",
    "orgId",
    "assistantId",
    "phoneNumberId",
    "phoneCallProvider",
    "phoneCallProviderId",
    "phoneCallTransport",
];

fn payload(features: Features, event: &EventRow) -> Option<String> {
    let costs = features.cost_tracking;
    // Before a call there is no conversation, and our own events hold none.
    let talk = features.transcript_analysis || matches!(event.source, Source::Dial | Source::Engine);
    let text = event.payload.as_ref()?;
    if costs && talk {
        return Some(text.clone());
    }
    // What is no JSON cannot be searched.
    let value: Value = serde_json::from_str(text).ok()?;
    let hides = |key: &str, value: &Value| {
        if is_cost(key) {
            return !costs;
        }
        // The envelope is called like what a person said.
        !talk && (!FACTS.contains(&key) || (key == "message" && !value.is_object()))
    };
    Some(hidden_where(value, &hides).to_string())
}

/// `cost`, `costs`, `costBreakdown`, `held_usd_micros`.
fn is_cost(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    key.contains("cost") || key.contains("usd")
}

#[cfg(test)]
mod tests {
    use domain::{call::CallStatus, time::UtcMs};
    use serde_json::json;

    use super::*;

    fn shown(features: Features, source: Source, payload: &Value) -> Value {
        let event = EventRow {
            source,
            kind: "end-of-call-report".to_owned(),
            status: CallStatus::Ended,
            at: UtcMs(0),
            recorded_at: UtcMs(0),
            payload: Some(payload.to_string()),
        };
        let text = super::payload(features, &event).expect("a payload");
        serde_json::from_str(&text).expect("JSON")
    }

    #[test]
    fn without_transcripts_only_known_facts_of_the_providers_words_remain() {
        let features = Features {
            transcript_analysis: false,
            ..Features::default()
        };
        let said = json!({
            "message": {
                "type": "end-of-call-report", "endedReason": "customer-ended-call", "cost": 0.1,
                "transcript": "AI: Hello.", "analysis": { "summary": "s" }, "inventedTomorrow": { "message": "Hello." },
                "call": { "id": "1", "messages": [{ "message": "Hello." }] },
            }
        });
        assert_eq!(
            shown(features, Source::Webhook, &said),
            json!({
                "message": {
                    "type": "end-of-call-report", "endedReason": "customer-ended-call", "cost": 0.1,
                    "transcript": "[hidden]", "analysis": "[hidden]", "inventedTomorrow": "[hidden]",
                    "call": { "id": "1", "messages": "[hidden]" },
                }
            })
        );
        let refused = json!({ "message": "no credit" });
        assert_eq!(shown(features, Source::Dial, &refused), refused);
        assert_eq!(
            shown(features, Source::Poll, &refused),
            json!({ "message": "[hidden]" })
        );
    }

    #[test]
    fn without_costs_no_sum_remains_at_any_depth() {
        let features = Features {
            cost_tracking: false,
            ..Features::default()
        };
        let told = json!({
            "summary": "s", "cost": 0.1, "held_usd_micros": 7,
            "call": { "costBreakdown": { "llm": 1 }, "costs": [{ "type": "vapi" }] },
        });
        assert_eq!(
            shown(features, Source::Engine, &told),
            json!({
                "summary": "s", "cost": "[hidden]", "held_usd_micros": "[hidden]",
                "call": { "costBreakdown": "[hidden]", "costs": "[hidden]" },
            })
        );
    }
}
