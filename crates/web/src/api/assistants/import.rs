//! `GET /api/assistants/provider` and `POST /api/assistants/import`: what the account holds already.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::assistant::{model_label, voice_label};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::{author, config_of, shapes::AssistantJson, to_the_end};
use crate::{body::Body, error::ApiError, state::AppState};

const THEN: &str = "Calls go on as before; try again in a moment, and check the provider's key if it lasts.";

#[derive(Serialize)]
pub(crate) struct Held {
    items: Vec<HeldAssistant>,
}

/// An assistant that the account holds.
#[derive(Serialize)]
struct HeldAssistant {
    provider_assistant_id: String,
    name: String,
    model: Option<String>,
    voice: Option<String>,
    /// Our id, when the directory has it.
    registered: Option<String>,
}

/// 200 with what the account holds, by name; 502 or 503 when the provider cannot be asked.
pub(crate) async fn held(State(state): State<AppState>) -> Result<Json<Held>, ApiError> {
    let offered = state
        .directory
        .offered()
        .await
        .map_err(|error| ApiError::provider(&error, THEN))?;
    let known = state.store().registered_assistants().await?;
    let mut items = Vec::with_capacity(offered.len());
    for theirs in offered {
        let config = config_of(&theirs.config_json)?;
        items.push(HeldAssistant {
            registered: known.get(&theirs.id).map(ToString::to_string),
            model: model_label(&config),
            voice: voice_label(&config),
            provider_assistant_id: theirs.id,
            name: theirs.name,
        });
    }
    items.sort_by_cached_key(|item| item.name.to_lowercase());
    Ok(Json(Held { items }))
}

/// As at the provider.
const MAX_NAME_CHARS: usize = 40;

/// Which one to register, what to call it, and who asks.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Import {
    #[serde(alias = "providerAssistantId")]
    provider_assistant_id: String,
    name: Option<String>,
    by: Option<String>,
}

/// 201 when the directory did not have it, 200 when its record was brought up to date; 422 when the provider has none.
pub(crate) async fn import(
    State(state): State<AppState>,
    Body(wish): Body<Import>,
) -> Result<Response, ApiError> {
    let provider_id = wish.provider_assistant_id.trim().to_owned();
    if wish
        .name
        .as_ref()
        .is_some_and(|name| name.trim().chars().count() > MAX_NAME_CHARS)
    {
        let message = format!("A name has at most {MAX_NAME_CHARS} letters.");
        return Err(ApiError::field("name", message));
    }
    let known = state.store().assistant_of_provider(&provider_id).await?;
    let directory = state.directory.clone();
    let work = async move {
        let name = wish
            .name
            .as_deref()
            .map(str::trim)
            .filter(|name| !name.is_empty());
        directory
            .import(&provider_id, name, &author(wish.by.as_deref()))
            .await
    };
    let registered = to_the_end(&state, known.map(|record| record.id), work).await?;
    tracing::info!(assistant.id = %registered.id, new = registered.new, "assistant imported");
    let status = if registered.new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok((status, Json(AssistantJson::read(&state, registered.id).await?)).into_response())
}
