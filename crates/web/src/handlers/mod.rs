//! Pages and fragments for people.

mod account;
mod assistants;
mod banner;
mod calls;
mod campaign;
mod campaigns;
mod contact;
mod numbers;
pub(crate) mod posted;
mod settings;
mod suppressions;

use askama::Template;
use axum::response::{Html, IntoResponse, Redirect, Response};
use http::StatusCode;
use store::StorageState;

use crate::{
    error::ApiError,
    pages::{ErrorPage, Shell},
    state::AppState,
    views::{
        banner::{storage_text, storage_title},
        shell::shell,
    },
};

pub(crate) use account::{account, account_live, save as save_account};
pub(crate) use assistants::{
    assistant, assistant_live, assistant_version, assistants, assistants_live, edit_assistant, new_assistant,
};
pub(crate) use banner::banner;
pub(crate) use calls::{call, call_panel};
pub(crate) use campaign::{campaign, campaign_calls, campaign_import, campaign_live, campaign_redial};
pub(crate) use campaigns::{campaigns, campaigns_live};
pub(crate) use contact::{contact, contact_panel};
pub(crate) use numbers::{numbers, numbers_live};
pub(crate) use settings::{save as save_settings, settings};
pub(crate) use suppressions::{suppressions, suppressions_live};

/// `GET /`.
pub(crate) async fn home() -> Redirect {
    Redirect::to("/campaigns")
}

/// A page or fragment as an answer.
pub(crate) fn html(page: &impl Template) -> Result<Response, ApiError> {
    let text = page
        .render()
        .map_err(|error| ApiError::internal(format!("a page cannot be drawn: {error}")))?;
    Ok(Html(text).into_response())
}

/// A page instead of one that needs the database: what is wrong with it, and what to do.
fn storage_page(shell: Shell, error: &ApiError, storage: &StorageState, request_id: &str) -> ErrorPage {
    let (title, message) = if storage.is_ok() {
        // It has just failed, and works again by now.
        (
            "The database did not answer".to_owned(),
            error.message().to_owned(),
        )
    } else {
        (
            storage_title(storage).to_owned(),
            format!(
                "{} This page needs the database; it works again when the database does.",
                storage_text(storage)
            ),
        )
    };
    ErrorPage {
        shell,
        status: error.status().as_u16(),
        title,
        message,
        request_id: Some(request_id.to_owned()),
    }
}

/// An error as a page.
pub(crate) fn error_page(error: &ApiError, state: &AppState, request_id: &str) -> Response {
    let shell = shell(state);
    // A person cannot know that an id should have been a UUID.
    let status = if error.code() == "invalid_id" {
        StatusCode::NOT_FOUND
    } else {
        error.status()
    };
    let page = match status {
        StatusCode::NOT_FOUND => ErrorPage::not_found(shell),
        _ if error.is_of_storage() => storage_page(shell, error, &state.vitals.storage(), request_id),
        StatusCode::INTERNAL_SERVER_ERROR => ErrorPage::internal(shell, Some(request_id.to_owned())),
        _ => ErrorPage {
            shell,
            status: status.as_u16(),
            title: status
                .canonical_reason()
                .unwrap_or("Something went wrong")
                .to_owned(),
            message: error.message().to_owned(),
            request_id: status.is_server_error().then(|| request_id.to_owned()),
        },
    };
    let text = page.render().unwrap_or_else(|_| error.message().to_owned());
    let mut response = error.clone().respond(Html(text));
    *response.status_mut() = status;
    response
}
