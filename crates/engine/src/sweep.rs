//! The step `sweep`: what nobody else came to do.

use domain::time::UtcMs;
use store::Wake;

use crate::Engine;

/// What a sweep did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Swept {
    /// Campaigns whose last contact was found final.
    pub completed: u32,
    /// Contacts of cancelled campaigns that got their reason.
    pub skipped: u64,
}

impl Engine {
    /// Completes campaigns whose every contact is final, and gives the contacts of cancelled campaigns their reason.
    ///
    /// # Errors
    /// [`store::Error::Unavailable`] when the database cannot be reached.
    pub async fn sweep(&self, now: UtcMs) -> store::Result<Swept> {
        let unfinished = self.store.unfinished_campaigns().await?;
        let completed = self.store.complete_finished(&unfinished, now).await?;
        let skipped = self.store.skip_contacts_of_canceled(now).await?;
        if completed > 0 {
            for campaign in unfinished {
                self.store.wake(Wake::Campaign(campaign));
            }
        }
        Ok(Swept { completed, skipped })
    }
}
