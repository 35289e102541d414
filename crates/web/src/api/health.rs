//! `GET /api/health`: whether this server can do its work.

use std::time::Duration;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde::Serialize;
use store::Kind;

use super::shapes::iso;
use crate::{features::Features, state::AppState};

#[derive(Serialize)]
struct Health {
    status: &'static str,
    timestamp: String,
    version: String,
    features: Features,
    checks: Checks,
    /// Absent when the database is down.
    counts: Option<Counts>,
}

#[derive(Serialize)]
struct Checks {
    database: Database,
    /// As it was found the last time that somebody needed it; nobody is asked for this answer.
    provider: Provider,
}

#[derive(Serialize)]
struct Database {
    healthy: bool,
    kind: &'static str,
}

#[derive(Serialize)]
struct Provider {
    healthy: Option<bool>,
    checked_at: Option<String>,
    error: Option<String>,
}

#[derive(Serialize)]
struct Counts {
    campaigns: u64,
    open_calls: u32,
    line_cap: u32,
    last_webhook_at: Option<String>,
}

/// 200 `healthy`; 503 `unhealthy` when the database is down.
pub(crate) async fn handler(State(state): State<AppState>) -> Response {
    let counts = counts(&state).await;
    let last = state.numbers.last_contact();
    let health = Health {
        status: if counts.is_ok() { "healthy" } else { "unhealthy" },
        timestamp: state.now().to_iso(),
        version: state.settings.version.clone(),
        features: state.settings.features,
        checks: Checks {
            database: Database {
                healthy: counts.is_ok(),
                kind: match state.store().kind() {
                    Kind::Sqlite => "sqlite",
                    Kind::Postgres => "postgres",
                },
            },
            provider: Provider {
                healthy: last.as_ref().map(|contact| contact.error.is_none()),
                checked_at: last.as_ref().map(|contact| contact.at.to_iso()),
                error: last.and_then(|contact| contact.error),
            },
        },
        counts: None,
    };
    match counts {
        Ok(counts) => Json(Health {
            counts: Some(counts),
            ..health
        })
        .into_response(),
        Err(error) => {
            if let Some(left_out) = state.quiet.unhealthy.admit(state.now()) {
                tracing::error!(%error, left_out, "the database does not answer");
            }
            (StatusCode::SERVICE_UNAVAILABLE, Json(health)).into_response()
        }
    }
}

/// Whoever watches over this server waits no longer than this.
const PATIENCE: Duration = Duration::from_secs(3);

async fn counts(state: &AppState) -> store::Result<Counts> {
    let late =
        || store::Error::Unavailable(format!("it did not answer within {} seconds", PATIENCE.as_secs()));
    tokio::time::timeout(PATIENCE, count(state))
        .await
        .unwrap_or_else(|_| Err(late()))
}

async fn count(state: &AppState) -> store::Result<Counts> {
    let store = state.store();
    store.ping().await?;
    let account = store.account(state.now()).await?;
    Ok(Counts {
        campaigns: store.count_campaigns(false).await?,
        open_calls: account.open_calls,
        line_cap: account.line_cap,
        last_webhook_at: iso(account.last_webhook_at),
    })
}
