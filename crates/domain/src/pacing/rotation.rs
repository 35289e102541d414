//! From which of several numbers the next calls are made.

/// One of the numbers that a campaign calls from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Caller {
    /// How many calls are open from it, by all campaigns.
    pub open: u32,
    /// How many may be. `None`: as many as there are lines.
    pub cap: Option<u32>,
    /// How many calls were ever placed from it.
    pub placed: u64,
}

/// Which number each of the next `calls` calls is made from, as indices into `numbers`: the one with the fewest open,
/// among equals the one from which the fewest were placed, then the first. Shorter than `calls` when no number may have
/// more.
///
/// Guarantee *never over*: no number gets more than its cap leaves.
#[must_use]
pub fn rotate(numbers: &[Caller], calls: u32) -> Vec<usize> {
    let mut numbers = numbers.to_vec();
    let mut chosen = Vec::new();
    for _ in 0..calls {
        let next = numbers
            .iter()
            .enumerate()
            .filter(|(_, number)| number.cap.is_none_or(|cap| number.open < cap))
            .min_by_key(|(index, number)| (number.open, number.placed, *index))
            .map(|(index, _)| index);
        let Some(index) = next else { break };
        numbers[index].open = numbers[index].open.saturating_add(1);
        numbers[index].placed = numbers[index].placed.saturating_add(1);
        chosen.push(index);
    }
    chosen
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number(open: u32, cap: Option<u32>, placed: u64) -> Caller {
        Caller { open, cap, placed }
    }

    #[test]
    fn the_quietest_number_is_next_and_among_equals_the_least_used() {
        let numbers = [number(1, None, 0), number(0, None, 9), number(0, None, 3)];
        assert_eq!(rotate(&numbers, 4), [2, 1, 0, 2]);
    }

    #[test]
    fn a_number_at_its_cap_is_left_out() {
        let numbers = [number(2, Some(2), 0), number(0, Some(1), 0)];
        assert_eq!(rotate(&numbers, 5), [1]);
        assert!(rotate(&[number(0, Some(0), 0)], 1).is_empty());
        assert!(rotate(&[], 3).is_empty());
    }

    proptest! {
        #[test]
        fn never_over_a_cap_and_nothing_left_idle(
            numbers in prop::collection::vec(
                (0_u32..6, prop::option::of(0_u32..6), 0_u64..9).prop_map(|(open, cap, placed)| number(open, cap, placed)),
                0..6,
            ),
            calls in 0_u32..40,
        ) {
            let chosen = rotate(&numbers, calls);
            prop_assert!(chosen.len() <= usize::try_from(calls).unwrap());
            let mut could_take_more = false;
            for (index, number) in numbers.iter().enumerate() {
                let got = u32::try_from(chosen.iter().filter(|one| **one == index).count()).unwrap();
                let cap = number.cap.unwrap_or(u32::MAX);
                prop_assert!(got == 0 || number.open + got <= cap);
                could_take_more |= number.open + got < cap;
            }
            prop_assert!(chosen.len() == usize::try_from(calls).unwrap() || !could_take_more);
        }

        /// Calls begin and end, a few at a time; numbers without a cap end up with shares that differ by one.
        #[test]
        fn all_numbers_are_used_evenly(
            count in 1_usize..6,
            rounds in prop::collection::vec(1_u32..9, 1..30),
        ) {
            let mut numbers = vec![Caller::default(); count];
            for calls in rounds {
                for index in rotate(&numbers, calls) {
                    numbers[index].open += 1;
                    numbers[index].placed += 1;
                }
                let open: Vec<u32> = numbers.iter().map(|number| number.open).collect();
                prop_assert!(open.iter().max().unwrap() - open.iter().min().unwrap() <= 1);
                for number in &mut numbers {
                    number.open = 0;
                }
            }
            let placed: Vec<u64> = numbers.iter().map(|number| number.placed).collect();
            prop_assert!(placed.iter().max().unwrap() - placed.iter().min().unwrap() <= 1, "{:?}", placed);
        }
    }
}
