//! Why a request of the API, other than a dial, has no result.

use std::fmt;

use http::{HeaderMap, StatusCode};

use crate::error_body::{ErrorBody, request_id};
use crate::retry_after::retry_after_ms;
use crate::transport::TransportError;

/// A request without a result. Its text is meant for people and names what was attempted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    /// What was attempted, as in "cannot *list calls*".
    pub action: &'static str,
    /// What went wrong.
    pub kind: ApiErrorKind,
    /// The provider's name of this exchange, for its support.
    pub request_id: Option<String>,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApiErrorKind {
    /// The API key is not accepted (401).
    Unauthorized,
    /// Too many requests (429).
    RateLimited {
        /// How long the provider asks to wait, in milliseconds, if it says so.
        retry_after_ms: Option<u64>,
    },
    /// The provider will not do this (any other status that is neither a success nor 5xx).
    Refused {
        /// HTTP status.
        status: u16,
        /// The provider's words, one entry per fault; may be empty.
        messages: Vec<String>,
        /// Which fields of the request are at fault, where the provider says so.
        faults: Vec<FieldFault>,
    },
    /// The provider cannot do this now (5xx with this status).
    Unavailable(u16),
    /// There is no complete answer.
    Transport(TransportError),
    /// The answer is a success but not what was asked for, or the request could not be formed. Says which.
    Malformed(String),
}

/// A field that the provider does not accept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFault {
    /// Where it lies in the request's body, as `model.messages.0.role`.
    pub path: String,
    /// What is wrong with it, in the provider's words.
    pub message: String,
}

impl FieldFault {
    /// From the newer shape of errors, which points at fields, or else from messages that begin with the path of one.
    fn all(error: &ErrorBody) -> Vec<Self> {
        let pointed: Vec<Self> = error.fields.iter().filter_map(Self::pointed).collect();
        if pointed.is_empty() {
            error
                .messages
                .iter()
                .filter_map(|message| Self::named(message))
                .collect()
        } else {
            pointed
        }
    }

    fn pointed(field: &crate::error_body::FieldError) -> Option<Self> {
        let path = field.pointer.strip_prefix("/body/")?.replace('/', ".");
        let message = field.message.clone();
        (!path.is_empty() && !message.is_empty()).then_some(Self { path, message })
    }

    /// `model.property temp should not exist` and `name must be shorter than …`, as the API's validator writes them.
    fn named(message: &str) -> Option<Self> {
        let (first, rest) = message.split_once(' ')?;
        let path = match first.strip_suffix("property") {
            Some(parents) => format!("{parents}{}", rest.split(' ').next()?),
            None if rest.starts_with("must ") || rest.starts_with("should ") || rest.starts_with("each ") => {
                first.to_owned()
            }
            None => return None,
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        (path.chars().all(plain) && !path.ends_with('.')).then(|| Self {
            path,
            message: message.to_owned(),
        })
    }
}

impl ApiError {
    pub(crate) fn new(action: &'static str, kind: ApiErrorKind) -> Self {
        Self {
            action,
            kind,
            request_id: None,
        }
    }

