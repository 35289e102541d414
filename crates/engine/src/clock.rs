//! The engine's clock: the real one, a faster one for demonstrations, or a test's.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use domain::time::UtcMs;

/// Tells the time and waits.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> UtcMs;

    /// What the machine itself shows, where [`Clock::now`] was set right by another clock.
    fn machine_now(&self) -> UtcMs {
        self.now()
    }

    /// Milliseconds since some moment, at this clock's speed, by a clock that nobody sets: it neither jumps nor goes
    /// back, and it goes on while the machine sleeps. A clock that is never set is its own.
    fn steady_ms(&self) -> i64 {
        self.now().0
    }

    /// Waits this many milliseconds of this clock's time.
    async fn sleep(&self, ms: i64);
}

/// The machine's clock, or one that starts with it and runs faster.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    started: Instant,
    origin: UtcMs,
    /// `None`: the machine's own time.
    speed: Option<f64>,
}

impl SystemClock {
    /// The machine's own time. It goes on while the machine sleeps, and is set right with it.
    #[must_use]
    pub fn real() -> Self {
        Self {
            speed: None,
            ..Self::faster(1.0)
        }
    }

    /// Starts at the machine's time and then runs `speed` times as fast.
    ///
    /// # Panics
    /// When `speed` is not above zero.
    #[must_use]
    pub fn faster(speed: f64) -> Self {
        assert!(speed > 0.0, "a clock must go forward");
        let (started, origin) = machine_time();
        Self {
            started,
            origin,
            speed: Some(speed),
        }
    }

    /// Starts at this moment and goes as fast as the machine's: for measurements that must not depend on the hour.
    #[must_use]
    pub fn starting_at(origin: UtcMs) -> Self {
        Self {
            origin,
            ..Self::faster(1.0)
        }
    }

    /// Shows the machine's time at `epoch` and runs `speed` times as fast: the same clock in every process that is given
    /// the same two values, whenever it starts.
    ///
    /// # Panics
    /// When `speed` is not above zero.
    #[must_use]
    pub fn faster_since(epoch: UtcMs, speed: f64) -> Self {
        let clock = Self::faster(speed);
        #[expect(clippy::cast_possible_truncation, reason = "milliseconds fit by far")]
        #[expect(
            clippy::cast_precision_loss,
            reason = "milliseconds since a recent epoch are far below 2^52"
        )]
        let elapsed_ms = (clock.origin.since(epoch) as f64 * speed) as i64;
        Self {
            origin: epoch + elapsed_ms,
            ..clock
        }
    }

    /// The moment of the machine at which this clock started.
    #[must_use]
    pub fn started(&self) -> Instant {
        self.started
    }

    /// The time that this clock showed then.
    #[must_use]
    pub fn origin(&self) -> UtcMs {
        self.origin
    }

    /// How many times as fast as the machine's time it runs.
    #[must_use]
    pub fn speed(&self) -> f64 {
        self.speed.unwrap_or(1.0)
    }

    /// How long the machine takes for this many milliseconds of this clock's time.
    #[must_use]
    pub fn real_duration(&self, ms: i64) -> Duration {
        let ms = u32::try_from(ms.max(0)).unwrap_or(u32::MAX);
        Duration::from_secs_f64(f64::from(ms) / 1000.0 / self.speed())
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the edge where the machine's time comes in"
)]
fn machine_time() -> (Instant, UtcMs) {
    let since_1970 = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    (
        Instant::now(),
        UtcMs(i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX)),
    )
}

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> UtcMs {
        let Some(speed) = self.speed else {
            return machine_time().1;
        };
        let elapsed_ms = self.started.elapsed().as_secs_f64() * 1000.0 * speed;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "milliseconds of a process fit by far"
        )]
        let elapsed_ms = elapsed_ms as i64;
        self.origin + elapsed_ms
    }

    fn steady_ms(&self) -> i64 {
        if self.speed.is_some() {
            // It starts with the machine's time and runs on by itself.
            return self.now().0;
        }
        since_boot_ms()
    }

    async fn sleep(&self, ms: i64) {
        tokio::time::sleep(self.real_duration(ms)).await;
    }
}

/// Milliseconds since the machine was started, its sleep included.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn since_boot_ms() -> i64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    time.tv_sec * 1_000 + time.tv_nsec / 1_000_000
}

/// Milliseconds since the process first asked.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn since_boot_ms() -> i64 {
    static FIRST: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(|| machine_time().0);
    i64::try_from(FIRST.elapsed().as_millis()).unwrap_or(i64::MAX)
}
