//! Who gets the free lines, and from which of our numbers they call.

use serde::Serialize;

use crate::time::{MINUTE_MS, SECOND_MS, UtcMs};

pub mod breaker;
mod rotation;

pub use rotation::{Caller, rotate};

/// A campaign that wants lines.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Demand {
    /// How many calls the campaign may have open at once.
    pub cap: u32,
    /// How many it has open.
    pub open: u32,
    /// How many contacts could be called now. More than the free lines need not be counted.
    pub waiting: u32,
    /// Higher goes first; equals share.
    pub priority: i32,
}

/// Divides `free` lines among the campaigns: the highest priority first, and among equals every line goes to the
/// campaign that has the fewest open, so that their shares even out.
///
/// Returns how many new calls each campaign gets, in the order given. Guarantee *never over*: no campaign gets more than
/// its cap leaves, and together no more than `free`.
#[must_use]
pub fn share_lines(free: u32, demands: &[Demand]) -> Vec<u32> {
    let mut granted = vec![0_u32; demands.len()];
    for _ in 0..free {
        let hungriest = demands
            .iter()
            .zip(&granted)
            .enumerate()
            .filter(|(_, (demand, got))| **got < demand.waiting && demand.open + **got < demand.cap)
            .min_by_key(|(index, (demand, got))| {
                (std::cmp::Reverse(demand.priority), demand.open + **got, *index)
            });
        let Some((index, _)) = hungriest else { break };
        granted[index] += 1;
    }
    granted
}

/// The lines of the account: what is configured, and what the provider has lately shown to be true.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Lines {
    /// How many the account has.
    pub cap: u32,
    /// How many the provider last allowed, when that is fewer and still fresh.
    pub learnt: Option<u32>,
    /// How many campaigns must leave free, for calls that come in and for others who share the account.
    pub reserved: u32,
}

impl Lines {
    /// How many calls may be open at once: what there is, at least one to learn by, less what is reserved.
    #[must_use]
    pub fn usable(self) -> u32 {
        let there = self.learnt.map_or(self.cap, |learnt| learnt.max(1).min(self.cap));
        there.saturating_sub(self.reserved)
    }
}

/// How many more calls may be begun now, when at most `per_second` may begin in any second (`None`: as many as there
/// are lines). `begun_in_last_second`: those reserved in the second before now, that is after `now - 1,000 ms`.
#[must_use]
pub const fn rate_left(per_second: Option<u32>, begun_in_last_second: u32) -> u32 {
    match per_second {
        Some(limit) => limit.saturating_sub(begun_in_last_second),
        None => u32::MAX,
    }
}

/// A claim reserves so many seconds' worth of calls: enough that every second finds some to send, and so few that each
/// is sent long before its reservation ends.
const SECONDS_RESERVED: u32 = 2;

/// How many more calls may be reserved now, when at most `per_second` requests may leave in any second (`None`: as many
/// as there are lines). `unsent`: calls that are reserved and whose request has not left; `sent_in_last_second`: requests
/// that left after `now - 1,000 ms`.
///
/// When a request may leave is decided when it is sent ([`leaves_at`]); this only keeps reservations from piling up.
#[must_use]
pub const fn reserve_left(per_second: Option<u32>, unsent: u32, sent_in_last_second: u32) -> u32 {
    match per_second {
        Some(limit) => limit
            .saturating_mul(SECONDS_RESERVED)
            .saturating_sub(unsent)
            .saturating_sub(sent_in_last_second),
        None => u32::MAX,
    }
}

/// When the next request may leave, when at most `per_second` may in any second. `None`: now.
///
/// `sent` is when requests left, the newest first, at least all after `now - 1,000 ms`. The clocks of nodes differ a
/// little, so some may lie after `now`: they count, and no second holds more than it may whatever the order of the
/// moments.
#[must_use]
pub fn leaves_at(per_second: u32, sent: &[UtcMs], now: UtcMs) -> Option<UtcMs> {
    let fullest = usize::try_from(per_second.max(1) - 1).unwrap_or(usize::MAX);
    let at = *sent.get(fullest)? + SECOND_MS;
    (at > now).then_some(at)
}

