//! Facts that belong to no call we know, and messages that nobody can read: kept, and matched when their call appears.

mod kept;

#[cfg(feature = "fault-injection")]
pub(crate) use kept::{DROP, NEWEST_POSTGRES, NEWEST_SQLITE};

use domain::{
    call::{CallRef, CallState, Fact, Source},
    time::UtcMs,
};
use sqlx::types::Json;
use uuid::Uuid;

use crate::{
    Result,
    clean::{clean, sound_json},
    db::{Store, Tx},
    rows::to_json,
};

const INSERT: &str = "INSERT INTO stray_facts (id, provider_call_id, kind, says, at_ms, body, created_at_ms) \
     VALUES ($1, $2, $3, $4, $5, $6, $7)";

/// What is taken becomes events in the same transaction, and is needed here no more.
const TAKE: &str = "DELETE FROM stray_facts \
     WHERE provider_call_id = $1 AND matched_at_ms IS NULL AND says IS NOT NULL \
     RETURNING kind, says, at_ms, body";

#[derive(sqlx::FromRow)]
struct StrayRow {
    kind: String,
    says: Json<CallState>,
    at_ms: i64,
    body: String,
}

impl Store {
    /// Keeps a message as it came: one that cannot be read, or one that belongs to no call.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn keep_message(&self, kind: &str, body: &str, now: UtcMs) -> Result<()> {
        let mut tx = self.begin().await?;
        let id: Uuid = self.0.ids.next(now);
        let says: Option<Json<CallState>> = None;
        on_tx!(tx, |c| sqlx::query(INSERT)
            .bind(id)
            .bind(None::<String>)
            .bind(clean(kind).as_ref())
            .bind(says)
            .bind(now.0)
            .bind(clean(body).as_ref())
            .bind(now.0)
            .execute(c)
            .await
            .map(|_| ()))?;
        tx.commit().await
    }

    pub(crate) async fn keep_poisoned(&self, fact: &Fact, now: UtcMs) -> Result<()> {
        let says;
        let body = match &fact.payload {
            Some(payload) => payload,
            None => {
                says = serde_json::to_string(&fact.says).unwrap_or_default();
                &says
            }
        };
        self.keep_message(&fact.kind, body, now).await
    }

    pub(crate) async fn keep_stray(&self, tx: &mut Tx, fact: &Fact, now: UtcMs) -> Result<()> {
        let id: Uuid = self.0.ids.next(now);
        let says = to_json(&fact.says)?;
        let body = fact.payload.as_deref().unwrap_or_default();
        on_tx!(tx, |c| sqlx::query(INSERT)
            .bind(id)
            .bind(&fact.call.provider_call_id)
            .bind(&fact.kind)
            .bind(says)
            .bind(fact.at.0)
            .bind(body)
            .bind(now.0)
            .execute(c)
            .await
            .map(|_| ()))?;
        Ok(())
    }

    /// Takes the facts that waited for this provider call. Each is taken once.
    pub(crate) async fn claim_strays(&self, tx: &mut Tx, provider_call_id: &str) -> Result<Vec<Fact>> {
        let rows: Vec<StrayRow> = on_tx!(tx, |c| sqlx::query_as(TAKE)
            .bind(provider_call_id)
            .fetch_all(c)
            .await)?;
        Ok(rows
            .into_iter()
            .map(|row| Fact {
                call: CallRef {
                    number: None,
                    call_id: None,
                    provider_call_id: Some(provider_call_id.to_owned()),
                },
                source: Source::Webhook,
                kind: row.kind,
                at: UtcMs(row.at_ms),
                says: row.says.0,
                payload: (!row.body.is_empty()).then(|| sound_json(&row.body).into_owned()),
            })
            .collect())
    }
}
