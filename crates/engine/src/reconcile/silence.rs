//! Calls that have been silent for long, or outlived their maximum: ask for each by name.
//!
//! Guarantee *slot truth*: a line is freed by the provider's word and never by a clock alone. The one exception is a call
//! that the provider says is live long after it should have ended it by itself; a person is told of it. How long that is
//! lies between two moments of our own clock, which agrees with the provider's just then.

use domain::{
    call::{CallState, Dialling, end::ours},
    time::{MINUTE_MS, UtcMs},
};
use store::OpenCall;

use super::{asked_lately, ended, inferred};
use crate::Engine;

impl Engine {
    pub(super) async fn break_silence(&self, open: &[OpenCall], now: UtcMs) -> store::Result<usize> {
        let mut asked = 0;
        for call in open {
            let (Dialling::Accepted, Some(id), Some(sent_at)) =
                (call.dialling, &call.provider_call_id, call.sent_at)
            else {
                continue;
            };
            // Both are moments of our own clock: the provider's may be anywhere.
            let silent = !now.has_within(call.last_heard_at, self.settings.polling.stuck_after_ms);
            let outlived = now.since(sent_at) > call.max_duration_ms + MINUTE_MS;
            if !(silent || outlived) || asked_lately(call, now) {
                continue;
            }
            asked += 1;
            if !self.ask_for(call, id, sent_at, now).await? {
                // It would not answer for the others either; they have their turn at the next step.
                break;
            }
        }
        Ok(asked)
    }

    /// Returns whether the provider answered.
    async fn ask_for(&self, call: &OpenCall, id: &str, sent_at: UtcMs, now: UtcMs) -> store::Result<bool> {
        let answer = self.telephony.look_up(id, now).await;
        let now = self.clock.now();
        self.store.note_asked(call.call_id, false, now).await?;
        match answer {
            // Nothing could be dialled anyway: the line stays taken.
            Err(error) => {
                tracing::info!(%error, call.id = %call.call_id, "the provider did not answer a look-up");
                return Ok(false);
            }
            Ok(None) => {
                self.time_out(call, "the provider does not know this call any more", now)
                    .await?;
            }
            Ok(Some(fact)) => {
                let live = fact.says.end.is_none();
                self.observe(&[fact], now).await?;
                let believed_ms = call.max_duration_ms + self.settings.polling.overdue_ms;
                // The answer has just told the provider's time: with clocks that differ the line stays taken.
                if live && now.since(sent_at) > believed_ms && self.clock_hold().is_none() {
                    tracing::warn!(
                        call.id = %call.call_id,
                        "the provider says that a call is live long after its maximum duration: check it there"
                    );
                    self.time_out(call, "said to be live long after its maximum duration", now)
                        .await?;
                }
            }
        }
        Ok(true)
    }

    async fn time_out(&self, call: &OpenCall, why: &str, now: UtcMs) -> store::Result<()> {
        let says = CallState {
            end: ended(ours::TIMEOUT, why, now),
            ..CallState::default()
        };
        self.observe(&[inferred(call, "timeout", says, now)], now)
            .await
            .map(|_| ())
    }
}
