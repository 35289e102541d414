//! `POST /api/scheduler/tick`: runs every step once, for hosts that have nothing but cron.
//!
//! `Authorization: Bearer <CRON_SHARED_SECRET>`. The secret is taken from this header alone: addresses end up in logs.

use axum::{Json, extract::State};
use http::{HeaderMap, StatusCode, header};
use serde::Serialize;

use super::steps::{ReconciledJson, to_the_end};
use crate::{
    error::ApiError,
    state::{AppState, Secret},
};

/// What each step did.
#[derive(Serialize)]
pub(crate) struct TickJson {
    dispatched: DispatchedJson,
    reconciled: ReconciledJson,
    swept: SweptJson,
    directory: TendedJson,
}

#[derive(Serialize)]
struct TendedJson {
    /// Changes of assistants that were in doubt and looked up.
    looked_up: usize,
    /// Ephemeral assistants that the provider was asked to remove.
    removals: usize,
    /// Whether all assistants were compared with the provider's.
    compared: bool,
}

#[derive(Serialize)]
struct DispatchedJson {
    /// Calls that the provider was asked for.
    dialled: usize,
}

#[derive(Serialize)]
struct SweptJson {
    /// Campaigns that were found complete.
    completed: u32,
    /// Contacts of cancelled and expired campaigns that got their reason.
    skipped: u64,
    /// Campaigns that started by themselves.
    started: u32,
}

/// 200 with what each step did; 401 without the secret; 403 where none is set.
pub(crate) async fn handler(
    State(state): State<AppState>,
    headers: HeaderMap,
) -> Result<Json<TickJson>, ApiError> {
    authorize(state.settings.cron_secret.as_ref(), &headers)?;
    let directory = state.directory.clone();
    let tick = to_the_end(&state.engine, |engine| async move {
        let ticked = engine.tick(&directory).await?;
        Ok(TickJson {
            dispatched: DispatchedJson {
                dialled: ticked.dispatched.dialled,
            },
            reconciled: ticked.reconciled.into(),
            swept: SweptJson {
                completed: ticked.swept.completed,
                skipped: ticked.swept.skipped,
                started: ticked.swept.started,
            },
            directory: TendedJson {
                looked_up: ticked.tended.looked_up,
                removals: ticked.tended.removals,
                compared: ticked.tended.compared,
            },
        })
    })
    .await?;
    Ok(Json(tick))
}

fn authorize(secret: Option<&Secret>, headers: &HeaderMap) -> Result<(), ApiError> {
    let Some(secret) = secret else {
        let message = "No CRON_SHARED_SECRET is set here, so nobody may run the scheduler. Set it, and send it as \
                       `Authorization: Bearer …`.";
        return Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "cron_secret_not_set",
            message,
        ));
    };
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    let token = match (given.next(), given.next()) {
        (Some(value), None) => bearer(value.as_bytes()),
        _ => None,
    };
    if token.is_some_and(|token| secret.matches(token)) {
        return Ok(());
    }
    let message = "`Authorization: Bearer …` with the CRON_SHARED_SECRET is missing or wrong.";
    Err(ApiError::new(StatusCode::UNAUTHORIZED, "unauthorized", message))
}

fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = value.split_at_checked(7)?;
    scheme
        .eq_ignore_ascii_case(b"bearer ")
        .then(|| token.trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(secret: Option<&str>, given: &[&str]) -> u16 {
        let mut headers = HeaderMap::new();
        for value in given {
            headers.append(header::AUTHORIZATION, value.parse().unwrap());
        }
        match authorize(secret.map(Secret::new).as_ref(), &headers) {
            Ok(()) => 200,
            Err(error) => error.status().as_u16(),
        }
    }

    #[test]
    fn only_the_whole_secret_in_one_bearer_header_opens() {
        for right in ["Bearer s3cret", "bearer s3cret", "Bearer  s3cret "] {
            assert_eq!(answer(Some("s3cret"), &[right]), 200, "{right}");
        }
        for wrong in [
            &[][..],
            &["s3cret"],
            &["Basic s3cret"],
            &["Bearer"],
            &["Bearer "],
            &["Bearer s3cre"],
        ] {
            assert_eq!(answer(Some("s3cret"), wrong), 401, "{wrong:?}");
        }
        assert_eq!(answer(Some("s3cret"), &["Bearer s3cret", "Bearer s3cret"]), 401);
        assert_eq!(answer(Some(""), &["Bearer "]), 401);
        assert_eq!(answer(None, &["Bearer s3cret"]), 403);
    }
}
