//! `GET /api/campaigns/{id}/contacts?limit&offset&state&outcome&status&q`: the people of a campaign, those called last
//! first.

use axum::{Json, extract::State};
use domain::{call::CallStatus, contact::ContactState, ids::CampaignId, outcome::Outcome};
use serde::Deserialize;
use store::ContactFilter;

use super::{
    page::{PageQuery, Paged},
    shapes::ContactJson,
};
use crate::{
    error::ApiError,
    extract::{Id, Params},
    shown,
    state::AppState,
};

/// The query. An empty value filters nothing.
#[derive(Deserialize)]
pub(crate) struct ContactsQuery {
    limit: Option<u32>,
    offset: Option<u32>,
    #[serde(default)]
    state: String,
    #[serde(default)]
    outcome: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    q: String,
}

/// 200 with `{items, total, limit, offset}`; 404; 422 for a filter that does not exist.
pub(crate) async fn handler(
    State(state): State<AppState>,
    Id(id): Id<CampaignId>,
    Params(query): Params<ContactsQuery>,
) -> Result<Json<Paged<ContactJson>>, ApiError> {
    let page = PageQuery::new(query.limit, query.offset).page()?;
    let filter = query.filter()?;
    let store = state.store();
    if store.campaign(id).await?.is_none() {
        return Err(ApiError::not_found("campaign"));
    }
    let contacts = shown::contacts(&state, id, &filter, page).await?;
    let total = store.count_contacts(id, &filter).await?;
    Ok(Json(Paged::new(
        contacts.into_iter().map(ContactJson::from).collect(),
        total,
        page,
    )))
}

impl ContactsQuery {
    fn filter(self) -> Result<ContactFilter, ApiError> {
        Ok(ContactFilter {
            state: known(
                "state",
                &self.state,
                ContactState::from_stored,
                &ContactState::ALL.map(ContactState::as_str),
            )?,
            outcome: known(
                "outcome",
                &self.outcome,
                Outcome::from_stored,
                &Outcome::ALL.map(Outcome::as_str),
            )?,
            status: known(
                "status",
                &self.status,
                CallStatus::from_stored,
                &CallStatus::ALL.map(CallStatus::as_str),
            )?,
            search: Some(self.q),
        })
    }
}

fn known<T>(
    field: &str,
    text: &str,
    read: fn(&str) -> Option<T>,
    all: &[&str],
) -> Result<Option<T>, ApiError> {
    if text.is_empty() {
        return Ok(None);
    }
    let unknown = || ApiError::field(field, format!("`{field}` is one of {}.", all.join(", ")));
    read(text).map(Some).ok_or_else(unknown)
}
