//! What a connection does, and how long it may.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// How long a connection may take for each thing. How long an answer and a body may take stands in the router.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// From the beginning of a request to the end of its headers; for the first request, from the connection on.
    pub(super) head: Duration,
    /// Between an answer and the next request. Longer than the proxies that are usually in front keep a connection, so
    /// that they close first: a request on a connection that is being closed is lost.
    pub(super) idle: Duration,
    /// While a peer takes not one byte of an answer.
    pub(super) unread: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(15),
            idle: Duration::from_secs(75),
            unread: Duration::from_secs(60),
        }
    }
}

/// What a connection does, as its bytes and requests show.
pub(super) struct Activity {
    patience: Patience,
    state: Mutex<State>,
}

struct State {
    phase: Phase,
    requests: u64,
    /// Since when the peer has taken nothing of what is to be sent.
    unread_since: Option<Instant>,
}

#[derive(Clone, Copy)]
enum Phase {
    /// No request is under way.
    Idle { since: Instant },
    /// A request has begun.
    Head { since: Instant },
    /// A request is being answered.
    Busy,
}

impl Activity {
    /// A connection that was just made: its first request is awaited.
    pub(super) fn new(patience: Patience) -> Self {
        Self {
            patience,
            state: Mutex::new(State {
                phase: Phase::Head { since: now() },
                requests: 0,
                unread_since: None,
            }),
        }
    }

    /// Bytes came.
    pub(super) fn heard(&self) {
        let mut state = self.state();
        if let Phase::Idle { .. } = state.phase {
            state.phase = Phase::Head { since: now() };
        }
    }

    /// The headers of a request are complete.
    pub(super) fn asked(&self) {
        let mut state = self.state();
        state.phase = Phase::Busy;
        state.requests += 1;
    }

    /// How many requests have begun, and whether the last is under way: from the end of its headers to that of its answer.
    pub(super) fn requests(&self) -> (u64, bool) {
        let state = self.state();
        (state.requests, matches!(state.phase, Phase::Busy))
    }

    /// The answer is complete.
    pub(super) fn answered(&self) {
        self.state().phase = Phase::Idle { since: now() };
    }

    /// Bytes went, or could not go.
    pub(super) fn sent(&self, some: bool) {
        let mut state = self.state();
        if some {
            state.unread_since = None;
        } else {
            state.unread_since.get_or_insert_with(now);
        }
    }

    /// When this has taken too long, unless something happens. `None`: never.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let state = self.state();
        let of_phase = match state.phase {
            Phase::Idle { since } => Some(since + self.patience.idle),
            Phase::Head { since } => Some(since + self.patience.head),
            Phase::Busy => None,
        };
        let of_peer = state.unread_since.map(|since| since + self.patience.unread);
        match (of_phase, of_peer) {
            (Some(phase), Some(peer)) => Some(phase.min(peer)),
            (phase, peer) => phase.or(peer),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The moment, to measure how long a peer takes.
#[expect(
    clippy::disallowed_methods,
    reason = "how long a peer takes is measured by this machine, whatever the engine's clock says"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}
