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
    pub(crate) act: ActLuck,
    /// For a command to a live call.
    pub(crate) control: Option<ControlLuck>,
    pub(crate) list_error: Option<StatusCode>,
    pub(crate) get_error: Option<StatusCode>,
    pub(crate) hold_back_ms: u64,
}

/// What goes wrong before or after a request that leaves something behind. Each fault comes with the name of its rate.
#[derive(Debug, Default)]
pub(crate) struct ActLuck {
    pub(crate) hang_up_before: Option<&'static str>,
    pub(crate) hang_up_after: Option<&'static str>,
    pub(crate) error_before: Option<(&'static str, StatusCode)>,
    pub(crate) error_after: Option<(&'static str, StatusCode)>,
    /// How much later it acts.
    pub(crate) late: Option<(&'static str, i64)>,
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
    /// Draws everything, wanted or not, so that one rate does not shift the draws of another. What goes wrong with the
    /// act is drawn for `POST /call`.
    pub(crate) fn draw(faults: &Faults, answer: Span, rng: &mut impl Rng) -> Luck {
        let drawn = |rng: &mut _, span: Span| u64::try_from(span.draw(rng)).unwrap_or(0);
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
            act: ActLuck {
                hang_up_before: happens(rng, faults.hang_up_before_acting).then_some("hang_up_before_acting"),
                hang_up_after: happens(rng, faults.hang_up_after_creating)
                    .then_some("hang_up_after_creating"),
                error_before: error(rng, faults.error_before_acting, BEFORE)
                    .map(|status| ("error_before_acting", status)),
                error_after: error(rng, faults.error_after_creating, AFTER)
                    .map(|status| ("error_after_creating", status)),
                late: None,
            },
            control: None,
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

impl ActLuck {
    /// What goes wrong with a change of an assistant.
    pub(crate) fn of_change(faults: &Faults, rng: &mut impl Rng) -> ActLuck {
        ActLuck {
            hang_up_before: happens(rng, faults.assistant_hang_up_before_acting)
                .then_some("assistant_hang_up_before_acting"),
            hang_up_after: happens(rng, faults.assistant_hang_up_after_acting)
                .then_some("assistant_hang_up_after_acting"),
            error_before: error(rng, faults.assistant_error_before_acting, BEFORE)
                .map(|status| ("assistant_error_before_acting", status)),
            error_after: error(rng, faults.assistant_error_after_acting, AFTER)
                .map(|status| ("assistant_error_after_acting", status)),
            late: {
                let late_ms = faults.assistant_late_acting_ms.draw(rng);
                happens(rng, faults.assistant_late_acting).then_some(("assistant_late_acting", late_ms))
            },
        }
    }
}

/// What goes wrong with a command to a live call, besides its [`ActLuck`].
#[derive(Debug)]
pub(crate) struct ControlLuck {
    pub(crate) refusal: bool,
    pub(crate) not_found: bool,
    pub(crate) not_found_before_answer: bool,
    /// How long no answer comes.
    pub(crate) timeout_ms: Option<u64>,
    pub(crate) ignored: bool,
    /// How much later it acts.
    pub(crate) late_ms: Option<i64>,
}

impl ControlLuck {
    /// Everything that may go wrong with a command.
    pub(crate) fn draw(faults: &Faults, rng: &mut impl Rng) -> (ActLuck, ControlLuck) {
        let act = ActLuck {
            hang_up_before: happens(rng, faults.control_hang_up_before_acting)
                .then_some("control_hang_up_before_acting"),
            hang_up_after: happens(rng, faults.control_hang_up_after_acting)
                .then_some("control_hang_up_after_acting"),
            error_before: error(rng, faults.control_error_before_acting, BEFORE)
                .map(|status| ("control_error_before_acting", status)),
            error_after: error(rng, faults.control_error_after_acting, AFTER)
                .map(|status| ("control_error_after_acting", status)),
            late: None,
        };
        let control = ControlLuck {
            refusal: happens(rng, faults.control_refusal),
            not_found: happens(rng, faults.control_not_found),
            not_found_before_answer: happens(rng, faults.control_not_found_before_answer),
            timeout_ms: {
                let timeout_ms = u64::try_from(faults.control_timeout_ms.draw(rng)).unwrap_or(0);
                happens(rng, faults.control_timeout).then_some(timeout_ms)
            },
            ignored: happens(rng, faults.control_ignored),
            late_ms: {
                let late_ms = faults.control_late_acting_ms.draw(rng);
                happens(rng, faults.control_late_acting).then_some(late_ms)
            },
        };
        (act, control)
    }
}

fn error(rng: &mut impl Rng, rate: f64, statuses: [StatusCode; 3]) -> Option<StatusCode> {
    let status = statuses[rng.random_range(0..statuses.len())];
    happens(rng, rate).then_some(status)
}
