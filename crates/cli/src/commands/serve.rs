//! `autolynx serve`: run a node.

use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use domain::time::UtcMs;
use engine::SystemClock;
use tokio::net::TcpListener;

use crate::{
    logging,
    node::{self, Surroundings},
    provider_clock::{self, SandboxClock},
    settings::Settings,
    signals::stop_on_signal,
    terminal::announce,
};

/// How time runs. Only rehearsals against a sandbox change it.
#[derive(Args, Debug, Clone, Copy)]
pub(crate) struct ClockArgs {
    /// How many times as fast as real time [default: as a sandbox says that is the provider, else 1]
    #[arg(long, value_name = "X", hide = true)]
    pub(crate) speed: Option<f64>,
    /// When the fast clock showed the true time, in milliseconds since 1970; the same for every process of a rehearsal
    #[arg(long, value_name = "MS", hide = true)]
    pub(crate) epoch: Option<i64>,
}

impl ClockArgs {
    /// The clock of this process.
    ///
    /// # Errors
    /// When the speed is not above zero.
    pub(crate) fn clock(self) -> anyhow::Result<SystemClock> {
        let speed = self.speed.unwrap_or(1.0);
        anyhow::ensure!(speed > 0.0, "--speed is {speed}: it must be above 0");
        Ok(match self.epoch {
            Some(epoch) => SystemClock::faster_since(UtcMs(epoch), speed),
            None if speed == 1.0 => SystemClock::real(),
            None => SystemClock::faster(speed),
        })
    }

    /// Whether somebody chose the clock.
    fn is_chosen(self) -> bool {
        self.speed.is_some() || self.epoch.is_some()
    }
}

/// The clock that somebody chose; else that of a sandbox, where one is the provider; else the machine's. Pages say that
/// nobody is really called wherever a sandbox is.
async fn surroundings(args: ClockArgs, settings: &Settings) -> anyhow::Result<Surroundings> {
    let mut clock = args.clock()?;
    let sandbox = provider_clock::ask(&settings.vapi_base_url).await;
    let adopted = sandbox
        .filter(|_| !args.is_chosen())
        .and_then(SandboxClock::clock);
    if let Some(adopted) = adopted {
        clock = adopted;
        tracing::info!(
            speed = clock.speed(),
            "the provider is a sandbox that runs {} times as fast; using its clock",
            clock.speed()
        );
    } else if sandbox.is_some() {
        tracing::info!("the provider is a sandbox: no real calls are made");
    }
    let base_url = settings.vapi_base_url.trim_end_matches('/');
    Ok(Surroundings {
        clock,
        sandbox_url: sandbox.map(|_| format!("{base_url}/sandbox")),
    })
}

/// Serves until told to stop.
pub(crate) async fn run(args: ClockArgs, settings: Settings) -> anyhow::Result<ExitCode> {
    logging::start(&settings);
    let surroundings = surroundings(args, &settings).await?;
    let listener = TcpListener::bind(settings.listen)
        .await
        .with_context(|| format!("cannot listen on {}: is another program there?", settings.listen))?;
    let store = node::open_store(&settings, true).await?;
    node::check_clock(&store, &surroundings.clock).await?;
    let works = node::works(&settings, store, &surroundings).await?;
    let address = listener.local_addr()?;
    // From here on a signal is caught.
    let stop = stop_on_signal();
    match node::public_host(&settings) {
        Some(host) => tracing::info!(%address, public_host = host, "serving; webhooks and polling"),
        None => tracing::info!(%address, "serving; PUBLIC_URL is not set, so polling only"),
    }
    announce(format!("http://{address}/"));
    node::run(&settings, works, listener, &surroundings, stop).await?;
    Ok(ExitCode::SUCCESS)
}
