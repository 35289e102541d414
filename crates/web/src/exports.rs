//! Turns of exports. An export reads a whole campaign, and holds a connection to the database until it has: many at once
//! would leave none to the pages, to health, or to the dialler.

use std::time::Duration;

use http::StatusCode;
use tokio::sync::OwnedSemaphorePermit;

use crate::{error::ApiError, state::AppState};

/// How long an export waits for its turn.
const PATIENCE: Duration = Duration::from_secs(60);
const AGAIN_SECS: u64 = 15;
/// Rows after which an export lets others go on.
pub(crate) const ROWS_A_TURN: usize = 200;

/// Waits for the turn of an export; it ends when this is dropped.
///
/// # Errors
/// 503 `exports_busy` when others take too long.
pub(crate) async fn turn(state: &AppState) -> Result<OwnedSemaphorePermit, ApiError> {
    let waiting = state.exports.clone().acquire_owned();
    match tokio::time::timeout(PATIENCE, waiting).await {
        Ok(Ok(turn)) => Ok(turn),
        // Nobody closes it.
        Ok(Err(_)) | Err(_) => Err(ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "exports_busy",
            "Too many files are being exported just now. Try again in a moment.",
        )
        .retry_after_secs(AGAIN_SECS)),
    }
}
