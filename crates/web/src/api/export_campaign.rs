//! `GET /api/campaigns/{id}/export.csv`: every contact with its latest call, in the order of the list.
//!
//! First the columns that every export has, then the list's own. A column of the list that has the name of one of ours
//! is called `list_…`. What is done to cells stands in [`crate::sheet`].

use std::collections::BTreeSet;

use axum::{extract::State, response::Response};
use domain::{ids::CampaignId, time::UtcMs};
use futures::TryStreamExt;
use store::ExportRow;

use crate::{
    error::ApiError,
    exports::{self, ROWS_A_TURN},
    extract::Id,
    features::Features,
    sheet::Sheet,
    state::AppState,
};

const COLUMNS: [&str; 19] = [
    "name",
    "business_name",
    "phone",
    "state",
    "outcome",
    "reason",
    "attempts",
    "status",
    "ended_reason",
    "started_at",
    "ended_at",
    "duration_seconds",
    "cost_usd",
    "success_evaluation",
    "summary",
    "recording_url",
    "transcript",
    "call_id",
    "provider_call_id",
];

/// 200 with the file; 403 when exporting is switched off; 404; 503 when too many export at once.
pub(crate) async fn handler(
    State(state): State<AppState>,
    Id(id): Id<CampaignId>,
) -> Result<Response, ApiError> {
    let features = state.settings.features;
    features.allow_export()?;
    let store = state.store();
    let campaign = store
        .campaign(id)
        .await?
        .ok_or_else(|| ApiError::not_found("campaign"))?;
    let _turn = exports::turn(&state.exports).await?;
    let mut own: BTreeSet<String> = BTreeSet::new();
    let mut read = 0;
    let mut rows = store.export(id);
    while let Some(row) = rows.try_next().await? {
        for name in row.variables.into_keys() {
            own.insert(name);
        }
        breath(&mut read).await;
    }
    let headers = COLUMNS
        .iter()
        .filter(|name| is_shown(features, name))
        .map(|name| (*name).to_owned())
        .chain(own.iter().map(|name| heading(name)));
    let mut sheet = Sheet::begin(headers)?;
    let mut rows = store.export(id);
    while let Some(row) = rows.try_next().await? {
        let others = own
            .iter()
            .map(|name| row.variables.get(name).cloned().unwrap_or_default());
        let ours = COLUMNS.iter().zip(cells(&row));
        let ours = ours.filter(|(name, _)| is_shown(features, name));
        sheet.row(ours.map(|(_, cell)| cell).chain(others))?;
        breath(&mut read).await;
    }
    sheet.respond(&format!("{}.csv", campaign.name))
}

/// Lets others go on after some rows: a database that is quick would keep this task from ever waiting.
async fn breath(rows: &mut usize) {
    *rows += 1;
    if rows.is_multiple_of(ROWS_A_TURN) {
        tokio::task::yield_now().await;
    }
}

/// Whether a column of ours is switched on. Its name stays ours otherwise too, so that the list's own are called the same in
/// every file.
fn is_shown(features: Features, column: &str) -> bool {
    match column {
        "cost_usd" => features.cost_tracking,
        "success_evaluation" | "summary" | "transcript" => features.transcript_analysis,
        _ => true,
    }
}

/// What a column of the list is called.
fn heading(name: &str) -> String {
    if COLUMNS.iter().any(|ours| ours.eq_ignore_ascii_case(name)) {
        format!("list_{name}")
    } else {
        name.to_owned()
    }
}

fn cells(row: &ExportRow) -> [String; COLUMNS.len()] {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let moment = |value: Option<UtcMs>| value.map(UtcMs::to_iso).unwrap_or_default();
    let duration_ms = row
        .ended_at
        .zip(row.started_at)
        .map(|(ended, started)| ended.since(started));
    [
        row.name.clone(),
        row.business_name.clone(),
        row.phone.clone(),
        row.state.clone(),
        text(&row.outcome),
        text(&row.reason),
        row.attempts.to_string(),
        text(&row.status),
        text(&row.ended_reason),
        moment(row.started_at),
        moment(row.ended_at),
        duration_ms.map(|ms| (ms / 1_000).to_string()).unwrap_or_default(),
        row.cost.map(|cost| cost.to_string()).unwrap_or_default(),
        text(&row.success_evaluation),
        text(&row.summary),
        text(&row.recording_url),
        text(&row.transcript),
        row.call_id.map(|id| id.to_string()).unwrap_or_default(),
        text(&row.provider_call_id),
    ]
}
