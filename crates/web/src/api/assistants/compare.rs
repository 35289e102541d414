//! `POST /api/assistants/{id}/check`, `…/take-theirs` and `…/push-ours`: what somebody changed at the provider.

use axum::{Json, extract::State, response::Response};
use domain::ids::AssistantId;
use http::StatusCode;
use serde::Deserialize;

use super::{author, settled, shapes::AssistantJson, to_the_end};
use crate::{body::Body, error::ApiError, extract::Id, state::AppState};

/// 200 with the assistant as compared just now. A change in doubt is looked up.
pub(crate) async fn check(
    State(state): State<AppState>,
    Id(id): Id<AssistantId>,
) -> Result<Json<AssistantJson>, ApiError> {
    let directory = state.directory.clone();
    to_the_end(&state, Some(id), async move { directory.compare(id).await }).await?;
    AssistantJson::read(&state, id).await.map(Json)
}

/// The provider's state that the person has seen, `theirs_fingerprint`, and who decides.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Decision {
    fingerprint: String,
    by: Option<String>,
}

/// 200; 409 `drifted` when the provider has something else by now.
pub(crate) async fn take_theirs(
    State(state): State<AppState>,
    Id(id): Id<AssistantId>,
    Body(decision): Body<Decision>,
) -> Result<Json<AssistantJson>, ApiError> {
    let directory = state.directory.clone();
    let work = async move {
        let by = author(decision.by.as_deref());
        directory.take_theirs(id, &decision.fingerprint, &by).await
    };
    to_the_end(&state, Some(id), work).await?;
    AssistantJson::read(&state, id).await.map(Json)
}

/// 200; 202 when the provider's answer was lost; 409 `drifted` when the provider has something else by now.
pub(crate) async fn push_ours(
    State(state): State<AppState>,
    Id(id): Id<AssistantId>,
    Body(decision): Body<Decision>,
) -> Result<Response, ApiError> {
    let directory = state.directory.clone();
    let work = async move {
        let by = author(decision.by.as_deref());
        directory.push_ours(id, &decision.fingerprint, &by).await
    };
    let outcome = to_the_end(&state, Some(id), work).await?;
    settled(&state, &outcome, StatusCode::OK).await
}
