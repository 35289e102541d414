//! Recordings of calls.
//!
//! The addresses in a call's artifact are names, not downloads: the files lie in a private store. The API leads to a
//! copy that anybody may fetch for a short while.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, LOCATION};
use http::{Method, Response};
use reqwest::Url;

use super::Client;
use crate::error::{ApiError, ApiErrorKind};

/// Where a recording is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordingPlace {
    /// At this address, for a short while. It needs no key: whoever knows it can listen.
    At(String),
    /// In the answer itself.
    Here {
        /// Its media type, such as `audio/wav`.
        content_type: String,
        /// The file.
        bytes: Bytes,
    },
}

impl Client {
    /// `GET /call/{id}/mono-recording`: where the recording of both sides is; `None` when there is none. `id` is the
    /// provider's.
    ///
    /// # Errors
    /// Any [`ApiErrorKind`].
    pub async fn recording(&self, id: &str) -> Result<Option<RecordingPlace>, ApiError> {
        let action = "open the recording";
        let transport_error = |error| ApiError::new(action, ApiErrorKind::Transport(error));
        let url = self.address(action, &["call", id, "mono-recording"])?;
        let request = self.request(Method::GET, &url, None).map_err(transport_error)?;
        let answer = self.transport.send(request, self.timeouts.lookup).await;
        let answer = answer.map_err(transport_error)?;
        if answer.status().is_redirection() {
            return self.place_elsewhere(action, &url, &answer).map(Some);
        }
        if answer.status().is_success() {
            return Ok(Some(RecordingPlace::Here {
                content_type: header(&answer, &CONTENT_TYPE).unwrap_or_default().to_owned(),
                bytes: answer.into_body(),
            }));
        }
        let error = ApiError::from_answer(action, answer.status(), answer.headers(), answer.body());
        if error.is_not_found() {
            Ok(None)
        } else {
            Err(error)
        }
    }

    fn place_elsewhere(
        &self,
        action: &'static str,
        asked: &Url,
        answer: &Response<Bytes>,
    ) -> Result<RecordingPlace, ApiError> {
        let place = header(answer, &LOCATION).and_then(|location| asked.join(location).ok());
        // A plain address is right for a sandbox only.
        let usable = place.filter(|url| url.scheme() == "https" || url.scheme() == self.base_url.scheme());
        match usable {
            Some(url) => Ok(RecordingPlace::At(url.into())),
            None => {
                let fault = "Vapi's answer leads nowhere".to_owned();
                Err(ApiError::malformed(action, answer.headers(), fault))
            }
        }
    }
}

fn header<'a>(answer: &'a Response<Bytes>, name: &http::HeaderName) -> Option<&'a str> {
    answer.headers().get(name)?.to_str().ok()
}
