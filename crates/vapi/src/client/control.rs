//! Acting on a live call through its control URL.
//!
//! The URL comes with the call, leads to another host than the API, and needs no key: knowing it is enough. So the API
//! key is not sent to it, and the URL appears in no log and no error, not even where an answer repeats it. Where an
//! assistant's `monitorPlan.controlAuthenticationEnabled` is on, the host wants the *public* key as a bearer token;
//! [`Client::with_public_key`] gives the client one.

use http::header::AUTHORIZATION;
use http::{Method, Response, StatusCode};
use reqwest::Url;
use serde_json::{Value, json};

use super::exchange::{bare_request, json_body};
use super::{ApiKey, Client, InvalidSetting};
use crate::error::{ApiError, ApiErrorKind};
use crate::transport::TransportError;

/// What became of a command to a live call.
///
/// | status | meaning |
/// |---|---|
/// | 2xx | done: the command was taken |
/// | 404, 410 | nobody there |
/// | 1xx, 3xx, 408, 409, 425, 499, 5xx | in doubt, as for a dial |
/// | other 4xx | refused |
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ControlAnswer {
    /// The command was taken. That a call truly ended is told as every end is: by a webhook or a look-up.
    Done,
    /// No live call is behind the address. Most likely it is over already; it may also not have been answered yet, which
    /// is not documented. Look the call up.
    NotLive(String),
    /// The command was not taken: control is switched off for this call, the public key is missing, the address is
    /// unusable, or there were too many requests.
    Refused(ApiError),
    /// The command never left: no connection to the call's host.
    Unreachable(String),
    /// The command may have been carried out or not. To end a call twice does no harm.
    InDoubt(String),
}

impl Client {
    /// The same client, which identifies itself to control URLs with the account's public key. Calls whose assistant has
    /// `monitorPlan.controlAuthenticationEnabled` want it; others do not mind. The API never gets it.
    ///
    /// # Errors
    /// When the key is empty or no header text.
    pub fn with_public_key(mut self, public_key: ApiKey) -> Result<Self, InvalidSetting> {
        self.control_authorization = Some(public_key.into_authorization()?);
        Ok(self)
    }

    /// `{"type": "end-call"}`: hangs up. Works once the call is live; what it does while the phone still rings is not
    /// documented.
    ///
    /// `control_url` is `monitor.controlUrl` of the call: `https`, or `http` where the API itself is reached so (a
    /// sandbox).
    pub async fn end_call(&self, control_url: &str) -> ControlAnswer {
        self.control("end the call", control_url, &json!({"type": "end-call"}))
            .await
    }

    /// Lets the assistant say `content`, and hang up after it if `end_call_after_spoken`.
    pub async fn say(&self, control_url: &str, content: &str, end_call_after_spoken: bool) -> ControlAnswer {
        let command = json!({"type": "say", "content": content, "endCallAfterSpoken": end_call_after_spoken});
        self.control("speak in the call", control_url, &command).await
    }

    async fn control(&self, action: &'static str, control_url: &str, command: &Value) -> ControlAnswer {
        let url = match self.usable(control_url) {
            Ok(url) => url,
            Err(fault) => {
                let fault = ApiErrorKind::Malformed(format!("the call's control URL {fault}"));
                return ControlAnswer::Refused(ApiError::new(action, fault));
            }
        };
        let mut request = match bare_request(Method::POST, &url, Some(json_body(command))) {
            Ok(request) => request,
            Err(error) => return without_answer(error),
        };
        if let Some(public_key) = &self.control_authorization {
            request.headers_mut().insert(AUTHORIZATION, public_key.clone());
        }
        match self.transport.send(request, self.control_timeout).await {
            Ok(answer) => {
                tracing::debug!(
                    action,
                    status = answer.status().as_u16(),
                    "the call's host answered"
                );
                classify(action, &answer, &url)
            }
            Err(error) => without_answer(error),
        }
    }

    /// The address, or what is wrong with it in words that do not repeat it.
    fn usable(&self, control_url: &str) -> Result<Url, &'static str> {
        let url = Url::parse(control_url).map_err(|_| "is not a URL")?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err("is not an HTTP address");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("has a user or password");
        }
        // A plain address is right for a sandbox only.
        if url.scheme() != "https" && url.scheme() != self.base_url.scheme() {
            return Err("is not encrypted");
        }
        Ok(url)
    }
}

fn without_answer(error: TransportError) -> ControlAnswer {
    match error {
        TransportError::NotSent(cause) => ControlAnswer::Unreachable(cause),
        TransportError::InDoubt(cause) => ControlAnswer::InDoubt(cause),
    }
}

fn classify(action: &'static str, answer: &Response<bytes::Bytes>, url: &Url) -> ControlAnswer {
    let status = answer.status();
    let words = || {
        let error = ApiError::from_answer(action, status, answer.headers(), answer.body());
        hidden(&error.to_string(), url)
    };
    match status.as_u16() {
        200..=299 => ControlAnswer::Done,
        404 | 410 => ControlAnswer::NotLive(format!(
            "no live call is behind the control URL (HTTP {})",
            status.as_u16()
        )),
        408 | 409 | 425 | 499 => ControlAnswer::InDoubt(words()),
        400..=499 => ControlAnswer::Refused(refusal(action, answer, url)),
        _ => ControlAnswer::InDoubt(words()),
    }
}

fn refusal(action: &'static str, answer: &Response<bytes::Bytes>, url: &Url) -> ApiError {
    let mut error = ApiError::from_answer(action, answer.status(), answer.headers(), answer.body());
    error.request_id = error.request_id.map(|id| hidden(&id, url));
    match &mut error.kind {
        ApiErrorKind::Refused { messages, faults, .. } => {
            for message in messages {
                *message = hidden(message, url);
            }
            faults.clear();
        }
        // It was not the private key that was refused: it was not sent.
        kind @ ApiErrorKind::Unauthorized => {
            *kind = ApiErrorKind::Refused {
                status: StatusCode::UNAUTHORIZED.as_u16(),
                messages: vec!["the call's control URL wants the account's public key".to_owned()],
                faults: Vec::new(),
            };
        }
        _ => {}
    }
    error
}

/// The text without the parts of the address that make it a secret. An answer to an unknown path likes to name it.
fn hidden(text: &str, url: &Url) -> String {
    let segments = url.path_segments().into_iter().flatten();
    let values = url.query().unwrap_or_default().split(['&', '=']);
    let mut text = text.to_owned();
    for part in segments
        .chain(values)
        .filter(|part| part.len() >= SHORTEST_SECRET)
    {
        text = text.replace(part, "…");
    }
    text
}

/// Parts of an address that are shorter are words such as `control`.
const SHORTEST_SECRET: usize = 8;
