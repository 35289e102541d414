//! What finished calls cost, added up as it becomes known. The sum stands beside the calls, and the log can rebuild it.

use std::collections::BTreeMap;

use domain::ids::CampaignId;

use crate::{
    Result,
    db::{Store, Tx},
    folding::Call,
};

const ADD: &str = "INSERT INTO campaign_costs (campaign_id, shard, spent_usd_micros) VALUES ($1, $2, $3) \
     ON CONFLICT (campaign_id, shard) DO UPDATE \
     SET spent_usd_micros = campaign_costs.spent_usd_micros + excluded.spent_usd_micros";

/// Adds what the batch made known.
pub(super) async fn add(store: &Store, tx: &mut Tx, changed: &[&Call]) -> Result<()> {
    let mut news: BTreeMap<CampaignId, i64> = BTreeMap::new();
    for call in changed {
        let cost = |cost: Option<domain::money::UsdMicros>| cost.map_or(0, |cost| cost.0);
        let more = cost(call.state.details.cost) - cost(call.before.details.cost);
        if more != 0 {
            *news.entry(call.campaign_id).or_default() += more;
        }
    }
    for (campaign, more) in news {
        on_tx!(tx, |c| sqlx::query(ADD)
            .bind(campaign.0)
            .bind(store.0.shard)
            .bind(more)
            .execute(c)
            .await
            .map(|_| ()))?;
    }
    Ok(())
}
