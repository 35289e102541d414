//! Running the steps: from wake-ups, with timers as the floor, each in a task of its own under the supervisor.

use std::{future::Future, time::Duration};

use domain::time::{SECOND_MS, UtcMs};
use store::{Dial, Kind, Wake};
use tokio::{sync::broadcast, task::JoinSet};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    Directory, Dispatched, Engine, Reconciled, Swept, Tended,
    supervise::{Dead, Duty, Step, Supervisor},
};

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
/// When told to stop, a step that does not let go of its thread is waited for so long of the machine's time.
const GRACE: Duration = Duration::from_secs(5);

/// What one run of every step did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Ticked {
    /// What `reconcile` did.
    pub reconciled: Reconciled,
    /// What `dispatch` did.
    pub dispatched: Dispatched,
    /// Live calls that the provider was asked to end.
    pub hung_up: usize,
    /// What `sweep` did.
    pub swept: Swept,
    /// What was done for assistants.
    pub tended: Tended,
}

impl Engine {
    /// Runs every step until told to stop, and then waits for the dials that are under way.
    ///
    /// # Errors
    /// [`Dead`] when a step cannot be brought back to life: the process should end, so that it is started anew.
    pub async fn run(&self, stop: CancellationToken) -> Result<(), Dead> {
        let dials = TaskTracker::new();
        let mut steps = JoinSet::new();
        self.start(
            &mut steps,
            Step::Dispatch,
            Dispatching {
                engine: self.clone(),
                // Subscribe, then look, then sleep: what happens while looking is not missed.
                wakes: self.store.subscribe(),
                dials: dials.clone(),
            },
        );
        self.start(
            &mut steps,
            Step::Reconcile,
            self.every(RECONCILE_EVERY_MS, |engine: Engine, now| async move {
                engine.reconcile(now).await.map(|_| ())
            }),
        );
        self.start(
            &mut steps,
            Step::HangUp,
            self.every(HANG_UP_EVERY_MS, |engine: Engine, now| async move {
                engine.hang_up(now).await.map(|_| ())
            }),
        );
        self.start(&mut steps, Step::Sweep, Sweeping(self.clone()));
        self.start(&mut steps, Step::Probe, Probing(self.clone()));
        if self.store.kind() == Kind::Postgres {
            self.start(&mut steps, Step::WakeUps, Relaying(self.clone()));
        }
        let supervisor = &self.supervisor;
        let ended = tokio::select! {
            () = stop.cancelled() => Ok(()),
            dead = supervisor.died() => Err(dead),
            // The supervisor itself gave way.
            Some(_) = steps.join_next() => match futures::FutureExt::now_or_never(supervisor.died()) {
                Some(dead) => Err(dead),
                None => Err(Dead { step: Step::Dispatch, panics: 1 }),
            },
        };
        if tokio::time::timeout(GRACE, steps.shutdown()).await.is_err() {
            tracing::error!("a background step does not stop; it is left behind");
        }
        dials.close();
        dials.wait().await;
        ended
    }

    /// Runs every step once, one after the other, for a host that has nothing but cron. A step that fails or panics stops
    /// no other.
    ///
    /// # Errors
    /// That of the first step that failed, after all have run.
    pub async fn tick(&self, directory: &Directory) -> store::Result<Ticked> {
        let (supervisor, now) = (&self.supervisor, || self.clock.now());
        // What the provider says first: without it the clocks cannot be compared, and it may free lines for the dispatch.
        let probe = async {
            self.probe_provider().await;
            Ok(())
        };
        let probed = supervisor.once(Step::Probe, probe).await;
        let reconciled = supervisor.once(Step::Reconcile, self.reconcile(now())).await;
        let dispatched = supervisor.once(Step::Dispatch, self.dispatch(now())).await;
        let hung_up = supervisor.once(Step::HangUp, self.hang_up(now())).await;
        let swept = supervisor.once(Step::Sweep, self.sweep(now())).await;
        let tended = supervisor.once(Step::Assistants, directory.tend()).await;
        probed?;
        Ok(Ticked {
            reconciled: reconciled?,
            dispatched: dispatched?,
            hung_up: hung_up?,
            swept: swept?,
            tended: tended?,
        })
    }

