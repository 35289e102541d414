//! What a call may cost at worst, learnt from what calls did cost.

use serde::{Deserialize, Serialize};

use super::UsdMicros;
use crate::time::MINUTE_MS;

/// Assumed before anything is known: half a dollar a minute. The provider's own minute with a large model, a dear voice
/// and a carrier together stay below that at list prices of 2026.
const ASSUMED_PER_MINUTE: UsdMicros = UsdMicros(500_000);
/// So many calls of a minute or more must have been seen before what they cost may be less than what was assumed.
const ENOUGH_CALLS: usize = 5;
/// Costs are told in ten-thousandths of a dollar: a call may have cost this much more than was told, in millionths.
const ROUNDING_USD_MICROS: i64 = 100;

/// An upper bound for the cost of a call by its length.
///
/// It holds for prices that have a fixed part and a part that grows with the length, charged by the second or by the
/// started minute. Prices that grow faster than the length (a model that reads an ever longer conversation again at
/// every turn) are bound as far as calls of such lengths were seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Rate {
    /// For each started minute.
    pub per_minute: UsdMicros,
    /// The dearest call ever seen: no call's worst case is less.
    pub floor: UsdMicros,
    /// On how many calls `per_minute` rests. 0: it is assumed.
    pub learnt_from: u32,
}

impl Rate {
    /// What is assumed before any call has ended.
    #[must_use]
    pub const fn assumed() -> Self {
        Self::of(ASSUMED_PER_MINUTE)
    }

    /// An assumption of one's own.
    #[must_use]
    pub const fn of(per_minute: UsdMicros) -> Self {
        Self {
            per_minute,
            floor: UsdMicros(0),
            learnt_from: 0,
        }
    }

    /// What follows from the length in milliseconds and the cost of calls that have ended, on top of what is assumed.
    /// Calls that cost nothing teach nothing.
    ///
    /// Why this bounds every call, once one was seen: a call of length `d` cost the fixed part and `d` at the true
    /// price, so its cost by the minute is at least the true price plus its share of the fixed part. For longer calls,
    /// that times their started minutes covers both. Shorter ones cost no more than it did, which is the floor.
    /// The dearest minute of several calls counts, so that also prices that vary are bound as far as they were seen.
    #[must_use]
    pub fn learn(self, calls: &[(i64, UsdMicros)]) -> Self {
        let paid = || {
            calls
                .iter()
                .filter(|(duration_ms, cost)| *duration_ms > 0 && cost.0 > 0)
        };
        let dearest = calls
            .iter()
            .map(|(_, cost)| *cost)
            .fold(self.floor, UsdMicros::max);
        // The fixed part makes the minutes of short calls look dear, so they count only where there is nothing better.
        let long: Vec<UsdMicros> = paid()
            .filter(|(duration_ms, _)| *duration_ms >= MINUTE_MS)
            .map(|(duration_ms, cost)| by_minute(*duration_ms, *cost))
            .collect();
        let seen = long.iter().copied().max();
        let (per_minute, learnt_from) = if long.len() >= ENOUGH_CALLS {
            (seen.unwrap_or(self.per_minute), long.len())
        } else {
            (seen.unwrap_or(self.per_minute).max(self.per_minute), 0)
        };
        Self {
            per_minute,
            floor: dearest,
            learnt_from: u32::try_from(learnt_from).unwrap_or(u32::MAX),
        }
    }

    /// What a call of at most `max_duration_ms` may cost at worst. Never less than a minute, nor than any call seen.
    #[must_use]
    pub fn worst_case(&self, max_duration_ms: i64) -> UsdMicros {
        let whole_minutes = max_duration_ms.max(1) / MINUTE_MS;
        let begun = i64::from(max_duration_ms.max(1) % MINUTE_MS > 0);
        let by_length = self.per_minute.0.saturating_mul(whole_minutes + begun);
        UsdMicros(by_length).max(self.floor)
    }
}

