//! How calls turn out: what calls of the account came to, and what is assumed before there were any.

use crate::{money::UsdMicros, outcome::Outcome, time::SECOND_MS};

/// Calls of the past.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Experience {
    /// One for each call, in any order. Calls that were not dialled are left out.
    pub calls: Vec<Past>,
}

/// A call that was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Past {
    /// What the call before to the same contact came to. Whoever did not answer once is likelier not to answer again.
    pub after: Option<Outcome>,
    /// What it came to.
    pub outcome: Outcome,
    /// How long it held its line, in milliseconds: from its reservation until we knew that it had ended.
    pub line_ms: i64,
    /// What it cost, if that is known.
    pub cost: Option<UsdMicros>,
}

/// A call of the experience is worth as many as it says; what is assumed is worth so many calls.
pub(super) const ASSUMED_WEIGHT: f64 = 12.0;
/// How much what first calls come to says about later ones, in calls.
pub(super) const FIRST_WEIGHT: f64 = 6.0;
/// From so many calls with an outcome on, their lengths alone count.
pub(super) const ENOUGH_LENGTHS: usize = 8;
/// So many calls of the account must have ended before a forecast rests on them rather than on assumptions.
pub const ENOUGH_CALLS: usize = 50;

/// What calls are assumed to come to, in hundredths: published figures of outbound calling (market research, d.5).
pub const ASSUMED_MIX: [(Outcome, u32); 7] = [
    (Outcome::Human, 22),
    (Outcome::Voicemail, 38),
    (Outcome::NoAnswer, 27),
    (Outcome::Busy, 4),
    (Outcome::InvalidNumber, 4),
    (Outcome::Rejected, 3),
    (Outcome::Failed, 2),
];

/// What an answered minute is assumed to cost.
pub const ASSUMED_PER_MINUTE: UsdMicros = UsdMicros(130_000);

/// How long calls are assumed to hold their line, in seconds: as many values as parts that are equally likely. People
/// ring for nine seconds or so and talk for half a minute, one and a half, or four and a half; voicemails answer after
/// twenty seconds and take half a minute; telephones that nobody answers ring for 28 seconds (market research, d.5).
pub(super) const fn assumed_line_s(outcome: Outcome) -> &'static [i64] {
    match outcome {
        Outcome::Human | Outcome::Transferred => &[
            28, 32, 35, 38, 40, 43, 46, 51, 58, 72, 85, 93, 99, 108, 118, 138, 175, 245, 290, 400,
        ],
        Outcome::Voicemail => &[36, 40, 44, 48, 52, 56, 60, 64],
        Outcome::NoAnswer => &[25, 26, 27, 28, 29, 30],
        Outcome::HungUp | Outcome::Silence => &[12, 16, 20, 26],
        _ => &[3, 4, 6, 8],
    }
}

/// The part of that before anybody answers, in seconds; it costs nothing. `None`: nobody answers.
const fn assumed_ringing_s(outcome: Outcome) -> Option<i64> {
    match outcome {
        Outcome::Human | Outcome::Transferred | Outcome::HungUp | Outcome::Silence => Some(9),
        Outcome::Voicemail => Some(20),
        _ => None,
    }
}

/// What a call of that length is assumed to cost.
pub(super) fn assumed_cost(outcome: Outcome, line_ms: i64) -> UsdMicros {
    let answered_ms =
        assumed_ringing_s(outcome).map_or(0, |ringing_s| (line_ms - ringing_s * SECOND_MS).max(0));
    UsdMicros(ASSUMED_PER_MINUTE.0 * answered_ms / (60 * SECOND_MS))
}

impl Experience {
    /// Whether there are so many calls that a forecast rests on them rather than on assumptions.
    #[must_use]
    pub fn is_enough(&self) -> bool {
        self.calls.len() >= ENOUGH_CALLS
    }

    /// What share of the calls, in hundredths, came to each outcome; the greatest first, and only those of one or more.
    #[must_use]
    pub fn mix(&self) -> Vec<(Outcome, u32)> {
        if self.calls.is_empty() {
            return ASSUMED_MIX.to_vec();
        }
        let share = |outcome: Outcome| {
            let calls = self.calls.iter().filter(|call| call.outcome == outcome).count();
            u32::try_from((calls * 100 + self.calls.len() / 2) / self.calls.len()).unwrap_or(0)
        };
        let mut mix: Vec<(Outcome, u32)> = Outcome::ALL
            .into_iter()
            .map(|outcome| (outcome, share(outcome)))
            .filter(|(_, percent)| *percent > 0)
            .collect();
        mix.sort_by_key(|(_, percent)| std::cmp::Reverse(*percent));
        mix
    }

    /// How long a call holds its line on average, in milliseconds.
    #[must_use]
    pub fn mean_line_ms(&self) -> i64 {
        let calls = i64::try_from(self.calls.len()).unwrap_or(i64::MAX);
        if calls > 0 {
            return self.calls.iter().map(|call| call.line_ms).sum::<i64>() / calls;
        }
        let mean_s = |outcome: Outcome| {
            let lengths = assumed_line_s(outcome);
            lengths.iter().sum::<i64>() / i64::try_from(lengths.len()).unwrap_or(1)
        };
        let weighted = ASSUMED_MIX
            .iter()
            .map(|(outcome, percent)| i64::from(*percent) * mean_s(*outcome));
        weighted.sum::<i64>() * SECOND_MS / 100
    }
}
