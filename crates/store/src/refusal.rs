//! Whether the provider takes calls of the account at all: credit, key, a frozen account.

use domain::{
    ids::{AccountId, CampaignId},
    time::UtcMs,
};
use uuid::Uuid;

use crate::{Result, db::Store};

/// A call that the provider refused for a reason that every call of the account may share.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// The campaign that was paused for it.
    pub campaign: CampaignId,
    /// What people call it.
    pub campaign_name: String,
    /// Why, in the provider's words.
    pub reason: String,
    /// When the campaign was paused, or changed since.
    pub at: UtcMs,
}

// A call that was reserved later and accepted says that it is over.
pub(crate) const REFUSAL: &str = "SELECT c.id, c.name, c.pause_reason, c.updated_at_ms FROM campaigns c \
     WHERE c.status = 'PAUSED' AND c.pause_kind = 'account' AND c.pause_reason IS NOT NULL AND NOT EXISTS \
       (SELECT 1 FROM calls k WHERE k.account_id = $1 AND k.reserved_at_ms > c.updated_at_ms AND k.dialling = 'accepted') \
     ORDER BY c.updated_at_ms DESC LIMIT 1";

impl Store {
    /// Why the provider refused calls of the account, when it did so last and has accepted none since. It does not tell
    /// how much credit is left: that it has run out is seen here only.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn account_refusal(&self) -> Result<Option<Refusal>> {
        let row: Option<(Uuid, String, String, i64)> = on!(self, |pool| sqlx::query_as(REFUSAL)
            .bind(AccountId::DEFAULT.0)
            .fetch_optional(pool)
            .await)?;
        Ok(row.map(|(id, campaign_name, reason, at_ms)| Refusal {
            campaign: CampaignId(id),
            campaign_name,
            reason,
            at: UtcMs(at_ms),
        }))
    }
}
