//! What is remembered of one step. All moments are of the steady clock, in milliseconds.

use std::collections::BTreeMap;

use domain::time::{MINUTE_MS, SECOND_MS, UtcMs};

use super::status::{Step, StepState, StepStatus};

/// A step is started again after this long, then after twice as long each time.
const FIRST_RESTART_MS: i64 = SECOND_MS;
const LAST_RESTART_MS: i64 = 30 * SECOND_MS;
/// So many panics in a row, over at least so long, and it cannot be brought back to life.
const DEADLY_PANICS: u32 = 10;
const DEADLY_SPAN_MS: i64 = MINUTE_MS;

/// What is remembered of one step.
#[derive(Clone, Debug)]
pub(super) struct Record {
    since_ms: i64,
    /// It is to succeed again and again. Others are only asked for.
    repeats: bool,
    /// Work under way: when each piece began.
    under_way: BTreeMap<u64, i64>,
    next: u64,
    success: Option<(UtcMs, i64)>,
    failing_since_ms: Option<i64>,
    failed_ms: Option<i64>,
    failures_in_a_row: u32,
    panics: u64,
    panics_in_a_row: u32,
    first_panic_ms: i64,
    last_error: Option<String>,
}

/// What to do after a panic.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct AfterPanic {
    /// Start it again after so long.
    pub(super) restart_ms: i64,
    /// How often it panicked in a row.
    pub(super) in_a_row: u32,
    /// It cannot be brought back to life.
    pub(super) hopeless: bool,
}

impl Record {
    pub(super) fn new(now_ms: i64) -> Self {
        Self {
            since_ms: now_ms,
            repeats: false,
            under_way: BTreeMap::new(),
            next: 0,
            success: None,
            failing_since_ms: None,
            failed_ms: None,
            failures_in_a_row: 0,
            panics: 0,
            panics_in_a_row: 0,
            first_panic_ms: now_ms,
            last_error: None,
        }
    }

    /// From now on it is to succeed again and again.
    pub(super) fn repeats_from(&mut self, now_ms: i64) {
        self.repeats = true;
        self.since_ms = now_ms;
    }

    /// A piece of work begins; its end is told by [`Record::ended`].
    pub(super) fn began(&mut self, now_ms: i64) -> u64 {
        self.next += 1;
        self.under_way.insert(self.next, now_ms);
        self.next
    }

    /// A piece of work is over, or was given up.
    pub(super) fn ended(&mut self, work: u64) {
        self.under_way.remove(&work);
    }

    /// Returns how many failures came before.
    pub(super) fn succeeded(&mut self, at: UtcMs, now_ms: i64) -> u32 {
        self.success = Some((at, now_ms));
        self.failing_since_ms = None;
        self.panics_in_a_row = 0;
        std::mem::take(&mut self.failures_in_a_row)
    }

    /// Returns how many failures there are in a row.
    pub(super) fn failed(&mut self, error: String, now_ms: i64) -> u32 {
        self.failing_since_ms.get_or_insert(now_ms);
        self.failed_ms = Some(now_ms);
        self.failures_in_a_row = self.failures_in_a_row.saturating_add(1);
        self.last_error = Some(error);
        self.failures_in_a_row
    }

    pub(super) fn panicked(&mut self, message: String, now_ms: i64) -> AfterPanic {
        self.failed(message, now_ms);
        if self.panics_in_a_row == 0 {
            self.first_panic_ms = now_ms;
        }
        self.panics += 1;
        self.panics_in_a_row = self.panics_in_a_row.saturating_add(1);
        let doublings = (self.panics_in_a_row - 1).min(8);
        AfterPanic {
            restart_ms: (FIRST_RESTART_MS << doublings).min(LAST_RESTART_MS),
            in_a_row: self.panics_in_a_row,
            hopeless: self.panics_in_a_row >= DEADLY_PANICS && now_ms - self.first_panic_ms >= DEADLY_SPAN_MS,
        }
    }

