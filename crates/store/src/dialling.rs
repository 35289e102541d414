//! The moments around the dial request: finding what to dial, saying that it is being dialled, letting go.
//!
//! Every rule that can become stricter between the claim and the request binds the request. The campaign (its status, its
//! last day, the version of its policy) and the calls that may leave in a second are asked here. Whoever forbids a number,
//! takes lines, a cap or a caller number away, or changes a policy stops what is reserved ([`crate::halt`]).

use domain::{
    call::{CallState, CallStatus, Dialling, Source},
    ids::{AccountId, CallId, CampaignId},
    pacing::leaves_at,
    time::{CLOCK_TOLERANCE_MS, SECOND_MS, UtcMs},
};
use uuid::Uuid;

use crate::{
    Result,
    account::believed_hold,
    claim::DIAL_LEASE_MS,
    db::{Store, Tx, TxInner},
    events::NewEvent,
    rows::to_u32,
};

/// Whether a reserved call may be dialled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MarkSent {
    /// The intent is committed: dial now.
    Dial,
    /// Let it go: it took too long, the provider wants to be left alone, or a rule has changed in between by which the
    /// call was reserved. The campaign was paused or canceled, its policy changed, the number was forbidden, or a line
    /// taken away.
    Halted,
    /// This second has no room for another request: ask again at that moment. The call stays reserved meanwhile.
    Wait {
        /// When there is room. It lies before the end of the reservation.
        until: UtcMs,
    },
    /// Another node has it, or it was dealt with.
    Taken,
}

pub(crate) const ORPHANS: &str = "SELECT id, campaign_id FROM calls \
     WHERE account_id = $1 AND status IN ('QUEUED', 'RINGING', 'IN_PROGRESS') AND dialling = 'reserved' \
       AND dial_lease_ms <= $2 ORDER BY id LIMIT 100";

const RESERVED_UNTIL: &str =
    "SELECT dial_lease_ms FROM calls WHERE id = $1 AND dialling = 'reserved' AND status = 'QUEUED'";

const MARK_SENT: &str = "UPDATE calls SET dialling = 'sent', sent_at_ms = $2, last_heard_at_ms = $2 \
     WHERE id = $1 AND dialling = 'reserved' AND status = 'QUEUED' AND dial_lease_ms > $2";

const MAY_DIAL: &str = "SELECT c.status IN ('QUEUED', 'DIALING', 'RUNNING') \
       AND (c.expires_at_ms IS NULL OR c.expires_at_ms > $2) AND c.policy_version = COALESCE(k.policy_version, 0) \
     FROM campaigns c JOIN calls k ON k.campaign_id = c.id WHERE c.id = $1 AND k.id = $3";
const MAY_DIAL_LOCKED: &str = "SELECT c.status IN ('QUEUED', 'DIALING', 'RUNNING') \
       AND (c.expires_at_ms IS NULL OR c.expires_at_ms > $2) AND c.policy_version = COALESCE(k.policy_version, 0) \
     FROM campaigns c JOIN calls k ON k.campaign_id = c.id WHERE c.id = $1 AND k.id = $3 FOR SHARE OF c";

// An account without a limit is not even locked: whoever sets one stops all that saw none.
const PACE: &str =
    "SELECT calls_per_second, dial_after_ms FROM accounts WHERE id = $1 AND calls_per_second IS NOT NULL";
const PACE_LOCKED: &str = "SELECT calls_per_second, dial_after_ms FROM accounts \
     WHERE id = $1 AND calls_per_second IS NOT NULL FOR NO KEY UPDATE";

// What was sent in the last second was reserved not long before, so that the index of reservations finds it.
const SENT_LATELY: &str = "SELECT sent_at_ms FROM calls WHERE account_id = $1 AND reserved_at_ms > $2 \
     AND sent_at_ms > $3 AND sent_at_ms <= $5 ORDER BY sent_at_ms DESC LIMIT $4";

