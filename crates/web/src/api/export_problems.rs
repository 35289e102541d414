//! `GET /api/campaigns/{id}/problems.csv`: the rows of the list that did not become contacts, and why.

use axum::{extract::State, response::Response};
use domain::ids::CampaignId;

use super::import_report::kind_word;
use crate::{error::ApiError, exports, extract::Id, sheet::Sheet, state::AppState};

const COLUMNS: [&str; 6] = ["line", "kind", "column", "value", "reason", "first_line"];

/// 200 with the file, which has no rows when every row of the list was good; 404; 503 when too many export at once.
pub(crate) async fn handler(
    State(state): State<AppState>,
    Id(id): Id<CampaignId>,
) -> Result<Response, ApiError> {
    let store = state.store();
    let campaign = store
        .campaign(id)
        .await?
        .ok_or_else(|| ApiError::not_found("campaign"))?;
    let _turn = exports::turn(&state.exports).await?;
    let mut sheet = Sheet::begin(COLUMNS)?;
    for problem in store.import_problems(id, u32::MAX).await? {
        sheet.row([
            problem.line.to_string(),
            kind_word(problem.kind).to_owned(),
            problem.column.unwrap_or_default(),
            problem.value.unwrap_or_default(),
            problem.reason,
            problem
                .first_line
                .map(|line| line.to_string())
                .unwrap_or_default(),
        ])?;
    }
    sheet.respond(&format!("{} - rows left out.csv", campaign.name))
}
