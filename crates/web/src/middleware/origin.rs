//! Other sites may not change anything here.
//!
//! A browser says with `Sec-Fetch-Site` and `Origin` from which site a request comes; programs that are no browsers send
//! neither. Only what a page of ours sends, or no page at all, may change something.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use tower_http::csrf::{CsrfLayer, ProtectionError, ResponseForProtectionError};

use crate::error::ApiError;

/// Refuses changes that another site asks for with 403 `cross_origin`. Reading (GET, HEAD) is left to the browser, which
/// shows no answer of ours to other sites.
pub(crate) fn same_origin() -> CsrfLayer<Refusal> {
    CsrfLayer::new().with_rejection_response(Refusal)
}

#[derive(Clone, Copy)]
pub(crate) struct Refusal;

impl ResponseForProtectionError<Body> for Refusal {
    fn response_for_protection_error(&mut self, _error: ProtectionError) -> Response {
        ApiError::new(
            StatusCode::FORBIDDEN,
            "cross_origin",
            "Another site asked for this change, so it was refused. Use the pages of this server. A reverse proxy in \
             front of it must pass `Host` and `Origin` on unchanged.",
        )
        .into_response()
    }
}
