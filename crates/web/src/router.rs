//! Every address of the server, and what stands around it.
//!
//! | address | what it is |
//! |---|---|
//! | `GET /`, `/campaigns`, `/campaigns/{id}`, `/campaigns/{id}/contacts/{contact}`, `/calls/{id}`, `/suppressions` | pages |
//! | `GET`, `POST /campaigns/{id}/settings`, `/account` | pages with a form that works without scripts |
//! | `GET /assistants`, `/assistants/new`, `/assistants/{id}`, `…/edit`, `…/versions/{n}`, `/numbers` | pages |
//! | `GET /campaigns/live`, `/campaigns/{id}/live`, `…/calls`, `…/import`, `…/redial`, `…/contacts/{contact}/panel`, `/calls/{id}/panel`, `/suppressions/live`, `/account/live`, `/assistants/live`, `/assistants/{id}/live`, `/numbers/live` | fragments of pages |
//! | `GET /events?campaign`, `?assistant`, `?about` | live updates |
//! | `GET /banner` | what stands over every page: a fragment that needs no database |
//! | `GET /assets/{file}` | the web bundle |
//! | `GET`, `POST /api/campaigns` | list, import |
//! | `GET`, `PATCH /api/campaigns/{id}`, `POST …/start`, `…/schedule`, `…/pause`, `…/abort` and so on, `…/clone` | one campaign |
//! | `GET`, `PATCH /api/campaigns/{id}/policy`, `GET …/policy/versions`, `GET /api/policy-presets` | what it allows |
//! | `GET /api/campaigns/{id}/why`, `…/contacts/{id}/why`, `…/preflight` | why somebody is not, or will not be called |
//! | `GET`, `POST /api/campaigns/{id}/contacts`, `GET …/export.csv`, `…/problems.csv` | its people, its result, its rows left out |
//! | `/api/suppressions` and below, `GET`, `PATCH /api/lines` | whom not to call; the lines of the account |
//! | `GET /api/calls/{id}`, `…/recording`, `POST /api/calls/poll-status` | calls |
//! | `/api/assistants` and below | the Assistant Directory: see `api::assistants` |
//! | `GET /api/phone-numbers`, `/api/health/phone-line` | the numbers to call from |
//! | `POST /api/webhooks/vapi`, `POST /api/scheduler/tick`, `GET /api/health` | for other machines |
//!
//! From the outside in: `around` names a request, gives errors their form and logs one line; answers are compressed;
//! a body must come at some pace (`slow_body`); everything but the addresses for machines must be asked for by a name of
//! ours (`known_host`; health by an address of the machine as well) and, to change something, from our own pages
//! (`same_origin`); nobody waits for a database that is known to be gone (`storage_away`); each group has its limits of time
//! and size.

use std::time::Duration;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::{from_fn, from_fn_with_state},
    routing::{delete, get, post},
};
use http::{Extensions, HeaderMap, StatusCode, Version, header};
use tower_http::compression::{CompressionLayer, Predicate, predicate::SizeAbove};

use crate::{
    api, assets, handlers, live,
    middleware::{
        around, known_host, known_host_or_address, same_origin, slow_body, storage_away, time_limit,
    },
    state::AppState,
};

/// Until an answer begins.
const PATIENCE: Duration = Duration::from_secs(30);
/// An upload over a slow line.
const UPLOAD_PATIENCE: Duration = Duration::from_secs(600);
/// Steps wait for the provider, and exports for the database.
const LONG_PATIENCE: Duration = Duration::from_secs(120);

