//! Being told to stop: Ctrl-C, or SIGTERM from a service manager.

use tokio_util::sync::CancellationToken;

/// A token that is cancelled by the first signal. A second one ends the process at once: everything that matters is in
/// the database.
pub(crate) fn stop_on_signal() -> CancellationToken {
    let stop = CancellationToken::new();
    let stopping = stop.clone();
    tokio::spawn(async move {
        signal().await;
        stopping.cancel();
        signal().await;
        std::process::exit(130);
    });
    stop
}

async fn signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
