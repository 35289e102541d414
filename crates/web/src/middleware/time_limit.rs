//! A limit on the time until an answer begins. Streams may go on for longer.

use std::time::Duration;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::StatusCode;

use crate::error::ApiError;

/// Answers 503 `timeout` when no answer has begun within the limit. The handler is dropped then.
pub(crate) async fn time_limit(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    tokio::time::timeout(limit, next.run(request))
        .await
        .unwrap_or_else(|_| {
            let message = format!(
                "The server gave up on this request after {} seconds. Try again.",
                limit.as_secs()
            );
            ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "timeout", message)
                .retry_after_secs(5)
                .into_response()
        })
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, middleware::from_fn_with_state, routing::get};
    use tower::ServiceExt;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_handler_that_hangs_is_given_up() {
        let limit = from_fn_with_state(Duration::from_secs(30), time_limit);
        let app: Router = Router::new()
            .route("/", get(std::future::pending::<()>))
            .layer(limit);
        let response = app.oneshot(Request::new(Body::empty())).await.unwrap();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    }
}
