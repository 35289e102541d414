//! Writing what comes next into the contact. Every write expects the state it found: the call that ended is the last one.

use domain::{
    call::{Authority, CallState, Dialling, End, end::ours},
    campaign::CampaignStatus,
    contact::{uses_up_attempt, with_jitter},
    ids::{CallId, ContactId},
    outcome::Outcome,
    time::{HOUR_MS, UtcMs},
};

use super::{SKIPPED_CANCELED, step::Wait};
use crate::{Result, db::Tx, folding::Call, write_back::report_stray_contact};

const AGAIN: &str = "UPDATE contacts SET state = 'pending', reason = $3, eligible_at_ms = $4, \
     refusals = refusals + $5, updated_at_ms = $6 WHERE id = $1 AND state = 'calling' AND last_call_id = $2";

// In batch mode whoever is called again joins the last batch: the present one shall not wait hours for them.
const RETRY: &str = "UPDATE contacts SET state = 'pending', reason = $3, eligible_at_ms = $4, callback = $5 <> 0, \
     attempts = attempts + $7, refusals = 0, updated_at_ms = $6, \
     batch_index = (SELECT MAX(o.batch_index) FROM contacts o \
                    WHERE o.campaign_id = contacts.campaign_id AND o.state IN ('pending', 'calling')) \
     WHERE id = $1 AND state = 'calling' AND last_call_id = $2";

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
     callback = FALSE, updated_at_ms = $4 WHERE id = $1 AND state <> 'calling' AND last_call_id = $2";
// Whoever has to wait joins the last batch, as in `RETRY`; nobody may be left in any.
const AGAIN_AFTER_ALL: &str = "UPDATE contacts SET state = 'pending', outcome = NULL, reason = $3, \
     eligible_at_ms = $5, callback = $6 <> 0, updated_at_ms = $4, \
     batch_index = CASE WHEN $5 > $4 THEN COALESCE((SELECT MAX(o.batch_index) FROM contacts o \
                    WHERE o.campaign_id = contacts.campaign_id AND o.state IN ('pending', 'calling')), batch_index) \
                   ELSE batch_index END \
     WHERE id = $1 AND (state = 'done' OR (state = 'pending' AND $6 <> 0)) AND last_call_id = $2";
const SKIPPED_AFTER_ALL: &str = "UPDATE contacts SET state = 'skipped', outcome = NULL, reason = $3, \
     updated_at_ms = $4 WHERE id = $1 AND state = 'done' AND last_call_id = $2";

/// A contact counted as done that is called again after all. Its campaign is asked first: it may be final.
pub(super) struct AfterAll {
    contact: ContactId,
    call: CallId,
    /// The call never reached the provider.
    not_dialled: bool,
    wait: Wait,
}

impl AfterAll {
    /// Counted as called, and the provider never placed the call.
    pub(super) fn not_dialled(call: &Call) -> Self {
        Self {
            contact: call.contact_id,
            call: call.id,
            not_dialled: true,
            wait: Wait {
                at: UtcMs(0),
                reason: reason_to_wait(&call.state),
                callback: false,
            },
        }
    }

    /// What it came to, or what was asked for in it, is known only now.
    pub(super) fn again(call: &Call, wait: Wait) -> Self {
        Self {
            contact: call.contact_id,
            call: call.id,
            not_dialled: false,
            wait,
        }
    }

    /// Whether a campaign that is complete begins again for it: somebody was promised a call.
    pub(super) fn reopens(&self) -> bool {
        self.wait.callback
    }

    /// Writes it, by where its campaign stands. The campaign is held.
    pub(super) async fn write(self, tx: &mut Tx, status: Option<CampaignStatus>, now: UtcMs) -> Result<()> {
        let (sql, text) = match status {
            Some(CampaignStatus::Canceled) if self.not_dialled => (SKIPPED_AFTER_ALL, SKIPPED_CANCELED),
            Some(status) if status.is_final() && self.not_dialled => (OUTCOME, Outcome::NotDialled.as_str()),
            Some(status) if status.is_final() => return Ok(()),
            _ => {
                on_tx!(tx, |c| sqlx::query(AGAIN_AFTER_ALL)
                    .bind(self.contact.0)
                    .bind(self.call.0)
                    .bind(self.wait.reason)
                    .bind(now.0)
                    .bind(self.wait.at.0.max(now.0))
                    .bind(i32::from(self.wait.callback))
                    .execute(c)
                    .await
                    .map(|_| ()))?;
                return Ok(());
            }
        };
        on_tx!(tx, |c| sqlx::query(sql)
            .bind(self.contact.0)
            .bind(self.call.0)
            .bind(text)
            .bind(now.0)
            .execute(c)
            .await
            .map(|_| ()))?;
        Ok(())
    }
}

/// Nobody is called again while the call that we gave up may be ringing.
pub(super) async fn hold(tx: &mut Tx, call: &Call, now: UtcMs) -> Result<()> {
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

/// Corrects the attempts of a contact whose call is known to have come to something else.
pub(super) async fn count_attempt(
    tx: &mut Tx,
    call: &Call,
    before: Option<Outcome>,
    after: Option<Outcome>,
) -> Result<()> {
    let counts = |outcome: Option<Outcome>| i32::from(outcome.is_some_and(uses_up_attempt));
    let by = counts(after) - counts(before);
    if by == 0 {
        return Ok(());
    }
    on_tx!(tx, |c| sqlx::query(COUNT_ATTEMPT)
        .bind(call.contact_id.0)
        .bind(by)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Makes a contact final that waited or was final already.
pub(super) async fn finish_after_all(tx: &mut Tx, call: &Call, outcome: Outcome, now: UtcMs) -> Result<()> {
    with_outcome(tx, DONE_AFTER_ALL, call, outcome, now).await
}

/// Corrects the outcome of a contact that is final.
pub(super) async fn set_outcome(tx: &mut Tx, call: &Call, outcome: Outcome, now: UtcMs) -> Result<()> {
    with_outcome(tx, OUTCOME, call, outcome, now).await
}

async fn with_outcome(
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

/// Lets a contact wait that was called and shall be called again.
pub(super) async fn retry(tx: &mut Tx, call: &Call, outcome: Outcome, wait: &Wait, now: UtcMs) -> Result<()> {
    let settled = on_tx!(tx, |c| sqlx::query(RETRY)
        .bind(call.contact_id.0)
        .bind(call.id.0)
        .bind(wait.reason)
        .bind(wait.at.0)
        .bind(i32::from(wait.callback))
        .bind(now.0)
        .bind(i32::from(uses_up_attempt(outcome)))
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    if settled != 1 {
        report_stray_contact(call.id);
    }
    Ok(())
}

/// Lets the contact of a call that was never dialled wait again.
pub(super) async fn call_again_untried(tx: &mut Tx, call: &Call, delay_ms: i64, now: UtcMs) -> Result<()> {
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
        Some(ours::RELEASED) => "the call was not placed in time",
        _ => "the provider could not start the call",
    }
}
