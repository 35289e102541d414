//! How far the provider's clock is from a steady one, by the `Date` of its latest answers.

use std::collections::VecDeque;

use domain::time::UtcMs;

use super::MAX_CLOCK_DIFFERENCE_MS;

/// How many answers count. With five, two that lie change nothing.
const KEPT: usize = 5;
/// `Date` tells whole seconds: the moment lies somewhere in the second that it names, in milliseconds.
const DATE_STEP_MS: i64 = 1_000;

/// What one answer tells: the provider's clock minus the steady one, and how far from that the truth may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Reading {
    ahead_of_steady_ms: i64,
    within_ms: i64,
}

/// The latest answers, oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Readings(VecDeque<Reading>);

impl Readings {
    /// An answer that says `date`, to a request that left and was answered at these moments of the steady clock.
    pub(super) fn add(&mut self, date: UtcMs, sent_steady_ms: i64, answered_steady_ms: i64) {
        let took_ms = (answered_steady_ms - sent_steady_ms).max(0);
        // When the answer arrived, the provider's clock stood between `date` and `date` + a second + the way.
        let within_ms = (DATE_STEP_MS + took_ms) / 2;
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(Reading {
            ahead_of_steady_ms: date.0 + within_ms - answered_steady_ms,
            within_ms,
        });
    }

    /// The provider's time now: the median of what the answers tell. `None` before the first.
    pub(super) fn provider_now(&self, steady_ms: i64) -> Option<UtcMs> {
        self.median()
            .map(|reading| UtcMs(steady_ms + reading.ahead_of_steady_ms))
    }

    /// How far `machine` is ahead of the provider's clock, in milliseconds, when they certainly differ by more than is
    /// allowed: by the answers together, or by the latest alone.
    pub(super) fn differs(&self, machine: UtcMs, steady_ms: i64) -> Option<i64> {
        let certainly = |reading: Reading| {
            let ahead_ms = ahead(machine, steady_ms, reading);
            (ahead_ms.abs() - reading.within_ms > MAX_CLOCK_DIFFERENCE_MS).then_some(ahead_ms)
        };
        self.median()
            .and_then(certainly)
            .or_else(|| self.0.back().copied().and_then(certainly))
    }

    /// Whether the answers together say that `machine` is wrong.
    pub(super) fn outvote(&self, machine: UtcMs, steady_ms: i64) -> bool {
        self.median().is_some_and(|reading| {
            ahead(machine, steady_ms, reading).abs() - reading.within_ms > MAX_CLOCK_DIFFERENCE_MS
        })
    }

    /// How far `machine` is ahead of the provider's clock, in milliseconds. `None` before the first answer.
    pub(super) fn ahead_ms(&self, machine: UtcMs, steady_ms: i64) -> Option<i64> {
        self.median().map(|reading| ahead(machine, steady_ms, reading))
    }

    fn median(&self) -> Option<Reading> {
        let mut sorted: Vec<Reading> = self.0.iter().copied().collect();
        sorted.sort_by_key(|reading| reading.ahead_of_steady_ms);
        sorted.get(sorted.len().saturating_sub(1) / 2).copied()
    }
}

fn ahead(machine: UtcMs, steady_ms: i64, reading: Reading) -> i64 {
    machine.0 - (steady_ms + reading.ahead_of_steady_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: UtcMs = UtcMs(1_800_000_000_000);

    fn told(dates_s: &[i64]) -> Readings {
        let mut readings = Readings::default();
        for date_s in dates_s {
            readings.add(NOON + date_s * 1_000, 0, 200);
        }
        readings
    }

    #[test]
    fn an_answer_tells_the_time_to_the_second() {
        let readings = told(&[0]);
        let now = readings.provider_now(200).unwrap();
        assert!(now.since(NOON) <= 1_200 && now >= NOON, "{now:?}");
        assert_eq!(readings.differs(NOON, 200), None);
        assert_eq!(readings.differs(NOON + 29_000, 200), None);
        assert!(readings.differs(NOON + 40_000, 200).unwrap() > 30_000);
        assert!(readings.differs(NOON - 7_200_000, 200).unwrap() < -7_000_000);
    }

    #[test]
    fn a_jump_of_our_clock_is_seen_without_another_answer() {
        let readings = told(&[0, 0, 0]);
        // Ten seconds later by the steady clock, and two hours later by the machine's.
        assert!(readings.differs(NOON + 7_210_000, 10_200).is_some());
        assert_eq!(readings.differs(NOON + 10_000, 10_200), None);
    }

    #[test]
    fn one_answer_that_lies_holds_and_does_not_correct() {
        let readings = told(&[0, 0, 0, 0, -1_000_000]);
        assert!(readings.differs(NOON, 200).is_some());
        assert!(!readings.outvote(NOON, 200));
        let readings = told(&[0, 0, -1_000_000, -1_000_000, -1_000_000]);
        assert!(readings.outvote(NOON, 200));
    }

    #[test]
    fn a_slow_answer_proves_no_difference() {
        let mut readings = Readings::default();
        readings.add(NOON, 0, 90_000);
        assert_eq!(readings.differs(NOON + 75_000, 90_000), None);
    }
}
