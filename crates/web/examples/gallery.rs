//! Every page with every sample, in a browser: `cargo run -p autolynx-web --example gallery`.
//!
//! A stand-in for the server, for people who work on the looks: it keeps nothing, says every two seconds that something
//! changed, refuses a new campaign or assistant whose name contains "refuse", says "edited meanwhile" to one whose name
//! contains "meanwhile", and answers every other action kindly except Pause. It sends the same content security policy as the real server. After `npm run build` in `web/` restart it, no
//! compilation is needed.

use std::{convert::Infallible, net::Ipv4Addr, time::Duration};

use askama::Template;
use autolynx_web::{assets, pages};
use axum::{
    Json, Router,
    extract::{Multipart, Path, Query},
    response::{Html, IntoResponse, Response, Sse, sse::Event},
    routing::{delete, get, patch, post},
};
use http::{HeaderValue, StatusCode, header};
use pages::{
    AccountLive, AccountPage, AppendResult, AssistantFormPage, AssistantList, AssistantLive, AssistantPage,
    AssistantVersionPage, AssistantsFilter, AssistantsPage, CallPage, CallPanel, CallsFilter, CallsTable,
    CampaignList, CampaignLive, CampaignPage, CampaignsPage,
};
use pages::{
    CampaignSettingsPage, CampaignsFilter, ContactPage, ContactPanel, RedialChoices, SuppressionImport,
    SuppressionList, SuppressionsFilter, SuppressionsPage,
};
use pages::{ErrorPage, ImportResult, NumberList, NumbersPage, Shell};
use serde_json::{Value, json};
use tokio::{net::TcpListener, time};
use tokio_stream::{Stream, StreamExt, wrappers::IntervalStream};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let port = std::env::args()
        .nth(1)
        .and_then(|text| text.parse().ok())
        .unwrap_or(4020);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, router()).await
}

fn router() -> Router {
    Router::new()
        .route("/", get(index))
        .route("/sample/{page}/{number}", get(sample))
        .route("/assets/{file}", get(assets::handler))
        .route("/events", get(|| async { Sse::new(changes()) }))
        .route("/campaigns", get(campaigns))
        .route(
            "/campaigns/live",
            get(async |Query(filter): Query<CampaignsFilter>| render(&campaign_list(filter))),
        )
        .route("/campaigns/{id}", get(campaign))
        .route(
            "/campaigns/{id}/live",
            get(async |Path(id): Path<String>| render(&campaign_live(&id))),
        )
        .route(
            "/campaigns/{id}/calls",
            get(async |Query(filter): Query<CallsFilter>| render(&calls(filter))),
        )
        .route(
            "/campaigns/{id}/import",
            get(|| async { render(&pick(ImportResult::samples(), 1)) }),
        )
        .route(
            "/calls/{id}",
            get(async |Path(id): Path<String>| render(&pick(CallPage::samples(), number(&id)))),
        )
        .route(
            "/calls/{id}/panel",
            get(async |Path(id): Path<String>| render(&call_panel(&id))),
        )
        .merge(directory())
        .merge(control())
        .route("/api/campaigns", post(create))
        .route("/api/campaigns/{id}", patch(|| async { Json(json!({})) }))
        .route("/api/campaigns/{id}/{action}", post(act))
        .fallback(|| async { (StatusCode::NOT_FOUND, render(&pick(ErrorPage::samples(), 0))) })
        .layer(axum::middleware::map_response(with_policy))
}

