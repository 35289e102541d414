//! `GET /api/assistants` and `GET /api/phone-numbers`: what the provider offers for a campaign.

use axum::{Json, extract::State};
use serde::Serialize;

use crate::{error::ApiError, state::AppState};

/// All there is.
#[derive(Serialize)]
pub(crate) struct All<T> {
    items: Vec<T>,
}

/// An assistant at the provider.
#[derive(Serialize)]
pub(crate) struct AssistantJson {
    /// The provider's id, as a new campaign takes it.
    id: String,
    name: String,
}

/// A number to call from.
#[derive(Serialize)]
pub(crate) struct PhoneNumberJson {
    /// The provider's id, as a new campaign takes it.
    id: String,
    name: Option<String>,
    number: Option<String>,
    usable: bool,
    /// Whether a campaign that names no number calls from this one.
    default: bool,
}

const THEN: &str = "Calls go on as before; try again in a moment, and check the provider's key if it lasts.";

/// 200; 502 or 503 when the provider cannot be asked.
pub(crate) async fn assistants(State(state): State<AppState>) -> Result<Json<All<AssistantJson>>, ApiError> {
    let offer = state
        .directory
        .offer()
        .await
        .map_err(|error| ApiError::provider(&error, THEN))?;
    let items = offer.assistants.iter().map(|assistant| AssistantJson {
        id: assistant.id.clone(),
        name: assistant.name.clone(),
    });
    Ok(Json(All {
        items: items.collect(),
    }))
}

/// 200; 502 or 503 when the provider cannot be asked.
pub(crate) async fn phone_numbers(
    State(state): State<AppState>,
) -> Result<Json<All<PhoneNumberJson>>, ApiError> {
    let offer = state
        .directory
        .offer()
        .await
        .map_err(|error| ApiError::provider(&error, THEN))?;
    let default = state.settings.default_phone_number_id.as_deref();
    let items = offer.numbers.iter().map(|number| PhoneNumberJson {
        id: number.id.clone(),
        name: number.name.clone(),
        number: number.number.clone(),
        usable: number.usable,
        default: default == Some(number.id.as_str()),
    });
    Ok(Json(All {
        items: items.collect(),
    }))
}
