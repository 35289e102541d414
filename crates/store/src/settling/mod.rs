//! What facts about a call mean for its contact and its campaign.
//!
//! [`write_back`] writes the calls, decides for each contact what comes next ([`step`]), keeps what was asked for in a call
//! ([`opt_out`]), adds up what was spent ([`spent`]), and moves the campaigns along ([`moves`]).

mod contact;
mod moves;
pub(crate) mod opt_out;
mod spent;
mod step;

use domain::{
    call::CallState,
    contact::NextStep,
    outcome::{self, Class, Outcome},
    time::UtcMs,
    wishes::{Wishes, wishes},
};

use self::{
    contact::{AfterAll, call_again_untried, count_attempt, finish_after_all, hold, retry, set_outcome},
    moves::Moves,
    step::Steps,
};
use crate::{
    Result,
    db::{Store, Tx},
    facts::Applied,
    folding::Call,
    write_back::{finish_contacts, note_heard, update_calls},
};

/// What becomes of a waiting contact that is not called any more, for the reason in `$2`: whoever was called has the
/// outcome of the last call, the others were never called.
pub(crate) const NOT_CALLED_ANY_MORE: &str = "state = CASE WHEN EXISTS (SELECT 1 FROM calls k \
       WHERE k.id = contacts.last_call_id AND k.outcome <> 'not_dialled') THEN 'done' ELSE 'skipped' END, \
     outcome = (SELECT k.outcome FROM calls k WHERE k.id = contacts.last_call_id AND k.outcome <> 'not_dialled'), \
     reason = CASE WHEN EXISTS (SELECT 1 FROM calls k \
       WHERE k.id = contacts.last_call_id AND k.outcome <> 'not_dialled') THEN NULL ELSE $2 END, callback = FALSE";

/// Why a contact of a cancelled campaign was never called.
pub(crate) const SKIPPED_CANCELED: &str = "the campaign was cancelled";

/// Writes the calls of a batch back, settles their contacts, and moves their campaigns along.
pub(crate) async fn write_back(
    store: &Store,
    tx: &mut Tx,
    calls: impl Iterator<Item = &Call>,
    applied: &mut Applied,
    now: UtcMs,
) -> Result<()> {
    let (changed, unchanged): (Vec<&Call>, Vec<&Call>) = calls.partition(|call| call.state != call.before);
    note_heard(tx, &unchanged, now).await?;
    update_calls(tx, &changed, now).await?;
    let mut settling = Settling::default();
    for call in &changed {
        settling.settle(tx, call, applied, now).await?;
    }
    finish_contacts(tx, &settling.finished, now).await?;
    opt_out::suppress(store, tx, &changed, applied, now).await?;
    spent::add(store, tx, &changed).await?;
    settling.moves.make(tx, applied, now).await
}

/// What calls said by themselves before and say now.
pub(crate) fn wishes_of(state: &CallState) -> Wishes {
    let mut wishes = wishes(state.details.structured_json.as_deref());
    wishes.opt_out |= state.details.opted_out;
    wishes
}

/// What the calls of a batch mean beyond themselves.
#[derive(Default)]
struct Settling<'a> {
    moves: Moves,
    steps: Steps,
    /// Calls that made their contacts final, and with what.
    finished: Vec<(&'a Call, Outcome)>,
}

impl<'a> Settling<'a> {
    /// Settles the contact of a call of which something changed, and notes what it means for its campaign.
    async fn settle(&mut self, tx: &mut Tx, call: &'a Call, applied: &mut Applied, now: UtcMs) -> Result<()> {
        applied.campaigns.insert(call.campaign_id);
        applied.rang |= call.state.end.is_none() && rang(&call.state) && !rang(&call.before);
        self.moves.note(call);
        let wished = wishes_of(&call.state) != wishes_of(&call.before);
        match (call.before.outcome(), call.state.outcome()) {
            // Believed never dialled, and the provider has it. Whether anybody was called is for its end to say.
            (Some(Outcome::NotDialled), Some(Outcome::NotDialled))
                if call.before.accepted_at.is_none() && call.state.accepted_at.is_some() =>
            {
                hold(tx, call, now).await?;
            }
            (None, Some(outcome)) => {
                applied.ended += 1;
                applied.no_line |= wanted_a_line(&call.state);
                match self.steps.after(tx, call, outcome, now).await? {
                    NextStep::Done(outcome) => self.finished.push((call, outcome)),
                    NextStep::CallAgain { delay_ms, .. } if outcome == Outcome::NotDialled => {
                        call_again_untried(tx, call, delay_ms, now).await?;
                    }
                    again => {
                        let wait = self.steps.wait(tx, call, outcome, again, now).await?;
                        retry(tx, call, outcome, &wait, now).await?;
                    }
                }
            }
            // Believed never dialled, and the provider did place it: whoever was called is not called again.
            (Some(Outcome::NotDialled), Some(outcome)) if outcome != Outcome::NotDialled => {
                count_attempt(tx, call, None, Some(outcome)).await?;
                finish_after_all(tx, call, outcome, now).await?;
            }
            (Some(before), Some(Outcome::NotDialled)) if before != Outcome::NotDialled => {
                count_attempt(tx, call, Some(before), None).await?;
                self.moves.after_all(call, AfterAll::not_dialled(call));
            }
            // The provider's word came after our own, or the analysis after the end.
            (Some(before), Some(outcome)) if before != outcome || wished => {
                count_attempt(tx, call, Some(before), Some(outcome)).await?;
                match self.steps.after(tx, call, outcome, now).await? {
                    NextStep::Done(outcome) => finish_after_all(tx, call, outcome, now).await?,
                    again => {
                        set_outcome(tx, call, outcome, now).await?;
                        let wait = self.steps.wait(tx, call, outcome, again, now).await?;
                        self.moves.after_all(call, AfterAll::again(call, wait));
                    }
                }
            }
            _ => {}
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
