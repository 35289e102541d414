//! Calls under the facts of one batch: finding them and locking them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use domain::{
    call::{CallState, Fact},
    campaign::CampaignStatus,
    ids::{CallId, CampaignId, ContactId},
    time::UtcMs,
};
use uuid::Uuid;

use crate::{
    Result,
    db::{Tx, TxInner},
    rows::{FOLDED_COLUMNS, FoldedRow, stored, to_u32},
};

const TABLES: &str = "calls JOIN contacts ON contacts.id = calls.contact_id JOIN campaigns ON campaigns.id = calls.campaign_id";

pub(crate) static LOAD_SQLITE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {FOLDED_COLUMNS}, contacts.refusals, campaigns.status AS campaign_status, \
         campaigns.started_at_ms AS campaign_started_at_ms FROM {TABLES} \
         WHERE calls.id IN (SELECT unhex(value) FROM json_each($1)) \
            OR calls.provider_call_id IN (SELECT value FROM json_each($2))"
    )
});

// Locked in the order of their ids, so that two batches never wait for each other. What stands beside the call may be a
// moment old when the lock had to be waited for; whoever acts on it checks again.
pub(crate) static LOAD_POSTGRES: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {FOLDED_COLUMNS}, contacts.refusals, campaigns.status AS campaign_status, \
         campaigns.started_at_ms AS campaign_started_at_ms FROM {TABLES} \
         WHERE calls.id = ANY($1) OR calls.provider_call_id = ANY($2) ORDER BY calls.id FOR NO KEY UPDATE OF calls"
    )
});

#[derive(sqlx::FromRow)]
struct LoadedRow {
    #[sqlx(flatten)]
    folded: FoldedRow,
    refusals: i32,
    campaign_status: String,
    campaign_started_at_ms: Option<i64>,
}

/// A call under the facts of this batch.
pub(crate) struct Call {
    pub id: CallId,
    pub campaign_id: CampaignId,
    pub contact_id: ContactId,
    pub before: CallState,
    pub state: CallState,
    /// The contact's certain refusals in a row, before this batch.
    pub refusals: u32,
    pub campaign_status: CampaignStatus,
    pub campaign_started_at: Option<UtcMs>,
}

/// Loads and locks the calls that the facts may be about, and those known under the ids in `waiting`.
pub(crate) async fn load(
    tx: &mut Tx,
    facts: &[Fact],
    waiting: &BTreeSet<String>,
) -> Result<BTreeMap<CallId, Call>> {
    let ids: BTreeSet<Uuid> = facts
        .iter()
        .filter_map(|fact| fact.call.call_id.map(|id| id.0))
        .collect();
    let named = facts
        .iter()
        .filter_map(|fact| fact.call.provider_call_id.as_deref());
    let provider_ids: BTreeSet<&str> = named.chain(waiting.iter().map(String::as_str)).collect();
    let rows: Vec<LoadedRow> = match &mut tx.inner {
        TxInner::Sqlite(tx) => {
            let ids: Vec<String> = ids.iter().map(|id| id.simple().to_string()).collect();
            sqlx::query_as(LOAD_SQLITE.as_str())
                .bind(sqlx::types::Json(ids))
                .bind(sqlx::types::Json(provider_ids))
                .fetch_all(&mut **tx)
                .await?
        }
        TxInner::Postgres(tx) => {
            let ids: Vec<Uuid> = ids.into_iter().collect();
            let provider_ids: Vec<&str> = provider_ids.into_iter().collect();
            sqlx::query_as(LOAD_POSTGRES.as_str())
                .bind(ids)
                .bind(provider_ids)
                .fetch_all(&mut **tx)
                .await?
        }
    };
    rows.into_iter()
        .map(|row| row.into_call().map(|call| (call.id, call)))
        .collect()
}

impl LoadedRow {
    fn into_call(self) -> Result<Call> {
        let campaign_status = stored(
            CampaignStatus::from_stored(&self.campaign_status),
            "campaigns",
            "status",
            self.folded.campaign_id,
            &self.campaign_status,
        )?;
        let (id, campaign_id, contact_id) = (
            self.folded.call_id(),
            self.folded.campaign_id(),
            self.folded.contact_id(),
        );
        let state = self.folded.into_state()?;
        Ok(Call {
            id,
            campaign_id,
            contact_id,
            before: state.clone(),
            state,
            refusals: to_u32(self.refusals),
            campaign_status,
            campaign_started_at: self.campaign_started_at_ms.map(UtcMs),
        })
    }
}

/// The call that a fact is about. A fact that carries our id but another provider call than the one we know is not ours:
/// somebody placed a second call under the same name, and it must not end the first.
pub(crate) fn find<'a>(calls: &'a mut BTreeMap<CallId, Call>, fact: &Fact) -> Option<&'a mut Call> {
    let named = fact.call.call_id.filter(|id| calls.contains_key(id));
    let id = named.or_else(|| {
        let provider_call_id = fact.call.provider_call_id.as_deref()?;
        calls
            .values()
            .find(|call| call.state.provider_call_id.as_deref() == Some(provider_call_id))
            .map(|call| call.id)
    })?;
    let call = calls.get_mut(&id)?;
    match (&call.state.provider_call_id, &fact.call.provider_call_id) {
        (Some(known), Some(told)) if known != told => None,
        _ => Some(call),
    }
}
