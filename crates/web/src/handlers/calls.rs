//! `/calls/{id}` and its panel.

use axum::{extract::State, response::Response};
use domain::ids::CallId;

use super::html;
use crate::{
    error::ApiError,
    extract::Id,
    pages::{CallPage, CallPanel},
    shown,
    state::AppState,
    views::{call::panel, shell::shell},
};

/// `GET /calls/{id}`.
pub(crate) async fn call(State(state): State<AppState>, Id(id): Id<CallId>) -> Result<Response, ApiError> {
    let call = read(&state, id).await?;
    html(&CallPage {
        shell: shell(&state),
        call,
    })
}

/// `GET /calls/{id}/panel`.
pub(crate) async fn call_panel(
    State(state): State<AppState>,
    Id(id): Id<CallId>,
) -> Result<Response, ApiError> {
    html(&read(&state, id).await?)
}

async fn read(state: &AppState, id: CallId) -> Result<CallPanel, ApiError> {
    let call = shown::call(state, id).await?;
    let campaign = state.store().campaign(call.campaign_id).await?;
    Ok(panel(
        &call,
        campaign.as_ref(),
        state.recordings.is_some(),
        state.settings.features,
        state.now(),
    ))
}
