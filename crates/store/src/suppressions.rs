//! Whom not to call: numbers and beginnings of numbers, everywhere or in one campaign.
//!
//! Guarantee *lawful moment*: whoever adds an entry holds off claims until it is committed, stops calls to the number that
//! are reserved and not yet sent, and takes the number out of every list that waits. From the commit on nobody calls it.

use std::{collections::BTreeSet, sync::LazyLock};

use domain::{
    call::CallRef,
    ids::{AccountId, CallId, CampaignId, SuppressionId},
    suppression::Pattern,
    time::UtcMs,
};
use sqlx::{QueryBuilder, Sqlite};
use uuid::Uuid;

use crate::{
    Page, Result,
    claim::{hold_off_claims, why_suppressed},
    clean::clean,
    db::{ROWS_A_STATEMENT, Store, Tx, TxInner},
    halt::{Unsent, halt},
    rows::{column, to_u64},
    settling::NOT_CALLED_ANY_MORE,
    wake::Wake,
};

/// Where an entry comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SuppressionSource {
    /// Somebody entered it.
    Person,
    /// It was in a list that somebody uploaded.
    List,
    /// The person asked for it in a call.
    Call,
}

impl SuppressionSource {
    /// The stored form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::List => "list",
            Self::Call => "call",
        }
    }

    /// Reads the stored form.
    #[must_use]
    pub fn from_stored(text: &str) -> Option<Self> {
        [Self::Person, Self::List, Self::Call]
            .into_iter()
            .find(|source| source.as_str() == text)
    }
}

/// An entry to be added.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewSuppression {
    /// Which numbers.
    pub pattern: Pattern,
    /// Why, in words for people.
    pub reason: Option<String>,
    /// Until when; none: for good.
    pub expires_at: Option<UtcMs>,
}

/// An entry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Suppression {
    /// Its id.
    pub id: SuppressionId,
    /// Only in this campaign; none: everywhere.
    pub campaign_id: Option<CampaignId>,
    /// What people call that campaign.
    pub campaign_name: Option<String>,
    /// Which numbers.
    pub pattern: Pattern,
    /// Where it comes from.
    pub source: SuppressionSource,
    /// Why, in words for people.
    pub reason: Option<String>,
    /// Who, as they said.
    pub author: String,
    /// The call in which the person asked for it.
    pub call_id: Option<CallId>,
    /// Since when.
    pub created_at: UtcMs,
    /// Until when; none: for good.
    pub expires_at: Option<UtcMs>,
}

/// What adding entries did.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Forbidden {
    /// Entries that are new.
    pub added: u64,
    /// Entries that were there already; the one that lasts longer counts.
    pub known: u64,
    /// People who waited to be called and no longer do.
    pub contacts: u64,
    /// Campaigns that they waited in.
    pub campaigns: BTreeSet<CampaignId>,
}

/// Which entries to show.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SuppressionFilter {
    /// Numbers that begin so, or, for a whole number, every entry that means it.
    pub number: Option<String>,
    /// Those of one campaign.
    pub campaign: Option<CampaignId>,
    /// Those from one source.
    pub source: Option<SuppressionSource>,
}

/// Entries added with one commit: claims wait for no longer.
const AT_ONCE: usize = 2_000;

const INSERT: &str = "INSERT INTO suppressions \
     (id, account_id, campaign_id, kind, number, source, reason, author, created_at_ms, expires_at_ms) ";
// What was forbidden for good stays so, and of two dates the later counts.
const LONGER: &str = "DO UPDATE SET expires_at_ms = CASE \
       WHEN suppressions.expires_at_ms IS NULL OR excluded.expires_at_ms IS NULL THEN NULL \
       WHEN suppressions.expires_at_ms < excluded.expires_at_ms THEN excluded.expires_at_ms \
       ELSE suppressions.expires_at_ms END RETURNING id";
