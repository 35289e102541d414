//! The provider account: its lines, and when it wants to be left alone.

use domain::{
    contact::refusal_delay_ms,
    ids::AccountId,
    pacing::{LONGEST_BELIEF_MS, Lines, believed},
    time::{CLOCK_TOLERANCE_MS, LONGEST_WAIT_MS, UtcMs},
};

use crate::{
    Result,
    claim::hold_off_claims,
    clean::clean,
    db::Store,
    halt::{Unsent, halt, halt_if_more_than},
    rows::{to_i32, to_u32},
};

/// The account that all campaigns share.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Account {
    /// Lines that may be used at once.
    pub line_cap: u32,
    /// How many the provider lately allowed, as far as that is believed at the time asked for, when that is fewer.
    pub learnt_lines: Option<u32>,
    /// Lines kept free for other traffic.
    pub reserved_lines: u32,
    /// Calls in any one second at most.
    pub calls_per_second: Option<u32>,
    /// Before this moment nothing is claimed.
    pub dial_after: UtcMs,
    /// When a webhook last came, within a few seconds.
    pub last_webhook_at: Option<UtcMs>,
    /// Calls open now.
    pub open_calls: u32,
}

impl Account {
    /// Its lines.
    #[must_use]
    pub fn lines(&self) -> Lines {
        Lines {
            cap: self.line_cap,
            learnt: self.learnt_lines,
            reserved: self.reserved_lines,
        }
    }
}

pub(crate) const READ: &str = "SELECT line_cap, reserved_lines, calls_per_second, learnt_lines, learnt_until_ms, dial_after_ms, last_webhook_at_ms, \
     (SELECT COUNT(*) FROM calls WHERE account_id = $1 AND status IN ('QUEUED', 'RINGING', 'IN_PROGRESS')) AS open_calls \
     FROM accounts WHERE id = $1";

// The lines that a refusal teaches are those of the calls that the provider has: the refused call is closed already.
// Refusals that come while a wait is on are of the same burst: those after the first can only show that there are more.
const LEARN_FROM_REFUSAL: &str = "UPDATE accounts SET learnt_until_ms = $3, learnt_lines = \
     CASE WHEN dial_after_ms > $2 AND learnt_until_ms > $2 AND learnt_lines > live.calls THEN learnt_lines ELSE live.calls END \
     FROM (SELECT CAST(COUNT(*) AS INTEGER) AS calls FROM calls WHERE account_id = $1 \
       AND status IN ('QUEUED', 'RINGING', 'IN_PROGRESS') AND dialling = 'accepted') live \
     WHERE id = $1 AND live.calls > 0";

#[derive(sqlx::FromRow)]
struct Row {
    line_cap: i32,
    reserved_lines: i32,
    calls_per_second: Option<i32>,
    learnt_lines: Option<i32>,
    learnt_until_ms: Option<i64>,
    dial_after_ms: i64,
    last_webhook_at_ms: Option<i64>,
    open_calls: i64,
}

/// How long lines learnt from a refusal are believed, in milliseconds.
const LEARNT_FROM_REFUSAL_MS: i64 = 60_000;

/// Until when nothing is claimed. A moment further ahead than anybody ever waits was written by a clock that has been set
/// back since: it holds nothing.
pub(crate) fn believed_hold(dial_after: UtcMs, now: UtcMs) -> UtcMs {
    if now.must_wait_for(dial_after, LONGEST_WAIT_MS) {
        dial_after
    } else {
        dial_after.min(now)
    }
}

