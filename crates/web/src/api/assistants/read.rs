//! `GET /api/assistants` and `GET /api/assistants/{id}`.

use axum::{Json, extract::State};
use domain::{directory::Source, ids::AssistantId};
use serde::Deserialize;
use store::AssistantFilter;

use super::shapes::{AssistantJson, AssistantRowJson};
use crate::{
    api::page::{PageQuery, Paged},
    error::ApiError,
    extract::{Id, Params},
    state::AppState,
};

/// `?q&active&source&limit&offset`; an empty filter filters nothing.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct ListQuery {
    q: String,
    active: String,
    source: String,
    limit: Option<u32>,
    offset: Option<u32>,
}

impl ListQuery {
    fn filter(&self) -> Result<AssistantFilter, ApiError> {
        let q = self.q.trim();
        Ok(AssistantFilter {
            search: (!q.is_empty()).then(|| q.to_owned()),
            active: match self.active.as_str() {
                "" => None,
                "true" => Some(true),
                "false" => Some(false),
                _ => return Err(ApiError::field("active", "`active` is `true` or `false`.")),
            },
            source: match self.source.as_str() {
                "" => None,
                text => Some(Source::from_stored(text).ok_or_else(|| {
                    ApiError::field("source", "`source` is `local`, `imported` or `template`.")
                })?),
            },
            can_call: false,
        })
    }
}

/// 200 with `{items, total, limit, offset}`.
pub(crate) async fn list(
    State(state): State<AppState>,
    Params(query): Params<ListQuery>,
) -> Result<Json<Paged<AssistantRowJson>>, ApiError> {
    let filter = query.filter()?;
    let page = PageQuery::new(query.limit, query.offset).page()?;
    let assistants = state.store().assistants(&filter, page).await?;
    let total = state.store().count_assistants(&filter).await?;
    let items = assistants.iter().map(AssistantRowJson::new);
    Ok(Json(Paged::new(items.collect::<Result<_, _>>()?, total, page)))
}

/// 200, or 404.
pub(crate) async fn one(
    State(state): State<AppState>,
    Id(id): Id<AssistantId>,
) -> Result<Json<AssistantJson>, ApiError> {
    AssistantJson::read(&state, id).await.map(Json)
}
