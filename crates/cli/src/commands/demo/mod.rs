//! `autolynx demo`: a whole campaign against the built-in provider, in one process, on a fast clock.

mod campaign;
mod report;
mod room;
mod show;
mod stage;

use std::{path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::Args;

use self::{campaign::Client, report::Report, room::Room, show::Show, stage::Stage};
use crate::{commands::sandbox::FaultKind, logging, settings::Settings, signals::stop_on_signal};

/// What the demo does.
#[derive(Args, Debug, Clone)]
pub(crate) struct DemoArgs {
    /// The list to call [default: the example list, 300 people as messy as real lists are]
    #[arg(long, value_name = "FILE")]
    contacts: Option<PathBuf>,
    /// In which region the list's national numbers are read
    #[arg(long, default_value = "US", value_name = "REGION")]
    region: domain::phone::Region,
    /// Calls open at once
    #[arg(long, default_value_t = 8, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=50))]
    cap: u32,
    /// How many times as fast as real time the provider and the dialler live
    #[arg(long, default_value_t = 60.0, value_name = "X")]
    speed: f64,
    /// Seeds people and faults
    #[arg(long, default_value_t = 1, value_name = "N")]
    seed: u64,
    /// What goes wrong at the provider
    #[arg(long, default_value = "none", value_name = "KIND")]
    faults: FaultKind,
    /// Lines of the sandbox's account [default: as many as the cap]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    account_lines: Option<u32>,
    /// The provider tells nothing by itself; polling must do
    #[arg(long)]
    no_webhooks: bool,
    /// Stop when the campaign is complete
    #[arg(long)]
    exit: bool,
    /// Print one JSON object and nothing else
    #[arg(long)]
    json: bool,
}

/// The list that comes with the program.
const EXAMPLE: &[u8] = include_bytes!("../../../../../examples/leads.csv");

/// Runs the demo. The exit code is 1 when a guarantee was broken.
pub(crate) async fn run(args: DemoArgs, mut settings: Settings) -> anyhow::Result<ExitCode> {
    anyhow::ensure!(args.speed > 0.0, "--speed is {}: it must be above 0", args.speed);
    if settings.log_level == "info" {
        // The progress bars tell the story; a warning may break into it.
        settings.log_level = "error".to_owned();
    }
    logging::start(&settings);
    let list = match &args.contacts {
        Some(path) => {
            std::fs::read(path).map_err(|error| anyhow::anyhow!("cannot read {}: {error}", path.display()))?
        }
        None => EXAMPLE.to_vec(),
    };
    let stop = stop_on_signal();
    let room = Room::prepare(&mut settings)?;
    let stage = match Stage::build(&args, settings, stop.clone()).await {
        Ok(stage) => stage,
        Err(error) => return Err(room.explain(error)),
    };
    let show = Show::new(args.json);
    let played = tokio::select! {
        played = play(&args, &stage, &show, list, &room) => played,
        () = stop.cancelled() => Err(anyhow::anyhow!("stopped before the campaign was complete")),
    };
    let report = match played {
        Ok(report) => report,
        Err(error) => {
            // Why the demo failed counts more than how it was cleared away.
            let _ = stage.close().await;
            return Err(room.explain(error));
        }
    };
    if !args.exit && !args.json {
        show.waiting(stage.base_url())?;
        stop.cancelled().await;
    }
    stage.close().await?;
    Ok(if report.guarantees_hold() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// From the first word to the summary.
async fn play(
    args: &DemoArgs,
    stage: &Stage,
    show: &Show,
    list: Vec<u8>,
    room: &Room,
) -> anyhow::Result<Report> {
    let client = Client::new(stage.base_url());
    show.opening(stage.base_url(), args)?;
    client.import_assistants().await?;
    let started = client.start_campaign(args, list).await?;
    show.imported(&started)?;
    let finished = tokio::select! {
        finished = client.watch(&started.id, show) => finished?,
        trouble = room.runs_out(stage.store(), args.cap) => return Err(trouble),
    };
    let report = Report::collect(stage, &started, &finished, args)
        .await
        .context("the summary cannot be made")?;
    show.report(&report)?;
    Ok(report)
}
