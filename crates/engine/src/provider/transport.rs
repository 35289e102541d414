//! The wire to the provider, with an ear on it.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use domain::time::UtcMs;
use http::{HeaderMap, Request, Response};
use vapi::{Transport, TransportError, date_ms, retry_after_ms};

use super::{
    ProviderWatch,
    watch::{Heard, TroubleKind},
};
use crate::Clock;

/// Sends every request on, and tells the watch what became of those that went to the API. Requests to other hosts
/// (recordings, control addresses of calls) tell nothing about it.
pub struct WatchedTransport<T> {
    wire: T,
    api_authority: Option<http::uri::Authority>,
    clock: Arc<dyn Clock>,
    watch: ProviderWatch,
}

impl<T: Transport> WatchedTransport<T> {
    /// Watches the requests that go to the host of `api_base_url`. `clock` is the machine's.
    #[must_use]
    pub fn new(wire: T, api_base_url: &str, clock: Arc<dyn Clock>, watch: ProviderWatch) -> Self {
        let api_authority = api_base_url
            .trim()
            .parse::<http::Uri>()
            .ok()
            .and_then(|uri| uri.authority().cloned());
        Self {
            wire,
            api_authority,
            clock,
            watch,
        }
    }
}

#[async_trait]
impl<T: Transport> Transport for WatchedTransport<T> {
    async fn send(
        &self,
        request: Request<Bytes>,
        timeout: Duration,
    ) -> Result<Response<Bytes>, TransportError> {
        let watched =
            self.api_authority.is_some() && request.uri().authority() == self.api_authority.as_ref();
        let sent_steady_ms = self.clock.steady_ms();
        let answer = self.wire.send(request, timeout).await;
        if watched {
            let (heard, date) = match &answer {
                Ok(answer) => (heard(answer), date_of(answer.headers())),
                Err(_) => (Heard::Failure(TroubleKind::Silent), None),
            };
            let (machine, steady_ms) = (self.clock.now(), self.clock.steady_ms());
            self.watch.hear(heard, date, machine, sent_steady_ms, steady_ms);
        }
        answer
    }
}

fn heard(answer: &Response<Bytes>) -> Heard {
    match answer.status().as_u16() {
        code @ (401..=403) => Heard::Failure(TroubleKind::Refusing(code)),
        code @ 500.. => Heard::Failure(TroubleKind::Failing(code)),
        429 => Heard::SlowDown {
            wait_ms: retry_after_ms(answer.headers())
                .and_then(|wait_ms| i64::try_from(wait_ms).ok())
                .unwrap_or(0),
        },
        _ => Heard::Answer,
    }
}

/// When the provider made this answer, by its own clock. An answer from somebody's cache tells the time of another.
fn date_of(headers: &HeaderMap) -> Option<UtcMs> {
    if headers.get(http::header::AGE).is_some_and(|age| age != "0") {
        return None;
    }
    date_ms(headers).map(UtcMs)
}
