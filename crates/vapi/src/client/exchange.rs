//! One request and its answer.

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use http::{HeaderValue, Method, Request, Response};
use reqwest::Url;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::Client;
use crate::error::{ApiError, ApiErrorKind};
use crate::raw::{Raw, json_fault};
use crate::transport::TransportError;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const AGENT: HeaderValue = HeaderValue::from_static(concat!("autolynx/", env!("CARGO_PKG_VERSION")));

impl Client {
    /// The address of `segments` below the base address.
    ///
    /// # Errors
    /// When a segment is no plausible id. Ids come from outside, and `../assistant/x` must not name another resource.
    pub(super) fn address(&self, action: &'static str, segments: &[&str]) -> Result<Url, ApiError> {
        for segment in segments {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            if segment.is_empty() || !segment.bytes().all(plain) {
                let fault = ApiErrorKind::Malformed(format!("{segment:?} is not an id"));
                return Err(ApiError::new(action, fault));
            }
        }
        let mut url = self.base_url.clone();
        url.path_segments_mut()
            .expect("an http address has a path, as `parse_base_url` checked")
            .pop_if_empty()
            .extend(segments);
        Ok(url)
    }

    /// A request with the API key.
    pub(super) fn request(
        &self,
        method: Method,
        url: &Url,
        body: Option<Bytes>,
    ) -> Result<Request<Bytes>, TransportError> {
        let mut request = bare_request(method, url, body)?;
        request
            .headers_mut()
            .insert(AUTHORIZATION, self.authorization.clone());
        Ok(request)
    }

    /// Sends a lookup or a change and reads a JSON answer with `read`.
    pub(super) async fn exchange<T>(
        &self,
        action: &'static str,
        request: Result<Request<Bytes>, TransportError>,
        read: impl FnOnce(&[u8]) -> Result<T, String>,
    ) -> Result<T, ApiError> {
        let time = match &request {
            Ok(request) if request.method() != Method::GET => self.timeouts.change,
            _ => self.timeouts.lookup,
        };
        self.exchange_within(action, request, time, read).await
    }

    /// The same with a time limit of its own.
    pub(super) async fn exchange_within<T>(
        &self,
        action: &'static str,
        request: Result<Request<Bytes>, TransportError>,
        time: Duration,
        read: impl FnOnce(&[u8]) -> Result<T, String>,
    ) -> Result<T, ApiError> {
        let transport_error = |error| ApiError::new(action, ApiErrorKind::Transport(error));
        let request = request.map_err(transport_error)?;
        let method = request.method().clone();
        let answer = self.transport.send(request, time).await;
        let answer: Response<Bytes> = answer.map_err(transport_error)?;
        tracing::debug!(%method, action, status = answer.status().as_u16(), "provider answered");
        if !answer.status().is_success() {
            return Err(ApiError::from_answer(
                action,
                answer.status(),
                answer.headers(),
                answer.body(),
            ));
        }
        read(answer.body()).map_err(|fault| {
            let fault = format!("Vapi's answer cannot be read: {fault}");
            ApiError::malformed(action, answer.headers(), fault)
        })
    }

    /// `GET` of one thing; `None` if the provider does not know it.
    pub(super) async fn get<T>(
        &self,
        action: &'static str,
        segments: &[&str],
        read: impl FnOnce(&[u8]) -> Result<T, String>,
    ) -> Result<Option<T>, ApiError> {
        let request = self.request(Method::GET, &self.address(action, segments)?, None);
        match self.exchange(action, request, read).await {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// A request without the API key.
pub(super) fn bare_request(
    method: Method,
    url: &Url,
    body: Option<Bytes>,
) -> Result<Request<Bytes>, TransportError> {
    let mut request = Request::builder()
        .method(method)
        .uri(url.as_str())
        .header(ACCEPT, JSON)
        .header(USER_AGENT, AGENT);
    if body.is_some() {
        request = request.header(CONTENT_TYPE, JSON);
    }
    request
        .body(body.unwrap_or_default())
        .map_err(|error| TransportError::NotSent(format!("the request cannot be formed: {error}")))
}

pub(super) fn json_body(value: &impl Serialize) -> Bytes {
    serde_json::to_vec(value)
        .expect("strings, numbers and JSON values always serialise")
        .into()
}

/// Reads a bare JSON array of objects. One object that cannot be read fails the whole list: whoever looks for a call
/// concludes from its absence, so no entry may be dropped silently.
pub(super) fn list<T: DeserializeOwned>(body: &[u8]) -> Result<Vec<Raw<T>>, String> {
    let rows: Vec<Box<RawValue>> = serde_json::from_slice(body).map_err(|error| json_fault(&error))?;
    rows.into_iter().map(Raw::from_raw).collect()
}
