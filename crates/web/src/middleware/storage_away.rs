//! While the database is gone nobody waits for it.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use store::{Cause, StorageState};

use crate::{error::ApiError, state::AppState};

/// Answers 503 `database_unavailable` at once while the database is known not to answer. A database that only takes no
/// writes can still be read.
pub(crate) async fn storage_away(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if !is_away(&state.vitals.storage()) {
        return next.run(request).await;
    }
    // It may have come back since, and whoever asks first looks.
    let storage = state.vitals.look().await;
    if is_away(&storage) {
        ApiError::storage(&storage).into_response()
    } else {
        next.run(request).await
    }
}

/// Whether asking it is in vain. One that is only busy may answer the next.
fn is_away(storage: &StorageState) -> bool {
    match storage {
        StorageState::Unreachable { cause } => {
            !matches!(cause, Cause::Busy | Cause::PoolExhausted | Cause::Timeout)
        }
        StorageState::Ok
        | StorageState::DiskFull
        | StorageState::FileGone { .. }
        | StorageState::ReadOnly
        | StorageState::Corrupt => false,
    }
}