/// The cost of a minute of this call, rounded up.
fn by_minute(duration_ms: i64, cost: UsdMicros) -> UsdMicros {
    let cost = i128::from(cost.0) + i128::from(ROUNDING_USD_MICROS);
    let duration_ms = i128::from(duration_ms.max(1));
    let dear = (cost * i128::from(MINUTE_MS) + duration_ms - 1) / duration_ms;
    UsdMicros(i64::try_from(dear).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::time::SECOND_MS;

    #[test]
    fn before_any_call_the_assumption_holds() {
        assert_eq!(Rate::assumed().worst_case(10 * MINUTE_MS), UsdMicros(5_000_000));
        assert_eq!(
            Rate::of(UsdMicros(100_000)).worst_case(10 * MINUTE_MS + 1),
            UsdMicros(1_100_000)
        );
        assert_eq!(Rate::assumed().learn(&[]), Rate::assumed());
        assert_eq!(Rate::assumed().worst_case(0), UsdMicros(500_000));
    }

    #[test]
    fn a_few_calls_can_only_raise_the_assumption_and_enough_replace_it() {
        let cheap = (2 * MINUTE_MS, UsdMicros(199_900));
        let four = Rate::assumed().learn(&[cheap; 4]);
        assert_eq!((four.per_minute, four.learnt_from), (UsdMicros(500_000), 0));
        let five = Rate::assumed().learn(&[cheap; 5]);
        assert_eq!((five.per_minute, five.learnt_from), (UsdMicros(100_000), 5));
        let dear = Rate::assumed().learn(&[(2 * MINUTE_MS, UsdMicros(3_999_900))]);
        assert_eq!(dear.per_minute, UsdMicros(2_000_000));
    }

    #[test]
    fn short_and_free_calls_do_not_distort_the_minute() {
        let mut calls = vec![(2 * MINUTE_MS, UsdMicros(199_900)); 5];
        calls.extend([
            (SECOND_MS, UsdMicros(50_000)),
            (9 * MINUTE_MS, UsdMicros(0)),
            (0, UsdMicros(70_000)),
        ]);
        let rate = Rate::assumed().learn(&calls);
        assert_eq!(rate.per_minute, UsdMicros(100_000));
        assert_eq!(rate.floor, UsdMicros(199_900));
        // Calls whose cost has not come yet do not count towards enough.
        let free = Rate::assumed().learn(&[(2 * MINUTE_MS, UsdMicros(0)); 50]);
        assert_eq!(free, Rate::assumed());
    }

    /// What a provider would charge, in millionths of a dollar.
    #[derive(Clone, Copy, Debug)]
    struct Price {
        fixed: i64,
        per_minute: i64,
        unit_ms: i64,
        told_in: i64,
    }

    impl Price {
        fn of(self, duration_ms: i64) -> i64 {
            let units = (duration_ms + self.unit_ms - 1) / self.unit_ms;
            let cost = self.fixed + (self.per_minute * units * self.unit_ms + MINUTE_MS - 1) / MINUTE_MS;
            // Rounded to the nearest sum that the provider tells.
            (cost + self.told_in / 2) / self.told_in * self.told_in
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn no_call_costs_more_than_its_worst_case(
            price in (
                0..200_000_i64,
                1_000..3_000_000_i64,
                prop::sample::select(vec![1, SECOND_MS, 6 * SECOND_MS, MINUTE_MS]),
                prop::sample::select(vec![1, 100]),
            ).prop_map(|(fixed, per_minute, unit_ms, told_in)| Price { fixed, per_minute, unit_ms, told_in }),
            long in prop::collection::vec(MINUTE_MS..20 * MINUTE_MS, ENOUGH_CALLS..12),
            any_length in prop::collection::vec(1..2 * MINUTE_MS, 0..12),
            max_duration_ms in 10 * SECOND_MS..60 * MINUTE_MS,
            share in 0.0..=1.0_f64,
        ) {
            let calls: Vec<(i64, UsdMicros)> = long.iter().chain(&any_length)
                .map(|duration_ms| (*duration_ms, UsdMicros(price.of(*duration_ms))))
                .collect();
            let rate = Rate::of(UsdMicros(1)).learn(&calls);
            prop_assert!(rate.learnt_from >= 5);
            let worst = rate.worst_case(max_duration_ms);
            #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "any length will do")]
            let duration_ms = ((max_duration_ms as f64 * share) as i64).clamp(1, max_duration_ms);
            for duration_ms in [duration_ms, max_duration_ms] {
                prop_assert!(price.of(duration_ms) <= worst.0, "{} ms: {} > {:?}", duration_ms, price.of(duration_ms), worst);
            }
            // Never below what was seen.
            prop_assert!(calls.iter().all(|(_, cost)| *cost <= worst));
            // And not absurd: no dearer by the minute than the dearest call was.
            let dearest = long.iter().chain(&any_length)
                .filter(|ms| **ms >= MINUTE_MS)
                .map(|ms| price.of(*ms) * MINUTE_MS / ms)
                .max()
                .unwrap();
            prop_assert!(rate.per_minute.0 <= dearest + 200);
        }

        #[test]
        fn more_calls_never_lower_a_bound_that_rests_on_calls(
            first in prop::collection::vec((MINUTE_MS..9 * MINUTE_MS, 1..9_000_000_i64), ENOUGH_CALLS..9),
            more in prop::collection::vec((1..9 * MINUTE_MS, 0..9_000_000_i64), 0..9),
            max_duration_ms in 1..60 * MINUTE_MS,
        ) {
            let mut calls: Vec<(i64, UsdMicros)> =
                first.into_iter().map(|(duration_ms, cost)| (duration_ms, UsdMicros(cost))).collect();
            let before = Rate::assumed().learn(&calls).worst_case(max_duration_ms);
            calls.extend(more.into_iter().map(|(duration_ms, cost)| (duration_ms, UsdMicros(cost))));
            prop_assert!(Rate::assumed().learn(&calls).worst_case(max_duration_ms) >= before);
        }
    }
}
