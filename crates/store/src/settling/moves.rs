//! What the calls of a batch mean for their campaigns. Campaigns are written last and in the order of their ids, so that
//! two batches never wait for each other.

use std::collections::BTreeMap;

use domain::{
    call::{CallState, Dialling, End},
    campaign::{CampaignStatus, PauseKind},
    ids::CampaignId,
    pacing::breaker::{self, Ended},
    time::UtcMs,
};

use super::{contact::AfterAll, rang};
use crate::{
    Result, campaigns::lock_campaign, clean::clean, db::Tx, facts::Applied, folding::Call, rows::to_u32,
};

// The earliest accepted call, in whatever order the news comes.
const STARTED: &str = "UPDATE campaigns SET updated_at_ms = $3, \
     started_at_ms = CASE WHEN started_at_ms <= $2 THEN started_at_ms ELSE $2 END, \
     status = CASE WHEN status = 'QUEUED' THEN 'DIALING' ELSE status END \
     WHERE id = $1 AND (started_at_ms IS NULL OR started_at_ms > $2 OR status = 'QUEUED')";

const RUNNING: &str =
    "UPDATE campaigns SET status = 'RUNNING', updated_at_ms = $2 WHERE id = $1 AND status = 'DIALING'";

const PAUSED: &str = "UPDATE campaigns SET status = 'PAUSED', pause_kind = $4, pause_reason = $2, updated_at_ms = $3 \
     WHERE id = $1 AND status IN ('QUEUED', 'DIALING', 'RUNNING')";

const REOPENED: &str = "UPDATE campaigns SET status = 'RUNNING', completed_at_ms = NULL, updated_at_ms = $2 \
     WHERE id = $1 AND status = 'COMPLETED' AND archived_at_ms IS NULL AND (expires_at_ms IS NULL OR expires_at_ms > $2)";

// How the latest calls of a campaign ended. What was before a person said "go on" does not count again.
const LATELY: &str = "SELECT k.ended_at_ms, k.dialling, k.ended_reason, k.user_turns FROM calls k \
     JOIN campaigns c ON c.id = k.campaign_id \
     WHERE k.campaign_id = $1 AND k.ended_at_ms IS NOT NULL AND k.ended_at_ms > $2 \
       AND k.ended_at_ms > COALESCE(c.resumed_at_ms, 0) ORDER BY k.ended_at_ms DESC LIMIT 200";

/// What the calls of a batch mean for their campaigns.
#[derive(Default)]
pub(super) struct Moves(BTreeMap<CampaignId, Move>);

#[derive(Default)]
struct Move {
    accepted_at: Option<UtcMs>,
    rang: bool,
    /// A fault that every further call would share.
    fault: Option<String>,
    /// A call failed by the provider's fault.
    failed: bool,
    after_all: Vec<AfterAll>,
}

impl Moves {
    /// Notes what a call means for its campaign.
    pub(super) fn note(&mut self, call: &Call) {
        self.0.entry(call.campaign_id).or_default().note(call);
    }

    /// Notes a contact that is called again after all.
    pub(super) fn after_all(&mut self, call: &Call, contact: AfterAll) {
        self.0
            .entry(call.campaign_id)
            .or_default()
            .after_all
            .push(contact);
    }

