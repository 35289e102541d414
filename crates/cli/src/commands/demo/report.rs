//! What the demo shows at its end. Peak and double calls are the sandbox's word, not ours.

use std::{collections::BTreeMap, time::Duration};

use anyhow::Context;
use sandbox::{Ledger, LedgerCall};
use serde::Serialize;

use super::{
    DemoArgs,
    campaign::{Snapshot, Started},
    stage::Stage,
};

/// The summary of a demo.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Report {
    /// Rows of the list.
    pub(crate) rows: u64,
    /// Rows that became contacts.
    pub(crate) accepted: u64,
    /// Rows that could not be used.
    pub(crate) rejected: u64,
    /// Rows that repeat a number.
    pub(crate) duplicates: u64,
    /// Contacts that are done or skipped.
    pub(crate) contacts_final: u64,
    /// Calls that the provider placed.
    pub(crate) calls: u64,
    /// Contacts by outcome.
    pub(crate) outcomes: BTreeMap<String, u64>,
    /// Calls allowed at once.
    pub(crate) cap: u32,
    /// The most calls live at one moment, by the provider's ledger.
    pub(crate) peak_live: u32,
    /// Attempts for which the provider placed more than one call, by its ledger.
    pub(crate) dialled_twice: u64,
    /// Calls to somebody while another call to the same number was live, by its ledger.
    pub(crate) called_while_live: u64,
    /// Facts that taught us something, by the way they came.
    pub(crate) facts: BTreeMap<String, u64>,
    /// From the first call's creation to the last one's end, in milliseconds of provider time.
    pub(crate) makespan_ms: i64,
    /// The same calls in the same order on as many lines without any gap.
    pub(crate) ideal_ms: i64,
    /// `ideal_ms / makespan_ms`.
    pub(crate) line_utilisation: f64,
    /// List requests a minute of provider time.
    pub(crate) list_requests_per_minute: f64,
    /// Whether every row can be rebuilt from the log.
    pub(crate) replay_equals_live: bool,
    /// What the calls cost, in dollars.
    pub(crate) cost_usd: String,
    /// What went wrong at the provider, by kind.
    pub(crate) faults_injected: BTreeMap<String, u64>,
}

/// Cost and transcript come a while after the end. They are waited for this often and this long at most.
const DETAIL_LOOKS: u32 = 40;
const DETAIL_WAIT: Duration = Duration::from_millis(50);

impl Report {
    /// Collects the summary when the campaign is complete.
    pub(crate) async fn collect(
        stage: &Stage,
        started: &Started,
        finished: &Snapshot,
        args: &DemoArgs,
    ) -> anyhow::Result<Self> {
        let store = stage.store();
        let id = started.id.parse().context("the campaign's id")?;
        for _ in 0..DETAIL_LOOKS {
            if !store.awaits_details(domain::time::UtcMs(0)).await? {
                break;
            }
            tokio::time::sleep(DETAIL_WAIT).await;
        }
        let replay = store.replay(Some(id)).await?;
        for difference in &replay.differences {
            tracing::error!(row = %difference.row, log = %difference.replayed, stored = %difference.live, "replay");
        }
        let progress = store.progress(id).await?;
        let ledger = stage.ledger();
        let makespan_ms = makespan_ms(&ledger);
        let ideal_ms = ideal_ms(&ledger.calls, args.cap);
        let count = |state: &str| finished.progress.contacts.get(state).copied().unwrap_or(0);
        let lists = ledger.requests.get("GET /call").copied().unwrap_or(0);
        Ok(Self {
            rows: started.rows,
            accepted: started.accepted,
            rejected: started.rejected,
            duplicates: started.duplicates,
            contacts_final: count("done") + count("skipped"),
            calls: ledger.calls_created,
            outcomes: finished.progress.outcomes.clone(),
            cap: args.cap,
            peak_live: ledger.peak_live,
            dialled_twice: ledger.attempts_called_twice.len() as u64,
            called_while_live: ledger.called_while_live.len() as u64,
            facts: BTreeMap::from([
                ("webhook".to_owned(), progress.facts.webhook),
                ("poll".to_owned(), progress.facts.poll),
                ("dial".to_owned(), progress.facts.dial),
            ]),
            makespan_ms,
            ideal_ms,
            line_utilisation: ratio(ideal_ms, makespan_ms),
            list_requests_per_minute: ratio(i64::try_from(lists).unwrap_or(0) * 60_000, makespan_ms),
            replay_equals_live: replay.differences.is_empty(),
            cost_usd: progress.cost.to_string(),
            faults_injected: ledger.faults.clone(),
        })
    }

    /// Whether what is promised was kept.
    pub(crate) fn guarantees_hold(&self) -> bool {
        self.contacts_final == self.accepted
            && self.dialled_twice == 0
            && self.called_while_live == 0
            && self.peak_live <= self.cap
            && self.replay_equals_live
    }
}

fn makespan_ms(ledger: &Ledger) -> i64 {
    let first = ledger.calls.iter().map(|call| call.created_at_ms).min();
    let last = ledger.calls.iter().filter_map(|call| call.ended_at_ms).max();
    first.zip(last).map_or(0, |(first, last)| last - first)
}

/// The calls in their order, each on the line that is free first, without any gap: no dialler can be faster with these
/// calls and this cap.
fn ideal_ms(calls: &[LedgerCall], lines: u32) -> i64 {
    let mut free_at = vec![0_i64; lines as usize];
    for call in calls {
        let lasts_ms = call.ended_at_ms.unwrap_or(call.created_at_ms) - call.created_at_ms;
        if let Some(line) = free_at.iter_mut().min() {
            *line += lasts_ms;
        }
    }
    free_at.into_iter().max().unwrap_or(0)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds of a demo are far below 2^52"
)]
fn ratio(part: i64, whole: i64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        (part as f64 / whole as f64 * 10_000.0).round() / 10_000.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(created_at_ms: i64, ended_at_ms: i64) -> LedgerCall {
        LedgerCall {
            provider_call_id: String::new(),
            our_id: None,
            number: String::new(),
            created_at_ms,
            dialled_at_ms: None,
            answered_at_ms: None,
            ended_at_ms: Some(ended_at_ms),
            record_ended_at_ms: None,
            max_end_ms: None,
            ended_reason: None,
            fate: None,
            cost_usd_micros: 0,
        }
    }

    #[test]
    fn the_ideal_has_no_gaps_but_keeps_the_order() {
        // Two lines: 30 and 10 begin, 20 follows the 10, 40 follows whichever is free first.
        let calls = [call(0, 30), call(0, 10), call(15, 35), call(40, 80)];
        assert_eq!(ideal_ms(&calls, 2), 70);
        assert_eq!(ideal_ms(&calls, 1), 100);
        assert_eq!(ideal_ms(&[], 3), 0);
    }
}
