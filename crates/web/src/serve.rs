//! Serving until told to stop.

use std::{io, time::Duration};

use axum::serve::ListenerExt;
use engine::Step;
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use crate::{router::router, state::AppState, vitals::Looking};

/// After the word to stop, requests under way may go on for so long.
const GRACE: Duration = Duration::from_secs(10);

/// Serves on `listener` until `stop` is cancelled. Live connections end at once then, other requests may finish for ten
/// seconds.
///
/// # Errors
/// When the listener breaks down.
pub async fn serve(listener: TcpListener, state: AppState, stop: CancellationToken) -> io::Result<()> {
    let (supervisor, looking) = (state.engine.supervisor().clone(), Looking(state.vitals.clone()));
    let _looking = AbortOnDropHandle::new(tokio::spawn(async move {
        supervisor.keep(Step::Health, looking).await;
    }));
    let app = router(state.with_stop(stop.clone()));
    // Without delay, a small event would wait for the next one.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection cannot send without delay");
        }
    });
    let server = axum::serve(listener, app).with_graceful_shutdown(stop.clone().cancelled_owned());
    let too_long = async {
        stop.cancelled().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        result = server => result,
        () = too_long => {
            tracing::warn!(grace_secs = GRACE.as_secs(), "requests were cut off because they took too long to finish");
            Ok(())
        }
    }
}
