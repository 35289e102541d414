//! The door through which every request leaves.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

/// Sends one HTTP request and returns the whole answer.
///
/// An implementation sends a request at most once: it follows no redirect and repeats nothing by itself. Whoever calls
/// it decides what a failure means, and for `POST /call` a hidden second copy would be a second phone call.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends `request` (absolute URI) and reads the answer to its end, all within `timeout`.
    ///
    /// Every HTTP status is an `Ok`; an error means that no complete answer was received.
    async fn send(
        &self,
        request: http::Request<Bytes>,
        timeout: Duration,
    ) -> Result<http::Response<Bytes>, TransportError>;
}

/// Why there is no complete answer. The two cases differ in what the provider may have done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// It is certain that the provider did not get the request: name not found, connection refused, TLS handshake
    /// failed. Sending again is safe.
    #[error("not sent: {0}")]
    NotSent(String),
    /// The provider may have got the request and may have acted on it: timeout, reset, an answer that broke off.
    #[error("no answer: {0}")]
    InDoubt(String),
}
