//! The one form of error: `{"error": {"code", "message", "details"}}`.
//!
//! Handlers return [`ApiError`]. Its response carries the error along, so that the outermost layer can name the request
//! in it, log the cause once, and show a page instead of JSON to somebody who asked for a page.

use std::{borrow::Cow, fmt::Display, sync::Arc};

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use domain::{
    campaign::{Action, CampaignStatus},
    time::UtcMs,
};
use engine::LookupError;
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};
use store::StorageState;

/// An error as the one who asked sees it. The cause of a fault of ours stands in the log and nowhere else.
#[derive(Clone, Debug)]
pub struct ApiError {
    status: StatusCode,
    code: Cow<'static, str>,
    message: String,
    details: Value,
    retry_after_secs: Option<u64>,
    cause: Option<Arc<str>>,
}

impl ApiError {
    /// An error with this status, a code for programs and a message for people.
    #[must_use]
    pub fn new(status: StatusCode, code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.into(),
            message: message.into(),
            details: Value::Null,
            retry_after_secs: None,
            cause: None,
        }
    }

    /// 422: one field of a form or query is at fault. `details.field` names it.
    #[must_use]
    pub fn field(field: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_field", message)
            .with_details(json!({ "field": field }))
    }

    /// 404: there is no such thing.
    #[must_use]
    pub fn not_found(what: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            format!("There is no such {what}."),
        )
    }

    /// 409: the campaign cannot do this now. `details` says what it can.
    #[must_use]
    pub fn impossible(action: Action, status: CampaignStatus, possible: &[Action]) -> Self {
        let possible: Vec<_> = possible.iter().map(|action| action.as_str()).collect();
        let mut message = format!(
            "The campaign is {}, so “{}” is not possible.",
            status.as_str().to_lowercase(),
            action.as_str()
        );
        if !possible.is_empty() {
            message += &format!(" Possible: {}.", possible.join(", "));
        }
        Self::new(StatusCode::CONFLICT, "impossible_transition", message)
            .with_details(json!({ "status": status.as_str(), "possible": possible }))
    }

    /// 409: the campaign's last day does not lie after the moment at which it would call.
    #[must_use]
    pub fn expired(at: UtcMs) -> Self {
        let message = "The campaign expires before it could call anybody. Give it a later last day in its settings, or none.";
        Self::new(StatusCode::CONFLICT, "campaign_expired", message)
            .with_details(json!({ "expires_at": at.to_iso() }))
    }

    /// 500: our fault.
    #[must_use]
    pub fn internal(cause: impl Display) -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "Something went wrong on our side. The log names the cause under the request's id.",
        )
        .caused_by(cause)
    }

    /// 502, or 503 when the provider asks us to wait. `then` says what became of the request and what to do.
    #[must_use]
    pub fn provider(error: &LookupError, then: &str) -> Self {
        let message = format!(
            "The provider could not be asked: {}. {then}",
            error.message.trim_end_matches('.')
        );
        match error.retry_after_ms {
            None => Self::new(StatusCode::BAD_GATEWAY, "provider_unreachable", message),
            Some(ms) => Self::new(StatusCode::SERVICE_UNAVAILABLE, "provider_busy", message)
                .retry_after_secs(u64::try_from(ms).unwrap_or(0).div_ceil(1_000).max(1)),
        }
    }

    /// 503: the database does not do its work.
    #[must_use]
    pub(crate) fn storage(state: &StorageState) -> Self {
        let message = format!("{state} Nothing was changed.");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "database_unavailable", message)
            .with_details(json!({ "storage": state.code() }))
            .retry_after_secs(5)
    }

    /// Whether the database is the cause.
    pub(crate) fn is_of_storage(&self) -> bool {
        matches!(self.code(), "database_unavailable" | "disk_full")
    }

    /// 400: a text holds U+0000, which is in no text that people write and which not every database can store.
    pub(crate) fn nul() -> Self {
        let message =
            "The request holds the character U+0000 (NUL), which cannot be stored. Send it without.";
        Self::new(StatusCode::BAD_REQUEST, "nul_character", message)
    }

    /// 408: the body comes too slowly to be waited for.
    pub(crate) fn too_slow() -> Self {
        let message =
            "The request came too slowly, so the server stopped reading it. Nothing was done; send it again.";
        Self::new(StatusCode::REQUEST_TIMEOUT, "too_slow", message)
    }

    /// Adds details for programs.
    #[must_use]
    pub fn with_details(mut self, details: Value) -> Self {
        self.details = details;
        self
    }

    /// Says when to try again.
    #[must_use]
    pub fn retry_after_secs(mut self, secs: u64) -> Self {
        self.retry_after_secs = Some(secs);
        self
    }

    /// Remembers the cause for the log.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Display) -> Self {
        self.cause = Some(cause.to_string().into());
        self
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The code for programs.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The message for people.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What the log must know and nobody else.
    pub(crate) fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    /// An error of a layer that knows no form: 404 and 405 of the router, limits of the framework.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        let (code, message) = match status {
            StatusCode::NOT_FOUND => ("not_found", "There is nothing at this address."),
            StatusCode::METHOD_NOT_ALLOWED => (
                "method_not_allowed",
                "This address does not take this method; `Allow` says which.",
            ),
            StatusCode::PAYLOAD_TOO_LARGE => {
                ("too_large", "The request is larger than this address accepts.")
            }
            status if status.is_server_error() => return Self::internal(status),
            _ => ("bad_request", "The request cannot be read."),
        };
        Self::new(status, code, message)
    }

    /// The error as JSON, with the request's id where the fault is ours.
    pub(crate) fn to_json(&self, request_id: Option<&str>) -> Value {
        let mut details = self.details.clone();
        if let (true, Some(id)) = (self.status.is_server_error(), request_id) {
            match &mut details {
                Value::Object(details) => {
                    details.insert("request_id".to_owned(), id.into());
                }
                other => *other = json!({ "request_id": id }),
            }
        }
        json!({ "error": { "code": self.code, "message": self.message, "details": details } })
    }

    /// The error as a response with this body.
    pub(crate) fn respond(self, body: impl IntoResponse) -> Response {
        let mut response = (self.status, body).into_response();
        if let Some(secs) = self.retry_after_secs {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(secs));
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = Json(self.to_json(None));
        self.respond(body)
    }
}

