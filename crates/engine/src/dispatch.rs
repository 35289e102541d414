//! The step `dispatch`: free lines go to the contacts that may be called now, and those are dialled.

use domain::{
    call::{CallRef, CallState, Dialling, End, Fact, Source, end::ours},
    ids::CallId,
    time::UtcMs,
};
use futures::future::join_all;
use serde_json::json;
use store::{Claim, Dial, MarkSent, Wake};

use crate::{
    Engine,
    telephony::{DialAnswer, RefusalKind},
};

/// What a dispatch did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Dispatched {
    /// Calls that the provider was asked for.
    pub dialled: usize,
}

impl Engine {
    /// Claims free lines and dials, and returns when every answer is recorded.
    ///
    /// # Errors
    /// [`store::Error::Unavailable`] when the database cannot be reached.
    pub async fn dispatch(&self, now: UtcMs) -> store::Result<Dispatched> {
        let claim = self.claim(now).await?;
        let dialled = claim.dials.len();
        // A dial that panics stops no other.
        let dials = claim.dials.iter().map(|dial| self.watched_dial(dial));
        for result in join_all(dials).await {
            result?;
        }
        Ok(Dispatched { dialled })
    }

    /// Lets go of calls that were reserved and not dialled in time, and claims free lines.
    ///
    /// # Errors
    /// [`store::Error::Unavailable`] when the database cannot be reached.
    pub async fn claim(&self, now: UtcMs) -> store::Result<Claim> {
        // Guarantees *slot truth* and *lawful moment*: with a clock that is wrong no hour is lawful for certain.
        if self.clock_hold().is_some() {
            return Ok(Claim::default());
        }
        let orphans = self.store.orphans(now).await?;
        let released: Vec<Fact> = orphans
            .into_iter()
            .map(|(call_id, _)| released(call_id, now))
            .collect();
        self.observe(&released, now).await?;
        let claim = self.store.claim(self.settings.max_duration_ms, now).await?;
        for campaign in &claim.paused {
            self.store.wake(Wake::Campaign(*campaign));
        }
        Ok(claim)
    }

    /// Dials one reserved call and records the answer.
    ///
    /// Waits while the second is full ([`MarkSent::Wait`]), for as long as the call is reserved.
    ///
    /// Killed before `mark_sent` commits: the provider never heard of it, and whoever finds it lets it go. Killed after:
    /// the call is in doubt, and `reconcile` looks it up. Run twice at once: only one is told to dial.
    ///
    /// # Errors
    /// [`store::Error::Unavailable`] when the database cannot be reached.
    pub async fn dial(&self, dial: &Dial) -> store::Result<()> {
        let marked_at = loop {
            // Asked for every time: a clock may go wrong while a call waits for its second.
            if self.clock_hold().is_some() {
                return self.let_go(dial).await;
            }
            let now = self.clock.now();
            match self.store.mark_sent(dial.call_id, dial.campaign_id, now).await? {
                MarkSent::Dial => break now,
                // Its reservation lasts longer, and when that is over it is let go.
                MarkSent::Wait { until } => self.clock.sleep(until.since(now).max(1)).await,
                MarkSent::Halted => return self.let_go(dial).await,
                MarkSent::Taken => return Ok(()),
            }
        };
        let now = self.clock.now();
        let late = now >= dial.until || now.since(marked_at) > self.settings.dial_grace_ms;
        if late || self.clock_hold().is_some() {
            // This machine slept on it, or its clock jumped. The hour may have passed, somebody may have forbidden the number, and others may
            // have come to the conclusion that the call does not exist.
            let what = "not placed in time; whether it exists is looked up";
            tracing::warn!(call.id = %dial.call_id, "{what}");
            return self
                .observe(&[unconfirmed(dial, what, now)], now)
                .await
                .map(|_| ());
        }
        self.store.wake(Wake::Campaign(dial.campaign_id));
        let answer = self.telephony.dial(dial, self.clock.now()).await;
        self.record_answer(dial, answer).await
    }

