//! Acting on a live call through its control URL.
//!
//! The URL comes with the call, leads to another host than the API, and needs no key: knowing it is enough. So the API
//! key is not sent to it, and the URL appears in no log and no error.

use http::Method;
use reqwest::Url;
use serde_json::{Value, json};

use super::Client;
use super::exchange::{bare_request, json_body};
use crate::error::{ApiError, ApiErrorKind};

impl Client {
    /// Hangs up. Works once the call is live; what it does while the phone still rings is not documented.
    ///
    /// # Errors
    /// Any [`ApiErrorKind`].
    pub async fn end_call(&self, control_url: &str) -> Result<(), ApiError> {
        self.control("end the call", control_url, &json!({"type": "end-call"}))
            .await
    }

    /// Lets the assistant say `content`, and hang up after it if `end_call_after_spoken`.
    ///
    /// # Errors
    /// Any [`ApiErrorKind`].
    pub async fn say(
        &self,
        control_url: &str,
        content: &str,
        end_call_after_spoken: bool,
    ) -> Result<(), ApiError> {
        let command = json!({"type": "say", "content": content, "endCallAfterSpoken": end_call_after_spoken});
        self.control("speak in the call", control_url, &command).await
    }

    async fn control(
        &self,
        action: &'static str,
        control_url: &str,
        command: &Value,
    ) -> Result<(), ApiError> {
        let malformed = |fault: &str| ApiError::new(action, ApiErrorKind::Malformed(fault.to_owned()));
        let url = Url::parse(control_url).map_err(|_| malformed("the call's control URL is not a URL"))?;
        // A plain address is right for a sandbox only.
        let encrypted_as_the_api = url.scheme() == "https" || url.scheme() == self.base_url.scheme();
        if !encrypted_as_the_api {
            return Err(malformed("the call's control URL is not encrypted"));
        }
        let request = bare_request(Method::POST, &url, Some(json_body(command)));
        self.exchange(action, request, |_| Ok(())).await
    }
}
