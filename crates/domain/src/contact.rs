//! The contact's state machine, and the decision what comes after a call.

use serde::{Deserialize, Serialize};

use crate::{outcome::Outcome, time::SECOND_MS};

/// The state of a contact: `pending → calling → done | skipped`; a retry leads from `calling` back to `pending`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactState {
    /// Waits to be called, now or from `eligible_at` on.
    Pending,
    /// Has an open call.
    Calling,
    /// Final, with an outcome.
    Done,
    /// Final without a call, with a reason.
    Skipped,
}

impl ContactState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Calling, Self::Done, Self::Skipped];

    /// The stored form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Calling => "calling",
            Self::Done => "done",
            Self::Skipped => "skipped",
        }
    }

    /// Reads the stored form.
    #[must_use]
    pub fn from_stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// Whether nothing more will happen to the contact.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Skipped)
    }
}

/// What becomes of a contact when a call to it has ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NextStep {
    /// The contact is final with this outcome.
    Done(Outcome),
    /// Nothing was dialled: it waits this long and is called again, and the attempt does not count.
    CallAgain {
        /// How long to wait, in milliseconds, before jitter.
        delay_ms: i64,
    },
}

/// Waits after certain refusals in a row: the seeds' 1 s, 4 s and 10 s, then half a minute each.
const REFUSAL_DELAYS_MS: [i64; 3] = [SECOND_MS, 4 * SECOND_MS, 10 * SECOND_MS];
const LASTING_REFUSAL_DELAY_MS: i64 = 30 * SECOND_MS;

/// How long to wait after the `refusals`-th certain refusal in a row (1 for the first), in milliseconds before jitter.
#[must_use]
pub fn refusal_delay_ms(refusals: u32) -> i64 {
    let index = usize::try_from(refusals.saturating_sub(1)).unwrap_or(usize::MAX);
    REFUSAL_DELAYS_MS
        .get(index)
        .copied()
        .unwrap_or(LASTING_REFUSAL_DELAY_MS)
}

/// Decides what comes after a call.
///
/// The present policy: whoever the provider really tried to reach is done, whatever came of it. Only a call that was
/// never dialled is tried again, and `refusals` (its certain refusals in a row, this one included) sets the delay.
#[must_use]
pub fn next_step(outcome: Outcome, refusals: u32) -> NextStep {
    match outcome {
        Outcome::NotDialled => NextStep::CallAgain {
            delay_ms: refusal_delay_ms(refusals),
        },
        outcome => NextStep::Done(outcome),
    }
}

/// Spreads `delay_ms` by up to a fifth either way, so that many waiting contacts do not come back in one instant.
/// `chance` is any number; the spread follows from it alone.
#[must_use]
pub fn with_jitter(delay_ms: i64, chance: u64) -> i64 {
    let spread = delay_ms / 5;
    if spread == 0 {
        return delay_ms;
    }
    let range = u64::try_from(2 * spread + 1).unwrap_or(1);
    delay_ms - spread + i64::try_from(chance % range).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn refusals_wait_longer_and_longer_but_never_end_the_contact() {
        let delays: Vec<i64> = (1..=5).map(refusal_delay_ms).collect();
        assert_eq!(delays, [1_000, 4_000, 10_000, 30_000, 30_000]);
        assert_eq!(
            next_step(Outcome::NotDialled, 900),
            NextStep::CallAgain { delay_ms: 30_000 }
        );
    }

    #[test]
    fn every_other_outcome_is_final() {
        for outcome in Outcome::ALL
            .into_iter()
            .filter(|outcome| *outcome != Outcome::NotDialled)
        {
            assert_eq!(next_step(outcome, 0), NextStep::Done(outcome));
        }
    }

    proptest! {
        #[test]
        fn jitter_stays_within_a_fifth(delay in 0_i64..10_000_000, chance: u64) {
            let jittered = with_jitter(delay, chance);
            prop_assert!((jittered - delay).abs() <= delay / 5);
        }
    }
}
