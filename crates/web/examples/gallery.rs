//! Every page with every sample, in a browser: `cargo run -p autolynx-web --example gallery`.
//!
//! A stand-in for the server, for people who work on the looks: it keeps nothing, says every two seconds that something
//! changed, refuses a new campaign whose name contains "refuse", and answers every other action kindly except Pause.
//! It sends the same content security policy as the real server. After `npm run build` in `web/` restart it, no
//! compilation is needed.

use std::{convert::Infallible, net::Ipv4Addr, time::Duration};

use askama::Template;
use autolynx_web::{assets, pages};
use axum::{
    Json, Router,
    extract::{Multipart, Path, Query},
    response::{Html, IntoResponse, Response, Sse, sse::Event},
    routing::{get, post},
};
use http::{HeaderValue, StatusCode, header};
use pages::{
    CallPage, CallPanel, CallsFilter, CallsTable, CampaignList, CampaignLive, CampaignPage, CampaignsPage,
};
use pages::{ErrorPage, ImportResult, Shell};
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
            get(|| async { render(&pick(CampaignList::samples(), 1)) }),
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
        .route("/api/campaigns", post(create))
        .route("/api/campaigns/{id}/{action}", post(act))
        .fallback(|| async { (StatusCode::NOT_FOUND, render(&pick(ErrorPage::samples(), 0))) })
        .layer(axum::middleware::map_response(with_policy))
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

async fn campaigns() -> Response {
    let mut page = pick(CampaignsPage::samples(), 1);
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
         <li><a href=\"/campaigns\">the list, live</a></li>{}{}{}{}</ul></html>",
        links("campaigns", CampaignsPage::samples()),
        links("campaign", CampaignPage::samples()),
        links("call", CallPage::samples()),
        links("error", ErrorPage::samples()),
    ))
}
