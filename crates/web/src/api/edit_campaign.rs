//! `PATCH /api/campaigns/{id}`: what a campaign is called, how fast it goes, from which numbers, until when; and, until it
//! starts, its assistant and how it works through its list. What is left out stays.

use axum::{Json, extract::State};
use domain::{
    campaign::{CAP_RANGE, Mode, PRIORITY_RANGE},
    ids::{AssistantId, CampaignId},
    time::UtcMs,
};
use http::StatusCode;
use serde::{Deserialize, Deserializer};
use serde_json::json;
use store::{Assigned, CallerNumber, CampaignEdit, Edited, Wake};
use uuid::Uuid;

use super::{
    create_campaign::{clean_name, numbers_to_call_from},
    shapes::CampaignJson,
};
use crate::{body::Body, error::ApiError, extract::Id, features::Features, state::AppState};

/// What is to be changed.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Wish {
    name: Option<String>,
    cap: Option<u32>,
    priority: Option<i32>,
    /// The provider's ids.
    phone_number_ids: Option<Vec<String>>,
    /// ISO-8601 with a zone; `null`: no last day.
    #[serde(deserialize_with = "present")]
    expires_at: Option<Option<String>>,
    assistant_id: Option<Uuid>,
    mode: Option<Mode>,
    batch_size: Option<u32>,
    quiet_line_gate: Option<bool>,
}

/// Tells `null` from what is left out.
fn present<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(value).map(Some)
}

/// 200 with the campaign; 403 when the order is switched off; 404; 409 `already_started` or `campaign_over`; 422 when a field is at fault.
pub(crate) async fn handler(
    State(state): State<AppState>,
    Id(id): Id<CampaignId>,
    Body(wish): Body<Wish>,
) -> Result<Json<CampaignJson>, ApiError> {
    let store = state.store();
    let now = state.now();
    let campaign = store.campaign(id).await?;
    let campaign = campaign.ok_or_else(|| ApiError::not_found("campaign"))?;
    let edit = CampaignEdit {
        name: wish.name.as_deref().map(clean_name).transpose()?,
        cap: within("cap", wish.cap, &CAP_RANGE)?,
        priority: within("priority", wish.priority, &PRIORITY_RANGE)?,
        numbers: match &wish.phone_number_ids {
            None => None,
            Some(ids) if ids.is_empty() => {
                return Err(ApiError::field(
                    "phone_number_ids",
                    "Choose at least one number that calls.",
                ));
            }
            Some(ids) => Some(
                numbers_to_call_from(&state, ids)
                    .await?
                    .into_iter()
                    .map(|number| CallerNumber {
                        id: number.id,
                        number: number.number,
                    })
                    .collect(),
            ),
        },
        expires_at: match &wish.expires_at {
            None => None,
            Some(None) => Some(None),
            Some(Some(text)) => Some(Some(UtcMs::from_iso(text).filter(|at| *at > now).ok_or_else(
                || {
                    let message =
                        "`expires_at` is a moment to come, such as 2027-01-31T18:00:00-05:00, or null.";
                    ApiError::field("expires_at", message)
                },
            )?)),
        },
        order: order(&wish, &campaign, state.settings.features)?,
    };
    match store.edit_campaign(id, &edit, now).await? {
        Edited::Done => {}
        Edited::Started(status) => {
            return Err(started(
                status.as_str(),
                "The order of its list can be changed only before it starts.",
            ));
        }
        Edited::Over(status) => {
            let message = format!(
                "The campaign is {}: only its name can be changed.",
                status.as_str()
            );
            return Err(ApiError::new(StatusCode::CONFLICT, "campaign_over", message)
                .with_details(json!({ "status": status.as_str() })));
        }
        Edited::NotFound => return Err(ApiError::not_found("campaign")),
    }
    if let Some(assistant) = wish.assistant_id {
        assign(&state, id, assistant.into()).await?;
    }
    // A higher cap may fill a line at once.
    store.wake(Wake::Dispatch);
    store.wake(Wake::Campaign(id));
    let campaign = store.campaign(id).await?;
    let campaign = campaign.ok_or_else(|| ApiError::not_found("campaign"))?;
    Ok(Json(campaign.into()))
}

/// How the list is worked through, when something of it is asked for; what is left out stays.
fn order(
    wish: &Wish,
    campaign: &store::Campaign,
    features: Features,
) -> Result<Option<(Mode, Option<u32>, bool)>, ApiError> {
    if wish.mode.is_none() && wish.batch_size.is_none() && wish.quiet_line_gate.is_none() {
        return Ok(None);
    }
    let mode = wish.mode.unwrap_or(campaign.mode);
    let batch_size = wish.batch_size.or(campaign.batch_size);
    let quiet = wish
        .quiet_line_gate
        .unwrap_or(campaign.quiet_line_gate && mode == Mode::Batch);
    if mode == Mode::Continuous && wish.batch_size.is_some() {
        return Err(ApiError::field(
            "batch_size",
            "`batch_size` needs `mode` to be `batch`.",
        ));
    }
    if mode == Mode::Continuous && quiet {
        return Err(ApiError::field(
            "quiet_line_gate",
            "`quiet_line_gate` needs `mode` to be `batch`.",
        ));
    }
    features.allow_order((mode, quiet), Some((campaign.mode, campaign.quiet_line_gate)))?;
    let batch_size = batch_size.or(wish.cap).unwrap_or(campaign.cap);
    if batch_size == 0 {
        return Err(ApiError::field("batch_size", "`batch_size` is at least 1."));
    }
    Ok(Some((mode, (mode == Mode::Batch).then_some(batch_size), quiet)))
}

async fn assign(state: &AppState, id: CampaignId, assistant: AssistantId) -> Result<(), ApiError> {
    match state.store().assign_assistant(id, assistant, state.now()).await? {
        Assigned::Done => Ok(()),
        Assigned::Started(status) => Err(started(
            status.as_str(),
            "Its assistant can be changed only before it starts.",
        )),
        Assigned::NoAssistant => Err(ApiError::field(
            "assistant_id",
            "The directory has no such assistant that can call, or it was made for another campaign.",
        )),
        Assigned::NotFound => Err(ApiError::not_found("campaign")),
    }
}

fn started(status: &str, what: &str) -> ApiError {
    let message = format!("The campaign is {status}. {what}");
    ApiError::new(StatusCode::CONFLICT, "already_started", message).with_details(json!({ "status": status }))
}

fn within<T: PartialOrd + std::fmt::Display + Copy>(
    field: &str,
    value: Option<T>,
    range: &std::ops::RangeInclusive<T>,
) -> Result<Option<T>, ApiError> {
    match value {
        Some(value) if !range.contains(&value) => Err(ApiError::field(
            field,
            format!("`{field}` is a number from {} to {}.", range.start(), range.end()),
        )),
        value => Ok(value),
    }
}
