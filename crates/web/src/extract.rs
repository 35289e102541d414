//! Ids and queries from addresses, with our own form of error.

use axum::extract::{FromRequestParts, Path, Query};
use http::{StatusCode, request::Parts};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::error::ApiError;

/// The `{id}` of an address as one of our typed ids.
///
/// Rejects with 400 `invalid_id` what is no UUID.
pub(crate) struct Id<T>(pub T);

impl<S: Send + Sync, T: From<Uuid>> FromRequestParts<S> for Id<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let invalid = || {
            ApiError::new(
                StatusCode::BAD_REQUEST,
                "invalid_id",
                "The id in the address is not a UUID.",
            )
        };
        let Path(text) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|_| invalid())?;
        Uuid::parse_str(&text)
            .map(|id| Self(T::from(id)))
            .map_err(|_| invalid())
    }
}

/// The query of an address.
///
/// Rejects with 400 `invalid_query` what cannot be read.
pub(crate) struct Params<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(params)) => Ok(Self(params)),
            Err(error) => Err(ApiError::new(
                StatusCode::BAD_REQUEST,
                "invalid_query",
                error.body_text(),
            )),
        }
    }
}
