//! When the provider breaks call after call, a campaign is paused instead of burning through its list.

use std::fmt;

use serde::Serialize;

use crate::{
    call::{CallState, end::ours},
    outcome::{Class, Outcome, classify},
    time::{MINUTE_MS, SECOND_MS, UtcMs},
};

/// How far back is looked, in milliseconds.
pub const WINDOW_MS: i64 = 120 * SECOND_MS;
/// So many calls must have failed before their share matters.
pub const MIN_FAILED: u32 = 5;

/// A call that has ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ended {
    /// When.
    pub at: UtcMs,
    /// Whether the provider was at fault ([`is_provider_fault`]).
    pub provider_fault: bool,
}

/// Why a campaign is paused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Trip {
    /// How many calls the provider broke.
    pub failed: u32,
    /// Of how many that ended.
    pub of: u32,
    /// In how many milliseconds.
    pub window_ms: i64,
}

impl fmt::Display for Trip {
    /// For people: `6 of 8 calls failed at the provider within 2 minutes`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            failed,
            of,
            window_ms,
        } = self;
        let minutes = window_ms / MINUTE_MS;
        write!(
            f,
            "{failed} of {of} calls failed at the provider within {minutes} minutes"
        )
    }
}

/// Whether the provider broke too many of the last calls: at least 5, and at least half of those that ended, in the last
/// 120 seconds.
///
/// `since`: when the campaign was last started or resumed. What ended before that moment, or at it, is forgotten, so
/// that a campaign which a person resumes does not stop at once for the old reason.
#[must_use]
pub fn trips(recent: &[Ended], since: UtcMs, now: UtcMs) -> Option<Trip> {
    let counted = || {
        recent
            .iter()
            .filter(|ended| ended.at > since && ended.at > now - WINDOW_MS)
    };
    let of = u32::try_from(counted().count()).unwrap_or(u32::MAX);
    let failed = u32::try_from(counted().filter(|ended| ended.provider_fault).count()).unwrap_or(u32::MAX);
    let trip = Trip {
        failed,
        of,
        window_ms: WINDOW_MS,
    };
    (failed >= MIN_FAILED && u64::from(failed) * 2 >= u64::from(of)).then_some(trip)
}

/// Whether the provider was at fault for the end of a call: its platform, model or voice broke down, or it could not be
/// reached.
///
/// Not its fault, as far as pausing goes: what people and carriers do; a refusal because every line is taken or we ask
/// too often, which mends itself; calls that we let go or that the provider never got; and faults of the account, which
/// pause a campaign at once ([`CallState::account_fault`]).
#[must_use]
pub fn is_provider_fault(state: &CallState) -> bool {
    let reason = state.end.as_ref().and_then(|end| end.reason.as_deref());
    match (state.outcome(), reason) {
        (Some(Outcome::ProviderError), _) | (Some(Outcome::NotDialled), Some(ours::REFUSED_UNREACHABLE)) => {
            true
        }
        (Some(Outcome::NotDialled), Some(reason)) if !reason.starts_with(ours::PREFIX) => {
            classify(reason).class == Class::PlatformError
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::call::{Details, End};

    const NOW: UtcMs = UtcMs(1_795_166_400_000);
    const LONG_AGO: UtcMs = UtcMs(0);

    fn ended(ago_ms: i64, provider_fault: bool) -> Ended {
        Ended {
            at: NOW - ago_ms,
            provider_fault,
        }
    }

    fn calls(faults: usize, good: usize) -> Vec<Ended> {
        let mut calls = vec![ended(1_000, true); faults];
        calls.extend(vec![ended(1_000, false); good]);
        calls
    }

    #[test]
    fn five_faults_and_half_of_the_calls_trip_it() {
        assert_eq!(
            trips(&calls(5, 5), LONG_AGO, NOW),
            Some(Trip {
                failed: 5,
                of: 10,
                window_ms: 120_000
            })
        );
        assert_eq!(trips(&calls(5, 6), LONG_AGO, NOW), None);
        assert_eq!(trips(&calls(4, 0), LONG_AGO, NOW), None);
        assert!(trips(&calls(50, 50), LONG_AGO, NOW).is_some());
    }

    #[test]
    fn what_is_old_or_before_the_resumption_is_forgotten() {
        let mut old = calls(4, 0);
        old.push(ended(WINDOW_MS, true));
        assert_eq!(trips(&old, LONG_AGO, NOW), None);
        old[4] = ended(WINDOW_MS - 1, true);
        assert!(trips(&old, LONG_AGO, NOW).is_some());
        assert_eq!(trips(&calls(9, 0), NOW - 1_000, NOW), None);
        assert!(trips(&calls(9, 0), NOW - 1_001, NOW).is_some());
    }

    fn fault(reason: Option<&str>, user_turns: Option<u32>) -> bool {
        is_provider_fault(&CallState {
            end: Some(End {
                reason: reason.map(str::to_owned),
                message: None,
                at: NOW,
            }),
            details: Details {
                user_turns,
                ..Details::default()
            },
            ..CallState::default()
        })
    }

    #[test]
    fn only_the_providers_own_breakdowns_are_its_faults() {
        for reason in [
            "pipeline-error-openai-llm-failed",
            "call.in-progress.error-vapifault-worker-died",
            "call.start.error-vapifault-get-org",
            ours::REFUSED_UNREACHABLE,
        ] {
            assert!(fault(Some(reason), None), "{reason}");
        }
        for reason in [
            "customer-busy",
            "customer-did-not-answer",
            "customer-ended-call",
            "voicemail",
            "silence-timed-out",
            "twilio-failed-to-connect-call",
            "twilio-reported-customer-misdialed",
            "manually-canceled",
            "call.start.error-subscription-concurrency-limit-reached",
            "call.start.error-subscription-insufficient-credits",
            "call.start.error-vapi-number-outbound-daily-limit",
            "call.start.error-get-assistant",
            "never-heard-of",
            ours::TIMEOUT,
            ours::RELEASED,
            ours::ABSENT,
            ours::REFUSED_CONTACT,
            ours::REFUSED_CAPACITY,
            ours::REFUSED_RATE,
            ours::REFUSED_ACCOUNT,
        ] {
            assert!(!fault(Some(reason), None), "{reason}");
        }
        assert!(!fault(None, None));
        assert!(!is_provider_fault(&CallState::default()));
        // Whoever spoke with the assistant was reached, however it broke off.
        assert!(!fault(Some("pipeline-error-openai-llm-failed"), Some(3)));
    }

    proptest! {
        #[test]
        fn it_trips_exactly_by_its_rule(faults in 0_usize..12, good in 0_usize..20) {
            let tripped = trips(&calls(faults, good), LONG_AGO, NOW).is_some();
            prop_assert_eq!(tripped, faults >= 5 && faults >= good);
        }
    }
}
