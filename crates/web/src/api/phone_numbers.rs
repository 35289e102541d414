//! `GET /api/phone-numbers` and `GET /api/health/phone-line`: the numbers to call from.

use axum::{Json, extract::State};
use engine::ProviderNumber;
use serde::{Deserialize, Serialize};

use crate::{
    error::ApiError,
    extract::Params,
    line_health::{LineHealth, detail, live_calls},
    state::AppState,
};

/// All numbers, and when the provider told them.
#[derive(Serialize)]
pub(crate) struct Numbers {
    items: Vec<NumberJson>,
    checked_at: String,
}

/// A number to call from. Nothing of what the provider knows of it beyond this leaves the node.
#[derive(Serialize)]
struct NumberJson {
    /// The provider's id, as a new campaign takes it.
    id: String,
    name: Option<String>,
    number: Option<String>,
    provider: Option<String>,
    usable: bool,
    state: &'static str,
    /// Our own calls on it at this moment.
    live_calls: u32,
    /// Absent when the health of lines is switched off.
    status: Option<&'static str>,
    /// Whether a campaign that names no number calls from this one.
    default: bool,
}

const THEN: &str = "Calls go on as before; try again in a moment, and check the provider's key if it lasts.";

/// 200; 502 or 503 when the provider cannot be asked.
pub(crate) async fn list(State(state): State<AppState>) -> Result<Json<Numbers>, ApiError> {
    let listed = state
        .numbers
        .list()
        .await
        .map_err(|error| ApiError::provider(&error, THEN))?;
    let open = state.store().open_calls_by_number().await?;
    let default = state.settings.default_phone_number_id.as_deref();
    let items = listed.numbers.iter().map(|number| {
        let live = live_calls(&open, number);
        NumberJson {
            id: number.id.clone(),
            name: number.name.clone(),
            number: number.number.clone(),
            provider: number.provider.clone(),
            usable: number.usable(),
            state: number.state.as_str(),
            live_calls: live,
            status: state.settings.features.line(number, live).map(LineHealth::as_str),
            default: default == Some(number.id.as_str()),
        }
    });
    Ok(Json(Numbers {
        items: items.collect(),
        checked_at: listed.at.to_iso(),
    }))
}

/// Which number; that of the settings, or the only one, when left out.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Which {
    phone_number_id: String,
}

/// The badge of a number. It informs people; the dialler goes by what the provider answers.
#[derive(Serialize)]
pub(crate) struct LineJson {
    phone_number_id: Option<String>,
    number: Option<String>,
    status: Option<&'static str>,
    live_calls: u32,
    detail: String,
    last_checked: String,
}

/// 200, also when the provider cannot be asked: that is an `error` of the line; 403 when the health of
/// lines is switched off; 404 when it has no such number.
pub(crate) async fn line(
    State(state): State<AppState>,
    Params(which): Params<Which>,
) -> Result<Json<LineJson>, ApiError> {
    let features = state.settings.features;
    features.allow_line_health()?;
    let wanted = Some(which.phone_number_id.as_str())
        .filter(|id| !id.is_empty())
        .or(state.settings.default_phone_number_id.as_deref());
    let open = state.store().open_calls_by_number().await?;
    let listed = match state.numbers.list().await {
        Ok(listed) => listed,
        Err(error) => {
            let why = error.message.trim_end_matches('.');
            return Ok(Json(LineJson {
                phone_number_id: wanted.map(str::to_owned),
                number: None,
                status: Some(LineHealth::Error.as_str()),
                live_calls: wanted.and_then(|id| open.get(id)).copied().unwrap_or(0),
                detail: format!("The provider could not be asked: {why}."),
                last_checked: state.now().to_iso(),
            }));
        }
    };
    let found: Option<&ProviderNumber> = match (wanted, listed.numbers.as_slice()) {
        (Some(id), numbers) => numbers.iter().find(|number| number.id == id),
        (None, [only]) => Some(only),
        (None, _) => {
            let message = "The account has several numbers: say which one with `phone_number_id`.";
            return Err(ApiError::field("phone_number_id", message));
        }
    };
    let number = found.ok_or_else(|| ApiError::not_found("number"))?;
    let live = live_calls(&open, number);
    Ok(Json(LineJson {
        phone_number_id: Some(number.id.clone()),
        number: number.number.clone(),
        status: features.line(number, live).map(LineHealth::as_str),
        live_calls: live,
        detail: detail(number, live),
        last_checked: listed.at.to_iso(),
    }))
}