    /// Dials one reserved call. A panic leaves the call to `reconcile`, as a crash would, and is counted.
    pub(crate) async fn watched_dial(&self, dial: &Dial) -> store::Result<()> {
        let dialed = self.supervisor.once(Step::Dial, self.dial(dial)).await;
        if let Err(error) = &dialed {
            tracing::error!(%error, call.id = %dial.call_id, "a dial could not be recorded");
        }
        dialed
    }

    fn start(&self, steps: &mut JoinSet<()>, step: Step, duty: impl Duty + 'static) {
        let supervisor: Supervisor = self.supervisor.clone();
        steps.spawn(async move { supervisor.keep(step, duty).await });
    }

    fn every<F>(&self, every_ms: i64, run: F) -> Every<F> {
        Every {
            engine: self.clone(),
            every_ms,
            run,
        }
    }
}

/// A step that is run every while.
struct Every<F> {
    engine: Engine,
    every_ms: i64,
    run: F,
}

impl<F, Fut> Duty for Every<F>
where
    F: Fn(Engine, UtcMs) -> Fut + Send + Sync,
    Fut: Future<Output = store::Result<()>> + Send,
{
    async fn turn(&mut self) -> store::Result<i64> {
        (self.run)(self.engine.clone(), self.engine.clock.now()).await?;
        Ok(self.every_ms)
    }

    async fn pause(&mut self, wait_ms: i64) {
        self.engine.clock.sleep(wait_ms).await;
    }
}

/// Dispatches on every wake-up. Answers are awaited apart, so that one slow answer delays no other line.
struct Dispatching {
    engine: Engine,
    wakes: broadcast::Receiver<Wake>,
    dials: TaskTracker,
}

impl Duty for Dispatching {
    async fn turn(&mut self) -> store::Result<i64> {
        let now = self.engine.clock.now();
        let claim = self.engine.claim(now).await?;
        for dial in claim.dials {
            let engine = self.engine.clone();
            self.dials.spawn(async move {
                // It is logged, and the call is looked up.
                let _ = engine.watched_dial(&dial).await;
            });
        }
        Ok(until_next(claim.next_eligible_at, claim.hold_until, now))
    }

    async fn pause(&mut self, wait_ms: i64) {
        tokio::select! {
            () = woken(&mut self.wakes) => {}
            () = self.engine.clock.sleep(wait_ms) => {}
        }
    }
}

/// Sweeps every while, and at the moment at which a campaign starts by itself.
struct Sweeping(Engine);

impl Duty for Sweeping {
    async fn turn(&mut self) -> store::Result<i64> {
        self.0.sweep(self.0.clock.now()).await?;
        let next = self.0.store.next_start().await?;
        Ok(next.map_or(SWEEP_EVERY_MS, |at| {
            at.since(self.0.clock.now()).clamp(1, SWEEP_EVERY_MS)
        }))
    }

    async fn pause(&mut self, wait_ms: i64) {
        self.0.clock.sleep(wait_ms).await;
    }
}

/// Asks the provider for a sign of life when it has been quiet. That it does not answer is no failure of ours.
struct Probing(Engine);

impl Duty for Probing {
    async fn turn(&mut self) -> store::Result<i64> {
        self.0.probe_provider().await;
        Ok(0)
    }

    async fn pause(&mut self, _: i64) {
        tokio::time::sleep(PROBE_EVERY).await;
    }
}

/// Carries wake-ups between nodes for as long as this node runs.
struct Relaying(Engine);

impl Duty for Relaying {
    async fn turn(&mut self) -> store::Result<i64> {
        let supervisor = &self.0.supervisor;
        self.0
            .store
            .relay_wakes(|heard| match heard {
                Ok(()) => supervisor.count_success(Step::WakeUps),
                Err(error) => {
                    supervisor.count_failure(Step::WakeUps, &error.to_string());
                }
            })
            .await;
        Ok(0)
    }

    async fn pause(&mut self, _: i64) {}
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