/// No belief lasts longer, in milliseconds: one that does was written by a clock that has been set back since.
pub const LONGEST_BELIEF_MS: i64 = 10 * MINUTE_MS;

/// In the last minute of a belief it grows by doubling steps of this length, in milliseconds.
const GROWS_EVERY_MS: i64 = 10 * SECOND_MS;

/// How many lines are believed to be there at `now`, of `learnt` lines that are believed until `until`. `None`: the belief
/// is over, and all count again.
///
/// In its last minute the belief grows back by itself, by 1, 3, 7, 15 and 31 lines, one step every 10 s: a line that has
/// become free is found soon, and one that has not costs a single refusal.
#[must_use]
pub fn believed(learnt: u32, until: UtcMs, now: UtcMs) -> Option<u32> {
    if !now.must_wait_for(until, LONGEST_BELIEF_MS) {
        return None;
    }
    let growing_ms = (MINUTE_MS - until.since(now)).max(0);
    let steps = u32::try_from(growing_ms / GROWS_EVERY_MS).unwrap_or(0);
    Some(learnt.saturating_add((1 << steps.min(16)) - 1))
}

/// How many requests may wait for the provider's answer at once, of `usable` lines, after so many refusals in a row: half
/// as many after each, and always one to try with. None in a row: as many as there are lines.
#[must_use]
pub fn unanswered_at_once(usable: u32, refusals: u32) -> u32 {
    if refusals == 0 {
        return u32::MAX;
    }
    usable.checked_shr(refusals).unwrap_or(0).max(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wants(cap: u32, open: u32, waiting: u32) -> Demand {
        Demand {
            cap,
            open,
            waiting,
            priority: 0,
        }
    }

    #[test]
    fn one_campaign_fills_its_cap_and_no_more() {
        assert_eq!(share_lines(20, &[wants(8, 3, 100)]), [5]);
    }

    #[test]
    fn equals_share_evenly_and_the_one_behind_catches_up() {
        assert_eq!(share_lines(8, &[wants(8, 0, 100), wants(8, 0, 100)]), [4, 4]);
        assert_eq!(share_lines(4, &[wants(8, 4, 100), wants(8, 0, 100)]), [0, 4]);
    }

    #[test]
    fn what_one_cannot_use_goes_to_the_others() {
        assert_eq!(share_lines(8, &[wants(8, 0, 1), wants(8, 0, 100)]), [1, 7]);
    }

    #[test]
    fn a_higher_priority_goes_first() {
        let urgent = Demand {
            priority: 1,
            ..wants(8, 6, 100)
        };
        assert_eq!(share_lines(3, &[wants(8, 0, 100), urgent]), [1, 2]);
    }

    #[test]
    fn an_account_always_keeps_one_line_to_learn_by() {
        let usable = |learnt| {
            Lines {
                cap: 8,
                learnt,
                reserved: 0,
            }
            .usable()
        };
        assert_eq!(usable(Some(0)), 1);
        assert_eq!(usable(Some(30)), 8);
        assert_eq!(usable(None), 8);
    }

    #[test]
    fn reserved_lines_stay_free_also_when_there_are_fewer_than_believed() {
        let usable = |learnt, reserved| {
            Lines {
                cap: 8,
                learnt,
                reserved,
            }
            .usable()
        };
        assert_eq!(usable(None, 3), 5);
        assert_eq!(usable(Some(5), 3), 2);
        assert_eq!(usable(Some(2), 3), 0);
        assert_eq!(usable(None, 9), 0);
        assert_eq!(Lines::default().usable(), 0);
    }

    #[test]
    fn what_a_second_allows_is_used_up() {
        assert_eq!(rate_left(Some(3), 0), 3);
        assert_eq!(rate_left(Some(3), 2), 1);
        assert_eq!(rate_left(Some(3), 7), 0);
        assert_eq!(rate_left(None, 7), u32::MAX);
    }

    #[test]
    fn two_seconds_worth_are_reserved_and_no_more() {
        assert_eq!(reserve_left(Some(3), 0, 0), 6);
        assert_eq!(reserve_left(Some(3), 2, 3), 1);
        assert_eq!(reserve_left(Some(3), 6, 3), 0);
        assert_eq!(reserve_left(None, 99, 99), u32::MAX);
    }

    #[test]
    fn a_request_leaves_when_its_second_has_room() {
        let sent = |moments: &[i64]| -> Vec<UtcMs> { moments.iter().map(|ms| UtcMs(*ms)).collect() };
        let now = UtcMs(10_000);
        assert_eq!(leaves_at(2, &sent(&[]), now), None);
        assert_eq!(leaves_at(2, &sent(&[9_900]), now), None);
        assert_eq!(leaves_at(2, &sent(&[9_900, 9_500]), now), Some(UtcMs(10_500)));
        assert_eq!(leaves_at(2, &sent(&[9_900, 9_000]), now), None, "a second apart");
        assert_eq!(
            leaves_at(1, &sent(&[9_900, 9_500]), now),
            Some(UtcMs(10_900)),
            "fewer than were allowed before"
        );
        assert_eq!(
            leaves_at(1, &sent(&[10_050]), now),
            Some(UtcMs(11_050)),
            "the clock of another node is ahead"
        );
    }

    #[test]
    fn a_belief_about_lines_grows_back_in_its_last_minute() {
        let until = UtcMs(600_000);
        let lines = |now_ms| believed(4, until, UtcMs(now_ms));
        assert_eq!(lines(0), Some(4));
        assert_eq!(lines(540_000), Some(4));
        assert_eq!(lines(549_999), Some(4));
        assert_eq!(lines(550_000), Some(5));
        assert_eq!(lines(560_000), Some(7));
        assert_eq!(lines(590_000), Some(35));
        assert_eq!(lines(600_000), None);
    }

    #[test]
    fn after_refusals_fewer_requests_are_under_way_at_once() {
        let at_once = |refusals| unanswered_at_once(10, refusals);
        assert_eq!([0, 1, 2, 3, 4, 40].map(at_once), [u32::MAX, 5, 2, 1, 1, 1]);
    }

    proptest! {
        /// Guarantee *never over*: whatever the order in which nodes with clocks of their own ask, no second holds more
        /// requests than it may.
        #[test]
        fn no_second_holds_more_requests_than_it_may(
            per_second in 1_u32..5,
            asked in proptest::collection::vec(0_i64..4_000, 0..60),
        ) {
            let mut sent: Vec<UtcMs> = Vec::new();
            for now in asked.into_iter().map(UtcMs) {
                sent.sort_unstable_by(|one, other| other.cmp(one));
                let lately: Vec<UtcMs> = sent.iter().copied().filter(|at| *at > now - SECOND_MS).collect();
                if leaves_at(per_second, &lately, now).is_none() {
                    sent.push(now);
                }
            }
            for from in &sent {
                let within = sent.iter().filter(|at| **at >= *from && at.since(*from) < SECOND_MS).count();
                prop_assert!(within <= per_second as usize);
            }
        }

        #[test]
        fn never_over_and_nothing_left_idle(
            free in 0_u32..40,
            demands in proptest::collection::vec(
                (1_u32..12, 0_u32..12, 0_u32..30, -1_i32..2)
                    .prop_map(|(cap, open, waiting, priority)| Demand { cap, open, waiting, priority }),
                0..6,
            ),
        ) {
            let granted = share_lines(free, &demands);
            let total: u32 = granted.iter().sum();
            prop_assert!(total <= free);
            let mut could_use_more = false;
            for (demand, got) in demands.iter().zip(&granted) {
                prop_assert!(*got <= demand.waiting);
                prop_assert!(*got == 0 || demand.open + got <= demand.cap);
                could_use_more |= *got < demand.waiting && demand.open + got < demand.cap;
            }
            prop_assert!(total == free || !could_use_more);
        }
    }
}