impl From<store::Error> for ApiError {
    fn from(error: store::Error) -> Self {
        match &error {
            store::Error::Unavailable(_) => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "database_unavailable",
                "The database cannot be reached just now. Nothing was changed; try again in a moment.",
            )
            .retry_after_secs(5)
            .caused_by(error),
            store::Error::DiskFull(_) => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "disk_full",
                "The disk of the database is full. Nothing was changed; free disk space, then try again.",
            )
            .retry_after_secs(60)
            .caused_by(error),
            store::Error::Conflict(_) => Self::new(
                StatusCode::CONFLICT,
                "conflict",
                "The data changed in between. Look again, then repeat what is still needed.",
            )
            .caused_by(error),
            store::Error::Corrupt { .. } | store::Error::Other(_) => Self::internal(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(retry_after_ms: Option<i64>) -> LookupError {
        LookupError {
            message: "it did not answer.".to_owned(),
            retry_after_ms,
        }
    }

    #[test]
    fn every_error_has_its_status_and_code() {
        let corrupt = store::Error::Corrupt {
            table: "calls",
            column: "status",
            row: "1".into(),
            value: "?".into(),
        };
        let table: Vec<(ApiError, u16, &str)> = vec![
            (
                store::Error::Unavailable("gone".into()).into(),
                503,
                "database_unavailable",
            ),
            (store::Error::DiskFull("full".into()).into(), 503, "disk_full"),
            (store::Error::Conflict("raced".into()).into(), 409, "conflict"),
            (corrupt.into(), 500, "internal"),
            (store::Error::Other("syntax".into()).into(), 500, "internal"),
            (
                ApiError::provider(&lookup(None), "Nothing was stored."),
                502,
                "provider_unreachable",
            ),
            (
                ApiError::provider(&lookup(Some(1)), "Nothing was stored."),
                503,
                "provider_busy",
            ),
            (ApiError::field("cap", "1 to 50"), 422, "invalid_field"),
            (ApiError::not_found("campaign"), 404, "not_found"),
            (
                ApiError::impossible(Action::Pause, CampaignStatus::Created, &[]),
                409,
                "impossible_transition",
            ),
            (ApiError::of_status(StatusCode::NOT_FOUND), 404, "not_found"),
            (
                ApiError::of_status(StatusCode::METHOD_NOT_ALLOWED),
                405,
                "method_not_allowed",
            ),
            (
                ApiError::of_status(StatusCode::PAYLOAD_TOO_LARGE),
                413,
                "too_large",
            ),
            (ApiError::of_status(StatusCode::BAD_REQUEST), 400, "bad_request"),
            (ApiError::of_status(StatusCode::BAD_GATEWAY), 500, "internal"),
        ];
        for (error, status, code) in table {
            assert_eq!(
                (error.status().as_u16(), error.code()),
                (status, code),
                "{error:?}"
            );
            assert_eq!(error.into_response().status().as_u16(), status);
        }
    }

    #[test]
    fn a_fault_of_ours_names_the_request_and_hides_its_cause() {
        let error = ApiError::from(store::Error::Other("no such column: secrets".into()));
        let shown = error.to_json(Some("r-1"));
        assert_eq!(shown["error"]["details"]["request_id"], "r-1");
        assert!(!shown.to_string().contains("secrets"));
        assert!(error.cause().is_some_and(|cause| cause.contains("secrets")));
    }

    #[test]
    fn a_fault_of_the_asker_keeps_its_details() {
        let shown = ApiError::field("cap", "1 to 50").to_json(Some("r-1"));
        assert_eq!(shown["error"]["details"], json!({ "field": "cap" }));
    }

    #[test]
    fn waiting_times_are_told_in_whole_seconds_and_never_zero() {
        for (ms, secs) in [(0, "1"), (1, "1"), (1_000, "1"), (1_001, "2")] {
            let response = ApiError::provider(&lookup(Some(ms)), "").into_response();
            assert_eq!(response.headers()[header::RETRY_AFTER], secs);
        }
    }
}
