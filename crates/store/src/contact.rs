//! One contact with everything that its calls go by.

use std::collections::BTreeMap;

use domain::{
    call::CallStatus,
    contact::ContactState,
    ids::{AccountId, CallId, CampaignId, ContactId},
    outcome::Outcome,
    place::Place,
    time::UtcMs,
};
use sqlx::{Postgres, QueryBuilder, Sqlite, types::Json};
use uuid::Uuid;

use crate::{
    Result,
    db::{Store, TxInner},
    places::{place_of, places},
    rows::{JsonText, stored, to_u32, to_u64},
};

/// A contact with everything that its calls go by.
#[derive(Clone, PartialEq, Debug)]
pub struct ContactDetail {
    /// Its id.
    pub id: ContactId,
    /// Its campaign.
    pub campaign_id: CampaignId,
    /// Who it is.
    pub name: String,
    /// Where they work; may be empty.
    pub business_name: String,
    /// E.164.
    pub phone: String,
    /// The list's other columns.
    pub variables: BTreeMap<String, String>,
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
    /// Where the person is. `None`: it has not been looked up.
    pub place: Option<Place>,
    /// Calls to the number within 24 hours that may have rung, by all campaigns.
    pub within_24_h: u32,
    /// Its calls, latest first.
    pub calls: Vec<DecidedCall>,
}

/// A call to a contact, and on what grounds it was placed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DecidedCall {
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
    /// The decision to place it, as JSON text. `None`: from before such records were kept.
    pub grounds: Option<String>,
}

const ONE: &str = "SELECT o.id, o.campaign_id, o.name, o.business_name, o.phone, o.variables, o.state, o.outcome, \
     o.reason, o.eligible_at_ms, o.attempts, (SELECT COUNT(*) FROM calls k WHERE k.account_id = $2 \
       AND k.phone = o.phone AND k.reserved_at_ms > $3 AND (k.outcome IS NULL OR k.outcome <> 'not_dialled')) \
       AS within_24_h \
     FROM contacts o WHERE o.id = $1";
const CALLS: &str = "SELECT k.id, k.attempt, k.status, k.outcome, k.reserved_at_ms, \
     (SELECT e.payload FROM call_events e WHERE e.call_id = k.id AND e.kind = 'reserved' \
      ORDER BY e.created_at_ms, e.id LIMIT 1) AS grounds \
     FROM calls k WHERE k.contact_id = $1 ORDER BY k.id DESC LIMIT 100";

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    campaign_id: Uuid,
    name: String,
    business_name: String,
    phone: String,
    variables: Json<BTreeMap<String, String>>,
    state: String,
    outcome: Option<String>,
    reason: Option<String>,
    eligible_at_ms: i64,
    attempts: i32,
    within_24_h: i64,
}

#[derive(sqlx::FromRow)]
struct CallRow {
    id: Uuid,
    attempt: i32,
    status: String,
    outcome: Option<String>,
    reserved_at_ms: i64,
    grounds: Option<JsonText>,
}

impl Store {
    /// One contact of a campaign. `None`: the campaign has no such contact.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn contact(
        &self,
        campaign: CampaignId,
        id: ContactId,
        now: UtcMs,
    ) -> Result<Option<ContactDetail>> {
        let mut tx = self.snapshot().await?;
        let row: Option<Row> = on_tx!(tx, |c| sqlx::query_as(ONE)
            .bind(id.0)
            .bind(AccountId::DEFAULT.0)
            .bind(now.0 - domain::time::DAY_MS)
            .fetch_optional(c)
            .await)?;
        let Some(row) = row.filter(|row| row.campaign_id == campaign.0) else {
            return Ok(None);
        };
        let calls: Vec<CallRow> = on_tx!(tx, |c| sqlx::query_as(CALLS).bind(id.0).fetch_all(c).await)?;
        let place = place_of(&mut tx, id).await?;
        Ok(Some(ContactDetail {
            id: ContactId(row.id),
            campaign_id: CampaignId(row.campaign_id),
            name: row.name,
            business_name: row.business_name,
            phone: row.phone,
            variables: row.variables.0,
            state: stored(
                ContactState::from_stored(&row.state),
                "contacts",
                "state",
                row.id,
                &row.state,
            )?,
            outcome: row.outcome.as_deref().and_then(Outcome::from_stored),
            reason: row.reason,
            eligible_at: UtcMs(row.eligible_at_ms),
            attempts: to_u32(row.attempts),
            place,
            within_24_h: u32::try_from(to_u64(row.within_24_h)).unwrap_or(u32::MAX),
            calls: calls
                .into_iter()
                .map(DecidedCall::try_from)
                .collect::<Result<_>>()?,
        }))
    }

    /// Where some contacts of a campaign are: each place once, with those who are there.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn places_of_contacts(
        &self,
        campaign: CampaignId,
        contacts: &[ContactId],
    ) -> Result<Vec<(Place, Vec<ContactId>)>> {
        const SOME: &str = "SELECT id, place FROM contacts WHERE id IN (";
        if contacts.is_empty() {
            return Ok(Vec::new());
        }
        let mut tx = self.snapshot().await?;
        let rows: Vec<(Uuid, i32)> = match &mut tx.inner {
            TxInner::Sqlite(tx) => {
                let mut query = QueryBuilder::<Sqlite>::new(SOME);
                let mut ids = query.separated(", ");
                for contact in contacts {
                    ids.push_bind(contact.0);
                }
                query.push(")").build_query_as().fetch_all(&mut **tx).await?
            }
            TxInner::Postgres(tx) => {
                let mut query = QueryBuilder::<Postgres>::new(SOME);
                let mut ids = query.separated(", ");
                for contact in contacts {
                    ids.push_bind(contact.0);
                }
                query.push(")").build_query_as().fetch_all(&mut **tx).await?
            }
        };
        let places = places(&mut tx, campaign.0).await?;
        let there = |number: i32| {
            let here = rows.iter().filter(move |(_, place)| *place == number);
            here.map(|(id, _)| ContactId(*id)).collect::<Vec<_>>()
        };
        Ok(places
            .into_iter()
            .map(|(number, place)| (place, there(number)))
            .filter(|(_, contacts)| !contacts.is_empty())
            .collect())
    }
}

impl TryFrom<CallRow> for DecidedCall {
    type Error = crate::Error;

    fn try_from(row: CallRow) -> Result<Self> {
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
            outcome: row.outcome.as_deref().and_then(Outcome::from_stored),
            reserved_at: UtcMs(row.reserved_at_ms),
            grounds: row.grounds.map(|json| json.0.get().to_owned()),
        })
    }
}