const EVERYWHERE: &str = "ON CONFLICT (account_id, number, kind) WHERE campaign_id IS NULL";
const IN_CAMPAIGN: &str = "ON CONFLICT (campaign_id, number, kind) WHERE campaign_id IS NOT NULL";

const FROM_CALL: &str = "INSERT INTO suppressions \
     (id, account_id, kind, number, source, author, call_id, created_at_ms) \
     VALUES ($1, $2, 'exact', $3, 'call', '', $4, $5) \
     ON CONFLICT (account_id, number, kind) WHERE campaign_id IS NULL \
     DO UPDATE SET expires_at_ms = NULL, source = 'call', call_id = excluded.call_id";

const FOR_GOOD: &str = "SELECT EXISTS (SELECT 1 FROM suppressions WHERE account_id = $1 AND campaign_id IS NULL \
     AND kind = 'exact' AND number = $2 AND expires_at_ms IS NULL)";

// Of our own calls the number that was dialled counts.
const FOR_GOOD_BY_CALL: &str = "SELECT EXISTS (SELECT 1 FROM suppressions WHERE account_id = $1 AND campaign_id IS NULL \
     AND kind = 'exact' AND expires_at_ms IS NULL AND number = COALESCE( \
       (SELECT phone FROM calls WHERE id = $2), (SELECT phone FROM calls WHERE provider_call_id = $3 LIMIT 1), $4))";

static TAKE_OUT: LazyLock<String> = LazyLock::new(|| {
    format!(
        "UPDATE contacts SET {NOT_CALLED_ANY_MORE}, updated_at_ms = $4 \
         WHERE state = 'pending' AND ($3 IS NULL OR campaign_id = $3)"
    )
});

struct OfPhones {
    sqlite: String,
    postgres: String,
}

impl OfPhones {
    fn new(sql: &str, numbers: u8, end: &str) -> Self {
        Self {
            sqlite: format!("{sql} AND phone IN (SELECT value FROM json_each(${numbers})) {end}"),
            postgres: format!("{sql} AND phone = ANY(${numbers}) {end}"),
        }
    }

    /// Of numbers that begin so: everybody who waits is looked at, which happens only when such an entry is made.
    fn beginning(sql: &str, number: u8, end: &str) -> String {
        format!("{sql} AND substr(phone, 1, length(${number})) = ${number} {end}")
    }
}

static TAKE_OUT_EXACT: LazyLock<OfPhones> =
    LazyLock::new(|| OfPhones::new(&TAKE_OUT, 1, "RETURNING campaign_id"));
static TAKE_OUT_PREFIX: LazyLock<String> =
    LazyLock::new(|| OfPhones::beginning(&TAKE_OUT, 1, "RETURNING campaign_id"));

const COLUMNS: &str = "s.id, s.campaign_id, c.name AS campaign_name, s.kind, s.number, s.source, s.reason, s.author, \
     s.call_id, s.created_at_ms, s.expires_at_ms";
// Whoever looks for a whole number wants to know whether it may be called.
const WHERE: &str = "FROM suppressions s LEFT JOIN campaigns c ON c.id = s.campaign_id WHERE s.account_id = $1 \
     AND ($2 IS NULL OR substr(s.number, 1, length($2)) = $2 \
          OR (s.kind = 'prefix' AND substr($2, 1, length(s.number)) = s.number)) \
     AND ($3 IS NULL OR s.campaign_id = $3) AND ($4 IS NULL OR s.source = $4)";
static LIST: LazyLock<String> = LazyLock::new(|| {
    format!("SELECT {COLUMNS} {WHERE} ORDER BY s.created_at_ms DESC, s.id LIMIT $5 OFFSET $6")
});
static COUNT: LazyLock<String> = LazyLock::new(|| format!("SELECT COUNT(*) {WHERE}"));
static ONE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {COLUMNS} FROM suppressions s LEFT JOIN campaigns c ON c.id = s.campaign_id WHERE s.id = $1"
    )
});

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    campaign_id: Option<Uuid>,
    campaign_name: Option<String>,
    kind: String,
    number: String,
    source: String,
    reason: Option<String>,
    author: String,
    call_id: Option<Uuid>,
    created_at_ms: i64,
    expires_at_ms: Option<i64>,
}

