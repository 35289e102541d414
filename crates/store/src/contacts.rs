//! The contacts of a campaign as people see them: each with its latest call.

use std::sync::LazyLock;

use domain::{
    call::{CallStatus, Dialling},
    contact::ContactState,
    ids::{CallId, CampaignId, ContactId},
    money::UsdMicros,
    outcome::Outcome,
    time::UtcMs,
};
use uuid::Uuid;

use crate::{
    Result,
    campaigns::Page,
    clean::clean,
    db::Store,
    rows::{stored, to_u32, to_u64},
};

/// Which contacts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ContactFilter {
    /// Only in this state.
    pub state: Option<ContactState>,
    /// Only with this outcome.
    pub outcome: Option<Outcome>,
    /// Only those whose latest call has this status.
    pub status: Option<CallStatus>,
    /// Only those whose name, business or number contains this, in any case; a number as people write it.
    pub search: Option<String>,
}

/// A contact with its latest call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContactRow {
    /// Its id.
    pub id: ContactId,
    /// Its line in the file.
    pub line: u64,
    /// Who it is.
    pub name: String,
    /// Where they work; may be empty.
    pub business_name: String,
    /// E.164.
    pub phone: String,
    /// Where it stands.
    pub state: ContactState,
    /// What came of it.
    pub outcome: Option<Outcome>,
    /// Why it waits or was skipped.
    pub reason: Option<String>,
    /// Pending: not before this moment. Zero: at once.
    pub eligible_at: UtcMs,
    /// Calls that the provider really tried.
    pub attempts: u32,
    /// The latest call.
    pub call_id: Option<CallId>,
    /// Its status.
    pub status: Option<CallStatus>,
    /// Where its dialling stands.
    pub dialling: Option<Dialling>,
    /// When it was reserved for dialling.
    pub reserved_at: Option<UtcMs>,
    /// When it was answered.
    pub started_at: Option<UtcMs>,
    /// When it ended.
    pub ended_at: Option<UtcMs>,
    /// The raw ended reason.
    pub ended_reason: Option<String>,
    /// What it cost.
    pub cost: Option<UsdMicros>,
}

const COLUMNS: &str = "c.id, c.line, c.name, c.business_name, c.phone, c.state, c.outcome, c.reason, \
     c.eligible_at_ms, c.attempts, k.id AS call_id, k.status, k.dialling, k.reserved_at_ms, k.started_at_ms, \
     k.ended_at_ms, k.ended_reason, k.cost_usd_micros";

const WHERE: &str = "WHERE c.campaign_id = $1 AND ($2 IS NULL OR c.state = $2) AND ($3 IS NULL OR c.outcome = $3) \
     AND ($5 IS NULL OR c.search_text LIKE $5 ESCAPE '\\')";

static LIST: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {COLUMNS} FROM contacts c LEFT JOIN calls k ON k.id = c.last_call_id {WHERE} \
         AND ($4 IS NULL OR k.status = $4) ORDER BY c.last_call_id DESC NULLS LAST, c.position LIMIT $6 OFFSET $7"
    )
});
// Only whoever filters by status pays for a look at the calls: a join took seven times as long.
static COUNT: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT COUNT(*) FROM contacts c {WHERE} \
         AND ($4 IS NULL OR EXISTS (SELECT 1 FROM calls k WHERE k.id = c.last_call_id AND k.status = $4))"
    )
});

/// No name is longer, and SQLite refuses patterns of more than 50,000 bytes.
const SEARCH_LENGTH: usize = 500;

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    line: i64,
    name: String,
    business_name: String,
    phone: String,
    state: String,
    outcome: Option<String>,
    reason: Option<String>,
    eligible_at_ms: i64,
    attempts: i32,
    call_id: Option<Uuid>,
    status: Option<String>,
    dialling: Option<String>,
    reserved_at_ms: Option<i64>,
    started_at_ms: Option<i64>,
    ended_at_ms: Option<i64>,
    ended_reason: Option<String>,
    cost_usd_micros: Option<i64>,
}

impl TryFrom<Row> for ContactRow {
    type Error = crate::Error;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            id: ContactId(row.id),
            line: to_u64(row.line),
            state: stored(
                ContactState::from_stored(&row.state),
                "contacts",
                "state",
                row.id,
                &row.state,
            )?,
            outcome: row.outcome.as_deref().and_then(Outcome::from_stored),
            name: row.name,
            business_name: row.business_name,
            phone: row.phone,
            reason: row.reason,
            eligible_at: UtcMs(row.eligible_at_ms),
            attempts: to_u32(row.attempts),
            call_id: row.call_id.map(CallId),
            status: row.status.as_deref().and_then(CallStatus::from_stored),
            dialling: row.dialling.as_deref().and_then(Dialling::from_stored),
            reserved_at: row.reserved_at_ms.map(UtcMs),
            started_at: row.started_at_ms.map(UtcMs),
            ended_at: row.ended_at_ms.map(UtcMs),
            ended_reason: row.ended_reason,
            cost: row.cost_usd_micros.map(UsdMicros),
        })
    }
}

/// A number as people write it, without what groups its digits and without the zero that is dialled at home only. `None`
/// when nothing is grouped: then it is looked for as it stands.
fn number_as_stored(text: &str) -> Option<String> {
    let groups = |c: char| " -.()/\u{a0}\u{2011}".contains(c);
    let digits = text.replace(groups, "");
    let number = digits.strip_prefix('+').unwrap_or(&digits);
    if digits == text || number.len() < 3 || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(digits.strip_prefix('0').map(str::to_owned).unwrap_or(digits))
}

impl ContactFilter {
    /// The search as a LIKE pattern: what a person types is taken to the letter.
    fn pattern(&self) -> Option<String> {
        let text: String = clean(self.search.as_deref()?)
            .trim()
            .chars()
            .take(SEARCH_LENGTH)
            .collect();
        let text = number_as_stored(&text).unwrap_or_else(|| text.to_lowercase());
        if text.is_empty() {
            return None;
        }
        let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        Some(format!("%{escaped}%"))
    }
}

impl Store {
    /// Contacts that the filter lets through: those called last first, then the waiting ones in their order.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn contacts(
        &self,
        id: CampaignId,
        filter: &ContactFilter,
        page: Page,
    ) -> Result<Vec<ContactRow>> {
        let rows: Vec<Row> = on!(self, |pool| sqlx::query_as(LIST.as_str())
            .bind(id.0)
            .bind(filter.state.map(ContactState::as_str))
            .bind(filter.outcome.map(Outcome::as_str))
            .bind(filter.status.map(CallStatus::as_str))
            .bind(filter.pattern())
            .bind(i64::from(page.limit))
            .bind(i64::from(page.offset))
            .fetch_all(pool)
            .await)?;
        rows.into_iter().map(ContactRow::try_from).collect()
    }

    /// How many contacts the filter lets through.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn count_contacts(&self, id: CampaignId, filter: &ContactFilter) -> Result<u64> {
        let count: i64 = on!(self, |pool| sqlx::query_scalar(COUNT.as_str())
            .bind(id.0)
            .bind(filter.state.map(ContactState::as_str))
            .bind(filter.outcome.map(Outcome::as_str))
            .bind(filter.status.map(CallStatus::as_str))
            .bind(filter.pattern())
            .fetch_one(pool)
            .await)?;
        Ok(to_u64(count))
    }
}
