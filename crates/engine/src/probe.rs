//! The step `probe`: a sign of life from the provider, when nothing else has asked it lately.

use store::Wake;

use crate::Engine;

impl Engine {
    /// Asks the provider for the least that it can answer, when it has not answered for a while or its clock is not known
    /// to agree with ours. Returns whether it asked. What comes of it is in [`Engine::provider_status`]; a provider that
    /// does not answer is what this step is there to find out, and no error.
    pub async fn probe_provider(&self) -> bool {
        let due = self
            .watch
            .probe_is_due(self.clock.machine_now(), self.clock.steady_ms());
        if !due {
            return false;
        }
        let held = self.clock_hold().is_some();
        if let Err(error) = self.telephony.probe().await {
            tracing::debug!(%error, "the provider gave no sign of life");
        }
        if held && self.clock_hold().is_none() {
            self.store.wake(Wake::Dispatch);
        }
        true
    }
}
