//! The claim: which contacts get the free lines. Every cap is decided here, in one transaction, whatever the number of
//! nodes.

use std::collections::BTreeSet;

use domain::{
    campaign::Mode,
    ids::{AccountId, CallId, CampaignId, ContactId},
    pacing::{Demand, Lines, share_lines},
    time::UtcMs,
};
use sqlx::types::Json;
use uuid::Uuid;

use crate::{
    Error, Result,
    db::{Store, Tx, TxInner},
    reserve::{Choice, Terms},
    rows::{stored, to_u32},
};

/// A call that this node may dial now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dial {
    /// The attempt. It travels to the provider and back.
    pub call_id: CallId,
    /// Its campaign.
    pub campaign_id: CampaignId,
    /// Its contact.
    pub contact_id: ContactId,
    /// The number to call, E.164.
    pub phone: String,
    /// Digits to dial after the answer.
    pub extension: Option<String>,
    /// Who it is.
    pub name: String,
    /// Where they work; may be empty.
    pub business_name: String,
    /// The list's other columns.
    pub variables: std::collections::BTreeMap<String, String>,
    /// The assistant that speaks, by the provider's id.
    pub provider_assistant_id: String,
    /// The number we call from, by the provider's id.
    pub phone_number_id: String,
    /// Which attempt at this contact it is, from 1.
    pub attempt: u32,
}

/// What a claim brought.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Claim {
    /// Calls to dial now. Each is reserved for this node until its lease runs out.
    pub dials: Vec<Dial>,
    /// When the next waiting contact may be called, if lines are left for it.
    pub next_eligible_at: Option<UtcMs>,
    /// Before this moment the provider wants no calls.
    pub hold_until: Option<UtcMs>,
}

/// How long a claimed call is this node's own to dial, in milliseconds. After that any node may.
pub(crate) const DIAL_LEASE_MS: i64 = 30_000;

pub(crate) const OPEN_CALLS: &str = "SELECT campaign_id, phone_number_id, COUNT(*) FROM calls \
     WHERE account_id = $1 AND status IN ('QUEUED', 'RINGING', 'IN_PROGRESS') GROUP BY campaign_id, phone_number_id";

const DIALLING_CAMPAIGNS: &str = "SELECT c.id, c.cap, c.priority, c.mode, c.quiet_line_gate, c.batch_index, \
     c.phone_number_id, c.assistant_id, a.provider_assistant_id, a.version AS assistant_version \
     FROM campaigns c JOIN assistants a ON a.id = c.assistant_id \
     WHERE c.account_id = $1 AND c.status IN ('QUEUED', 'DIALING', 'RUNNING') AND a.provider_assistant_id IS NOT NULL \
     ORDER BY c.priority DESC, c.created_at_ms, c.id";

pub(crate) const PRESENT_BATCH: &str = "SELECT MIN(batch_index) FROM contacts \
     WHERE campaign_id = $1 AND state IN ('pending', 'calling')";

// `state = 'pending'` is a literal so that the partial index serves. The look into open calls costs one index seek a
// candidate, and at most as many candidates are passed over as calls are open.
pub(crate) const CANDIDATES: &str = "SELECT c.id, c.phone, c.extension, c.name, c.business_name, c.variables, c.attempts \
     FROM contacts c WHERE c.campaign_id = $1 AND c.batch_index = $2 AND c.state = 'pending' AND c.eligible_at_ms <= $3 \
       AND NOT EXISTS (SELECT 1 FROM calls k WHERE k.account_id = $4 AND k.phone = c.phone \
                       AND k.status IN ('QUEUED', 'RINGING', 'IN_PROGRESS')) \
     ORDER BY c.eligible_at_ms, c.position LIMIT $5";

pub(crate) const NEXT_ELIGIBLE: &str = "SELECT MIN(eligible_at_ms) FROM contacts \
     WHERE campaign_id = $1 AND batch_index = $2 AND state = 'pending' AND eligible_at_ms > $3";

const ADVANCE_BATCH: &str =
    "UPDATE campaigns SET batch_index = $2, updated_at_ms = $3 WHERE id = $1 AND batch_index < $2";

/// A campaign that may dial.
#[derive(sqlx::FromRow)]
pub(crate) struct CampaignRow {
    pub id: Uuid,
    pub cap: i32,
    pub priority: i32,
    pub mode: String,
    pub quiet_line_gate: bool,
    pub batch_index: i32,
    pub phone_number_id: String,
    pub assistant_id: Uuid,
    pub provider_assistant_id: String,
    pub assistant_version: i32,
}

