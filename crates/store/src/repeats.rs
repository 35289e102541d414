//! Lists that are sent twice: a double click, a request that is sent again because its answer was lost.

use domain::{
    campaign::CampaignStatus,
    ids::{AccountId, CampaignId},
    time::UtcMs,
};
use uuid::Uuid;

use crate::{Result, import::Import, rows::stored};

/// The campaign that the same list became a moment ago.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Repeated {
    /// Its id.
    pub campaign_id: CampaignId,
    /// What people call it.
    pub name: String,
    /// Where it stands.
    pub status: CampaignStatus,
    /// When it was made.
    pub created_at: UtcMs,
}

// Of two at once the second waits for the commit of the first, and then finds its row: both databases look at the
// condition again after the wait.
const NOTE: &str = "INSERT INTO list_imports (account_id, content_hash, campaign_id, created_at_ms) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (account_id, content_hash) DO UPDATE SET campaign_id = excluded.campaign_id, \
       created_at_ms = excluded.created_at_ms WHERE $5 = 1 OR list_imports.created_at_ms <= $6";

const EARLIER: &str = "SELECT c.id, c.name, c.status, i.created_at_ms FROM list_imports i \
     JOIN campaigns c ON c.id = i.campaign_id WHERE i.account_id = $1 AND i.content_hash = $2";

impl Import<'_> {
    /// Notes what was sent, in the same commit as the campaign. `content_hash` names the file and every setting.
    ///
    /// The campaign that the same became within the last `window_ms` milliseconds, unless repeating is allowed: drop this
    /// import then. However many nodes take the same list at once, one of them gets `None`.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn note_content(
        &mut self,
        content_hash: &str,
        window_ms: i64,
        allow_repeat: bool,
    ) -> Result<Option<Repeated>> {
        let (id, now) = (self.id(), self.now());
        let tx = self.tx();
        let noted = on_tx!(tx, |c| sqlx::query(NOTE)
            .bind(AccountId::DEFAULT.0)
            .bind(content_hash)
            .bind(id.0)
            .bind(now.0)
            .bind(i32::from(allow_repeat))
            .bind(now.0 - window_ms)
            .execute(c)
            .await
            .map(|done| done.rows_affected()))?;
        if noted == 1 {
            return Ok(None);
        }
        let (campaign_id, name, status, created_at_ms): (Uuid, String, String, i64) =
            on_tx!(tx, |c| sqlx::query_as(EARLIER)
                .bind(AccountId::DEFAULT.0)
                .bind(content_hash)
                .fetch_one(c)
                .await)?;
        Ok(Some(Repeated {
            campaign_id: CampaignId(campaign_id),
            name,
            status: stored(
                CampaignStatus::from_stored(&status),
                "campaigns",
                "status",
                campaign_id,
                &status,
            )?,
            created_at: UtcMs(created_at_ms),
        }))
    }
}
