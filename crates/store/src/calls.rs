//! One call with everything we know of it.

use std::sync::LazyLock;

use domain::{
    call::{CallState, CallStatus, Source},
    ids::{CallId, CampaignId, ContactId},
    outcome::Outcome,
    time::UtcMs,
};
use uuid::Uuid;

use crate::{
    Result,
    db::Store,
    rows::{FOLDED_COLUMNS, FoldedRow, JsonText, stored, to_u32},
};

/// A call with everything we know of it.
#[derive(Clone, PartialEq, Debug)]
pub struct CallDetail {
    /// Its id.
    pub id: CallId,
    /// Its campaign.
    pub campaign_id: CampaignId,
    /// Its contact.
    pub contact_id: ContactId,
    /// Who was called.
    pub name: String,
    /// Where they work; may be empty.
    pub business_name: String,
    /// E.164.
    pub phone: String,
    /// Which attempt it was, from 1.
    pub attempt: u32,
    /// When it was reserved for dialling.
    pub reserved_at: UtcMs,
    /// The status.
    pub status: CallStatus,
    /// What it meant.
    pub outcome: Option<Outcome>,
    /// All the facts together.
    pub state: CallState,
    /// The log, in the order in which it was written.
    pub events: Vec<EventRow>,
}

/// A line of the log.
#[derive(Clone, PartialEq, Debug)]
pub struct EventRow {
    /// Who said it.
    pub source: Source,
    /// What kind of fact.
    pub kind: String,
    /// The call's status once it was known.
    pub status: CallStatus,
    /// When it happened.
    pub at: UtcMs,
    /// When we recorded it.
    pub recorded_at: UtcMs,
    /// The provider's own words, as JSON text.
    pub payload: Option<String>,
}

static CALL: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {FOLDED_COLUMNS}, contacts.name, contacts.business_name, calls.phone, calls.attempt, \
         calls.reserved_at_ms FROM calls JOIN contacts ON contacts.id = calls.contact_id WHERE calls.id = $1"
    )
});

const EVENTS: &str = "SELECT id, source, kind, status, at_ms, created_at_ms, payload FROM call_events \
     WHERE call_id = $1 ORDER BY created_at_ms, id";

#[derive(sqlx::FromRow)]
struct Row {
    #[sqlx(flatten)]
    folded: FoldedRow,
    name: String,
    business_name: String,
    phone: String,
    attempt: i32,
    reserved_at_ms: i64,
}

#[derive(sqlx::FromRow)]
struct LogRow {
    id: Uuid,
    source: String,
    kind: String,
    status: String,
    at_ms: i64,
    created_at_ms: i64,
    payload: Option<JsonText>,
}

impl Store {
    /// One call with its log.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn call(&self, id: CallId) -> Result<Option<CallDetail>> {
        let row: Option<Row> = on!(self, |pool| sqlx::query_as(CALL.as_str())
            .bind(id.0)
            .fetch_optional(pool)
            .await)?;
        let Some(row) = row else { return Ok(None) };
        let log: Vec<LogRow> = on!(self, |pool| sqlx::query_as(EVENTS)
            .bind(id.0)
            .fetch_all(pool)
            .await)?;
        let events = log.into_iter().map(EventRow::try_from).collect::<Result<_>>()?;
        let (campaign_id, contact_id) = (row.folded.campaign_id(), row.folded.contact_id());
        let state = row.folded.into_state()?;
        Ok(Some(CallDetail {
            id,
            campaign_id,
            contact_id,
            name: row.name,
            business_name: row.business_name,
            phone: row.phone,
            attempt: to_u32(row.attempt),
            reserved_at: UtcMs(row.reserved_at_ms),
            status: state.status(),
            outcome: state.outcome(),
            state,
            events,
        }))
    }
}

impl TryFrom<LogRow> for EventRow {
    type Error = crate::Error;

    fn try_from(row: LogRow) -> Result<Self> {
        Ok(Self {
            source: stored(
                Source::from_stored(&row.source),
                "call_events",
                "source",
                row.id,
                &row.source,
            )?,
            status: stored(
                CallStatus::from_stored(&row.status),
                "call_events",
                "status",
                row.id,
                &row.status,
            )?,
            kind: row.kind,
            at: UtcMs(row.at_ms),
            recorded_at: UtcMs(row.created_at_ms),
            payload: row.payload.map(|json| json.0.get().to_owned()),
        })
    }
}
