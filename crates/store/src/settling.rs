//! What facts about a call mean for its contact and its campaign.

use std::collections::BTreeMap;

use domain::{
    call::{Authority, CallState, Dialling, End, end::ours},
    campaign::CampaignStatus,
    contact::{NextStep, next_step, with_jitter},
    ids::{CallId, CampaignId, ContactId},
    outcome::{self, Class, Outcome},
    time::{HOUR_MS, UtcMs},
};

use crate::{
    Result,
    campaigns::lock_campaign,
    clean::clean,
    db::Tx,
    facts::Applied,
    folding::Call,
    write_back::{finish_contacts, note_heard, report_stray_contact, update_calls},
};

const AGAIN: &str = "UPDATE contacts SET state = 'pending', reason = $3, eligible_at_ms = $4, \
     refusals = refusals + $5, updated_at_ms = $6 WHERE id = $1 AND state = 'calling' AND last_call_id = $2";

const SKIPPED: &str = "UPDATE contacts SET state = 'skipped', reason = $3, updated_at_ms = $4 \
     WHERE id = $1 AND state = 'calling' AND last_call_id = $2";

const OUTCOME: &str = "UPDATE contacts SET outcome = $3, updated_at_ms = $4 \
     WHERE id = $1 AND state = 'done' AND last_call_id = $2";

const HOLD: &str = "UPDATE contacts SET eligible_at_ms = $3, reason = 'the provider is calling them after all', \
     updated_at_ms = $4 WHERE id = $1 AND state = 'pending' AND last_call_id = $2";
/// For so long, in milliseconds, unless its end is told before: the provider lets no call live longer than twelve hours.
const HOLD_MS: i64 = 13 * HOUR_MS;

// The rows as they would be, had the provider's word come first.
const COUNT_ATTEMPT: &str = "UPDATE contacts SET attempts = attempts + $2 WHERE id = $1";
const DONE_AFTER_ALL: &str = "UPDATE contacts SET state = 'done', outcome = $3, reason = NULL, refusals = 0, \
     updated_at_ms = $4 WHERE id = $1 AND state <> 'calling' AND last_call_id = $2";
const AGAIN_AFTER_ALL: &str = "UPDATE contacts SET state = 'pending', outcome = NULL, reason = $3, \
     eligible_at_ms = $4, updated_at_ms = $4 WHERE id = $1 AND state = 'done' AND last_call_id = $2";
const SKIPPED_AFTER_ALL: &str = "UPDATE contacts SET state = 'skipped', outcome = NULL, reason = $3, \
     updated_at_ms = $4 WHERE id = $1 AND state = 'done' AND last_call_id = $2";

// The earliest accepted call, in whatever order the news comes.
const STARTED: &str = "UPDATE campaigns SET updated_at_ms = $3, \
     started_at_ms = CASE WHEN started_at_ms <= $2 THEN started_at_ms ELSE $2 END, \
     status = CASE WHEN status = 'QUEUED' THEN 'DIALING' ELSE status END \
     WHERE id = $1 AND (started_at_ms IS NULL OR started_at_ms > $2 OR status = 'QUEUED')";

const RUNNING: &str =
    "UPDATE campaigns SET status = 'RUNNING', updated_at_ms = $2 WHERE id = $1 AND status = 'DIALING'";

const PAUSED: &str = "UPDATE campaigns SET status = 'PAUSED', pause_reason = $2, updated_at_ms = $3 \
     WHERE id = $1 AND status IN ('QUEUED', 'DIALING', 'RUNNING')";

/// Why a contact of a cancelled campaign was never called.
pub(crate) const SKIPPED_CANCELED: &str = "the campaign was cancelled";

/// What the calls of a batch mean for their campaigns. Campaigns are written last and in the order of their ids, so
/// that two batches never wait for each other.
#[derive(Default)]
struct Moves(BTreeMap<CampaignId, Move>);

