//! Serving until told to stop.
//!
//! A connection costs what it holds: one task, its buffers, and a reference to the one router. Headers that are not complete
//! take as much as has come of them (`head`). Every connection has a limit of time for whatever it does (`activity`), and
//! their number has one too: whoever comes beyond it is told so and sent away (`crowded`), because a connection that waits
//! unanswered looks like a server that is down.

mod activity;
mod connection;
mod crowded;
mod head;
mod watched;

use std::{io, sync::Arc, time::Duration};

use axum::Router;
use engine::Step;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};
use tokio_util::{
    sync::CancellationToken,
    task::{AbortOnDropHandle, TaskTracker},
};

pub(crate) use self::activity::now;
use self::{activity::Patience, connection::Stops};
use crate::{router::router, state::AppState, vitals::Looking};

/// After the word to stop, requests under way may go on for so long.
const GRACE: Duration = Duration::from_secs(10);
/// When the machine gives no more connections, for instance because it has no file descriptors left.
const AFTER_A_FAULT: Duration = Duration::from_secs(1);
/// That the server is full is logged this often at most.
const WARN_EVERY: Duration = Duration::from_secs(60);

/// Serves on `listener` until `stop` is cancelled. Live connections end at once then, other requests may finish for ten
/// seconds.
///
/// At most [`max_connections`](crate::WebSettings::max_connections) are open at once; others are answered 503 and closed.
///
/// # Errors
/// None by now; a fault of the listener is logged and waited out.
pub async fn serve(listener: TcpListener, state: AppState, stop: CancellationToken) -> io::Result<()> {
    let (supervisor, looking) = (state.engine.supervisor().clone(), Looking(state.vitals.clone()));
    let _looking = AbortOnDropHandle::new(tokio::spawn(async move {
        supervisor.keep(Step::Health, looking).await;
    }));
    let free = Arc::new(Semaphore::new(state.settings.max_connections));
    let app = router(state.with_stop(stop.clone()));
    let connections = TaskTracker::new();
    let stops = Stops {
        gently: stop.clone(),
        at_once: CancellationToken::new(),
    };
    let mut warned: Option<Instant> = None;
    while let Some(stream) = accept(&listener, &stop).await {
        match free.clone().try_acquire_owned() {
            Ok(place) => {
                connections.spawn(connection(stream, app.clone(), stops.clone(), place));
            }
            Err(_) => {
                if warned.is_none_or(|at| now() - at >= WARN_EVERY) {
                    warned = Some(now());
                    tracing::warn!(
                        open = connections.len(),
                        "connections are refused: as many as MAX_CONNECTIONS allows are open"
                    );
                }
                crowded::send_away(stream);
            }
        }
    }
    drop(listener);
    connections.close();
    if tokio::time::timeout(GRACE, connections.wait()).await.is_err() {
        tracing::warn!(
            grace_secs = GRACE.as_secs(),
            "requests were cut off because they took too long to finish"
        );
        stops.at_once.cancel();
        connections.wait().await;
    }
    Ok(())
}

/// The next connection. `None`: there shall be no more.
async fn accept(listener: &TcpListener, stop: &CancellationToken) -> Option<TcpStream> {
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => return None,
            accepted = listener.accept() => accepted,
        };
        let error = match accepted {
            Ok((stream, _)) => return Some(stream),
            Err(error) => error,
        };
        let of_the_peer = [
            io::ErrorKind::ConnectionRefused,
            io::ErrorKind::ConnectionAborted,
            io::ErrorKind::ConnectionReset,
        ];
        if of_the_peer.contains(&error.kind()) {
            continue;
        }
        tracing::error!(%error, "no connection can be accepted just now");
        tokio::select! {
            () = stop.cancelled() => return None,
            () = tokio::time::sleep(AFTER_A_FAULT) => {}
        }
    }
}

async fn connection(stream: TcpStream, app: Router, stops: Stops, _place: OwnedSemaphorePermit) {
    // Without delay, a small event would wait for the next one.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection cannot send without delay");
    }
    connection::serve(stream, app, Patience::default(), stops).await;
}
