//! Logs: text for people at a terminal, JSON for production. Always on standard error.
//!
//! Logging never blocks or breaks the work: lines go through a bounded queue to a thread of its own. What standard error
//! cannot take is lost, counted, and told in the log once it takes lines again.

mod panics;
mod queue;

use std::{
    fs::File,
    io::{self, IsTerminal, stderr},
    sync::OnceLock,
    time::Duration,
};

use domain::time::UtcMs;
use tracing_subscriber::EnvFilter;

pub(crate) use self::panics::catch_panics;
use self::queue::LineQueue;
use crate::{settings::Settings, terminal};

/// The queue of this process.
static QUEUE: OnceLock<LineQueue> = OnceLock::new();

/// When the program ends, lines that still wait are written for this long at most.
const LAST_LINES: Duration = Duration::from_secs(1);

/// Starts logging. Libraries speak at warnings only, unless the level names them.
pub(crate) fn start(settings: &Settings) {
    if let Err(why) = try_start(settings) {
        terminal::tell(format!("autolynx: logging could not be started: {why}"));
    }
}

fn try_start(settings: &Settings) -> io::Result<()> {
    let filter = EnvFilter::try_new(format!("sqlx=warn,hyper=warn,{}", settings.log_level))
        .unwrap_or_else(|_| EnvFilter::new("info"));
    let is_json = settings.log_json;
    let queue = start_queue(terminal::handle(&stderr())?, is_json)?;
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none())
        // It would print its own errors to standard error, and panic where that is broken.
        .log_internal_errors(false)
        .with_writer(queue);
    let started = if is_json {
        logs.json().flatten_event(true).try_init()
    } else {
        logs.try_init()
    };
    started.map_err(io::Error::other)
}

fn start_queue(out: File, is_json: bool) -> io::Result<LineQueue> {
    if let Some(queue) = QUEUE.get() {
        return Ok(queue.clone());
    }
    let queue = LineQueue::start(out, move |lost| told(lost, is_json, machine_time()))?;
    Ok(QUEUE.get_or_init(|| queue).clone())
}

/// How many lines of the log were lost since the start, because standard error did not take them.
pub(crate) fn lost_lines() -> u64 {
    QUEUE.get().map_or(0, LineQueue::lost_lines)
}

/// Writes the lines that still wait, for a second at most.
pub(crate) fn finish() {
    let Some(queue) = QUEUE.get() else { return };
    queue.flush(LAST_LINES);
    let lost = lost_lines();
    if lost > 0 {
        terminal::tell(format!(
            "autolynx: {lost} log lines were lost, because standard error did not take them"
        ));
    }
}

/// The line of the log that tells of lost ones, in the form of the others.
fn told(lost: u64, is_json: bool, now: UtcMs) -> Vec<u8> {
    let at = now.to_iso();
    let message = "log lines were lost, because standard error did not take them";
    let target = module_path!();
    if is_json {
        let line = serde_json::json!({
            "timestamp": at, "level": "WARN", "message": message, "lost": lost, "target": target,
        });
        format!("{line}\n").into_bytes()
    } else {
        format!("{at}  WARN {target}: {message} lost={lost}\n").into_bytes()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the time of a log line is that of the machine"
)]
fn machine_time() -> UtcMs {
    let since_1970 = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    UtcMs(i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lost_lines_are_told_in_the_form_of_the_log() {
        let text = |is_json| String::from_utf8(told(3, is_json, UtcMs(0))).unwrap();
        assert_eq!(
            text(false),
            "1970-01-01T00:00:00.000Z  WARN autolynx::logging: log lines were lost, because standard error did not \
             take them lost=3\n"
        );
        let line: serde_json::Value = serde_json::from_str(&text(true)).unwrap();
        assert_eq!((&line["lost"], &line["level"]), (&3.into(), &"WARN".into()));
    }
}
