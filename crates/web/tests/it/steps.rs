//! Steps on demand: cron hosts and impatient people.

use http::Method;
use serde_json::json;

use crate::rig::{Answer, CRON_SECRET, Rig, request};

async fn tick(rig: &Rig, secret: &str) -> Answer {
    let mut tick = request(Method::POST, "/api/scheduler/tick");
    tick.headers_mut()
        .insert("host", "dialler.example".parse().unwrap());
    tick.headers_mut()
        .insert("authorization", format!("Bearer {secret}").parse().unwrap());
    rig.send(tick).await
}

#[tokio::test]
async fn a_tick_dials_and_says_so() {
    let rig = Rig::new().await;
    let id = rig.campaign().await;
    rig.post(&format!("/api/campaigns/{id}/start")).await.expect(200);
    let did = tick(&rig, CRON_SECRET).await.expect(200).json();
    assert_eq!(
        did,
        json!({
            "dispatched": { "dialled": 4 },
            "reconciled": { "open": 0, "polled": false, "asked": 0 },
            "swept": { "completed": 0, "skipped": 0, "started": 0 },
            "directory": { "looked_up": 0, "removals": 0, "compared": true },
        })
    );
    let again = tick(&rig, CRON_SECRET).await.expect(200).json();
    assert_eq!(again["dispatched"]["dialled"], 0, "nobody is called twice");
}

#[tokio::test]
async fn a_tick_goes_on_when_the_cron_host_does_not_wait_for_it() {
    let rig = Rig::new().await;
    let id = rig.campaign().await;
    rig.post(&format!("/api/campaigns/{id}/start")).await.expect(200);
    let closed = rig.provider.gate.clone().write_owned().await;
    let mut wakes = rig.store.subscribe();
    tokio::select! {
        answer = tick(&rig, CRON_SECRET) => panic!("answered with {}", answer.status),
        () = rig.provider.dialling.notified() => {}
    }
    // The request is gone; the provider answers only now.
    drop(closed);
    while rig.store.progress(id).await.unwrap().facts.dial < 4 {
        wakes.recv().await.unwrap();
    }
}

#[tokio::test]
async fn only_the_secret_in_the_header_opens_the_scheduler() {
    let rig = Rig::new().await;
    assert_eq!(
        tick(&rig, "wrong").await.error(),
        (401, "unauthorized".to_owned())
    );
    let in_the_address = rig
        .post(&format!(
            "/api/scheduler/tick?secret={CRON_SECRET}&token={CRON_SECRET}"
        ))
        .await;
    assert_eq!(in_the_address.error(), (401, "unauthorized".to_owned()));
    let unset = Rig::with(|settings| settings.cron_secret = None).await;
    let refused = tick(&unset, CRON_SECRET).await;
    assert_eq!(refused.error(), (403, "cron_secret_not_set".to_owned()));
    assert!(refused.text().contains("CRON_SHARED_SECRET"), "says what to set");
}

#[tokio::test]
async fn a_person_can_ask_for_the_present_state() {
    let rig = Rig::new().await;
    let id = rig.campaign().await;
    rig.dial(id).await;
    let did = rig.post("/api/calls/poll-status").await.expect(200).json();
    assert_eq!(did, json!({ "open": 4, "polled": true, "asked": 0 }));
    let again = rig.post("/api/calls/poll-status").await.expect(200).json();
    assert_eq!(again["polled"], false, "it was asked a moment ago");
}
