//! From the clock on the wall to moments: whether a rule is open, until when, and when it opens next.
//!
//! A rule is open at a moment exactly if the local date and time of that moment lie in one of its windows. A zone's
//! offset is the same within a span, so there local time runs like any other; where one span ends and the next begins,
//! the question is asked anew. An hour that is missing is therefore never open, an hour that comes twice is open twice,
//! and a day that a zone left out never was.

use super::{Rule, day::Day, window::Window};
use crate::place::clock::Clock;

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// A moment of local time: milliseconds since the local midnight with which 1970 began.
type LocalMs = i64;

/// The day of a local moment.
fn day_of(local: LocalMs) -> Day {
    Day::since_1970(i32::try_from(local.div_euclid(DAY_MS)).unwrap_or(i32::MAX / 2))
}

/// When the windows that are open at a local moment close, the last of them.
fn closes(rule: &Rule, local: LocalMs) -> Option<LocalMs> {
    let midnight = local - local.rem_euclid(DAY_MS);
    let day = day_of(local);
    let today = rule.windows(day);
    let own = today.windows.iter().filter_map(|window| {
        let from = midnight + i64::from(window.from_min) * MINUTE_MS;
        let to = midnight + i64::from(window.to_min) * MINUTE_MS;
        if !window.is_valid() || local < from {
            None
        } else if window.is_over_midnight() {
            // Midnight is as far as this looks; what goes on is found when it is asked for the next day.
            Some(midnight + DAY_MS)
        } else {
            (local < to).then_some(to)
        }
    });
    let latest = own.max();
    if latest.is_some() || today.is_special {
        return latest;
    }
    let over_midnight = |window: &Window| {
        let to = midnight + i64::from(window.to_min) * MINUTE_MS;
        (window.is_valid() && window.is_over_midnight() && local < to).then_some(to)
    };
    rule.windows(day.plus(-1))
        .windows
        .iter()
        .filter_map(over_midnight)
        .max()
}

/// The first local moment after `local` and before `limit` at which a window opens. Nothing is open at `local`.
fn opens(rule: &Rule, local: LocalMs, limit: LocalMs) -> Option<LocalMs> {
    let mut midnight = local - local.rem_euclid(DAY_MS);
    while midnight < limit {
        let day = rule.windows(day_of(midnight));
        let first = day
            .windows
            .iter()
            .filter(|window| window.is_valid())
            .map(|window| midnight + i64::from(window.from_min) * MINUTE_MS)
            .filter(|from| *from > local)
            .min();
        if let Some(first) = first {
            return (first < limit).then_some(first);
        }
        midnight += DAY_MS;
    }
    None
}

/// One rule in one zone.
#[derive(Clone, Copy)]
pub(super) struct Bound<'a> {
    pub(super) clock: &'a Clock,
    pub(super) rule: &'a Rule,
}

impl Bound<'_> {
    /// UTC milliseconds until which the rule stays open without a break, `limit` at most. `None`: it is not open.
    pub(super) fn open_until(&self, at_ms: i64, limit_ms: i64) -> Option<i64> {
        let mut offset = self.clock.offset(at_ms)?;
        let mut until_ms = at_ms;
        // At least one window is open at first, or else the answer is none.
        let mut closes_local = Some(closes(self.rule, at_ms + offset.ms)?);
        while let Some(local) = closes_local {
            // A time of day says when only in the span for which it was worked out.
            until_ms = (local - offset.ms).min(offset.end_ms);
            if until_ms >= limit_ms {
                return Some(limit_ms);
            }
            if until_ms == offset.end_ms {
                let Some(next) = self.clock.offset(until_ms) else {
                    break;
                };
                offset = next;
            }
            closes_local = closes(self.rule, until_ms + offset.ms);
        }
        Some(until_ms)
    }

    /// The first moment at or after `from_ms` and before `limit_ms` at which the rule is open.
    pub(super) fn next_open(&self, from_ms: i64, limit_ms: i64) -> Option<i64> {
        let mut at_ms = from_ms;
        while at_ms < limit_ms {
            let offset = self.clock.offset(at_ms)?;
            let local = at_ms + offset.ms;
            if closes(self.rule, local).is_some() {
                return Some(at_ms);
            }
            let end_ms = offset.end_ms.min(limit_ms);
            if let Some(opens) = opens(self.rule, local, end_ms + offset.ms) {
                return Some(opens - offset.ms);
            }
            at_ms = end_ms;
        }
        None
    }
}

/// The first moment at or after `from_ms` and before `limit_ms` at which all are open.
pub(super) fn next_open_for_all(bounds: &[Bound<'_>], from_ms: i64, limit_ms: i64) -> Option<i64> {
    let mut at_ms = from_ms;
    let mut agreed = 0;
    for bound in bounds.iter().cycle() {
        if agreed == bounds.len() {
            break;
        }
        let open_ms = bound.next_open(at_ms, limit_ms)?;
        if open_ms > at_ms {
            at_ms = open_ms;
            agreed = 0;
        }
        agreed += 1;
    }
    Some(at_ms)
}
