//! How often the provider is asked.

use sandbox::Faults;

use super::{most_a_minute, provider, run, run_of};
use crate::sim::setup::{List, Planned, START_MS, Setup, Webhooks, people};

const MINUTE_MS: i64 = 60_000;

#[tokio::test]
async fn without_webhooks_polling_alone_finishes_a_campaign() {
    let truth = run(Setup {
        provider: provider(|_| {}),
        webhooks: Webhooks::None,
        ..run_of(vec![List::of(6, people(0, 40, "human 40s"))])
    })
    .await;
    let most = most_a_minute(truth.list_requests());
    assert!(most <= 15, "{most} list requests in a minute");
    assert_eq!(truth.ledger.webhooks.sent, 0);
    // A line lies idle until the next poll, and no longer.
    let taken_ms = truth.campaigns[0].0.completed_at.unwrap().0 - START_MS;
    assert!(
        taken_ms < 8 * MINUTE_MS,
        "40 calls of 50 s on 6 lines took {taken_ms} ms"
    );
}

#[tokio::test]
async fn polls_quicken_while_webhooks_are_silent_and_slow_down_again() {
    let silence = Faults {
        webhook_lost: 1.0,
        ..Faults::none()
    };
    let truth = run(Setup {
        provider: provider(|_| {}),
        planned: vec![
            (4 * MINUTE_MS, Planned::Faults(Box::new(silence))),
            (8 * MINUTE_MS, Planned::Faults(Box::new(Faults::none()))),
        ],
        ..run_of(vec![List::of(8, people(0, 120, "human 20s"))])
    })
    .await;
    let between = |from: i64, to: i64| {
        let minutes = START_MS + from * MINUTE_MS..START_MS + to * MINUTE_MS;
        truth
            .list_requests()
            .filter(|at_ms| minutes.contains(at_ms))
            .count()
    };
    assert!(
        (1..=3).contains(&between(1, 3)),
        "{} lists in two minutes with webhooks",
        between(1, 3)
    );
    assert!(
        between(5, 7) >= 20,
        "{} lists in two minutes of silence",
        between(5, 7)
    );
    assert!(
        (1..=3).contains(&between(9, 11)),
        "{} lists in two minutes after it",
        between(9, 11)
    );
}

#[tokio::test]
async fn a_provider_that_asks_to_slow_down_is_left_alone_for_that_long() {
    let busy = Faults {
        rate_refusal: 1.0,
        retry_after: 1.0,
        retry_after_seconds: 120,
        ..Faults::none()
    };
    let truth = run(Setup {
        provider: provider(|_| {}),
        webhooks: Webhooks::None,
        planned: vec![
            (MINUTE_MS, Planned::Faults(Box::new(busy))),
            (4 * MINUTE_MS, Planned::Faults(Box::new(Faults::none()))),
        ],
        ..run_of(vec![List::of(2, people(0, 6, "human 4m"))])
    })
    .await;
    let refused: Vec<i64> = truth
        .seen
        .exchanges
        .iter()
        .filter(|exchange| exchange.answer == "429" && exchange.request.starts_with("GET"))
        .map(|exchange| exchange.at_ms)
        .collect();
    assert!(
        refused.windows(2).all(|pair| pair[1] - pair[0] >= 120_000),
        "{refused:?}"
    );
}
