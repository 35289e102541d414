//! When to ask the provider, so that the truth arrives with webhooks, without them, and with both.

use crate::time::{MINUTE_MS, SECOND_MS};

/// The times that govern asking the provider, in milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PollPolicy {
    /// The floor: how often live calls are polled although webhooks arrive (the seeds' cadence).
    pub cadence_ms: i64,
    /// How often they are polled while webhooks are silent.
    pub quick_ms: i64,
    /// How long webhooks must have been silent for that.
    pub webhook_silence_ms: i64,
    /// How long a call may be silent before it is asked for by name.
    pub stuck_after_ms: i64,
    /// How long after sending a call in doubt may still turn up at the provider.
    pub settle_ms: i64,
    /// How long past its own maximum duration a call said to be live is believed.
    pub overdue_ms: i64,
}

impl Default for PollPolicy {
    fn default() -> Self {
        Self {
            cadence_ms: MINUTE_MS,
            quick_ms: 5 * SECOND_MS,
            webhook_silence_ms: 20 * SECOND_MS,
            stuck_after_ms: 10 * MINUTE_MS,
            settle_ms: 5 * MINUTE_MS,
            overdue_ms: 60 * MINUTE_MS,
        }
    }
}

impl PollPolicy {
    /// How long to wait until the next poll over all live calls.
    ///
    /// `webhook_age_ms`: how long ago the last webhook came; `None` when none ever did or none can.
    /// `chance` spreads the cadence by ± 10 %, so that many installations do not ask in one instant.
    #[must_use]
    pub fn interval_ms(&self, live: bool, webhook_age_ms: Option<i64>, chance: u64) -> i64 {
        let silent = webhook_age_ms.is_none_or(|age| age > self.webhook_silence_ms);
        if live && silent {
            self.quick_ms
        } else {
            spread_by_tenth(self.cadence_ms, chance)
        }
    }
}

fn spread_by_tenth(ms: i64, chance: u64) -> i64 {
    let tenth = ms / 10;
    let range = u64::try_from(2 * tenth + 1).unwrap_or(1).max(1);
    ms - tenth + i64::try_from(chance % range).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polling_quickens_only_while_calls_are_live_and_webhooks_silent() {
        let policy = PollPolicy::default();
        assert_eq!(policy.interval_ms(true, None, 0), 5_000);
        assert_eq!(policy.interval_ms(true, Some(60_000), 0), 5_000);
        assert!(policy.interval_ms(true, Some(1_000), 0) >= 54_000);
        assert!(policy.interval_ms(false, None, 0) >= 54_000);
    }

    #[test]
    fn the_cadence_stays_within_a_tenth() {
        let policy = PollPolicy::default();
        for chance in [0, 1, 5_999, 12_000, u64::MAX] {
            let interval = policy.interval_ms(false, None, chance);
            assert!((54_000..=66_000).contains(&interval), "{interval}");
        }
    }
}
