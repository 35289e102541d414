//! `/banner`: what stands over every page. It asks no database: one that is gone must be told too.

use axum::{extract::State, response::Response};

use super::html;
use crate::{error::ApiError, state::AppState};

/// `GET /banner`.
pub(crate) async fn banner(State(state): State<AppState>) -> Result<Response, ApiError> {
    html(&state.vitals.banner())
}
