//! `POST /api/campaigns`: a list becomes a campaign.
//!
//! `multipart/form-data` with `file` (CSV), `name`, `assistant_id` (ours of a registered one, or the provider's of it),
//! `phone_number_id` (unless a default is set; several with commas between them take turns), `priority` (-100 to 100, 0),
//! `policy` (a preset's name, or JSON over the default), `mode` (`continuous` or `batch`), `batch_size`, `quiet_line_gate`, `cap`
//! (1 to 50), `default_region` (two letters; empty: none is assumed; left
//! out: that of the settings), `start` (`true` begins calling at once) and `allow_repeat` (`true` takes a list that was
//! sent with the same settings a moment ago).

use axum::{
    Json,
    extract::{Multipart, State, multipart::MultipartRejection},
    response::{IntoResponse, Response},
};
use domain::{
    campaign::{CAP_RANGE, Kind, Mode, PRIORITY_RANGE},
    ids::{AssistantId, CampaignId},
    list::ListSettings,
    phone::Region,
    policy::Policy,
};
use engine::ProviderNumber;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use store::{Assistant, CallerNumber, NewCampaign, Repeated, Wake};

use super::{act_on_campaign::start, import_report::ReportJson, shapes::CampaignJson, unfit};
use crate::{
    error::ApiError,
    import::{Content, ImportError, import},
    state::{AppState, WebSettings},
    upload::{ALLOW_REPEAT, FILE, Form, refused},
};

/// Letters of a name at most.
const MAX_NAME_CHARS: usize = 200;
/// Numbers that take turns in one campaign at most.
const MAX_NUMBERS: usize = 100;
const NOTHING_STORED: &str =
    "Nothing was stored; try again in a moment, and check the provider's key if it lasts.";

/// What came of the list.
#[derive(Serialize)]
struct Created {
    campaign: CampaignJson,
    report: ReportJson,
}

/// What a form asks for.
struct Wish {
    name: String,
    assistant_id: String,
    phone_number_ids: Vec<String>,
    priority: i32,
    policy: Policy,
    mode: Mode,
    batch_size: Option<u32>,
    quiet_line_gate: bool,
    cap: u32,
    default_region: Option<Region>,
    start: bool,
}

/// 201 with `{campaign, report}`; 403 when the order is switched off; 409 `looks_like_a_repeat` when the same was sent a moment ago; 413 when the list is too large; 422 when the list or a field is at fault, with the field
/// in `details`; 502 or 503 when the provider cannot be asked for the number.
pub(crate) async fn handler(
    State(state): State<AppState>,
    multipart: Result<Multipart, MultipartRejection>,
) -> Result<Response, ApiError> {
    let multipart = multipart.map_err(|error| {
        let message = "Send the list as multipart/form-data with the fields file, name and assistant_id.";
        ApiError::new(StatusCode::BAD_REQUEST, "invalid_form", message).caused_by(error)
    })?;
    let form = Form::read(multipart, state.settings.max_upload_bytes).await?;
    let wish = Wish::read(&form, &state.settings)?;
    let content = Content {
        hash: form.content_hash(),
        allow_repeat: flag(&form, ALLOW_REPEAT)?,
    };
    let assistant = find_assistant(&state, &wish).await?;
    let numbers = numbers_to_call_from(&state, &wish.phone_number_ids).await?;

    let settings = ListSettings {
        default_region: wish.default_region,
        max_bytes: state.settings.max_upload_bytes,
        max_rows: state.settings.max_rows,
        ..ListSettings::default()
    };
    let now = state.now();
    let store = state.store();
    let campaign = async || {
        Ok(NewCampaign {
            name: wish.name.clone(),
            mode: wish.mode,
            cap: wish.cap,
            batch_size: wish.batch_size,
            quiet_line_gate: wish.quiet_line_gate,
            kind: Kind::List,
            assistant_id: assistant.id,
            numbers: numbers
                .iter()
                .map(|number| CallerNumber {
                    id: number.id.clone(),
                    number: number.number.clone(),
                })
                .collect(),
            priority: wish.priority,
            policy: wish.policy.clone(),
            expires_at: None,
        })
    };
    let imported = import(store, form.list, settings, &content, now, campaign)
        .await
        .map_err(not_imported)?;
    tracing::info!(
        campaign.id = %imported.id,
        rows = imported.report.rows,
        accepted = imported.report.accepted,
        "campaign imported"
    );
    store.wake(Wake::Campaign(imported.id));
    let campaign = show(&state, imported.id, wish.start)
        .await
        .map_err(|error| half_done(imported.id, &error))?;
    let body = Created {
        campaign,
        report: ReportJson::new(&imported.report),
    };
    let mut response = (StatusCode::CREATED, Json(body)).into_response();
    if let Ok(address) = HeaderValue::try_from(format!("/api/campaigns/{}", imported.id)) {
        response.headers_mut().insert(header::LOCATION, address);
    }
    Ok(response)
}

