//! Recordings of calls, passed on from where the provider keeps them.
//!
//! The provider's own addresses need its key or expire within the hour, and pages may load from this server only.

use async_trait::async_trait;
pub use axum::body::Body;
use http::HeaderValue;

/// Opens recordings at the provider.
#[async_trait]
pub trait Recordings: Send + Sync {
    /// The recording of a call by the provider's id; `None` when it has none. `range` is what part the browser asks for,
    /// in the words of the header `Range`.
    ///
    /// # Errors
    /// [`engine::LookupError`] when the provider cannot be asked.
    async fn open(
        &self,
        provider_call_id: &str,
        range: Option<&HeaderValue>,
    ) -> Result<Option<RecordingFile>, engine::LookupError>;
}

/// A recording, or the part of it that was asked for.
#[derive(Debug)]
pub struct RecordingFile {
    /// Its type. Anything that is not `audio/…` is sent as a plain download.
    pub content_type: String,
    /// How many bytes follow, where known.
    pub length: Option<u64>,
    /// Which part it is, in the words of the header `Content-Range`; `None` when it is the whole.
    pub content_range: Option<HeaderValue>,
    /// The bytes.
    pub body: Body,
}
