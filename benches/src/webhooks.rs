//! Webhooks over real TCP through the real router to the commit, against an endpoint that does nothing and against bare
//! inserts of the same bodies.

use std::sync::Arc;

use anyhow::ensure;
use axum::{Router, http::StatusCode, routing::post, serve::ListenerExt};
use bytes::Bytes;
use domain::{
    call::CallStatus,
    campaign::Action,
    contact::ContactState,
    ids::{CallId, CampaignId},
};
use engine::{Directory, Engine, Inbox, Settings, SystemClock};
use sqlx::{AssertSqlSafe, PgPool, SqlitePool};
use tokio::{net::TcpListener, sync::mpsc::unbounded_channel};
use uuid::Uuid;
use vapi::{Secret, WebhookAuth};
use web::{AppState, WebSettings};

use crate::{
    bodies::{self, Known, MESSAGES_A_CALL, Messages},
    database::{Database, Raw},
    fill::{Fill, fill},
    load::{Answered, post_all},
    report::Measure,
    setup::{self, NOW},
    telephony::{InstantTelephony, NoAssistants},
    timing::{Stopwatch, per_second},
};

/// Connections of the load generator.
pub(crate) const CONNECTIONS: usize = 64;
/// Bodies a commit of the bare inserts: as many as the product commits together at most.
const ROWS_A_COMMIT: usize = 64;
/// Calls that each connection has under way at once: their messages mix, as those of live calls do.
const CALLS_AT_ONCE: usize = 8;

const SECRET: &str = "a-secret-of-the-bench";
const WEBHOOKS: &str = "/api/webhooks/vapi";
const NOOP: &str = "/bench/noop";

/// Measures so many live calls, each with [`MESSAGES_A_CALL`] messages.
pub(crate) async fn measure(database: &Database, calls: usize) -> anyhow::Result<Vec<Measure>> {
    let store = &database.store;
    let campaign = setup::empty_campaign(store, "webhooks").await?;
    let assistant = setup::assistant(store).await?;
    let live = i64::try_from(calls)?;
    fill(
        database,
        campaign,
        assistant,
        Fill {
            contacts: live,
            called: 0,
            live,
            series: 1,
        },
    )
    .await?;
    store.act(campaign, Action::Start, NOW).await?;
    let lanes = lanes(&live_calls(&database.raw).await?);
    let facts = lanes.iter().map(Vec::len).sum();
    ensure!(facts == calls * MESSAGES_A_CALL, "{facts} messages were made");
    let bytes: usize = lanes.iter().flatten().map(Bytes::len).sum();
    let wanted = calls * (3 * bodies::STATUS_BYTES + bodies::REPORT_BYTES);
    ensure!(
        bytes.abs_diff(wanted) < wanted / 20,
        "the messages have {bytes} bytes instead of {wanted}"
    );

    let (address, server) = serve(database).await?;
    let noop = post_all(address, NOOP, SECRET, lanes.clone()).await?;
    let bare = insert_bare(&database.raw, &lanes).await?;
    let webhooks = post_all(address, WEBHOOKS, SECRET, lanes).await?;
    server.abort();
    check(database, campaign, calls).await?;

    let rate = |answered: &Answered| per_second(answered.latencies.len(), answered.taken);
    let (webhooks_rate, noop_rate) = (rate(&webhooks), rate(&noop));
    let bare_rate = per_second(facts, bare);
    Ok(vec![
        Measure::count("facts", "facts committed", facts),
        Measure::per_second(
            "facts_per_s",
            "webhooks, from the request to the commit",
            webhooks_rate,
        ),
        Measure::ms(
            "latency_p50_ms",
            "    answered, median",
            webhooks.latencies.median_ms(),
        ),
        Measure::ms(
            "latency_p99_ms",
            "    answered, 99 of 100 within",
            webhooks.latencies.quantile_ms(0.99),
        ),
        Measure::per_second("noop_per_s", "endpoint that only reads the body", noop_rate),
        Measure::ms("noop_p50_ms", "    answered, median", noop.latencies.median_ms()),
        Measure::per_second(
            "bare_rows_per_s",
            "bare inserts of the same bodies, 64 a commit",
            bare_rate,
        ),
        Measure::ratio(
            "webhooks_to_noop",
            "webhooks : doing nothing",
            webhooks_rate / noop_rate,
        ),
        Measure::ratio(
            "webhooks_to_bare",
            "webhooks : bare inserts",
            webhooks_rate / bare_rate,
        ),
    ])
}

/// What each connection sends. Messages of one call stay in order, and a few calls at a time mix.
fn lanes(calls: &[Known]) -> Vec<Vec<Bytes>> {
    let messages = Messages::of_a_call(NOW.0);
    let lane = |first: usize| {
        let own: Vec<&Known> = calls.iter().skip(first).step_by(CONNECTIONS).collect();
        let mut bodies = Vec::with_capacity(own.len() * MESSAGES_A_CALL);
        for together in own.chunks(CALLS_AT_ONCE) {
            let told: Vec<_> = together
                .iter()
                .map(|call| messages.about(call).map(Bytes::from))
                .collect();
            for message in 0..MESSAGES_A_CALL {
                bodies.extend(told.iter().map(|messages| messages[message].clone()));
            }
        }
        bodies
    };
    (0..CONNECTIONS).map(lane).collect()
}

