//! What is free: lines of the account, of each campaign and of each caller number, and calls in this second.

use std::collections::BTreeMap;

use domain::{
    ids::AccountId,
    pacing::{Caller, Lines, believed, reserve_left, unanswered_at_once},
    time::{CLOCK_TOLERANCE_MS, SECOND_MS, UtcMs},
};
use uuid::Uuid;

use super::{DIAL_LEASE_MS, campaign::CampaignRow};
use crate::{
    Error, Result,
    account::believed_hold,
    db::{Store, Tx, TxInner},
    rows::{to_i32, to_u32, to_u64},
};

pub(crate) const OPEN_CALLS: &str = "SELECT campaign_id, phone_number_id, COUNT(*) FROM calls \
     WHERE account_id = $1 AND status IN ('QUEUED', 'RINGING', 'IN_PROGRESS') GROUP BY campaign_id, phone_number_id";

// Calls whose request has not left, requests that left in the last second, and when the first of these did. What was sent
// then was reserved not long before.
const PACE: &str = "SELECT \
     COUNT(CASE WHEN dialling = 'reserved' AND status = 'QUEUED' THEN 1 END), \
     COUNT(CASE WHEN sent_at_ms > $3 AND sent_at_ms <= $4 THEN 1 END), \
     MIN(CASE WHEN sent_at_ms > $3 AND sent_at_ms <= $4 THEN sent_at_ms END) \
     FROM calls WHERE account_id = $1 AND reserved_at_ms > $2";

// Calls that the provider has, and those whose answer is awaited. Nobody waits for the answer to a call in doubt.
const ANSWERS: &str = "SELECT COUNT(CASE WHEN dialling = 'accepted' THEN 1 END), \
     COUNT(CASE WHEN dialling IN ('reserved', 'sent') THEN 1 END) FROM calls \
     WHERE account_id = $1 AND status IN ('QUEUED', 'RINGING', 'IN_PROGRESS')";
const LEARN_MORE: &str = "UPDATE accounts SET learnt_lines = $2 WHERE id = $1 AND learnt_lines < $2";

const ACCOUNT: &str = "SELECT line_cap, reserved_lines, calls_per_second, learnt_lines, learnt_until_ms, dial_after_ms, \
     refusals FROM accounts WHERE id = $1";
// NO KEY: a plain FOR UPDATE would wait for every insert that refers to the account.
const ACCOUNT_LOCKED: &str = "SELECT line_cap, reserved_lines, calls_per_second, learnt_lines, learnt_until_ms, \
     dial_after_ms, refusals FROM accounts WHERE id = $1 FOR NO KEY UPDATE";

#[derive(sqlx::FromRow)]
struct AccountRow {
    line_cap: i32,
    reserved_lines: i32,
    calls_per_second: Option<i32>,
    learnt_lines: Option<i32>,
    learnt_until_ms: Option<i64>,
    dial_after_ms: i64,
    refusals: i32,
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
    /// When more may be placed although no line becomes free: this second is full, or answers are awaited.
    pub(super) next_second: Option<UtcMs>,
    /// Something was learnt, and has to be committed.
    pub(super) learnt: bool,
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
        let counts: Vec<(Uuid, String, i64)> = on_tx!(tx, |c| sqlx::query_as(OPEN_CALLS)
            .bind(account.0)
            .fetch_all(c)
            .await)?;
        let mut open = OpenLines {
            free: 0,
            next_second: None,
            learnt: false,
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
        by_lines(tx, account, &row, &mut open, now).await?;
        if let (Some(per_second), 1..) = (row.calls_per_second, open.free) {
            let since = now - SECOND_MS;
            let (unsent, sent, first): (i64, i64, Option<i64>) = on_tx!(tx, |c| sqlx::query_as(PACE)
                .bind(account.0)
                .bind(since.0 - DIAL_LEASE_MS)
                .bind(since.0)
                .bind(now.0 + CLOCK_TOLERANCE_MS)
                .fetch_one(c)
                .await)?;
            let left = reserve_left(Some(to_u32(per_second)), count(unsent), count(sent));
            if left < open.free {
                open.free = left;
                open.next_second = Some(UtcMs(first.unwrap_or(now.0)) + SECOND_MS);
            }
        }
        Ok(FreeLines::Lines(open))
    }
}

/// How many calls may be placed by the account's lines: those there are, as far as refusals have not taught that there are
/// fewer, and after refusals in a row only some at once.
async fn by_lines(
    tx: &mut Tx,
    account: AccountId,
    row: &AccountRow,
    open: &mut OpenLines,
    now: UtcMs,
) -> Result<()> {
    let learnt = row.learnt_lines.zip(row.learnt_until_ms);
    let mut learnt = learnt.and_then(|(lines, until)| believed(to_u32(lines), UtcMs(until), now));
    let refusals = to_u32(row.refusals);
    let mut unanswered = 0;
    if learnt.is_some() || refusals > 0 {
        let (accepted, awaited): (i64, i64) = on_tx!(tx, |c| sqlx::query_as(ANSWERS)
            .bind(account.0)
            .fetch_one(c)
            .await)?;
        let accepted = count(accepted);
        unanswered = count(awaited);
        if let Some(lines) = &mut learnt
            && *lines < accepted
        {
            // An acceptance that came after the refusal: there are that many.
            *lines = accepted;
            open.learnt = true;
            on_tx!(tx, |c| sqlx::query(LEARN_MORE)
                .bind(account.0)
                .bind(to_i32(accepted))
                .execute(c)
                .await
                .map(|_| ()))?;
        }
    }
    let usable = Lines {
        cap: to_u32(row.line_cap),
        learnt,
        reserved: to_u32(row.reserved_lines),
    }
    .usable();
    open.free = usable.saturating_sub(open.open);
    let at_once = unanswered_at_once(usable, refusals).saturating_sub(unanswered);
    if at_once < open.free {
        open.free = at_once;
        open.next_second = Some(now + SECOND_MS);
    }
    Ok(())
}

fn count(rows: i64) -> u32 {
    u32::try_from(to_u64(rows)).unwrap_or(u32::MAX)
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