impl From<Row> for Suppression {
    fn from(row: Row) -> Self {
        Self {
            id: SuppressionId(row.id),
            campaign_id: row.campaign_id.map(CampaignId),
            campaign_name: row.campaign_name,
            pattern: Pattern::from_stored(&row.kind, &row.number).unwrap_or(Pattern::Exact(row.number)),
            source: SuppressionSource::from_stored(&row.source).unwrap_or(SuppressionSource::Person),
            reason: row.reason,
            author: row.author,
            call_id: row.call_id.map(CallId),
            created_at: UtcMs(row.created_at_ms),
            expires_at: row.expires_at_ms.map(UtcMs),
        }
    }
}

impl Store {
    /// Forbids numbers, everywhere or in one campaign, some thousands with each commit. What was committed before an
    /// error holds; the same again changes nothing.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn forbid(
        &self,
        entries: &[NewSuppression],
        campaign: Option<CampaignId>,
        source: SuppressionSource,
        author: &str,
        now: UtcMs,
    ) -> Result<Forbidden> {
        let mut all = Forbidden::default();
        for entries in entries.chunks(AT_ONCE) {
            // One statement must not meet the same entry twice.
            let mut seen = BTreeSet::new();
            let entries: Vec<(SuppressionId, &NewSuppression)> = entries
                .iter()
                .filter(|entry| seen.insert((entry.pattern.kind(), entry.pattern.value())))
                .map(|entry| (self.0.ids.next(now), entry))
                .collect();
            let mut tx = self.begin().await?;
            hold_off_claims(&mut tx, AccountId::DEFAULT).await?;
            let written = insert(&mut tx, &entries, campaign, source, author, now).await?;
            let new = entries.iter().filter(|(id, _)| written.contains(&id.0)).count() as u64;
            all.added += new;
            all.known += entries.len() as u64 - new;
            let reason = why_suppressed(source.as_str(), campaign.is_none());
            let current = |entry: &NewSuppression| entry.expires_at.is_none_or(|at| at > now);
            let exact: Vec<&str> = entries
                .iter()
                .filter(|(_, entry)| current(entry) && matches!(entry.pattern, Pattern::Exact(_)))
                .map(|(_, entry)| entry.pattern.value())
                .collect();
            let taken_out = take_out(&mut tx, &exact, campaign, reason, now).await?;
            all.absorb(taken_out);
            for (_, entry) in &entries {
                if let (true, Pattern::Prefix(prefix)) = (current(entry), &entry.pattern) {
                    all.absorb(take_out_beginning(&mut tx, prefix, campaign, reason, now).await?);
                }
            }
            tx.commit().await?;
        }
        for campaign in &all.campaigns {
            self.wake(Wake::Campaign(*campaign));
        }
        // Whose last people were taken out is complete.
        self.complete_finished(&all.campaigns, now).await?;
        Ok(all)
    }

    /// Whether the other person of a call is on the list, for everything and for good: what was committed, to answer by.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn is_on_the_list(&self, call: &CallRef) -> Result<bool> {
        Ok(on!(self, |pool| sqlx::query_scalar(FOR_GOOD_BY_CALL)
            .bind(AccountId::DEFAULT.0)
            .bind(call.call_id.map(|id| id.0))
            .bind(call.provider_call_id.as_deref())
            .bind(call.number.as_deref().map(str::trim))
            .fetch_one(pool)
            .await)?)
    }

    /// Entries, the newest first.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn suppressions(&self, filter: &SuppressionFilter, page: Page) -> Result<Vec<Suppression>> {
        let rows: Vec<Row> = on!(self, |pool| sqlx::query_as(LIST.as_str())
            .bind(AccountId::DEFAULT.0)
            .bind(filter.number.as_deref())
            .bind(filter.campaign.map(|id| id.0))
            .bind(filter.source.map(SuppressionSource::as_str))
            .bind(i64::from(page.limit))
            .bind(i64::from(page.offset))
            .fetch_all(pool)
            .await)?;
        Ok(rows.into_iter().map(Suppression::from).collect())
    }

    /// How many entries there are.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn count_suppressions(&self, filter: &SuppressionFilter) -> Result<u64> {
        let count: i64 = on!(self, |pool| sqlx::query_scalar(COUNT.as_str())
            .bind(AccountId::DEFAULT.0)
            .bind(filter.number.as_deref())
            .bind(filter.campaign.map(|id| id.0))
            .bind(filter.source.map(SuppressionSource::as_str))
            .fetch_one(pool)
            .await)?;
        Ok(to_u64(count))
    }

    /// Takes an entry off the list, and returns it. Whoever was skipped for it stays skipped.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn allow_again(&self, id: SuppressionId) -> Result<Option<Suppression>> {
        let mut tx = self.begin().await?;
        let row: Option<Row> = on_tx!(tx, |c| sqlx::query_as(ONE.as_str())
            .bind(id.0)
            .fetch_optional(c)
            .await)?;
        let deleted = on_tx!(tx, |c| sqlx::query("DELETE FROM suppressions WHERE id = $1")
            .bind(id.0)
            .execute(c)
            .await
            .map(|done| done.rows_affected()))?;
        tx.commit().await?;
        Ok(row.filter(|_| deleted == 1).map(Suppression::from))
    }
}

