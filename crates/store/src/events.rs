//! Writing the log.

use std::borrow::Cow;

use domain::{
    call::{CallState, CallStatus, Source},
    ids::{CallId, CampaignId, EventId},
    time::UtcMs,
};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use sqlx::{QueryBuilder, Sqlite, types::Json};

use crate::{
    Error, Result,
    db::{ROWS_A_STATEMENT, Store, Tx, TxInner},
    rows::{JsonText, column, to_json},
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
pub(crate) struct Log<'a>(Vec<Line<'a>>);

/// An event as it is stored.
struct Line<'a> {
    id: EventId,
    call_id: CallId,
    campaign_id: CampaignId,
    source: Source,
    kind: String,
    status: CallStatus,
    says: JsonText,
    /// Known to be JSON.
    payload: Option<Cow<'a, str>>,
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
    pub(crate) fn note(&self, log: &mut Log<'_>, event: &NewEvent<'_>, now: UtcMs) -> Result<()> {
        let payload = event.payload.map(|text| text.to_owned().into());
        self.note_with(log, event, payload, now)
    }

    /// The same with this payload, which is not copied where it is borrowed: a report may have megabytes.
    pub(crate) fn note_with<'a>(
        &self,
        log: &mut Log<'a>,
        event: &NewEvent<'_>,
        payload: Option<Cow<'a, str>>,
        now: UtcMs,
    ) -> Result<()> {
        let says = to_json(event.says)?;
        payload.as_deref().map(json).transpose()?;
        log.0.push(Line {
            id: self.0.ids.next(now),
            call_id: event.call_id,
            campaign_id: event.campaign_id,
            source: event.source,
            kind: event.kind.to_owned(),
            status: event.status,
            payload,
            at: event.at,
            recorded_at: now,
            fingerprint: fingerprint(event.source, event.kind, event.at, says.0.get()),
            says,
        });
        Ok(())
    }
}

impl Log<'_> {
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
                            .push_bind(line.payload.as_deref())
                            .push_bind(line.at.0)
                            .push_bind(line.recorded_at.0)
                            .push_bind(line.fingerprint);
                    });
                    insert.push(ONCE_SQLITE).build().execute(&mut **tx).await?;
                }
                TxInner::Postgres(tx) => {
                    let payloads: Vec<Option<Json<&RawValue>>> = lines
                        .iter()
                        .map(|line| line.payload.as_deref().map(json).transpose())
                        .collect::<Result<_>>()?;
                    sqlx::query(INSERT_POSTGRES)
                        .bind(column(lines, |line| line.id.0))
                        .bind(column(lines, |line| line.call_id.0))
                        .bind(column(lines, |line| line.campaign_id.0))
                        .bind(column(lines, |line| line.source.as_str()))
                        .bind(column(lines, |line| line.kind.as_str()))
                        .bind(column(lines, |line| line.status.as_str()))
                        .bind(column(lines, |line| &line.says))
                        .bind(payloads)
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

/// JSON text for the database, not copied.
fn json(text: &str) -> Result<Json<&RawValue>> {
    serde_json::from_str(text)
        .map(Json)
        .map_err(|error| Error::Other(format!("not JSON: {error}")))
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
