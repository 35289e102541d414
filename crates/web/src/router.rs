//! Every address of the server, and what stands around it.
//!
//! | address | what it is |
//! |---|---|
//! | `GET /`, `/campaigns`, `/campaigns/{id}`, `/calls/{id}` | pages |
//! | `GET /campaigns/live`, `/campaigns/{id}/live`, `…/calls`, `…/import`, `/calls/{id}/panel` | fragments of pages |
//! | `GET /events?campaign` | live updates |
//! | `GET /assets/{file}` | the web bundle |
//! | `GET`, `POST /api/campaigns` | list, import |
//! | `GET /api/campaigns/{id}`, `POST …/start`, `…/pause`, `…/resume`, `…/cancel` | one campaign |
//! | `GET /api/campaigns/{id}/contacts`, `…/export.csv`, `…/problems.csv` | its people, its result, its rows left out |
//! | `GET /api/calls/{id}`, `…/recording`, `POST /api/calls/poll-status` | calls |
//! | `GET /api/assistants`, `/api/phone-numbers` | what the provider offers |
//! | `POST /api/webhooks/vapi`, `POST /api/scheduler/tick`, `GET /api/health` | for other machines |
//!
//! From the outside in: `around` names a request, gives errors their form and logs one line; answers are compressed;
//! everything but the addresses for machines must be asked for by a name of ours (`known_host`) and, to change something,
//! from our own pages (`same_origin`); each group has its limits of time and size.

use std::time::Duration;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::from_fn_with_state,
    routing::{get, post},
};
use http::{Extensions, HeaderMap, StatusCode, Version, header};
use tower_http::compression::{CompressionLayer, Predicate, predicate::SizeAbove};

use crate::{
    api, assets, handlers, live,
    middleware::{around, known_host, same_origin, time_limit},
    state::AppState,
};

/// Until an answer begins.
const PATIENCE: Duration = Duration::from_secs(30);
/// An upload over a slow line.
const UPLOAD_PATIENCE: Duration = Duration::from_secs(600);
/// Steps wait for the provider, and exports for the database.
const LONG_PATIENCE: Duration = Duration::from_secs(120);

/// Smaller answers gain nothing from being compressed, in bytes.
const SMALLEST_COMPRESSED: u64 = 1024;

/// The whole server as a router.
pub fn router(state: AppState) -> Router {
    let within = |limit: Duration| from_fn_with_state(limit, time_limit);
    let pages = Router::new()
        .route("/", get(handlers::home))
        .route("/campaigns", get(handlers::campaigns))
        .route("/campaigns/live", get(handlers::campaigns_live))
        .route("/campaigns/{id}", get(handlers::campaign))
        .route("/campaigns/{id}/live", get(handlers::campaign_live))
        .route("/campaigns/{id}/calls", get(handlers::campaign_calls))
        .route("/campaigns/{id}/import", get(handlers::campaign_import))
        .route("/calls/{id}", get(handlers::call))
        .route("/calls/{id}/panel", get(handlers::call_panel))
        .route("/assets/{file}", get(assets::handler))
        .route("/events", get(live::events));
    let data = Router::new()
        .route("/api/campaigns/{id}", get(api::get_campaign::handler))
        .route("/api/campaigns/{id}/start", post(api::act_on_campaign::start))
        .route("/api/campaigns/{id}/pause", post(api::act_on_campaign::pause))
        .route("/api/campaigns/{id}/resume", post(api::act_on_campaign::resume))
        .route("/api/campaigns/{id}/cancel", post(api::act_on_campaign::cancel))
        .route("/api/campaigns/{id}/contacts", get(api::list_contacts::handler))
        .route("/api/calls/{id}", get(api::get_call::handler))
        .route("/api/calls/{id}/recording", get(api::get_recording::handler))
        .route("/api/assistants", get(api::list_offer::assistants))
        .route("/api/phone-numbers", get(api::list_offer::phone_numbers));
    let slow = Router::new()
        .route(
            "/api/campaigns/{id}/export.csv",
            get(api::export_campaign::handler),
        )
        .route(
            "/api/campaigns/{id}/problems.csv",
            get(api::export_problems::handler),
        )
        .route("/api/calls/poll-status", post(api::poll_status::handler))
        .layer(within(LONG_PATIENCE));
    // The list is counted while it streams; the framework's own limit knows nothing of it.
    let campaigns = Router::new()
        .route(
            "/api/campaigns",
            get(api::list_campaigns::handler).post(api::create_campaign::handler),
        )
        .layer(DefaultBodyLimit::disable())
        .layer(within(UPLOAD_PATIENCE));
    let for_people = pages
        .merge(data)
        .layer(within(PATIENCE))
        .merge(slow)
        .merge(campaigns)
        .layer(same_origin())
        .layer(from_fn_with_state(state.clone(), known_host));

    // These prove themselves by a secret, or tell nothing that is secret, and are called by other machines.
    let for_machines = Router::new()
        .route("/api/webhooks/vapi", post(api::vapi_webhook::handler))
        .layer(DefaultBodyLimit::max(api::vapi_webhook::MAX_BYTES))
        .route("/api/health", get(api::health::handler))
        .layer(within(PATIENCE))
        .merge(
            Router::new()
                .route("/api/scheduler/tick", post(api::scheduler_tick::handler))
                .layer(within(LONG_PATIENCE)),
        );

    for_people
        .merge(for_machines)
        .layer(CompressionLayer::new().compress_when(SizeAbove::new(SMALLEST_COMPRESSED).and(is_text)))
        .layer(from_fn_with_state(state.clone(), around))
        .with_state(state)
}

/// Pages, answers and the bundle. Not events, which must not wait in a compressor, and not files for download, whose length
/// a browser wants to know.
fn is_text(_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions) -> bool {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
    [
        "text/html",
        "application/json",
        "text/css",
        "text/javascript",
        "image/svg+xml",
    ]
    .iter()
    .any(|text| kind.starts_with(text))
}
