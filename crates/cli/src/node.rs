//! Putting a node together: data, provider, dialler, pages.

mod parts;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use anyhow::Context;
use engine::{
    Clock, Directory, Engine, Inbox, ProviderClock, ProviderWatch, SystemClock, VapiAssistants,
    VapiTelephony, WatchSettings, WatchedTransport, WebhookTarget,
};
use store::{Options, Store};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use vapi::{ApiKey, Client, HttpTransport, Secret, Timeouts, Transport, WebhookAuth};
use web::{AppState, WebSettings};

use self::parts::{Part, run_until_stopped};
use crate::{
    descriptors, logging,
    recordings::ProviderRecordings,
    settings::{Settings, WebhookAuthKind},
};

/// Where the provider's webhooks go below the public address.
const WEBHOOK_PATH: &str = "/api/webhooks/vapi";

/// What a node needs beside its settings.
pub(crate) struct Surroundings {
    /// Its time.
    pub(crate) clock: SystemClock,
    /// Where the sandbox shows its ledger, when that is the provider.
    pub(crate) sandbox_url: Option<String>,
}

/// How long a database is waited for that starts together with us, or has no connection left yet.
const DATABASE_PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);

/// Opens the database and brings its tables up to date. A SQLite file is this process's alone from then on.
pub(crate) async fn open_store(settings: &Settings, durable: bool) -> anyhow::Result<Store> {
    let options = Options {
        durable,
        exclusive: true,
        ..options(settings)
    };
    let store = opened(settings, options).await?;
    store.migrate().await?;
    Ok(store)
}

fn options(settings: &Settings) -> Options {
    Options {
        id_seed: id_seed(),
        // One more listens to wake-ups.
        connections: settings.database_max_connections - 1,
        patience: DATABASE_PATIENCE,
        ..Options::default()
    }
}

async fn opened(settings: &Settings, options: Options) -> anyhow::Result<Store> {
    Ok(Store::open(&settings.database()?, options).await?)
}

/// Opens a database that is there and leaves it as it is. It only reads, so a node may run on it meanwhile.
pub(crate) async fn open_existing_store(settings: &Settings) -> anyhow::Result<Store> {
    let options = Options {
        create: false,
        ..options(settings)
    };
    let store = opened(settings, options).await?;
    store.require_current_tables().await?;
    Ok(store)
}

/// From this on it is worth saying that the database's clock differs, in milliseconds.
const SKEW_WARNED_MS: i64 = 2_000;

/// Compares the machine's clock with the database's, and says so when they differ. Whether this node may dial does not
/// depend on it: that is for the provider's clock to say, which every node compares with its own.
pub(crate) async fn check_clock(store: &Store, clock: &SystemClock) -> anyhow::Result<()> {
    if clock.speed() != 1.0 {
        return Ok(());
    }
    let ahead_ms = store.clock_ahead_ms(clock.now()).await?;
    if ahead_ms.abs() >= SKEW_WARNED_MS {
        tracing::warn!(
            ahead_ms,
            "the database's clock differs from this machine's: set both by NTP"
        );
    }
    Ok(())
}

/// What a node works with: the dialler, and the directory of assistants.
#[derive(Clone)]
pub(crate) struct Works {
    pub(crate) engine: Engine,
    pub(crate) directory: Directory,
}