impl Forbidden {
    fn absorb(&mut self, campaigns: Vec<CampaignId>) {
        self.contacts += campaigns.len() as u64;
        self.campaigns.extend(campaigns);
    }
}

/// Forbids the number of somebody who asked for it in a call. Claims are held off already.
pub(crate) async fn forbid_from_call(
    tx: &mut Tx,
    id: SuppressionId,
    phone: &str,
    call: Option<CallId>,
    now: UtcMs,
) -> Result<BTreeSet<CampaignId>> {
    on_tx!(tx, |c| sqlx::query(FROM_CALL)
        .bind(id.0)
        .bind(AccountId::DEFAULT.0)
        .bind(phone)
        .bind(call.map(|call| call.0))
        .bind(now.0)
        .execute(c)
        .await
        .map(|_| ()))?;
    let taken_out = take_out(tx, &[phone], None, why_suppressed("call", true), now).await?;
    Ok(taken_out.into_iter().collect())
}

/// Whether the number is on the list by itself, for everything and for good.
pub(crate) async fn is_forbidden_for_good(tx: &mut Tx, phone: &str) -> Result<bool> {
    Ok(on_tx!(tx, |c| sqlx::query_scalar(FOR_GOOD)
        .bind(AccountId::DEFAULT.0)
        .bind(phone)
        .fetch_one(c)
        .await)?)
}

