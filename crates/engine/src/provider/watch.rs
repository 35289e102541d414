//! What the answers of the provider tell about the provider itself.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::time::{MINUTE_MS, SECOND_MS, UtcMs};

use super::readings::Readings;

/// How patient the watch is. All times are in milliseconds of the node's clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WatchSettings {
    /// The provider is asked for a sign of life when it has not answered for this long.
    pub probe_after_ms: i64,
    /// After this long without an answer, requests that failed since mean trouble.
    pub trouble_after_ms: i64,
}

impl Default for WatchSettings {
    fn default() -> Self {
        Self {
            probe_after_ms: 5 * SECOND_MS,
            trouble_after_ms: 8 * SECOND_MS,
        }
    }
}

/// A provider that asks to slow down is left alone for this long at most, in milliseconds.
const LONGEST_REST_MS: i64 = 5 * MINUTE_MS;

/// What became of one request to the provider.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Heard {
    /// It answered as it should, or refused this request for its own sake.
    Answer,
    /// It works, and wants to be asked less: not before so many milliseconds from now.
    SlowDown {
        /// In milliseconds of the node's clock.
        wait_ms: i64,
    },
    /// It answered with a status that says that it does not work, or not for us.
    Failure(TroubleKind),
}

/// What is wrong with the provider.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TroubleKind {
    /// No answer at all: time-out, connection refused, name not found.
    Silent,
    /// It answers with this status of 500 or above.
    Failing(u16),
    /// It refuses our key, with this status (401, 402, 403).
    Refusing(u16),
}

/// The provider does not work, or not for us.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ProviderTrouble {
    /// What is wrong.
    pub kind: TroubleKind,
    /// Since when: the moment of its last good answer, or else of the first request that failed.
    pub since: UtcMs,
}

/// How our clock and the provider's compare.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClockCheck {
    /// Nobody compares them. Tests, and providers that share our clock.
    Unwatched,
    /// The provider has not answered yet. Dialing is held.
    Unknown,
    /// The provider answers without a readable `Date`. Dialing is held.
    NoDate,
    /// They agree. How far ours is ahead, in milliseconds.
    Agrees {
        /// Negative when ours is behind.
        ahead_ms: i64,
    },
    /// They differ by more than [`super::MAX_CLOCK_DIFFERENCE_MS`]. Dialing is held.
    Differs {
        /// How far ours is ahead, in milliseconds; negative when it is behind.
        ahead_ms: i64,
    },
}

/// Why dialing is held because of the clocks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClockHold {
    /// The provider has not answered yet, so the clocks cannot be compared.
    Unknown,
    /// The provider's answers carry no readable `Date`, so the clocks cannot be compared.
    NoDate,
    /// The clocks differ. How far ours is ahead, in milliseconds; negative when it is behind.
    Differs {
        /// In milliseconds.
        ahead_ms: i64,
    },
}

impl ClockCheck {
    /// Why dialing is held, if it is.
    #[must_use]
    pub const fn hold(self) -> Option<ClockHold> {
        match self {
            Self::Unwatched | Self::Agrees { .. } => None,
            Self::Unknown => Some(ClockHold::Unknown),
            Self::NoDate => Some(ClockHold::NoDate),
            Self::Differs { ahead_ms } => Some(ClockHold::Differs { ahead_ms }),
        }
    }
}

/// What is known of the provider now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ProviderStatus {
    /// When it last answered as it should. What pages show of calls is as of then, unless webhooks came later.
    pub last_answer_at: Option<UtcMs>,
    /// What is wrong, if anything is.
    pub trouble: Option<ProviderTrouble>,
    /// How the clocks compare.
    pub clock: ClockCheck,
}

#[derive(Debug, Default)]
struct State {
    readings: Readings,
    last_answer: Option<Moment>,
    /// Before this moment of the steady clock it is not asked for a sign of life.
    rests_until_steady_ms: Option<i64>,
    /// The first request that failed since the last answer, and what was wrong with the latest.
    failing: Option<(Moment, TroubleKind)>,
}

/// A moment by both clocks: one to show, one to measure by.
#[derive(Clone, Copy, Debug)]
struct Moment {
    at: UtcMs,
    steady_ms: i64,
}

/// Hears of every answer of the provider. Cheap to clone; clones share what they heard.
#[derive(Clone, Debug)]
pub struct ProviderWatch {
    settings: WatchSettings,
    /// `None`: nobody watches.
    state: Option<Arc<Mutex<State>>>,
}

impl ProviderWatch {
    /// A watch that has heard nothing yet.
    #[must_use]
    pub fn new(settings: WatchSettings) -> Self {
        Self {
            settings,
            state: Some(Arc::default()),
        }
    }

