//! The provider's clock, which may run faster than ours.

use std::time::{Duration, Instant};

/// Provider time: `origin_ms` plus the real time since `origin`, times `speed`; or the machine's own time.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    origin: Instant,
    origin_ms: i64,
    speed: f64,
    /// The machine's own time, which goes on while the machine sleeps and is set right with it.
    is_machine: bool,
}

/// How time goes at a provider, so that others can go by the same: `epoch_ms` plus what the machine's clock shows beyond
/// `epoch_ms`, times `speed`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pace {
    /// How many times as fast as the machine's time.
    pub(crate) speed: f64,
    /// When both showed the same, in milliseconds since 1970 (UTC); `None`: at the machine's own speed.
    pub(crate) epoch_ms: Option<i64>,
}

impl Pace {
    /// Of a clock that shows `now_ms` while the machine's shows `machine_ms`.
    fn of(now_ms: i64, machine_ms: i64, speed: f64) -> Pace {
        let ahead_ms = (now_ms - machine_ms) as f64;
        Pace {
            speed,
            epoch_ms: (speed != 1.0).then(|| machine_ms - (ahead_ms / (speed - 1.0)).round() as i64),
        }
    }
}

fn machine_ms() -> i64 {
    #[expect(clippy::disallowed_methods, reason = "the edge at which real time comes in")]
    let since_1970 = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX)
}

impl Clock {
    /// The machine's own time.
    pub fn machine() -> Clock {
        Clock {
            is_machine: true,
            ..Clock::real(1.0)
        }
    }

    /// A clock that shows the true time now and runs `speed` times as fast from here on.
    #[expect(clippy::disallowed_methods, reason = "the edge at which real time comes in")]
    pub fn real(speed: f64) -> Clock {
        Clock::shared(Instant::now(), machine_ms(), speed)
    }

    /// A clock that showed `origin_ms` (milliseconds since 1970, UTC) at `origin`: the same for everyone who is given
    /// the same three values. A speed that is not a positive number counts as 1.
    pub fn shared(origin: Instant, origin_ms: i64, speed: f64) -> Clock {
        let speed = if speed.is_finite() && speed > 0.0 {
            speed
        } else {
            1.0
        };
        Clock {
            origin,
            origin_ms,
            speed,
            is_machine: false,
        }
    }

    /// The time now, in milliseconds since 1970 (UTC).
    #[expect(clippy::disallowed_methods, reason = "the edge at which real time comes in")]
    pub fn now_ms(&self) -> i64 {
        if self.is_machine {
            return machine_ms();
        }
        let elapsed = Instant::now().saturating_duration_since(self.origin);
        self.origin_ms + (elapsed.as_secs_f64() * 1_000.0 * self.speed) as i64
    }

    /// How long so many provider milliseconds really last.
    pub fn real_duration(&self, provider_ms: u64) -> Duration {
        Duration::try_from_secs_f64(provider_ms as f64 / 1_000.0 / self.speed).unwrap_or(Duration::MAX)
    }

    /// What others have to know to go by it too.
    pub(crate) fn pace(&self) -> Pace {
        Pace::of(self.now_ms(), machine_ms(), self.speed)
    }

    /// How many times faster than real time it runs.
    pub fn speed(&self) -> f64 {
        self.speed
    }

    /// Returns as soon as the clock shows `ms` or more; the timer's grain is one real millisecond.
    pub async fn sleep_until_ms(&self, ms: i64) {
        let left_ms = |clock: &Clock| u64::try_from(ms.saturating_sub(clock.now_ms())).unwrap_or(0);
        while left_ms(self) > 0 {
            tokio::time::sleep(self.real_duration(left_ms(self))).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fast_clock_makes_waits_short() {
        let clock = Clock::real(60.0);
        assert_eq!(clock.real_duration(60_000), Duration::from_secs(1));
        assert!(clock.now_ms() > 1_700_000_000_000);
        assert_eq!(Clock::real(0.0).speed(), 1.0);
    }

    #[test]
    fn whoever_knows_the_pace_shows_the_same_time() {
        let (epoch_ms, now_ms) = (1_774_537_200_000_i64, 1_774_537_201_000 + 60_000);
        // A second of the machine after the epoch, at 61 times its speed.
        let pace = Pace::of(now_ms, epoch_ms + 1_000, 61.0);
        assert_eq!(pace.epoch_ms, Some(epoch_ms));
        let slow = Pace::of(epoch_ms + 500, epoch_ms + 1_000, 0.5);
        assert_eq!(slow.epoch_ms, Some(epoch_ms));
        assert_eq!(Pace::of(now_ms, epoch_ms, 1.0).epoch_ms, None);
        let clock = Clock::real(60.0);
        let found_ms = clock.pace().epoch_ms.unwrap();
        assert!((found_ms - clock.origin_ms).abs() < 1_000, "{found_ms}");
        assert_eq!(Clock::machine().pace().epoch_ms, None);
    }

    #[tokio::test]
    async fn nobody_wakes_too_early() {
        let clock = Clock::real(200.0);
        for after_ms in [0, 1, 30, 250] {
            let due_ms = clock.now_ms() + after_ms;
            clock.sleep_until_ms(due_ms).await;
            assert!(clock.now_ms() >= due_ms);
        }
    }
}
