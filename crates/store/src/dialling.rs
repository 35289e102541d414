//! The moments around the dial request: finding what to dial, saying that it is being dialled, letting go.

use domain::{
    call::{CallState, CallStatus, Dialling, Source},
    ids::{AccountId, CallId, CampaignId},
    time::UtcMs,
};
use uuid::Uuid;

use crate::{
    Result,
    db::{Store, TxInner},
    events::NewEvent,
};

/// Whether a reserved call may be dialled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MarkSent {
    /// The intent is committed: dial now.
    Dial,
    /// The campaign was paused or cancelled in between, the number was forbidden, or it took too long: let it go.
    Halted,
    /// Another node has it, or it was dealt with.
    Taken,
}

pub(crate) const ORPHANS: &str = "SELECT id, campaign_id FROM calls \
     WHERE account_id = $1 AND status IN ('QUEUED', 'RINGING', 'IN_PROGRESS') AND dialling = 'reserved' \
       AND dial_lease_ms <= $2 ORDER BY id LIMIT 100";

const STILL_RESERVED: &str =
    "SELECT EXISTS (SELECT 1 FROM calls WHERE id = $1 AND dialling = 'reserved' AND status = 'QUEUED')";

const MARK_SENT: &str = "UPDATE calls SET dialling = 'sent', sent_at_ms = $2, last_heard_at_ms = $2 \
     WHERE id = $1 AND dialling = 'reserved' AND status = 'QUEUED' AND dial_lease_ms > $2";

const MAY_DIAL: &str = "SELECT status IN ('QUEUED', 'DIALING', 'RUNNING') AND (expires_at_ms IS NULL OR expires_at_ms > $2) \
     FROM campaigns WHERE id = $1";
const MAY_DIAL_LOCKED: &str = "SELECT status IN ('QUEUED', 'DIALING', 'RUNNING') \
       AND (expires_at_ms IS NULL OR expires_at_ms > $2) FROM campaigns WHERE id = $1 FOR SHARE";

impl Store {
    /// Calls that were reserved and not dialled in time: their node was killed between the claim and the request, the hour
    /// passed, or their number was forbidden. Nothing was sent for them. They are to be let go, and claimed anew under the
    /// rules as they are then.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn orphans(&self, now: UtcMs) -> Result<Vec<(CallId, CampaignId)>> {
        let orphans: Vec<(Uuid, Uuid)> = on!(self, |pool| sqlx::query_as(ORPHANS)
            .bind(AccountId::DEFAULT.0)
            .bind(now.0)
            .fetch_all(pool)
            .await)?;
        Ok(orphans
            .into_iter()
            .map(|(call, campaign)| (CallId(call), CampaignId(campaign)))
            .collect())
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
            // Whoever comes too late lets the call go; so does everybody else, and once is enough.
            let late: bool = on_tx!(tx, |c| sqlx::query_scalar(STILL_RESERVED)
                .bind(call_id.0)
                .fetch_one(c)
                .await)?;
            return Ok(if late { MarkSent::Halted } else { MarkSent::Taken });
        }
        let may_dial: bool = match &mut tx.inner {
            TxInner::Sqlite(tx) => {
                sqlx::query_scalar(MAY_DIAL)
                    .bind(campaign_id.0)
                    .bind(now.0)
                    .fetch_one(&mut **tx)
                    .await?
            }
            // Shared: many dials at once, and a cancellation waits for them and they for it.
            TxInner::Postgres(tx) => {
                sqlx::query_scalar(MAY_DIAL_LOCKED)
                    .bind(campaign_id.0)
                    .bind(now.0)
                    .fetch_one(&mut **tx)
                    .await?
            }
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
        self.append_event(&mut tx, &sent, now).await?;
        tx.commit().await?;
        Ok(MarkSent::Dial)
    }
}
