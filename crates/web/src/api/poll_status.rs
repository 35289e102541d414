//! `POST /api/calls/poll-status`: asks the provider about open calls now, as far as each is due.

use axum::{Json, extract::State};

use super::steps::{ReconciledJson, to_the_end};
use crate::{error::ApiError, state::AppState};

/// 200 with `{open, polled, asked}`.
pub(crate) async fn handler(State(state): State<AppState>) -> Result<Json<ReconciledJson>, ApiError> {
    let now = state.now();
    let done = to_the_end(&state.engine, |engine| async move { engine.reconcile(now).await }).await?;
    Ok(Json(done.into()))
}
