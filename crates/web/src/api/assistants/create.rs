//! `POST /api/assistants` and `POST /api/assistants/{id}/clone`: new assistants at the provider.

use axum::{extract::State, response::Response};
use domain::{
    assistant::{Config, expand_short_form, secrets},
    directory::Origin,
    ids::AssistantId,
};
use engine::Creation;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{author, refusals::faulty, settled, to_the_end};
use crate::{body::Body, error::ApiError, extract::Id, state::AppState};

/// A new assistant. An entry of an exported file is one, too.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct New {
    name: String,
    #[serde(default)]
    config: Map<String, Value>,
    active: Option<bool>,
    #[serde(default)]
    ephemeral: bool,
    by: Option<String>,
    /// Of an exported file: secrets that were left out of it.
    #[serde(default, rename = "left_out")]
    _left_out: Vec<String>,
}

/// 201; 202 when the provider's answer was lost; 422 when a field is at fault.
pub(crate) async fn handler(
    State(state): State<AppState>,
    Body(new): Body<New>,
) -> Result<Response, ApiError> {
    let mut given = new.config;
    expand_short_form(&mut given, None).map_err(|faults| faulty("invalid_field", &faults, None))?;
    given.retain(|_, value| !value.is_null());
    let mut config = Config::new(given);
    config.set_name(new.name.trim());
    // A hidden value of somewhere else is no secret that we know.
    let config = secrets::restored(config, &Config::default())
        .map_err(|faults| faulty("invalid_field", &faults, None))?;
    let creation = Creation {
        config,
        active: new.active.unwrap_or(true),
        ephemeral: new.ephemeral,
        origin: Origin::Created,
        author: author(new.by.as_deref()),
    };
    let directory = state.directory.clone();
    let outcome = to_the_end(&state, None, async move { directory.create(creation).await }).await?;
    tracing::info!(assistant.id = %outcome.id(), "assistant created");
    settled(&state, &outcome, StatusCode::CREATED).await
}

/// How the copy shall be called, and who makes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CloneWish {
    name: Option<String>,
    by: Option<String>,
}

/// 201; 202 when the provider's answer was lost; 404.
pub(crate) async fn clone(
    State(state): State<AppState>,
    Id(id): Id<AssistantId>,
    Body(wish): Body<CloneWish>,
) -> Result<Response, ApiError> {
    let directory = state.directory.clone();
    let work = async move {
        let name = wish
            .name
            .as_deref()
            .map(str::trim)
            .filter(|name| !name.is_empty());
        directory.clone_of(id, name, &author(wish.by.as_deref())).await
    };
    let outcome = to_the_end(&state, Some(id), work).await?;
    settled(&state, &outcome, StatusCode::CREATED).await
}
