//! How this node is doing, as of a moment ago. Every page, `GET /api/health` and open pages ask here.
//!
//! What is known in memory (the provider, the clocks, the steps) is always as of now. How the database is doing is looked
//! at once a second; nobody waits for that but health, and health not for long.

use std::{
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use domain::time::SECOND_MS;
use engine::{Duty, Engine, ProviderStatus, StepStatus};
use futures::{Stream, stream};
use store::{Cause, StorageState};
use tokio::sync::watch;

use crate::{
    pages::Banner,
    troubles::{Trouble, troubles},
    views::banner::banner,
};

/// An answer of the database is taken for its present state for so long.
const FRESH: Duration = Duration::from_millis(800);
/// The database is waited for so long.
const PATIENCE: Duration = Duration::from_millis(2_200);
/// How often the database is looked at.
const EVERY: Duration = Duration::from_secs(1);
/// An open page hears so often that its connection lives, and whether what it shows of this node is still so.
const BEAT: Duration = Duration::from_secs(5);
/// By then the provider has been asked, in milliseconds of a clock that runs like life.
const SETTLED_MS: i64 = 10 * SECOND_MS;

/// Log lines that were lost, since the start of the process. Counted by whoever writes the log.
#[derive(Clone)]
pub struct LostLines(Arc<dyn Fn() -> u64 + Send + Sync>);

impl LostLines {
    /// Asks `count`.
    #[must_use]
    pub fn new(count: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(count))
    }

    pub(crate) fn count(&self) -> u64 {
        (self.0)()
    }
}

impl fmt::Debug for LostLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LostLines(…)")
    }
}

/// So many looks in a row that took too long, and the database is told not to answer.
const SURE_AFTER: u32 = 2;

/// The database as it was seen last.
#[derive(Clone)]
struct Seen {
    state: StorageState,
    at: Option<Instant>,
    /// How many looks in a row saw the same.
    in_a_row: u32,
}

/// Whether a database that has much to do, and nothing else, would look like this.
fn may_be_load(state: &StorageState) -> bool {
    match state {
        StorageState::Unreachable { cause } => matches!(
            cause,
            Cause::NoAnswer | Cause::Timeout | Cause::Busy | Cause::PoolExhausted | Cause::TooManyConnections
        ),
        StorageState::Ok
        | StorageState::DiskFull
        | StorageState::FileGone { .. }
        | StorageState::ReadOnly
        | StorageState::Corrupt => false,
    }
}

/// How this node is doing.
pub(crate) struct Vitals {
    engine: Engine,
    since_ms: i64,
    settled_after_ms: i64,
    storage: Mutex<Seen>,
    /// Held while asking: many who ask at once ask once.
    asking: tokio::sync::Mutex<()>,
    version: watch::Sender<String>,
}

impl Vitals {
    pub(crate) fn new(engine: Engine, clock_speed: f64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            reason = "some seconds, however fast the clock"
        )]
        let settled_after_ms = (SETTLED_MS as f64 * clock_speed) as i64;
        Self {
            since_ms: engine.clock().steady_ms(),
            engine,
            settled_after_ms,
            storage: Mutex::new(Seen {
                state: StorageState::Ok,
                at: None,
                in_a_row: 0,
            }),
            asking: tokio::sync::Mutex::default(),
            version: watch::Sender::default(),
        }
    }

    /// How the database was a moment ago, without waiting. One look at it that took too long is not told: it may only have
    /// much to do.
    pub(crate) fn storage(&self) -> StorageState {
        let seen = self.lock();
        if seen.in_a_row < SURE_AFTER && may_be_load(&seen.state) {
            StorageState::Ok
        } else {
            seen.state.clone()
        }
    }

    /// How the database is. Waits a little more than two seconds at most.
    pub(crate) async fn look(&self) -> StorageState {
        let _asking = self.asking.lock().await;
        let known = self.lock().clone();
        if known.at.is_some_and(|at| at.elapsed() < FRESH) {
            return known.state;
        }
        let checked = tokio::time::timeout(PATIENCE, self.engine.store().storage_check()).await;
        let state = checked.unwrap_or(StorageState::Unreachable {
            cause: Cause::NoAnswer,
        });
        if state != known.state {
            if state.is_ok() {
                tracing::info!("the database works again");
            } else {
                tracing::warn!(storage = state.code(), "{state}");
            }
        }
        #[expect(
            clippy::disallowed_methods,
            reason = "how old an answer is, by the machine's time: the database does not live by the node's clock"
        )]
        let now = Instant::now();
        let in_a_row = if state == known.state {
            known.in_a_row.saturating_add(1)
        } else {
            1
        };
        *self.lock() = Seen {
            state: state.clone(),
            at: Some(now),
            in_a_row,
        };
        self.tell();
        state
    }

    /// What is known of the provider.
    pub(crate) fn provider(&self) -> ProviderStatus {
        self.engine.provider_status()
    }

    /// How the background steps are doing.
    pub(crate) fn steps(&self) -> Vec<StepStatus> {
        self.engine.steps()
    }

    /// What a person should know now.
    pub(crate) fn troubles(&self) -> Vec<Trouble> {
        let lived_ms = self.engine.clock().steady_ms() - self.since_ms;
        troubles(
            &self.storage(),
            &self.provider(),
            &self.steps(),
            lived_ms >= self.settled_after_ms,
        )
    }

    /// The same in words.
    pub(crate) fn banner(&self) -> Banner {
        let mut banner = banner(&self.troubles());
        let mut hasher = DefaultHasher::new();
        banner.alarms.hash(&mut hasher);
        banner.version = format!("{:016x}", hasher.finish());
        banner
    }

    /// Which banner a page should show: at once, whenever it changes, and every few seconds in any case.
    pub(crate) fn beats(self: &Arc<Self>) -> impl Stream<Item = String> + Send + use<> {
        let vitals = self.clone();
        let told = self.version.subscribe();
        stream::unfold((vitals, told, true), |(vitals, mut told, first)| async move {
            if !first {
                // The sender lives as long as the vitals.
                let _ = tokio::time::timeout(BEAT, told.changed()).await;
            }
            told.mark_unchanged();
            let version = vitals.banner().version;
            Some((version, (vitals, told, false)))
        })
    }

    /// Tells open pages when the banner has changed.
    fn tell(&self) {
        let version = self.banner().version;
        self.version.send_if_modified(|known| {
            let changed = *known != version;
            *known = version;
            changed
        });
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.storage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Looks how the node is doing, once a second.
pub(crate) struct Looking(pub(crate) Arc<Vitals>);

impl Duty for Looking {
    async fn turn(&mut self) -> store::Result<i64> {
        self.0.look().await;
        Ok(0)
    }

    async fn pause(&mut self, _: i64) {
        tokio::time::sleep(EVERY).await;
    }
}
