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
/// Rejects with 400 `invalid_body` what cannot be read, and with 413 what is too large.
pub(crate) struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|error| ApiError::of_status(error.status()))?;
        // An empty body stands for an object in which everything is left out.
        let json: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
        serde_json::from_slice(json).map(Self).map_err(|error| {
            let message = format!("The body cannot be read as JSON: {error}.");
            ApiError::new(StatusCode::BAD_REQUEST, "invalid_body", message)
        })
    }
}
