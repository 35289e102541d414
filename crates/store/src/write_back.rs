//! Writing a batch of calls and contacts back, each with one statement for all: row by row, the round trips would cost more
//! than the rows. Postgres takes a column at once, SQLite row after row.

use std::sync::LazyLock;

use domain::{ids::CallId, outcome::Outcome, time::UtcMs};
use sqlx::{QueryBuilder, Sqlite};
use uuid::Uuid;

use crate::{
    Error, Result,
    db::{ROWS_A_STATEMENT, Tx, TxInner},
    folding::Call,
    rows::{column, to_i32},
};

/// What the facts determine, in the order in which it is bound, with Postgres' types.
const FOLDED: [(&str, &str); 21] = [
    ("dialling", "text"),
    ("status", "text"),
    ("provider_call_id", "text"),
    ("sent_at_ms", "bigint"),
    ("accepted_at_ms", "bigint"),
    ("ringing_at_ms", "bigint"),
    ("started_at_ms", "bigint"),
    ("ended_at_ms", "bigint"),
    ("ended_reason", "text"),
    ("ended_message", "text"),
    ("cost_usd_micros", "bigint"),
    ("recording_url", "text"),
    ("transcript", "text"),
    ("messages_json", "text"),
    ("user_turns", "int"),
    ("summary", "text"),
    ("structured_json", "text"),
    ("success_evaluation", "text"),
    ("control_url", "text"),
    ("opted_out", "boolean"),
    ("outcome", "text"),
];

static NAMES: LazyLock<String> = LazyLock::new(|| FOLDED.map(|(name, _)| name).join(", "));

/// The assignments from `n`, the new values.
static SET: LazyLock<String> = LazyLock::new(|| {
    let assignments = FOLDED.map(|(name, _)| format!("{name} = n.{name}")).join(", ");
    format!(
        "UPDATE calls SET {assignments}, \
         last_heard_at_ms = CASE WHEN calls.last_heard_at_ms > n.heard_ms THEN calls.last_heard_at_ms ELSE n.heard_ms END"
    )
});

static UPDATE_POSTGRES: LazyLock<String> = LazyLock::new(|| {
    let arrays: Vec<String> = FOLDED
        .iter()
        .enumerate()
        .map(|(index, (_, kind))| format!("${}::{kind}[]", index + 3))
        .collect();
    format!(
        "{} FROM (SELECT *, $1::bigint AS heard_ms FROM UNNEST($2::uuid[], {}) AS u (id, {})) AS n WHERE calls.id = n.id",
        *SET,
        arrays.join(", "),
        *NAMES
    )
});

// The contacts of ended calls. `n` is the new values.
const DONE: &str = "UPDATE contacts SET state = 'done', outcome = n.outcome, reason = NULL, callback = FALSE, \
     attempts = attempts + CASE WHEN n.outcome = 'provider_error' THEN 0 ELSE 1 END, refusals = 0, updated_at_ms = n.at_ms FROM";
const CALLED_BY_IT: &str = "WHERE contacts.id = n.id AND contacts.state = 'calling' AND contacts.last_call_id = n.call_id \
     RETURNING last_call_id";
static DONE_POSTGRES: LazyLock<String> = LazyLock::new(|| {
    format!(
        "{DONE} UNNEST($1::uuid[], $2::uuid[], $3::text[], $4::bigint[]) AS n (id, call_id, outcome, at_ms) {CALLED_BY_IT}"
    )
});

static VALUES_SQLITE: LazyLock<String> = LazyLock::new(|| format!("WITH n (heard_ms, id, {}) AS (", *NAMES));
static UPDATE_SQLITE: LazyLock<String> = LazyLock::new(|| format!(") {} FROM n WHERE calls.id = n.id", *SET));

