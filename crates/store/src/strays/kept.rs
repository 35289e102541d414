//! How many messages and facts without a call are kept: bounded by age, by number and by size, the oldest go first.

use domain::time::{DAY_MS, MINUTE_MS, UtcMs};
use uuid::Uuid;

use crate::{Result, db::Store};

/// A call appears within minutes after the first fact about it, or never.
const KEPT_FOR_MS: i64 = 30 * DAY_MS;
/// How many are kept at most.
const KEPT: i64 = 10_000;
/// How much they take together at most, in bytes.
const KEPT_BYTES: i64 = 256 << 20;
/// How often they are counted, whatever the number of nodes.
const INTERVAL_MS: i64 = MINUTE_MS;
/// Rows that one transaction removes, so that others get in between.
const CHUNK: i64 = 200;
/// Transactions of one sweep; the next sweep removes the rest.
const CHUNKS: u32 = 100;
const DUTY: &str = "stray_facts";

/// The newest, and how long each is. Neither database reads the text for that.
pub(crate) const NEWEST_SQLITE: &str =
    "SELECT id, octet_length(body) AS bytes FROM stray_facts ORDER BY id DESC LIMIT $1";
pub(crate) const NEWEST_POSTGRES: &str =
    "SELECT id, octet_length(body)::bigint AS bytes FROM stray_facts ORDER BY id DESC LIMIT $1";

/// Ids begin with the moment at which they were made, so those before an id are those that are older.
pub(crate) const DROP: &str = "DELETE FROM stray_facts WHERE id IN \
     (SELECT id FROM stray_facts WHERE id < $1 ORDER BY id LIMIT $2)";

/// What is kept.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    rows: i64,
    bytes: i64,
    age_ms: i64,
}

impl Store {
    /// Drops the oldest of the messages and facts that belong to no call, as far as they are more or older than is kept.
    /// Returns how many. Done by one node a minute; the others return zero at once. Killed at any point, the rest is
    /// dropped the next time.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn drop_old_strays(&self, now: UtcMs) -> Result<u64> {
        if self.take_turn(DUTY, INTERVAL_MS, now).await?.is_none() {
            return Ok(0);
        }
        let bounds = Bounds {
            rows: KEPT,
            bytes: KEPT_BYTES,
            age_ms: KEPT_FOR_MS,
        };
        self.drop_strays_beyond(bounds, now).await
    }

    async fn drop_strays_beyond(&self, bounds: Bounds, now: UtcMs) -> Result<u64> {
        let limit = bounds.rows + 1;
        let newest: Vec<(Uuid, i64)> = match &self.0.db {
            crate::db::Db::Sqlite { read, .. } => {
                sqlx::query_as(NEWEST_SQLITE).bind(limit).fetch_all(read).await?
            }
            crate::db::Db::Postgres(pool) => {
                sqlx::query_as(NEWEST_POSTGRES)
                    .bind(limit)
                    .fetch_all(pool)
                    .await?
            }
        };
        let Some(before) = drop_before(&newest, bounds, now) else {
            return Ok(0);
        };
        let mut dropped = 0;
        for _ in 0..CHUNKS {
            let mut tx = self.begin().await?;
            let chunk = on_tx!(tx, |c| sqlx::query(DROP)
                .bind(before)
                .bind(CHUNK)
                .execute(c)
                .await
                .map(|done| done.rows_affected()))?;
            tx.commit().await?;
            dropped += chunk;
            self.0.marks.drop_strays(chunk);
            if chunk < CHUNK.unsigned_abs() {
                break;
            }
        }
        Ok(dropped)
    }

    /// How many messages and facts without a call this process has dropped since it started.
    #[must_use]
    pub fn strays_dropped(&self) -> u64 {
        self.0.marks.strays_dropped()
    }
}

/// The id before which all go: the younger of the bound by age and the bound by number and size. `None`: nothing goes.
fn drop_before(newest: &[(Uuid, i64)], bounds: Bounds, now: UtcMs) -> Option<Uuid> {
    let oldest_moment = u128::try_from(now.0 - bounds.age_ms).unwrap_or(0);
    let by_age = Uuid::from_u128(oldest_moment << 80);
    let mut bytes = 0;
    let mut by_size = Uuid::nil();
    for (kept, (id, length)) in (0..).zip(newest) {
        bytes += length;
        if kept >= bounds.rows || bytes > bounds.bytes {
            // This one goes too.
            by_size = Uuid::from_u128(id.as_u128().saturating_add(1));
            break;
        }
    }
    let before = by_age.max(by_size);
    let oldest_seen = newest.last().map(|(id, _)| *id)?;
    (oldest_seen < before).then_some(before)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UtcMs = UtcMs(1_795_166_400_123);
    const BOUNDS: Bounds = Bounds {
        rows: 3,
        bytes: 100,
        age_ms: 1_000,
    };

    /// Made so long before now, in milliseconds.
    fn id(age_ms: i64) -> Uuid {
        let moment = u128::try_from(NOW.0 - age_ms).unwrap();
        Uuid::from_u128((moment << 80) | 0x7_abc << 64)
    }

    fn before(rows: &[(i64, i64)]) -> Option<Uuid> {
        let rows: Vec<(Uuid, i64)> = rows.iter().map(|(age, bytes)| (id(*age), *bytes)).collect();
        drop_before(&rows, BOUNDS, NOW)
    }

    fn goes(rows: &[(i64, i64)], age_ms: i64) -> bool {
        before(rows).is_some_and(|before| id(age_ms) < before)
    }

    #[test]
    fn what_is_young_few_and_small_stays() {
        assert_eq!(before(&[]), None);
        assert_eq!(before(&[(1, 40), (2, 30), (999, 30)]), None);
    }

    #[test]
    fn the_oldest_go_when_they_are_too_many_too_large_or_too_old() {
        let many = [(1, 1), (2, 1), (3, 1), (4, 1)];
        assert!(goes(&many, 4) && goes(&many, 5) && !goes(&many, 3));
        let large = [(1, 60), (2, 41), (3, 1)];
        assert!(goes(&large, 2) && goes(&large, 3) && !goes(&large, 1));
        let old = [(1, 1), (1_001, 1)];
        assert!(goes(&old, 1_001) && !goes(&old, 1_000) && !goes(&old, 1));
    }
}
