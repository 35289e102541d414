//! Calls in doubt: does the provider have them?
//!
//! Guarantee *never twice*: a call in doubt keeps its line and is not dialled again until the provider positively does
//! not have it. "Positively" means absent from complete lists in two looks, a while apart, after the time in which a call
//! may still turn up.

use std::collections::BTreeMap;

use domain::{
    call::{CallState, Dialling, end::ours},
    time::{MINUTE_MS, UtcMs},
};
use store::OpenCall;

use super::{asked_lately, ended, inferred};
use crate::Engine;

/// Our clock may go ahead of the provider's: calls are looked for from this much before they were sent, in milliseconds.
/// With too little, a call that exists would look absent.
const SKEW_MS: i64 = 15 * MINUTE_MS;
/// How many looks must miss a call.
const LOOKS: u32 = 2;

impl Engine {
    pub(super) async fn settle_doubt(&self, open: &[OpenCall], now: UtcMs) -> store::Result<usize> {
        let grace = self.settings.dial_grace_ms;
        let abandoned: Vec<_> = open
            .iter()
            .filter(|call| {
                call.dialling == Dialling::Sent && call.sent_at.is_some_and(|at| now.since(at) > grace)
            })
            .map(|call| {
                let says = CallState {
                    dialling: Dialling::Unconfirmed,
                    ..CallState::default()
                };
                inferred(call, "dial.abandoned", says, now)
            })
            .collect();
        self.observe(&abandoned, now).await?;

        let settled = |call: &&OpenCall| {
            call.dialling == Dialling::Unconfirmed
                && call
                    .sent_at
                    .is_some_and(|at| now.since(at) >= self.settings.polling.settle_ms)
                && !asked_lately(call, now)
        };
        let mut by_number: BTreeMap<&str, Vec<&OpenCall>> = BTreeMap::new();
        for call in open.iter().filter(settled) {
            by_number.entry(&call.phone_number_id).or_default().push(call);
        }
        let mut asked = 0;
        for (number, calls) in by_number {
            asked += calls.len();
            self.look_for(number, &calls, now).await?;
        }
        Ok(asked)
    }

    async fn look_for(&self, number: &str, calls: &[&OpenCall], now: UtcMs) -> store::Result<()> {
        let since = calls.iter().filter_map(|call| call.sent_at).min().unwrap_or(now) - SKEW_MS;
        let listing = match self.telephony.created_since(number, since, now).await {
            Ok(listing) => listing,
            Err(error) => {
                tracing::info!(%error, "the provider did not answer a look for calls in doubt");
                return self.asked_in_vain(calls, self.clock.now()).await;
            }
        };
        let now = self.clock.now();
        for call in calls {
            let found = listing
                .facts
                .iter()
                .find(|fact| fact.call.call_id == Some(call.call_id));
            if let Some(fact) = found {
                self.observe(std::slice::from_ref(fact), now).await?;
            } else if listing.complete {
                self.store.note_asked(call.call_id, true, now).await?;
                if call.absent_looks + 1 >= LOOKS {
                    let says = CallState {
                        dialling: Dialling::Absent,
                        end: ended(ours::ABSENT, "the provider does not have this call", now),
                        ..CallState::default()
                    };
                    self.observe(&[inferred(call, "absent", says, now)], now).await?;
                }
            }
        }
        Ok(())
    }

    /// A look without an answer proves nothing, and is not repeated at once either.
    async fn asked_in_vain(&self, calls: &[&OpenCall], now: UtcMs) -> store::Result<()> {
        for call in calls {
            self.store.note_asked(call.call_id, false, now).await?;
        }
        Ok(())
    }
}
