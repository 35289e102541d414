//! The `autolynx` binary: the one place where the parts are put together.

// What is written past `terminal` panics or blocks where the output is broken.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod api;
mod command_line;
mod commands;
mod descriptors;
mod logging;
mod node;
mod provider_clock;
mod recordings;
mod settings;
mod signals;
mod terminal;

use std::{
    panic::{self, AssertUnwindSafe},
    process::ExitCode,
};

use clap::{Parser, Subcommand};

use crate::settings::{SettingFlags, Settings};

/// Upload a list of people, pick a voice assistant, press Start.
#[derive(Parser)]
#[command(name = "autolynx", version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    flags: SettingFlags,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run a node: dialler, API and pages.
    Serve(commands::serve::ClockArgs),
    /// Run a whole campaign against the built-in provider: no account, no telephone, no charge.
    Demo(commands::demo::DemoArgs),
    /// Serve a Vapi-compatible provider with scripted people, injected faults and a ledger of the truth.
    Sandbox(commands::sandbox::SandboxArgs),
    /// Make a campaign of a list on a running node; without --name, only say what would become of every row.
    Import(commands::import::ImportArgs),
    /// See and steer the campaigns of a running node.
    Campaign(commands::campaign::CampaignArgs),
    /// See and change whom a running node must not call.
    Suppress(commands::suppress::SuppressArgs),
    /// See and change the lines of a running node.
    Lines(commands::lines::LinesArgs),
    /// Bring the database's tables up to date.
    Migrate,
    /// Rebuild every call from the log and compare it with what is stored.
    Replay(commands::replay::ReplayArgs),
}

fn main() -> ExitCode {
    logging::catch_panics();
    let cli = match command_line::read::<Cli>() {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    // Whoever comes first installs it, and there is only this one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            terminal::tell(format!("autolynx: cannot start: {error}"));
            return ExitCode::FAILURE;
        }
    };
    // The hook has logged a panic, and the log must still be written.
    let ended = panic::catch_unwind(AssertUnwindSafe(|| runtime.block_on(run(cli))));
    let ended = ended.unwrap_or_else(|_| {
        Err(anyhow::anyhow!(
            "a bug ended the program; its place was told before"
        ))
    });
    // A name that is being looked up, for instance, would hold up the end for minutes.
    runtime.shutdown_background();
    logging::finish();
    match ended {
        Ok(code) => code,
        Err(error) => {
            terminal::tell(format!("autolynx: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let named_database = cli.flags.database.clone();
    let settings = cli.flags.resolve()?;
    match cli.command {
        Command::Serve(args) => commands::serve::run(args, settings).await,
        Command::Demo(args) => {
            // Only one that is named for it: the data of the environment is of real people.
            let settings = Settings {
                database_url: named_database,
                ..settings
            };
            commands::demo::run(args, settings).await
        }
        Command::Sandbox(args) => commands::sandbox::run(args, &settings).await,
        Command::Import(args) => commands::import::run(args, settings).await,
        Command::Campaign(args) => commands::campaign::run(args, settings).await,
        Command::Suppress(args) => commands::suppress::run(args, settings).await,
        Command::Lines(args) => commands::lines::run(args, settings).await,
        Command::Migrate => commands::migrate::run(settings).await,
        Command::Replay(args) => commands::replay::run(args, settings).await,
    }
}
