//! Nodes whose clocks are wrong: from the start, and in the middle of a campaign.

use domain::{
    outcome::Outcome,
    time::{HOUR_MS, MINUTE_MS, SECOND_MS},
};
use sandbox::Faults;

use super::{provider, run, run_of};
use crate::sim::{
    Sim,
    checks::broken_promises,
    setup::{List, Planned, START_MS, Setup, Webhooks, people},
};

/// When the clocks of these runs are set right, in milliseconds after the beginning.
const SET_RIGHT_MS: i64 = 20 * MINUTE_MS;

/// Every call is created, and every answer to a dial is a 5xx, until the clocks are right.
fn errors_after_creating() -> Faults {
    Faults {
        error_after_creating: 1.0,
        ..Faults::none()
    }
}

fn hours_off(skew_ms: i64, webhooks: Webhooks) -> Setup {
    Setup {
        provider: provider(|settings| settings.faults = errors_after_creating()),
        skews_ms: [skew_ms, 0, 0],
        webhooks,
        line_cap: 4,
        planned: vec![
            (SET_RIGHT_MS, Planned::Clock(0, 0)),
            (SET_RIGHT_MS, Planned::Faults(Box::new(Faults::none()))),
        ],
        ..run_of(vec![List::of(4, people(0, 9, "human 90s"))])
    }
}

#[tokio::test]
async fn a_node_whose_clock_is_wrong_from_the_start_dials_nobody_until_it_is_right() {
    for skew_ms in [2 * HOUR_MS, -2 * HOUR_MS, 45 * SECOND_MS, -26 * HOUR_MS] {
        for webhooks in [Webhooks::Normal, Webhooks::None] {
            let truth = run(hours_off(skew_ms, webhooks)).await;
            let early = truth
                .dial_requests()
                .filter(|request| request.at_ms < START_MS + SET_RIGHT_MS)
                .count();
            assert_eq!(early, 0, "{skew_ms} ms, {webhooks:?}");
            assert_eq!(
                truth.dial_requests().count(),
                9,
                "everybody once, as soon as it is right"
            );
        }
    }
}

#[tokio::test]
async fn a_clock_that_jumps_in_the_middle_of_calls_frees_no_line_and_calls_nobody_again() {
    for skew_ms in [2 * HOUR_MS, -2 * HOUR_MS] {
        for webhooks in [Webhooks::Normal, Webhooks::None] {
            let truth = run(Setup {
                provider: provider(|settings| settings.faults = errors_after_creating()),
                webhooks,
                line_cap: 4,
                planned: vec![
                    // While the first four talk, and while nobody knows yet that they do.
                    (30 * SECOND_MS, Planned::Clock(0, skew_ms)),
                    (8 * MINUTE_MS, Planned::Clock(0, 0)),
                    (9 * MINUTE_MS, Planned::Clock(0, -skew_ms)),
                    (SET_RIGHT_MS, Planned::Clock(0, 0)),
                    (SET_RIGHT_MS, Planned::Faults(Box::new(Faults::none()))),
                ],
                ..run_of(vec![List::of(4, people(0, 12, "human 4m"))])
            })
            .await;
            assert!(
                truth
                    .calls
                    .iter()
                    .all(|call| call.row.outcome != Some(Outcome::Unknown)),
                "no talking call was given up ({skew_ms} ms, {webhooks:?})"
            );
            assert_eq!(truth.dial_requests().count(), 12, "{skew_ms} ms, {webhooks:?}");
        }
    }
}

#[tokio::test]
async fn beside_a_node_whose_clock_is_wrong_the_others_go_on() {
    let truth = run(Setup {
        nodes: 2,
        skews_ms: [2 * HOUR_MS, 0, 0],
        webhooks: Webhooks::None,
        line_cap: 4,
        ..run_of(vec![List::of(4, people(0, 12, "human 60s"))])
    })
    .await;
    assert_eq!(truth.dial_requests().count(), 12);
    let (campaign, _) = &truth.campaigns[0];
    let took_ms = campaign.completed_at.unwrap().0 - START_MS;
    assert!(
        took_ms < 15 * MINUTE_MS,
        "the right node did it all, in {took_ms} ms"
    );
}

/// Guarantees *never twice* and *never over* are what the watch over the clocks keeps: without it the checks of every run
/// see people called while they are on the phone, or lines taken twice.
#[tokio::test]
async fn without_the_watch_over_the_clocks_the_checks_see_broken_promises() {
    for skew_ms in [2 * HOUR_MS, -2 * HOUR_MS] {
        let mut sim = Sim::new(Setup {
            watched: false,
            ..hours_off(skew_ms, Webhooks::None)
        })
        .await;
        sim.run().await;
        let broken = broken_promises(&sim.truth().await);
        assert!(!broken.is_empty(), "{skew_ms} ms");
    }
}