/// The new campaign, started where that was asked for.
async fn show(state: &AppState, id: CampaignId, started: bool) -> Result<CampaignJson, ApiError> {
    if started {
        start(state, id, false).await?;
    }
    let campaign = state.store().campaign(id).await?;
    campaign
        .map(CampaignJson::from)
        .ok_or_else(|| ApiError::not_found("campaign"))
}

/// The list is stored and the rest failed: whoever sent it must not send it again.
fn half_done(id: CampaignId, error: &ApiError) -> ApiError {
    let message = format!(
        "The list is imported, but what should have come after it failed: {} Do not send the list again; go on with \
         this campaign.",
        error.message()
    );
    ApiError::new(error.status(), "imported_only", message)
        .with_details(serde_json::json!({ "campaign_id": id.to_string() }))
        .caused_by(error.cause().unwrap_or_else(|| error.code()))
}

impl Wish {
    fn read(form: &Form, settings: &WebSettings) -> Result<Self, ApiError> {
        let mode = match form.get("mode") {
            None => Mode::Continuous,
            Some(text) => Mode::from_stored(text)
                .ok_or_else(|| ApiError::field("mode", "`mode` is `continuous` or `batch`."))?,
        };
        let cap = number(form, "cap", *CAP_RANGE.start(), *CAP_RANGE.end())?.unwrap_or(settings.default_cap);
        let max_rows = u32::try_from(settings.max_rows).unwrap_or(u32::MAX);
        let batch_size = number(form, "batch_size", 1, max_rows)?;
        let quiet_line_gate = flag(form, "quiet_line_gate")?;
        if mode == Mode::Continuous {
            if batch_size.is_some() {
                return Err(ApiError::field(
                    "batch_size",
                    "`batch_size` needs `mode` to be `batch`.",
                ));
            }
            if quiet_line_gate {
                return Err(ApiError::field(
                    "quiet_line_gate",
                    "`quiet_line_gate` needs `mode` to be `batch`.",
                ));
            }
        }
        settings.features.allow_order((mode, quiet_line_gate), None)?;
        Ok(Self {
            name: name(form)?,
            assistant_id: form
                .get("assistant_id")
                .ok_or_else(|| ApiError::field("assistant_id", "Choose the assistant that talks."))?
                .to_owned(),
            phone_number_ids: number_ids(form),
            priority: priority(form)?,
            policy: policy(form, settings)?,
            batch_size: (mode == Mode::Batch).then(|| batch_size.unwrap_or(cap)),
            mode,
            quiet_line_gate,
            cap,
            default_region: region(form, settings)?,
            start: flag(form, "start")?,
        })
    }
}

/// Where national numbers of a list are read. Left empty on purpose, it means that no country is assumed; left out, the
/// settings decide.
pub(crate) fn region(form: &Form, settings: &WebSettings) -> Result<Option<Region>, ApiError> {
    let wanted = form.get("default_region").map(str::parse).transpose();
    let wanted = wanted
        .map_err(|error: domain::phone::RegionError| ApiError::field("default_region", error.to_string()))?;
    Ok(wanted.or_else(|| settings.default_region.filter(|_| !form.has("default_region"))))
}

