//! What has come due with time: campaigns that start by themselves, and money that passed its soft limit.

use domain::{
    campaign::{Action, CampaignStatus},
    ids::CampaignId,
    time::UtcMs,
};
use uuid::Uuid;

use crate::{Result, campaigns::Acted, db::Store, rows::JsonText};

/// What came due.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Due {
    /// Campaigns that were started.
    pub started: Vec<CampaignId>,
    /// Campaigns that could not be, because their assistant cannot call.
    pub paused: Vec<CampaignId>,
    /// Campaigns that have spent more than their soft limit.
    pub alerted: Vec<CampaignId>,
}

const PAUSE: &str = "UPDATE campaigns SET status = 'PAUSED', pause_kind = 'assistant', \
     pause_reason = 'its assistant could not call when it was to start', starts_at_ms = NULL, \
     queued_at_ms = COALESCE(queued_at_ms, $2), updated_at_ms = $2 WHERE id = $1 AND status = 'SCHEDULED'";

const SPENDING: &str = "SELECT c.id, p.policy, CAST(COALESCE(SUM(s.spent_usd_micros), 0) AS BIGINT) FROM campaigns c \
     JOIN policies p ON p.campaign_id = c.id AND p.version = c.policy_version \
     JOIN campaign_costs s ON s.campaign_id = c.id \
     WHERE c.alerted_at_ms IS NULL AND c.status IN ('QUEUED', 'DIALING', 'RUNNING', 'PAUSED') GROUP BY c.id, p.policy";

impl Store {
    /// Starts what is to start by itself, and notes who spends more than somebody wanted to be told of. Run twice at once,
    /// each happens once.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn bring_due(&self, now: UtcMs) -> Result<Due> {
        let mut due = Due::default();
        // Late truth may let somebody wait again who was called before places were known.
        self.place_unplaced().await?;
        let campaigns: Vec<Uuid> = on!(self, |pool| sqlx::query_scalar(
            "SELECT id FROM campaigns WHERE status = 'SCHEDULED' AND starts_at_ms <= $1"
        )
        .bind(now.0)
        .fetch_all(pool)
        .await)?;
        for id in campaigns.into_iter().map(CampaignId) {
            match self.act(id, Action::Start, now).await? {
                Acted::Done(_) => due.started.push(id),
                Acted::NoAssistant(_) => {
                    let mut tx = self.begin().await?;
                    let paused = on_tx!(tx, |c| sqlx::query(PAUSE)
                        .bind(id.0)
                        .bind(now.0)
                        .execute(c)
                        .await
                        .map(|done| done.rows_affected() == 1))?;
                    tx.commit().await?;
                    if paused {
                        due.paused.push(id);
                    }
                }
                // It would end as it starts; a draft can be given a later last day.
                Acted::Expired(_) => {
                    self.act(id, Action::Unschedule, now).await?;
                }
                // Somebody was faster.
                Acted::Impossible { .. } | Acted::NotFound => {}
            }
        }
        self.alert(&mut due, now).await?;
        Ok(due)
    }

    async fn alert(&self, due: &mut Due, now: UtcMs) -> Result<()> {
        let spending: Vec<(Uuid, JsonText, i64)> =
            on!(self, |pool| sqlx::query_as(SPENDING).fetch_all(pool).await)?;
        for (id, policy, spent) in spending {
            let policy: Option<domain::policy::Policy> = serde_json::from_str(policy.0.get()).ok();
            let limit = policy.and_then(|policy| policy.money.alert_usd_micros);
            if limit.is_none_or(|limit| spent < limit) {
                continue;
            }
            let mut tx = self.begin().await?;
            let alerted = on_tx!(tx, |c| {
                sqlx::query(
                "UPDATE campaigns SET alerted_at_ms = $2, updated_at_ms = $2 WHERE id = $1 AND alerted_at_ms IS NULL"
            )
            .bind(id)
            .bind(now.0)
            .execute(c)
            .await
            .map(|done| done.rows_affected() == 1)
            })?;
            tx.commit().await?;
            if alerted {
                due.alerted.push(CampaignId(id));
            }
        }
        Ok(())
    }

    /// When the next campaign starts by itself.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn next_start(&self) -> Result<Option<UtcMs>> {
        let next: Option<i64> = on!(self, |pool| sqlx::query_scalar(
            "SELECT MIN(starts_at_ms) FROM campaigns WHERE status = $1"
        )
        .bind(CampaignStatus::Scheduled.as_str())
        .fetch_one(pool)
        .await)?;
        Ok(next.map(UtcMs))
    }
}
