//! The result of a campaign, row by row, never all of it in memory.

use std::collections::BTreeMap;

use domain::{ids::CampaignId, money::UsdMicros, time::UtcMs};
use futures::{StreamExt, stream::BoxStream};
use sqlx::types::Json;
use uuid::Uuid;

use crate::{Error, Result, db::Store, rows::to_u32};

/// One contact with its latest call, for the export.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExportRow {
    /// Who it is.
    pub name: String,
    /// Where they work; may be empty.
    pub business_name: String,
    /// E.164.
    pub phone: String,
    /// Where it stands.
    pub state: String,
    /// What came of it.
    pub outcome: Option<String>,
    /// Why it waits or was skipped.
    pub reason: Option<String>,
    /// Calls that the provider really tried.
    pub attempts: u32,
    /// The latest call.
    pub call_id: Option<Uuid>,
    /// The provider's id of it.
    pub provider_call_id: Option<String>,
    /// Its status.
    pub status: Option<String>,
    /// The raw ended reason.
    pub ended_reason: Option<String>,
    /// When it was answered.
    pub started_at: Option<UtcMs>,
    /// When it ended.
    pub ended_at: Option<UtcMs>,
    /// What it cost.
    pub cost: Option<UsdMicros>,
    /// The provider's verdict.
    pub success_evaluation: Option<String>,
    /// The provider's summary.
    pub summary: Option<String>,
    /// Where the recording lies.
    pub recording_url: Option<String>,
    /// What was said.
    pub transcript: Option<String>,
    /// The list's other columns.
    pub variables: BTreeMap<String, String>,
}

pub(crate) const ROWS: &str = "SELECT c.name, c.business_name, c.phone, c.state, c.outcome, c.reason, c.attempts, \
     k.id AS call_id, k.provider_call_id, k.status, k.ended_reason, k.started_at_ms, k.ended_at_ms, \
     k.cost_usd_micros, k.success_evaluation, k.summary, k.recording_url, k.transcript, c.variables \
     FROM contacts c LEFT JOIN calls k ON k.id = c.last_call_id WHERE c.campaign_id = $1 ORDER BY c.position";

#[derive(sqlx::FromRow)]
struct Row {
    name: String,
    business_name: String,
    phone: String,
    state: String,
    outcome: Option<String>,
    reason: Option<String>,
    attempts: i32,
    call_id: Option<Uuid>,
    provider_call_id: Option<String>,
    status: Option<String>,
    ended_reason: Option<String>,
    started_at_ms: Option<i64>,
    ended_at_ms: Option<i64>,
    cost_usd_micros: Option<i64>,
    success_evaluation: Option<String>,
    summary: Option<String>,
    recording_url: Option<String>,
    transcript: Option<String>,
    variables: Json<BTreeMap<String, String>>,
}

impl From<Row> for ExportRow {
    fn from(row: Row) -> Self {
        Self {
            name: row.name,
            business_name: row.business_name,
            phone: row.phone,
            state: row.state,
            outcome: row.outcome,
            reason: row.reason,
            attempts: to_u32(row.attempts),
            call_id: row.call_id,
            provider_call_id: row.provider_call_id,
            status: row.status,
            ended_reason: row.ended_reason,
            started_at: row.started_at_ms.map(UtcMs),
            ended_at: row.ended_at_ms.map(UtcMs),
            cost: row.cost_usd_micros.map(UsdMicros),
            success_evaluation: row.success_evaluation,
            summary: row.summary,
            recording_url: row.recording_url,
            transcript: row.transcript,
            variables: row.variables.0,
        }
    }
}

impl Store {
    /// The contacts of a campaign in the order of the list, as they are read.
    pub fn export(&self, id: CampaignId) -> BoxStream<'_, Result<ExportRow>> {
        on_rows!(self, |pool| sqlx::query_as::<_, Row>(ROWS)
            .bind(id.0)
            .fetch(pool)
            .map(|row| row.map(ExportRow::from).map_err(Error::from))
            .boxed())
    }
}
