//! One way in which calls may turn out, drawn from what is known.

use std::collections::BTreeMap;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Gamma, LogNormal};

use super::experience::{
    ASSUMED_MIX, ASSUMED_WEIGHT, ENOUGH_LENGTHS, Experience, FIRST_WEIGHT, assumed_cost, assumed_line_s,
};
use crate::{money::UsdMicros, outcome::Outcome, time::SECOND_MS};

const OUTCOMES: usize = Outcome::ALL.len();

/// How far off assumed lengths may be: standard deviation of the logarithm.
const ASSUMED_SPREAD: f64 = 0.25;
/// How far off one seen length may be from the mean of all.
const SEEN_SPREAD: f64 = 0.6;

/// How likely each outcome is, in the order of [`Outcome::ALL`]; they add up to one.
type Mix = [f64; OUTCOMES];

/// A call that is about to happen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Fate {
    pub(super) outcome: Outcome,
    pub(super) line_ms: i64,
    pub(super) cost: UsdMicros,
}

/// How the calls of one run turn out.
pub(super) struct Luck {
    rng: ChaCha8Rng,
    first: Mix,
    after: BTreeMap<Outcome, Mix>,
    /// Length and cost of calls with each outcome, in the order of [`Outcome::ALL`].
    lengths: Vec<Vec<(i64, UsdMicros)>>,
}

impl Luck {
    /// The luck of a run. How people are is drawn as widely as so many calls leave it open: the mix of outcomes from
    /// Dirichlet distributions, the lengths by drawing from those seen (a bootstrap).
    pub(super) fn draw(experience: &Experience, seed: u64, nth: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(nth);
        let count = |after: Option<Outcome>| -> Mix {
            let mut counts = [0.0; OUTCOMES];
            for call in experience.calls.iter().filter(|call| call.after == after) {
                counts[call.outcome as usize] += 1.0;
            }
            counts
        };
        let mut assumed = [0.0; OUTCOMES];
        for (outcome, percent) in ASSUMED_MIX {
            assumed[outcome as usize] = f64::from(percent) / 100.0;
        }
        let first = dirichlet(&mut rng, &assumed, ASSUMED_WEIGHT, &count(None));
        let again = Outcome::ALL.into_iter();
        let after = again.map(|outcome| {
            (
                outcome,
                dirichlet(&mut rng, &first, FIRST_WEIGHT, &count(Some(outcome))),
            )
        });
        let after = after.collect();
        let lengths = Outcome::ALL
            .into_iter()
            .map(|outcome| lengths(&mut rng, experience, outcome))
            .collect();
        Self {
            rng,
            first,
            after,
            lengths,
        }
    }

    /// What the next call comes to, to somebody whose last call came to `last`.
    pub(super) fn call(&mut self, last: Option<Outcome>) -> Fate {
        let mix = last.map_or(&self.first, |last| &self.after[&last]);
        let mut left = self.rng.random::<f64>();
        let mut outcome = Outcome::NoAnswer;
        for (one, chance) in Outcome::ALL.into_iter().zip(mix) {
            if *chance > 0.0 {
                outcome = one;
                left -= chance;
                if left < 0.0 {
                    break;
                }
            }
        }
        let lengths = &self.lengths[outcome as usize];
        let (line_ms, cost) = lengths[self.rng.random_range(0..lengths.len())];
        Fate {
            outcome,
            line_ms: line_ms.max(1),
            cost,
        }
    }

    /// What a call comes to that has lasted so long already; with the rest of its length.
    pub(super) fn rest_of_call(&mut self, last: Option<Outcome>, lasted_ms: i64) -> Fate {
        let longer = (0..64)
            .map(|_| self.call(last))
            .find(|fate| fate.line_ms > lasted_ms);
        match longer {
            Some(fate) => Fate {
                line_ms: fate.line_ms - lasted_ms,
                ..fate
            },
            // Longer than any that was seen: it may end at any moment.
            None => Fate {
                line_ms: 10 * SECOND_MS,
                ..self.call(last)
            },
        }
    }

    /// Any number.
    pub(super) fn number(&mut self) -> u64 {
        self.rng.random()
    }
}

/// Draws from the Dirichlet distribution around `expected`, which is worth `weight` calls, and the calls counted.
fn dirichlet(rng: &mut ChaCha8Rng, expected: &Mix, weight: f64, counted: &Mix) -> Mix {
    let mut mix = [0.0; OUTCOMES];
    for ((drawn, expected), counted) in mix.iter_mut().zip(expected).zip(counted) {
        let shape = expected * weight + counted;
        if let Ok(gamma) = Gamma::new(shape, 1.0) {
            *drawn = gamma.sample(rng);
        }
    }
    let all: f64 = mix.iter().sum();
    if all <= 0.0 {
        return *expected;
    }
    mix.map(|one| one / all)
}

/// Lengths and costs of calls with that outcome, as they may be: drawn from those seen, and all of them longer or shorter
/// by what so few of them leave open. Long calls are rare, and a few calls hold none of them.
fn lengths(rng: &mut ChaCha8Rng, experience: &Experience, outcome: Outcome) -> Vec<(i64, UsdMicros)> {
    let seen: Vec<_> = experience
        .calls
        .iter()
        .filter(|call| call.outcome == outcome)
        .collect();
    // What is not known yet costs as much as those that are.
    let costs = || seen.iter().filter_map(|call| call.cost);
    let known = i64::try_from(costs().count()).unwrap_or(i64::MAX);
    let mean = (known > 0).then(|| UsdMicros(costs().sum::<UsdMicros>().0 / known));
    let factor = spread(rng, SEEN_SPREAD / (seen.len().max(1) as f64).sqrt());
    let mut lengths: Vec<(i64, UsdMicros)> = (0..seen.len())
        .map(|_| {
            let call = seen[rng.random_range(0..seen.len())];
            let cost = call.cost.or(mean);
            let cost = cost.unwrap_or_else(|| assumed_cost(outcome, call.line_ms));
            (times(call.line_ms, factor), UsdMicros(times(cost.0, factor)))
        })
        .collect();
    if lengths.len() < ENOUGH_LENGTHS {
        let factor = spread(rng, ASSUMED_SPREAD);
        for seconds in assumed_line_s(outcome) {
            let line_ms = times(seconds * SECOND_MS, factor);
            lengths.push((line_ms, assumed_cost(outcome, line_ms)));
        }
    }
    lengths
}

/// A factor around one. `deviation`: the standard deviation of its logarithm.
fn spread(rng: &mut ChaCha8Rng, deviation: f64) -> f64 {
    LogNormal::new(0.0, deviation).map_or(1.0, |spread| spread.sample(rng))
}

fn times(value: i64, factor: f64) -> i64 {
    (value as f64 * factor) as i64
}