    async fn record_answer(&self, dial: &Dial, answer: DialAnswer) -> store::Result<()> {
        let now = self.clock.now();
        match answer {
            DialAnswer::Accepted { fact, lines } => {
                self.observe(&[*fact], now).await?;
                if let Some(lines) = lines {
                    self.store.learn_lines(lines, now).await?;
                }
            }
            DialAnswer::Blocked { fact, lines } => {
                let provider_call_id = fact.call.provider_call_id.clone();
                self.observe(&[*fact], now).await?;
                match lines {
                    Some(lines) => self.store.learn_lines(lines, now).await?,
                    None => self.store.learn_from_refusal(now).await?,
                }
                self.store.back_off(None, now).await?;
                // The record itself says whether the call is over or still waits for a line.
                if let Some(id) = provider_call_id
                    && let Ok(Some(fact)) = self.telephony.look_up(&id, self.clock.now()).await
                {
                    self.observe(&[fact], self.clock.now()).await?;
                }
            }
            DialAnswer::Refused {
                kind,
                message,
                retry_after_ms,
            } => {
                tracing::info!(call.id = %dial.call_id, ?kind, "the provider refused a call");
                self.observe(&[refusal(dial, kind, message, now)], now).await?;
                match kind {
                    RefusalKind::Capacity => {
                        self.store.learn_from_refusal(now).await?;
                        self.store.back_off(retry_after_ms, now).await?;
                    }
                    RefusalKind::Rate | RefusalKind::Unreachable => {
                        self.store.back_off(retry_after_ms, now).await?;
                    }
                    RefusalKind::Contact | RefusalKind::Account => {}
                }
            }
            DialAnswer::InDoubt(what) => {
                // The provider's words may quote the number: they are kept with the call, not in the log.
                tracing::warn!(call.id = %dial.call_id, "nobody can tell whether the provider has the call");
                self.observe(&[unconfirmed(dial, &what, now)], now).await?;
            }
        }
        Ok(())
    }

    /// The call may not be placed any more: the contact goes back.
    async fn let_go(&self, dial: &Dial) -> store::Result<()> {
        let now = self.clock.now();
        self.observe(&[released(dial.call_id, now)], now)
            .await
            .map(|_| ())
    }
}

/// The call was reserved, and is not placed.
fn released(call_id: CallId, now: UtcMs) -> Fact {
    let end = End {
        reason: Some(ours::RELEASED.to_owned()),
        message: None,
        at: now,
    };
    let says = CallState {
        end: Some(end),
        ..CallState::default()
    };
    own_fact(call_id, Source::Engine, "released", says, now)
}

fn refusal(dial: &Dial, kind: RefusalKind, message: String, now: UtcMs) -> Fact {
    let reason = match kind {
        RefusalKind::Contact => ours::REFUSED_CONTACT,
        RefusalKind::Capacity => ours::REFUSED_CAPACITY,
        RefusalKind::Rate => ours::REFUSED_RATE,
        RefusalKind::Account => ours::REFUSED_ACCOUNT,
        RefusalKind::Unreachable => ours::REFUSED_UNREACHABLE,
    };
    let says = CallState {
        dialling: Dialling::Refused,
        end: Some(End {
            reason: Some(reason.to_owned()),
            message: Some(message),
            at: now,
        }),
        ..CallState::default()
    };
    own_fact(dial.call_id, Source::Dial, "dial.refused", says, now)
}

fn unconfirmed(dial: &Dial, what: &str, now: UtcMs) -> Fact {
    let says = CallState {
        dialling: Dialling::Unconfirmed,
        ..CallState::default()
    };
    Fact {
        payload: Some(json!({ "doubt": what }).to_string()),
        ..own_fact(dial.call_id, Source::Dial, "dial.in-doubt", says, now)
    }
}

fn own_fact(call_id: CallId, source: Source, kind: &str, says: CallState, now: UtcMs) -> Fact {
    Fact {
        call: CallRef {
            number: None,
            call_id: Some(call_id),
            provider_call_id: None,
        },
        source,
        kind: kind.to_owned(),
        at: now,
        says,
        payload: None,
    }
}
