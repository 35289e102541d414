//! Seeded chance. Every draw comes from a stream named by what it decides, so one person's luck never depends on
//! which other request came first.

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The stream of draws for one decision: the same seed, label and parts always give the same draws.
pub(crate) fn stream(seed: u64, label: &str, parts: &[&str]) -> ChaCha8Rng {
    let mut hash = Sha256::new();
    hash.update(seed.to_le_bytes());
    for part in std::iter::once(&label).chain(parts) {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    ChaCha8Rng::from_seed(hash.finalize().into())
}

/// True with the given probability. It always draws, so a rate of zero leaves the later draws as they are.
pub(crate) fn happens(rng: &mut impl Rng, rate: f64) -> bool {
    rng.random::<f64>() < rate
}

/// One of the items, each as likely as its weight says. `None` when every weight is zero or the list is empty.
pub(crate) fn weighted<T: Copy>(rng: &mut impl Rng, items: &[(f64, T)]) -> Option<T> {
    let total: f64 = items.iter().map(|(weight, _)| weight.max(0.0)).sum();
    let mut left = rng.random::<f64>() * total;
    for (weight, item) in items {
        left -= weight.max(0.0);
        if left < 0.0 {
            return Some(*item);
        }
    }
    items
        .iter()
        .rev()
        .find(|(weight, _)| *weight > 0.0)
        .map(|(_, item)| *item)
}

/// A log-normal length of time in milliseconds: half of the draws lie below `median_ms`; `spread` is the standard
/// deviation of the logarithm.
pub(crate) fn log_normal_ms(rng: &mut impl Rng, median_ms: u64, spread: f64) -> i64 {
    // Box–Muller; `1 - u` keeps the logarithm away from zero.
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    let normal = radius * (std::f64::consts::TAU * rng.random::<f64>()).cos();
    (median_ms as f64 * (spread * normal).exp()) as i64
}

/// A range of milliseconds, both ends included; draws are uniform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// Shortest, in milliseconds.
    pub from_ms: u64,
    /// Longest, in milliseconds. When it is below `from_ms`, every draw gives `from_ms`.
    pub to_ms: u64,
}

impl Span {
    /// A range from `from_ms` to `to_ms`.
    pub const fn new(from_ms: u64, to_ms: u64) -> Span {
        Span { from_ms, to_ms }
    }

    pub(crate) fn draw(self, rng: &mut impl Rng) -> i64 {
        let drawn_ms = rng.random_range(self.from_ms..=self.to_ms.max(self.from_ms));
        // Long enough for anything, and short enough to be added to any moment.
        i64::try_from(drawn_ms).unwrap_or(i64::MAX).min(1_000_000_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_depends_on_every_part_of_its_name_and_on_nothing_else() {
        let first = |seed, parts: &[&str]| stream(seed, "fate", parts).random::<u64>();
        assert_eq!(first(1, &["a", "bc"]), first(1, &["a", "bc"]));
        assert_ne!(first(1, &["a", "bc"]), first(1, &["ab", "c"]));
        assert_ne!(first(1, &["a"]), first(2, &["a"]));
    }

    #[test]
    fn weights_of_zero_are_never_chosen() {
        let mut rng = stream(7, "test", &[]);
        for _ in 0..1000 {
            assert_eq!(
                weighted(&mut rng, &[(0.0, 'a'), (0.3, 'b'), (0.0, 'c')]),
                Some('b')
            );
        }
        assert_eq!(weighted(&mut rng, &[(0.0, 'a')]), None);
    }

    #[test]
    fn half_of_the_log_normal_draws_lie_below_the_median() {
        let mut rng = stream(7, "test", &[]);
        let below = (0..10_000)
            .filter(|_| log_normal_ms(&mut rng, 9_000, 0.45) < 9_000)
            .count();
        assert!((4_800..5_200).contains(&below), "{below}");
    }
}