/// A contact that may be called now.
#[derive(sqlx::FromRow)]
pub(crate) struct CandidateRow {
    pub id: Uuid,
    pub phone: String,
    pub extension: Option<String>,
    pub name: String,
    pub business_name: String,
    pub variables: Json<std::collections::BTreeMap<String, String>>,
    pub attempts: i32,
}

struct OpenCalls(Vec<(Uuid, String, i64)>);

impl OpenCalls {
    fn total(&self) -> u32 {
        sum(self.0.iter())
    }

    fn of_campaign(&self, id: Uuid) -> u32 {
        sum(self.0.iter().filter(|(campaign, ..)| *campaign == id))
    }

    fn on_number(&self, phone_number_id: &str) -> u32 {
        sum(self.0.iter().filter(|(_, number, _)| number == phone_number_id))
    }
}

fn sum<'a>(counts: impl Iterator<Item = &'a (Uuid, String, i64)>) -> u32 {
    u32::try_from(counts.map(|(.., count)| *count).sum::<i64>()).unwrap_or(u32::MAX)
}

impl Store {
    /// Gives the free lines to the contacts that may be called now, and reserves a call for each.
    ///
    /// Guarantee *never over*: the account's row is locked, open calls are counted, and the new ones are inserted in
    /// one transaction. Killed before the commit, nothing happened; killed after it, the reserved calls are dialled by
    /// whoever finds their lease run out. `max_duration_ms` is how long the provider lets a call live.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database cannot be reached; nothing was claimed then.
    pub async fn claim(&self, max_duration_ms: i64, now: UtcMs) -> Result<Claim> {
        let account = AccountId::DEFAULT;
        let mut tx = self.begin().await?;
        let account_row = self.lock_account(&mut tx, account).await?;
        let mut claim = Claim::default();
        if account_row.dial_after_ms > now.0 {
            claim.hold_until = Some(UtcMs(account_row.dial_after_ms));
            return Ok(claim);
        }
        let learnt = account_row
            .learnt_until_ms
            .filter(|until| *until > now.0)
            .and(account_row.learnt_lines);
        let lines = Lines {
            cap: to_u32(account_row.line_cap),
            learnt: learnt.map(to_u32),
        };

        let open = OpenCalls(on_tx!(tx, |c| sqlx::query_as(OPEN_CALLS)
            .bind(account.0)
            .fetch_all(c)
            .await)?);
        let free = lines.usable().saturating_sub(open.total());
        let campaigns: Vec<CampaignRow> = on_tx!(tx, |c| sqlx::query_as(DIALLING_CAMPAIGNS)
            .bind(account.0)
            .fetch_all(c)
            .await)?;

        let mut wanted = Vec::with_capacity(campaigns.len());
        let mut seen = BTreeSet::new();
        let mut called_from = BTreeSet::new();
        for campaign in &campaigns {
            let room = to_u32(campaign.cap)
                .saturating_sub(open.of_campaign(campaign.id))
                .min(free);
            let quiet = open.on_number(&campaign.phone_number_id) == 0
                && !called_from.contains(campaign.phone_number_id.as_str());
            let batch = self.present_batch(&mut tx, campaign, quiet).await?;
            let mut candidates: Vec<CandidateRow> = Vec::new();
            if let (Some(batch), 1..) = (batch, room) {
                // So many more as another campaign may get first: the share of this one must not shrink by them.
                let limit = u64::from(room) + seen.len() as u64;
                candidates = on_tx!(tx, |c| sqlx::query_as(CANDIDATES)
                    .bind(campaign.id)
                    .bind(batch)
                    .bind(now.0)
                    .bind(account.0)
                    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
                    .fetch_all(c)
                    .await)?;
                // One person in two campaigns: the first one that asks gets them.
                candidates.retain(|candidate| !seen.contains(&candidate.phone));
                candidates.truncate(room as usize);
                seen.extend(candidates.iter().map(|candidate| candidate.phone.clone()));
                if candidates.len() < room as usize {
                    let next: Option<i64> = on_tx!(tx, |c| sqlx::query_scalar(NEXT_ELIGIBLE)
                        .bind(campaign.id)
                        .bind(batch)
                        .bind(now.0)
                        .fetch_one(c)
                        .await)?;
                    claim.next_eligible_at = [claim.next_eligible_at, next.map(UtcMs)]
                        .into_iter()
                        .flatten()
                        .min();
                }
            }
            if !candidates.is_empty() {
                called_from.insert(campaign.phone_number_id.as_str());
            }
            wanted.push((batch, candidates));
        }

        let demands: Vec<Demand> = campaigns
            .iter()
            .zip(&wanted)
            .map(|(campaign, (_, candidates))| Demand {
                cap: to_u32(campaign.cap),
                open: open.of_campaign(campaign.id),
                waiting: u32::try_from(candidates.len()).unwrap_or(u32::MAX),
                priority: campaign.priority,
            })
            .collect();
        let granted = share_lines(free, &demands);
        let mut choices = Vec::new();
        let mut batches = Vec::new();
        for ((campaign, (batch, candidates)), lines) in campaigns.iter().zip(wanted).zip(granted) {
            choices.extend(candidates.into_iter().take(lines as usize).map(|contact| Choice {
                call_id: self.0.ids.next(now),
                campaign,
                contact,
            }));
            if let (Some(batch), 1..) = (batch, lines) {
                batches.push((campaign, batch));
            }
        }
        let terms = Terms {
            account,
            max_duration_ms,
            now,
        };
        let reserved = self.reserve(&mut tx, choices, terms).await?;
        claim.dials.extend(reserved.into_iter().map(Dial::from));
        // Contacts before campaigns, the order in which facts lock them too.
        for (campaign, batch) in batches {
            self.advance_batch(&mut tx, campaign, batch, now).await?;
        }
        if claim.dials.is_empty() {
            return Ok(claim);
        }
        tx.commit().await?;
        Ok(claim)
    }

