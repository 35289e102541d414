//! The real [`Transport`]: reqwest over rustls, with every form of automatic repetition off.
//!
//! Three layers of an HTTP client may send a request again without being asked. What holds here, checked in the
//! sources of reqwest 0.13.5, hyper-util 0.1.21 and hyper 1.12.0:
//!
//! - *reqwest* retries protocol refusals (HTTP/2 `REFUSED_STREAM`, graceful `GOAWAY`) by default. `retry::never()`
//!   installs a classifier that calls every result final.
//! - *reqwest* follows redirects by default. `redirect::Policy::none()` returns them as answers.
//! - *hyper-util's* pool sends again (`retry_canceled_requests`, which reqwest does not expose) when a pooled
//!   connection closes before it took the request. It can only do so when hyper hands the request back
//!   (`TrySendError::take_message`), and hyper does that in three places: the connection task was gone, its queue was
//!   dropped, or the connection failed while the request still waited in the queue. Once the connection task has taken
//!   a request out of the queue, before the first byte is encoded, the error carries no request and is final. So this
//!   repetition never concerns a request of which a byte was written. The loopback tests count requests at the server.
//!
//! HTTP/1.1 is used even where HTTP/2 is offered. On HTTP/2 all dials share one connection, and one reset would put
//! every dial in flight in doubt at once; on HTTP/1.1 it concerns one.

use std::error::Error as _;
use std::net::IpAddr;
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};

use crate::client::InvalidSetting;
use crate::transport::{Transport, TransportError};

/// Limits of [`HttpTransport`]. The time for one whole request is given with each request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpSettings {
    /// Time to establish a connection: name lookup, TCP, TLS. Keep it shorter than the request timeouts: only then is
    /// a host that does not answer known as "not sent" instead of "in doubt".
    pub connect_timeout: Duration,
    /// How long an idle connection is kept. Short, because a server that closes an idle connection in the moment of a
    /// dial leaves that dial in doubt.
    pub pool_idle_timeout: Duration,
    /// Largest answer body that is read, in bytes. A list of calls carries whole transcripts.
    pub max_body_bytes: usize,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            pool_idle_timeout: Duration::from_secs(20),
            max_body_bytes: 32 * 1024 * 1024,
        }
    }
}

/// Sends requests over the network. Cheap to clone; clones share their connections.
#[derive(Debug, Clone)]
pub struct HttpTransport {
    /// For hosts on the network; respects the proxy settings of the system.
    outside: reqwest::Client,
    /// For loopback: a proxy elsewhere could only reach its own loopback.
    loopback: reqwest::Client,
    max_body_bytes: usize,
}

impl HttpTransport {
    /// A transport with the default [`HttpSettings`].
    ///
    /// # Errors
    /// When TLS cannot be set up, for example because the machine has no root certificates.
    pub fn new() -> Result<Self, InvalidSetting> {
        Self::with_settings(&HttpSettings::default())
    }

    /// A transport with the given limits.
    ///
    /// # Errors
    /// As [`HttpTransport::new`].
    pub fn with_settings(settings: &HttpSettings) -> Result<Self, InvalidSetting> {
        install_tls_provider();
        let builder = || {
            reqwest::Client::builder()
                .retry(reqwest::retry::never())
                .redirect(reqwest::redirect::Policy::none())
                .referer(false)
                .http1_only()
                .connect_timeout(settings.connect_timeout)
                .pool_idle_timeout(settings.pool_idle_timeout)
        };
        let build = |builder: reqwest::ClientBuilder| {
            builder
                .build()
                .map_err(|error| InvalidSetting(format!("cannot set up the HTTP client: {}", causes(&error))))
        };
        Ok(Self {
            outside: build(builder())?,
            loopback: build(builder().no_proxy())?,
            max_body_bytes: settings.max_body_bytes,
        })
    }

    /// Asks for a file at an address that needs no key, and hands over the answer with its body unread. `range` goes
    /// along as the header `Range`. Nothing but connecting is limited in time: the caller knows for how long it matters.
    ///
    /// # Errors
    /// [`TransportError`] when no answer came. Every HTTP status is an `Ok`.
    pub async fn open(
        &self,
        url: &str,
        range: Option<&http::HeaderValue>,
    ) -> Result<http::Response<reqwest::Body>, TransportError> {
        let uri = url
            .parse::<http::Uri>()
            .map_err(|error| TransportError::NotSent(error.to_string()))?;
        let mut request = self.client_for(&uri).get(url);
        if let Some(range) = range {
            request = request.header(http::header::RANGE, range);
        }
        let answer = request.send().await;
        Ok(answer.map_err(|error| failure(&error.without_url()))?.into())
    }

    fn client_for(&self, uri: &http::Uri) -> &reqwest::Client {
        if is_loopback(uri) {
            &self.loopback
        } else {
            &self.outside
        }
    }

    async fn read(&self, mut response: reqwest::Response) -> Result<http::Response<Bytes>, TransportError> {
        let mut answer = http::Response::new(Bytes::new());
        *answer.status_mut() = response.status();
        *answer.version_mut() = response.version();
        *answer.headers_mut() = std::mem::take(response.headers_mut());
        let mut body = BytesMut::new();
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| failure(&error.without_url()))?
        {
            if body.len() + chunk.len() > self.max_body_bytes {
                let limit = self.max_body_bytes;
                return Err(TransportError::InDoubt(format!(
                    "the answer is larger than {limit} bytes"
                )));
            }
            body.extend_from_slice(&chunk);
        }
        *answer.body_mut() = body.freeze();
        Ok(answer)
    }
}

#[async_trait]
impl Transport for HttpTransport {
    async fn send(
        &self,
        request: http::Request<Bytes>,
        timeout: Duration,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let client = self.client_for(request.uri()).clone();
        let mut request =
            reqwest::Request::try_from(request).map_err(|error| failure(&error.without_url()))?;
        *request.timeout_mut() = Some(timeout);
        let response = client
            .execute(request)
            .await
            .map_err(|error| failure(&error.without_url()))?;
        self.read(response).await
    }
}

/// rustls takes its cryptography from a provider that belongs to the process; ours is ring. Whoever installed one
/// before us is left in place.
fn install_tls_provider() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // An error says that another thread was faster, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
}

/// `is_connect` is true for failures of the connector alone (name lookup, proxy, TCP, TLS), which ends before a request
/// is written; `is_builder` for requests that could not be built. The connect timeout is one of the former, the timeout
/// of the whole request is neither, even if it strikes during a connect.
fn failure(error: &reqwest::Error) -> TransportError {
    let text = causes(error);
    if error.is_connect() || error.is_builder() {
        TransportError::NotSent(text)
    } else {
        TransportError::InDoubt(text)
    }
}

/// The error with its causes, in one line. The caller has removed the URL: a control URL is a secret.
fn causes(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

fn is_loopback(uri: &http::Uri) -> bool {
    let host = uri.host().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || address
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_hosts_bypass_the_proxy() {
        for (uri, expected) in [
            ("http://127.0.0.1:8080/call", true),
            ("http://127.9.9.9/", true),
            ("http://[::1]:80/", true),
            ("http://LOCALHOST:1/", true),
            ("https://api.vapi.ai/call", false),
            ("http://10.0.0.1/", false),
            ("http://localhost.example.com/", false),
        ] {
            assert_eq!(is_loopback(&uri.parse().unwrap()), expected, "{uri}");
        }
    }
}
