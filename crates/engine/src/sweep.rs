//! The step `sweep`: what nobody else came to do.

use domain::time::UtcMs;
use store::{Due, Wake};

use crate::Engine;

/// What a sweep did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Swept {
    /// Campaigns whose last contact was found final.
    pub completed: u32,
    /// Contacts of cancelled and expired campaigns that got their reason.
    pub skipped: u64,
    /// Campaigns that started by themselves.
    pub started: u32,
}

impl Engine {
    /// Starts campaigns whose time has come, completes those whose every contact is final, gives the contacts of cancelled
    /// and expired campaigns their reason, tells of money spent, and drops the oldest messages that belong to no call.
    ///
    /// # Errors
    /// [`store::Error::Unavailable`] when the database cannot be reached.
    pub async fn sweep(&self, now: UtcMs) -> store::Result<Swept> {
        // No campaign starts, and none is over, by a clock that may be a day wrong.
        let timed = self.knows_the_time();
        let due = if timed {
            self.store.bring_due(now).await?
        } else {
            Due::default()
        };
        for campaign in &due.paused {
            tracing::warn!(campaign.id = %campaign, "campaign paused: its assistant could not call when it was to start");
        }
        for campaign in &due.alerted {
            tracing::warn!(campaign.id = %campaign, "campaign has spent more than its soft limit");
        }
        for campaign in due.started.iter().chain(&due.paused).chain(&due.alerted) {
            self.store.wake(Wake::Campaign(*campaign));
        }
        if !due.started.is_empty() {
            self.store.wake(Wake::Dispatch);
        }
        // Whoever expired is skipped before it is looked who is complete.
        let mut skipped = if timed {
            self.store.skip_contacts_of_expired(now).await?
        } else {
            0
        };
        let unfinished = self.store.unfinished_campaigns().await?;
        let completed = self.store.complete_finished(&unfinished, now).await?;
        skipped += self.store.skip_contacts_of_canceled(now).await?;
        if completed > 0 {
            for campaign in unfinished {
                self.store.wake(Wake::Campaign(campaign));
            }
        }
        let dropped = self.store.drop_old_strays(now).await?;
        if dropped > 0 {
            tracing::warn!(
                dropped,
                "dropped the oldest messages that belong to no call: only 10,000 of them, 256 MB, or 30 days are kept"
            );
        }
        Ok(Swept {
            completed,
            skipped,
            started: u32::try_from(due.started.len()).unwrap_or(u32::MAX),
        })
    }
}