    /// The error that an answer without success stands for.
    pub(crate) fn from_answer(
        action: &'static str,
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Self {
        let error = ErrorBody::parse(headers, body);
        let kind = match status.as_u16() {
            401 => ApiErrorKind::Unauthorized,
            429 => ApiErrorKind::RateLimited {
                retry_after_ms: retry_after_ms(headers),
            },
            500.. => ApiErrorKind::Unavailable(status.as_u16()),
            refused => {
                let faults = FieldFault::all(&error);
                let mut messages = error.messages;
                if messages.is_empty() {
                    messages.extend(error.error);
                }
                if refused == 404 && messages.is_empty() {
                    // A proxy's page, or a wrong base address. The API says what it did not find.
                    let fault = "404 without the API's words: check the address of the API".to_owned();
                    return Self::malformed(action, headers, fault);
                }
                ApiErrorKind::Refused {
                    status: refused,
                    messages,
                    faults,
                }
            }
        };
        Self {
            action,
            kind,
            request_id: error.request_id,
        }
    }

    /// The error that an unreadable success stands for.
    pub(crate) fn malformed(action: &'static str, headers: &HeaderMap, fault: String) -> Self {
        Self {
            action,
            kind: ApiErrorKind::Malformed(fault),
            request_id: request_id(headers),
        }
    }

    /// Whether the provider does not know the thing: 404 in the API's own words.
    pub fn is_not_found(&self) -> bool {
        matches!(self.kind, ApiErrorKind::Refused { status: 404, .. })
    }
}

impl std::error::Error for ApiError {}

impl fmt::Display for ApiError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "cannot {}: {}", self.action, self.kind)?;
        match &self.request_id {
            Some(id) => write!(formatter, " (request {id})"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for ApiErrorKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unauthorized => formatter.write_str(
                "Vapi does not accept the API key (HTTP 401); it must be the private key of the right organisation and region",
            ),
            Self::RateLimited { retry_after_ms: None } => {
                formatter.write_str("Vapi asks to slow down (HTTP 429)")
            }
            Self::RateLimited { retry_after_ms: Some(wait_ms) } => {
                write!(formatter, "Vapi asks to slow down (HTTP 429) and to wait {} s", wait_ms.div_ceil(1000))
            }
            Self::Refused { status, messages, .. } if messages.is_empty() => {
                write!(formatter, "Vapi refused it (HTTP {status}) without giving a reason")
            }
            Self::Refused { status, messages, .. } => {
                write!(formatter, "Vapi refused it (HTTP {status}): {}", messages.join("; "))
            }
            Self::Unavailable(status) => write!(formatter, "Vapi is not available (HTTP {status})"),
            Self::Transport(TransportError::NotSent(cause)) => {
                write!(formatter, "no connection to Vapi: {cause}")
            }
            Self::Transport(TransportError::InDoubt(cause)) => {
                write!(formatter, "no complete answer from Vapi: {cause}")
            }
            Self::Malformed(fault) => formatter.write_str(fault),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_at_fault_are_named() {
        let paths = |body: &str| -> Vec<String> {
            let error =
                ApiError::from_answer("x", StatusCode::BAD_REQUEST, &HeaderMap::new(), body.as_bytes());
            match error.kind {
                ApiErrorKind::Refused { faults, .. } => faults.into_iter().map(|fault| fault.path).collect(),
                other => panic!("{other:?}"),
            }
        };
        let legacy = r#"{"message":["model.property temp should not exist","name must be shorter than or equal to 40 characters",
            "each value in endCallPhrases must be longer","model.messages.0.role must be one of: system","Over Concurrency Limit"]}"#;
        assert_eq!(paths(legacy), ["model.temp", "name", "model.messages.0.role"]);
        let pointed = r#"{"message":["x"],"errors":[{"code":"A","message":"too hot","pointer":"/body/model/temperature"},{"code":"B"}]}"#;
        assert_eq!(paths(pointed), ["model.temperature"]);
        assert!(paths(r#"{"message":"no such voice"}"#).is_empty());
    }

    #[test]
    fn answers_become_errors_that_people_can_act_on() {
        for (status, body, expected) in [
            (
                401,
                "",
                "cannot list calls: Vapi does not accept the API key (HTTP 401); it must be the private key of the right organisation and region",
            ),
            (
                429,
                "",
                "cannot list calls: Vapi asks to slow down (HTTP 429) and to wait 2 s",
            ),
            (
                400,
                r#"{"message":["a","b"],"requestId":"req_1"}"#,
                "cannot list calls: Vapi refused it (HTTP 400): a; b (request req_1)",
            ),
            (
                403,
                r#"{"error":"Forbidden"}"#,
                "cannot list calls: Vapi refused it (HTTP 403): Forbidden",
            ),
            (
                302,
                "",
                "cannot list calls: Vapi refused it (HTTP 302) without giving a reason",
            ),
            (
                503,
                "<html>",
                "cannot list calls: Vapi is not available (HTTP 503)",
            ),
        ] {
            let headers =
                HeaderMap::from_iter([(http::header::RETRY_AFTER, http::HeaderValue::from_static("1.5"))]);
            let status = StatusCode::from_u16(status).unwrap();
            let error = ApiError::from_answer("list calls", status, &headers, body.as_bytes());
            assert_eq!(error.to_string(), expected);
        }
    }
}
