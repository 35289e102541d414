//! A body must come at some pace. The time until an answer has a limit as well, but an upload's is long, and somebody who
//! sends a byte now and then would hold a connection and what the handler holds for all of it.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::Body,
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use hyper::body::{Body as HttpBody, Bytes, Frame, SizeHint};
use tokio::time::{Instant, Sleep};

use crate::{error::ApiError, serve::now};

/// In so much time spent waiting for the sender…
const WINDOW: Duration = Duration::from_secs(20);
/// …at least so many bytes must come, unless the body ends.
const LEAST_BYTES: usize = 8 * 1024;

/// Answers 408 `too_slow` when a body comes too slowly to be waited for.
pub(crate) async fn slow_body(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    if body.is_end_stream() {
        return next.run(Request::from_parts(parts, body)).await;
    }
    let late = Arc::new(AtomicBool::new(false));
    let paced = Paced {
        body,
        late: late.clone(),
        heard: 0,
        waited: Duration::ZERO,
        waiting: None,
    };
    let response = next.run(Request::from_parts(parts, Body::new(paced))).await;
    let failed = response.status().is_client_error() || response.status().is_server_error();
    if failed && late.load(Ordering::Relaxed) {
        return ApiError::too_slow().into_response();
    }
    response
}

struct Paced {
    body: Body,
    late: Arc<AtomicBool>,
    /// Bytes of this window.
    heard: usize,
    /// What this window has spent waiting for the sender. Our own slowness is not the sender's.
    waited: Duration,
    waiting: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl Paced {
    /// Whether the sender is too slow, once the window is over.
    fn window_ends(&mut self) -> bool {
        self.waited = Duration::ZERO;
        std::mem::take(&mut self.heard) < LEAST_BYTES
    }
}

impl HttpBody for Paced {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            if let Some((since, _)) = self.waiting.take() {
                self.waited += now() - since;
            }
            if let Some(Ok(frame)) = &frame {
                self.heard += frame.data_ref().map_or(0, Bytes::len);
            }
            return Poll::Ready(frame);
        }
        loop {
            let left = WINDOW.saturating_sub(self.waited);
            let (_, timer) = self
                .waiting
                .get_or_insert_with(|| (now(), Box::pin(tokio::time::sleep(left))));
            if timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            self.waiting = None;
            if self.window_ends() {
                self.late.store(true, Ordering::Relaxed);
                return Poll::Ready(Some(Err(axum::Error::new("the body comes too slowly"))));
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, middleware::from_fn, routing::post};
    use futures::{StreamExt, stream};
    use http::StatusCode;
    use tower::ServiceExt;

    use super::*;

    /// The answer to a body of which one piece comes every so many seconds.
    async fn sent(pieces: usize, bytes: usize, every_secs: u64) -> (StatusCode, u64) {
        let app: Router = Router::new()
            .route("/", post(|body: Bytes| async move { body.len().to_string() }))
            .layer(from_fn(slow_body));
        let body = stream::iter(0..pieces).then(move |_| async move {
            tokio::time::sleep(Duration::from_secs(every_secs)).await;
            Ok::<_, std::io::Error>(vec![b'x'; bytes])
        });
        let began = now();
        let request = Request::post("/").body(Body::from_stream(body)).unwrap();
        let response = app.oneshot(request).await.unwrap();
        (response.status(), (now() - began).as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_drips_is_not_waited_for() {
        assert_eq!(sent(1_000, 1, 1).await, (StatusCode::REQUEST_TIMEOUT, 20));
        assert_eq!(sent(1, 1, 3_600).await, (StatusCode::REQUEST_TIMEOUT, 20));
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_line_is_waited_for() {
        assert_eq!(sent(100, 8 * 1024, 15).await, (StatusCode::OK, 1_500));
        assert_eq!(
            sent(1, 10, 19).await,
            (StatusCode::OK, 19),
            "the end of a small body"
        );
    }
}
