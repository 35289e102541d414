//! The outermost layer: names a request, catches panics, gives errors their form, hardens the answer, logs one line.

use std::{panic::AssertUnwindSafe, time::Instant};

use axum::{
    Json,
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures::FutureExt;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use uuid::Uuid;

use crate::{assets, error::ApiError, handlers, state::AppState};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Sent with every answer.
const HARDENING: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, assets::CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=()",
    ),
];

/// Who reads an answer decides the form of its errors.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Reader {
    /// A program.
    Program,
    /// A person in front of a browser.
    Person,
    /// A browser that fetches a file.
    Browser,
}

/// What happens around every request.
pub(crate) async fn around(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let id = request_id(&state, request.headers());
    let reader = Reader::of(request.uri().path());
    let method = request.method().clone();
    // The template of the path: real paths and queries may hold names and numbers of people.
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("-".to_owned(), |path| path.as_str().to_owned());

    #[expect(
        clippy::disallowed_methods,
        reason = "measures how long this machine takes, for the log alone"
    )]
    let began = Instant::now();
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    // What a panic said may hold data of people; the panic hook has logged where it was.
    let response = answer.unwrap_or_else(|_| ApiError::internal("panic").into_response());
    let response = blame_storage(response, &state).await;
    let told = state.quiet.request(&route, response.status(), state.now());
    let mut response = shape(response, reader, &state, &id, told.is_some());
    harden(response.headers_mut(), &id);

    if let Some(left_out) = told {
        tracing::info!(
            request.id = %id,
            http.method = %method,
            http.route = %route,
            http.status = response.status().as_u16(),
            duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
            // Requests of this route that failed alike since the last line about one.
            left_out = (left_out > 0).then_some(left_out),
            "request"
        );
    }
    response
}

/// Whoever reads the answer shall hear what is wrong with the database, and every page after it too. A database that is
/// gone fails in many ways, and not every one of them looks like it.
async fn blame_storage(response: Response, state: &AppState) -> Response {
    let Some(error) = response.extensions().get::<ApiError>() else {
        return response;
    };
    if error.is_of_storage() {
        state.vitals.look().await;
        return response;
    }
    if error.status() != StatusCode::INTERNAL_SERVER_ERROR {
        return response;
    }
    let storage = state.vitals.look().await;
    if storage.is_ok() {
        return response;
    }
    let cause = error.cause().unwrap_or_default().to_owned();
    ApiError::storage(&storage).caused_by(cause).into_response()
}

impl Reader {
    fn of(path: &str) -> Self {
        if path == "/api" || path.starts_with("/api/") || path == "/events" {
            Self::Program
        } else if path.starts_with(assets::PREFIX) {
            Self::Browser
        } else {
            Self::Person
        }
    }
}

/// The id that a proxy in front gave the request, or a new one.
fn request_id(state: &AppState, headers: &HeaderMap) -> String {
    let plain = |text: &&str| {
        (1..=64).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    let given = headers
        .get(REQUEST_ID)
        .and_then(|value| value.to_str().ok())
        .filter(plain);
    given.map_or_else(
        || state.request_ids.next::<Uuid>(state.now()).to_string(),
        str::to_owned,
    )
}

/// Gives an error its form, and logs its cause if that is to be told.
fn shape(response: Response, reader: Reader, state: &AppState, id: &str, told: bool) -> Response {
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) || reader == Reader::Browser {
        return response;
    }
    // An answer that is JSON without being an error of ours means what it says, as that of an unhealthy server does. So
    // does a page: a form that comes back with its faults.
    let kind = response.headers().get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let speaks = kind == "application/json" || (reader == Reader::Person && kind.starts_with("text/html"));
    if speaks && response.extensions().get::<ApiError>().is_none() {
        return response;
    }
    let (mut parts, _) = response.into_parts();
    let error = parts
        .extensions
        .remove::<ApiError>()
        .unwrap_or_else(|| ApiError::of_status(status));
    if let Some(cause) = error.cause().filter(|_| told) {
        if error.status().is_server_error() {
            tracing::error!(request.id = %id, cause, "a request failed");
        } else {
            tracing::debug!(request.id = %id, cause, "a request was refused");
        }
    }
    let mut shaped = match reader {
        Reader::Person => handlers::error_page(&error, state, id),
        Reader::Program | Reader::Browser => {
            let body = Json(error.to_json(Some(id)));
            error.respond(body)
        }
    };
    if let Some(allow) = parts.headers.remove(header::ALLOW) {
        shaped.headers_mut().insert(header::ALLOW, allow);
    }
    shaped
}

fn harden(headers: &mut HeaderMap, id: &str) {
    for (name, value) in HARDENING {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Pages and answers hold names and numbers of people.
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, id);
    }
}
