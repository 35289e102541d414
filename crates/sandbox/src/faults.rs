//! What may go wrong, and how often.

use crate::chance::Span;
use serde::{Deserialize, Serialize};

/// Rates (0 to 1) and parameters of everything that may go wrong. The default is that nothing does.
///
/// A fault of a request is drawn when the request comes in. The faults of a call or an assistant (stuck, wrong
/// moments, seen late in lists) are drawn when it is created, those of a webhook when it is due.
///
/// A *command* is `POST` to the control URL of a live call. A *change* of an assistant is `POST /assistant`, `PATCH /assistant/{id}` or `DELETE /assistant/{id}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// Any API answer leaves late, by `slow_answer_ms` more than usual. The request itself acted at once.
    pub slow_answer: f64,
    /// How much later a slow answer leaves.
    pub slow_answer_ms: Span,
    /// Any API request is refused with 429 "Rate limit exceeded" before it does anything.
    pub rate_refusal: f64,
    /// The share of those refusals that carry a `Retry-After` header.
    pub retry_after: f64,
    /// The seconds in that header.
    pub retry_after_seconds: u32,
    /// `POST /call` answers 500, 502 or 503 and nothing was dialled.
    pub error_before_acting: f64,
    /// `POST /call` answers 500, 502 or 504 although the call was created.
    pub error_after_creating: f64,
    /// The connection of a `POST /call` drops before anything was dialled.
    pub hang_up_before_acting: f64,
    /// The connection of a `POST /call` drops after the call was created.
    pub hang_up_after_creating: f64,
    /// `GET /call` (the list) answers 500, 502 or 503.
    pub list_error: f64,
    /// `GET /call/{id}` answers 500, 502 or 503.
    pub get_error: f64,
    /// A created call is missing from lists at first (`GET /call/{id}` already knows it).
    pub list_lag: f64,
    /// For how long it is missing.
    pub list_lag_ms: Span,
    /// A change of an assistant is answered with 500, 502 or 503 and nothing was done.
    pub assistant_error_before_acting: f64,
    /// A change of an assistant is answered with 500, 502 or 504 although it was done.
    pub assistant_error_after_acting: f64,
    /// The connection of a change of an assistant drops before anything was done.
    pub assistant_hang_up_before_acting: f64,
    /// The connection of a change of an assistant drops after it was done.
    pub assistant_hang_up_after_acting: f64,
    /// The connection of a change of an assistant drops, and it is done only later, with whatever is there by then: a
    /// look in between shows nothing of it.
    pub assistant_late_acting: f64,
    /// How much later.
    pub assistant_late_acting_ms: Span,
    /// A created assistant is missing from `GET /assistant` at first (`GET /assistant/{id}` already knows it).
    pub assistant_list_lag: f64,
    /// For how long it is missing.
    pub assistant_list_lag_ms: Span,
    /// A command is refused with 403 and nothing is done.
    pub control_refusal: f64,
    /// A command is answered with 404 although the call is live, and nothing is done.
    pub control_not_found: f64,
    /// The same, while nobody has answered the call: what the provider does then is not documented.
    pub control_not_found_before_answer: f64,
    /// A command is answered with 500, 502 or 503 and nothing is done.
    pub control_error_before_acting: f64,
    /// A command is answered with 500, 502 or 504 although it was done.
    pub control_error_after_acting: f64,
    /// The connection of a command drops before anything is done.
    pub control_hang_up_before_acting: f64,
    /// The connection of a command drops after it was done.
    pub control_hang_up_after_acting: f64,
    /// A command gets no answer for `control_timeout_ms`, then 504, and nothing is done.
    pub control_timeout: f64,
    /// How long that takes.
    pub control_timeout_ms: Span,
    /// An `end-call` is answered with 200 and nothing is done: the call goes on.
    pub control_ignored: f64,
    /// An `end-call` is answered with 200 and done only later.
    pub control_late_acting: f64,
    /// How much later.
    pub control_late_acting_ms: Span,
    /// A webhook is never sent.
    pub webhook_lost: f64,
    /// A webhook is sent twice.
    pub webhook_duplicated: f64,
    /// A webhook, or the second copy of one, is sent late.
    pub webhook_delayed: f64,
    /// How late.
    pub webhook_delay_ms: Span,
    /// A webhook changes places with the next one of the same call.
    pub webhook_reordered: f64,
    /// The answer to `POST /call` is held back so that the first webhooks come before it.
    pub webhook_before_answer: f64,
    /// For how long that answer is held back.
    pub webhook_before_answer_ms: Span,
    /// An authentic webhook has the `timestamp` 1: a millisecond after the beginning of 1970.
    pub webhook_timestamp_ancient: f64,
    /// An authentic webhook has a `timestamp` at the end of the year 9999.
    pub webhook_timestamp_future: f64,
    /// The `createdAt` that a call's record shows is a millisecond after the beginning of 1970. Lists filter and sort by the
    /// true one.
    pub created_at_wrong: f64,
    /// The `startedAt` of an answered call, in its record and report, lies an hour before its creation.
    pub started_at_early: f64,
    /// The `endedAt` of a call, in its record and report, lies a year after its end.
    pub ended_at_late: f64,
    /// An answered call is over, but the provider's record goes on saying in-progress, and the webhooks of its end
    /// are never sent.
    pub stuck: f64,
    /// For how long the record of a stuck call is wrong.
    pub stuck_ms: Span,
    /// As `stuck`, but the record never comes right.
    pub stuck_forever: f64,
    /// The whole provider is down every so often, counted from the first request. 0: never.
    pub down_every_ms: u64,
    /// For how long it is down each time. Calls go on; webhooks due meanwhile are lost (half) or wait for the end.
    pub down_for_ms: u64,
    /// When set, every `POST /call` is refused with 400 and this message: an account in trouble.
    pub dial_refusal: Option<String>,
}

