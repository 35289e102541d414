//! `autolynx import`: a list becomes a campaign; without a name for it, only what would become of every row is said.

mod check;
mod create;
pub(super) mod report;

use std::{path::PathBuf, process::ExitCode, str::FromStr};

use clap::Args;
use domain::phone::{Region, RegionError};

use self::create::CampaignWish;
use crate::{
    api::{Api, ServerArgs},
    settings::Settings,
};

/// Which list, and what to make of it.
#[derive(Args, Debug)]
pub(crate) struct ImportArgs {
    #[command(flatten)]
    server: ServerArgs,
    /// The list: CSV with a line of column names, `name` and `phone` among them
    file: PathBuf,
    /// Only read and report, as without --name: nothing is stored, and no node is needed
    #[arg(long)]
    dry_run: bool,
    /// In which region national numbers are read, or `none` to refuse them [default: DEFAULT_REGION, the node's for a campaign]
    #[arg(long, value_name = "REGION")]
    region: Option<Home>,
    #[command(flatten)]
    campaign: CampaignWish,
}

/// Where national numbers are at home.
#[derive(Clone, Copy, Debug)]
struct Home(Option<Region>);

impl FromStr for Home {
    type Err = RegionError;

    fn from_str(text: &str) -> Result<Self, RegionError> {
        if text.eq_ignore_ascii_case("none") {
            return Ok(Self(None));
        }
        text.parse().map(|region| Self(Some(region)))
    }
}

/// Reads and reports, or makes the campaign. The exit code is 1 when no row can be used.
pub(crate) async fn run(args: ImportArgs, settings: Settings) -> anyhow::Result<ExitCode> {
    let is_wanted = args.campaign.is_wanted()?;
    if args.dry_run || !is_wanted {
        let home = args.region.unwrap_or(Home(settings.default_region));
        return check::run(&args.file, home.0, args.server.json, &settings);
    }
    let api = Api::new(&args.server, &settings)?;
    create::run(&api, &args.file, args.region, &args.campaign).await?;
    Ok(ExitCode::SUCCESS)
}
