//! What is in use at this moment: lines, by campaign, and the money of a campaign.

use domain::{
    ids::{AccountId, CampaignId},
    money::UsdMicros,
};
use uuid::Uuid;

use crate::{
    Result,
    claim::{HELD, rate},
    db::{Store, Tx},
};

/// The money of a campaign.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Spending {
    /// What calls whose cost is known have cost.
    pub spent: UsdMicros,
    /// What the others may cost at worst. Only campaigns with a budget hold any.
    pub held: UsdMicros,
}

const SPENT: &str =
    "SELECT CAST(COALESCE(SUM(spent_usd_micros), 0) AS BIGINT) FROM campaign_costs WHERE campaign_id = $1";
const BY_CAMPAIGN: &str = "SELECT campaign_id, COUNT(*) FROM calls \
     WHERE account_id = $1 AND status IN ('QUEUED', 'RINGING', 'IN_PROGRESS') GROUP BY campaign_id \
     ORDER BY COUNT(*) DESC, campaign_id";

impl Store {
    /// What a campaign has spent, and holds for the calls whose cost is not known.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn spending(&self, id: CampaignId) -> Result<Spending> {
        spending(&mut self.snapshot().await?, id.0).await
    }

    /// What one call may cost at worst that the provider lets live for so long, in milliseconds.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn worst_case(&self, max_duration_ms: i64) -> Result<UsdMicros> {
        let rate = rate(&mut self.snapshot().await?, AccountId::DEFAULT).await?;
        Ok(rate.worst_case(max_duration_ms))
    }

    /// How many calls are open in each campaign that has any, most first. Test calls are among them.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn open_calls_by_campaign(&self) -> Result<Vec<(CampaignId, u32)>> {
        let rows: Vec<(Uuid, i64)> = on!(self, |pool| sqlx::query_as(BY_CAMPAIGN)
            .bind(AccountId::DEFAULT.0)
            .fetch_all(pool)
            .await)?;
        Ok(rows
            .into_iter()
            .map(|(id, calls)| (CampaignId(id), u32::try_from(calls).unwrap_or(u32::MAX)))
            .collect())
    }
}

/// What a campaign has spent and holds, as the transaction sees it.
pub(crate) async fn spending(tx: &mut Tx, campaign: Uuid) -> Result<Spending> {
    let spent: i64 = on_tx!(tx, |c| sqlx::query_scalar(SPENT)
        .bind(campaign)
        .fetch_one(c)
        .await)?;
    let held: i64 = on_tx!(tx, |c| sqlx::query_scalar(HELD).bind(campaign).fetch_one(c).await)?;
    Ok(Spending {
        spent: UsdMicros(spent),
        held: UsdMicros(held),
    })
}
