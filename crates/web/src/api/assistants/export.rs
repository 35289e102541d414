//! `GET /api/assistants/export` and `…/{id}/export`: configurations as a file, without secrets.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{
    assistant::file::{ExportFile, ExportedAssistant},
    directory::Source,
    ids::AssistantId,
};
use http::{HeaderValue, header};
use store::{Assistant, AssistantFilter, Page};

use super::{config_of, find};
use crate::{error::ApiError, extract::Id, state::AppState};

/// Assistants in one file at most.
const MOST: u32 = 10_000;

/// 200 with the file; 403 when exporting is switched off; 404.
pub(crate) async fn one(
    State(state): State<AppState>,
    Id(id): Id<AssistantId>,
) -> Result<Response, ApiError> {
    state.settings.features.allow_export()?;
    let assistant = find(&state, id).await?;
    let name = format!("assistant-{id}.json");
    file(&state, &[assistant], &name)
}

/// 200 with a file of all assistants, templates aside; 403 when exporting is switched off.
pub(crate) async fn all(State(state): State<AppState>) -> Result<Response, ApiError> {
    state.settings.features.allow_export()?;
    let page = Page {
        limit: MOST,
        offset: 0,
    };
    let mut assistants = state
        .store()
        .assistants(&AssistantFilter::default(), page)
        .await?;
    assistants.retain(|assistant| assistant.source != Source::Template);
    file(&state, &assistants, "assistants.json")
}

fn file(state: &AppState, assistants: &[Assistant], name: &str) -> Result<Response, ApiError> {
    let exported = assistants
        .iter()
        .map(|assistant| {
            Ok(ExportedAssistant::new(
                &assistant.name,
                &config_of(&assistant.config_json)?,
            ))
        })
        .collect::<Result<_, ApiError>>()?;
    let mut response = Json(ExportFile::new(state.now(), exported)).into_response();
    let disposition = HeaderValue::try_from(format!("attachment; filename=\"{name}\""));
    response.headers_mut().insert(
        header::CONTENT_DISPOSITION,
        disposition.map_err(ApiError::internal)?,
    );
    Ok(response)
}
