//! The contact's state machine, and the decision what comes after a call.

use serde::{Deserialize, Serialize};

use crate::{
    outcome::Outcome,
    policy::Policy,
    time::{DAY_MS, SECOND_MS, UtcMs},
    wishes::Wishes,
};

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
    /// It waits this long and is called again.
    CallAgain {
        /// How long to wait, in milliseconds, before jitter.
        delay_ms: i64,
        /// Whether the call that ended uses up one of the contact's attempts. One that was not dialled, or that the
        /// provider broke, does not.
        counts: bool,
    },
    /// The person asked to be called back, and is, as soon after this moment as the rules allow. Whether the call that
    /// ended uses up an attempt, [`uses_up_attempt`] says.
    Callback {
        /// The moment asked for.
        at: UtcMs,
    },
}

/// How often a contact has been tried.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tried {
    /// Certain refusals in a row, this one included if the call was refused.
    pub refusals: u32,
    /// Earlier calls with the same outcome, since the campaign was started or a person put the contact back.
    pub same_class_before: u32,
    /// Attempts used up, this one included if it counts.
    pub attempts: u32,
}

/// How far ahead a callback may be asked for, in milliseconds. Later ones are slips of the assistant, such as a wrong
/// year.
const MAX_CALLBACK_AHEAD_MS: i64 = 90 * DAY_MS;

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

/// Decides what comes after a call, from its outcome as far as it is known. Facts come in any order and may change an
/// outcome; the step then follows anew from the new one, and an earlier one is forgotten.
///
/// `ended_at`: when the call ended, not when somebody looks, so that whoever looks later comes to the same step.
///
/// 1. Who opted out is never called again.
/// 2. Who spoke and asked to be called back within 90 days is, if the policy has it so, also after a good conversation. A time that is past or
///    further ahead counts for nothing.
/// 3. Who was not dialled is tried again however often it takes: nobody was disturbed.
/// 4. Otherwise the ladder of the outcome decides ([`crate::retry`]).
///
/// A contact whose attempts are used up ([`crate::limits::Limits::per_contact`]) is done with its last outcome, whatever
/// was asked for.
#[must_use]
pub fn next_step(
    outcome: Outcome,
    tried: &Tried,
    policy: &Policy,
    wishes: &Wishes,
    ended_at: UtcMs,
) -> NextStep {
    if wishes.opt_out {
        return NextStep::Done(outcome);
    }
    if outcome == Outcome::NotDialled {
        return NextStep::CallAgain {
            delay_ms: refusal_delay_ms(tried.refusals),
            counts: false,
        };
    }
    let limit = policy.limits.per_contact;
    if limit.is_some_and(|limit| tried.attempts >= limit) {
        return NextStep::Done(outcome);
    }
    if let Some(at) = wishes.callback_at
        && policy.callbacks
        && may_have_spoken(outcome)
        && at > ended_at
        && at <= ended_at + MAX_CALLBACK_AHEAD_MS
    {
        return NextStep::Callback { at };
    }
    match policy.retries.after(outcome, tried.same_class_before) {
        Some(delay_ms) => NextStep::CallAgain {
            delay_ms,
            counts: uses_up_attempt(outcome),
        },
        None => NextStep::Done(outcome),
    }
}

/// Whether a call with this outcome uses up one of the contact's attempts when it is followed by another.
#[must_use]
pub const fn uses_up_attempt(outcome: Outcome) -> bool {
    !matches!(outcome, Outcome::NotDialled | Outcome::ProviderError)
}

/// Whether a person may have asked for something. A machine's greeting may name a time too, and nobody wished for that.
const fn may_have_spoken(outcome: Outcome) -> bool {
    match outcome {
        Outcome::Human
        | Outcome::Transferred
        | Outcome::HungUp
        | Outcome::Silence
        | Outcome::ProviderError
        | Outcome::Canceled
        | Outcome::Unknown => true,
        Outcome::Voicemail
        | Outcome::NoAnswer
        | Outcome::Busy
        | Outcome::Rejected
        | Outcome::InvalidNumber
        | Outcome::Failed
        | Outcome::NotDialled => false,
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
mod tests;
