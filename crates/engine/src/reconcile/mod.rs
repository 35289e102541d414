//! The step `reconcile`: ask the provider about what we do not know.
//!
//! Four questions, each in its own file: what changed on the account ([`poll`]), whether calls in doubt exist ([`doubt`]),
//! what became of calls that have long been silent ([`silence`]), and what ended calls brought ([`details`]).

mod details;
mod doubt;
mod poll;
mod silence;

use domain::{
    call::{CallRef, CallState, End, Fact, Source},
    time::{MINUTE_MS, UtcMs},
};
use store::OpenCall;

use crate::Engine;

/// What a reconciliation did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Reconciled {
    /// Calls that hold a line.
    pub open: usize,
    /// Whether it was this node's turn to poll.
    pub polled: bool,
    /// Calls asked for by name or looked for in lists.
    pub asked: usize,
}

impl Engine {
    /// Asks the provider about live calls, calls in doubt, silent calls and ended calls, as far as each is due.
    ///
    /// # Errors
    /// [`store::Error::Unavailable`] when the database cannot be reached. A provider that cannot be reached is no error:
    /// the calls keep their lines and are asked for again.
    pub async fn reconcile(&self, now: UtcMs) -> store::Result<Reconciled> {
        if !self.knows_the_time() {
            // Guarantee *slot truth*: nothing is concluded from moments before the clocks were compared.
            return Ok(Reconciled::default());
        }
        if self.watch.provider_rests(self.clock.steady_ms()) {
            // Whoever asked got that answer: every line stays taken until it may be asked again.
            return Ok(Reconciled::default());
        }
        let open = self.store.open_calls().await?;
        let mut reconciled = Reconciled {
            open: open.len(),
            ..Reconciled::default()
        };
        if open.is_empty() && !self.expects_details(now).await? {
            return Ok(reconciled);
        }
        reconciled.polled = self.poll(&open, now).await?;
        reconciled.asked += self.settle_doubt(&open, now).await?;
        reconciled.asked += self.break_silence(&open, now).await?;
        reconciled.asked += self.fetch_details(now).await?;
        Ok(reconciled)
    }

    /// Cost, recording and analysis come a while after the end; where webhooks are lost only a poll brings them.
    async fn expects_details(&self, now: UtcMs) -> store::Result<bool> {
        Ok(self.store.ended_since(now - DETAILS_WITHIN_MS).await?
            || self.store.awaits_details(now - LOOK_BACK_MS).await?)
    }
}

/// How long after the last end it is polled on for what is still to come, in milliseconds.
const DETAILS_WITHIN_MS: i64 = 15 * MINUTE_MS;
/// How far back a poll looks at most, and for how long a cost is waited for, in milliseconds.
const LOOK_BACK_MS: i64 = 60 * MINUTE_MS;
/// A look is not repeated sooner than this, in milliseconds.
const LOOK_INTERVAL_MS: i64 = 60_000;

fn asked_lately(call: &OpenCall, now: UtcMs) -> bool {
    call.asked_at
        .is_some_and(|at| now.has_within(at, LOOK_INTERVAL_MS))
}

/// What we say ourselves about a call.
fn inferred(call: &OpenCall, kind: &str, says: CallState, now: UtcMs) -> Fact {
    Fact {
        call: CallRef {
            number: None,
            call_id: Some(call.call_id),
            provider_call_id: call.provider_call_id.clone(),
        },
        source: Source::Engine,
        kind: kind.to_owned(),
        at: now,
        says,
        payload: None,
    }
}

fn ended(reason: &str, message: &str, at: UtcMs) -> Option<End> {
    Some(End {
        reason: Some(reason.to_owned()),
        message: Some(message.to_owned()),
        at,
    })
}
