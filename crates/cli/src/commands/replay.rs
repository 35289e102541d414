//! `autolynx replay`: rebuild every call from the log and compare.

use std::process::ExitCode;

use clap::Args;
use domain::ids::CampaignId;
use store::DIFFERENCES_KEPT;

use crate::{logging, node, settings::Settings, terminal::say};

/// What to replay.
#[derive(Args, Debug)]
pub(crate) struct ReplayArgs {
    /// Only compare and report; the stored rows are never changed. (There is no other mode yet, so say it.)
    #[arg(long, required = true)]
    check: bool,
    /// Only this campaign
    #[arg(long, value_name = "ID")]
    campaign: Option<CampaignId>,
}

/// Compares and reports. The exit code is 1 when anything differs.
pub(crate) async fn run(args: ReplayArgs, settings: Settings) -> anyhow::Result<ExitCode> {
    logging::start(&settings);
    let store = node::open_existing_store(&settings).await?;
    if let Some(id) = args.campaign {
        anyhow::ensure!(store.campaign(id).await?.is_some(), "there is no campaign {id}");
    }
    let report = store.replay(args.campaign).await?;
    store.close().await;
    say(format!(
        "{} calls rebuilt from {} events.",
        report.calls, report.events
    ))?;
    for difference in &report.differences {
        say(format!(
            "{}\n  by the log: {}\n  stored:     {}",
            difference.row, difference.replayed, difference.live
        ))?;
    }
    if report.differences.is_empty() {
        say("Replay equals live.")?;
        return Ok(ExitCode::SUCCESS);
    }
    let or_more = if report.differences.len() < DIFFERENCES_KEPT {
        ""
    } else {
        " or more"
    };
    say(format!("{}{or_more} rows differ.", report.differences.len()))?;
    Ok(ExitCode::FAILURE)
}
