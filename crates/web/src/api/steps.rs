//! Running the engine's steps from a request.

use engine::{Engine, Reconciled};
use serde::Serialize;

use crate::error::ApiError;

/// What a reconciliation did.
#[derive(Serialize)]
pub(crate) struct ReconciledJson {
    /// Calls that hold a line.
    open: usize,
    /// Whether the provider was asked for what changed. Not when it was asked a moment ago, or nothing is open.
    polled: bool,
    /// Calls that were asked for one by one.
    asked: usize,
}

impl From<Reconciled> for ReconciledJson {
    fn from(done: Reconciled) -> Self {
        Self {
            open: done.open,
            polled: done.polled,
            asked: done.asked,
        }
    }
}

/// Runs steps to their end even when the one who asked goes away: a dial must not be cut off between its request and the
/// record of its answer.
pub(super) async fn to_the_end<T, F, Fut>(engine: &Engine, steps: F) -> Result<T, ApiError>
where
    T: Send + 'static,
    F: FnOnce(Engine) -> Fut + Send,
    Fut: Future<Output = store::Result<T>> + Send + 'static,
{
    match tokio::spawn(steps(engine.clone())).await {
        Ok(result) => Ok(result?),
        Err(stopped) => Err(ApiError::internal(stopped)),
    }
}
