//! What campaigns allow. Every version is kept: the log refers to the one by which a call was decided.

use domain::{
    ids::{AccountId, CampaignId},
    policy::Policy,
    time::UtcMs,
};
use sqlx::types::Json;

use crate::{
    Error, Result,
    claim::hold_off_claims,
    clean::clean,
    db::{Store, Tx},
    halt::{Unsent, halt},
    rows::{JsonText, to_i32, to_json, to_u32},
};

/// A version of what a campaign allows.
#[derive(Clone, PartialEq, Debug)]
pub struct PolicyVersion {
    /// From 1.
    pub version: u32,
    /// What it allows.
    pub policy: Policy,
    /// Who made it so, as they said.
    pub author: String,
    /// Since when.
    pub created_at: UtcMs,
}

const INSERT: &str =
    "INSERT INTO policies (campaign_id, version, policy, author, created_at_ms) VALUES ($1, $2, $3, $4, $5)";

pub(crate) async fn insert_policy(
    tx: &mut Tx,
    campaign: CampaignId,
    version: u32,
    policy: &Policy,
    author: &str,
    now: UtcMs,
) -> Result<()> {
    let policy = to_json(policy)?;
    on_tx!(tx, |c| sqlx::query(INSERT)
        .bind(campaign.0)
        .bind(to_i32(version))
        .bind(policy)
        .bind(clean(author).as_ref())
        .bind(now.0)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

const IN_FORCE: &str = "SELECT p.version, p.policy FROM campaigns c \
     JOIN policies p ON p.campaign_id = c.id AND p.version = c.policy_version WHERE c.id = $1";

const LOOK_ANEW: &str = "UPDATE contacts SET eligible_at_ms = $2, put_off = FALSE \
     WHERE campaign_id = $1 AND state = 'pending' AND put_off = TRUE AND eligible_at_ms > $2";

/// What became of a change of what a campaign allows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PolicyChanged {
    /// This version is in force now. The same as before: nothing was changed.
    Version(u32),
    /// Somebody else changed it meanwhile: this version is in force.
    Overtaken(u32),
    /// There is no such campaign.
    NotFound,
}

impl Store {
    /// What a campaign allows now.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database cannot be reached.
    pub async fn policy(&self, id: CampaignId) -> Result<Option<PolicyVersion>> {
        Ok(self.read_policies(id, true).await?.pop())
    }

    /// Every version of what a campaign allowed, the newest first.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database cannot be reached.
    pub async fn policy_versions(&self, id: CampaignId) -> Result<Vec<PolicyVersion>> {
        self.read_policies(id, false).await
    }

    async fn read_policies(&self, id: CampaignId, in_force: bool) -> Result<Vec<PolicyVersion>> {
        let rows: Vec<(i32, JsonText, String, i64)> = on!(self, |pool| {
            sqlx::query_as(
            "SELECT p.version, p.policy, p.author, p.created_at_ms FROM policies p \
             JOIN campaigns c ON c.id = p.campaign_id \
             WHERE p.campaign_id = $1 AND ($2 = 0 OR p.version = c.policy_version) ORDER BY p.version DESC LIMIT 200"
        )
        .bind(id.0)
        .bind(i32::from(in_force))
        .fetch_all(pool)
        .await
        })?;
        rows.into_iter()
            .map(|(version, policy, author, created_at_ms)| {
                Ok(PolicyVersion {
                    version: to_u32(version),
                    policy: serde_json::from_str(policy.0.get())
                        .map_err(|error| Error::Other(format!("a policy cannot be read: {error}")))?,
                    author,
                    created_at: UtcMs(created_at_ms),
                })
            })
            .collect()
    }

    /// Makes a campaign allow something else, from the version that the person saw.
    ///
    /// Guarantee *lawful moment*: it binds every request that leaves after this commit. Claims are held off meanwhile, and
    /// calls that are reserved under the old version and not sent are stopped. Killed before the commit, nothing happened;
    /// run twice at once, one of them changes it and the other is told.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database cannot be reached.
    pub async fn change_policy(
        &self,
        id: CampaignId,
        seen: u32,
        policy: &Policy,
        author: &str,
        now: UtcMs,
    ) -> Result<PolicyChanged> {
        let wanted = serde_json::to_value(policy)
            .map_err(|error| Error::Other(format!("a policy cannot be written: {error}")))?;
        let mut tx = self.begin().await?;
        // A claim under way would put contacts off, or reserve calls, by the old version after this one was committed.
        hold_off_claims(&mut tx, AccountId::DEFAULT).await?;
        let in_force: Option<(i32, Json<serde_json::Value>)> = on_tx!(tx, |c| sqlx::query_as(IN_FORCE)
            .bind(id.0)
            .fetch_optional(c)
            .await)?;
        let Some((version, present)) = in_force else {
            return Ok(PolicyChanged::NotFound);
        };
        let version = to_u32(version);
        if wanted == present.0 {
            return Ok(PolicyChanged::Version(version));
        }
        if version != seen {
            return Ok(PolicyChanged::Overtaken(version));
        }
        // Calls before contacts before the campaign, the order in which facts lock them too.
        let its_own = Unsent {
            campaign: Some(id),
            ..Unsent::default()
        };
        halt(&mut tx, its_own).await?;
        // Whoever waits for a rule of the old policy is looked at anew; a retry and a callback keep their time.
        on_tx!(tx, |c| sqlx::query(LOOK_ANEW)
            .bind(id.0)
            .bind(now.0)
            .execute(c)
            .await
            .map(|_| ()))?;
        // Another limit is told of when it is passed itself.
        let another_alert =
            present.0.pointer("/money/alert_usd_micros") != wanted.pointer("/money/alert_usd_micros");
        insert_policy(&mut tx, id, version + 1, policy, author, now).await?;
        let changed = on_tx!(tx, |c| {
            sqlx::query(
            "UPDATE campaigns SET policy_version = $2, updated_at_ms = $3, \
             alerted_at_ms = CASE WHEN $4 = 1 THEN NULL ELSE alerted_at_ms END WHERE id = $1 AND policy_version = $5"
        )
        .bind(id.0)
        .bind(to_i32(version + 1))
        .bind(now.0)
        .bind(i32::from(another_alert))
        .bind(to_i32(version))
        .execute(c)
        .await
        .map(|done| done.rows_affected())
        })?;
        if changed != 1 {
            return Err(Error::Conflict(
                "the policy was changed by somebody else".to_owned(),
            ));
        }
        tx.commit().await?;
        Ok(PolicyChanged::Version(version + 1))
    }
}
