//! The clock that the provider tells the time by.
//!
//! People live by the true time, and the ledger speaks of it. What the provider *tells* (`Date`, `createdAt`, timestamps of
//! webhooks, the times in messages, what lists filter by) is what its own clock showed at the true moment, and that clock
//! may be wrong and may jump.

use crate::book::Window;
use crate::time;
use crate::world::World;
use http::Response;
use http::header::DATE;

/// By how much the provider's clock is ahead of the true time, and when that changed.
#[derive(Debug)]
pub(crate) struct ToldClock {
    /// From which true moment on it is how many milliseconds ahead, oldest first. Never empty.
    steps: Vec<(i64, i64)>,
}

impl ToldClock {
    pub(crate) fn new(ahead_ms: i64) -> ToldClock {
        ToldClock {
            steps: vec![(i64::MIN, ahead_ms)],
        }
    }

    /// Lets it jump: from now on it is so far ahead.
    pub(crate) fn set(&mut self, ahead_ms: i64, now_ms: i64) {
        self.steps.retain(|(since_ms, _)| *since_ms < now_ms);
        self.steps.push((now_ms, ahead_ms));
    }

    /// How far it is ahead at present.
    pub(crate) fn ahead_ms(&self) -> i64 {
        self.steps.last().map_or(0, |(_, ahead_ms)| *ahead_ms)
    }

    /// What it showed at a true moment; of one to come what it will show unless it jumps.
    pub(crate) fn at(&self, true_ms: i64) -> i64 {
        let step = self.steps.iter().rfind(|(since_ms, _)| *since_ms <= true_ms);
        true_ms.saturating_add(step.map_or(0, |(_, ahead_ms)| *ahead_ms))
    }

    /// The true moment at which it will show that, unless it jumps.
    pub(crate) fn true_ms(&self, told_ms: i64) -> i64 {
        told_ms.saturating_sub(self.ahead_ms())
    }

    /// True moments that it showed something outside the window at lie outside this one.
    pub(crate) fn true_window(&self, told: Window) -> Window {
        let ahead_ms = || self.steps.iter().map(|(_, ahead_ms)| *ahead_ms);
        Window {
            from_ms: told.from_ms.saturating_sub(ahead_ms().max().unwrap_or(0)),
            to_ms: told.to_ms.saturating_sub(ahead_ms().min().unwrap_or(0)),
        }
    }

    /// Whether what it shows is in the order of what is true.
    pub(crate) fn keeps_order(&self) -> bool {
        self.steps.is_sorted_by_key(|(_, ahead_ms)| *ahead_ms)
    }
}

impl World {
    /// The provider's clock jumps: from the moment that the world was last told it is so many milliseconds ahead of the true
    /// time (below 0: behind). What it showed before stays as it was, and people's time goes on as if nothing had happened.
    pub fn set_clock_ahead(&mut self, ahead_ms: i64) {
        self.told.set(ahead_ms, self.now_ms);
    }

    /// How many milliseconds the provider's clock is ahead of the true time.
    pub fn clock_ahead_ms(&self) -> i64 {
        self.told.ahead_ms()
    }

    /// Says in the answer when it leaves, by the provider's clock.
    pub(crate) fn date<Body>(&self, answer: &mut Response<Body>, leaves_ms: i64) {
        if let Some(date) = time::http_date(self.told.at(leaves_ms)) {
            answer.headers_mut().insert(DATE, date);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_showed_stays_what_it_showed() {
        let mut clock = ToldClock::new(0);
        clock.set(7_200, 100);
        clock.set(-50, 200);
        clock.set(-60, 200);
        assert_eq!(
            [99, 100, 199, 200].map(|ms| clock.at(ms)),
            [99, 7_300, 7_399, 140]
        );
        assert_eq!((clock.ahead_ms(), clock.true_ms(140)), (-60, 200));
        assert!(!clock.keeps_order());
    }

    #[test]
    fn the_true_window_holds_all_that_was_shown_in_the_told_one() {
        let mut clock = ToldClock::new(30);
        clock.set(-20, 100);
        let told = Window {
            from_ms: 60,
            to_ms: 120,
        };
        let rough = clock.true_window(told);
        for true_ms in 0..300 {
            assert!(!told.has(clock.at(true_ms)) || rough.has(true_ms), "{true_ms}");
        }
        assert_eq!(ToldClock::new(5).true_window(Window::ALL).from_ms, i64::MIN);
    }
}