/// The dialler and the directory of a node.
pub(crate) async fn works(
    settings: &Settings,
    store: Store,
    surroundings: &Surroundings,
) -> anyhow::Result<Works> {
    let clock = surroundings.clock;
    let machine: Arc<dyn Clock> = Arc::new(clock);
    let watch = ProviderWatch::new(watch_settings(clock));
    let transport = WatchedTransport::new(
        HttpTransport::new()?,
        &settings.vapi_base_url,
        machine.clone(),
        watch.clone(),
    );
    let client = provider(settings, Arc::new(transport), clock)?;
    store.set_line_cap(settings.account_lines).await?;
    let webhook = webhook_target(settings);
    let engine_settings = engine::Settings {
        webhooks: webhook.is_some(),
        max_duration_ms: i64::from(settings.max_call_duration_seconds) * 1_000,
        polling: domain::polling::PollPolicy {
            cadence_ms: i64::from(settings.cadence_seconds) * 1_000,
            ..domain::polling::PollPolicy::default()
        },
        dial_grace_ms: dial_grace_ms(clock),
        patience_ms: patience_ms(clock),
    };
    let assistants = VapiAssistants::new(client.clone());
    let telephony = VapiTelephony::new(client, webhook, settings.max_call_duration_seconds);
    let request_ms = clock_ms(clock, MIN_TIMEOUT).max(CHANGE_MS);
    let clock: Arc<dyn Clock> = Arc::new(ProviderClock::new(machine, watch.clone()));
    let directory = Directory::new(store.clone(), Arc::new(assistants), clock.clone(), request_ms);
    directory.seed_templates().await?;
    Ok(Works {
        engine: Engine::new(store, Arc::new(telephony), clock, engine_settings).with_watch(watch),
        directory,
    })
}

/// How long a time of the machine is by the node's clock, in milliseconds.
#[expect(
    clippy::cast_possible_truncation,
    reason = "some seconds, however fast the clock"
)]
fn clock_ms(clock: SystemClock, time: Duration) -> i64 {
    (time.as_secs_f64() * 1_000.0 * clock.speed()) as i64
}

/// How patient the watch over the provider is: people wait by their own clock, however fast the node's runs.
fn watch_settings(clock: SystemClock) -> WatchSettings {
    let usual = WatchSettings::default();
    let paced = |ms: i64| clock_ms(clock, std::time::Duration::from_millis(ms.unsigned_abs()));
    WatchSettings {
        probe_after_ms: paced(usual.probe_after_ms),
        trouble_after_ms: paced(usual.trouble_after_ms),
    }
}

/// A change at the provider takes at most so long by the node's clock, in milliseconds.
const CHANGE_MS: i64 = 15_000;

/// A request that has been under way for twice as long as it may take is under way no more.
fn dial_grace_ms(clock: SystemClock) -> i64 {
    let usual_ms = engine::Settings::default().dial_grace_ms;
    usual_ms.max(2 * clock_ms(clock, MIN_TIMEOUT))
}

/// However fast the clock runs, a step really has this long before it counts as stuck.
const MIN_PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);

fn patience_ms(clock: SystemClock) -> i64 {
    let usual_ms = engine::Settings::default().patience_ms;
    usual_ms.max(clock_ms(clock, MIN_PATIENCE))
}

/// The account at the provider, reached through `transport`.
fn provider(
    settings: &Settings,
    transport: Arc<dyn Transport>,
    clock: SystemClock,
) -> anyhow::Result<Client> {
    let key = settings.vapi_api_key.as_ref().context(
        "VAPI_API_KEY is not set: it is the private key of your Vapi account. Without an account, `autolynx demo` \
         runs a whole campaign on the built-in provider",
    )?;
    let client = Client::new(transport, &settings.vapi_base_url, ApiKey::new(key.reveal()))?;
    Ok(client.with_timeouts(Timeouts {
        // In the clock's time, but never so short that a busy machine could not answer.
        dial: clock.real_duration(45_000).max(MIN_TIMEOUT),
        change: clock.real_duration(CHANGE_MS).max(MIN_TIMEOUT),
        lookup: clock.real_duration(30_000).max(MIN_TIMEOUT),
        probe: Timeouts::default().probe,
    }))
}

/// However fast the clock runs, a request really has this long.
const MIN_TIMEOUT: Duration = Duration::from_millis(1_500);

/// From the word to stop, or from the end of a part, until the process ends. Service managers kill after 30 s, and the
/// last words must be out by then.
const GRACE: Duration = Duration::from_secs(25);

