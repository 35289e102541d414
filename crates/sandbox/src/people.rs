//! How people behave when the telephone rings. The default mix follows published figures of outbound calling: most
//! numbers do not answer or reach a voicemail, and most conversations are short.

use crate::chance::{self, Span};
use crate::plan;
use crate::script::Kind;
use serde::{Deserialize, Serialize};

/// The mix of people and how long things take. The weights need not add up to one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct People {
    /// Weight of people who answer.
    pub human: f64,
    /// Weight of voicemails.
    pub voicemail: f64,
    /// Weight of numbers that ring out.
    pub no_answer: f64,
    /// Weight of busy numbers.
    pub busy: f64,
    /// Weight of people who decline the call.
    pub rejected: f64,
    /// Weight of numbers that do not exist.
    pub invalid: f64,
    /// Weight of calls that the carrier fails to connect.
    pub failed: f64,
    /// The share of numbers that always meet a call in the same way: who answers once answers every time, and a number
    /// that does not exist never will. At the others every attempt is drawn anew, so that nobody may answer the first
    /// time and a person the second.
    pub lasting: f64,
    /// Median ring time before a person answers, in milliseconds (log-normal).
    pub ring_median_ms: u64,
    /// Spread of that ring time: standard deviation of its logarithm.
    pub ring_spread: f64,
    /// How long a number rings before its voicemail answers.
    pub voicemail_ring_ms: Span,
    /// How long a number that rings out rings.
    pub no_answer_ring_ms: Span,
    /// How long a voicemail takes: greeting, detection and the message left.
    pub voicemail_ms: Span,
    /// Lengths of conversations as (weight, median in milliseconds): hung up early, an ordinary one, a long one.
    pub talk: [(f64, u64); 3],
    /// Spread of those lengths: standard deviation of the logarithm.
    pub talk_spread: f64,
    /// How long after the end the provider has its analysis and sends the report.
    pub analysis_ms: Span,
    /// The share of calls never answered for which a report is sent all the same.
    pub report_unanswered: f64,
    /// What an answered minute costs, in millionths of a dollar. A call's cost is linear in the time from its answer
    /// to its end, to the millisecond and rounded down to a millionth: no minimum, no started minutes, nothing for
    /// dialling and ringing. A voicemail is an answer.
    pub usd_micros_per_minute: i64,
}

impl Default for People {
    fn default() -> People {
        People {
            human: 0.22,
            voicemail: 0.38,
            no_answer: 0.27,
            busy: 0.04,
            rejected: 0.03,
            invalid: 0.04,
            failed: 0.02,
            lasting: 0.0,
            ring_median_ms: 9_000,
            ring_spread: 0.45,
            voicemail_ring_ms: Span::new(18_000, 22_000),
            no_answer_ring_ms: Span::new(25_000, 30_000),
            voicemail_ms: Span::new(15_000, 45_000),
            talk: [(0.45, 30_000), (0.40, 90_000), (0.15, 270_000)],
            talk_spread: 0.4,
            analysis_ms: Span::new(2_000, 9_000),
            report_unanswered: 0.5,
            usd_micros_per_minute: 130_000,
        }
    }
}

impl People {
    /// Who always answers at that number, if it is one of the lasting ones.
    pub(crate) fn usual(&self, seed: u64, number: &str) -> Option<Kind> {
        let mut rng = chance::stream(seed, "usual", &[number]);
        let lasts = chance::happens(&mut rng, self.lasting);
        lasts.then(|| plan::kind_of(self, &mut rng))
    }

    /// A mix in which everybody answers and talks.
    pub fn all_human() -> People {
        People {
            human: 1.0,
            voicemail: 0.0,
            no_answer: 0.0,
            busy: 0.0,
            rejected: 0.0,
            invalid: 0.0,
            failed: 0.0,
            ..People::default()
        }
    }
}
