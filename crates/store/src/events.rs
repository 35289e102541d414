//! Writing the log.

use domain::{
    call::{CallState, CallStatus, Source},
    ids::{CallId, CampaignId, EventId},
    time::UtcMs,
};
use sha2::{Digest, Sha256};
use sqlx::{QueryBuilder, Sqlite};

use crate::{
    Result,
    db::{ROWS_A_STATEMENT, Store, Tx, TxInner},
    rows::{JsonText, column, json_text, to_json},
};

/// A fact as the log keeps it.
pub(crate) struct NewEvent<'a> {
    pub call_id: CallId,
    pub campaign_id: CampaignId,
    pub source: Source,
    pub kind: &'a str,
    /// The call's status once the fact was joined.
    pub status: CallStatus,
    pub says: &'a CallState,
    pub payload: Option<&'a str>,
    pub at: UtcMs,
}

/// Events of one transaction. They are written together: row by row, the round trips would cost more than the rows.
#[derive(Default)]
pub(crate) struct Log(Vec<Line>);

/// An event as it is stored.
struct Line {
    id: EventId,
    call_id: CallId,
    campaign_id: CampaignId,
    source: Source,
    kind: String,
    status: CallStatus,
    says: JsonText,
    payload: Option<JsonText>,
    at: UtcMs,
    recorded_at: UtcMs,
    fingerprint: i64,
}

// Postgres takes a column at once, SQLite row after row.
const INSERT_POSTGRES: &str = "INSERT INTO call_events \
     (id, call_id, campaign_id, source, kind, status, says, payload, at_ms, created_at_ms, fingerprint) \
     SELECT * FROM UNNEST($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::jsonb[], \
       $8::jsonb[], $9::bigint[], $10::bigint[], $11::bigint[]) \
     ON CONFLICT (call_id, fingerprint) DO NOTHING";
const INSERT_SQLITE: &str = "INSERT INTO call_events \
     (id, call_id, campaign_id, source, kind, status, says, payload, at_ms, created_at_ms, fingerprint) ";
const ONCE_SQLITE: &str = " ON CONFLICT (call_id, fingerprint) DO NOTHING";

impl Store {
    /// Appends one event. The same fact again leaves no second trace.
    pub(crate) async fn append_event(&self, tx: &mut Tx, event: &NewEvent<'_>, now: UtcMs) -> Result<()> {
        let mut log = Log::default();
        self.note(&mut log, event, now)?;
        log.write(tx).await
    }

    /// Adds an event to those that will be written.
    pub(crate) fn note(&self, log: &mut Log, event: &NewEvent<'_>, now: UtcMs) -> Result<()> {
        let says = to_json(event.says)?;
        log.0.push(Line {
            id: self.0.ids.next(now),
            call_id: event.call_id,
            campaign_id: event.campaign_id,
            source: event.source,
            kind: event.kind.to_owned(),
            status: event.status,
            payload: event.payload.map(json_text).transpose()?,
            at: event.at,
            recorded_at: now,
            fingerprint: fingerprint(event.source, event.kind, event.at, says.0.get()),
            says,
        });
        Ok(())
    }
}

impl Log {
    /// Writes all of it. The same fact again leaves no second trace.
    pub(crate) async fn write(&self, tx: &mut Tx) -> Result<()> {
        for lines in self.0.chunks(ROWS_A_STATEMENT) {
            match &mut tx.inner {
                TxInner::Sqlite(tx) => {
                    let mut insert = QueryBuilder::<Sqlite>::new(INSERT_SQLITE);
                    insert.push_values(lines, |mut row, line| {
                        row.push_bind(line.id.0)
                            .push_bind(line.call_id.0)
                            .push_bind(line.campaign_id.0)
                            .push_bind(line.source.as_str())
                            .push_bind(&line.kind)
                            .push_bind(line.status.as_str())
                            .push_bind(&line.says)
                            .push_bind(&line.payload)
                            .push_bind(line.at.0)
                            .push_bind(line.recorded_at.0)
                            .push_bind(line.fingerprint);
                    });
                    insert.push(ONCE_SQLITE).build().execute(&mut **tx).await?;
                }
                TxInner::Postgres(tx) => {
                    sqlx::query(INSERT_POSTGRES)
                        .bind(column(lines, |line| line.id.0))
                        .bind(column(lines, |line| line.call_id.0))
                        .bind(column(lines, |line| line.campaign_id.0))
                        .bind(column(lines, |line| line.source.as_str()))
                        .bind(column(lines, |line| line.kind.as_str()))
                        .bind(column(lines, |line| line.status.as_str()))
                        .bind(column(lines, |line| &line.says))
                        .bind(column(lines, |line| line.payload.as_ref()))
                        .bind(column(lines, |line| line.at.0))
                        .bind(column(lines, |line| line.recorded_at.0))
                        .bind(column(lines, |line| line.fingerprint))
                        .execute(&mut **tx)
                        .await?;
                }
            }
        }
        Ok(())
    }
}

/// What makes a fact the same fact: who said what about which moment. The provider's payload is left out on purpose: a
/// repeated delivery carries other signed addresses.
fn fingerprint(source: Source, kind: &str, at: UtcMs, says: &str) -> i64 {
    let mut hash = Sha256::new();
    hash.update(source.as_str());
    hash.update([0]);
    hash.update(kind);
    hash.update([0]);
    hash.update(at.0.to_be_bytes());
    hash.update(says);
    let digest = hash.finalize();
    let mut first = [0_u8; 8];
    first.copy_from_slice(&digest[..8]);
    i64::from_be_bytes(first)
}