    /// Hears nothing and holds nothing: for a provider that shares our clock.
    #[must_use]
    pub fn unwatched() -> Self {
        Self {
            settings: WatchSettings::default(),
            state: None,
        }
    }

    /// How patient it is.
    #[must_use]
    pub fn settings(&self) -> WatchSettings {
        self.settings
    }

    /// What is known of the provider. `machine` and `steady_ms` are the machine's own moments.
    #[must_use]
    pub fn status(&self, machine: UtcMs, steady_ms: i64) -> ProviderStatus {
        let Some(state) = self.state() else {
            return ProviderStatus {
                last_answer_at: None,
                trouble: None,
                clock: ClockCheck::Unwatched,
            };
        };
        let trouble = state.failing.and_then(|(first, kind)| {
            let since = state.last_answer.unwrap_or(first);
            (steady_ms - since.steady_ms >= self.settings.trouble_after_ms).then_some(ProviderTrouble {
                kind,
                since: since.at,
            })
        });
        ProviderStatus {
            last_answer_at: state.last_answer.map(|answer| answer.at),
            trouble,
            clock: clock_check(&state, machine, steady_ms),
        }
    }

    /// How the clocks compare.
    #[must_use]
    pub fn clock_check(&self, machine: UtcMs, steady_ms: i64) -> ClockCheck {
        self.state().map_or(ClockCheck::Unwatched, |state| {
            clock_check(&state, machine, steady_ms)
        })
    }

    /// The time to live by: the machine's, or the provider's when the answers say that the machine's is wrong.
    #[must_use]
    pub fn corrected(&self, machine: UtcMs, steady_ms: i64) -> UtcMs {
        self.state()
            .map_or(machine, |state| corrected(&state, machine, steady_ms))
    }

    /// Whether the provider should be asked for a sign of life.
    #[must_use]
    pub fn probe_is_due(&self, machine: UtcMs, steady_ms: i64) -> bool {
        let Some(state) = self.state() else { return false };
        if rests(&state, steady_ms) {
            return false;
        }
        state.failing.is_some()
            || clock_check(&state, machine, steady_ms).hold().is_some()
            || state
                .last_answer
                .is_none_or(|answer| steady_ms - answer.steady_ms >= self.settings.probe_after_ms)
    }

    /// Whether the provider asked to be left alone for now.
    #[must_use]
    pub fn provider_rests(&self, steady_ms: i64) -> bool {
        self.state().is_some_and(|state| rests(&state, steady_ms))
    }

    /// Notes what became of a request that left and was answered at these moments of the steady clock.
    pub(super) fn hear(
        &self,
        heard: Heard,
        date: Option<UtcMs>,
        machine: UtcMs,
        sent_steady_ms: i64,
        answered_steady_ms: i64,
    ) {
        let Some(mut state) = self.state() else { return };
        if let Some(date) = date {
            state.readings.add(date, sent_steady_ms, answered_steady_ms);
        }
        let now = Moment {
            at: corrected(&state, machine, answered_steady_ms),
            steady_ms: answered_steady_ms,
        };
        match heard {
            Heard::Answer | Heard::SlowDown { .. } => {
                state.last_answer = Some(now);
                state.failing = None;
                if let Heard::SlowDown { wait_ms } = heard {
                    let wait_ms = wait_ms.clamp(0, LONGEST_REST_MS);
                    // An answer that names no time does not cut short what another one asked for.
                    let until = Some(answered_steady_ms + wait_ms);
                    state.rests_until_steady_ms = state.rests_until_steady_ms.max(until);
                }
            }
            Heard::Failure(kind) => {
                let first = state.failing.map_or(now, |(first, _)| first);
                state.failing = Some((first, kind));
            }
        }
    }

    fn state(&self) -> Option<MutexGuard<'_, State>> {
        let state = self.state.as_ref()?;
        // What is in there is whole after every line: a panic elsewhere spoils nothing.
        Some(state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn rests(state: &State, steady_ms: i64) -> bool {
    state.rests_until_steady_ms.is_some_and(|until| steady_ms < until)
}

fn clock_check(state: &State, machine: UtcMs, steady_ms: i64) -> ClockCheck {
    if let Some(ahead_ms) = state.readings.differs(machine, steady_ms) {
        return ClockCheck::Differs { ahead_ms };
    }
    match state.readings.ahead_ms(machine, steady_ms) {
        Some(ahead_ms) => ClockCheck::Agrees { ahead_ms },
        None if state.last_answer.is_some() => ClockCheck::NoDate,
        None => ClockCheck::Unknown,
    }
}

fn corrected(state: &State, machine: UtcMs, steady_ms: i64) -> UtcMs {
    if state.readings.outvote(machine, steady_ms) {
        state.readings.provider_now(steady_ms).unwrap_or(machine)
    } else {
        machine
    }
}
