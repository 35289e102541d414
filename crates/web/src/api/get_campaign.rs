//! `GET /api/campaigns/{id}`: one campaign and how far it is.

use axum::{Json, extract::State};
use domain::ids::CampaignId;
use serde::Serialize;

use super::shapes::{CampaignJson, ProgressJson};
use crate::{error::ApiError, extract::Id, state::AppState};

/// A campaign with its progress.
#[derive(Serialize)]
pub(crate) struct CampaignDetail {
    #[serde(flatten)]
    campaign: CampaignJson,
    progress: ProgressJson,
    /// Live calls of an aborted campaign that could not be hung up so far. They are asked to end again and again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_hung_up: Vec<NotHungUpJson>,
}

/// A call that goes on.
#[derive(Serialize)]
struct NotHungUpJson {
    call_id: String,
    contact_id: String,
    /// Why it could not be hung up.
    problem: String,
}

/// 200, or 404.
pub(crate) async fn handler(
    State(state): State<AppState>,
    Id(id): Id<CampaignId>,
) -> Result<Json<CampaignDetail>, ApiError> {
    let store = state.store();
    let campaign = store
        .campaign(id)
        .await?
        .ok_or_else(|| ApiError::not_found("campaign"))?;
    let progress = store.progress(id).await?;
    let account = store.account(state.now()).await?;
    let progress = ProgressJson::new(&campaign, &progress, &account, state.settings.features);
    let not_hung_up = store.calls_not_hung_up(&campaign).await?;
    Ok(Json(CampaignDetail {
        campaign: campaign.into(),
        progress,
        not_hung_up: not_hung_up
            .into_iter()
            .map(|call| NotHungUpJson {
                call_id: call.call_id.to_string(),
                contact_id: call.contact_id.to_string(),
                problem: call.problem,
            })
            .collect(),
    }))
}