    /// The batch whose contacts may be called. In batch mode a new one begins only when every contact of the one before
    /// is final and, if the campaign asks for it, its number is `quiet`: no call is live on it or about to be.
    async fn present_batch(&self, tx: &mut Tx, campaign: &CampaignRow, quiet: bool) -> Result<Option<i32>> {
        let mode = stored(
            Mode::from_stored(&campaign.mode),
            "campaigns",
            "mode",
            campaign.id,
            &campaign.mode,
        )?;
        if mode == Mode::Continuous {
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

    async fn advance_batch(&self, tx: &mut Tx, campaign: &CampaignRow, batch: i32, now: UtcMs) -> Result<()> {
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

    /// Locks the account, so that one claim at a time counts and inserts.
    async fn lock_account(&self, tx: &mut Tx, account: AccountId) -> Result<AccountRow> {
        let row = match &mut tx.inner {
            // The transaction holds SQLite's only write lock already.
            TxInner::Sqlite(tx) => sqlx::query_as(
                "SELECT line_cap, learnt_lines, learnt_until_ms, dial_after_ms FROM accounts WHERE id = $1",
            )
            .bind(account.0)
            .fetch_optional(&mut **tx)
            .await?,
            // NO KEY: a plain FOR UPDATE would wait for every insert that refers to the account.
            TxInner::Postgres(tx) => sqlx::query_as(
                "SELECT line_cap, learnt_lines, learnt_until_ms, dial_after_ms FROM accounts WHERE id = $1 \
                     FOR NO KEY UPDATE",
            )
            .bind(account.0)
            .fetch_optional(&mut **tx)
            .await?,
        };
        row.ok_or_else(|| Error::Other("the account is missing: run `autolynx migrate`".to_owned()))
    }
}

impl From<Choice<'_>> for Dial {
    fn from(choice: Choice<'_>) -> Self {
        Self {
            call_id: choice.call_id,
            campaign_id: CampaignId(choice.campaign.id),
            contact_id: ContactId(choice.contact.id),
            attempt: choice.attempt(),
            phone: choice.contact.phone,
            extension: choice.contact.extension,
            name: choice.contact.name,
            business_name: choice.contact.business_name,
            variables: choice.contact.variables.0,
            provider_assistant_id: choice.campaign.provider_assistant_id.clone(),
            phone_number_id: choice.campaign.phone_number_id.clone(),
        }
    }
}

#[derive(sqlx::FromRow)]
struct AccountRow {
    line_cap: i32,
    learnt_lines: Option<i32>,
    learnt_until_ms: Option<i64>,
    dial_after_ms: i64,
}
