//! Why people are waiting.

use std::collections::BTreeMap;

use domain::time::UtcMs;
use store::ContactRow;

use super::wording::sentence;
use crate::pages::{WaitingReason, When, show::count};

/// Waiting contacts in a sample at most. Those with a reason of their own were called before and come first.
pub(crate) const SAMPLE: u32 = 200;

/// The reasons of `pending` people, of whom `sample` are the first. Those without a reason wait for a line.
pub(super) fn reasons(pending: u64, sample: &[ContactRow], dials: bool, now: UtcMs) -> Vec<WaitingReason> {
    let mut by_reason: BTreeMap<&str, (u64, Option<UtcMs>)> = BTreeMap::new();
    let mut explained = 0;
    for row in sample {
        let Some(reason) = row.reason.as_deref() else {
            continue;
        };
        let (people, next) = by_reason.entry(reason).or_default();
        *people += 1;
        explained += 1;
        if row.eligible_at > now {
            *next = Some(next.map_or(row.eligible_at, |next| next.min(row.eligible_at)));
        }
    }
    let mut reasons = Vec::new();
    let plain = pending.saturating_sub(explained);
    if plain > 0 {
        let label = if dials {
            "Ready, waiting for a free line"
        } else {
            "Waiting for the campaign to go on"
        };
        reasons.push(WaitingReason {
            label: label.to_owned(),
            count: count(plain),
            next: None,
        });
    }
    reasons.extend(
        by_reason
            .into_iter()
            .map(|(reason, (people, next))| WaitingReason {
                label: sentence(reason).trim_end_matches('.').to_owned(),
                count: count(people),
                next: next.map(|at| When::at(at.0)),
            }),
    );
    reasons
}