/// A configuration, in bytes.
const MAX_CONFIG_BYTES: usize = 4 << 20;

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
        .route("/campaigns/{id}/redial", get(handlers::campaign_redial))
        .route(
            "/campaigns/{id}/settings",
            get(handlers::settings).post(handlers::save_settings),
        )
        .route("/campaigns/{id}/contacts/{contact}", get(handlers::contact))
        .route(
            "/campaigns/{id}/contacts/{contact}/panel",
            get(handlers::contact_panel),
        )
        .route("/suppressions", get(handlers::suppressions))
        .route("/suppressions/live", get(handlers::suppressions_live))
        .route("/account", get(handlers::account).post(handlers::save_account))
        .route("/account/live", get(handlers::account_live))
        .route("/assistants", get(handlers::assistants))
        .route("/assistants/live", get(handlers::assistants_live))
        .route("/assistants/new", get(handlers::new_assistant))
        .route("/assistants/{id}", get(handlers::assistant))
        .route("/assistants/{id}/live", get(handlers::assistant_live))
        .route("/assistants/{id}/edit", get(handlers::edit_assistant))
        .route(
            "/assistants/{id}/versions/{version}",
            get(handlers::assistant_version),
        )
        .route("/numbers", get(handlers::numbers))
        .route("/numbers/live", get(handlers::numbers_live))
        .route("/calls/{id}", get(handlers::call))
        .route("/calls/{id}/panel", get(handlers::call_panel));
    // These need no database.
    let beside = Router::new()
        .route("/banner", get(handlers::banner))
        .route("/assets/{file}", get(assets::handler))
        .route("/events", get(live::events));
    let data = Router::new()
        .route(
            "/api/campaigns/{id}",
            get(api::get_campaign::handler).patch(api::edit_campaign::handler),
        )
        .route(
            "/api/campaigns/{id}/start",
            post(api::act_on_campaign::start_handler),
        )
        .route("/api/campaigns/{id}/pause", post(api::act_on_campaign::pause))
        .route("/api/campaigns/{id}/resume", post(api::act_on_campaign::resume))
        .route("/api/campaigns/{id}/cancel", post(api::act_on_campaign::cancel))
        .route("/api/campaigns/{id}/abort", post(api::act_on_campaign::abort))
        .route(
            "/api/campaigns/{id}/schedule",
            post(api::act_on_campaign::schedule),
        )
        .route(
            "/api/campaigns/{id}/unschedule",
            post(api::act_on_campaign::unschedule),
        )
        .route("/api/campaigns/{id}/redial", post(api::act_on_campaign::redial))
        .route("/api/campaigns/{id}/archive", post(api::act_on_campaign::archive))
        .route(
            "/api/campaigns/{id}/unarchive",
            post(api::act_on_campaign::unarchive),
        )
        .route(
            "/api/campaigns/{id}/policy",
            get(api::policy::get).patch(api::policy::patch),
        )
        .route("/api/campaigns/{id}/policy/versions", get(api::policy::versions))
        .route("/api/policy-presets", get(api::policy::presets))
        .route("/api/campaigns/{id}/why", get(api::why::campaign))
        .route(
            "/api/campaigns/{id}/contacts/{contact}/why",
            get(api::why::contact),
        )
        .route(
            "/api/suppressions",
            get(api::suppressions::list).post(api::suppressions::add),
        )
        .route("/api/suppressions/{id}", delete(api::suppressions::remove))
        .route("/api/lines", get(api::lines::get).patch(api::lines::patch))
        .route("/api/calls/{id}", get(api::get_call::handler))
        .route("/api/calls/{id}/recording", get(api::get_recording::handler))
        .route("/api/phone-numbers", get(api::phone_numbers::list))
        .route("/api/health/phone-line", get(api::phone_numbers::line));
    let slow = Router::new()
        .route(
            "/api/campaigns/{id}/export.csv",
            get(api::export_campaign::handler),
        )
        .route(
            "/api/campaigns/{id}/problems.csv",
            get(api::export_problems::handler),
        )
        .route("/api/campaigns/{id}/preflight", get(api::preflight::handler))
        .route("/api/campaigns/{id}/forecast", get(api::forecast::handler))
        .route("/api/calls/poll-status", post(api::poll_status::handler))
        .route("/api/campaigns/{id}/clone", post(api::clone_campaign::handler))
        // A change waits for the provider up to four times. Cut off before, people would be told to try again.
        .merge(assistants())
        .layer(within(LONG_PATIENCE));
    // The list is counted while it streams; the framework's own limit knows nothing of it.
    let campaigns = Router::new()
        .route(
            "/api/campaigns",
            get(api::list_campaigns::handler).post(api::create_campaign::handler),
        )
        .route(
            "/api/campaigns/{id}/contacts",
            get(api::list_contacts::handler).post(api::append_contacts::handler),
        )
        .route("/api/suppressions/import", post(api::suppressions::import))
        .layer(DefaultBodyLimit::disable())
        .layer(within(UPLOAD_PATIENCE));
    let for_people = pages
        .merge(data)
        .layer(within(PATIENCE))
        .merge(slow)
        .merge(campaigns)
        .layer(from_fn_with_state(state.clone(), storage_away))
        .merge(beside.layer(within(PATIENCE)))
        .layer(same_origin())
        .layer(from_fn_with_state(state.clone(), known_host));

    // These prove themselves by a secret, or tell nothing that is secret, and are called by other machines.
    let for_machines = Router::new()
        .route("/api/webhooks/vapi", post(api::vapi_webhook::handler))
        .merge(
            Router::new()
                .route("/api/health", get(api::health::handler))
                .layer(from_fn_with_state(state.clone(), known_host_or_address)),
        )
        .layer(within(PATIENCE))
        .merge(
            Router::new()
                .route("/api/scheduler/tick", post(api::scheduler_tick::handler))
                .layer(within(LONG_PATIENCE)),
        );

    for_people
        .merge(for_machines)
        .layer(from_fn(slow_body))
        .layer(CompressionLayer::new().compress_when(SizeAbove::new(SMALLEST_COMPRESSED).and(is_text)))
        .layer(from_fn_with_state(state.clone(), around))
        .with_state(state)
}

/// The Assistant Directory. Configurations hold whole prompts, so bodies may be larger than elsewhere.
fn assistants() -> Router<AppState> {
    use api::assistants::{changes, compare, create, edit, export, import, read, test_call, versions};
    Router::new()
        .route("/api/assistants", get(read::list).post(create::handler))
        .route("/api/assistants/provider", get(import::held))
        .route("/api/assistants/import", post(import::import))
        .route("/api/assistants/export", get(export::all))
        .route(
            "/api/assistants/{id}",
            get(read::one).patch(edit::patch).delete(edit::delete),
        )
        .route("/api/assistants/{id}/clone", post(create::clone))
        .route("/api/assistants/{id}/export", get(export::one))
        .route("/api/assistants/{id}/test-calls", post(test_call::handler))
        .route("/api/assistants/{id}/check", post(compare::check))
        .route("/api/assistants/{id}/take-theirs", post(compare::take_theirs))
        .route("/api/assistants/{id}/push-ours", post(compare::push_ours))
        .route("/api/assistants/{id}/repeat-change", post(changes::repeat))
        .route("/api/assistants/{id}/dismiss-change", post(changes::dismiss))
        .route("/api/assistants/{id}/versions", get(versions::list))
        .route("/api/assistants/{id}/versions/{version}", get(versions::one))
        .route(
            "/api/assistants/{id}/versions/{version}/restore",
            post(versions::restore),
        )
        .layer(DefaultBodyLimit::max(MAX_CONFIG_BYTES))
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
