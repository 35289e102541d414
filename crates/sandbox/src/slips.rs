//! Wrong moments in what the provider tells: broken timestamps of authentic webhooks, records that contradict themselves.

use crate::chance::happens;
use crate::faults::Faults;
use rand::Rng;

const HOUR_MS: i64 = 3_600_000;
const YEAR_MS: i64 = 365 * 24 * HOUR_MS;
/// The last second of the year 9999, the latest that an ISO-8601 moment can be in four digits.
const FAR_FUTURE_MS: i64 = 253_402_300_799_000;

/// Which moments of a call's record are told wrongly.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Slips {
    created_wrong: bool,
    started_early: bool,
    ended_late: bool,
}

impl Slips {
    pub(crate) fn draw(faults: &Faults, rng: &mut impl Rng) -> Slips {
        Slips {
            created_wrong: happens(rng, faults.created_at_wrong),
            started_early: happens(rng, faults.started_at_early),
            ended_late: happens(rng, faults.ended_at_late),
        }
    }

    /// The names of their rates.
    pub(crate) fn faults(self) -> impl Iterator<Item = &'static str> {
        let all = [
            (self.created_wrong, "created_at_wrong"),
            (self.started_early, "started_at_early"),
            (self.ended_late, "ended_at_late"),
        ];
        all.into_iter().filter(|(is_so, _)| *is_so).map(|(_, name)| name)
    }

    /// What is told of the creation.
    pub(crate) fn created(self, created_ms: i64) -> i64 {
        if self.created_wrong { 1 } else { created_ms }
    }

    /// What is told of the answer.
    pub(crate) fn started(self, started_ms: i64, created_ms: i64) -> i64 {
        if self.started_early {
            created_ms - HOUR_MS
        } else {
            started_ms
        }
    }

    /// What is told of the end.
    pub(crate) fn ended(self, ended_ms: i64) -> i64 {
        if self.ended_late {
            ended_ms + YEAR_MS
        } else {
            ended_ms
        }
    }
}

/// Whether a webhook's `timestamp` is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimestampSlip {
    Right,
    Ancient,
    FarFuture,
}

impl TimestampSlip {
    pub(crate) fn draw(faults: &Faults, rng: &mut impl Rng) -> TimestampSlip {
        let ancient = happens(rng, faults.webhook_timestamp_ancient);
        let far_future = happens(rng, faults.webhook_timestamp_future);
        match (ancient, far_future) {
            (true, _) => TimestampSlip::Ancient,
            (false, true) => TimestampSlip::FarFuture,
            (false, false) => TimestampSlip::Right,
        }
    }

    /// The name of its rate.
    pub(crate) fn fault(self) -> Option<&'static str> {
        match self {
            TimestampSlip::Right => None,
            TimestampSlip::Ancient => Some("webhook_timestamp_ancient"),
            TimestampSlip::FarFuture => Some("webhook_timestamp_future"),
        }
    }

    /// What is told of the moment.
    pub(crate) fn timestamp(self, event_ms: i64) -> i64 {
        match self {
            TimestampSlip::Right => event_ms,
            TimestampSlip::Ancient => 1,
            TimestampSlip::FarFuture => FAR_FUTURE_MS,
        }
    }
}