impl Default for Faults {
    fn default() -> Faults {
        Faults {
            slow_answer: 0.0,
            slow_answer_ms: Span::new(1_000, 4_000),
            rate_refusal: 0.0,
            retry_after: 0.5,
            retry_after_seconds: 2,
            error_before_acting: 0.0,
            error_after_creating: 0.0,
            hang_up_before_acting: 0.0,
            hang_up_after_creating: 0.0,
            list_error: 0.0,
            get_error: 0.0,
            list_lag: 0.0,
            list_lag_ms: Span::new(1_000, 60_000),
            assistant_error_before_acting: 0.0,
            assistant_error_after_acting: 0.0,
            assistant_hang_up_before_acting: 0.0,
            assistant_hang_up_after_acting: 0.0,
            assistant_late_acting: 0.0,
            assistant_late_acting_ms: Span::new(1_000, 30_000),
            assistant_list_lag: 0.0,
            assistant_list_lag_ms: Span::new(1_000, 60_000),
            control_refusal: 0.0,
            control_not_found: 0.0,
            control_not_found_before_answer: 0.0,
            control_error_before_acting: 0.0,
            control_error_after_acting: 0.0,
            control_hang_up_before_acting: 0.0,
            control_hang_up_after_acting: 0.0,
            control_timeout: 0.0,
            control_timeout_ms: Span::new(30_000, 60_000),
            control_ignored: 0.0,
            control_late_acting: 0.0,
            control_late_acting_ms: Span::new(500, 5_000),
            webhook_lost: 0.0,
            webhook_duplicated: 0.0,
            webhook_delayed: 0.0,
            webhook_delay_ms: Span::new(5_000, 60_000),
            webhook_reordered: 0.0,
            webhook_before_answer: 0.0,
            webhook_before_answer_ms: Span::new(1_500, 5_000),
            webhook_timestamp_ancient: 0.0,
            webhook_timestamp_future: 0.0,
            created_at_wrong: 0.0,
            started_at_early: 0.0,
            ended_at_late: 0.0,
            stuck: 0.0,
            stuck_ms: Span::new(120_000, 1_200_000),
            stuck_forever: 0.0,
            down_every_ms: 0,
            down_for_ms: 0,
            dial_refusal: None,
        }
    }
}

impl Faults {
    /// Nothing goes wrong.
    pub fn none() -> Faults {
        Faults::default()
    }

    /// An ordinary week with a good provider.
    pub fn mild() -> Faults {
        Faults {
            slow_answer: 0.05,
            rate_refusal: 0.01,
            error_before_acting: 0.01,
            error_after_creating: 0.005,
            hang_up_before_acting: 0.005,
            hang_up_after_creating: 0.005,
            list_error: 0.02,
            get_error: 0.02,
            assistant_error_before_acting: 0.01,
            assistant_error_after_acting: 0.005,
            assistant_hang_up_before_acting: 0.005,
            assistant_hang_up_after_acting: 0.005,
            control_error_before_acting: 0.01,
            control_error_after_acting: 0.005,
            control_hang_up_before_acting: 0.005,
            control_hang_up_after_acting: 0.005,
            control_late_acting: 0.05,
            webhook_lost: 0.02,
            webhook_duplicated: 0.03,
            webhook_delayed: 0.05,
            webhook_reordered: 0.03,
            webhook_before_answer: 0.05,
            stuck: 0.005,
            ..Faults::default()
        }
    }

    /// A very bad day: every fault at once, and the provider down for two minutes in every thirty.
    pub fn harsh() -> Faults {
        Faults {
            slow_answer: 0.15,
            slow_answer_ms: Span::new(3_000, 45_000),
            rate_refusal: 0.05,
            retry_after_seconds: 5,
            error_before_acting: 0.05,
            error_after_creating: 0.04,
            hang_up_before_acting: 0.03,
            hang_up_after_creating: 0.04,
            list_error: 0.10,
            get_error: 0.10,
            list_lag: 0.05,
            assistant_error_before_acting: 0.05,
            assistant_error_after_acting: 0.04,
            assistant_hang_up_before_acting: 0.03,
            assistant_hang_up_after_acting: 0.04,
            assistant_late_acting: 0.02,
            assistant_list_lag: 0.05,
            control_refusal: 0.02,
            control_not_found: 0.02,
            control_not_found_before_answer: 0.30,
            control_error_before_acting: 0.05,
            control_error_after_acting: 0.04,
            control_hang_up_before_acting: 0.03,
            control_hang_up_after_acting: 0.04,
            control_timeout: 0.04,
            control_ignored: 0.04,
            control_late_acting: 0.20,
            control_late_acting_ms: Span::new(500, 30_000),
            webhook_lost: 0.20,
            webhook_duplicated: 0.15,
            webhook_delayed: 0.20,
            webhook_delay_ms: Span::new(5_000, 600_000),
            webhook_reordered: 0.15,
            webhook_before_answer: 0.15,
            webhook_before_answer_ms: Span::new(1_500, 10_000),
            stuck: 0.04,
            stuck_ms: Span::new(300_000, 2_400_000),
            down_every_ms: 1_800_000,
            down_for_ms: 120_000,
            ..Faults::default()
        }
    }

    /// The preset of that name: `none`, `mild` or `harsh`.
    pub fn preset(name: &str) -> Option<Faults> {
        match name {
            "none" => Some(Faults::none()),
            "mild" => Some(Faults::mild()),
            "harsh" => Some(Faults::harsh()),
            _ => None,
        }
    }
}
