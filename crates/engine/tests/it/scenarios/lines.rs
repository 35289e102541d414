//! Who gets the lines, and when.

use domain::campaign::{CampaignStatus, Mode};
use sandbox::SECOND_PHONE_NUMBER_ID;

use super::{provider, run, run_of};
use crate::sim::{
    setup::{List, Setup, people},
    truth::{Attempt, Truth},
};

#[tokio::test]
async fn a_freed_line_is_filled_at_once() {
    let truth = run(Setup {
        provider: provider(|_| {}),
        ..run_of(vec![List::of(3, people(0, 20, "human 30s"))])
    })
    .await;
    let mut ends: Vec<i64> = truth
        .calls
        .iter()
        .filter_map(Attempt::held)
        .map(|held| held.until_ms)
        .collect();
    let mut begins: Vec<i64> = truth
        .calls
        .iter()
        .filter_map(Attempt::held)
        .map(|held| held.from_ms)
        .collect();
    ends.sort_unstable();
    begins.sort_unstable();
    for (ended_ms, begun_ms) in ends.iter().zip(&begins[3..]) {
        let idle_ms = begun_ms - ended_ms;
        assert!((0..300).contains(&idle_ms), "a line lay idle for {idle_ms} ms");
    }
}

#[tokio::test]
async fn two_campaigns_share_the_lines_fairly() {
    let truth = run(Setup {
        provider: provider(|settings| settings.account_lines = 6),
        line_cap: 6,
        ..run_of(vec![
            List::of(6, people(0, 60, "human 30s")),
            List::of(6, people(100, 60, "human 60s")),
        ])
    })
    .await;
    // Only while both have people waiting is there anything to share.
    let both_until_ms = (0..2)
        .map(|campaign| last_begin_ms(&truth, campaign))
        .min()
        .unwrap();
    let line_time = |campaign: usize| -> i64 {
        let its = truth
            .calls
            .iter()
            .filter(|call| call.campaign == campaign)
            .filter_map(Attempt::held);
        its.map(|held| (held.until_ms.min(both_until_ms) - held.from_ms).max(0))
            .sum()
    };
    let (quick, slow) = (line_time(0), line_time(1));
    let share = quick as f64 / (quick + slow) as f64;
    assert!(
        (0.425..0.575).contains(&share),
        "short calls had {share:.3} of the line time"
    );
}

fn last_begin_ms(truth: &Truth, campaign: usize) -> i64 {
    let its = truth
        .calls
        .iter()
        .filter(|call| call.campaign == campaign)
        .filter_map(Attempt::held);
    its.map(|held| held.from_ms).max().unwrap()
}

#[tokio::test]
async fn batches_are_strict_and_wait_for_a_quiet_line() {
    // Somebody else's campaign keeps the second list's number busy for a while.
    let busy = List {
        phone_number_id: SECOND_PHONE_NUMBER_ID,
        ..List::of(1, people(100, 4, "human 90s"))
    };
    let batches = List {
        mode: Mode::Batch,
        batch_size: Some(4),
        quiet_line_gate: true,
        phone_number_id: SECOND_PHONE_NUMBER_ID,
        ..List::of(2, people(0, 12, "human 20s"))
    };
    let truth = run(Setup {
        provider: provider(|_| {}),
        ..run_of(vec![busy, batches])
    })
    .await;
    let begins = |batch: usize| {
        let of_batch = truth
            .calls
            .iter()
            .filter(|call| call.campaign == 1 && call.position / 4 == batch);
        of_batch.map(|call| call.row.reserved_at).min().unwrap()
    };
    let noise = || truth.calls.iter().filter(|call| call.campaign == 0);
    for batch in 1..3 {
        let before = truth
            .calls
            .iter()
            .filter(|call| call.campaign == 1 && call.position / 4 == batch - 1);
        assert!(
            before
                .filter_map(|call| call.closed_at)
                .all(|ended| ended <= begins(batch))
        );
        let loud = noise().filter(|call| call.row.reserved_at < begins(batch));
        assert!(
            loud.filter_map(|call| call.closed_at)
                .all(|ended| ended <= begins(batch)),
            "batch {batch}"
        );
    }
    assert_eq!(truth.campaigns[1].0.batch_index, 2);
}

#[tokio::test]
async fn one_person_in_two_lists_has_one_live_call_at_a_time() {
    let truth = run(Setup {
        provider: provider(|_| {}),
        ..run_of(vec![
            List::of(4, people(0, 6, "human 60s")),
            List::of(4, people(0, 6, "human 60s")),
        ])
    })
    .await;
    assert_eq!(
        truth.ledger.numbers_called_more_than_once.len(),
        6,
        "each list calls everybody"
    );
    assert!(
        truth
            .campaigns
            .iter()
            .all(|(campaign, _)| campaign.status == CampaignStatus::Completed)
    );
}
