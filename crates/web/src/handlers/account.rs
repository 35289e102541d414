//! `/account`: the lines that all campaigns share.

use axum::{
    Form,
    extract::{State, rejection::FormRejection},
    response::{IntoResponse, Redirect, Response},
};
use http::StatusCode;
use serde::Deserialize;
use store::Wake;

use super::{html, posted::Posted};
use crate::{
    error::ApiError,
    extract::Params,
    pages::{AccountForm, AccountLive, AccountPage, FormField},
    state::AppState,
    views::{
        account::{form, live, presets},
        shell::shell,
    },
};

/// The query of the page.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct AccountQuery {
    /// It was just saved.
    saved: Option<String>,
}

/// `GET /account?saved`.
pub(crate) async fn account(
    State(state): State<AppState>,
    Params(query): Params<AccountQuery>,
) -> Result<Response, ApiError> {
    let fields = stored(&state).await?;
    let page = page(&state, fields, None).await?;
    html(&AccountPage {
        saved: query.saved.is_some(),
        ..page
    })
}

/// `GET /account/live`.
pub(crate) async fn account_live(State(state): State<AppState>) -> Result<Response, ApiError> {
    html(&usage(&state).await?)
}

/// `POST /account`: `reserved`, `calls_per_second` and `cap.{phone_number_id}`; what is absent stays. 303 back, or 422 with
/// the page and its faults.
pub(crate) async fn save(
    State(state): State<AppState>,
    sent: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Response, ApiError> {
    let sent = Posted::new(sent)?;
    let (store, now) = (state.store(), state.now());
    let account = store.account(now).await?;
    let mut fields = stored(&state).await?;
    let whole = |text: &str, least: u32, most: u32, what: &str| match text.parse::<u32>() {
        Ok(number) if number < least => Err(format!("Must be at least {least}.")),
        Ok(number) if number <= most => Ok(number),
        Ok(_) => Err(what.to_owned()),
        Err(_) => Err("Write a whole number.".to_owned()),
    };
    let most = account.line_cap.saturating_sub(1);
    let reserved = sent.read("reserved", &mut fields.reserved, |text| {
        whole(
            text,
            0,
            most,
            "Must be less than the lines of the account, or nobody can be called.",
        )
    });
    let optional = |text: &str| match text {
        "" => Ok(None),
        text => whole(text, 1, 1_000, "Must be at most 1,000.").map(Some),
    };
    let per_second = sent.read("calls_per_second", &mut fields.calls_per_second, optional);
    let mut caps = Vec::new();
    for number in &mut fields.numbers {
        if let Some(cap) = sent.read(&format!("cap.{}", number.id), &mut number.cap, optional) {
            caps.push((number.id.clone(), cap));
        }
    }
    if faulty(&fields) {
        let page = page(&state, fields, None).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)?).into_response());
    }
    store
        .set_pace(
            reserved.unwrap_or(account.reserved_lines),
            per_second.unwrap_or(account.calls_per_second),
        )
        .await?;
    let present = store.number_caps().await?;
    for (number, cap) in caps {
        if present.get(&number).copied() != cap {
            store.set_number_cap(&number, cap, now).await?;
        }
    }
    tracing::info!("the lines of the account were set");
    store.wake(Wake::Dispatch);
    Ok(Redirect::to("/account?saved=1").into_response())
}

fn faulty(form: &AccountForm) -> bool {
    let caps = form.numbers.iter().map(|number| &number.cap);
    let mut fields = [&form.reserved, &form.calls_per_second].into_iter().chain(caps);
    fields.any(|field: &FormField| field.error.is_some())
}

async fn stored(state: &AppState) -> Result<AccountForm, ApiError> {
    let account = state.store().account(state.now()).await?;
    let caps = state.store().number_caps().await?;
    let (listed, _) = state.numbers.as_known().await;
    Ok(form(&account, &caps, listed.as_ref()))
}

async fn page(state: &AppState, form: AccountForm, error: Option<String>) -> Result<AccountPage, ApiError> {
    Ok(AccountPage {
        shell: shell(state),
        live: usage(state).await?,
        form,
        saved: false,
        error,
        presets: presets(),
    })
}

async fn usage(state: &AppState) -> Result<AccountLive, ApiError> {
    let store = state.store();
    let account = store.account(state.now()).await?;
    let mut campaigns = Vec::new();
    // A campaign with an open call takes a line of the account, so there are few.
    for (id, used) in store.open_calls_by_campaign().await? {
        campaigns.extend(store.campaign(id).await?.map(|campaign| (campaign, used)));
    }
    let open = store.open_calls_by_number().await?;
    let caps = store.number_caps().await?;
    Ok(live(
        &account,
        &campaigns,
        &open,
        &caps,
        state.numbers.glance().as_ref(),
    ))
}
