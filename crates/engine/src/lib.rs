//! The dialler.
//!
//! Its duties are steps, plain async functions that take `now` and do one bounded piece of work:
//! [`Engine::dispatch`], [`Engine::observe`], [`Engine::reconcile`], [`Engine::sweep`]. A server calls them from timers and
//! wake-ups ([`Engine::run`]), a cron host over HTTP, tests in virtual time. Each is safe to run at once on many nodes and
//! to be killed at any point: what matters stands in the database.

mod clock;
mod directory;
mod dispatch;
mod facts;
mod forecast;
mod hang_up;
mod inbox;
mod ingest;
mod observe;
mod probe;
mod provider;
mod reconcile;
mod run;
mod settings;
mod supervise;
mod sweep;
mod telephony;
mod vapi_telephony;
mod worst_case;

use std::sync::Arc;

pub use clock::{Clock, SystemClock};
pub use directory::{
    Assistants, ChangeAnswer, Creation, Directory, DirectoryError, Edit, Outcome, ProviderAssistant, Tended,
    VapiAssistants,
};
pub use dispatch::Dispatched;
pub use facts::{fact_of_call, fact_of_message};
pub use inbox::{Inbox, InboxError};
pub use ingest::{Held, Ingest};
pub use provider::{
    ClockCheck, ClockHold, MAX_CLOCK_DIFFERENCE_MS, ProviderClock, ProviderStatus, ProviderTrouble,
    ProviderWatch, TroubleKind, WatchSettings, WatchedTransport,
};
pub use reconcile::Reconciled;
pub use run::Ticked;
pub use settings::Settings;
use store::Store;
pub use supervise::{Dead, Duty, Step, StepState, StepStatus, Supervisor};
pub use sweep::Swept;
pub use telephony::{DialAnswer, Listing, LookupError, NumberState, ProviderNumber, RefusalKind, Telephony};
pub use vapi_telephony::{VapiTelephony, WebhookTarget};

/// One node's dialler. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    store: Store,
    telephony: Arc<dyn Telephony>,
    clock: Arc<dyn Clock>,
    settings: Settings,
    watch: ProviderWatch,
    supervisor: Supervisor,
}

impl Engine {
    /// A dialler over this data, this provider and this clock.
    #[must_use]
    pub fn new(
        store: Store,
        telephony: Arc<dyn Telephony>,
        clock: Arc<dyn Clock>,
        settings: Settings,
    ) -> Self {
        Self {
            store,
            telephony,
            supervisor: Supervisor::new(clock.clone(), settings.patience_ms),
            clock,
            settings,
            watch: ProviderWatch::unwatched(),
        }
    }

    /// The same dialler with a watch over its provider. Its clock should be the [`ProviderClock`] of that watch.
    #[must_use]
    pub fn with_watch(mut self, watch: ProviderWatch) -> Self {
        self.watch = watch;
        self
    }

    /// What is known of the provider now: whether it answers, and how its clock and ours compare.
    #[must_use]
    pub fn provider_status(&self) -> ProviderStatus {
        self.watch
            .status(self.clock.machine_now(), self.clock.steady_ms())
    }

    /// Whether the time that the node lives by is known to be right: by the machine's clock or, where that is wrong, by the
    /// provider's.
    pub(crate) fn knows_the_time(&self) -> bool {
        !matches!(self.clock_hold(), Some(ClockHold::Unknown | ClockHold::NoDate))
    }

    /// By how much our clock and the provider's are known to differ, in milliseconds.
    pub(crate) fn clocks_differ_ms(&self) -> i64 {
        let check = self
            .watch
            .clock_check(self.clock.machine_now(), self.clock.steady_ms());
        match check {
            ClockCheck::Agrees { ahead_ms } | ClockCheck::Differs { ahead_ms } => ahead_ms.abs(),
            ClockCheck::Unwatched | ClockCheck::Unknown | ClockCheck::NoDate => 0,
        }
    }

    /// Why this node may not dial because of the clocks, if it may not.
    #[must_use]
    pub fn clock_hold(&self) -> Option<ClockHold> {
        self.watch
            .clock_check(self.clock.machine_now(), self.clock.steady_ms())
            .hold()
    }

    /// Who runs this node's background steps.
    #[must_use]
    pub fn supervisor(&self) -> &Supervisor {
        &self.supervisor
    }

    /// How every background step of this node is doing.
    #[must_use]
    pub fn steps(&self) -> Vec<StepStatus> {
        self.supervisor.steps()
    }

    /// The data it works on.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The provider it calls through.
    #[must_use]
    pub fn telephony(&self) -> &Arc<dyn Telephony> {
        &self.telephony
    }

    /// The clock it lives by.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }
}
