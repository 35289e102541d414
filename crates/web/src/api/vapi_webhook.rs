//! `POST /api/webhooks/vapi`: what the provider tells us.

use axum::{
    Json,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use engine::InboxError;
use http::StatusCode;
use serde_json::json;

use crate::{error::ApiError, state::AppState, webhook_room::Held};

/// 200 with `{}` once it is committed, or with the answers to the tools that the assistant used; 401 when it cannot prove that the provider sent it; 408, 413; 503 when it could not be
/// recorded, or when too many come at once, and should be sent again.
pub(crate) async fn handler(State(state): State<AppState>, request: Request) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let headers = parts.headers;
    state
        .inbox
        .admit(&headers)
        .map_err(|error| refused(error, &state))?;
    let Held { body, room } = state.webhook_room.read(&headers, body).await?;
    let answer = state.inbox.receive(&headers, body, Some(room)).await;
    let answer = answer.map_err(|error| refused(error, &state))?;
    Ok(match answer {
        Some(results) => Json(results).into_response(),
        None => Json(json!({})).into_response(),
    })
}

fn refused(error: InboxError, state: &AppState) -> ApiError {
    match error {
        InboxError::Unauthorized(why) => {
            if let Some(left_out) = state.quiet.turned_away.admit(state.now()) {
                tracing::warn!(why, left_out, "a webhook was turned away");
            }
            ApiError::new(
                StatusCode::UNAUTHORIZED,
                "unauthorized",
                "The webhook is not authentic.",
            )
        }
        InboxError::Unavailable(error) => ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "not_recorded",
            "The webhook could not be recorded. Send it again.",
        )
        .retry_after_secs(5)
        .caused_by(error),
    }
}
