//! The step `observe`: facts go through one door, whoever says them.

use domain::{call::Fact, time::UtcMs};
use store::{Applied, Wake};

use crate::Engine;

impl Engine {
    /// Records facts, folds them into calls, contacts and campaigns, and wakes whoever waits for that.
    ///
    /// # Errors
    /// [`store::Error::Unavailable`] when the database cannot be reached: tell it again.
    pub async fn observe(&self, facts: &[Fact], now: UtcMs) -> store::Result<Applied> {
        self.observe_owned(facts.to_vec(), now).await
    }

    /// The same for facts that nobody needs any more: large ones are not copied.
    ///
    /// # Errors
    /// As for [`Engine::observe`].
    pub async fn observe_owned(&self, facts: Vec<Fact>, now: UtcMs) -> store::Result<Applied> {
        if facts.is_empty() {
            return Ok(Applied::default());
        }
        let applied = self.store.apply_owned_facts(facts, now).await?;
        if applied.no_line {
            self.store.learn_from_refusal(now).await?;
            self.store.back_off(None, now).await?;
        } else if applied.rang {
            self.store.end_back_off().await?;
        }
        if applied.ended > 0 {
            self.store.wake(Wake::Dispatch);
        }
        for campaign in &applied.campaigns {
            self.store.wake(Wake::Campaign(*campaign));
        }
        for campaign in &applied.paused {
            tracing::warn!(campaign.id = %campaign, "campaign paused: the provider refuses every call alike");
        }
        Ok(applied)
    }
}
