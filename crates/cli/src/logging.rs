//! Logs: text for people at a terminal, JSON for production. Always on standard error.

use std::io::{IsTerminal, stderr};

use tracing_subscriber::EnvFilter;

use crate::settings::Settings;

/// Starts logging. Libraries speak at warnings only, unless the level names them.
pub(crate) fn start(settings: &Settings) {
    let filter = EnvFilter::try_new(format!("sqlx=warn,hyper=warn,{}", settings.log_level))
        .unwrap_or_else(|_| EnvFilter::new("info"));
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none())
        .with_writer(stderr);
    let started = if settings.log_json {
        logs.json().flatten_event(true).try_init()
    } else {
        logs.try_init()
    };
    if let Err(error) = started {
        eprintln!("autolynx: logging could not be started: {error}");
    }
}
