//! What is free: lines of the account, of each campaign and of each caller number, and calls in this second.

use std::collections::BTreeMap;

use domain::{
    ids::AccountId,
    pacing::{Caller, Lines, rate_left},
    time::{SECOND_MS, UtcMs},
};
use uuid::Uuid;

use super::campaign::CampaignRow;
use crate::{
    Error, Result,
    account::{believed_hold, lines_are_believed},
    db::{Store, Tx, TxInner},
    rows::{to_u32, to_u64},
};

pub(crate) const OPEN_CALLS: &str = "SELECT campaign_id, phone_number_id, COUNT(*) FROM calls \
     WHERE account_id = $1 AND status IN ('QUEUED', 'RINGING', 'IN_PROGRESS') GROUP BY campaign_id, phone_number_id";

const IN_LAST_SECOND: &str =
    "SELECT COUNT(*), MIN(reserved_at_ms) FROM calls WHERE account_id = $1 AND reserved_at_ms > $2";

const ACCOUNT: &str = "SELECT line_cap, reserved_lines, calls_per_second, learnt_lines, learnt_until_ms, dial_after_ms \
     FROM accounts WHERE id = $1";
// NO KEY: a plain FOR UPDATE would wait for every insert that refers to the account.
const ACCOUNT_LOCKED: &str = "SELECT line_cap, reserved_lines, calls_per_second, learnt_lines, learnt_until_ms, \
     dial_after_ms FROM accounts WHERE id = $1 FOR NO KEY UPDATE";

#[derive(sqlx::FromRow)]
struct AccountRow {
    line_cap: i32,
    reserved_lines: i32,
    calls_per_second: Option<i32>,
    learnt_lines: Option<i32>,
    learnt_until_ms: Option<i64>,
    dial_after_ms: i64,
}

/// What a claim may fill.
pub(super) enum FreeLines {
    /// Nothing before this moment: the provider wants to be left alone.
    Hold(UtcMs),
    /// So much.
    Lines(OpenLines),
}

/// The lines of the account, and who uses them.
pub(super) struct OpenLines {
    /// How many calls may be placed now.
    pub(super) free: u32,
    /// Calls wait for this second to pass.
    pub(super) next_second: Option<UtcMs>,
    of_campaign: BTreeMap<Uuid, u32>,
    on_number: BTreeMap<String, u32>,
    open: u32,
}

impl OpenLines {
    pub(super) fn of_campaign(&self, id: Uuid) -> u32 {
        self.of_campaign.get(&id).copied().unwrap_or(0)
    }

    pub(super) fn on_number(&self, phone_number_id: &str) -> u32 {
        self.on_number.get(phone_number_id).copied().unwrap_or(0)
    }

    /// How many calls are open: at most as many people are being called already.
    pub(super) fn open(&self) -> u32 {
        self.open
    }

    /// How many calls the campaign may place, by its cap and those of its numbers.
    pub(super) fn room_of(&self, campaign: &CampaignRow) -> u32 {
        let on_its_numbers = campaign
            .numbers
            .iter()
            .map(|number| match number.cap {
                Some(cap) => cap.saturating_sub(self.on_number(&number.id)),
                None => self.free,
            })
            .fold(0_u32, u32::saturating_add);
        to_u32(campaign.cap)
            .saturating_sub(self.of_campaign(campaign.id))
            .min(on_its_numbers)
            .min(self.free)
    }

    /// The campaign's numbers as they stand now.
    pub(super) fn callers(&self, campaign: &CampaignRow) -> Vec<Caller> {
        campaign
            .numbers
            .iter()
            .map(|number| Caller {
                open: self.on_number(&number.id),
                cap: number.cap,
                placed: number.placed,
            })
            .collect()
    }

    /// Notes a call that is about to be reserved.
    pub(super) fn take(&mut self, campaign: Uuid, phone_number_id: &str) {
        *self.of_campaign.entry(campaign).or_default() += 1;
        *self.on_number.entry(phone_number_id.to_owned()).or_default() += 1;
    }
}

impl Store {
    /// Locks the account, so that one claim at a time counts and inserts, and counts.
    pub(super) async fn free_lines(&self, tx: &mut Tx, account: AccountId, now: UtcMs) -> Result<FreeLines> {
        let row = lock_account(tx, account).await?;
        let dial_after = believed_hold(UtcMs(row.dial_after_ms), now);
        if dial_after > now {
            return Ok(FreeLines::Hold(dial_after));
        }
        let learnt = row
            .learnt_lines
            .filter(|_| lines_are_believed(row.learnt_until_ms, now));
        let lines = Lines {
            cap: to_u32(row.line_cap),
            learnt: learnt.map(to_u32),
            reserved: to_u32(row.reserved_lines),
        };
        let counts: Vec<(Uuid, String, i64)> = on_tx!(tx, |c| sqlx::query_as(OPEN_CALLS)
            .bind(account.0)
            .fetch_all(c)
            .await)?;
        let mut open = OpenLines {
            free: 0,
            next_second: None,
            of_campaign: BTreeMap::new(),
            on_number: BTreeMap::new(),
            open: 0,
        };
        for (campaign, number, calls) in counts {
            let calls = u32::try_from(calls).unwrap_or(u32::MAX);
            open.open += calls;
            *open.of_campaign.entry(campaign).or_default() += calls;
            *open.on_number.entry(number).or_default() += calls;
        }
        open.free = lines.usable().saturating_sub(open.open);
        if let (Some(per_second), 1..) = (row.calls_per_second, open.free) {
            let (placed, first): (i64, Option<i64>) = on_tx!(tx, |c| sqlx::query_as(IN_LAST_SECOND)
                .bind(account.0)
                .bind(now.0 - SECOND_MS)
                .fetch_one(c)
                .await)?;
            let placed = u32::try_from(to_u64(placed)).unwrap_or(u32::MAX);
            let left = rate_left(Some(to_u32(per_second)), placed);
            if left < open.free {
                open.free = left;
                open.next_second = Some(UtcMs(first.unwrap_or(now.0)) + SECOND_MS);
            }
        }
        Ok(FreeLines::Lines(open))
    }
}

/// Locks the account, so that one claim at a time counts and inserts. Whoever forbids a number holds it too.
async fn lock_account(tx: &mut Tx, account: AccountId) -> Result<AccountRow> {
    let row = match &mut tx.inner {
        // The transaction holds SQLite's only write lock already.
        TxInner::Sqlite(tx) => {
            sqlx::query_as(ACCOUNT)
                .bind(account.0)
                .fetch_optional(&mut **tx)
                .await?
        }
        TxInner::Postgres(tx) => {
            sqlx::query_as(ACCOUNT_LOCKED)
                .bind(account.0)
                .fetch_optional(&mut **tx)
                .await?
        }
    };
    row.ok_or_else(|| Error::Other("the account is missing: run `autolynx migrate`".to_owned()))
}

/// Holds off every claim until the transaction ends: what it forbids, no later claim allows.
pub(crate) async fn hold_off_claims(tx: &mut Tx, account: AccountId) -> Result<()> {
    lock_account(tx, account).await.map(|_| ())
}
