//! Steps, and how they are doing.

use std::fmt;

use domain::time::UtcMs;

/// A background step of a node.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Step {
    /// Claims free lines for contacts.
    Dispatch,
    /// Places one call and records the answer.
    Dial,
    /// Asks the provider about calls.
    Reconcile,
    /// Ends live calls of aborted campaigns.
    HangUp,
    /// Starts, completes and expires campaigns.
    Sweep,
    /// Asks the provider for a sign of life.
    Probe,
    /// Carries wake-ups between nodes.
    WakeUps,
    /// Looks after assistants.
    Assistants,
    /// Commits what webhooks say.
    Webhooks,
    /// Looks how this node is doing.
    Health,
}

impl Step {
    /// The name, for logs and programs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dispatch => "dispatch",
            Self::Dial => "dial",
            Self::Reconcile => "reconcile",
            Self::HangUp => "hang_up",
            Self::Sweep => "sweep",
            Self::Probe => "probe",
            Self::WakeUps => "wake_ups",
            Self::Assistants => "assistants",
            Self::Webhooks => "webhooks",
            Self::Health => "health",
        }
    }

    /// How many times the usual patience it may take until it counts as stuck. A claim asks only the database; others wait
    /// for a slow provider, some of them for several requests one after the other.
    #[must_use]
    pub(super) const fn patience(self) -> i64 {
        match self {
            Self::Dispatch | Self::Health => 1,
            Self::Webhooks => 2,
            Self::Dial | Self::Sweep | Self::HangUp | Self::Probe | Self::WakeUps => 4,
            Self::Reconcile | Self::Assistants => 10,
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether a step does its work.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum StepState {
    /// It does.
    Ok,
    /// It ran and failed, and is tried again.
    Failing,
    /// It did not come back in time.
    Stuck,
    /// It panicked, and is started again.
    Restarting,
}

impl StepState {
    /// The word for programs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failing => "failing",
            Self::Stuck => "stuck",
            Self::Restarting => "restarting",
        }
    }
}

/// How a step is doing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StepStatus {
    /// The step.
    pub step: Step,
    /// When it last succeeded in this process. `None`: never yet.
    pub last_success_at: Option<UtcMs>,
    /// How long ago that was by the steady clock, in milliseconds.
    pub age_ms: Option<i64>,
    /// Errors and panics since the last success.
    pub failures_in_a_row: u32,
    /// Panics since the start of the process.
    pub panics: u64,
    /// What went wrong last, for the log and for tests: it may quote the database. Kept after a success.
    pub last_error: Option<String>,
    /// Whether it does its work.
    pub state: StepState,
    /// Whether a person should hear of it: it is stuck, or has failed or panicked for some seconds. One failure that the
    /// next run mends is nobody's concern.
    pub in_trouble: bool,
}
