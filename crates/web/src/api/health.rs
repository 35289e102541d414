//! `GET /api/health`: whether this server can do its work.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::time::UtcMs;
use engine::{ClockCheck, ClockHold, ProviderStatus, StepStatus, TroubleKind};
use http::StatusCode;
use serde::Serialize;
use store::{Kind, StorageState};

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
    /// As the dialer finds it; nobody is asked for this answer.
    provider: Provider,
    clock: Clock,
    steps: Vec<Step>,
    log: Log,
}

#[derive(Serialize)]
struct Database {
    healthy: bool,
    kind: &'static str,
    /// `ok`, `disk_full`, `file_gone`, `read_only`, `unreachable` or `corrupt`.
    state: &'static str,
    /// What is wrong and what to do, for people.
    problem: Option<String>,
}

#[derive(Serialize)]
struct Provider {
    /// `null`: it was never asked.
    healthy: Option<bool>,
    checked_at: Option<String>,
    error: Option<String>,
    /// When it last answered as it should.
    last_answer_at: Option<String>,
    /// `silent`, `failing` or `refusing`.
    trouble: Option<&'static str>,
    /// The HTTP status that it answers with, unless it is silent.
    http_status: Option<u16>,
    since: Option<String>,
}

#[derive(Serialize)]
struct Clock {
    healthy: bool,
    /// How far ours is ahead of the provider's, in milliseconds; negative when it is behind.
    ahead_ms: Option<i64>,
    /// Why dialing is held: `unknown`, `no_date` or `differs`.
    held: Option<&'static str>,
}

#[derive(Serialize)]
struct Step {
    name: &'static str,
    healthy: bool,
    /// `ok`, `failing`, `stuck` or `restarting`.
    state: &'static str,
    last_success_at: Option<String>,
    age_ms: Option<i64>,
    failures_in_a_row: u32,
    panics: u64,
}

#[derive(Serialize)]
struct Log {
    lost_lines: u64,
}

#[derive(Serialize, Clone)]
struct Counts {
    campaigns: u64,
    open_calls: u32,
    line_cap: u32,
    last_webhook_at: Option<String>,
}

/// 200 `healthy`; 503 `unhealthy` when something keeps the node from its work: the database, a background step, the provider,
/// clocks that differ.
pub(crate) async fn handler(State(state): State<AppState>) -> Response {
    let storage = state.vitals.look().await;
    let counts = if storage.is_ok() {
        counts(&state).await
    } else {
        None
    };
    let troubles = state.vitals.troubles();
    let unhealthy = counts.is_none() || !troubles.is_empty();
    let status = if unhealthy { "unhealthy" } else { "healthy" };
    let provider = state.vitals.provider();
    let health = Health {
        status,
        timestamp: state.now().to_iso(),
        version: state.settings.version.clone(),
        features: state.settings.features,
        checks: Checks {
            database: database(state.store().kind(), &storage, counts.is_some()),
            provider: provider_check(&state, provider),
            clock: clock(provider.clock),
            steps: state.vitals.steps().iter().map(step).collect(),
            log: Log {
                lost_lines: state
                    .settings
                    .lost_log_lines
                    .as_ref()
                    .map_or(0, crate::vitals::LostLines::count),
            },
        },
        counts,
    };
    let code = if unhealthy {
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        StatusCode::OK
    };
    (code, Json(health)).into_response()
}

fn database(kind: Kind, storage: &StorageState, counted: bool) -> Database {
    let late = || "The database answers, but too slowly.".to_owned();
    Database {
        healthy: counted,
        kind: match kind {
            Kind::Sqlite => "sqlite",
            Kind::Postgres => "postgres",
        },
        state: storage.code(),
        problem: match (storage.is_ok(), counted) {
            (true, true) => None,
            (true, false) => Some(late()),
            (false, _) => Some(storage.to_string()),
        },
    }
}

fn provider_check(state: &AppState, provider: ProviderStatus) -> Provider {
    let last = state.numbers.last_contact();
    let (trouble, http_status) = match provider.trouble.map(|trouble| trouble.kind) {
        None => (None, None),
        Some(TroubleKind::Silent) => (Some("silent"), None),
        Some(TroubleKind::Failing(status)) => (Some("failing"), Some(status)),
        Some(TroubleKind::Refusing(status)) => (Some("refusing"), Some(status)),
    };
    // A failure is forgotten once the provider has answered somebody else.
    let last = last.filter(|contact| {
        contact.error.is_none()
            || provider
                .last_answer_at
                .is_none_or(|answered| answered <= contact.at)
    });
    let known = last.as_ref().map(|contact| contact.error.is_none());
    Provider {
        healthy: match (trouble, known) {
            (Some(_), _) => Some(false),
            (None, Some(known)) => Some(known),
            (None, None) => provider.last_answer_at.map(|_| true),
        },
        checked_at: iso(last
            .as_ref()
            .map(|contact| contact.at)
            .max(provider.last_answer_at)),
        error: last.and_then(|contact| contact.error),
        last_answer_at: iso(provider.last_answer_at),
        trouble,
        http_status,
        since: provider.trouble.map(|trouble| trouble.since.to_iso()),
    }
}

fn clock(check: ClockCheck) -> Clock {
    Clock {
        healthy: check.hold().is_none(),
        ahead_ms: match check {
            ClockCheck::Agrees { ahead_ms } | ClockCheck::Differs { ahead_ms } => Some(ahead_ms),
            ClockCheck::Unwatched | ClockCheck::Unknown | ClockCheck::NoDate => None,
        },
        held: check.hold().map(|hold| match hold {
            ClockHold::Unknown => "unknown",
            ClockHold::NoDate => "no_date",
            ClockHold::Differs { .. } => "differs",
        }),
    }
}

fn step(status: &StepStatus) -> Step {
    Step {
        name: status.step.as_str(),
        healthy: !status.in_trouble,
        state: status.state.as_str(),
        last_success_at: status.last_success_at.map(UtcMs::to_iso),
        age_ms: status.age_ms,
        failures_in_a_row: status.failures_in_a_row,
        panics: status.panics,
    }
}

/// Counting waits no longer than this.
const PATIENCE: Duration = Duration::from_millis(700);
/// Counts are taken for the present ones for so long.
const FRESH: Duration = Duration::from_secs(1);

/// The counts as they were last counted.
#[derive(Default)]
pub(crate) struct Counted(Mutex<Option<(Counts, Instant)>>);

/// `None`: the database does not answer.
async fn counts(state: &AppState) -> Option<Counts> {
    let lock = || state.counted.0.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((counts, at)) = &*lock()
        && at.elapsed() < FRESH
    {
        return Some(counts.clone());
    }
    let counts = match tokio::time::timeout(PATIENCE, count(state)).await {
        Ok(Ok(counts)) => counts,
        Ok(Err(error)) => {
            tracing::error!(%error, "the database does not answer");
            return None;
        }
        Err(_) => return None,
    };
    #[expect(
        clippy::disallowed_methods,
        reason = "how old an answer is, by the machine's time: it does not live by the node's clock"
    )]
    let now = Instant::now();
    *lock() = Some((counts.clone(), now));
    Some(counts)
}

async fn count(state: &AppState) -> store::Result<Counts> {
    let store = state.store();
    let account = store.account(state.now()).await?;
    Ok(Counts {
        campaigns: store.count_campaigns(false).await?,
        open_calls: account.open_calls,
        line_cap: account.line_cap,
        last_webhook_at: iso(account.last_webhook_at),
    })
}
