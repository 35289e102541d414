//! `GET /api/calls/{id}/recording`: the recording of a call, passed on from the provider. Takes `Range`.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use domain::ids::CallId;
use http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::{error::ApiError, extract::Id, recordings::RecordingFile, state::AppState};

/// 200 or 206 with sound; 404 when there is none; 502 or 503 when the provider cannot be asked.
pub(crate) async fn handler(
    State(state): State<AppState>,
    Id(id): Id<CallId>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let provider_call_id = state.store().provider_call_id(id).await?;
    let provider_call_id = provider_call_id.ok_or_else(|| ApiError::not_found("call"))?;
    let (Some(recordings), Some(provider_call_id)) = (&state.recordings, provider_call_id) else {
        return Err(ApiError::not_found("recording"));
    };
    let opened = recordings
        .open(&provider_call_id, headers.get(header::RANGE))
        .await;
    let file = opened
        .map_err(|error| ApiError::provider(&error, "The recording stays with the provider; try again."))?
        .ok_or_else(|| ApiError::not_found("recording"))?;
    Ok(respond(file, id))
}

fn respond(file: RecordingFile, id: CallId) -> Response {
    let status = if file.content_range.is_some() {
        StatusCode::PARTIAL_CONTENT
    } else {
        StatusCode::OK
    };
    let mut response = (status, file.body).into_response();
    let headers = response.headers_mut();
    // Nothing but sound may be shown by the browser in our name.
    let sound = Some(file.content_type)
        .filter(|kind| kind.starts_with("audio/"))
        .and_then(|kind| kind.parse().ok());
    headers.insert(
        header::CONTENT_TYPE,
        sound.unwrap_or(HeaderValue::from_static("application/octet-stream")),
    );
    if let Ok(name) = HeaderValue::try_from(format!("inline; filename=\"call-{id}.wav\"")) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, max-age=300"),
    );
    if let Some(length) = file.length {
        headers.insert(header::CONTENT_LENGTH, length.into());
    }
    if let Some(range) = file.content_range {
        headers.insert(header::CONTENT_RANGE, range);
    }
    response
}
