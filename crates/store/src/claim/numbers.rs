//! What is known about the numbers of a few contacts: whether they may be called at all, and how often they were.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use domain::{
    ids::AccountId,
    limits::History,
    policy::Policy,
    suppression::prefixes_of,
    time::{HOUR_MS, UtcMs},
};
use sqlx::types::Json;
use uuid::Uuid;

use super::DIAL_LEASE_MS;
use crate::{
    Result,
    db::{Tx, TxInner},
};

/// One query that takes a list of numbers as its second parameter, in the words of each database.
struct OfNumbers {
    sqlite: String,
    postgres: String,
}

impl OfNumbers {
    /// `sql` ends where the numbers come, except for `end`.
    fn new(sql: &str, end: &str) -> Self {
        Self {
            sqlite: format!("{sql} IN (SELECT value FROM json_each($2)) {end}"),
            postgres: format!("{sql} = ANY($2) {end}"),
        }
    }
}

// Calls that may have rung, those under way included. One seek a number.
static ATTEMPTS: LazyLock<OfNumbers> = LazyLock::new(|| {
    OfNumbers::new(
        "SELECT phone, campaign_id, COALESCE(sent_at_ms, reserved_at_ms), status IN ('QUEUED', 'RINGING', 'IN_PROGRESS') FROM calls \
         WHERE account_id = $1 AND reserved_at_ms > $3 AND (outcome IS NULL OR outcome <> 'not_dialled') AND phone",
        "",
    )
});
static TOTALS: LazyLock<OfNumbers> = LazyLock::new(|| {
    OfNumbers::new(
        "SELECT phone, COUNT(*) FROM calls \
         WHERE account_id = $1 AND (outcome IS NULL OR outcome <> 'not_dialled') AND phone",
        "GROUP BY phone",
    )
});
static SUPPRESSIONS: LazyLock<OfNumbers> = LazyLock::new(|| {
    OfNumbers::new(
        "SELECT kind, number, source, campaign_id FROM suppressions \
         WHERE account_id = $1 AND (campaign_id IS NULL OR campaign_id = $3) \
           AND (expires_at_ms IS NULL OR expires_at_ms > $4) AND number",
        "",
    )
});

/// The text of a hot query, for the tests of query plans.
#[cfg(feature = "fault-injection")]
pub(crate) fn attempts_sql(kind: crate::Kind) -> &'static str {
    of_kind(&ATTEMPTS, kind)
}

/// The text of a hot query, for the tests of query plans.
#[cfg(feature = "fault-injection")]
pub(crate) fn suppressions_sql(kind: crate::Kind) -> &'static str {
    of_kind(&SUPPRESSIONS, kind)
}

#[cfg(feature = "fault-injection")]
fn of_kind(query: &'static OfNumbers, kind: crate::Kind) -> &'static str {
    match kind {
        crate::Kind::Sqlite => &query.sqlite,
        crate::Kind::Postgres => &query.postgres,
    }
}

/// A day is what limits count in; a gap may be longer, in milliseconds.
const DAY_MS: i64 = 24 * HOUR_MS;

/// What is known about a number.
#[derive(Default)]
pub(super) struct NumberRecord {
    pub(super) history: History,
    /// Somebody is calling it at this moment.
    pub(super) on_the_phone: bool,
    /// It must not be called: why, in words for people.
    pub(super) suppressed: Option<&'static str>,
    /// Attempts within 24 hours.
    pub(super) within_a_day: u32,
}

/// Looks the numbers up, for a campaign that wants to call them.
pub(super) async fn numbers(
    tx: &mut Tx,
    campaign: Uuid,
    policy: &Policy,
    phones: &[&str],
    longest_gap_ms: i64,
    now: UtcMs,
) -> Result<BTreeMap<String, NumberRecord>> {
    let mut numbers: BTreeMap<String, NumberRecord> = phones
        .iter()
        .map(|phone| ((*phone).to_owned(), NumberRecord::default()))
        .collect();
    if phones.is_empty() {
        return Ok(numbers);
    }
    // A call counts from when it was sent, a while after it was reserved.
    let since = now - DAY_MS.max(longest_gap_ms) - DIAL_LEASE_MS;
    for (phone, by, at, live) in attempts(tx, phones, since).await? {
        let Some(number) = numbers.get_mut(&phone) else {
            continue;
        };
        number.history.at.push(UtcMs(at));
        number.history.total += 1;
        if by != campaign {
            number.history.elsewhere_at = number.history.elsewhere_at.max(Some(UtcMs(at)));
        }
        number.on_the_phone |= live;
        number.within_a_day += u32::from(now.since(UtcMs(at)) < DAY_MS);
    }
    for number in numbers.values_mut() {
        number.history.at.sort_unstable_by(|a, b| b.cmp(a));
    }
    if policy.limits.per_number.is_some() {
        for (phone, total) in totals(tx, phones).await? {
            if let Some(number) = numbers.get_mut(&phone) {
                number.history.total = u32::try_from(total).unwrap_or(u32::MAX);
            }
        }
    }
    let found = suppressions(tx, campaign, phones, now).await?;
    for (kind, pattern, source, everywhere) in found {
        for (phone, number) in &mut numbers {
            let meant = match kind.as_str() {
                "exact" => *phone == pattern,
                _ => phone.starts_with(&pattern),
            };
            if meant {
                number.suppressed = Some(why_suppressed(&source, everywhere));
            }
        }
    }
    Ok(numbers)
}

/// Why a number must not be called, in words for people.
pub(crate) const fn why_suppressed(source: &str, everywhere: bool) -> &'static str {
    match (source.as_bytes(), everywhere) {
        (b"call", _) => "asked in a call not to be called again",
        (_, true) => "on the do-not-call list",
        (_, false) => "on this campaign’s do-not-call list",
    }
}

