//! What becomes of a dial whose answer is late, wrong or missing.

use domain::{
    call::{Dialling, Source, end::ours},
    outcome::Outcome,
};
use sandbox::{Faults, Span};

use super::{provider, run, run_of};
use crate::sim::setup::{List, Planned, Setup, Webhooks, people};

const MINUTE_MS: i64 = 60_000;

#[tokio::test]
async fn webhooks_may_come_before_the_answer_to_the_dial() {
    let truth = run(Setup {
        provider: provider(|settings| {
            settings.faults.webhook_before_answer = 1.0;
            settings.faults.webhook_before_answer_ms = Span::new(20_000, 20_000);
        }),
        ..run_of(vec![List::of(1, people(0, 1, "busy"))])
    })
    .await;
    let dialled: Vec<i64> = truth.dial_requests().map(|exchange| exchange.at_ms).collect();
    let [dialled_ms] = dialled[..] else {
        panic!("{} requests", dialled.len())
    };
    let call = &truth.calls[0];
    let over_ms = call.closed_at.unwrap().0 - dialled_ms;
    assert!(
        over_ms < 20_000,
        "it was over after {over_ms} ms, and the answer came after 20 s"
    );
    assert_eq!(call.row.outcome, Some(Outcome::Busy));
}

#[tokio::test]
async fn a_call_created_behind_a_5xx_is_found_and_not_dialled_again() {
    let truth = run(Setup {
        provider: provider(|settings| settings.faults.error_after_creating = 1.0),
        webhooks: Webhooks::None,
        ..run_of(vec![List::of(1, people(0, 1, "human 30s"))])
    })
    .await;
    let answers: Vec<&str> = truth
        .dial_requests()
        .map(|exchange| exchange.answer.as_str())
        .collect();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert!(answers[0].starts_with('5'), "{answers:?}");
    let call = &truth.calls[0];
    assert!(call.row.events.iter().any(|event| event.kind == "dial.in-doubt"));
    assert_eq!(
        (call.row.state.dialling, call.row.outcome),
        (Dialling::Accepted, Some(Outcome::Human))
    );
}

#[tokio::test]
async fn a_call_that_lists_do_not_show_at_first_is_not_taken_for_absent() {
    let truth = run(Setup {
        provider: provider(|settings| {
            settings.faults.hang_up_after_creating = 1.0;
            settings.faults.list_lag = 1.0;
            settings.faults.list_lag_ms = Span::new(4 * 60_000, 4 * 60_000);
        }),
        webhooks: Webhooks::None,
        ..run_of(vec![List::of(1, people(0, 1, "human 30s"))])
    })
    .await;
    assert_eq!(truth.dial_requests().count(), 1);
    assert_eq!(truth.calls[0].row.outcome, Some(Outcome::Human));
}

#[tokio::test]
async fn a_request_that_never_arrived_is_dialled_once_more_after_two_looks() {
    let calm = Planned::Faults(Box::new(Faults::none()));
    let truth = run(Setup {
        provider: provider(|settings| settings.faults.hang_up_before_acting = 1.0),
        planned: vec![(MINUTE_MS, calm)],
        ..run_of(vec![List::of(1, people(0, 1, "human 30s"))])
    })
    .await;
    let [lost, again] = &truth.calls[..] else {
        panic!("{} attempts", truth.calls.len())
    };
    let reason = lost.row.state.end.as_ref().unwrap().reason.as_deref();
    assert_eq!(reason, Some(ours::ABSENT));
    let sent_at = lost.row.state.sent_at.unwrap();
    let looks: Vec<i64> = truth
        .seen
        .exchanges
        .iter()
        .filter(|exchange| exchange.request.starts_with("GET /call?phoneNumberId="))
        .map(|exchange| exchange.at_ms - sent_at.0)
        .collect();
    let [first, second] = looks[..] else {
        panic!("{} looks", looks.len())
    };
    assert!(
        first >= 5 * MINUTE_MS,
        "it may turn up for five minutes, and was looked for after {first} ms"
    );
    assert!(
        second - first >= MINUTE_MS,
        "the looks were only {} ms apart",
        second - first
    );
    assert!(
        lost.closed_at.unwrap().0 - sent_at.0 >= second,
        "the line was kept until then"
    );
    assert_eq!(again.row.outcome, Some(Outcome::Human));
    assert_eq!(
        truth.campaigns[0].1[0].attempts, 1,
        "a call that never was is no attempt"
    );
}

#[tokio::test]
async fn a_fact_about_a_call_that_nobody_knows_yet_is_kept_and_matched() {
    let truth = run(Setup {
        provider: provider(|settings| {
            settings.faults.webhook_before_answer = 1.0;
            settings.faults.webhook_before_answer_ms = Span::new(30_000, 30_000);
            // Nobody else can tell whose call it is.
            settings.faults.list_error = 1.0;
            settings.people.report_unanswered = 1.0;
        }),
        webhooks: Webhooks::Anonymous,
        ..run_of(vec![List::of(1, people(0, 1, "busy"))])
    })
    .await;
    let call = &truth.calls[0];
    let answered_at = call
        .row
        .events
        .iter()
        .find(|event| event.source == Source::Dial)
        .unwrap()
        .recorded_at;
    assert_eq!(
        call.closed_at,
        Some(answered_at),
        "as soon as its call could be told"
    );
    let ends: Vec<&str> = call
        .row
        .events
        .iter()
        .filter(|event| event.source == Source::Webhook && event.at < answered_at)
        .map(|event| event.kind.as_str())
        .collect();
    assert!(ends.contains(&"end-of-call-report"), "{ends:?}");
    assert_eq!(call.row.outcome, Some(Outcome::Busy));
}
