//! The demo's stage: sandbox and node in one process, on one clock.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use domain::{policy::Policy, retry::Retries, time::SECOND_MS};
use engine::SystemClock;
use sandbox::{DEFAULT_PHONE_NUMBER_ID, Ledger, World};
use store::{Page, Store};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::DemoArgs;
use crate::{
    node::{self, Surroundings},
    settings::Settings,
};

const API_KEY: &str = "demo-key";
const WEBHOOK_SECRET: &str = "demo-webhook-secret";

/// Everything that runs.
pub(crate) struct Stage {
    base_url: String,
    world: Arc<Mutex<World>>,
    store: Store,
    stop: CancellationToken,
    node: JoinHandle<anyhow::Result<()>>,
    provider: JoinHandle<std::io::Result<()>>,
}

impl Stage {
    /// Starts the provider and a node that calls through it.
    pub(crate) async fn build(
        args: &DemoArgs,
        mut settings: Settings,
        stop: CancellationToken,
    ) -> anyhow::Result<Self> {
        let clock = SystemClock::faster(args.speed);
        let provider_listener = TcpListener::bind("127.0.0.1:0").await?;
        let provider_url = format!("http://{}", provider_listener.local_addr()?);
        let world = Arc::new(Mutex::new(World::new(sandbox::Settings {
            seed: args.seed,
            api_key: API_KEY.to_owned(),
            public_base_url: provider_url.clone(),
            account_lines: args.account_lines.unwrap_or(args.cap),
            faults: args.faults.faults(),
            ..sandbox::Settings::default()
        })));
        let provider_clock = sandbox::Clock::shared(clock.started(), clock.origin().0, clock.speed());
        let provider = tokio::spawn(sandbox::serve(
            provider_listener,
            Arc::clone(&world),
            provider_clock,
            stop.clone().cancelled_owned(),
        ));

        let listener = listen(args, &settings).await?;
        let base_url = format!("http://{}", listener.local_addr()?);
        settings.vapi_api_key = Some(API_KEY.to_owned().into());
        settings.vapi_base_url.clone_from(&provider_url);
        settings.vapi_phone_number_id = Some(DEFAULT_PHONE_NUMBER_ID.to_owned());
        settings.default_policy = policy();
        settings.default_cap = args.cap;
        // Our own limit is the cap. The provider's may be lower, and then it is for the dialler to find out.
        settings.account_lines = args.cap;
        settings.webhook_secret = Some(WEBHOOK_SECRET.to_owned().into());
        settings.public_url = (!args.no_webhooks).then(|| base_url.clone());

        let store = node::open_store(&settings, true).await?;
        require_empty(&store).await?;
        let surroundings = Surroundings {
            clock,
            sandbox_url: Some(format!("{provider_url}/sandbox")),
        };
        let works = node::works(&settings, store.clone(), &surroundings).await?;
        let node = tokio::spawn({
            let stop = stop.clone();
            async move { node::run(&settings, works, listener, &surroundings, stop).await }
        });
        Ok(Self {
            base_url,
            world,
            store,
            stop,
            node,
            provider,
        })
    }

    /// Where the dashboard is.
    pub(crate) fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The data.
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// What truly happened, by the provider's word.
    pub(crate) fn ledger(&self) -> Ledger {
        self.world.lock().unwrap_or_else(PoisonError::into_inner).ledger()
    }

    /// Stops everything.
    pub(crate) async fn close(self) -> anyhow::Result<()> {
        self.stop.cancel();
        self.node.await??;
        self.provider.await??;
        Ok(())
    }
}

/// The demo's dialler calls everybody who waits, on a provider where nobody is real, and records how it went.
async fn require_empty(store: &Store) -> anyhow::Result<()> {
    let first = Page { limit: 1, offset: 0 };
    anyhow::ensure!(
        store.campaigns(false, first).await?.is_empty(),
        "this database holds campaigns already, and the demo would go through them with invented people: give it an \
         empty one, or none for a temporary file"
    );
    Ok(())
}

/// The address that somebody chose; else the usual one, which is easy to remember; any other when that is taken, or when
/// the demo ends by itself and nobody has to remember it.
async fn listen(args: &DemoArgs, settings: &Settings) -> anyhow::Result<TcpListener> {
    if settings.listens_by_choice() || !(args.exit || args.json) {
        match TcpListener::bind(settings.listen).await {
            Ok(listener) => return Ok(listener),
            Err(error) if settings.listens_by_choice() => {
                return Err(error).with_context(|| format!("cannot listen on {}", settings.listen));
            }
            Err(_) => {}
        }
    }
    TcpListener::bind("127.0.0.1:0")
        .await
        .context("cannot listen on this machine")
}

/// Nobody is really called, so every hour is lawful; whoever is not reached is called again while somebody looks on.
fn policy() -> Policy {
    let soon = |seconds: i64| seconds * SECOND_MS;
    Policy {
        retries: Retries {
            no_answer: vec![soon(45)],
            busy: vec![soon(20), soon(40)],
            ..Retries::none()
        },
        ..Policy::unrestricted()
    }
}
