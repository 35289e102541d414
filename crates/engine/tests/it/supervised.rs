//! Guarantee *still alive, or said so*: a step that panics comes back, one that hangs is told of, and neither stops another.

mod town;

use std::sync::Arc;

use domain::{
    call::CallStatus,
    campaign::{Action, CampaignStatus},
};
use engine::{Inbox, ProviderWatch, Step, StepState, WatchSettings};
use http::{HeaderMap, HeaderValue};
use serde_json::json;
use vapi::{Secret, WebhookAuth};

use self::town::{Fault, Place, Planted, Town, until};
use crate::fixture::{Fixture, NOW};

/// The steps that are to succeed again and again on SQLite.
const REPEATED: [Step; 6] = [
    Step::Dispatch,
    Step::Reconcile,
    Step::HangUp,
    Step::Sweep,
    Step::Probe,
    Step::Assistants,
];

/// Runs a campaign from its scheduled start to its end with one planted panic. Everybody is called exactly once by the
/// provider, whatever panicked.
async fn runs_to_its_end(planted: Arc<Planted>, panics: u64) {
    let what = format!("{planted:?}");
    let step = planted.step;
    let town = Town::with(planted, false).await;
    let running = town.run();
    until(&format!("the campaign completes: {what}"), async || {
        let campaign = town.store.campaign(town.campaign).await.unwrap().unwrap();
        campaign.status == CampaignStatus::Completed
    })
    .await;
    until(&format!("the step is back: {what}"), async || {
        town.step(step)
            .is_some_and(|status| status.panics == panics && status.state == StepState::Ok)
    })
    .await;
    assert_eq!(town.provider.calls_by_phone(), vec![1; town.people], "{what}");
    for other in REPEATED.into_iter().filter(|other| *other != step) {
        let status = town.step(other).expect("it runs");
        assert!(status.last_success_at.is_some(), "{other} {what}");
        assert_eq!(
            (status.panics, status.failures_in_a_row),
            (0, 0),
            "{other} {what}"
        );
    }
    town.stop(running).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dispatch_that_panics_comes_back_wherever_it_was() {
    for place in [Place::Begin, Place::BeforeCommit, Place::AfterCommit] {
        runs_to_its_end(Planted::new(Step::Dispatch, place, Fault::Panic, 2), 2).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sweep_that_panics_comes_back_and_starts_the_campaign() {
    for place in [Place::Begin, Place::BeforeCommit] {
        runs_to_its_end(Planted::new(Step::Sweep, place, Fault::Panic, 2), 2).await;
    }
    // Once started, there is nothing more to commit.
    runs_to_its_end(Planted::new(Step::Sweep, Place::AfterCommit, Fault::Panic, 1), 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reconciliation_that_panics_comes_back_and_hears_of_the_ends() {
    for place in [Place::Provider, Place::Begin, Place::AfterCommit] {
        runs_to_its_end(Planted::new(Step::Reconcile, place, Fault::Panic, 2), 2).await;
    }
}

/// Its turn to compare comes every ten minutes: one panic is enough to wait for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_directory_that_panics_comes_back() {
    runs_to_its_end(
        Planted::new(Step::Assistants, Place::Provider, Fault::Panic, 1),
        1,
    )
    .await;
}

/// A provider that has never answered is asked for a sign of life again and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_probe_that_panics_comes_back() {
    let planted = Planted::new(Step::Probe, Place::Provider, Fault::Panic, 2);
    let mut town = Town::with(planted, false).await;
    town.engine = town
        .engine
        .with_watch(ProviderWatch::new(WatchSettings::default()));
    let running = town.run();
    until("the probe is back", async || {
        town.step(Step::Probe)
            .is_some_and(|status| status.panics == 2 && status.state == StepState::Ok)
    })
    .await;
    town.stop(running).await;
}

/// A dial that panics leaves its call to the reconciliation: before the request, between request and record, and after.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dial_that_panics_is_looked_up_and_nobody_is_called_twice() {
    let panic = |place, skip| Planted::after(skip, Step::Dial, place, Fault::Panic, 2);
    runs_to_its_end(panic(Place::Begin, 0), 2).await;
    runs_to_its_end(panic(Place::AfterCommit, 0), 2).await;
    runs_to_its_end(panic(Place::Provider, 0), 2).await;
    // The provider has the call; the record of its answer is lost.
    runs_to_its_end(panic(Place::BeforeCommit, 6), 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hang_up_that_panics_comes_back_and_ends_the_calls() {
    for place in [Place::Begin, Place::AfterCommit, Place::Provider] {
        let town = Town::with(Planted::new(Step::HangUp, place, Fault::Panic, 2), true).await;
        let running = town.run();
        until("everybody talks", async || {
            let calls = town.store.open_calls().await.unwrap();
            calls.len() == town.people && calls.iter().all(|call| call.provider_call_id.is_some())
        })
        .await;
        let now = town.engine.clock().now();
        town.store.act(town.campaign, Action::Abort, now).await.unwrap();
        until("every call is ended", async || {
            town.store.open_calls().await.unwrap().is_empty()
        })
        .await;
        assert_eq!(town.step(Step::HangUp).unwrap().panics, 2, "{place:?}");
        assert_eq!(town.provider.calls_by_phone(), vec![1; town.people]);
        town.stop(running).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_that_hangs_is_stuck_and_stops_no_other() {
    for (step, place) in [
        (Step::Dispatch, Place::Begin),
        (Step::Sweep, Place::Begin),
        (Step::Reconcile, Place::Provider),
        (Step::Assistants, Place::Provider),
        (Step::Dial, Place::Provider),
    ] {
        let town = Town::with(Planted::new(step, place, Fault::Hang, 1), false).await;
        if step != Step::Sweep {
            let now = town.engine.clock().now();
            town.store.act(town.campaign, Action::Start, now).await.unwrap();
        }
        let running = town.run();
        until(&format!("{step} is stuck"), async || {
            town.step(step)
                .is_some_and(|status| status.state == StepState::Stuck && status.in_trouble)
        })
        .await;
        for other in REPEATED.into_iter().filter(|other| *other != step) {
            let before = town.step(other).and_then(|status| status.last_success_at);
            until(&format!("{other} goes on while {step} hangs"), async || {
                town.step(other).and_then(|status| status.last_success_at) > before
            })
            .await;
        }
        // A dial that hangs is waited for when the node stops, as one that is slow would be.
        if step == Step::Dial {
            running.abort();
        } else {
            town.stop(running).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_that_panics_again_and_again_ends_the_process_after_it_was_told() {
    let planted = Planted::new(Step::Dispatch, Place::Begin, Fault::Panic, i64::MAX);
    let town = Town::with(planted, false).await;
    let now = town.engine.clock().now();
    town.store.act(town.campaign, Action::Start, now).await.unwrap();
    let running = town.run();
    until("it is told", async || {
        let status = town.step(Step::Dispatch);
        status.is_some_and(|status| status.state == StepState::Restarting && status.in_trouble)
    })
    .await;
    let dead = running.await.unwrap().unwrap_err();
    assert_eq!(dead.step, Step::Dispatch);
    assert!(dead.panics >= 10, "{dead}");
    assert_eq!(town.provider.calls_by_phone(), Vec::<u32>::new());
}

#[tokio::test]
async fn a_tick_runs_every_step_although_one_panics() {
    let town = Town::with(
        Planted::new(Step::Reconcile, Place::Provider, Fault::Panic, 1),
        false,
    )
    .await;
    let now = town.engine.clock().now();
    town.store.act(town.campaign, Action::Start, now).await.unwrap();
    // Somebody is on the phone, so that there is something to ask.
    town.engine.dispatch(now).await.unwrap();
    town.engine.tick(&town.directory).await.unwrap_err();
    let ran = |step| {
        town.step(step)
            .is_some_and(|status| status.last_success_at.is_some())
    };
    for step in [Step::Dispatch, Step::HangUp, Step::Sweep, Step::Assistants] {
        assert!(ran(step), "{step}");
    }
    assert!(!ran(Step::Reconcile));
    town.engine.tick(&town.directory).await.unwrap();
    assert!(ran(Step::Reconcile));
}

#[tokio::test]
async fn a_dial_that_panics_in_a_tick_stops_no_other() {
    let town = Town::with(Planted::new(Step::Dial, Place::Provider, Fault::Panic, 1), false).await;
    let now = town.engine.clock().now();
    town.store.act(town.campaign, Action::Start, now).await.unwrap();
    town.engine.dispatch(now).await.unwrap_err();
    assert_eq!(town.provider.calls_by_phone(), vec![1; town.people - 1]);
    assert_eq!(town.step(Step::Dial).unwrap().panics, 1);
}

/// Facts are committed together. When that panics each is tried alone, so that none fails for another.
#[tokio::test]
async fn a_batch_of_webhooks_that_panics_loses_none() {
    let fixture = Fixture::with(50).await;
    let dials = fixture.engine.claim(NOW).await.unwrap().dials;
    let planted = Planted::new(Step::Webhooks, Place::BeforeCommit, Fault::Panic, 1);
    fixture.engine.store().set_probe(planted);
    let auth = WebhookAuth::shared_secret(Secret::new("secret"));
    let inbox = Inbox::new(fixture.engine.clone(), Some(auth));
    let headers = HeaderMap::from_iter([(
        "x-vapi-secret".parse().unwrap(),
        HeaderValue::from_static("secret"),
    )]);
    let bodies: Vec<Vec<u8>> = dials
        .iter()
        .map(|dial| {
            let id = dial.call_id.to_string();
            let call = json!({"id": format!("provider-{id}"), "name": id});
            let message =
                json!({"type": "status-update", "status": "ringing", "timestamp": NOW.0, "call": call});
            json!({ "message": message }).to_string().into_bytes()
        })
        .collect();
    let received = bodies
        .iter()
        .map(|body| inbox.receive(&headers, body.clone(), None));
    let results = futures::future::join_all(received).await;
    // The first may have come alone: then it is its own panic, and is sent again.
    assert!(results.iter().filter(|result| result.is_err()).count() <= 1);
    for (result, body) in results.iter().zip(&bodies) {
        if result.is_err() {
            inbox.receive(&headers, body.clone(), None).await.unwrap();
        }
    }
    for dial in &dials {
        let call = fixture.engine.store().call(dial.call_id).await.unwrap().unwrap();
        assert_eq!(call.status, CallStatus::Ringing);
    }
    let steps = fixture.engine.steps();
    let webhooks = steps.iter().find(|status| status.step == Step::Webhooks).unwrap();
    assert_eq!((webhooks.panics, webhooks.state), (1, StepState::Ok));
}