async fn insert(
    tx: &mut Tx,
    entries: &[(SuppressionId, &NewSuppression)],
    campaign: Option<CampaignId>,
    source: SuppressionSource,
    author: &str,
    now: UtcMs,
) -> Result<BTreeSet<Uuid>> {
    let conflict = if campaign.is_some() {
        IN_CAMPAIGN
    } else {
        EVERYWHERE
    };
    let mut written = BTreeSet::new();
    for entries in entries.chunks(ROWS_A_STATEMENT) {
        let ids: Vec<Uuid> = match &mut tx.inner {
            TxInner::Sqlite(tx) => {
                let mut insert = QueryBuilder::<Sqlite>::new(INSERT);
                insert.push_values(entries, |mut row, (id, entry)| {
                    row.push_bind(id.0)
                        .push_bind(AccountId::DEFAULT.0)
                        .push_bind(campaign.map(|id| id.0))
                        .push_bind(entry.pattern.kind())
                        .push_bind(entry.pattern.value())
                        .push_bind(source.as_str())
                        .push_bind(entry.reason.as_deref().map(clean))
                        .push_bind(clean(author))
                        .push_bind(now.0)
                        .push_bind(entry.expires_at.map(|at| at.0));
                });
                insert.push(format_args!(" {conflict} {LONGER}"));
                insert.build_query_scalar().fetch_all(&mut **tx).await?
            }
            TxInner::Postgres(tx) => {
                let sql = format!(
                    "{INSERT} SELECT id, $6, $7, kind, number, $8, reason, $9, $10, expires_at_ms FROM UNNEST( \
                       $1::uuid[], $2::text[], $3::text[], $4::text[], $5::bigint[]) \
                     AS n (id, kind, number, reason, expires_at_ms) {conflict} {LONGER}"
                );
                sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
                    .bind(column(entries, |(id, _)| id.0))
                    .bind(column(entries, |(_, entry)| entry.pattern.kind()))
                    .bind(column(entries, |(_, entry)| entry.pattern.value()))
                    .bind(column(entries, |(_, entry)| entry.reason.as_deref().map(clean)))
                    .bind(column(entries, |(_, entry)| entry.expires_at.map(|at| at.0)))
                    .bind(AccountId::DEFAULT.0)
                    .bind(campaign.map(|id| id.0))
                    .bind(source.as_str())
                    .bind(clean(author).as_ref())
                    .bind(now.0)
                    .fetch_all(&mut **tx)
                    .await?
            }
        };
        written.extend(ids);
    }
    Ok(written)
}

/// Stops calls to the numbers that were not sent yet, and takes whoever waits out of their lists. Returns the campaign of
/// each.
async fn take_out(
    tx: &mut Tx,
    phones: &[&str],
    campaign: Option<CampaignId>,
    reason: &str,
    now: UtcMs,
) -> Result<Vec<CampaignId>> {
    if phones.is_empty() {
        return Ok(Vec::new());
    }
    let unsent = Unsent {
        campaign,
        phones: Some(phones),
        ..Unsent::default()
    };
    halt(tx, unsent).await?;
    let campaign = campaign.map(|id| id.0);
    let taken: Vec<Uuid> = match &mut tx.inner {
        TxInner::Sqlite(tx) => {
            sqlx::query_scalar(TAKE_OUT_EXACT.sqlite.as_str())
                .bind(sqlx::types::Json(phones))
                .bind(reason)
                .bind(campaign)
                .bind(now.0)
                .fetch_all(&mut **tx)
                .await?
        }
        TxInner::Postgres(tx) => {
            sqlx::query_scalar(TAKE_OUT_EXACT.postgres.as_str())
                .bind(phones)
                .bind(reason)
                .bind(campaign)
                .bind(now.0)
                .fetch_all(&mut **tx)
                .await?
        }
    };
    Ok(taken.into_iter().map(CampaignId).collect())
}

async fn take_out_beginning(
    tx: &mut Tx,
    prefix: &str,
    campaign: Option<CampaignId>,
    reason: &str,
    now: UtcMs,
) -> Result<Vec<CampaignId>> {
    let unsent = Unsent {
        campaign,
        beginning: Some(prefix),
        ..Unsent::default()
    };
    halt(tx, unsent).await?;
    let campaign = campaign.map(|id| id.0);
    let taken: Vec<Uuid> = on_tx!(tx, |c| sqlx::query_scalar(TAKE_OUT_PREFIX.as_str())
        .bind(prefix)
        .bind(reason)
        .bind(campaign)
        .bind(now.0)
        .fetch_all(c)
        .await)?;
    Ok(taken.into_iter().map(CampaignId).collect())
}
