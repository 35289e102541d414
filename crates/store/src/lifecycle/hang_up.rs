//! Hanging up the live calls of a campaign that was aborted.

use domain::{
    call::{CallState, CallStatus, Source},
    ids::{AccountId, CallId, CampaignId, ContactId},
    time::UtcMs,
};
use serde_json::json;
use uuid::Uuid;

use crate::{Result, campaigns::Campaign, db::Store, events::NewEvent, rows::stored};

/// A live call that shall be hung up.
#[derive(Clone, PartialEq, Eq)]
pub struct HangUp {
    /// The call.
    pub call_id: CallId,
    /// Its campaign.
    pub campaign_id: CampaignId,
    /// The provider's id, once it has told one.
    pub provider_call_id: Option<String>,
    /// Where the provider takes orders for this call. Whoever knows it controls the call: it is never shown or logged.
    pub control_url: Option<String>,
}

/// A live call that could not be hung up so far.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotHungUp {
    /// The call.
    pub call_id: CallId,
    /// Who is on the phone.
    pub contact_id: ContactId,
    /// Their name.
    pub name: String,
    /// Why not.
    pub problem: String,
}

/// The provider is asked again after this long, in milliseconds, while the call goes on.
const AGAIN_AFTER_MS: i64 = 15_000;

const ANY: &str = "SELECT EXISTS (SELECT 1 FROM calls k JOIN campaigns c ON c.id = k.campaign_id \
     WHERE k.account_id = $1 AND k.status IN ('QUEUED', 'RINGING', 'IN_PROGRESS') AND c.aborted_at_ms IS NOT NULL)";

// Calls that are reserved and not sent are let go by themselves.
const TAKE: &str = "UPDATE calls SET hangup_asked_at_ms = $2 \
     WHERE account_id = $1 AND status IN ('QUEUED', 'RINGING', 'IN_PROGRESS') AND dialling <> 'reserved' \
       AND (hangup_asked_at_ms IS NULL OR hangup_asked_at_ms <= $3) \
       AND campaign_id IN (SELECT id FROM campaigns WHERE aborted_at_ms IS NOT NULL) \
     RETURNING id, campaign_id, provider_call_id, control_url";

const NOTE: &str = "UPDATE calls SET hangup_problem = $2 WHERE id = $1 RETURNING status";

impl Store {
    /// Live calls of aborted campaigns that are to be hung up now. Taken by one node at a time; killed with them, they are
    /// taken again a while later.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn take_calls_to_hang_up(&self, now: UtcMs) -> Result<Vec<HangUp>> {
        let any: bool = on!(self, |pool| sqlx::query_scalar(ANY)
            .bind(AccountId::DEFAULT.0)
            .fetch_one(pool)
            .await)?;
        if !any {
            return Ok(Vec::new());
        }
        let mut tx = self.begin().await?;
        let rows: Vec<(Uuid, Uuid, Option<String>, Option<String>)> = on_tx!(tx, |c| sqlx::query_as(TAKE)
            .bind(AccountId::DEFAULT.0)
            .bind(now.0)
            .bind(now.0 - AGAIN_AFTER_MS)
            .fetch_all(c)
            .await)?;
        tx.commit().await?;
        Ok(rows
            .into_iter()
            .map(|(call, campaign, provider_call_id, control_url)| HangUp {
                call_id: CallId(call),
                campaign_id: CampaignId(campaign),
                provider_call_id,
                control_url,
            })
            .collect())
    }

    /// Notes that the provider was asked to hang up a call, and, if that could not be, why.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn note_hang_up(&self, call: &HangUp, problem: Option<&str>, now: UtcMs) -> Result<()> {
        let mut tx = self.begin().await?;
        let status: Option<String> = on_tx!(tx, |c| sqlx::query_scalar(NOTE)
            .bind(call.call_id.0)
            .bind(problem)
            .fetch_optional(c)
            .await)?;
        let Some(status) = status else { return Ok(()) };
        let payload = problem.map(|problem| json!({ "problem": problem }).to_string());
        let event = NewEvent {
            call_id: call.call_id,
            campaign_id: call.campaign_id,
            source: Source::Engine,
            kind: if problem.is_some() {
                "hang-up.failed"
            } else {
                "hang-up.asked"
            },
            status: stored(
                CallStatus::from_stored(&status),
                "calls",
                "status",
                call.call_id.0,
                &status,
            )?,
            says: &CallState::default(),
            payload: payload.as_deref(),
            at: now,
        };
        self.append_event(&mut tx, &event, now).await?;
        tx.commit().await
    }

    /// Live calls of a campaign that could not be hung up so far, each with why.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn calls_not_hung_up(&self, campaign: &Campaign) -> Result<Vec<NotHungUp>> {
        if campaign.aborted_at.is_none() || campaign.open_calls == 0 {
            return Ok(Vec::new());
        }
        let rows: Vec<(Uuid, Uuid, String, String)> = on!(self, |pool| {
            sqlx::query_as(
            "SELECT k.id, k.contact_id, o.name, k.hangup_problem FROM calls k JOIN contacts o ON o.id = k.contact_id \
             WHERE k.account_id = $1 AND k.campaign_id = $2 AND k.status IN ('QUEUED', 'RINGING', 'IN_PROGRESS') \
               AND k.hangup_problem IS NOT NULL ORDER BY k.id"
        )
        .bind(AccountId::DEFAULT.0)
        .bind(campaign.id.0)
        .fetch_all(pool)
        .await
        })?;
        Ok(rows
            .into_iter()
            .map(|(call, contact, name, problem)| NotHungUp {
                call_id: CallId(call),
                contact_id: ContactId(contact),
                name,
                problem,
            })
            .collect())
    }
}
