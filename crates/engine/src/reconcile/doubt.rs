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
use crate::{Engine, telephony::Listing};

/// Calls are looked for from this much before they were sent until this much after, in milliseconds, and further by what
/// the clocks are known to differ. Nothing is sent by a clock that differs more than
/// [`MAX_CLOCK_DIFFERENCE_MS`](crate::MAX_CLOCK_DIFFERENCE_MS). With too little, a call that exists would look absent.
const SKEW_MS: i64 = 15 * MINUTE_MS;
/// Calls sent within this time of each other are looked for together, in milliseconds. A list of everything since the
/// oldest of many could become too long to be read to its end.
const TOGETHER_MS: i64 = 10 * MINUTE_MS;
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
        for (number, mut calls) in by_number {
            // The others have their turn at the next step: by then these were asked for lately.
            let oldest = calls.iter().filter_map(|call| call.sent_at).min().unwrap_or(now);
            calls.retain(|call| call.sent_at.is_none_or(|at| at.since(oldest) <= TOGETHER_MS));
            asked += calls.len();
            self.look_for(number, &calls, now).await?;
        }
        Ok(asked)
    }

    async fn look_for(&self, number: &str, calls: &[&OpenCall], now: UtcMs) -> store::Result<()> {
        let sent = || calls.iter().filter_map(|call| call.sent_at);
        let differ_ms = self.clocks_differ_ms();
        let since = sent().min().unwrap_or(now) - SKEW_MS - differ_ms;
        let until = sent().max().unwrap_or(now) + SKEW_MS + differ_ms;
        let listing = self.telephony.created_between(number, since, until, now);
        let listing = match listing.await {
            Ok(listing) => listing,
            Err(error) => {
                tracing::info!(%error, "the provider did not answer a look for calls in doubt");
                Listing::default()
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
                continue;
            }
            // The list was made just now. It proves something only if it covers the sending: by a clock that agrees with
            // the provider's, and long enough after.
            let settled = call
                .sent_at
                .is_some_and(|at| now.since(at) >= self.settings.polling.settle_ms);
            let absent = listing.complete && settled && self.clock_hold().is_none();
            // A look that proves nothing is not repeated at once either.
            self.store.note_asked(call.call_id, absent, now).await?;
            if absent && call.absent_looks + 1 >= LOOKS {
                let says = CallState {
                    dialling: Dialling::Absent,
                    end: ended(ours::ABSENT, "the provider does not have this call", now),
                    ..CallState::default()
                };
                self.observe(&[inferred(call, "absent", says, now)], now).await?;
            }
        }
        Ok(())
    }
}
