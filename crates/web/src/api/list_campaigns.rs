//! `GET /api/campaigns?limit&offset&archived`: campaigns, newest first.

use axum::{Json, extract::State};
use serde::Deserialize;

use super::{
    page::{PageQuery, Paged},
    shapes::CampaignJson,
};
use crate::{error::ApiError, extract::Params, state::AppState};

/// The query.
#[derive(Deserialize)]
pub(crate) struct CampaignsQuery {
    limit: Option<u32>,
    offset: Option<u32>,
    /// `true`: those that were put away, instead of those in use.
    #[serde(default)]
    archived: bool,
}

/// 200 with `{items, total, limit, offset}`.
pub(crate) async fn handler(
    State(state): State<AppState>,
    Params(query): Params<CampaignsQuery>,
) -> Result<Json<Paged<CampaignJson>>, ApiError> {
    let page = PageQuery::new(query.limit, query.offset).page()?;
    let campaigns = state.store().campaigns(query.archived, page).await?;
    let total = state.store().count_campaigns(query.archived).await?;
    Ok(Json(Paged::new(
        campaigns.into_iter().map(CampaignJson::from).collect(),
        total,
        page,
    )))
}
