//! The moments around the dial request: finding what to dial, saying that it is being dialled, letting go.

use domain::{
    call::{CallState, CallStatus, Dialling, Source},
    ids::{AccountId, CallId, CampaignId, ContactId},
    time::UtcMs,
};
use sqlx::types::Json;
use uuid::Uuid;

use crate::{
    Result,
    claim::{DIAL_LEASE_MS, Dial},
    db::{Store, TxInner},
    events::NewEvent,
    rows::to_u32,
};

/// Whether a reserved call may be dialled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MarkSent {
    /// The intent is committed: dial now.
    Dial,
    /// The campaign was paused or cancelled in between: let it go.
    Halted,
    /// Another node has it, or it was dealt with.
    Taken,
}

const ORPHANS: &str = "SELECT k.id, k.campaign_id, k.contact_id, k.phone, c.extension, c.name, c.business_name, \
     c.variables, a.provider_assistant_id, k.phone_number_id, k.attempt \
     FROM calls k JOIN contacts c ON c.id = k.contact_id JOIN assistants a ON a.id = k.assistant_id \
     WHERE k.account_id = $1 AND k.status IN ('QUEUED', 'RINGING', 'IN_PROGRESS') AND k.dialling = 'reserved' \
       AND k.dial_lease_ms <= $2 ORDER BY k.id LIMIT 100";

const TAKE_LEASE: &str = "UPDATE calls SET dial_lease_ms = $3 WHERE id = $1 AND dialling = 'reserved' AND status = 'QUEUED' \
     AND dial_lease_ms <= $2";

const MARK_SENT: &str = "UPDATE calls SET dialling = 'sent', sent_at_ms = $2, last_heard_at_ms = $2 \
     WHERE id = $1 AND dialling = 'reserved' AND status = 'QUEUED'";

#[derive(sqlx::FromRow)]
struct OrphanRow {
    id: Uuid,
    campaign_id: Uuid,
    contact_id: Uuid,
    phone: String,
    extension: Option<String>,
    name: String,
    business_name: String,
    variables: Json<std::collections::BTreeMap<String, String>>,
    provider_assistant_id: String,
    phone_number_id: String,
    attempt: i32,
}

impl Store {
    /// Takes over calls that a node reserved and never came to dial: it was killed between the claim and the request.
    /// Nothing was sent for them, so dialling them now is safe.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn take_orphans(&self, now: UtcMs) -> Result<Vec<Dial>> {
        let orphans: Vec<OrphanRow> = on!(self, |pool| sqlx::query_as(ORPHANS)
            .bind(AccountId::DEFAULT.0)
            .bind(now.0)
            .fetch_all(pool)
            .await)?;
        let mut taken = Vec::new();
        for orphan in orphans {
            let mut tx = self.begin().await?;
            let mine = on_tx!(tx, |c| sqlx::query(TAKE_LEASE)
                .bind(orphan.id)
                .bind(now.0)
                .bind(now.0 + DIAL_LEASE_MS)
                .execute(c)
                .await
                .map(|done| done.rows_affected() == 1))?;
            tx.commit().await?;
            if mine {
                taken.push(orphan.into());
            }
        }
        Ok(taken)
    }

    /// Commits that the request is about to leave.
    ///
    /// Guarantee *intent first*: the provider hears of the call only after this commit. Guarantee *never twice*: only
    /// one caller ever gets [`MarkSent::Dial`] for a call.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached; do not dial then.
    pub async fn mark_sent(&self, call_id: CallId, campaign_id: CampaignId, now: UtcMs) -> Result<MarkSent> {
        let mut tx = self.begin().await?;
        // The call before the campaign, the order in which facts lock them too.
        let marked = on_tx!(tx, |c| sqlx::query(MARK_SENT)
            .bind(call_id.0)
            .bind(now.0)
            .execute(c)
            .await
            .map(|done| done.rows_affected()))?;
        if marked != 1 {
            return Ok(MarkSent::Taken);
        }
        let may_dial: bool = match &mut tx.inner {
            TxInner::Sqlite(tx) => {
                sqlx::query_scalar(
                    "SELECT status IN ('QUEUED', 'DIALING', 'RUNNING') FROM campaigns WHERE id = $1",
                )
                .bind(campaign_id.0)
                .fetch_one(&mut **tx)
                .await?
            }
            // Shared: many dials at once, and a cancellation waits for them and they for it.
            TxInner::Postgres(tx) => sqlx::query_scalar(
                "SELECT status IN ('QUEUED', 'DIALING', 'RUNNING') FROM campaigns WHERE id = $1 FOR SHARE",
            )
            .bind(campaign_id.0)
            .fetch_one(&mut **tx)
            .await?,
        };
        if !may_dial {
            return Ok(MarkSent::Halted);
        }
        let says = CallState {
            dialling: Dialling::Sent,
            sent_at: Some(now),
            ..CallState::default()
        };
        let sent = NewEvent {
            call_id,
            campaign_id,
            source: Source::Engine,
            kind: "dial.sent",
            status: CallStatus::Queued,
            says: &says,
            payload: None,
            at: now,
        };
        self.append(&mut tx, &sent, now).await?;
        tx.commit().await?;
        Ok(MarkSent::Dial)
    }
}

impl From<OrphanRow> for Dial {
    fn from(row: OrphanRow) -> Self {
        Self {
            call_id: CallId(row.id),
            campaign_id: CampaignId(row.campaign_id),
            contact_id: ContactId(row.contact_id),
            phone: row.phone,
            extension: row.extension,
            name: row.name,
            business_name: row.business_name,
            variables: row.variables.0,
            provider_assistant_id: row.provider_assistant_id,
            phone_number_id: row.phone_number_id,
            attempt: to_u32(row.attempt),
        }
    }
}
