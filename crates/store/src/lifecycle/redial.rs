//! Calling those again whom the calls of a campaign did not reach.

use domain::{
    campaign::{Action, CampaignStatus},
    ids::CampaignId,
    outcome::Outcome,
    time::UtcMs,
};
use sqlx::types::Json;

use crate::{
    Result,
    campaigns::Acted,
    db::{Store, TxInner},
};

/// What became of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Redialled {
    /// So many people are called again.
    Done {
        /// How many.
        contacts: u64,
        /// The campaign's new status.
        status: CampaignStatus,
    },
    /// Nobody has one of these outcomes.
    Nobody,
    /// Not possible as it stands, or there is no such campaign.
    Not(Acted),
}

// Their ladders begin afresh; how often their numbers may be called does not.
const AGAIN_SQLITE: &str = "UPDATE contacts SET state = 'pending', outcome = NULL, reason = NULL, eligible_at_ms = 0, \
     refusals = 0, ladder_base = (SELECT COUNT(*) FROM calls k WHERE k.contact_id = contacts.id), updated_at_ms = $3 \
     WHERE campaign_id = $1 AND state = 'done' AND outcome IN (SELECT value FROM json_each($2))";
const AGAIN_POSTGRES: &str = "UPDATE contacts SET state = 'pending', outcome = NULL, reason = NULL, eligible_at_ms = 0, \
     refusals = 0, ladder_base = (SELECT COUNT(*) FROM calls k WHERE k.contact_id = contacts.id), updated_at_ms = $3 \
     WHERE campaign_id = $1 AND state = 'done' AND outcome = ANY($2)";

const REOPEN: &str = "UPDATE campaigns SET completed_at_ms = NULL, updated_at_ms = $2, resumed_at_ms = $2, \
     status = CASE WHEN started_at_ms IS NULL THEN 'QUEUED' ELSE 'RUNNING' END \
     WHERE id = $1 AND status = 'COMPLETED' AND archived_at_ms IS NULL AND (expires_at_ms IS NULL OR expires_at_ms > $2)";

impl Store {
    /// Calls those of a completed campaign again whose calls came to one of these outcomes. Whoever must not be called is
    /// still not called: every rule is asked again.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn redial(&self, id: CampaignId, outcomes: &[Outcome], now: UtcMs) -> Result<Redialled> {
        let outcomes: Vec<&str> = outcomes.iter().map(|outcome| outcome.as_str()).collect();
        let Some(campaign) = self.campaign(id).await? else {
            return Ok(Redialled::Not(Acted::NotFound));
        };
        if !Action::Redial.possible(campaign.standing()) {
            return Ok(Redialled::Not(campaign.impossible()));
        }
        if let Some(trouble) = campaign.assistant_trouble {
            return Ok(Redialled::Not(Acted::NoAssistant(trouble)));
        }
        if let Some(at) = campaign.expired(now) {
            return Ok(Redialled::Not(Acted::Expired(at)));
        }
        let mut tx = self.begin().await?;
        // Contacts before the campaign, the order in which facts lock them too.
        let contacts = match &mut tx.inner {
            TxInner::Sqlite(tx) => sqlx::query(AGAIN_SQLITE)
                .bind(id.0)
                .bind(Json(outcomes))
                .bind(now.0)
                .execute(&mut **tx)
                .await?
                .rows_affected(),
            TxInner::Postgres(tx) => sqlx::query(AGAIN_POSTGRES)
                .bind(id.0)
                .bind(outcomes)
                .bind(now.0)
                .execute(&mut **tx)
                .await?
                .rows_affected(),
        };
        if contacts == 0 {
            return Ok(Redialled::Nobody);
        }
        let reopened = on_tx!(tx, |c| sqlx::query(REOPEN)
            .bind(id.0)
            .bind(now.0)
            .execute(c)
            .await
            .map(|done| done.rows_affected()))?;
        if reopened != 1 {
            // Somebody was faster.
            drop(tx);
            let campaign = self.campaign(id).await?;
            return Ok(Redialled::Not(match campaign {
                None => Acted::NotFound,
                Some(campaign) => campaign
                    .expired(now)
                    .map_or_else(|| campaign.impossible(), Acted::Expired),
            }));
        }
        tx.commit().await?;
        // Whoever was called before places were known has none.
        self.place_unplaced().await?;
        let status = Action::Redial.leads_to(campaign.status, campaign.started_at.is_some());
        Ok(Redialled::Done { contacts, status })
    }
}