#[derive(Default)]
struct Move {
    accepted_at: Option<UtcMs>,
    rang: bool,
    fault: Option<String>,
    not_dialled_after_all: Vec<(ContactId, CallId, &'static str)>,
}

/// Writes the calls of a batch back, settles their contacts, and moves their campaigns along.
pub(crate) async fn write_back(
    tx: &mut Tx,
    calls: impl Iterator<Item = &Call>,
    applied: &mut Applied,
    now: UtcMs,
) -> Result<()> {
    let (changed, unchanged): (Vec<&Call>, Vec<&Call>) = calls.partition(|call| call.state != call.before);
    note_heard(tx, &unchanged, now).await?;
    update_calls(tx, &changed, now).await?;
    let mut settling = Settling::default();
    for call in changed {
        settling.settle(tx, call, applied, now).await?;
    }
    finish_contacts(tx, &settling.finished, now).await?;
    settling.moves.make(tx, applied, now).await
}

/// What the calls of a batch mean beyond themselves.
#[derive(Default)]
struct Settling<'a> {
    moves: Moves,
    /// Calls that made their contacts final, and with what.
    finished: Vec<(&'a Call, Outcome)>,
}

impl<'a> Settling<'a> {
    /// Settles the contact of a call of which something changed, and notes what it means for its campaign.
    async fn settle(&mut self, tx: &mut Tx, call: &'a Call, applied: &mut Applied, now: UtcMs) -> Result<()> {
        applied.campaigns.insert(call.campaign_id);
        applied.rang |= call.state.end.is_none() && rang(&call.state) && !rang(&call.before);
        let campaign = self.moves.0.entry(call.campaign_id).or_default();
        campaign.note(call);
        match (call.before.outcome(), call.state.outcome()) {
            // Believed never dialled, and the provider has it. Whether anybody was called is for its end to say.
            (Some(Outcome::NotDialled), Some(Outcome::NotDialled))
                if call.before.accepted_at.is_none() && call.state.accepted_at.is_some() =>
            {
                hold(tx, call, now).await?;
            }
            (before, after) if before == after => {}
            (None, Some(outcome)) => {
                applied.ended += 1;
                applied.no_line |= wanted_a_line(&call.state);
                match next_step(outcome, call.refusals + 1) {
                    NextStep::Done(outcome) => self.finished.push((call, outcome)),
                    NextStep::CallAgain { delay_ms } => call_again(tx, call, delay_ms, now).await?,
                }
            }
            // Believed never dialled, and the provider did place it: whoever was called is not called again.
            (Some(Outcome::NotDialled), Some(outcome)) => {
                count_attempt(tx, call, 1).await?;
                set_outcome(tx, DONE_AFTER_ALL, call, outcome, now).await?;
            }
            (Some(_), Some(Outcome::NotDialled)) => {
                count_attempt(tx, call, -1).await?;
                let reason = reason_to_wait(&call.state);
                campaign
                    .not_dialled_after_all
                    .push((call.contact_id, call.id, reason));
            }
            (_, Some(outcome)) => set_outcome(tx, OUTCOME, call, outcome, now).await?,
            (_, None) => {}
        }
        Ok(())
    }
}

/// Whether the provider has rung the telephone at the other end.
fn rang(state: &CallState) -> bool {
    state.ringing_at.or(state.started_at).is_some()
}

/// Whether the provider took the call on and then found no line for it.
fn wanted_a_line(state: &CallState) -> bool {
    let reason = state.end.as_ref().and_then(|end| end.reason.as_deref());
    reason.is_some_and(|reason| outcome::classify(reason).class == Class::ConcurrencyLimited)
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
    }
}

impl Moves {
    /// Moves the campaigns along: started with the first accepted call, running once one rings, paused by a fault that
    /// every further call would share.
    async fn make(self, tx: &mut Tx, applied: &mut Applied, now: UtcMs) -> Result<()> {
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
            if let Some(fault) = campaign.fault {
                let paused = on_tx!(tx, |c| sqlx::query(PAUSED)
                    .bind(id.0)
                    .bind(clean(&fault).as_ref())
                    .bind(now.0)
                    .execute(c)
                    .await
                    .map(|done| done.rows_affected() == 1))?;
                if paused {
                    applied.paused.insert(id);
                }
            }
            if !campaign.not_dialled_after_all.is_empty() {
                call_again_after_all(tx, id, campaign.not_dialled_after_all, now).await?;
            }
        }
        Ok(())
    }
}

