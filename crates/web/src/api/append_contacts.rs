//! `POST /api/campaigns/{id}/contacts`: more people for a campaign, also while it calls.
//!
//! `multipart/form-data` with `file` (CSV) and `default_region`, as for a new campaign. People are added some thousands at
//! a time, each with one commit; whoever is in the campaign already is left out, so that the same list can be sent again.

use std::ops::ControlFlow;

use axum::{
    Json,
    extract::{Multipart, State, multipart::MultipartRejection},
    response::{IntoResponse, Response},
};
use domain::{
    ids::CampaignId,
    list::{self, ListSettings, ReadError},
};
use http::StatusCode;
use serde::Serialize;
use serde_json::json;
use store::{Appended, NewContact, Wake};
use tokio::sync::mpsc;

use super::{create_campaign::region, import_report::ReportJson};
use crate::{
    error::ApiError,
    extract::{Id, PrefersHtml},
    handlers::html,
    import::{BATCH, contact},
    state::AppState,
    upload::{Form, refused},
    views::campaign_dialogs::appended,
};

/// What came of it.
#[derive(Serialize)]
pub(crate) struct AppendedJson {
    /// How many people are new in the campaign.
    added: u32,
    /// How many the campaign has already.
    known: usize,
    /// Lines of the first of them.
    known_lines: Vec<u64>,
    /// What was read.
    report: ReportJson,
}

/// Lines named in an answer at most.
const LINES_SHOWN: usize = 100;

/// 200, as a fragment of a page for whoever prefers that; 404; 409 `campaign_over`; 413 or 422 when the list is at fault. People before a fault of the database are in.
pub(crate) async fn handler(
    State(state): State<AppState>,
    Id(id): Id<CampaignId>,
    PrefersHtml(page): PrefersHtml,
    multipart: Result<Multipart, MultipartRejection>,
) -> Result<Response, ApiError> {
    let multipart = multipart.map_err(|error| {
        let message = "Send the list as multipart/form-data with the field file.";
        ApiError::new(StatusCode::BAD_REQUEST, "invalid_form", message).caused_by(error)
    })?;
    let form = Form::read(multipart, state.settings.max_upload_bytes).await?;
    let campaign = state.store().campaign(id).await?;
    let campaign = campaign.ok_or_else(|| ApiError::not_found("campaign"))?;
    if campaign.status.is_final() {
        return Err(over(campaign.status.as_str()));
    }
    let settings = ListSettings {
        default_region: region(&form, &state.settings)?,
        max_bytes: state.settings.max_upload_bytes,
        max_rows: state.settings.max_rows,
        ..ListSettings::default()
    };
    let file_name = form.file_name.clone();
    // Read to its end before anybody is added: a file that is no list leaves no trace.
    let (sender, mut batches) = mpsc::channel::<Vec<NewContact>>(1);
    let reading = tokio::task::spawn_blocking(move || {
        let mut people = Vec::new();
        let report = list::read(&form.list, &settings, &mut |row| {
            people.push(contact(row));
            ControlFlow::Continue(())
        })?;
        for batch in people.chunks(BATCH) {
            if sender.blocking_send(batch.to_vec()).is_err() {
                return Err(ReadError::Stopped);
            }
        }
        Ok(report)
    });
    let (mut added, mut known) = (0, Vec::new());
    while let Some(batch) = batches.recv().await {
        match state.store().append(id, &batch, state.now()).await? {
            Appended::Done {
                added: more,
                known: lines,
            } => {
                added += more;
                known.extend(lines);
            }
            Appended::Over(status) => return Err(over(status.as_str())),
            Appended::NotFound => return Err(ApiError::not_found("campaign")),
        }
        state.store().wake(Wake::Dispatch);
        state.store().wake(Wake::Campaign(id));
    }
    let report = match reading.await {
        Ok(Ok(report)) => report,
        Ok(Err(ReadError::List(error))) => return Err(refused(&error, StatusCode::UNPROCESSABLE_ENTITY)),
        Ok(Err(error)) => return Err(ApiError::internal(error)),
        Err(error) => return Err(ApiError::internal(error)),
    };
    tracing::info!(campaign.id = %id, added, known = known.len(), "people were added to a campaign");
    if page {
        return html(&appended(&campaign, &file_name, added, &known, &report));
    }
    Ok(Json(AppendedJson {
        added,
        known: known.len(),
        known_lines: known.into_iter().take(LINES_SHOWN).collect(),
        report: ReportJson::new(&report),
    })
    .into_response())
}

fn over(status: &str) -> ApiError {
    let message = format!(
        "The campaign is {status}: nobody can be added. Clone it, or import the list as a new campaign."
    );
    ApiError::new(StatusCode::CONFLICT, "campaign_over", message).with_details(json!({ "status": status }))
}
