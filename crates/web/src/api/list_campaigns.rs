//! `GET /api/campaigns?limit&offset`: campaigns, newest first.

use axum::{Json, extract::State};

use super::{
    page::{PageQuery, Paged},
    shapes::CampaignJson,
};
use crate::{error::ApiError, extract::Params, state::AppState};

/// 200 with `{items, total, limit, offset}`.
pub(crate) async fn handler(
    State(state): State<AppState>,
    Params(query): Params<PageQuery>,
) -> Result<Json<Paged<CampaignJson>>, ApiError> {
    let page = query.page()?;
    let campaigns = state.store().campaigns(page).await?;
    let total = state.store().count_campaigns().await?;
    Ok(Json(Paged::new(
        campaigns.into_iter().map(CampaignJson::from).collect(),
        total,
        page,
    )))
}
