//! `POST /api/webhooks/vapi`: what the provider tells us.

use axum::{Json, extract::State};
use bytes::Bytes;
use engine::InboxError;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use crate::{error::ApiError, state::AppState};

/// The largest webhook, in bytes. A report of a long call carries its whole transcript several times.
pub(crate) const MAX_BYTES: usize = 16 * 1024 * 1024;

/// 200 with `{}` once it is committed; 401 when it cannot prove that the provider sent it; 503 when it could not be
/// recorded and should be sent again.
pub(crate) async fn handler(
    State(state): State<AppState>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, ApiError> {
    match state.inbox.receive(&headers, &body).await {
        Ok(()) => Ok(Json(json!({}))),
        Err(InboxError::Unauthorized(why)) => {
            tracing::warn!(why, "a webhook was turned away");
            Err(ApiError::new(
                StatusCode::UNAUTHORIZED,
                "unauthorized",
                "The webhook is not authentic.",
            ))
        }
        Err(InboxError::Unavailable(error)) => Err(ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "not_recorded",
            "The webhook could not be recorded. Send it again.",
        )
        .retry_after_secs(5)
        .caused_by(error)),
    }
}
