//! The faults that befall one request.

use crate::chance::{Span, happens};
use crate::faults::Faults;
use http::StatusCode;
use rand::{Rng, RngExt};

/// What goes wrong with one request, should it come to that.
#[derive(Debug)]
pub(crate) struct Luck {
    pub(crate) answer_ms: u64,
    pub(crate) slow_ms: u64,
    pub(crate) rate_refusal: bool,
    pub(crate) retry_after: bool,
    pub(crate) hang_up_before: bool,
    pub(crate) hang_up_after: bool,
    pub(crate) error_before: Option<StatusCode>,
    pub(crate) error_after: Option<StatusCode>,
    pub(crate) list_error: Option<StatusCode>,
    pub(crate) get_error: Option<StatusCode>,
    pub(crate) hold_back_ms: u64,
}

const BEFORE: [StatusCode; 3] = [
    StatusCode::INTERNAL_SERVER_ERROR,
    StatusCode::BAD_GATEWAY,
    StatusCode::SERVICE_UNAVAILABLE,
];
const AFTER: [StatusCode; 3] = [
    StatusCode::INTERNAL_SERVER_ERROR,
    StatusCode::BAD_GATEWAY,
    StatusCode::GATEWAY_TIMEOUT,
];

impl Luck {
    /// Draws everything, wanted or not, so that one rate does not shift the draws of another.
    pub(crate) fn draw(faults: &Faults, answer: Span, rng: &mut impl Rng) -> Luck {
        let drawn = |rng: &mut _, span: Span| u64::try_from(span.draw(rng)).unwrap_or(0);
        let error = |rng: &mut _, rate: f64, statuses: [StatusCode; 3]| {
            let status = statuses[RngExt::random_range(rng, 0..statuses.len())];
            happens(rng, rate).then_some(status)
        };
        Luck {
            answer_ms: drawn(rng, answer),
            slow_ms: {
                let slow_ms = drawn(rng, faults.slow_answer_ms);
                if happens(rng, faults.slow_answer) {
                    slow_ms
                } else {
                    0
                }
            },
            rate_refusal: happens(rng, faults.rate_refusal),
            retry_after: happens(rng, faults.retry_after),
            hang_up_before: happens(rng, faults.hang_up_before_acting),
            hang_up_after: happens(rng, faults.hang_up_after_creating),
            error_before: error(rng, faults.error_before_acting, BEFORE),
            error_after: error(rng, faults.error_after_creating, AFTER),
            list_error: error(rng, faults.list_error, BEFORE),
            get_error: error(rng, faults.get_error, BEFORE),
            hold_back_ms: {
                let hold_back_ms = drawn(rng, faults.webhook_before_answer_ms);
                if happens(rng, faults.webhook_before_answer) {
                    hold_back_ms
                } else {
                    0
                }
            },
        }
    }
}