/// Campaigns under control, whom not to call, and the lines.
fn control() -> Router {
    Router::new()
        .route(
            "/campaigns/{id}/settings",
            get(async |Path(id): Path<String>| render(&pick(CampaignSettingsPage::samples(), number(&id))))
                .post(async |Path(id): Path<String>| {
                    let page = pick(CampaignSettingsPage::samples(), 2);
                    (
                        StatusCode::UNPROCESSABLE_ENTITY,
                        render(&CampaignSettingsPage { id, ..page }),
                    )
                }),
        )
        .route(
            "/campaigns/{id}/redial",
            get(|| async { render(&pick(RedialChoices::samples(), 0)) }),
        )
        .route(
            "/campaigns/{id}/contacts/{contact}",
            get(async |Path((_, contact)): Path<(String, String)>| {
                render(&pick(ContactPage::samples(), number(&contact)))
            }),
        )
        .route(
            "/campaigns/{id}/contacts/{contact}/panel",
            get(async |Path((_, contact)): Path<(String, String)>| {
                render(&pick(ContactPanel::samples(), number(&contact)))
            }),
        )
        .route(
            "/api/campaigns/{id}/contacts",
            post(async |_: Multipart| render(&pick(AppendResult::samples(), 1))),
        )
        .route(
            "/suppressions",
            get(|| async { render(&pick(SuppressionsPage::samples(), 0)) }),
        )
        .route(
            "/suppressions/live",
            get(async |Query(filter): Query<SuppressionsFilter>| {
                let list = pick(
                    SuppressionList::samples(),
                    if filter.q.is_empty() { 0 } else { 2 },
                );
                render(&SuppressionList { filter, ..list })
            }),
        )
        .route("/api/suppressions", post(suppress))
        .route(
            "/api/suppressions/import",
            post(async |_: Multipart| render(&pick(SuppressionImport::samples(), 0))),
        )
        .route(
            "/api/suppressions/{id}",
            delete(|| async { StatusCode::NO_CONTENT }),
        )
        .route(
            "/account",
            get(|| async { render(&pick(AccountPage::samples(), 0)) }).post(|| async {
                (
                    StatusCode::UNPROCESSABLE_ENTITY,
                    render(&pick(AccountPage::samples(), 2)),
                )
            }),
        )
        .route(
            "/account/live",
            get(|| async { render(&pick(AccountLive::samples(), 0)) }),
        )
}

async fn suppress(Json(body): Json<Value>) -> Response {
    if body["number"]
        .as_str()
        .is_some_and(|number| number.starts_with('+'))
    {
        return (StatusCode::CREATED, Json(json!({}))).into_response();
    }
    let error = refusal(
        "invalid_field",
        "Begin with + and the country code.",
        Some("number"),
    );
    (StatusCode::UNPROCESSABLE_ENTITY, error).into_response()
}

fn campaign_list(filter: CampaignsFilter) -> CampaignList {
    let list = pick(
        CampaignList::samples(),
        if filter.archived == "only" { 3 } else { 1 },
    );
    CampaignList { filter, ..list }
}

/// Assistants and numbers.
fn directory() -> Router {
    Router::new()
        .route("/assistants", get(assistants))
        .route(
            "/assistants/live",
            get(async |Query(filter): Query<AssistantsFilter>| render(&assistant_list(filter))),
        )
        .route(
            "/assistants/new",
            get(|| async { render(&pick(AssistantFormPage::samples(), 0)) }),
        )
        .route("/assistants/{id}", get(assistant))
        .route(
            "/assistants/{id}/live",
            get(async |Path(id): Path<String>| render(&assistant_live(&id))),
        )
        .route(
            "/assistants/{id}/edit",
            get(|| async { render(&pick(AssistantFormPage::samples(), 1)) }),
        )
        .route(
            "/assistants/{id}/versions/{number}",
            get(async |Path((_, number)): Path<(String, usize)>| {
                render(&pick(AssistantVersionPage::samples(), number))
            }),
        )
        .route(
            "/numbers",
            get(|| async { render(&pick(NumbersPage::samples(), 0)) }),
        )
        .route(
            "/numbers/live",
            get(|| async { render(&pick(NumberList::samples(), 0)) }),
        )
        .route("/api/assistants", post(save_assistant))
        .route("/api/assistants/provider", get(account))
        .route("/api/assistants/import", post(import))
        .route(
            "/api/assistants/{id}",
            patch(save_assistant).delete(|| async { StatusCode::NO_CONTENT }),
        )
        .route("/api/assistants/{id}/{action}", post(|| async { Json(saved()) }))
        .route(
            "/api/assistants/{id}/versions/{number}/restore",
            post(|| async { Json(saved()) }),
        )
}

/// An answer that fits wherever a page is led on to an assistant or a campaign.
fn saved() -> Value {
    json!({
        "id": "019aa000-0000-7000-8000-000000000401",
        "campaign_id": "019aa000-0000-7000-8000-000000000001",
        "name": "Short pitch",
        "version": 8,
        "state": "ready",
    })
}

async fn assistants(Query(filter): Query<AssistantsFilter>) -> Response {
    let mut page = pick(AssistantsPage::samples(), 0);
    page.list = assistant_list(filter);
    render(&page)
}

fn assistant_list(filter: AssistantsFilter) -> AssistantList {
    let mut list = pick(AssistantList::samples(), 0);
    let wanted = filter.q.to_lowercase();
    list.rows.retain(|row| {
        row.name.to_lowercase().contains(&wanted)
            && (filter.source.is_empty() || row.source.key == filter.source)
            && (filter.active.is_empty() || row.active.to_string() == filter.active)
    });
    list.filter = filter;
    list
}

fn assistant_live(id: &str) -> AssistantLive {
    let mut live = pick(AssistantLive::samples(), number(id));
    id.clone_into(&mut live.id);
    live
}

