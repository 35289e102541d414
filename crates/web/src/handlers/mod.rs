//! Pages and fragments for people.

mod account;
mod assistants;
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

use crate::{error::ApiError, pages::ErrorPage, state::AppState, views::shell::shell};

pub(crate) use account::{account, account_live, save as save_account};
pub(crate) use assistants::{
    assistant, assistant_live, assistant_version, assistants, assistants_live, edit_assistant, new_assistant,
};
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
