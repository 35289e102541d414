//! Putting a node together: data, provider, dialler, pages.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::Context;
use engine::{Clock, Directory, Engine, Inbox, SystemClock, VapiAssistants, VapiTelephony, WebhookTarget};
use store::{Options, Store};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use vapi::{ApiKey, Client, HttpTransport, Secret, Timeouts, WebhookAuth};
use web::{AppState, WebSettings};

use crate::{
    descriptors,
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

/// Opens the database and brings its tables up to date.
pub(crate) async fn open_store(settings: &Settings, durable: bool) -> anyhow::Result<Store> {
    let options = Options {
        id_seed: id_seed(),
        durable,
        ..Options::default()
    };
    let store = Store::open(&settings.database()?, options).await?;
    store.migrate().await?;
    Ok(store)
}

/// Opens a database that is there and leaves it as it is.
pub(crate) async fn open_existing_store(settings: &Settings) -> anyhow::Result<Store> {
    let options = Options {
        id_seed: id_seed(),
        create: false,
        ..Options::default()
    };
    let store = Store::open(&settings.database()?, options).await?;
    store.require_current_tables().await?;
    Ok(store)
}

/// Nodes that share a database decide by their clocks whose turn it is and how long a doubt lasts.
const SKEW_WARNED_MS: i64 = 2_000;
const SKEW_REFUSED_MS: i64 = 30_000;

/// Compares the machine's clock with the database's, which all nodes share.
///
/// # Errors
/// When they differ too much to dial safely.
pub(crate) async fn check_clock(store: &Store, clock: &SystemClock) -> anyhow::Result<()> {
    if clock.speed() != 1.0 {
        return Ok(());
    }
    let ahead_ms = store.clock_ahead_ms(clock.now()).await?;
    anyhow::ensure!(
        ahead_ms.abs() < SKEW_REFUSED_MS,
        "this machine's clock and the database's differ by {} s: set both by NTP, since nodes decide by their clocks \
         when a call may be dialled again",
        ahead_ms.abs() / 1_000
    );
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
    let client = provider(settings, HttpTransport::new()?, clock)?;
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
    };
    let assistants = VapiAssistants::new(client.clone());
    let telephony = VapiTelephony::new(client, webhook, settings.max_call_duration_seconds);
    let request_ms = clock_ms(clock, MIN_TIMEOUT).max(CHANGE_MS);
    let clock: Arc<dyn Clock> = Arc::new(clock);
    let directory = Directory::new(store.clone(), Arc::new(assistants), clock.clone(), request_ms);
    directory.seed_templates().await?;
    Ok(Works {
        engine: Engine::new(store, Arc::new(telephony), clock, engine_settings),
        directory,
    })
}

/// How long a time of the machine is by the node's clock, in milliseconds.
#[expect(
    clippy::cast_possible_truncation,
    reason = "some seconds, however fast the clock"
)]
fn clock_ms(clock: SystemClock, time: std::time::Duration) -> i64 {
    (time.as_secs_f64() * 1_000.0 * clock.speed()) as i64
}

/// A change at the provider takes at most so long by the node's clock, in milliseconds.
const CHANGE_MS: i64 = 15_000;

/// A request that has been under way for twice as long as it may take is under way no more.
fn dial_grace_ms(clock: SystemClock) -> i64 {
    let usual_ms = engine::Settings::default().dial_grace_ms;
    usual_ms.max(2 * clock_ms(clock, MIN_TIMEOUT))
}

/// The account at the provider, reached through `transport`.
fn provider(settings: &Settings, transport: HttpTransport, clock: SystemClock) -> anyhow::Result<Client> {
    let key = settings.vapi_api_key.clone().context(
        "VAPI_API_KEY is not set: it is the private key of your Vapi account. Without an account, `autolynx demo` \
         runs a whole campaign on the built-in provider",
    )?;
    let client = Client::new(Arc::new(transport), &settings.vapi_base_url, ApiKey::new(key))?;
    Ok(client.with_timeouts(Timeouts {
        // In the clock's time, but never so short that a busy machine could not answer.
        dial: clock.real_duration(45_000).max(MIN_TIMEOUT),
        change: clock.real_duration(CHANGE_MS).max(MIN_TIMEOUT),
        lookup: clock.real_duration(30_000).max(MIN_TIMEOUT),
    }))
}

/// However fast the clock runs, a request really has this long.
const MIN_TIMEOUT: std::time::Duration = std::time::Duration::from_millis(1_500);

/// Runs dialler, API and pages until told to stop.
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
        client: provider(settings, transport.clone(), surroundings.clock)?,
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
            cron_secret: settings.cron_secret.clone().map(web::Secret::new),
            max_upload_bytes: settings.max_file_upload_bytes,
            max_rows: settings.max_campaign_size,
            sandbox_url: surroundings.sandbox_url.clone(),
            public_url_set: settings.public_url.is_some(),
            features: settings.features,
            max_connections: descriptors::connections(settings.max_connections),
            clock_speed: surroundings.clock.speed(),
            allowed_hosts: public_host(settings).into_iter().collect(),
            ..WebSettings::default()
        },
    )
    .with_recordings(Arc::new(recordings))
    .with_stop(stop.clone());
    let dialling = tokio::spawn({
        let (engine, stop) = (engine.clone(), stop.clone());
        async move { tokio::join!(engine.run(stop.clone()), directory.run(stop)) }
    });
    let served = web::serve(listener, state, stop.clone()).await;
    stop.cancel();
    dialling
        .await
        .context("the dialler stopped in an unexpected way")?;
    engine.store().close().await;
    served.context("the server stopped in an unexpected way")
}

fn webhook_auth(settings: &Settings) -> Option<WebhookAuth> {
    let secret = Secret::new(settings.webhook_secret.as_ref()?.as_bytes());
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
    let secret = settings.webhook_secret.clone()?;
    let headers = match settings.webhook_auth {
        WebhookAuthKind::Secret => BTreeMap::from([("X-Vapi-Secret".to_owned(), secret)]),
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
fn public_host(settings: &Settings) -> Option<String> {
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
