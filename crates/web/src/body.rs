//! JSON bodies of requests, with our own form of error.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
};
use http::StatusCode;
use serde::de::DeserializeOwned;

use crate::error::ApiError;

/// The body of a request as JSON.
///
/// Rejects with 400 `invalid_body` what cannot be read, with 400 `nul_character` what cannot be stored, and with 413 what is too large.
pub(crate) struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|error| ApiError::of_status(error.status()))?;
        // An empty body stands for an object in which everything is left out.
        let json: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
        if has_nul(json) {
            return Err(ApiError::nul());
        }
        serde_json::from_slice(json).map(Self).map_err(|error| {
            let message = format!("The body cannot be read as JSON: {error}.");
            ApiError::new(StatusCode::BAD_REQUEST, "invalid_body", message)
        })
    }
}

/// Whether a text of the JSON holds U+0000. As it is, JSON does not allow it; it comes as an escape, and a backslash that
/// is itself escaped begins none.
fn has_nul(json: &[u8]) -> bool {
    let mut rest = json;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        rest = &rest[at + 1..];
        if rest.starts_with(b"u0000") {
            return true;
        }
        rest = rest.get(1..).unwrap_or_default();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escaped_nul_is_found_and_an_escaped_backslash_is_none() {
        for json in [
            r#""\u0000""#,
            r#"{"a\u0000":1}"#,
            r#""\\\u0000""#,
            r#""x\n\u0000""#,
        ] {
            assert!(has_nul(json.as_bytes()), "{json}");
        }
        for json in [
            r#""\\u0000""#,
            r#""u0000""#,
            r#""\u0001""#,
            r#""\"#,
            "",
            r#""\"u0000""#,
        ] {
            assert!(!has_nul(json.as_bytes()), "{json}");
        }
    }
}