async fn assistant(Path(id): Path<String>) -> Response {
    let mut page = pick(AssistantPage::samples(), number(&id));
    page.live.id = id;
    render(&page)
}

async fn save_assistant(Json(body): Json<Value>) -> Response {
    let name = body["name"].as_str().unwrap_or_default();
    if name.contains("refuse") {
        let faults = json!([
            {"field": "config.model.temperature", "message": "Must be between 0 and 2."},
            {"field": "config.model.messages", "message": "Must not be empty."},
            {"field": "config.server.timeoutSeconds", "message": "Must be between 1 and 300."},
            {"field": "", "message": "Something about this assistant is not to Vapi’s liking."},
        ]);
        let error = json!({"error": {
            "code": "provider_refused",
            "message": "Vapi refuses this configuration.",
            "details": {"field": "config.model.temperature", "faults": faults},
        }});
        return (StatusCode::UNPROCESSABLE_ENTITY, Json(error)).into_response();
    }
    if name.contains("meanwhile") && body["version"] != 8 {
        let error = json!({"error": {
            "code": "edited_meanwhile",
            "message": "Ann saved version 8 while you were editing.",
            "details": {"version": 8, "by": "Ann", "at": "2026-11-20T14:27:00.000Z", "differences": [
                {"path": "model.temperature", "before": 0.4, "after": 0.9},
                {"path": "voicemailMessage", "before": "Hello", "after": "Hello {{name}}, call us back."},
            ]},
        }});
        return (StatusCode::CONFLICT, Json(error)).into_response();
    }
    Json(saved()).into_response()
}

async fn account() -> Json<Value> {
    let item = |id: &str, name: &str, registered: Option<&str>| {
        json!({"provider_assistant_id": id, "name": name, "model": "openai gpt-4o", "voice": "11labs sarah",
            "registered": registered})
    };
    time::sleep(Duration::from_millis(400)).await;
    Json(json!({"items": [
        item("asst-1", "Short pitch", Some("019aa000-0000-7000-8000-000000000401")),
        item("asst-2", "Renewals, in German", None),
        item("asst-3", "Please refuse me", None),
        item("asst-4", "<b>Survey</b> after delivery", None),
    ]}))
}

async fn import(Json(body): Json<Value>) -> Response {
    time::sleep(Duration::from_millis(400)).await;
    if body["providerAssistantId"] == "asst-3" {
        let error = refusal(
            "not_found",
            "Vapi has no assistant with this id.",
            Some("providerAssistantId"),
        );
        return (StatusCode::UNPROCESSABLE_ENTITY, error).into_response();
    }
    (StatusCode::CREATED, Json(saved())).into_response()
}

