//! `GET`, `POST /api/suppressions`, `POST …/import`, `DELETE …/{id}`: whom not to call.

use std::ops::ControlFlow;

use axum::{
    Json,
    extract::{Multipart, State, multipart::MultipartRejection},
    response::{IntoResponse, Response},
};
use domain::{
    ids::{CampaignId, SuppressionId},
    suppression::{
        Pattern,
        file::{self, ReadError},
    },
    time::UtcMs,
};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Forbidden, NewSuppression, Suppression, SuppressionFilter, SuppressionSource, Wake};
use uuid::Uuid;

use super::{
    assistants::author,
    create_campaign::region,
    page::{PageQuery, Paged},
};
use crate::{
    body::Body,
    error::ApiError,
    extract::{Id, Params, PrefersHtml},
    handlers::html,
    moments::from_local,
    state::AppState,
    upload::Form,
    views::suppressions::imported,
};

/// An entry.
#[derive(Serialize)]
pub(crate) struct SuppressionJson {
    id: String,
    /// `exact`, or `prefix`: every number that begins so.
    kind: &'static str,
    number: String,
    /// None: everywhere.
    campaign_id: Option<String>,
    campaign_name: Option<String>,
    source: &'static str,
    reason: Option<String>,
    by: String,
    call_id: Option<String>,
    created_at: String,
    expires_at: Option<String>,
}

impl From<Suppression> for SuppressionJson {
    fn from(entry: Suppression) -> Self {
        Self {
            id: entry.id.to_string(),
            kind: entry.pattern.kind(),
            number: entry.pattern.value().to_owned(),
            campaign_id: entry.campaign_id.map(|id| id.to_string()),
            campaign_name: entry.campaign_name,
            source: entry.source.as_str(),
            reason: entry.reason,
            by: entry.author,
            call_id: entry.call_id.map(|id| id.to_string()),
            created_at: entry.created_at.to_iso(),
            expires_at: entry.expires_at.map(UtcMs::to_iso),
        }
    }
}

/// The query. An empty value filters nothing.
#[derive(Deserialize)]
pub(crate) struct Query {
    limit: Option<u32>,
    offset: Option<u32>,
    #[serde(default)]
    q: String,
    campaign_id: Option<Uuid>,
}

/// 200 with `{items, total, limit, offset}`, the newest first. `q`: a number, which finds every entry that means it.
pub(crate) async fn list(
    State(state): State<AppState>,
    Params(query): Params<Query>,
) -> Result<Json<Paged<SuppressionJson>>, ApiError> {
    let page = PageQuery::new(query.limit, query.offset).page()?;
    let filter = SuppressionFilter {
        number: searched(&query.q),
        campaign: query.campaign_id.map(CampaignId),
        source: None,
    };
    let store = state.store();
    let entries = store.suppressions(&filter, page).await?;
    let total = store.count_suppressions(&filter).await?;
    let entries = entries.into_iter().map(SuppressionJson::from).collect();
    Ok(Json(Paged::new(entries, total, page)))
}

/// A number as people write it, for a search: digits alone, with the plus.
pub(crate) fn searched(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    (!digits.is_empty()).then(|| format!("+{digits}"))
}

/// A number to be forbidden.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    /// As people write it; `+1900*` means every number that begins so.
    pub(crate) number: String,
    /// Only in this campaign; left out: everywhere.
    pub(crate) campaign_id: Option<Uuid>,
    pub(crate) reason: Option<String>,
    /// ISO-8601 with a zone; left out: for good.
    pub(crate) expires_at: Option<String>,
    /// Instead: the last day, such as 2027-01-31, to its end everywhere on earth.
    pub(crate) expires_on: Option<String>,
    /// Who, for the list.
    pub(crate) by: Option<String>,
}

/// Characters of a reason at most.
const MAX_REASON_CHARS: usize = 500;

/// What adding entries did.
#[derive(Serialize)]
pub(crate) struct ForbiddenJson {
    /// Entries that are new.
    added: u64,
    /// Entries that were there already.
    known: u64,
    /// People who waited to be called and no longer do.
    contacts: u64,
}

impl From<&Forbidden> for ForbiddenJson {
    fn from(forbidden: &Forbidden) -> Self {
        Self {
            added: forbidden.added,
            known: forbidden.known,
            contacts: forbidden.contacts,
        }
    }
}

/// 201 with what it did; 404 when the campaign does not exist; 422 when a field is at fault.
pub(crate) async fn add(State(state): State<AppState>, Body(wish): Body<Wish>) -> Result<Response, ApiError> {
    let forbidden = forbid(&state, wish).await?;
    Ok((StatusCode::CREATED, Json(ForbiddenJson::from(&forbidden))).into_response())
}

/// Forbids one number, or a beginning of numbers.
pub(crate) async fn forbid(state: &AppState, wish: Wish) -> Result<Forbidden, ApiError> {
    let pattern = Pattern::parse(&wish.number, state.settings.default_region).map_err(|error| {
        ApiError::field(
            "number",
            format!("This is no number that can be forbidden: {error}."),
        )
    })?;
    if wish
        .reason
        .as_ref()
        .is_some_and(|reason| reason.chars().count() > MAX_REASON_CHARS)
    {
        let message = format!("A reason has {MAX_REASON_CHARS} characters at most.");
        return Err(ApiError::field("reason", message));
    }
    let now = state.now();
    let expires_at = expiry(&wish, now)?;
    let campaign = campaign_of(state, wish.campaign_id).await?;
    let entry = NewSuppression {
        pattern,
        reason: wish.reason.filter(|reason| !reason.trim().is_empty()),
        expires_at,
    };
    let author = author(wish.by.as_deref());
    let forbidden = state
        .store()
        .forbid(&[entry], campaign, SuppressionSource::Person, &author, now)
        .await?;
    tracing::info!(contacts = forbidden.contacts, "a number was forbidden");
    // Pages of the list look again.
    state.store().wake(Wake::Dispatch);
    Ok(forbidden)
}

