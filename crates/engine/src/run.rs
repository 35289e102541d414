//! Running the steps: from wake-ups, with timers as the floor.

use std::{future::Future, time::Duration};

use domain::time::{SECOND_MS, UtcMs};
use store::Wake;
use tokio::sync::broadcast;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::Engine;

/// A lost wake-up costs at most this long, in milliseconds.
const DISPATCH_FLOOR_MS: i64 = 5 * SECOND_MS;
/// How often it is looked whether something is due to be asked, in milliseconds.
const RECONCILE_EVERY_MS: i64 = SECOND_MS / 2;
const SWEEP_EVERY_MS: i64 = 10 * SECOND_MS;
/// How often it is looked whether the provider should be asked for a sign of life, in the machine's time: people wait by
/// it, however fast the node's clock runs.
const PROBE_EVERY: Duration = Duration::from_secs(1);
/// A person who aborts a campaign waits for it.
const HANG_UP_EVERY_MS: i64 = SECOND_MS;
/// After a failure a loop waits this long of the machine's time, so that a dead database is not hammered.
const AFTER_FAILURE: Duration = Duration::from_millis(500);

impl Engine {
    /// Runs every step until told to stop, and then waits for the dials that are under way.
    pub async fn run(&self, stop: CancellationToken) {
        let dials = TaskTracker::new();
        let loops = async {
            tokio::join!(
                self.dispatch_on_wakes(&dials),
                self.repeat(RECONCILE_EVERY_MS, "reconcile", |now| async move {
                    self.reconcile(now).await.map(|_| ())
                }),
                self.repeat(HANG_UP_EVERY_MS, "hang-up", |now| async move {
                    self.hang_up(now).await.map(|_| ())
                }),
                self.sweep_in_time(),
                self.probe_now_and_then(),
                self.store.relay_wakes(),
            )
        };
        tokio::select! {
            _ = loops => {}
            () = stop.cancelled() => {}
        }
        dials.close();
        dials.wait().await;
    }

    /// Dispatches on every wake-up. Answers are awaited apart, so that one slow answer delays no other line.
    async fn dispatch_on_wakes(&self, dials: &TaskTracker) {
        // Subscribe, then look, then sleep: what happens while looking is not missed.
        let mut wakes = self.store.subscribe();
        loop {
            let now = self.clock.now();
            let wait_ms = match self.claim(now).await {
                Ok(claim) => {
                    for dial in claim.dials {
                        let engine = self.clone();
                        dials.spawn(async move {
                            if let Err(error) = engine.dial(&dial).await {
                                tracing::error!(%error, call.id = %dial.call_id, "a dial could not be recorded");
                            }
                        });
                    }
                    until_next(claim.next_eligible_at, claim.hold_until, now)
                }
                Err(error) => {
                    tracing::error!(%error, step = "dispatch", "step failed");
                    tokio::time::sleep(AFTER_FAILURE).await;
                    continue;
                }
            };
            tokio::select! {
                () = woken(&mut wakes) => {}
                () = self.clock.sleep(wait_ms) => {}
            }
        }
    }

    /// Sweeps every while, and at the moment at which a campaign starts by itself.
    async fn sweep_in_time(&self) {
        loop {
            let now = self.clock.now();
            let next = match self.sweep(now).await {
                Ok(_) => self.store.next_start().await,
                Err(error) => Err(error),
            };
            let wait_ms = match next {
                Ok(next) => next.map_or(SWEEP_EVERY_MS, |at| {
                    at.since(self.clock.now()).clamp(1, SWEEP_EVERY_MS)
                }),
                Err(error) => {
                    tracing::error!(%error, step = "sweep", "step failed");
                    tokio::time::sleep(AFTER_FAILURE).await;
                    SWEEP_EVERY_MS
                }
            };
            self.clock.sleep(wait_ms).await;
        }
    }

    async fn probe_now_and_then(&self) {
        loop {
            self.probe_provider().await;
            tokio::time::sleep(PROBE_EVERY).await;
        }
    }

    async fn repeat<F, Fut>(&self, every_ms: i64, step: &'static str, run: F)
    where
        F: Fn(UtcMs) -> Fut,
        Fut: Future<Output = store::Result<()>>,
    {
        loop {
            if let Err(error) = run(self.clock.now()).await {
                tracing::error!(%error, step, "step failed");
                tokio::time::sleep(AFTER_FAILURE).await;
            }
            self.clock.sleep(every_ms).await;
        }
    }
}

/// How long to sleep, in milliseconds: until something becomes possible, and never longer than the floor.
fn until_next(eligible: Option<UtcMs>, hold: Option<UtcMs>, now: UtcMs) -> i64 {
    let next = [eligible, hold]
        .into_iter()
        .flatten()
        .map(|at| at.since(now).max(1))
        .min();
    next.unwrap_or(DISPATCH_FLOOR_MS).min(DISPATCH_FLOOR_MS)
}

/// Returns at the next wake-up that concerns dispatching. Several at once count as one.
async fn woken(wakes: &mut broadcast::Receiver<Wake>) {
    loop {
        match wakes.recv().await {
            Ok(Wake::Campaign(_) | Wake::Assistant(_)) => {}
            Ok(Wake::Dispatch) | Err(broadcast::error::RecvError::Lagged(_)) => break,
            // The store is going away, and this loop with it: let the timer decide.
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }
    while !matches!(
        wakes.try_recv(),
        Err(broadcast::error::TryRecvError::Empty | broadcast::error::TryRecvError::Closed)
    ) {}
}
