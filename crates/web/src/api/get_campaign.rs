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
    Ok(Json(CampaignDetail {
        campaign: campaign.into(),
        progress,
    }))
}
