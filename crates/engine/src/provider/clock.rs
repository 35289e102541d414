//! The clock that a node lives by: the machine's, unless the provider's answers say that it is wrong.

use std::sync::Arc;

use async_trait::async_trait;
use domain::time::UtcMs;

use super::ProviderWatch;
use crate::Clock;

/// Shows the machine's time, and the provider's when the two differ too much. Dialing is held then; facts are still
/// recorded and the provider is still asked, by a time that does not jump.
#[derive(Clone)]
pub struct ProviderClock {
    machine: Arc<dyn Clock>,
    watch: ProviderWatch,
}

impl ProviderClock {
    /// The machine's clock, set right by what the watch hears.
    #[must_use]
    pub fn new(machine: Arc<dyn Clock>, watch: ProviderWatch) -> Self {
        Self { machine, watch }
    }
}

#[async_trait]
impl Clock for ProviderClock {
    fn now(&self) -> UtcMs {
        self.watch.corrected(self.machine.now(), self.machine.steady_ms())
    }

    fn machine_now(&self) -> UtcMs {
        self.machine.machine_now()
    }

    fn steady_ms(&self) -> i64 {
        self.machine.steady_ms()
    }

    async fn sleep(&self, ms: i64) {
        self.machine.sleep(ms).await;
    }
}
