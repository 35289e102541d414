//! Turns of exports. An export reads a whole campaign, and holds a connection to the database until it has: many at once
//! would leave none to the pages, to health, or to the dialler.

use std::{sync::Arc, time::Duration};

use http::StatusCode;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::ApiError;

/// How long an export waits for its turn.
const PATIENCE: Duration = Duration::from_secs(60);
const AGAIN_SECS: u64 = 15;
/// Rows after which an export lets others go on.
pub(crate) const ROWS_A_TURN: usize = 200;

/// Waits for the turn of an export; it ends when this is dropped.
///
/// # Errors
/// 503 `exports_busy` when others take too long.
pub(crate) async fn turn(exports: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, ApiError> {
    let waiting = exports.clone().acquire_owned();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_export_waits_for_its_turn_and_is_told_when_it_does_not_come() {
        let exports = Arc::new(Semaphore::new(2));
        let first = turn(&exports).await.unwrap();
        let _second = turn(&exports).await.unwrap();
        let refused = turn(&exports).await.unwrap_err();
        assert_eq!((refused.status().as_u16(), refused.code()), (503, "exports_busy"));
        let (third, ()) = tokio::join!(turn(&exports), async { drop(first) });
        third.unwrap();
    }
}
