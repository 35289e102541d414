//! Ids and queries from addresses, with our own form of error.

use axum::extract::{FromRequestParts, Path, Query};
use http::{StatusCode, header, request::Parts};
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

/// Whether whoever asks would rather have a fragment of a page than JSON.
pub(crate) struct PrefersHtml(pub bool);

impl<S: Send + Sync> FromRequestParts<S> for PrefersHtml {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let accepts = parts.headers.get_all(header::ACCEPT);
        let accepts: Vec<&str> = accepts.iter().filter_map(|value| value.to_str().ok()).collect();
        Ok(Self(prefers_html(&accepts.join(","))))
    }
}

/// `text/html` is named, and nothing that JSON is sent for is liked as well.
fn prefers_html(accept: &str) -> bool {
    let weight = |wanted: &str| {
        let named = accept.split(',').filter_map(|part| {
            let mut parts = part.split(';').map(str::trim);
            let kind = parts.next()?;
            let q = parts.find_map(|parameter| parameter.strip_prefix("q="));
            let q = q.map_or(1.0, |q| q.parse().unwrap_or(0.0));
            kind.eq_ignore_ascii_case(wanted).then_some(q)
        });
        named.fold(0.0_f32, f32::max)
    };
    weight("text/html") > weight("application/json")
}

/// The query of an address.
///
/// Rejects with 400 `invalid_query` what cannot be read, and with 400 `nul_character` what cannot be stored.
pub(crate) struct Params<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        if parts.uri.query().is_some_and(|query| query.contains("%00")) {
            return Err(ApiError::nul());
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_asks_for_pages_gets_them() {
        for accept in [
            "",
            "*/*",
            "application/json",
            "text/html, application/json",
            "text/html;q=0",
        ] {
            assert!(!prefers_html(accept), "{accept}");
        }
        for accept in [
            "text/html",
            "text/html, application/json;q=0.9",
            "application/json; q=0.1, TEXT/HTML",
        ] {
            assert!(prefers_html(accept), "{accept}");
        }
    }
}
