//! Recordings, passed on from the provider without its key or its short-lived addresses.

use std::time::Duration;

use async_trait::async_trait;
use engine::LookupError;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use vapi::{Client, HttpTransport, RecordingPlace};
use web::recordings::{Body, RecordingFile, Recordings};

/// The provider's recordings.
pub(crate) struct ProviderRecordings {
    pub(crate) client: Client,
    /// Fetches the files, which lie in a store that knows no key.
    pub(crate) transport: HttpTransport,
}

/// Somebody waits in front of a page.
const PATIENCE: Duration = Duration::from_secs(15);

#[async_trait]
impl Recordings for ProviderRecordings {
    async fn open(
        &self,
        provider_call_id: &str,
        range: Option<&HeaderValue>,
    ) -> Result<Option<RecordingFile>, LookupError> {
        let place = self.client.recording(provider_call_id).await;
        match place.map_err(|error| LookupError::from(&error))? {
            None => Ok(None),
            Some(RecordingPlace::Here { content_type, bytes }) => Ok(Some(RecordingFile {
                content_type,
                length: Some(bytes.len() as u64),
                content_range: None,
                body: Body::from(bytes),
            })),
            Some(RecordingPlace::At(url)) => self.fetch(&url, range).await,
        }
    }
}

impl ProviderRecordings {
    async fn fetch(
        &self,
        url: &str,
        range: Option<&HeaderValue>,
    ) -> Result<Option<RecordingFile>, LookupError> {
        let answer = tokio::time::timeout(PATIENCE, self.transport.open(url, range)).await;
        let answer = answer
            .map_err(|_| unreachable_file("no answer in time"))?
            .map_err(|error| unreachable_file(&error.to_string()))?;
        match answer.status() {
            StatusCode::OK | StatusCode::PARTIAL_CONTENT => {}
            StatusCode::NOT_FOUND | StatusCode::FORBIDDEN => return Ok(None),
            status => return Err(unreachable_file(&format!("it answered {status}"))),
        }
        let (head, body) = answer.into_parts();
        Ok(Some(RecordingFile {
            content_type: text(&head.headers, &header::CONTENT_TYPE).unwrap_or_default(),
            length: text(&head.headers, &header::CONTENT_LENGTH).and_then(|length| length.parse().ok()),
            content_range: head.headers.get(header::CONTENT_RANGE).cloned(),
            body: Body::new(body),
        }))
    }
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

fn unreachable_file(why: &str) -> LookupError {
    LookupError {
        message: format!("the store of the provider's recordings cannot be reached: {why}"),
        retry_after_ms: None,
    }
}