async fn with_policy(mut response: Response) -> Response {
    let policy = HeaderValue::from_static(assets::CONTENT_SECURITY_POLICY);
    response
        .headers_mut()
        .insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

fn render(page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => Html(text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

/// Samples are few and addresses many: the number wraps.
fn pick<T>(mut samples: Vec<(&'static str, T)>, number: usize) -> T {
    let index = number % samples.len();
    samples.swap_remove(index).1
}

/// The last digits of an id, counted from 0.
fn number(id: &str) -> usize {
    let tail = id.get(id.len().saturating_sub(2)..).unwrap_or_default();
    usize::from_str_radix(tail, 16).unwrap_or(1).saturating_sub(1)
}

async fn campaigns(Query(filter): Query<CampaignsFilter>) -> Response {
    let mut page = pick(CampaignsPage::samples(), 1);
    page.list = campaign_list(filter);
    page.new = pick(pages::NewCampaign::samples(), 0);
    render(&page)
}

fn campaign_live(id: &str) -> CampaignLive {
    let mut live = pick(CampaignLive::samples(), number(id));
    live.id = id.to_owned();
    live
}

fn call_panel(id: &str) -> CallPanel {
    let mut call = pick(CallPanel::samples(), number(id));
    call.id = id.to_owned();
    call
}

fn calls(filter: CallsFilter) -> CallsTable {
    let mut table = pick(CallsTable::samples(), 0);
    let wanted = filter.q.to_lowercase();
    table.rows.retain(|row| {
        (wanted.is_empty() || row.name.to_lowercase().contains(&wanted) || row.phone.contains(&wanted))
            && (filter.state.is_empty() || row.state.key == filter.state)
            && (filter.status.is_empty()
                || row
                    .status
                    .as_ref()
                    .is_some_and(|status| status.key == filter.status))
            && (filter.outcome.is_empty()
                || row
                    .outcome
                    .as_ref()
                    .is_some_and(|outcome| outcome.key == filter.outcome))
    });
    table.pager = pages::Pager::new(
        filter.page(),
        12,
        if filter.is_narrow() {
            table.rows.len() as u64
        } else {
            1_204
        },
    );
    table.filter = filter;
    table
}

async fn campaign(Path(id): Path<String>, Query(filter): Query<CallsFilter>) -> Response {
    let mut page = pick(CampaignPage::samples(), number(&id));
    page.live.id.clone_from(&id);
    page.calls = calls(filter);
    page.calls.campaign_id = id;
    render(&page)
}

fn changes() -> impl Stream<Item = Result<Event, Infallible>> {
    IntervalStream::new(time::interval(Duration::from_secs(2)))
        .map(|_| Ok(Event::default().event("changed").data("1")))
}

async fn create(mut form: Multipart) -> Response {
    let mut name = String::new();
    while let Ok(Some(field)) = form.next_field().await {
        let is_name = field.name() == Some("name");
        let text = field.text().await.unwrap_or_default();
        if is_name {
            name = text;
        }
    }
    if name.contains("refuse") {
        let error = refusal(
            "invalid_list",
            "The file has no column for telephone numbers.",
            Some("file"),
        );
        return (StatusCode::UNPROCESSABLE_ENTITY, error).into_response();
    }
    (
        StatusCode::CREATED,
        Json(json!({"id": "019aa000-0000-7000-8000-000000000002"})),
    )
        .into_response()
}

async fn act(Path((_, action)): Path<(String, String)>) -> Response {
    if action == "pause" {
        let error = refusal(
            "conflict",
            "The campaign completed a moment ago; there is nothing to pause.",
            None,
        );
        return (StatusCode::CONFLICT, error).into_response();
    }
    Json(json!({})).into_response()
}

fn refusal(code: &str, message: &str, field: Option<&str>) -> Json<Value> {
    Json(json!({"error": {"code": code, "message": message, "details": {"field": field}}}))
}

/// Renders one sample of one page.
async fn sample(Path((page, number)): Path<(String, usize)>) -> Response {
    match page.as_str() {
        "campaigns" => render(&pick(CampaignsPage::samples(), number)),
        "campaign" => {
            let mut page = pick(CampaignPage::samples(), number);
            // What the page fetches again must be the same sample.
            page.live.id = format!("sample-{:02x}", number + 1);
            render(&page)
        }
        "assistants" => render(&pick(AssistantsPage::samples(), number)),
        "assistant" => {
            let mut page = pick(AssistantPage::samples(), number);
            page.live.id = format!("sample-{:02x}", number + 1);
            render(&page)
        }
        "assistant-form" => render(&pick(AssistantFormPage::samples(), number)),
        "assistant-version" => render(&pick(AssistantVersionPage::samples(), number)),
        "settings" => render(&pick(CampaignSettingsPage::samples(), number)),
        "contact" => render(&pick(ContactPage::samples(), number)),
        "suppressions" => render(&pick(SuppressionsPage::samples(), number)),
        "account" => render(&pick(AccountPage::samples(), number)),
        "numbers" => render(&pick(NumbersPage::samples(), number)),
        "call" => render(&pick(CallPage::samples(), number)),
        "error" => render(&pick(ErrorPage::samples(), number)),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn index() -> Html<String> {
    fn links<T>(page: &str, samples: Vec<(&'static str, T)>) -> String {
        let link =
            |(number, (name, _))| format!("<li><a href=\"/sample/{page}/{number}\">{page}: {name}</a></li>");
        samples.into_iter().enumerate().map(link).collect()
    }
    let version = Shell::samples().swap_remove(0).1.version;
    Html(format!(
        "<!doctype html><html lang=\"en\"><title>Gallery</title><h1>AutoLynx {version}: gallery</h1><ul>\
         <li><a href=\"/campaigns\">the list, live</a></li>{}{}{}{}{}{}{}{}{}{}{}{}{}</ul></html>",
        links("campaigns", CampaignsPage::samples()),
        links("campaign", CampaignPage::samples()),
        links("call", CallPage::samples()),
        links("assistants", AssistantsPage::samples()),
        links("assistant", AssistantPage::samples()),
        links("assistant-form", AssistantFormPage::samples()),
        links("assistant-version", AssistantVersionPage::samples()),
        links("settings", CampaignSettingsPage::samples()),
        links("contact", ContactPage::samples()),
        links("suppressions", SuppressionsPage::samples()),
        links("account", AccountPage::samples()),
        links("numbers", NumbersPage::samples()),
        links("error", ErrorPage::samples()),
    ))
}
