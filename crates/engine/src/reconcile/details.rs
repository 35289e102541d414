//! What calls brought that have ended: cost, transcript, recording. The report tells it, and a poll if the report got lost.
//! A list may leave a call out for minutes, though, and then polls have passed it by: such a call is asked for by name.

use domain::time::{MINUTE_MS, UtcMs};

use super::LOOK_BACK_MS;
use crate::Engine;

/// A call is asked for so long after its end, in milliseconds, and then after twice as long each time.
const FIRST_LOOK_MS: i64 = 2 * MINUTE_MS;
/// Calls asked for in one step at most: nobody waits for a line here.
const AT_ONCE: u32 = 3;

impl Engine {
    /// Returns how many calls were asked for.
    pub(super) async fn fetch_details(&self, now: UtcMs) -> store::Result<usize> {
        let (since, until) = (now - LOOK_BACK_MS, now - FIRST_LOOK_MS);
        let calls = self.store.take_undetailed(since, until, now, AT_ONCE).await?;
        for id in &calls {
            match self.telephony.look_up(id, now).await {
                Ok(Some(fact)) => {
                    self.observe(&[fact], self.clock.now()).await?;
                }
                Ok(None) => {}
                Err(error) => {
                    tracing::info!(%error, "the provider did not answer a look-up");
                    break;
                }
            }
        }
        Ok(calls.len())
    }
}
