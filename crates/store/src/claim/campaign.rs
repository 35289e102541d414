//! The campaigns that may dial, with what each allows.

use domain::{campaign::Mode, ids::AccountId, policy::Policy, time::UtcMs};
use uuid::Uuid;

use crate::{
    Result,
    db::{Store, Tx},
    rows::{JsonText, stored, to_u32, to_u64},
};

const DIALLING: &str = "SELECT c.id, c.cap, c.priority, c.mode, c.quiet_line_gate, c.batch_index, c.assistant_id, \
     a.provider_assistant_id, a.version AS assistant_version, c.policy_version, p.policy \
     FROM campaigns c JOIN assistants a ON a.id = c.assistant_id \
     JOIN policies p ON p.campaign_id = c.id AND p.version = c.policy_version \
     WHERE c.account_id = $1 AND c.status IN ('QUEUED', 'DIALING', 'RUNNING') AND a.provider_assistant_id IS NOT NULL \
       AND (c.expires_at_ms IS NULL OR c.expires_at_ms > $2) \
     ORDER BY c.priority DESC, c.created_at_ms, c.id";

const NUMBERS: &str = "SELECT n.campaign_id, n.phone_number_id, k.cap, n.placed FROM campaign_numbers n \
     JOIN campaigns c ON c.id = n.campaign_id \
     LEFT JOIN caller_numbers k ON k.account_id = c.account_id AND k.phone_number_id = n.phone_number_id \
     WHERE c.account_id = $1 AND c.status IN ('QUEUED', 'DIALING', 'RUNNING') ORDER BY n.campaign_id, n.position";

pub(crate) const PRESENT_BATCH: &str = "SELECT MIN(batch_index) FROM contacts \
     WHERE campaign_id = $1 AND state IN ('pending', 'calling')";

const ADVANCE_BATCH: &str =
    "UPDATE campaigns SET batch_index = $2, updated_at_ms = $3 WHERE id = $1 AND batch_index < $2";

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    cap: i32,
    priority: i32,
    mode: String,
    quiet_line_gate: bool,
    batch_index: i32,
    assistant_id: Uuid,
    provider_assistant_id: String,
    assistant_version: i32,
    policy_version: i32,
    policy: JsonText,
}

/// A campaign that may dial.
pub(crate) struct CampaignRow {
    pub id: Uuid,
    pub cap: i32,
    pub priority: i32,
    pub mode: Mode,
    pub quiet_line_gate: bool,
    pub batch_index: i32,
    pub assistant_id: Uuid,
    pub provider_assistant_id: String,
    pub assistant_version: i32,
    pub policy_version: i32,
    pub policy: Policy,
    pub numbers: Vec<Number>,
}

/// A number that a campaign calls from.
pub(crate) struct Number {
    /// The provider's id.
    pub id: String,
    /// How many calls it may have open.
    pub cap: Option<u32>,
    /// How many calls the campaign has placed on it.
    pub placed: u64,
}

impl Store {
    pub(super) async fn dialling_campaigns(
        &self,
        tx: &mut Tx,
        account: AccountId,
        now: UtcMs,
    ) -> Result<Vec<CampaignRow>> {
        let rows: Vec<Row> = on_tx!(tx, |c| sqlx::query_as(DIALLING)
            .bind(account.0)
            .bind(now.0)
            .fetch_all(c)
            .await)?;
        let numbers: Vec<(Uuid, String, Option<i32>, i64)> =
            on_tx!(tx, |c| sqlx::query_as(NUMBERS).bind(account.0).fetch_all(c).await)?;
        let mut campaigns = Vec::with_capacity(rows.len());
        for row in rows {
            let policy = match serde_json::from_str(row.policy.0.get()) {
                Ok(policy) => policy,
                Err(error) => {
                    // One campaign stands still; the others go on. A newer version may have written it.
                    tracing::error!(campaign.id = %row.id, %error, "what the campaign allows cannot be read: nobody is called");
                    continue;
                }
            };
            let mode = Mode::from_stored(&row.mode);
            campaigns.push(CampaignRow {
                mode: stored(mode, "campaigns", "mode", row.id, &row.mode)?,
                numbers: numbers
                    .iter()
                    .filter(|(campaign, ..)| *campaign == row.id)
                    .map(|(_, id, cap, placed)| Number {
                        id: id.clone(),
                        cap: cap.map(to_u32),
                        placed: to_u64(*placed),
                    })
                    .collect(),
                policy,
                id: row.id,
                cap: row.cap,
                priority: row.priority,
                quiet_line_gate: row.quiet_line_gate,
                batch_index: row.batch_index,
                assistant_id: row.assistant_id,
                provider_assistant_id: row.provider_assistant_id,
                assistant_version: row.assistant_version,
                policy_version: row.policy_version,
            });
        }
        Ok(campaigns)
    }

    /// The batch whose contacts may be called. In batch mode a new one begins only when every contact of the one before
    /// is final and, if the campaign asks for it, its numbers are `quiet`: no call is live on them or about to be.
    pub(super) async fn present_batch(
        &self,
        tx: &mut Tx,
        campaign: &CampaignRow,
        quiet: bool,
    ) -> Result<Option<i32>> {
        if campaign.mode == Mode::Continuous {
            return Ok(Some(0));
        }
        let batch: Option<i32> = on_tx!(tx, |c| sqlx::query_scalar(PRESENT_BATCH)
            .bind(campaign.id)
            .fetch_one(c)
            .await)?;
        let begins = batch.is_some_and(|batch| batch > campaign.batch_index);
        let waits = begins && campaign.quiet_line_gate && !quiet;
        Ok(if waits { None } else { batch })
    }

    pub(super) async fn advance_batch(
        &self,
        tx: &mut Tx,
        campaign: &CampaignRow,
        batch: i32,
        now: UtcMs,
    ) -> Result<()> {
        if batch > campaign.batch_index {
            on_tx!(tx, |c| sqlx::query(ADVANCE_BATCH)
                .bind(campaign.id)
                .bind(batch)
                .bind(now.0)
                .execute(c)
                .await
                .map(|_| ()))?;
        }
        Ok(())
    }
}