    /// How it is doing. `bound_ms`: how long it may take; `told_after_ms`: how long it may fail until people hear of it.
    pub(super) fn status(&self, step: Step, now_ms: i64, bound_ms: i64, told_after_ms: i64) -> StepStatus {
        let age_ms = self.success.map(|(_, at)| (now_ms - at).max(0));
        let oldest = self.under_way.values().min();
        let overdue = self.repeats && age_ms.unwrap_or(now_ms - self.since_ms) > bound_ms;
        // One that works without ever coming back says between times that it is well.
        let hangs = oldest.is_some_and(|began| now_ms - began > bound_ms) && (overdue || !self.repeats);
        // Nobody tries again what is only asked for: after a while its last failure says nothing about the present.
        let fails = self.failures_in_a_row > 0
            && (self.repeats || self.failed_ms.is_some_and(|at| now_ms - at <= bound_ms));
        let state = if hangs {
            StepState::Stuck
        } else if self.repeats && self.panics_in_a_row > 0 {
            StepState::Restarting
        } else if fails {
            StepState::Failing
        } else if overdue {
            StepState::Stuck
        } else {
            StepState::Ok
        };
        let lasts = self
            .failing_since_ms
            .is_some_and(|since| now_ms - since >= told_after_ms);
        StepStatus {
            step,
            last_success_at: self.success.map(|(at, _)| at),
            age_ms,
            failures_in_a_row: self.failures_in_a_row,
            panics: self.panics,
            last_error: self.last_error.clone(),
            state,
            in_trouble: match state {
                StepState::Ok => false,
                StepState::Stuck => true,
                StepState::Failing | StepState::Restarting => lasts,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUND_MS: i64 = 30_000;
    const TOLD_AFTER_MS: i64 = 5_000;

    fn repeating() -> Record {
        let mut record = Record::new(0);
        record.repeats_from(0);
        record
    }

    fn seen(record: &Record, now_ms: i64) -> (StepState, bool) {
        let status = record.status(Step::Sweep, now_ms, BOUND_MS, TOLD_AFTER_MS);
        (status.state, status.in_trouble)
    }

    #[test]
    fn a_step_that_never_succeeds_is_stuck_after_its_time() {
        let mut record = repeating();
        assert_eq!(seen(&record, BOUND_MS), (StepState::Ok, false));
        assert_eq!(seen(&record, BOUND_MS + 1), (StepState::Stuck, true));
        record.succeeded(UtcMs(7), BOUND_MS + 1);
        assert_eq!(seen(&record, BOUND_MS + 1), (StepState::Ok, false));
        assert_eq!(seen(&record, 2 * BOUND_MS + 2), (StepState::Stuck, true));
    }

    #[test]
    fn a_step_that_is_only_asked_for_is_stuck_by_its_oldest_work_alone() {
        let mut record = Record::new(0);
        assert_eq!(seen(&record, 100 * BOUND_MS), (StepState::Ok, false));
        let old = record.began(0);
        record.began(BOUND_MS);
        assert_eq!(seen(&record, BOUND_MS + 1), (StepState::Stuck, true));
        record.ended(old);
        assert_eq!(seen(&record, BOUND_MS + 1), (StepState::Ok, false));
    }

    #[test]
    fn a_step_that_never_comes_back_is_well_while_it_says_so() {
        let mut record = repeating();
        record.began(0);
        record.succeeded(UtcMs(0), 100 * BOUND_MS);
        assert_eq!(seen(&record, 101 * BOUND_MS), (StepState::Ok, false));
        assert_eq!(seen(&record, 101 * BOUND_MS + 1), (StepState::Stuck, true));
    }

    #[test]
    fn a_failure_that_lasts_is_told_and_one_that_does_not_is_not() {
        let mut record = repeating();
        record.failed("no".to_owned(), 1_000);
        assert_eq!(seen(&record, 1_000), (StepState::Failing, false));
        record.failed("no".to_owned(), 6_000);
        assert_eq!(seen(&record, 6_000), (StepState::Failing, true));
        assert_eq!(record.succeeded(UtcMs(0), 6_500), 2);
        assert_eq!(seen(&record, 6_500), (StepState::Ok, false));
    }

    #[test]
    fn a_failure_of_what_is_only_asked_for_is_forgotten() {
        let mut record = Record::new(0);
        record.panicked("bug".to_owned(), 0);
        record.failed("no".to_owned(), 6_000);
        assert_eq!(seen(&record, 6_000), (StepState::Failing, true));
        assert_eq!(seen(&record, 6_001 + BOUND_MS), (StepState::Ok, false));
    }

    #[test]
    fn restarts_come_ever_later_and_begin_anew_after_a_success() {
        let mut record = repeating();
        let waits: Vec<i64> = (0..8)
            .map(|_| record.panicked("bug".to_owned(), 0).restart_ms)
            .collect();
        assert_eq!(
            waits,
            [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]
        );
        assert_eq!(seen(&record, 0).0, StepState::Restarting);
        record.succeeded(UtcMs(0), 0);
        assert_eq!(record.panicked("bug".to_owned(), 0).restart_ms, 1_000);
        assert_eq!(record.status(Step::Sweep, 0, BOUND_MS, TOLD_AFTER_MS).panics, 9);
    }

    #[test]
    fn it_is_hopeless_after_ten_panics_in_a_row_over_a_minute() {
        let hopeless = |spread_ms: i64, success_after: Option<usize>| {
            let mut record = repeating();
            let mut last = false;
            for panic in 0..10 {
                if success_after == Some(panic) {
                    record.succeeded(UtcMs(0), 0);
                }
                last = record
                    .panicked("bug".to_owned(), i64::try_from(panic).unwrap() * spread_ms)
                    .hopeless;
            }
            last
        };
        assert!(hopeless(7_000, None));
        assert!(!hopeless(6_000, None), "within a minute");
        assert!(!hopeless(7_000, Some(5)), "it succeeded once");
    }
}