async fn live_calls(raw: &Raw) -> anyhow::Result<Vec<Known>> {
    let sql = "SELECT id, provider_call_id, phone FROM calls WHERE status = 'QUEUED' ORDER BY id";
    let rows: Vec<(Uuid, String, String)> = match raw {
        Raw::Sqlite(pool) => sqlx::query_as(sql).fetch_all(pool).await?,
        Raw::Postgres(pool) => sqlx::query_as(sql).fetch_all(pool).await?,
    };
    let known = |(id, provider_call_id, phone)| Known {
        id: CallId(id),
        provider_call_id,
        phone,
    };
    Ok(rows.into_iter().map(known).collect())
}

/// The product's own server, with one more address that does nothing.
async fn serve(database: &Database) -> anyhow::Result<(std::net::SocketAddr, tokio::task::JoinHandle<()>)> {
    let (dialled, _) = unbounded_channel();
    let telephony = InstantTelephony {
        dialled,
        watch: Stopwatch::start(),
    };
    let settings = Settings {
        webhooks: true,
        ..Settings::default()
    };
    let clock = Arc::new(SystemClock::real());
    let directory = Directory::new(
        database.store.clone(),
        Arc::new(NoAssistants),
        clock.clone(),
        15_000,
    );
    let engine = Engine::new(database.store.clone(), Arc::new(telephony), clock, settings);
    let auth = WebhookAuth::shared_secret(Secret::new(SECRET));
    let state = AppState::new(
        engine.clone(),
        directory,
        Inbox::new(engine, Some(auth)),
        WebSettings::default(),
    );
    let noop = Router::new().route(NOOP, post(async |_: Bytes| StatusCode::OK));
    let app = web::router(state).merge(noop);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let listener = listener.tap_io(|stream| {
        // A connection that delays its answers would only slow the bench down.
        let _ = stream.set_nodelay(true);
    });
    let server = tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, app).await {
            eprintln!("the server broke down: {error}");
        }
    });
    Ok((address, server))
}

async fn check(database: &Database, campaign: CampaignId, calls: usize) -> anyhow::Result<()> {
    let progress = database.store.progress(campaign).await?;
    let calls = u64::try_from(calls)?;
    let ended = progress
        .calls
        .iter()
        .find(|(status, _)| *status == CallStatus::Ended)
        .map_or(0, |(_, count)| *count);
    let found = (
        progress.facts.webhook,
        ended,
        progress.in_state(ContactState::Done),
    );
    let wanted = (calls * MESSAGES_A_CALL as u64, calls, calls);
    ensure!(
        found == wanted,
        "{found:?} facts, ended calls and contacts done instead of {wanted:?}"
    );
    Ok(())
}

async fn insert_bare(raw: &Raw, lanes: &[Vec<Bytes>]) -> anyhow::Result<std::time::Duration> {
    let longest = lanes.iter().map(Vec::len).max().unwrap_or(0);
    // In the order in which the connections send them.
    let bodies = (0..longest).flat_map(|turn| lanes.iter().filter_map(move |lane| lane.get(turn)));
    let bodies: Vec<&str> = bodies
        .map(|body| std::str::from_utf8(body))
        .collect::<Result<_, _>>()?;
    match raw {
        Raw::Sqlite(pool) => insert_bare_sqlite(pool, &bodies).await,
        Raw::Postgres(pool) => insert_bare_postgres(pool, &bodies).await,
    }
}

async fn insert_bare_sqlite(pool: &SqlitePool, bodies: &[&str]) -> anyhow::Result<std::time::Duration> {
    sqlx::raw_sql("CREATE TABLE bare_bodies (body TEXT)")
        .execute(pool)
        .await?;
    let watch = Stopwatch::start();
    for rows in bodies.chunks(ROWS_A_COMMIT) {
        let places = vec!["(?)"; rows.len()].join(", ");
        let mut insert = sqlx::query(AssertSqlSafe(format!("INSERT INTO bare_bodies VALUES {places}")));
        for body in rows {
            insert = insert.bind(*body);
        }
        insert.execute(pool).await?;
    }
    Ok(watch.elapsed())
}

async fn insert_bare_postgres(pool: &PgPool, bodies: &[&str]) -> anyhow::Result<std::time::Duration> {
    sqlx::raw_sql("CREATE TABLE bare_bodies (body TEXT)")
        .execute(pool)
        .await?;
    let watch = Stopwatch::start();
    for rows in bodies.chunks(ROWS_A_COMMIT) {
        sqlx::query("INSERT INTO bare_bodies SELECT * FROM UNNEST($1::text[])")
            .bind(rows)
            .execute(pool)
            .await?;
    }
    Ok(watch.elapsed())
}