/// Contacts counted as called, to whom the provider never placed the call. A campaign that is complete stays so.
async fn call_again_after_all(
    tx: &mut Tx,
    id: CampaignId,
    contacts: Vec<(ContactId, CallId, &'static str)>,
    now: UtcMs,
) -> Result<()> {
    let status = lock_campaign(tx, id).await?;
    for (contact, call, reason) in contacts {
        let (sql, text) = match status {
            Some(CampaignStatus::Canceled) => (SKIPPED_AFTER_ALL, SKIPPED_CANCELED),
            Some(status) if status.is_final() => (OUTCOME, Outcome::NotDialled.as_str()),
            _ => (AGAIN_AFTER_ALL, reason),
        };
        on_tx!(tx, |c| sqlx::query(sql)
            .bind(contact.0)
            .bind(call.0)
            .bind(text)
            .bind(now.0)
            .execute(c)
            .await
            .map(|_| ()))?;
    }
    Ok(())
}

/// Nobody is called again while the call that we gave up may be ringing.
async fn hold(tx: &mut Tx, call: &Call, now: UtcMs) -> Result<()> {
    on_tx!(tx, |c| sqlx::query(HOLD)
        .bind(call.contact_id.0)
        .bind(call.id.0)
        .bind(now.0 + HOLD_MS)
        .bind(now.0)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

async fn count_attempt(tx: &mut Tx, call: &Call, by: i32) -> Result<()> {
    on_tx!(tx, |c| sqlx::query(COUNT_ATTEMPT)
        .bind(call.contact_id.0)
        .bind(by)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

async fn set_outcome(
    tx: &mut Tx,
    sql: &'static str,
    call: &Call,
    outcome: Outcome,
    now: UtcMs,
) -> Result<()> {
    on_tx!(tx, |c| sqlx::query(sql)
        .bind(call.contact_id.0)
        .bind(call.id.0)
        .bind(outcome.as_str())
        .bind(now.0)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Lets the contact of a call that was never dialled wait again.
async fn call_again(tx: &mut Tx, call: &Call, delay_ms: i64, now: UtcMs) -> Result<()> {
    // Whether the provider turned the request down, or took it on and never dialled.
    let provider = |end: &End| end.authority() == Authority::Provider;
    let refused = call.state.dialling == Dialling::Refused || call.state.end.as_ref().is_some_and(provider);
    // Should the cancellation be newer than this look, the sweep skips the contact.
    let settled = if call.campaign_status == CampaignStatus::Canceled {
        on_tx!(tx, |c| sqlx::query(SKIPPED)
            .bind(call.contact_id.0)
            .bind(call.id.0)
            .bind(SKIPPED_CANCELED)
            .bind(now.0)
            .execute(c)
            .await
            .map(|done| done.rows_affected()))?
    } else {
        // Only a refusal has to wait; a call that was let go or never arrived may go again at once.
        let wait_ms = if refused {
            with_jitter(delay_ms, call.id.0.as_u64_pair().1)
        } else {
            0
        };
        on_tx!(tx, |c| sqlx::query(AGAIN)
            .bind(call.contact_id.0)
            .bind(call.id.0)
            .bind(reason_to_wait(&call.state))
            .bind(now.0 + wait_ms)
            .bind(i32::from(refused))
            .bind(now.0)
            .execute(c)
            .await
            .map(|done| done.rows_affected()))?
    };
    if settled != 1 {
        report_stray_contact(call.id);
    }
    Ok(())
}

/// Why a contact is called again, in words for people.
fn reason_to_wait(state: &CallState) -> &'static str {
    match state.end.as_ref().and_then(|end| end.reason.as_deref()) {
        Some(ours::REFUSED_CAPACITY) => "the provider had no free line",
        Some(ours::REFUSED_RATE) => "the provider asked us to slow down",
        Some(ours::REFUSED_UNREACHABLE) => "the provider could not be reached",
        Some(ours::REFUSED_ACCOUNT) => "the provider refused our account, number or assistant",
        Some(ours::ABSENT) => "the provider never got the call",
        Some(ours::RELEASED) => "the campaign was paused before the call was placed",
        _ => "the provider could not start the call",
    }
}
