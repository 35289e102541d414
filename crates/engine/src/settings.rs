//! What governs the engine.

use domain::{
    polling::PollPolicy,
    time::{MINUTE_MS, SECOND_MS},
};

/// The engine's settings. All times are in milliseconds of its clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Settings {
    /// When to ask the provider.
    pub polling: PollPolicy,
    /// The provider ends a call by itself after this long (its default is ten minutes).
    pub max_duration_ms: i64,
    /// A request that left so long ago without an answer being recorded is in doubt: its node must have died.
    /// Longer than the request's own time-out.
    pub dial_grace_ms: i64,
    /// Whether the provider can reach us with webhooks.
    pub webhooks: bool,
    /// A background step that asks only the database counts as stuck after so long without a success; slower ones have a
    /// multiple of it.
    pub patience_ms: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            polling: PollPolicy::default(),
            max_duration_ms: 10 * MINUTE_MS,
            dial_grace_ms: 90 * SECOND_MS,
            webhooks: false,
            patience_ms: 30 * SECOND_MS,
        }
    }
}
