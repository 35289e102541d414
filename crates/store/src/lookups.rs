//! What reconciliation needs to know of open calls, and what it notes.

use domain::{
    call::{CallStatus, Dialling},
    ids::{AccountId, CallId, CampaignId},
    time::UtcMs,
};
use uuid::Uuid;

use crate::{
    Result,
    db::Store,
    rows::{stored, to_u32},
};

/// A call that holds a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenCall {
    /// Its id.
    pub call_id: CallId,
    /// Its campaign.
    pub campaign_id: CampaignId,
    /// The provider's id, once known.
    pub provider_call_id: Option<String>,
    /// The number it is placed from.
    pub phone_number_id: String,
    /// Where its dialling stands.
    pub dialling: Dialling,
    /// Its status.
    pub status: CallStatus,
    /// When the request left.
    pub sent_at: Option<UtcMs>,
    /// When the provider was first known to have it.
    pub accepted_at: Option<UtcMs>,
    /// The last fact of any kind.
    pub last_heard_at: UtcMs,
    /// When the provider was last asked for it by name.
    pub asked_at: Option<UtcMs>,
    /// In how many looks, far enough apart, it was not there.
    pub absent_looks: u32,
    /// The provider ends it by itself after this long.
    pub max_duration_ms: i64,
}

pub(crate) const OPEN: &str = "SELECT id, campaign_id, provider_call_id, phone_number_id, dialling, status, sent_at_ms, \
     accepted_at_ms, last_heard_at_ms, asked_at_ms, absent_looks, max_duration_ms FROM calls \
     WHERE account_id = $1 AND status IN ('QUEUED', 'RINGING', 'IN_PROGRESS') ORDER BY id";

pub(crate) const AWAITED_DETAILS: &str = "SELECT EXISTS (SELECT 1 FROM calls WHERE account_id = $1 \
     AND ended_at_ms > $2 AND dialling = 'accepted' AND cost_usd_micros IS NULL)";

const ENDED_LATELY: &str = "SELECT EXISTS (SELECT 1 FROM calls WHERE account_id = $1 \
     AND ended_at_ms > $2 AND dialling = 'accepted')";

// Asked for again after twice as long since its end as the last time.
const UNDETAILED: &str = "SELECT id FROM calls WHERE account_id = $1 AND ended_at_ms > $2 AND ended_at_ms <= $3 \
     AND dialling = 'accepted' AND cost_usd_micros IS NULL AND provider_call_id IS NOT NULL \
     AND (asked_at_ms IS NULL OR asked_at_ms <= ended_at_ms OR $4 - asked_at_ms >= asked_at_ms - ended_at_ms) \
     ORDER BY ended_at_ms, id LIMIT $5";

const TAKE_UNDETAILED: &str = "UPDATE calls SET asked_at_ms = $2 WHERE id = $1 AND cost_usd_micros IS NULL \
     AND (asked_at_ms IS NULL OR asked_at_ms < $2) RETURNING provider_call_id";

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    campaign_id: Uuid,
    provider_call_id: Option<String>,
    phone_number_id: String,
    dialling: String,
    status: String,
    sent_at_ms: Option<i64>,
    accepted_at_ms: Option<i64>,
    last_heard_at_ms: i64,
    asked_at_ms: Option<i64>,
    absent_looks: i32,
    max_duration_ms: i64,
}

impl Store {
    /// Every call that holds a line: as many as the account has lines, at most.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn open_calls(&self) -> Result<Vec<OpenCall>> {
        let rows: Vec<Row> = on!(self, |pool| sqlx::query_as(OPEN)
            .bind(AccountId::DEFAULT.0)
            .fetch_all(pool)
            .await)?;
        rows.into_iter()
            .map(|row| {
                Ok(OpenCall {
                    call_id: CallId(row.id),
                    campaign_id: CampaignId(row.campaign_id),
                    provider_call_id: row.provider_call_id,
                    phone_number_id: row.phone_number_id,
                    dialling: stored(
                        Dialling::from_stored(&row.dialling),
                        "calls",
                        "dialling",
                        row.id,
                        &row.dialling,
                    )?,
                    status: stored(
                        CallStatus::from_stored(&row.status),
                        "calls",
                        "status",
                        row.id,
                        &row.status,
                    )?,
                    sent_at: row.sent_at_ms.map(UtcMs),
                    accepted_at: row.accepted_at_ms.map(UtcMs),
                    last_heard_at: UtcMs(row.last_heard_at_ms),
                    asked_at: row.asked_at_ms.map(UtcMs),
                    absent_looks: to_u32(row.absent_looks),
                    max_duration_ms: row.max_duration_ms,
                })
            })
            .collect()
    }

    /// Whether a call that ended after `since` still waits for its cost, which comes last.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn awaits_details(&self, since: UtcMs) -> Result<bool> {
        let waits: bool = on!(self, |pool| sqlx::query_scalar(AWAITED_DETAILS)
            .bind(AccountId::DEFAULT.0)
            .bind(since.0)
            .fetch_one(pool)
            .await)?;
        Ok(waits)
    }

    /// Calls that ended from `since` to `until` and still lack their cost, by the provider's ids, and notes that they are
    /// asked for now. Of nodes that look at the same moment, one gets a call.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn take_undetailed(
        &self,
        since: UtcMs,
        until: UtcMs,
        now: UtcMs,
        limit: u32,
    ) -> Result<Vec<String>> {
        let due: Vec<Uuid> = on!(self, |pool| sqlx::query_scalar(UNDETAILED)
            .bind(AccountId::DEFAULT.0)
            .bind(since.0)
            .bind(until.0)
            .bind(now.0)
            .bind(i64::from(limit))
            .fetch_all(pool)
            .await)?;
        let mut taken = Vec::new();
        for id in due {
            let mut tx = self.begin().await?;
            let mine: Option<Option<String>> = on_tx!(tx, |c| sqlx::query_scalar(TAKE_UNDETAILED)
                .bind(id)
                .bind(now.0)
                .fetch_optional(c)
                .await)?;
            tx.commit().await?;
            taken.extend(mine.flatten());
        }
        Ok(taken)
    }

    /// Whether a call that the provider had placed ended after `since`.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn ended_since(&self, since: UtcMs) -> Result<bool> {
        let ended: bool = on!(self, |pool| sqlx::query_scalar(ENDED_LATELY)
            .bind(AccountId::DEFAULT.0)
            .bind(since.0)
            .fetch_one(pool)
            .await)?;
        Ok(ended)
    }

    /// Notes that the provider was asked for a call by name, and whether it was absent.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn note_asked(&self, call_id: CallId, absent: bool, now: UtcMs) -> Result<()> {
        let mut tx = self.begin().await?;
        on_tx!(tx, |c| sqlx::query(
            "UPDATE calls SET asked_at_ms = $2, absent_looks = CASE WHEN $3 THEN absent_looks + 1 ELSE 0 END \
             WHERE id = $1 AND status IN ('QUEUED', 'RINGING', 'IN_PROGRESS')"
        )
        .bind(call_id.0)
        .bind(now.0)
        .bind(absent)
        .execute(c)
        .await
        .map(|_| ()))?;
        tx.commit().await
    }
}
