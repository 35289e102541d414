//! One call with everything we know of it.

use std::{collections::BTreeMap, sync::LazyLock};

use domain::{
    call::{CallState, CallStatus, Source},
    ids::{AssistantId, CallId, CampaignId, ContactId},
    outcome::Outcome,
    time::UtcMs,
};
use sqlx::types::Json;
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
    /// The list's other columns, as the assistant was told them.
    pub variables: BTreeMap<String, String>,
    /// Which attempt it was, from 1.
    pub attempt: u32,
    /// Who spoke.
    pub assistant_id: AssistantId,
    /// What people call the assistant.
    pub assistant_name: String,
    /// Which version of it was in force when the call was reserved.
    pub assistant_version: Option<u32>,
    /// A later version that was on its way to the provider just then: it may have spoken instead.
    pub assistant_version_also: Option<u32>,
    /// Every attempt at this person in this campaign, oldest first: this call, and all others that were dialled.
    pub attempts: Vec<AttemptRow>,
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

/// One attempt at a person.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AttemptRow {
    /// The call.
    pub id: CallId,
    /// Which attempt it was, from 1.
    pub attempt: u32,
    /// Its status.
    pub status: CallStatus,
    /// What it meant, once it has ended.
    pub outcome: Option<Outcome>,
    /// When it was reserved for dialling.
    pub reserved_at: UtcMs,
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
        "SELECT {FOLDED_COLUMNS}, contacts.name, contacts.business_name, contacts.variables, calls.phone, \
         calls.attempt, calls.reserved_at_ms, calls.assistant_id, assistants.name AS assistant_name, \
         calls.assistant_version, (SELECT MAX(v.version) FROM assistant_versions v \
           WHERE v.assistant_id = calls.assistant_id AND v.version > calls.assistant_version \
           AND v.sent_at_ms <= COALESCE(calls.accepted_at_ms, calls.sent_at_ms)) AS assistant_version_also \
         FROM calls JOIN contacts ON contacts.id = calls.contact_id JOIN assistants ON assistants.id = calls.assistant_id \
         WHERE calls.id = $1"
    )
});

const EVENTS: &str = "SELECT id, source, kind, status, at_ms, created_at_ms, payload FROM call_events \
     WHERE call_id = $1 ORDER BY created_at_ms, id";

const ATTEMPTS: &str = "SELECT id, attempt, status, outcome, reserved_at_ms FROM calls \
     WHERE contact_id = $1 AND (id = $2 OR outcome IS NULL OR outcome <> 'not_dialled') ORDER BY id";

#[derive(sqlx::FromRow)]
struct TriedRow {
    id: Uuid,
    attempt: i32,
    status: String,
    outcome: Option<String>,
    reserved_at_ms: i64,
}

#[derive(sqlx::FromRow)]
struct Row {
    #[sqlx(flatten)]
    folded: FoldedRow,
    name: String,
    business_name: String,
    variables: Json<BTreeMap<String, String>>,
    phone: String,
    attempt: i32,
    reserved_at_ms: i64,
    assistant_id: Uuid,
    assistant_name: String,
    assistant_version: Option<i32>,
    assistant_version_also: Option<i32>,
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
    /// The provider's id of a call. `None`: there is no such call; `Some(None)`: the provider has not told its id.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn provider_call_id(&self, id: CallId) -> Result<Option<Option<String>>> {
        let found: Option<Option<String>> = on!(self, |pool| sqlx::query_scalar(
            "SELECT provider_call_id FROM calls WHERE id = $1"
        )
        .bind(id.0)
        .fetch_optional(pool)
        .await)?;
        Ok(found)
    }

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
        let tried: Vec<TriedRow> = on!(self, |pool| sqlx::query_as(ATTEMPTS)
            .bind(contact_id.0)
            .bind(id.0)
            .fetch_all(pool)
            .await)?;
        let attempts = tried
            .into_iter()
            .map(AttemptRow::try_from)
            .collect::<Result<_>>()?;
        let state = row.folded.into_state()?;
        Ok(Some(CallDetail {
            id,
            campaign_id,
            contact_id,
            name: row.name,
            business_name: row.business_name,
            phone: row.phone,
            variables: row.variables.0,
            attempt: to_u32(row.attempt),
            assistant_id: AssistantId(row.assistant_id),
            assistant_name: row.assistant_name,
            assistant_version: row.assistant_version.map(to_u32),
            assistant_version_also: row.assistant_version_also.map(to_u32),
            attempts,
            reserved_at: UtcMs(row.reserved_at_ms),
            status: state.status(),
            outcome: state.outcome(),
            state,
            events,
        }))
    }
}

impl TryFrom<TriedRow> for AttemptRow {
    type Error = crate::Error;

    fn try_from(row: TriedRow) -> Result<Self> {
        let outcome = row.outcome.as_deref().map(|text| {
            let known = Outcome::from_stored(text);
            stored(known, "calls", "outcome", row.id, text)
        });
        Ok(Self {
            id: CallId(row.id),
            attempt: to_u32(row.attempt),
            status: stored(
                CallStatus::from_stored(&row.status),
                "calls",
                "status",
                row.id,
                &row.status,
            )?,
            outcome: outcome.transpose()?,
            reserved_at: UtcMs(row.reserved_at_ms),
        })
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
