//! Guarantee *one log*: rebuild every call from its events and compare with the row.

use std::{collections::BTreeMap, sync::LazyLock};

use domain::{call::CallState, ids::CampaignId};
use sqlx::types::Json;
use uuid::Uuid;

use crate::{
    Result,
    db::{Store, Tx},
    rows::{FOLDED_COLUMNS, FoldedRow},
};

/// Something that the log and the rows say differently.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// The table and row.
    pub row: String,
    /// What the log says.
    pub replayed: String,
    /// What stands in the row.
    pub live: String,
}

/// What a replay found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ReplayReport {
    /// Calls rebuilt.
    pub calls: u64,
    /// Events read.
    pub events: u64,
    /// What differs. Empty: `replay == live`.
    pub differences: Vec<Difference>,
}

/// Calls compared at a time.
const PAGE: i64 = 500;
/// So many differences are reported at most: more would help nobody.
pub const DIFFERENCES_KEPT: usize = 100;

static CALLS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {FOLDED_COLUMNS} FROM calls WHERE calls.id > $1 AND ($2 IS NULL OR calls.campaign_id = $2) \
         ORDER BY calls.id LIMIT $3"
    )
});

const EVENTS: &str = "SELECT call_id, says FROM call_events WHERE call_id >= $1 AND call_id <= $2 \
     AND ($3 IS NULL OR campaign_id = $3)";

// What contacts must be, given their calls: one that is being called has an open call and nobody else has; whoever is
// done has the outcome of the last call, and nobody else has one; attempts are the calls that were really tried and that the provider did not break; whoever
// was skipped was told why.
const CONTACTS: &str = "SELECT c.id, c.state, c.outcome, c.attempts, c.reason IS NOT NULL, \
     (SELECT COUNT(*) FROM calls k WHERE k.contact_id = c.id AND k.status IN ('QUEUED', 'RINGING', 'IN_PROGRESS')), \
     (SELECT COUNT(*) FROM calls k WHERE k.contact_id = c.id AND k.outcome NOT IN ('not_dialled', 'provider_error')), \
     (SELECT k.outcome FROM calls k WHERE k.id = c.last_call_id) \
     FROM contacts c WHERE c.id > $1 AND ($2 IS NULL OR c.campaign_id = $2) \
     ORDER BY c.id LIMIT $3";

// What a campaign must be, given its contacts and calls.
const CAMPAIGNS: &str = "SELECT c.id, c.status, c.started_at_ms, c.total_contacts, \
     (SELECT COUNT(*) FROM contacts o WHERE o.campaign_id = c.id), \
     (SELECT COUNT(*) FROM contacts o WHERE o.campaign_id = c.id AND o.state IN ('pending', 'calling')), \
     (SELECT MIN(k.accepted_at_ms) FROM calls k WHERE k.campaign_id = c.id) \
     FROM campaigns c WHERE ($1 IS NULL OR c.id = $1)";

impl Store {
    /// Rebuilds calls from the log and compares them, their contacts and their campaigns with the rows: of one campaign,
    /// or of all.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn replay(&self, campaign: Option<CampaignId>) -> Result<ReplayReport> {
        let mut report = ReplayReport::default();
        // One moment of the database, however much happens meanwhile.
        let mut tx = self.snapshot().await?;
        report.replay_calls(&mut tx, campaign).await?;
        report.check_contacts(&mut tx, campaign).await?;
        report.check_campaigns(&mut tx, campaign).await?;
        Ok(report)
    }
}

impl ReplayReport {
    async fn replay_calls(&mut self, tx: &mut Tx, campaign: Option<CampaignId>) -> Result<()> {
        let mut after = Uuid::nil();
        loop {
            let rows: Vec<FoldedRow> = on_tx!(tx, |c| sqlx::query_as(CALLS.as_str())
                .bind(after)
                .bind(campaign.map(|id| id.0))
                .bind(PAGE)
                .fetch_all(c)
                .await)?;
            let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
                return Ok(());
            };
            let (first, last) = (first.id, last.id);
            let events: Vec<(Uuid, Json<CallState>)> = on_tx!(tx, |c| sqlx::query_as(EVENTS)
                .bind(first)
                .bind(last)
                .bind(campaign.map(|id| id.0))
                .fetch_all(c)
                .await)?;
            let mut replayed: BTreeMap<Uuid, CallState> = BTreeMap::new();
            for (call_id, says) in events {
                let state = replayed.entry(call_id).or_default();
                *state = std::mem::take(state).join(says.0);
                self.events += 1;
            }
            for row in rows {
                self.calls += 1;
                let id = row.id;
                let derived = (row.status.clone(), row.outcome.clone());
                let live = row.into_state()?;
                let replayed = replayed.remove(&id).unwrap_or_default();
                let expected = (
                    replayed.status().as_str().to_owned(),
                    replayed.outcome().map(|outcome| outcome.as_str().to_owned()),
                );
                if replayed != live || expected != derived {
                    self.differ(
                        format!("calls {id}"),
                        format!("{expected:?} {replayed:?}"),
                        format!("{derived:?} {live:?}"),
                    );
                }
            }
            after = last;
        }
    }

    async fn check_contacts(&mut self, tx: &mut Tx, campaign: Option<CampaignId>) -> Result<()> {
        type Row = (Uuid, String, Option<String>, i32, bool, i64, i64, Option<String>);
        let mut after = Uuid::nil();
        loop {
            let rows: Vec<Row> = on_tx!(tx, |c| sqlx::query_as(CONTACTS)
                .bind(after)
                .bind(campaign.map(|id| id.0))
                .bind(PAGE)
                .fetch_all(c)
                .await)?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = last.0;
            for (id, state, outcome, attempts, has_reason, open, tried, last_outcome) in rows {
                let calling = state == "calling";
                let right_outcome = match state.as_str() {
                    "done" => outcome.is_some() && outcome == last_outcome,
                    "skipped" => outcome.is_none() && has_reason,
                    _ => outcome.is_none(),
                };
                if i64::from(calling) != open || !right_outcome || i64::from(attempts) != tried {
                    self.differ(
                        format!("contacts {id}"),
                        format!("open calls {open}, tried {tried}, last outcome {last_outcome:?}"),
                        format!("state {state}, attempts {attempts}, outcome {outcome:?}"),
                    );
                }
            }
        }
    }

    async fn check_campaigns(&mut self, tx: &mut Tx, campaign: Option<CampaignId>) -> Result<()> {
        type Row = (Uuid, String, Option<i64>, i32, i64, i64, Option<i64>);
        let rows: Vec<Row> = on_tx!(tx, |c| sqlx::query_as(CAMPAIGNS)
            .bind(campaign.map(|id| id.0))
            .fetch_all(c)
            .await)?;
        for (id, status, started_at, total, contacts, open_contacts, first_accepted) in rows {
            let right_total = i64::from(total) == contacts;
            let truthful_start = started_at == first_accepted;
            let truthful_end = status != "COMPLETED" || open_contacts == 0;
            if !(right_total && truthful_start && truthful_end) {
                self.differ(
                    format!("campaigns {id}"),
                    format!("{contacts} contacts, {open_contacts} open, first accepted {first_accepted:?}"),
                    format!("{status}, total {total}, started {started_at:?}"),
                );
            }
        }
        Ok(())
    }

    fn differ(&mut self, row: String, replayed: String, live: String) {
        if self.differences.len() < DIFFERENCES_KEPT {
            self.differences.push(Difference { row, replayed, live });
        }
    }
}
