//! `/numbers`.

use axum::{extract::State, response::Response};

use super::html;
use crate::{
    error::ApiError,
    pages::{NumberList, NumbersPage},
    state::AppState,
    views::{numbers::list, shell::shell},
};

/// `GET /numbers`.
pub(crate) async fn numbers(State(state): State<AppState>) -> Result<Response, ApiError> {
    html(&NumbersPage {
        shell: shell(&state),
        list: read(&state).await?,
    })
}

/// `GET /numbers/live`.
pub(crate) async fn numbers_live(State(state): State<AppState>) -> Result<Response, ApiError> {
    html(&read(&state).await?)
}

async fn read(state: &AppState) -> Result<NumberList, ApiError> {
    let (listed, trouble) = state.numbers.as_known().await;
    let open = state.store().open_calls_by_number().await?;
    let default = state.settings.default_phone_number_id.as_deref();
    Ok(list(
        listed.as_ref(),
        trouble.as_ref(),
        &open,
        default,
        state.settings.features,
    ))
}