/// Whether the account's limits let a request leave now.
enum Pace {
    /// It may leave.
    Free,
    /// Not before that moment: this second is full.
    Full(UtcMs),
    /// The provider wants to be left alone.
    Hold,
}

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
    /// one caller ever gets [`MarkSent::Dial`] for a call. Guarantee *lawful moment*: the rules by which it was reserved
    /// are those in force. Guarantee *never over*: however many nodes there are, no second holds more requests than it
    /// may.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached; do not dial then.
    pub async fn mark_sent(&self, call_id: CallId, campaign_id: CampaignId, now: UtcMs) -> Result<MarkSent> {
        let mut tx = self.begin().await?;
        // The account before the call before the campaign, the order in which claims and facts lock them too.
        match pace(&mut tx, now).await? {
            Pace::Free => {}
            Pace::Full(until) => return unless_over(&mut tx, call_id, Some(until)).await,
            Pace::Hold => return unless_over(&mut tx, call_id, None).await,
        }
        let marked = on_tx!(tx, |c| sqlx::query(MARK_SENT)
            .bind(call_id.0)
            .bind(now.0)
            .execute(c)
            .await
            .map(|done| done.rows_affected()))?;
        if marked != 1 {
            // Whoever comes too late lets the call go; so does everybody else, and once is enough.
            return unless_over(&mut tx, call_id, None).await;
        }
        // `None`: the call is of another campaign.
        let may_dial: Option<bool> = match &mut tx.inner {
            TxInner::Sqlite(tx) => {
                sqlx::query_scalar(MAY_DIAL)
                    .bind(campaign_id.0)
                    .bind(now.0)
                    .bind(call_id.0)
                    .fetch_optional(&mut **tx)
                    .await?
            }
            // Shared: many dials at once, and a cancellation waits for them and they for it.
            TxInner::Postgres(tx) => {
                sqlx::query_scalar(MAY_DIAL_LOCKED)
                    .bind(campaign_id.0)
                    .bind(now.0)
                    .bind(call_id.0)
                    .fetch_optional(&mut **tx)
                    .await?
            }
        };
        if may_dial != Some(true) {
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

/// Whether the account's limits let a request leave now. One that limits calls a second is locked from here on, so that of
/// all nodes one at a time counts and sends.
async fn pace(tx: &mut Tx, now: UtcMs) -> Result<Pace> {
    let limited: Option<(i32, i64)> = match &mut tx.inner {
        TxInner::Sqlite(tx) => {
            sqlx::query_as(PACE)
                .bind(AccountId::DEFAULT.0)
                .fetch_optional(&mut **tx)
                .await?
        }
        TxInner::Postgres(tx) => {
            sqlx::query_as(PACE_LOCKED)
                .bind(AccountId::DEFAULT.0)
                .fetch_optional(&mut **tx)
                .await?
        }
    };
    let Some((per_second, dial_after_ms)) = limited else {
        return Ok(Pace::Free);
    };
    if believed_hold(UtcMs(dial_after_ms), now) > now {
        return Ok(Pace::Hold);
    }
    let since = now - SECOND_MS;
    let sent: Vec<i64> = on_tx!(tx, |c| sqlx::query_scalar(SENT_LATELY)
        .bind(AccountId::DEFAULT.0)
        .bind(since.0 - DIAL_LEASE_MS)
        .bind(since.0)
        .bind(i64::from(per_second))
        .bind(now.0 + CLOCK_TOLERANCE_MS)
        .fetch_all(c)
        .await)?;
    let sent: Vec<UtcMs> = sent.into_iter().map(UtcMs).collect();
    Ok(leaves_at(to_u32(per_second), &sent, now).map_or(Pace::Free, Pace::Full))
}

/// What to do with a call that may not leave now: wait until it may, when its reservation lasts as long.
async fn unless_over(tx: &mut Tx, call_id: CallId, until: Option<UtcMs>) -> Result<MarkSent> {
    let lease: Option<i64> = on_tx!(tx, |c| sqlx::query_scalar(RESERVED_UNTIL)
        .bind(call_id.0)
        .fetch_optional(c)
        .await)?;
    Ok(match (lease, until) {
        (None, _) => MarkSent::Taken,
        (Some(lease), Some(until)) if lease > until.0 => MarkSent::Wait { until },
        (Some(_), _) => MarkSent::Halted,
    })
}
