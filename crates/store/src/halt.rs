//! Stopping calls that are reserved and not sent yet, because a rule has changed by which they were reserved.
//!
//! Guarantee *lawful moment*: whoever makes a rule stricter holds off claims, stops what was reserved under the old rule,
//! and commits all of it together. A stopped call is let go without using up an attempt, and its contact is looked at anew
//! under the rule as it is then. A request that is just leaving is either committed before, or stopped.

use domain::ids::{AccountId, CampaignId};
use uuid::Uuid;

use crate::{
    Result,
    db::{Tx, TxInner},
};

/// Which of the calls that are reserved and not sent. None of it: all of the account.
#[derive(Clone, Copy, Default)]
pub(crate) struct Unsent<'a> {
    /// Those of a campaign.
    pub(crate) campaign: Option<CampaignId>,
    /// Those from one of our numbers, by the provider's id.
    pub(crate) number: Option<&'a str>,
    /// Those to these numbers.
    pub(crate) phones: Option<&'a [&'a str]>,
    /// Those to numbers that begin so.
    pub(crate) beginning: Option<&'a str>,
}

// `$2` campaign, `$3` number, `$4` numbers called, `$5` their beginning. Open calls are few, so that no index by number is
// missed.
const HALT_SQLITE: &str = "UPDATE calls SET dial_lease_ms = 0 WHERE account_id = $1 AND dialling = 'reserved' \
     AND status IN ('QUEUED', 'RINGING', 'IN_PROGRESS') AND ($2 IS NULL OR campaign_id = $2) \
     AND ($3 IS NULL OR phone_number_id = $3) AND ($4 IS NULL OR phone IN (SELECT value FROM json_each($4))) \
     AND ($5 IS NULL OR substr(phone, 1, length($5)) = $5)";
// Locked in the order of their ids, as facts lock them, so that nobody waits in a circle.
const LOCK_POSTGRES: &str = "SELECT id FROM calls WHERE account_id = $1 AND dialling = 'reserved' \
     AND status IN ('QUEUED', 'RINGING', 'IN_PROGRESS') AND ($2::uuid IS NULL OR campaign_id = $2) \
     AND ($3::text IS NULL OR phone_number_id = $3) AND ($4::text[] IS NULL OR phone = ANY($4)) \
     AND ($5::text IS NULL OR substr(phone, 1, length($5)) = $5) ORDER BY id FOR NO KEY UPDATE";
const HALT_POSTGRES: &str = "UPDATE calls SET dial_lease_ms = 0 WHERE id = ANY($1) AND dialling = 'reserved'";

const OPEN: &str = "SELECT COUNT(*) FROM calls WHERE account_id = $1 \
     AND status IN ('QUEUED', 'RINGING', 'IN_PROGRESS') AND ($2 IS NULL OR campaign_id = $2) \
     AND ($3 IS NULL OR phone_number_id = $3)";

/// Stops them. Claims are held off already.
pub(crate) async fn halt(tx: &mut Tx, which: Unsent<'_>) -> Result<()> {
    let campaign = which.campaign.map(|id| id.0);
    match &mut tx.inner {
        TxInner::Sqlite(tx) => {
            sqlx::query(HALT_SQLITE)
                .bind(AccountId::DEFAULT.0)
                .bind(campaign)
                .bind(which.number)
                .bind(which.phones.map(sqlx::types::Json))
                .bind(which.beginning)
                .execute(&mut **tx)
                .await?;
        }
        TxInner::Postgres(tx) => {
            let ids: Vec<Uuid> = sqlx::query_scalar(LOCK_POSTGRES)
                .bind(AccountId::DEFAULT.0)
                .bind(campaign)
                .bind(which.number)
                .bind(which.phones)
                .bind(which.beginning)
                .fetch_all(&mut **tx)
                .await?;
            sqlx::query(HALT_POSTGRES).bind(ids).execute(&mut **tx).await?;
        }
    }
    Ok(())
}

/// Stops those of a campaign, of a number or of the account, if it has more calls open than it may have from now on.
pub(crate) async fn halt_if_more_than(tx: &mut Tx, cap: u32, which: Unsent<'_>) -> Result<()> {
    let open: i64 = on_tx!(tx, |c| sqlx::query_scalar(OPEN)
        .bind(AccountId::DEFAULT.0)
        .bind(which.campaign.map(|id| id.0))
        .bind(which.number)
        .fetch_one(c)
        .await)?;
    if open > i64::from(cap) {
        halt(tx, which).await?;
    }
    Ok(())
}
