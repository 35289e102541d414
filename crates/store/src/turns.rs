//! Turns: periodic duties that one node at a time does. A node that dies in its turn only delays the next one.

use domain::time::{CLOCK_TOLERANCE_MS, MINUTE_MS, UtcMs};

use crate::{Result, db::Store};

/// A turn may be taken ahead of time by this much at most, in milliseconds, so that nobody does the duty for a while.
pub const LONGEST_TURN_AHEAD_MS: i64 = 5 * MINUTE_MS;

/// Asked first, because most of the time somebody has it: reading locks nothing and writes nothing.
const TAKEN: &str =
    "SELECT EXISTS (SELECT 1 FROM turns WHERE duty = $1 AND taken_at_ms > $2 AND taken_at_ms <= $3)";

const TAKE: &str = "INSERT INTO turns (duty, taken_at_ms) VALUES ($1, $2) \
     ON CONFLICT (duty) DO UPDATE SET taken_at_ms = excluded.taken_at_ms WHERE turns.taken_at_ms <= $3 OR turns.taken_at_ms > $4 \
     RETURNING mark_ms";

impl Store {
    /// Takes the turn for a duty, unless some node took it less than `interval_ms` ago. Returns how far the duty got
    /// the last time, as its holder noted.
    ///
    /// A turn that was taken further in the future than [`LONGEST_TURN_AHEAD_MS`] and the clocks' tolerance was taken by a
    /// clock that has been set back since: it counts as free, or the duty would rest for as long as the clock was off.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn take_turn(&self, duty: &str, interval_ms: i64, now: UtcMs) -> Result<Option<UtcMs>> {
        let believed_until = now + (LONGEST_TURN_AHEAD_MS + CLOCK_TOLERANCE_MS);
        let taken: bool = on!(self, |pool| sqlx::query_scalar(TAKEN)
            .bind(duty)
            .bind(now.0 - interval_ms)
            .bind(believed_until.0)
            .fetch_one(pool)
            .await)?;
        if taken {
            return Ok(None);
        }
        let mut tx = self.begin().await?;
        let mark: Option<i64> = on_tx!(tx, |c| sqlx::query_scalar(TAKE)
            .bind(duty)
            .bind(now.0)
            .bind(now.0 - interval_ms)
            .bind(believed_until.0)
            .fetch_optional(c)
            .await)?;
        tx.commit().await?;
        Ok(mark.map(UtcMs))
    }

    /// Notes how far a duty got. It never goes back, unless it had got into a future that no clock shows.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn mark_turn(&self, duty: &str, mark: UtcMs, now: UtcMs) -> Result<()> {
        let mut tx = self.begin().await?;
        on_tx!(tx, |c| sqlx::query(
            "UPDATE turns SET mark_ms = $2 WHERE duty = $1 AND (mark_ms < $2 OR mark_ms > $3)"
        )
        .bind(duty)
        .bind(mark.0)
        .bind(now.0 + CLOCK_TOLERANCE_MS)
        .execute(c)
        .await
        .map(|_| ()))?;
        tx.commit().await
    }
}