/// `phone_number_id`: one, or several with commas between them.
fn number_ids(form: &Form) -> Vec<String> {
    let ids = form.get("phone_number_id").unwrap_or_default().split(',');
    ids.map(|id| id.trim().to_owned())
        .filter(|id| !id.is_empty())
        .collect()
}

fn priority(form: &Form) -> Result<i32, ApiError> {
    match form.get("priority").map(str::parse) {
        None => Ok(0),
        Some(Ok(priority)) if PRIORITY_RANGE.contains(&priority) => Ok(priority),
        Some(_) => Err(ApiError::field(
            "priority",
            format!(
                "`priority` is a number from {} to {}; higher goes first.",
                PRIORITY_RANGE.start(),
                PRIORITY_RANGE.end()
            ),
        )),
    }
}

/// What the campaign allows: the name of a preset, or JSON over the settings' default.
fn policy(form: &Form, settings: &WebSettings) -> Result<Policy, ApiError> {
    let Some(text) = form.get("policy").map(str::trim).filter(|text| !text.is_empty()) else {
        return Ok(settings.default_policy.clone());
    };
    if let Some(policy) = Policy::preset(text) {
        return Ok(policy);
    }
    let patch: serde_json::Value = serde_json::from_str(text).map_err(|_| {
        let presets = "standard, us-strict, us-states or unrestricted";
        ApiError::field(
            "policy",
            format!("`policy` is one of {presets}, or a JSON object."),
        )
    })?;
    settings
        .default_policy
        .patched(&patch)
        .map_err(|faults| policy_faults(&faults))
}

/// What is wrong with a policy, field by field.
pub(crate) fn policy_faults(faults: &[domain::policy::Fault]) -> ApiError {
    let first = faults.first();
    let message = first.map_or_else(
        || "The policy cannot be used.".to_owned(),
        |fault| format!("{}: {}", fault.field, fault.message),
    );
    let all: Vec<serde_json::Value> = faults
        .iter()
        .map(|fault| serde_json::json!({ "field": fault.field, "message": fault.message }))
        .collect();
    ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_field", message)
        .with_details(serde_json::json!({ "field": "policy", "faults": all }))
}

fn name(form: &Form) -> Result<String, ApiError> {
    let text = form
        .get("name")
        .ok_or_else(|| ApiError::field("name", "Give the campaign a name."))?;
    clean_name(text)
}

/// One line without control characters, which neither a page nor a database has a use for.
pub(crate) fn clean_name(text: &str) -> Result<String, ApiError> {
    let words: Vec<String> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    let name = words.join(" ");
    if name.is_empty() || name.chars().count() > MAX_NAME_CHARS {
        return Err(ApiError::field(
            "name",
            format!("A name has 1 to {MAX_NAME_CHARS} letters."),
        ));
    }
    Ok(name)
}

fn number(form: &Form, field: &str, least: u32, most: u32) -> Result<Option<u32>, ApiError> {
    let Some(text) = form.get(field) else {
        return Ok(None);
    };
    match text.parse() {
        Ok(number) if (least..=most).contains(&number) => Ok(Some(number)),
        _ => Err(ApiError::field(
            field,
            format!("`{field}` is a number from {least} to {most}."),
        )),
    }
}

fn flag(form: &Form, field: &str) -> Result<bool, ApiError> {
    match form.get(field) {
        None | Some("false" | "0" | "off") => Ok(false),
        Some("true" | "1" | "on") => Ok(true),
        Some(_) => Err(ApiError::field(field, format!("`{field}` is `true` or `false`."))),
    }
}

/// A registered assistant that can call. The id is ours, or the provider's of one that is registered.
async fn find_assistant(state: &AppState, wish: &Wish) -> Result<Assistant, ApiError> {
    let found = match wish.assistant_id.parse::<AssistantId>() {
        Ok(id) => state.store().assistant(id).await?,
        Err(_) => None,
    };
    let found = match found {
        Some(assistant) => Some(assistant),
        None => state.store().assistant_of_provider(&wish.assistant_id).await?,
    };
    let wrong = |message: &str| ApiError::field("assistant_id", message);
    let assistant = found.filter(|found| found.deleted_at.is_none()).ok_or_else(|| {
        wrong("The directory has no such assistant. Choose one that it has, or import it first.")
    })?;
    if let Some(trouble) = assistant.trouble() {
        let why = unfit::words(trouble).1;
        return Err(wrong(&format!("This assistant cannot call. {why}")));
    }
    if assistant.ephemeral && assistant.campaigns > 0 {
        return Err(wrong(
            "This assistant was made for one campaign, which it has. Choose another, or clone it.",
        ));
    }
    Ok(assistant)
}

