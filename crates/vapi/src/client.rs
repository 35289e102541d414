//! The REST API.

mod assistants;
mod calls;
mod control;
mod exchange;
mod key;
mod phone_numbers;
mod recordings;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use reqwest::Url;

pub use self::control::ControlAnswer;
pub use self::key::{ApiKey, InvalidSetting};
pub use self::recordings::RecordingPlace;
use crate::transport::Transport;

/// How long requests may take, from connecting to the last byte of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For `POST /call`. Generous: giving up early leaves a call in doubt, which costs far more than waiting.
    pub dial: Duration,
    /// For everything else that changes something. Shorter than people wait.
    pub change: Duration,
    /// For everything that only asks.
    pub lookup: Duration,
    /// For [`Client::probe`]: a provider that needs longer counts as silent.
    pub probe: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            dial: Duration::from_secs(45),
            change: Duration::from_secs(15),
            lookup: Duration::from_secs(30),
            probe: Duration::from_secs(4),
        }
    }
}

/// A client of the API. Cheap to clone. It never repeats a request; see [`Transport`].
#[derive(Clone)]
pub struct Client {
    transport: Arc<dyn Transport>,
    base_url: Url,
    authorization: HeaderValue,
    timeouts: Timeouts,
    /// The public key, for control URLs that want it.
    control_authorization: Option<HeaderValue>,
    control_timeout: Duration,
}

/// How long a command to a live call may take. Short: whoever waits for it waits for a line to become free, and a command
/// in doubt can simply be given again.
const CONTROL_TIMEOUT: Duration = Duration::from_secs(10);

impl Client {
    /// A client of the API at `base_url` (`https://api.vapi.ai`, `https://api.eu.vapi.ai`, or a sandbox, with or
    /// without a path in front) that identifies itself with the private key.
    ///
    /// # Errors
    /// When the address is no plain HTTP(S) address or the key is empty or no header text.
    pub fn new(
        transport: Arc<dyn Transport>,
        base_url: &str,
        api_key: ApiKey,
    ) -> Result<Self, InvalidSetting> {
        Ok(Self {
            transport,
            base_url: parse_base_url(base_url)?,
            authorization: api_key.into_authorization()?,
            timeouts: Timeouts::default(),
            control_authorization: None,
            control_timeout: CONTROL_TIMEOUT,
        })
    }

    /// The same client with other time limits.
    #[must_use]
    pub fn with_timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    /// The same client with another time limit for commands to live calls (10 s), from connecting to the last byte of
    /// the answer.
    #[must_use]
    pub fn with_control_timeout(mut self, timeout: Duration) -> Self {
        self.control_timeout = timeout;
        self
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Client")
            .field("base_url", &self.base_url.as_str())
            .field("timeouts", &self.timeouts)
            .finish_non_exhaustive()
    }
}

fn parse_base_url(text: &str) -> Result<Url, InvalidSetting> {
    let invalid = |fault: &str| InvalidSetting(format!("the address of the API {fault}"));
    let url = Url::parse(text.trim()).map_err(|error| invalid(&format!("is not valid: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(invalid("must begin with https:// or http:// and a host"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid("must not contain a user or password"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(invalid("must not have a query or fragment"));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_cannot_be_the_api_are_refused() {
        for address in [
            "https://api.vapi.ai",
            "http://127.0.0.1:8080/",
            " https://host/prefix/api ",
        ] {
            assert!(parse_base_url(address).is_ok(), "{address}");
        }
        for address in [
            "",
            "api.vapi.ai",
            "ftp://api.vapi.ai",
            "https://",
            "https://user:hush@api.vapi.ai",
            "https://api.vapi.ai?key=hush",
            "https://api.vapi.ai#x",
            "data:text/plain,x",
        ] {
            let fault = parse_base_url(address).unwrap_err().to_string();
            assert!(!fault.contains("hush"), "{fault}");
        }
    }
}