impl Store {
    /// The account as it stands.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn account(&self, now: UtcMs) -> Result<Account> {
        let row: Row = on!(self, |pool| sqlx::query_as(READ)
            .bind(AccountId::DEFAULT.0)
            .fetch_one(pool)
            .await)?;
        let line_cap = to_u32(row.line_cap);
        let learnt = row.learnt_lines.zip(row.learnt_until_ms);
        Ok(Account {
            line_cap,
            reserved_lines: to_u32(row.reserved_lines),
            calls_per_second: row.calls_per_second.map(to_u32),
            learnt_lines: learnt
                .and_then(|(lines, until)| believed(to_u32(lines), UtcMs(until), now))
                .filter(|lines| *lines < line_cap),
            dial_after: believed_hold(UtcMs(row.dial_after_ms), now),
            // One from the future says nothing about now: the clock has been set back since.
            last_webhook_at: row
                .last_webhook_at_ms
                .map(UtcMs)
                .filter(|at| *at <= now + CLOCK_TOLERANCE_MS),
            open_calls: u32::try_from(row.open_calls).unwrap_or(u32::MAX),
        })
    }

    /// How many calls are open on each of the numbers that we call from, by the provider's id.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn open_calls_by_number(&self) -> Result<std::collections::BTreeMap<String, u32>> {
        let rows: Vec<(String, i64)> = on!(self, |pool| {
            sqlx::query_as(
            "SELECT phone_number_id, COUNT(*) FROM calls \
             WHERE account_id = $1 AND status IN ('QUEUED', 'RINGING', 'IN_PROGRESS') GROUP BY phone_number_id"
        )
        .bind(AccountId::DEFAULT.0)
        .fetch_all(pool)
        .await
        })?;
        Ok(rows
            .into_iter()
            .map(|(number, calls)| (number, u32::try_from(calls).unwrap_or(u32::MAX)))
            .collect())
    }

    /// How many calls each number may have open at once, by the provider's id, where that is limited.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn number_caps(&self) -> Result<std::collections::BTreeMap<String, u32>> {
        let rows: Vec<(String, i32)> = on!(self, |pool| sqlx::query_as(
            "SELECT phone_number_id, cap FROM caller_numbers WHERE account_id = $1 AND cap IS NOT NULL"
        )
        .bind(AccountId::DEFAULT.0)
        .fetch_all(pool)
        .await)?;
        Ok(rows
            .into_iter()
            .map(|(number, cap)| (number, to_u32(cap)))
            .collect())
    }

    /// Sets how many lines the account has for us. Fewer bind every request that leaves from now on.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn set_line_cap(&self, lines: u32) -> Result<()> {
        let mut tx = self.begin().await?;
        hold_off_claims(&mut tx, AccountId::DEFAULT).await?;
        let reserved: i32 = on_tx!(tx, |c| sqlx::query_scalar(
            "UPDATE accounts SET line_cap = $2 WHERE id = $1 RETURNING reserved_lines"
        )
        .bind(AccountId::DEFAULT.0)
        .bind(to_i32(lines.max(1)))
        .fetch_one(c)
        .await)?;
        let usable = lines.max(1).saturating_sub(to_u32(reserved));
        halt_if_more_than(&mut tx, usable, Unsent::default()).await?;
        tx.commit().await
    }

    /// Sets how many lines are kept free for other traffic, and how many requests may leave in any one second. Both bind
    /// every request that leaves from now on.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn set_pace(&self, reserved_lines: u32, calls_per_second: Option<u32>) -> Result<()> {
        let mut tx = self.begin().await?;
        hold_off_claims(&mut tx, AccountId::DEFAULT).await?;
        let (cap, before): (i32, Option<i32>) = on_tx!(tx, |c| sqlx::query_as(
            "SELECT line_cap, calls_per_second FROM accounts WHERE id = $1"
        )
        .bind(AccountId::DEFAULT.0)
        .fetch_one(c)
        .await)?;
        on_tx!(tx, |c| sqlx::query(
            "UPDATE accounts SET reserved_lines = $2, calls_per_second = $3 WHERE id = $1"
        )
        .bind(AccountId::DEFAULT.0)
        .bind(to_i32(reserved_lines))
        .bind(calls_per_second.map(to_i32))
        .execute(c)
        .await
        .map(|_| ()))?;
        if before.is_none() && calls_per_second.is_some() {
            // Whoever is about to send asks for a limit only where there is one. Those that saw none are stopped here.
            halt(&mut tx, Unsent::default()).await?;
        }
        let usable = to_u32(cap).saturating_sub(reserved_lines);
        halt_if_more_than(&mut tx, usable, Unsent::default()).await?;
        tx.commit().await
    }

    /// Sets how many calls a number may have open at once; none: as many as the account.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn set_number_cap(&self, phone_number_id: &str, cap: Option<u32>, now: UtcMs) -> Result<()> {
        let mut tx = self.begin().await?;
        // A claim that has counted and not committed yet would go past a lower cap.
        hold_off_claims(&mut tx, AccountId::DEFAULT).await?;
        on_tx!(tx, |c| {
            sqlx::query(
            "INSERT INTO caller_numbers (account_id, phone_number_id, cap, updated_at_ms) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (account_id, phone_number_id) DO UPDATE SET cap = excluded.cap, \
             updated_at_ms = excluded.updated_at_ms"
        )
        .bind(AccountId::DEFAULT.0)
        .bind(clean(phone_number_id).as_ref())
        .bind(cap.map(to_i32))
        .bind(now.0)
        .execute(c)
        .await
        .map(|_| ())
        })?;
        if let Some(cap) = cap {
            let number = clean(phone_number_id);
            let on_number = Unsent {
                number: Some(number.as_ref()),
                ..Unsent::default()
            };
            halt_if_more_than(&mut tx, cap, on_number).await?;
        }
        tx.commit().await
    }

    /// The provider had no free line: it has as many as it has accepted calls that are not over, and that is believed for
    /// a while. While it has accepted none, nothing is learnt: its answers to others may still be on their way.
    ///
    /// Call it before [`Store::back_off`]: refusals that come while that wait is on are of the same burst.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn learn_from_refusal(&self, now: UtcMs) -> Result<()> {
        let mut tx = self.begin().await?;
        // Counted only once the account is held: a refusal that waited for another sees what that one saw.
        hold_off_claims(&mut tx, AccountId::DEFAULT).await?;
        on_tx!(tx, |c| sqlx::query(LEARN_FROM_REFUSAL)
            .bind(AccountId::DEFAULT.0)
            .bind(now.0)
            .bind(now.0 + LEARNT_FROM_REFUSAL_MS)
            .execute(c)
            .await
            .map(|_| ()))?;
        tx.commit().await
    }

    /// The provider states how many lines the account has. Only fewer than ours are worth remembering.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn learn_lines(&self, lines: u32, now: UtcMs) -> Result<()> {
        let mut tx = self.begin().await?;
        on_tx!(tx, |c| sqlx::query(
            "UPDATE accounts SET learnt_lines = $2, learnt_until_ms = $3 WHERE id = $1 AND line_cap > $2"
        )
        .bind(AccountId::DEFAULT.0)
        .bind(to_i32(lines))
        .bind(now.0 + LONGEST_BELIEF_MS)
        .execute(c)
        .await
        .map(|_| ()))?;
        tx.commit().await
    }

    /// Claims nothing for a while, longer each time in a row, and at least as long as the provider asked for, but never
    /// longer than an hour.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn back_off(&self, asked_ms: Option<i64>, now: UtcMs) -> Result<()> {
        let mut tx = self.begin().await?;
        // Refusals that come while a wait is on are of requests that were under way already: they are the same one.
        let refusals: i32 = on_tx!(tx, |c| {
            sqlx::query_scalar(
                "UPDATE accounts SET refusals = refusals + \
               CASE WHEN refusals = 0 OR dial_after_ms <= $2 OR dial_after_ms > $3 THEN 1 ELSE 0 END \
             WHERE id = $1 RETURNING refusals",
            )
            .bind(AccountId::DEFAULT.0)
            .bind(now.0)
            .bind(now.0 + LONGEST_WAIT_MS + CLOCK_TOLERANCE_MS)
            .fetch_one(c)
            .await
        })?;
        // "At once" is no answer to give to a program: it would ask at once.
        let wait_ms = asked_ms
            .unwrap_or(0)
            .max(refusal_delay_ms(to_u32(refusals)))
            .min(LONGEST_WAIT_MS);
        on_tx!(tx, |c| {
            sqlx::query(
            "UPDATE accounts SET dial_after_ms = $2 WHERE id = $1 AND (dial_after_ms < $2 OR dial_after_ms > $3)"
        )
        .bind(AccountId::DEFAULT.0)
        .bind(now.0 + wait_ms)
        .bind(now.0 + LONGEST_WAIT_MS + CLOCK_TOLERANCE_MS)
        .execute(c)
        .await
        .map(|_| ())
        })?;
        tx.commit().await
    }

    /// A call rings: refusals in a row are over. Writes only when there were any. That the provider accepted a call
    /// would not be enough: it may still end it for want of a line.
    ///
    /// A wait that is on goes on: nothing is claimed while it lasts, so that request had left before it began.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn end_back_off(&self) -> Result<()> {
        self.update(
            "UPDATE accounts SET refusals = $2 WHERE id = $1 AND refusals > $2",
            0,
        )
        .await
    }

    /// A webhook came.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn note_webhook(&self, now: UtcMs) -> Result<()> {
        self.update("UPDATE accounts SET last_webhook_at_ms = $2 WHERE id = $1", now.0)
            .await
    }

    async fn update(&self, sql: &'static str, value: i64) -> Result<()> {
        let mut tx = self.begin().await?;
        on_tx!(tx, |c| sqlx::query(sql)
            .bind(AccountId::DEFAULT.0)
            .bind(value)
            .execute(c)
            .await
            .map(|_| ()))?;
        tx.commit().await
    }
}
