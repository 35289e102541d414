//! A limit on log lines of one kind, so that a flood from outside cannot fill the log.

use std::sync::{Mutex, PoisonError};

use crate::time::{SECOND_MS, UtcMs};

/// The usual window of a throttle, in milliseconds.
const WINDOW_MS: i64 = 10 * SECOND_MS;

/// Lets so many lines through in each window of ten seconds, and counts those that it left out.
///
/// The first line passes at once. What was left out is told with the next line that passes. `now` is an argument, so one
/// throttle can be shared by all threads and tested by value.
#[derive(Debug)]
pub struct Throttle {
    lines: u32,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    window_from: Option<UtcMs>,
    passed: u32,
    left_out: u64,
}

impl Throttle {
    /// Lets this many lines through in each window of ten seconds.
    #[must_use]
    pub const fn new(lines: u32) -> Self {
        Self {
            lines,
            state: Mutex::new(State {
                window_from: None,
                passed: 0,
                left_out: 0,
            }),
        }
    }

    /// Whether a line may be written now: `Some` with how many were left out since the last one, or `None`, which counts
    /// as one more left out. A clock that was set back begins a new window.
    pub fn admit(&self, now: UtcMs) -> Option<u64> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        // Threads bring moments that are slightly out of order; only a clock that was set back is further off.
        let is_open = state
            .window_from
            .is_some_and(|from| (now.0 - from.0).abs() < WINDOW_MS);
        if !is_open {
            state.window_from = Some(now);
            state.passed = 0;
        }
        if state.passed >= self.lines {
            state.left_out += 1;
            return None;
        }
        state.passed += 1;
        Some(std::mem::take(&mut state.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(throttle: &Throttle, moments: impl IntoIterator<Item = i64>) -> Vec<(i64, u64)> {
        moments
            .into_iter()
            .filter_map(|at| Some((at, throttle.admit(UtcMs(at))?)))
            .collect()
    }

    #[test]
    fn a_flood_passes_one_line_a_window_and_every_line_left_out_is_counted() {
        let throttle = Throttle::new(1);
        let flood = admitted(&throttle, 0..30_000);
        assert_eq!(flood, [(0, 0), (10_000, 9_999), (20_000, 9_999)]);
        assert_eq!(
            throttle.admit(UtcMs(90_000)),
            Some(9_999),
            "the rest of the flood"
        );
        assert_eq!(throttle.admit(UtcMs(100_000)), Some(0));
    }

    #[test]
    fn what_happens_rarely_passes_whole() {
        let throttle = Throttle::new(3);
        assert_eq!(
            admitted(&throttle, [5, 6, 7, 8, 10_005]),
            [(5, 0), (6, 0), (7, 0), (10_005, 1)]
        );
    }

    #[test]
    fn a_clock_that_is_set_back_silences_nothing() {
        let throttle = Throttle::new(1);
        assert_eq!(throttle.admit(UtcMs(1_000_000)), Some(0));
        assert_eq!(throttle.admit(UtcMs(0)), Some(0));
        assert_eq!(throttle.admit(UtcMs(9_999)), None);
    }
}
