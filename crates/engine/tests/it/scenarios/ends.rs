//! Ends that the provider tells late, never, or not at all.

use domain::{call::CallStatus, outcome::Outcome, time::HOUR_MS};

use super::{Warnings, provider, run, run_of};
use crate::sim::setup::{List, Setup, people};

const MINUTE_MS: i64 = 60_000;

#[tokio::test]
async fn a_stuck_call_keeps_its_line_until_the_provider_says_that_it_is_over() {
    let mut list = people(0, 1, "stuck 25m");
    list.extend(people(1, 1, "human 20s"));
    let truth = run(Setup {
        provider: provider(|_| {}),
        ..run_of(vec![List::of(1, list)])
    })
    .await;
    let [stuck, next] = &truth.calls[..] else {
        panic!("{} calls", truth.calls.len())
    };
    let over_ms = stuck.truth.as_ref().unwrap().record_ended_at_ms.unwrap();
    assert!(
        next.row.reserved_at.0 >= over_ms,
        "the line was taken until the record came right"
    );
    assert_eq!(
        stuck.row.outcome,
        Some(Outcome::Human),
        "and the end that it tells counts"
    );
    let asked = truth
        .seen
        .exchanges
        .iter()
        .filter(|exchange| exchange.request.starts_with("GET /call/"))
        .count();
    assert!(asked >= 10, "it was asked for by name {asked} times");
}

#[tokio::test]
async fn a_call_said_to_be_live_for_ever_is_given_up_an_hour_after_its_longest_duration_and_a_person_is_told()
{
    let warnings = Warnings::default();
    let _listening = tracing::subscriber::set_default(warnings.clone());
    let truth = run(Setup {
        provider: provider(|_| {}),
        ..run_of(vec![List::of(1, people(0, 1, "stuck forever"))])
    })
    .await;
    let call = &truth.calls[0];
    assert_eq!(
        (call.row.status, call.row.outcome),
        (CallStatus::Timeout, Some(Outcome::Unknown))
    );
    let believed_ms = truth.setup.max_duration_ms + HOUR_MS;
    let held_ms = call.closed_at.unwrap().0 - call.row.state.accepted_at.unwrap().0;
    assert!(
        (believed_ms..believed_ms + 3 * MINUTE_MS).contains(&held_ms),
        "the line was kept for {held_ms} ms"
    );
    assert_eq!(warnings.heard("live long after its maximum duration"), 1);
    assert_eq!(truth.campaigns[0].1[0].outcome, Some(Outcome::Unknown));
}

#[tokio::test]
async fn an_end_that_is_told_after_the_line_was_given_up_corrects_the_outcome() {
    // The second list keeps somebody asking when the first call's record comes right at last.
    let later = List {
        start_ms: 85 * MINUTE_MS,
        ..List::of(1, people(10, 1, "human 9m"))
    };
    let truth = run(Setup {
        provider: provider(|_| {}),
        ..run_of(vec![List::of(1, people(0, 1, "stuck 90m")), later])
    })
    .await;
    let call = &truth.calls[0];
    let statuses: Vec<CallStatus> = call.row.events.iter().map(|event| event.status).collect();
    assert!(statuses.contains(&CallStatus::Timeout), "{statuses:?}");
    assert_eq!(
        (call.row.status, call.row.outcome),
        (CallStatus::Ended, Some(Outcome::Human))
    );
    let contact = &truth.campaigns[0].1[0];
    assert_eq!((contact.outcome, contact.attempts), (Some(Outcome::Human), 1));
}
