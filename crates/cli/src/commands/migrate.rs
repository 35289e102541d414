//! `autolynx migrate`: bring the tables up to date.

use std::process::ExitCode;

use crate::{logging, node, settings::Settings, terminal::say};

/// Migrates and says where.
pub(crate) async fn run(settings: Settings) -> anyhow::Result<ExitCode> {
    logging::start(&settings);
    let store = node::open_store(&settings, true).await?;
    let kind = store.kind();
    store.close().await;
    say(format!("The tables are up to date ({kind:?})."))?;
    Ok(ExitCode::SUCCESS)
}
