//! Guarantee *money*: what a campaign spent, with the worst case of the calls whose cost is not known yet, never passes
//! its hard budget.

use domain::{
    ids::{AccountId, CampaignId},
    money::{Rate, UsdMicros, affordable},
    time::UtcMs,
};

use super::{campaign::CampaignRow, lines::OpenLines};
use crate::{
    Result,
    db::{Store, Tx},
    usage::{Spending, spending},
};

// Write the index's own condition, or it does not serve. A call that reached nobody costs nothing.
pub(crate) const HELD: &str = "SELECT CAST(COALESCE(SUM(held_usd_micros), 0) AS BIGINT) FROM calls \
     WHERE campaign_id = $1 AND cost_usd_micros IS NULL AND held_usd_micros > 0 \
       AND (outcome IS NULL OR outcome <> 'not_dialled')";

/// Finished calls that a rate is learnt from.
const LEARN_FROM: i64 = 200;

const FINISHED: &str = "SELECT COALESCE(ended_at_ms - started_at_ms, 0), cost_usd_micros FROM calls \
     WHERE account_id = $1 AND dialling = 'accepted' AND ended_at_ms IS NOT NULL AND cost_usd_micros IS NOT NULL \
     ORDER BY ended_at_ms DESC LIMIT $2";

const PAUSE: &str = "UPDATE campaigns SET status = 'PAUSED', pause_kind = 'budget', pause_reason = $2, updated_at_ms = $3 \
     WHERE id = $1 AND status IN ('QUEUED', 'DIALING', 'RUNNING')";

/// What a campaign may spend now.
#[derive(Clone, Copy)]
pub(super) struct Funds {
    /// How many calls it can pay for, at worst.
    pub(super) calls: u32,
    /// What each of them holds until its cost is known.
    pub(super) worst_case: UsdMicros,
    /// Nothing is left, and no call is under way whose end could free some.
    pub(super) used_up: bool,
}

/// What a minute costs, learnt from the account's own calls.
pub(crate) async fn rate(tx: &mut Tx, account: AccountId) -> Result<Rate> {
    let finished: Vec<(i64, i64)> = on_tx!(tx, |c| sqlx::query_as(FINISHED)
        .bind(account.0)
        .bind(LEARN_FROM)
        .fetch_all(c)
        .await)?;
    let finished: Vec<(i64, UsdMicros)> = finished
        .into_iter()
        .map(|(duration_ms, cost)| (duration_ms, UsdMicros(cost)))
        .collect();
    Ok(Rate::assumed().learn(&finished))
}

impl Store {
    /// What a minute costs, learnt from the account's own calls. Only asked for when some campaign has a budget.
    pub(super) async fn rate_of(
        &self,
        tx: &mut Tx,
        campaigns: &[CampaignRow],
        account: AccountId,
    ) -> Result<Option<Rate>> {
        let budgets = |campaign: &CampaignRow| campaign.policy.money.budget_usd_micros.is_some();
        if !campaigns.iter().any(budgets) {
            return Ok(None);
        }
        Ok(Some(rate(tx, account).await?))
    }

    /// What a campaign may spend now. Without a budget: as much as it likes.
    pub(super) async fn funds(
        &self,
        tx: &mut Tx,
        campaign: &CampaignRow,
        rate: Option<Rate>,
        max_duration_ms: i64,
        lines: &OpenLines,
    ) -> Result<Funds> {
        let (Some(budget), Some(rate)) = (campaign.policy.money.budget_usd_micros, rate) else {
            return Ok(Funds {
                calls: u32::MAX,
                worst_case: UsdMicros(0),
                used_up: false,
            });
        };
        let Spending { spent, held } = spending(tx, campaign.id).await?;
        let worst_case = rate.worst_case(max_duration_ms);
        let calls = affordable(UsdMicros(budget), spent, held, worst_case);
        Ok(Funds {
            calls,
            worst_case,
            used_up: calls == 0 && held.0 == 0 && lines.of_campaign(campaign.id) == 0,
        })
    }

    /// Pauses a campaign that can pay for no further call. Whether it did.
    pub(super) async fn pause_without_funds(
        &self,
        tx: &mut Tx,
        campaign: &CampaignRow,
        now: UtcMs,
    ) -> Result<bool> {
        let budget = UsdMicros(campaign.policy.money.budget_usd_micros.unwrap_or(0));
        let reason = format!("the budget of ${budget} does not pay for another call");
        let paused = on_tx!(tx, |c| sqlx::query(PAUSE)
            .bind(campaign.id)
            .bind(reason)
            .bind(now.0)
            .execute(c)
            .await
            .map(|done| done.rows_affected() == 1))?;
        if paused {
            tracing::warn!(campaign.id = %CampaignId(campaign.id), "campaign paused: its budget is used up");
        }
        Ok(paused)
    }
}
