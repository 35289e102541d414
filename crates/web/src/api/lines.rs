//! `GET`, `PATCH /api/lines`: the lines of the account, and who uses them.

use std::collections::BTreeMap;

use axum::{Json, extract::State};
use domain::time::UtcMs;
use serde::{Deserialize, Deserializer, Serialize};
use store::Wake;

use crate::{body::Body, error::ApiError, state::AppState};

/// The lines of the account.
#[derive(Serialize)]
pub(crate) struct LinesJson {
    /// Lines that all campaigns share.
    lines: u32,
    /// How many the provider lately allowed, when fewer.
    learnt_lines: Option<u32>,
    /// Lines kept free for other traffic.
    reserved_lines: u32,
    /// Lines that may be used.
    usable_lines: u32,
    /// Calls in any one second at most.
    calls_per_second: Option<u32>,
    /// Calls open now.
    open_calls: u32,
    /// Before this moment the provider wants no calls.
    hold_until: Option<String>,
    /// Calls open on each number, by the provider's id.
    open_by_number: BTreeMap<String, u32>,
    /// How many each number may have.
    caps_of_numbers: BTreeMap<String, u32>,
}

/// 200.
pub(crate) async fn get(State(state): State<AppState>) -> Result<Json<LinesJson>, ApiError> {
    let store = state.store();
    let now = state.now();
    let account = store.account(now).await?;
    Ok(Json(LinesJson {
        lines: account.line_cap,
        learnt_lines: account.learnt_lines,
        reserved_lines: account.reserved_lines,
        usable_lines: account.lines().usable(),
        calls_per_second: account.calls_per_second,
        open_calls: account.open_calls,
        hold_until: Some(account.dial_after).filter(|at| *at > now).map(UtcMs::to_iso),
        open_by_number: store.open_calls_by_number().await?,
        caps_of_numbers: store.number_caps().await?,
    }))
}

/// Numbers whose caps are changed at a time.
const MAX_CAPS: usize = 200;
/// The longest id of the provider's, in bytes.
const MAX_ID_BYTES: usize = 200;

/// What is to be changed; what is left out stays.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Wish {
    reserved_lines: Option<u32>,
    /// `null`: no limit.
    #[serde(deserialize_with = "present")]
    calls_per_second: Option<Option<u32>>,
    /// By the provider's id; `null`: no limit.
    caps_of_numbers: BTreeMap<String, Option<u32>>,
}

fn present<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Option<u32>>, D::Error> {
    Option::deserialize(value).map(Some)
}

/// 200 with the lines as they are now; 422 when a field is at fault.
pub(crate) async fn patch(
    State(state): State<AppState>,
    Body(wish): Body<Wish>,
) -> Result<Json<LinesJson>, ApiError> {
    let store = state.store();
    let now = state.now();
    let account = store.account(now).await?;
    let reserved = wish.reserved_lines.unwrap_or(account.reserved_lines);
    if reserved >= account.line_cap {
        let message = format!(
            "The account has {} lines: keep fewer of them free, or nobody can be called.",
            account.line_cap
        );
        return Err(ApiError::field("reserved_lines", message));
    }
    let per_second = wish.calls_per_second.unwrap_or(account.calls_per_second);
    if per_second == Some(0) {
        return Err(ApiError::field(
            "calls_per_second",
            "`calls_per_second` is at least 1, or null for no limit.",
        ));
    }
    if wish.caps_of_numbers.values().any(|cap| *cap == Some(0)) {
        return Err(ApiError::field(
            "caps_of_numbers",
            "A number has at least one line, or null for no limit.",
        ));
    }
    if wish.caps_of_numbers.len() > MAX_CAPS {
        let message = format!("Send the caps of {MAX_CAPS} numbers at a time at most.");
        return Err(ApiError::field("caps_of_numbers", message));
    }
    if wish.caps_of_numbers.keys().any(|id| id.len() > MAX_ID_BYTES) {
        let message = format!("The id of a number has {MAX_ID_BYTES} characters at most.");
        return Err(ApiError::field("caps_of_numbers", message));
    }
    store.set_pace(reserved, per_second).await?;
    for (number, cap) in &wish.caps_of_numbers {
        store.set_number_cap(number, *cap, now).await?;
    }
    store.wake(Wake::Dispatch);
    get(State(state)).await
}