    /// Moves the campaigns along: started with the first accepted call, running once one rings, paused by a fault that
    /// every further call would share or by many faults at once.
    pub(super) async fn make(self, tx: &mut Tx, applied: &mut Applied, now: UtcMs) -> Result<()> {
        for (id, campaign) in self.0 {
            if let Some(accepted_at) = campaign.accepted_at {
                on_tx!(tx, |c| sqlx::query(STARTED)
                    .bind(id.0)
                    .bind(accepted_at.0)
                    .bind(now.0)
                    .execute(c)
                    .await
                    .map(|_| ()))?;
            }
            if campaign.rang {
                on_tx!(tx, |c| sqlx::query(RUNNING)
                    .bind(id.0)
                    .bind(now.0)
                    .execute(c)
                    .await
                    .map(|_| ()))?;
            }
            let mut pause = campaign.fault.map(|fault| (PauseKind::Account, fault));
            if pause.is_none() && campaign.failed {
                pause = too_many_faults(tx, id, now)
                    .await?
                    .map(|reason| (PauseKind::Breaker, reason));
            }
            if let Some((kind, reason)) = pause {
                let paused = on_tx!(tx, |c| sqlx::query(PAUSED)
                    .bind(id.0)
                    .bind(clean(&reason).as_ref())
                    .bind(now.0)
                    .bind(kind.as_str())
                    .execute(c)
                    .await
                    .map(|done| done.rows_affected() == 1))?;
                if paused {
                    applied.paused.insert(id);
                }
            }
            if !campaign.after_all.is_empty() {
                call_again_after_all(tx, id, campaign.after_all, now).await?;
            }
        }
        Ok(())
    }
}

impl Move {
    fn note(&mut self, call: &Call) {
        let started_later = |at: &UtcMs| call.campaign_started_at.is_none_or(|started| started > *at);
        let newly_accepted = call.before.accepted_at.is_none();
        if let Some(at) = call
            .state
            .accepted_at
            .filter(|at| newly_accepted || started_later(at))
        {
            self.accepted_at = Some(self.accepted_at.map_or(at, |earliest| earliest.min(at)));
        }
        self.rang |= rang(&call.state)
            && (!rang(&call.before)
                || matches!(
                    call.campaign_status,
                    CampaignStatus::Queued | CampaignStatus::Dialing
                ));
        if call.before.account_fault().is_none() {
            self.fault = self.fault.take().or_else(|| call.state.account_fault());
        }
        self.failed |= breaker::is_provider_fault(&call.state) && !breaker::is_provider_fault(&call.before);
    }
}

/// Whether so many calls failed at the provider lately that a person had better look: why, in words for people.
async fn too_many_faults(tx: &mut Tx, id: CampaignId, now: UtcMs) -> Result<Option<String>> {
    type Row = (i64, String, Option<String>, Option<i32>);
    let since = now - breaker::WINDOW_MS;
    let rows: Vec<Row> = on_tx!(tx, |c| sqlx::query_as(LATELY)
        .bind(id.0)
        .bind(since.0)
        .fetch_all(c)
        .await)?;
    let lately: Vec<Ended> = rows
        .into_iter()
        .map(|(at, dialling, reason, user_turns)| {
            let mut state = CallState {
                dialling: Dialling::from_stored(&dialling).unwrap_or_default(),
                end: Some(End {
                    reason,
                    message: None,
                    at: UtcMs(at),
                }),
                ..CallState::default()
            };
            state.details.user_turns = user_turns.map(to_u32);
            Ended {
                at: UtcMs(at),
                provider_fault: breaker::is_provider_fault(&state),
            }
        })
        .collect();
    Ok(breaker::trips(&lately, since, now).map(|trip| trip.to_string()))
}

/// Contacts counted as done that are called again after all. A campaign that is complete stays so, unless somebody was
/// promised a call in it.
async fn call_again_after_all(
    tx: &mut Tx,
    id: CampaignId,
    contacts: Vec<AfterAll>,
    now: UtcMs,
) -> Result<()> {
    let status = lock_campaign(tx, id).await?;
    if status == Some(CampaignStatus::Completed) && contacts.iter().any(AfterAll::reopens) {
        let reopened = on_tx!(tx, |c| sqlx::query(REOPENED)
            .bind(id.0)
            .bind(now.0)
            .execute(c)
            .await
            .map(|done| done.rows_affected() == 1))?;
        if reopened {
            // Only for those who were promised something.
            for contact in contacts {
                let status = if contact.reopens() {
                    CampaignStatus::Running
                } else {
                    CampaignStatus::Completed
                };
                contact.write(tx, Some(status), now).await?;
            }
            return Ok(());
        }
    }
    for contact in contacts {
        contact.write(tx, status, now).await?;
    }
    Ok(())
}