/// Runs dialler, API and pages until told to stop, and stops within [`GRACE`].
///
/// # Errors
/// When a part ended without being told to, or was still at work after the grace.
pub(crate) async fn run(
    settings: &Settings,
    works: Works,
    listener: TcpListener,
    surroundings: &Surroundings,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let auth = webhook_auth(settings);
    if let Some(auth) = &auth {
        auth.check().context("WEBHOOK_SHARED_SECRET")?;
    }
    let transport = HttpTransport::new()?;
    let recordings = ProviderRecordings {
        client: provider(settings, Arc::new(transport.clone()), surroundings.clock)?,
        transport,
    };
    let Works { engine, directory } = works;
    let state = AppState::new(
        engine.clone(),
        directory.clone(),
        Inbox::new(engine.clone(), auth),
        WebSettings {
            default_cap: settings.default_cap,
            default_phone_number_id: settings.vapi_phone_number_id.clone(),
            default_region: settings.default_region,
            default_policy: settings.default_policy.clone(),
            cron_secret: settings
                .cron_secret
                .as_ref()
                .map(|secret| web::Secret::new(secret.reveal())),
            max_upload_bytes: settings.max_file_upload_bytes,
            max_rows: settings.max_campaign_size,
            sandbox_url: surroundings.sandbox_url.clone(),
            public_url_set: settings.public_url.is_some(),
            features: settings.features,
            max_connections: descriptors::connections(settings.max_connections),
            clock_speed: surroundings.clock.speed(),
            allowed_hosts: public_host(settings).into_iter().collect(),
            lost_log_lines: Some(web::LostLines::new(logging::lost_lines)),
            ..WebSettings::default()
        },
    )
    .with_recordings(Arc::new(recordings))
    .with_stop(stop.clone());
    let dialer = Part::new("the dialer (calls being placed)", {
        let (engine, stop) = (engine.clone(), stop.clone());
        async move {
            engine.run(stop).await?;
            Ok(())
        }
    });
    let assistants = Part::new("the assistant directory", {
        let (engine, stop) = (engine.clone(), stop.clone());
        async move {
            directory.run(engine.supervisor(), stop).await;
            Ok(())
        }
    });
    let server = Part::new("the web server (requests)", {
        let stop = stop.clone();
        async move { Ok(web::serve(listener, state, stop).await?) }
    });
    // Webhooks that wait at the door are recorded by a clock that was compared with the provider's.
    engine.probe_provider().await;
    let parts = vec![dialer, assistants, server];
    run_until_stopped(parts, engine.store().close(), stop, GRACE).await
}

fn webhook_auth(settings: &Settings) -> Option<WebhookAuth> {
    let secret = Secret::new(settings.webhook_secret.as_ref()?.reveal().as_bytes());
    Some(match settings.webhook_auth {
        WebhookAuthKind::Secret => WebhookAuth::shared_secret(secret),
        WebhookAuthKind::Bearer => WebhookAuth::bearer(secret),
        WebhookAuthKind::Hmac => WebhookAuth::hmac(secret),
    })
}

/// Where the provider should send webhooks, and the secret that it must bring along. A signature is the provider's own
/// matter: its credential makes it.
fn webhook_target(settings: &Settings) -> Option<WebhookTarget> {
    let url = format!("{}{WEBHOOK_PATH}", settings.public_url.as_ref()?);
    let secret = settings.webhook_secret.as_ref()?.reveal();
    let headers = match settings.webhook_auth {
        WebhookAuthKind::Secret => BTreeMap::from([("X-Vapi-Secret".to_owned(), secret.to_owned())]),
        WebhookAuthKind::Bearer => BTreeMap::from([("Authorization".to_owned(), format!("Bearer {secret}"))]),
        WebhookAuthKind::Hmac => BTreeMap::new(),
    };
    Some(WebhookTarget {
        url,
        headers,
        credential_id: settings.webhook_credential_id.clone(),
    })
}

/// The name under which the world reaches this node: requests that come through a proxy carry it.
pub(crate) fn public_host(settings: &Settings) -> Option<String> {
    let url = reqwest::Url::parse(settings.public_url.as_ref()?).ok()?;
    url.host_str().map(str::to_owned)
}

/// Seeds the ids of this process from the operating system, so that no two processes make the same ones.
fn id_seed() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    // The standard library's hasher is seeded by the operating system; what is hashed does not matter.
    std::collections::hash_map::RandomState::new()
        .build_hasher()
        .finish()
}
