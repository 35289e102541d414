//! What a forecast of a campaign rests on.

use domain::{forecast::World, ids::CampaignId, time::UtcMs};

use crate::Engine;

impl Engine {
    /// Everything that a forecast of this campaign rests on, as it stands. `None`: there is no such campaign, or what it
    /// allows cannot be read.
    ///
    /// # Errors
    /// [`store::Error::Unavailable`] when the database cannot be reached.
    pub async fn world_of(&self, id: CampaignId, now: UtcMs) -> store::Result<Option<World>> {
        self.store.world_of(id, self.settings.max_duration_ms, now).await
    }
}
