//! Who gets the free lines, and from which of our numbers they call.

use serde::Serialize;

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

    proptest! {
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