async fn attempts(tx: &mut Tx, phones: &[&str], since: UtcMs) -> Result<Vec<(String, Uuid, i64, bool)>> {
    Ok(match &mut tx.inner {
        TxInner::Sqlite(tx) => {
            sqlx::query_as(ATTEMPTS.sqlite.as_str())
                .bind(AccountId::DEFAULT.0)
                .bind(Json(phones))
                .bind(since.0)
                .fetch_all(&mut **tx)
                .await?
        }
        TxInner::Postgres(tx) => {
            sqlx::query_as(ATTEMPTS.postgres.as_str())
                .bind(AccountId::DEFAULT.0)
                .bind(phones)
                .bind(since.0)
                .fetch_all(&mut **tx)
                .await?
        }
    })
}

async fn totals(tx: &mut Tx, phones: &[&str]) -> Result<Vec<(String, i64)>> {
    Ok(match &mut tx.inner {
        TxInner::Sqlite(tx) => {
            sqlx::query_as(TOTALS.sqlite.as_str())
                .bind(AccountId::DEFAULT.0)
                .bind(Json(phones))
                .fetch_all(&mut **tx)
                .await?
        }
        TxInner::Postgres(tx) => {
            sqlx::query_as(TOTALS.postgres.as_str())
                .bind(AccountId::DEFAULT.0)
                .bind(phones)
                .fetch_all(&mut **tx)
                .await?
        }
    })
}

/// Kind, number or beginning, source, and whether it holds everywhere.
async fn suppressions(
    tx: &mut Tx,
    campaign: Uuid,
    phones: &[&str],
    now: UtcMs,
) -> Result<Vec<(String, String, String, bool)>> {
    let patterns: BTreeSet<String> = phones
        .iter()
        .flat_map(|phone| prefixes_of(phone).into_iter().chain([(*phone).to_owned()]))
        .collect();
    let patterns: Vec<String> = patterns.into_iter().collect();
    let rows: Vec<(String, String, String, Option<Uuid>)> = match &mut tx.inner {
        TxInner::Sqlite(tx) => {
            sqlx::query_as(SUPPRESSIONS.sqlite.as_str())
                .bind(AccountId::DEFAULT.0)
                .bind(Json(patterns))
                .bind(campaign)
                .bind(now.0)
                .fetch_all(&mut **tx)
                .await?
        }
        TxInner::Postgres(tx) => {
            sqlx::query_as(SUPPRESSIONS.postgres.as_str())
                .bind(AccountId::DEFAULT.0)
                .bind(patterns)
                .bind(campaign)
                .bind(now.0)
                .fetch_all(&mut **tx)
                .await?
        }
    };
    Ok(rows
        .into_iter()
        .map(|(kind, number, source, of_campaign)| (kind, number, source, of_campaign.is_none()))
        .collect())
}
