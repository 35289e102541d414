//! `POST /api/assistants/{id}/repeat-change` and `…/dismiss-change`: a change that never reached the provider.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::ids::{AssistantId, ChangeId};
use http::StatusCode;
use serde::Deserialize;
use store::Wake;
use uuid::Uuid;

use super::{settled, shapes::AssistantJson, to_the_end};
use crate::{body::Body, error::ApiError, extract::Id, state::AppState};

/// Which change.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    change: Uuid,
}

/// A change of this assistant, or 404.
async fn find(state: &AppState, id: AssistantId, change: Uuid) -> Result<ChangeId, ApiError> {
    let found = state.store().change(ChangeId(change)).await?;
    found
        .filter(|found| found.assistant_id == id)
        .map(|found| found.id)
        .ok_or_else(|| ApiError::not_found("change"))
}

/// 200; 202 when the provider's answer was lost again.
pub(crate) async fn repeat(
    State(state): State<AppState>,
    Id(id): Id<AssistantId>,
    Body(which): Body<Which>,
) -> Result<Response, ApiError> {
    let change = find(&state, id, which.change).await?;
    let directory = state.directory.clone();
    let outcome = to_the_end(&state, Some(id), async move { directory.repeat(change).await }).await?;
    settled(&state, &outcome, StatusCode::OK).await
}

/// 200; 204 when the assistant was never made and is gone now; 409 when the change is not lost.
pub(crate) async fn dismiss(
    State(state): State<AppState>,
    Id(id): Id<AssistantId>,
    Body(which): Body<Which>,
) -> Result<Response, ApiError> {
    let change = find(&state, id, which.change).await?;
    if !state.store().dismiss_change(change, state.now()).await? {
        let message = "This change is not lost, so there is nothing to dismiss.";
        return Err(ApiError::new(StatusCode::CONFLICT, "not_lost", message));
    }
    state.store().wake(Wake::Assistant(id));
    if state.store().assistant(id).await?.is_none() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Ok(Json(AssistantJson::read(&state, id).await?).into_response())
}
