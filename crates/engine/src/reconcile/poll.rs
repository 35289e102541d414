//! What changed on the account: one list request covers every live call.

use domain::time::{CLOCK_TOLERANCE_MS, UtcMs};
use store::{LONGEST_TURN_AHEAD_MS, OpenCall};

use super::LOOK_BACK_MS;
use crate::Engine;

/// So long after its end a call is polled as often as live ones, in milliseconds: that is when most details come.
const DETAILS_SOON_MS: i64 = 30_000;
/// Changes may become visible a little late, and clocks differ: every poll looks this much further back, in
/// milliseconds. Facts seen twice change nothing.
const OVERLAP_MS: i64 = 30_000;

const DUTY: &str = "poll";

impl Engine {
    /// Polls if it is due and this node's turn. Returns whether it asked.
    pub(super) async fn poll(&self, open: &[OpenCall], now: UtcMs) -> store::Result<bool> {
        let account = self.store.account(now).await?;
        let webhook_age = account
            .last_webhook_at
            .filter(|_| self.settings.webhooks)
            .map(|at| now.since(at));
        // The spread must be the same for all nodes at one time, or the quickest one always wins the turn.
        let chance = u64::try_from(now.0 / self.settings.polling.cadence_ms.max(1)).unwrap_or(0);
        let live = !open.is_empty() || self.store.ended_since(now - DETAILS_SOON_MS).await?;
        let interval = self
            .settings
            .polling
            .interval_ms(live, webhook_age, chance.wrapping_mul(7_919));
        let Some(mark) = self.store.take_turn(DUTY, interval, now).await? else {
            return Ok(false);
        };
        // Everything since the last poll, but of a long idle time only what may still concern us.
        let oldest = open.iter().filter_map(|call| call.sent_at).min().unwrap_or(now);
        // A mark in the future was left by a clock that has been set back since: it would hide every change until then.
        let mark = Some(mark).filter(|mark| *mark <= now + CLOCK_TOLERANCE_MS);
        let furthest = oldest.min(now - LOOK_BACK_MS);
        let since = mark.map_or(furthest, |mark| mark.max(furthest)) - OVERLAP_MS;
        match self.telephony.changed_since(since, now).await {
            Ok(listing) => {
                // The account may have calls that are not ours: those find no call and leave no trace.
                self.observe(&listing.facts, self.clock.now()).await?;
                // By the provider's clock, should ours go ahead of it. Also when the list was too long to be read to its
                // end: the next one would be longer still, and live calls that it did not reach are asked for by name.
                if let Some(newest) = listing.facts.iter().map(|fact| fact.at).max() {
                    self.store.mark_turn(DUTY, newest.min(now), now).await?;
                }
            }
            Err(error) => {
                tracing::info!(%error, "the provider did not answer a poll");
                if let Some(wait_ms) = error.retry_after_ms {
                    // Taking the turn ahead of time keeps every node from asking before the provider wants to be asked, but
                    // one answer that names days must not stop all asking.
                    let wait_ms = wait_ms.clamp(0, LONGEST_TURN_AHEAD_MS);
                    self.store.take_turn(DUTY, 0, now + wait_ms).await?;
                }
            }
        }
        Ok(true)
    }
}