/// Writes the joined facts into the rows.
pub(crate) async fn update_calls(tx: &mut Tx, calls: &[&Call], now: UtcMs) -> Result<()> {
    for calls in calls.chunks(ROWS_A_STATEMENT) {
        let updated = match &mut tx.inner {
            TxInner::Sqlite(tx) => {
                let mut update = QueryBuilder::<Sqlite>::new(VALUES_SQLITE.as_str());
                update.push_values(calls, |mut row, call| {
                    let (state, details) = (&call.state, &call.state.details);
                    let end = state.end.as_ref();
                    row.push_bind(now.0)
                        .push_bind(call.id.0)
                        .push_bind(state.dialling.as_str())
                        .push_bind(state.status().as_str())
                        .push_bind(&state.provider_call_id)
                        .push_bind(state.sent_at.map(|at| at.0))
                        .push_bind(state.accepted_at.map(|at| at.0))
                        .push_bind(state.ringing_at.map(|at| at.0))
                        .push_bind(state.started_at.map(|at| at.0))
                        .push_bind(end.map(|end| end.at.0))
                        .push_bind(end.and_then(|end| end.reason.as_deref()))
                        .push_bind(end.and_then(|end| end.message.as_deref()))
                        .push_bind(details.cost.map(|cost| cost.0))
                        .push_bind(&details.recording_url)
                        .push_bind(&details.transcript)
                        .push_bind(&details.messages_json)
                        .push_bind(details.user_turns.map(to_i32))
                        .push_bind(&details.summary)
                        .push_bind(&details.structured_json)
                        .push_bind(&details.success_evaluation)
                        .push_bind(&details.control_url)
                        .push_bind(details.opted_out)
                        .push_bind(state.outcome().map(Outcome::as_str));
                });
                update.push(UPDATE_SQLITE.as_str());
                update.build().execute(&mut **tx).await?.rows_affected()
            }
            TxInner::Postgres(tx) => sqlx::query(UPDATE_POSTGRES.as_str())
                .bind(now.0)
                .bind(column(calls, |call| call.id.0))
                .bind(column(calls, |call| call.state.dialling.as_str()))
                .bind(column(calls, |call| call.state.status().as_str()))
                .bind(column(calls, |call| call.state.provider_call_id.as_deref()))
                .bind(column(calls, |call| call.state.sent_at.map(|at| at.0)))
                .bind(column(calls, |call| call.state.accepted_at.map(|at| at.0)))
                .bind(column(calls, |call| call.state.ringing_at.map(|at| at.0)))
                .bind(column(calls, |call| call.state.started_at.map(|at| at.0)))
                .bind(column(calls, |call| call.state.end.as_ref().map(|end| end.at.0)))
                .bind(column(calls, |call| call.state.end.as_ref()?.reason.as_deref()))
                .bind(column(calls, |call| call.state.end.as_ref()?.message.as_deref()))
                .bind(column(calls, |call| call.state.details.cost.map(|cost| cost.0)))
                .bind(column(calls, |call| call.state.details.recording_url.as_deref()))
                .bind(column(calls, |call| call.state.details.transcript.as_deref()))
                .bind(column(calls, |call| call.state.details.messages_json.as_deref()))
                .bind(column(calls, |call| call.state.details.user_turns.map(to_i32)))
                .bind(column(calls, |call| call.state.details.summary.as_deref()))
                .bind(column(calls, |call| {
                    call.state.details.structured_json.as_deref()
                }))
                .bind(column(calls, |call| {
                    call.state.details.success_evaluation.as_deref()
                }))
                .bind(column(calls, |call| call.state.details.control_url.as_deref()))
                .bind(column(calls, |call| call.state.details.opted_out))
                .bind(column(calls, |call| call.state.outcome().map(Outcome::as_str)))
                .execute(&mut **tx)
                .await?
                .rows_affected(),
        };
        if updated != calls.len() as u64 {
            let missing = calls.len() as u64 - updated;
            return Err(Error::Conflict(format!("{missing} calls have disappeared")));
        }
    }
    Ok(())
}

/// Notes that calls were heard of, although the facts said nothing new.
pub(crate) async fn note_heard(tx: &mut Tx, calls: &[&Call], now: UtcMs) -> Result<()> {
    if calls.is_empty() {
        return Ok(());
    }
    match &mut tx.inner {
        TxInner::Sqlite(tx) => {
            let ids = column(calls, |call| call.id.0.simple().to_string());
            sqlx::query(
                "UPDATE calls SET last_heard_at_ms = $2 \
                 WHERE id IN (SELECT unhex(value) FROM json_each($1)) AND last_heard_at_ms < $2",
            )
            .bind(sqlx::types::Json(ids))
            .bind(now.0)
            .execute(&mut **tx)
            .await?;
        }
        TxInner::Postgres(tx) => {
            sqlx::query(
                "UPDATE calls SET last_heard_at_ms = $2 WHERE id = ANY($1) AND last_heard_at_ms < $2",
            )
            .bind(column(calls, |call| call.id.0))
            .bind(now.0)
            .execute(&mut **tx)
            .await?;
        }
    }
    Ok(())
}

/// Makes contacts final: those whose call has just ended, each with an outcome.
pub(crate) async fn finish_contacts(tx: &mut Tx, ended: &[(&Call, Outcome)], now: UtcMs) -> Result<()> {
    for ended in ended.chunks(ROWS_A_STATEMENT) {
        let finished: Vec<Uuid> = match &mut tx.inner {
            TxInner::Sqlite(tx) => {
                let mut update = QueryBuilder::<Sqlite>::new("WITH n (id, call_id, outcome, at_ms) AS (");
                update.push_values(ended, |mut row, (call, outcome)| {
                    row.push_bind(call.contact_id.0)
                        .push_bind(call.id.0)
                        .push_bind(outcome.as_str())
                        .push_bind(now.0);
                });
                update.push(format_args!(") {DONE} n {CALLED_BY_IT}"));
                update.build_query_scalar().fetch_all(&mut **tx).await?
            }
            TxInner::Postgres(tx) => {
                sqlx::query_scalar(DONE_POSTGRES.as_str())
                    .bind(column(ended, |(call, _)| call.contact_id.0))
                    .bind(column(ended, |(call, _)| call.id.0))
                    .bind(column(ended, |(_, outcome)| outcome.as_str()))
                    .bind(vec![now.0; ended.len()])
                    .fetch_all(&mut **tx)
                    .await?
            }
        };
        for (call, _) in ended {
            if !finished.contains(&call.id.0) {
                report_stray_contact(call.id);
            }
        }
    }
    Ok(())
}

/// The line must be freed all the same; `replay --check` will point at the contact.
pub(crate) fn report_stray_contact(call_id: CallId) {
    tracing::error!(call.id = %call_id, "the contact of an ended call was not being called by it");
}