/// When a number may be called again.
fn expiry(wish: &Wish, now: UtcMs) -> Result<Option<UtcMs>, ApiError> {
    let filled = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    match (filled(&wish.expires_at), filled(&wish.expires_on)) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err(ApiError::field(
            "expires_on",
            "Send `expires_at` or `expires_on`, not both.",
        )),
        (Some(text), None) => {
            let at = UtcMs::from_iso(&text).filter(|at| *at > now);
            let message = "`expires_at` is a moment to come, such as 2027-01-31T18:00:00-05:00.";
            at.map(Some).ok_or_else(|| ApiError::field("expires_at", message))
        }
        (None, Some(text)) => {
            // West of everywhere else, a day ends twelve hours after it does in UTC.
            let end = from_local(&format!("{}T23:59:59", text.trim()), "Etc/GMT+12").filter(|at| *at > now);
            let message = "Choose a day to come, such as 2027-01-31.";
            end.map(|at| Some(at + domain::time::SECOND_MS))
                .ok_or_else(|| ApiError::field("expires_on", message))
        }
    }
}

async fn campaign_of(state: &AppState, id: Option<Uuid>) -> Result<Option<CampaignId>, ApiError> {
    let Some(id) = id.map(CampaignId) else {
        return Ok(None);
    };
    match state.store().campaign(id).await? {
        Some(_) => Ok(Some(id)),
        None => Err(ApiError::not_found("campaign")),
    }
}

/// What an uploaded list did.
#[derive(Serialize)]
pub(crate) struct ImportedJson {
    #[serde(flatten)]
    forbidden: ForbiddenJson,
    /// Lines with anything on them.
    lines: u64,
    /// Lines that could not be used.
    bad: u64,
    /// The first of them, with why; and lines that went in with a doubt.
    problems: Vec<serde_json::Value>,
}

/// `multipart/form-data` with `file` and, to forbid them in one campaign only, `campaign_id`; `default_region` as for a
/// list of people, `reason` for lines that give none, and `by`. 200 with what it did, as a fragment of a page for whoever
/// prefers that; 422 when nothing in it can be used.
pub(crate) async fn import(
    State(state): State<AppState>,
    PrefersHtml(page): PrefersHtml,
    multipart: Result<Multipart, MultipartRejection>,
) -> Result<Response, ApiError> {
    let multipart = multipart.map_err(|error| {
        let message = "Send the list as multipart/form-data with the field file.";
        ApiError::new(StatusCode::BAD_REQUEST, "invalid_form", message).caused_by(error)
    })?;
    let form = Form::read(multipart, state.settings.max_upload_bytes).await?;
    let region = region(&form, &state.settings)?;
    let (file_name, author) = (form.file_name.clone(), author(form.get("by")));
    let reason = form.get("reason").map(str::to_owned);
    let campaign = match form.get("campaign_id").map(str::parse::<Uuid>) {
        None => None,
        Some(Ok(id)) => campaign_of(&state, Some(id)).await?,
        Some(Err(_)) => return Err(ApiError::field("campaign_id", "`campaign_id` is no id.")),
    };
    let settings = file::Settings {
        default_region: region,
        max_bytes: state.settings.max_upload_bytes,
    };
    let read = tokio::task::spawn_blocking(move || {
        let mut entries = Vec::new();
        let report = file::read(&form.list, &settings, &mut |entry| {
            entries.push(NewSuppression {
                pattern: entry.pattern,
                reason: entry.reason.or_else(|| reason.clone()),
                expires_at: entry.expires_at,
            });
            ControlFlow::Continue(())
        })?;
        Ok((entries, report))
    });
    let (entries, report) = read
        .await
        .map_err(ApiError::internal)?
        .map_err(|error| match error {
            ReadError::File(error) => ApiError::field("file", format!("{error}.")),
            error @ (ReadError::Io(_) | ReadError::Stopped) => ApiError::internal(error),
        })?;
    if entries.is_empty() {
        let message = report.faults.first().map_or_else(
            || "The list is empty.".to_owned(),
            |fault| {
                format!(
                    "No line of the list can be used. Line {}: {}.",
                    fault.line, fault.reason
                )
            },
        );
        return Err(ApiError::field("file", message));
    }
    let forbidden = state
        .store()
        .forbid(&entries, campaign, SuppressionSource::List, &author, state.now())
        .await?;
    tracing::info!(
        added = forbidden.added,
        contacts = forbidden.contacts,
        "a list of numbers was forbidden"
    );
    state.store().wake(Wake::Dispatch);
    if page {
        return html(&imported(&file_name, &report, &forbidden));
    }
    Ok(Json(ImportedJson {
        forbidden: ForbiddenJson::from(&forbidden),
        lines: report.rows,
        bad: report.refused,
        problems: report
            .faults
            .iter()
            .map(|fault| json!({ "line": fault.line, "value": fault.value, "reason": fault.reason, "entered": fault.entered }))
            .collect(),
    })
    .into_response())
}

/// 200 with the entry that was taken off the list; 404.
pub(crate) async fn remove(
    State(state): State<AppState>,
    Id(id): Id<SuppressionId>,
) -> Result<Json<SuppressionJson>, ApiError> {
    let removed = state.store().allow_again(id).await?;
    let removed = removed.ok_or_else(|| ApiError::not_found("entry"))?;
    state.store().wake(Wake::Dispatch);
    Ok(Json(removed.into()))
}