/// The numbers to call from, each of which must be able to place calls: these, or that of the settings.
pub(crate) async fn numbers_to_call_from(
    state: &AppState,
    ids: &[String],
) -> Result<Vec<ProviderNumber>, ApiError> {
    if ids.is_empty() {
        return Ok(vec![number_to_call_from(state, None).await?]);
    }
    if ids.len() > MAX_NUMBERS {
        let message = format!("Choose {MAX_NUMBERS} numbers at most; these are {}.", ids.len());
        return Err(ApiError::field("phone_number_id", message));
    }
    let mut numbers: Vec<ProviderNumber> = Vec::with_capacity(ids.len());
    for id in ids {
        if numbers.iter().all(|number| number.id != *id) {
            numbers.push(number_to_call_from(state, Some(id)).await?);
        }
    }
    Ok(numbers)
}

/// The number to call from, which must be able to place calls: this one, or that of the settings.
pub(super) async fn number_to_call_from(
    state: &AppState,
    id: Option<&str>,
) -> Result<ProviderNumber, ApiError> {
    let wrong = |message: &str| ApiError::field("phone_number_id", message);
    let wanted = id
        .filter(|id| !id.is_empty())
        .or(state.settings.default_phone_number_id.as_deref())
        .ok_or_else(|| wrong("Choose the number that calls."))?;
    let numbers = state.numbers.ask().await;
    let numbers = numbers.map_err(|error| ApiError::provider(&error, NOTHING_STORED))?;
    match numbers.into_iter().find(|number| number.id == wanted) {
        None => Err(wrong("The provider has no such number. Choose one that it has.")),
        Some(number) if !number.usable() => Err(wrong(
            "This number cannot place calls just now. Choose another, or put it right at the provider.",
        )),
        Some(number) => Ok(number),
    }
}

/// Whoever pressed twice, or sends again because the first answer was lost, learns which campaign there is.
fn looks_like_a_repeat(repeated: &Repeated) -> ApiError {
    let message = format!(
        "This list was imported a moment ago with the same settings: as the campaign “{}”. Imported again, everybody on it \
         could be called twice, so nothing was stored. Use that campaign, or send the list with allow_repeat=true.",
        repeated.name
    );
    ApiError::new(StatusCode::CONFLICT, "looks_like_a_repeat", message).with_details(serde_json::json!({
        "campaign_id": repeated.campaign_id.to_string(),
        "name": repeated.name,
        "status": repeated.status.as_str(),
        "created_at": repeated.created_at.to_iso(),
    }))
}

fn not_imported(error: ImportError) -> ApiError {
    match error {
        ImportError::List(error) => refused(&error, StatusCode::UNPROCESSABLE_ENTITY),
        ImportError::NobodyToCall(report) => {
            let message = match (report.rows, report.rejected.first()) {
                (0, _) => "The list has no rows. Add people below the names of the columns.".to_owned(),
                (_, Some(row)) => format!(
                    "Not one row of the list can be called, so nothing was stored. The first fault is on line {}: {}.",
                    row.line, row.reason
                ),
                (_, None) => "Not one row of the list can be called, so nothing was stored.".to_owned(),
            };
            ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "nobody_to_call", message)
                .with_details(serde_json::json!({ "field": FILE, "report": ReportJson::new(&report) }))
        }
        ImportError::Repeated(repeated) => looks_like_a_repeat(&repeated),
        ImportError::Store(error) => error.into(),
        ImportError::Io(error) => ApiError::internal(error),
        ImportError::Broken(why) => ApiError::internal(why),
    }
}
