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
    settings::Settings,
    signals::stop_on_signal,
    terminal::announce,
};

/// How time runs. Only rehearsals against a sandbox change it.
#[derive(Args, Debug, Clone, Copy)]
pub(crate) struct ClockArgs {
    /// How many times as fast as real time
    #[arg(long, default_value_t = 1.0, value_name = "X", hide = true)]
    pub(crate) speed: f64,
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
        anyhow::ensure!(self.speed > 0.0, "--speed is {}: it must be above 0", self.speed);
        Ok(match self.epoch {
            Some(epoch) => SystemClock::faster_since(UtcMs(epoch), self.speed),
            None if self.speed == 1.0 => SystemClock::real(),
            None => SystemClock::faster(self.speed),
        })
    }
}

/// Serves until told to stop.
pub(crate) async fn run(args: ClockArgs, settings: Settings) -> anyhow::Result<ExitCode> {
    logging::start(&settings);
    let surroundings = Surroundings {
        clock: args.clock()?,
        sandbox_url: None,
    };
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
