//! A town of people with telephones, drawn from a seed. How they are is written with other means than the forecast has.

use std::collections::BTreeMap;

use domain::{
    outcome::Outcome,
    time::{MINUTE_MS, SECOND_MS},
};
use rand::RngExt;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

/// What can happen, how the provider calls it, and how often it does where the market was measured.
const KINDS: [(Outcome, &str, f64); 7] = [
    (Outcome::Human, "customer-ended-call", 0.22),
    (Outcome::Voicemail, "voicemail", 0.38),
    (Outcome::NoAnswer, "customer-did-not-answer", 0.27),
    (Outcome::Busy, "customer-busy", 0.04),
    (Outcome::InvalidNumber, "sip-outbound-unallocated-number", 0.04),
    (Outcome::Rejected, "vonage-rejected", 0.03),
    (
        Outcome::Failed,
        "call.in-progress.error-sip-outbound-call-failed-to-connect",
        0.02,
    ),
];

/// How a call goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Course {
    pub(crate) reason: &'static str,
    pub(crate) turns: u32,
    pub(crate) ring_ms: i64,
    pub(crate) talk_ms: Option<i64>,
    pub(crate) cost_usd_micros: i64,
    /// How long after its end we hear of it.
    pub(crate) told_after_ms: i64,
}

pub(crate) struct Town {
    rng: ChaCha8Rng,
    weights: [f64; KINDS.len()],
    /// The share of people with whom it always goes the same.
    lasting: f64,
    usual: BTreeMap<String, Option<usize>>,
    talk_factor: f64,
    usd_micros_per_minute: i64,
}

impl Town {
    pub(crate) fn draw(seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0x70_77_6e);
        let mut factor = |spread: f64| (spread * (rng.random::<f64>() * 2.0 - 1.0)).exp();
        let weights = KINDS.map(|(_, _, weight)| weight * factor(0.5));
        let talk_factor = factor(0.35);
        let usd_micros_per_minute = (130_000.0 * factor(0.3)) as i64;
        let lasting = rng.random::<f64>() * 0.5;
        Self {
            rng,
            weights,
            lasting,
            usual: BTreeMap::new(),
            talk_factor,
            usd_micros_per_minute,
        }
    }

    fn kind(&mut self) -> usize {
        let all: f64 = self.weights.iter().sum();
        let mut left = self.rng.random::<f64>() * all;
        let found = self.weights.iter().position(|weight| {
            left -= weight;
            left < 0.0
        });
        found.unwrap_or(0)
    }

    /// How the next call to that number goes.
    pub(crate) fn call(&mut self, phone: &str) -> Course {
        if !self.usual.contains_key(phone) {
            let lasts = self.rng.random::<f64>() < self.lasting;
            let usual = lasts.then(|| self.kind());
            self.usual.insert(phone.to_owned(), usual);
        }
        let kind = match self.usual[phone] {
            Some(kind) => kind,
            None => self.kind(),
        };
        let (outcome, reason, _) = KINDS[kind];
        let mut between =
            |from_s: i64, to_s: i64| self.rng.random_range(from_s * SECOND_MS..to_s * SECOND_MS);
        let ring_ms = match outcome {
            Outcome::Human => between(4, 22),
            Outcome::Voicemail => between(18, 22),
            Outcome::NoAnswer => between(25, 30),
            _ => between(2, 6),
        };
        let talk_ms = match outcome {
            Outcome::Human => {
                let long = self.rng.random::<f64>();
                let median_s = if long < 0.45 {
                    30.0
                } else if long < 0.85 {
                    90.0
                } else {
                    270.0
                };
                // The sum of a few dice is bell-shaped enough.
                let bell: f64 = (0..6).map(|_| self.rng.random::<f64>() - 0.5).sum();
                Some((median_s * 1_000.0 * (0.5 * bell).exp() * self.talk_factor) as i64)
            }
            Outcome::Voicemail => Some(self.rng.random_range(15 * SECOND_MS..45 * SECOND_MS)),
            _ => None,
        };
        Course {
            reason,
            turns: if outcome == Outcome::Human { 3 } else { 0 },
            ring_ms,
            talk_ms,
            cost_usd_micros: talk_ms.unwrap_or(0) * self.usd_micros_per_minute / MINUTE_MS,
            told_after_ms: self.rng.random_range(50..1_500),
        }
    }
}
