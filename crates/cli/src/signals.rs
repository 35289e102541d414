//! Being told to stop: Ctrl-C, SIGTERM from a service manager, or SIGHUP when the terminal goes away.

use tokio_util::sync::CancellationToken;

/// A token that is cancelled by the first signal. A second one ends the process at once: everything that matters is in
/// the database. From the return on signals are caught; until then they end the process, which loses nothing either.
pub(crate) fn stop_on_signal() -> CancellationToken {
    let stop = CancellationToken::new();
    let stopping = stop.clone();
    match Signals::catch() {
        Ok(mut signals) => {
            tokio::spawn(async move {
                let name = signals.next().await.0;
                tracing::info!(
                    signal = name,
                    "stopping; a second signal ends the process at once"
                );
                stopping.cancel();
                let (_, code) = signals.next().await;
                std::process::exit(code);
            });
        }
        Err(error) => tracing::warn!(%error, "signals cannot be caught: they end the process at once"),
    }
    stop
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hangup: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Signals {
    fn catch() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: if hangup_is_ignored() {
                None
            } else {
                Some(signal(SignalKind::hangup())?)
            },
        })
    }

    /// The next signal's name, and the exit code that tells of it, as shells have it.
    async fn next(&mut self) -> (&'static str, i32) {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => ("SIGINT", 128 + 2),
            _ = self.terminate.recv() => ("SIGTERM", 128 + 15),
            _ = hangup => ("SIGHUP", 128 + 1),
        }
    }
}

/// Whether the one who started the program wants it to outlive the terminal, as `nohup` does.
#[cfg(target_os = "linux")]
fn hangup_is_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    ignores_hangup(&status)
}

/// The standard library cannot tell, so the signal keeps the meaning that the process was started with.
#[cfg(all(unix, not(target_os = "linux")))]
fn hangup_is_ignored() -> bool {
    true
}

#[cfg(target_os = "linux")]
fn ignores_hangup(status: &str) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    // Signal 1 is the lowest bit.
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask & 1 == 1)
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    #[expect(clippy::unnecessary_wraps, reason = "as on other systems")]
    fn catch() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> (&'static str, i32) {
        let _ = tokio::signal::ctrl_c().await;
        ("Ctrl-C", 130)
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn an_ignored_hangup_is_recognized() {
        let status = |mask: &str| format!("Name:\tautolynx\nSigBlk:\t0000000000000001\nSigIgn:\t{mask}\n");
        assert!(ignores_hangup(&status("0000000000001001")));
        assert!(!ignores_hangup(&status("0000000000001000")), "SIGPIPE alone");
        assert!(!ignores_hangup(""));
    }
}
