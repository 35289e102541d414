//! One call: what it tells, and what it never tells.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use autolynx_web::recordings::{RecordingFile, Recordings};
use axum::body::Body;
use engine::LookupError;
use http::{HeaderValue, Method};
use serde_json::json;
use uuid::Uuid;

use crate::rig::{Rig, WEBHOOK_SECRET, request};

/// The end of a talk, as the provider reports it.
fn report(call: &str) -> serde_json::Value {
    json!({
        "type": "end-of-call-report",
        "timestamp": 1_795_185_060_000_i64,
        "endedReason": "customer-ended-call",
        "startedAt": "2026-11-20T14:30:10.000Z",
        "endedAt": "2026-11-20T14:30:53.000Z",
        "cost": 0.0853,
        "analysis": { "summary": "Ada wants a quote.", "structuredData": { "quote": true }, "successEvaluation": "true" },
        "artifact": {
            "transcript": "AI: Hello.\nUser: A quote, please.\n",
            "messages": [
                { "role": "bot", "message": "Hello.", "secondsFromStart": 0.5 },
                { "role": "user", "message": "A quote, please.", "secondsFromStart": 3.5 },
            ],
            "recording": { "mono": { "combinedUrl": "https://storage.example/1.wav" } },
        },
        "call": { "id": "prov-1", "name": call, "monitor": { "controlUrl": "https://control.example/secret" } },
    })
}

#[tokio::test]
async fn a_call_tells_everything_but_capabilities_and_secrets() {
    let rig = Rig::new().await;
    let id = rig.campaign().await;
    rig.dial(id).await;
    let call = rig.call_of(id, "Ada").await;
    rig.wait_ms(60_000);
    rig.webhook(report(&call.to_string())).await.expect(200);
    let answer = rig.get(&format!("/api/calls/{call}")).await.expect(200);
    for secret in ["control.example", "listen.example", WEBHOOK_SECRET, "control_url"] {
        assert!(!answer.text().contains(secret), "{secret}");
    }
    let mut shape = answer.shape();
    // Facts of one millisecond stand in no order.
    let events = shape["events"].as_array_mut().unwrap();
    events.sort_by_key(|event| (event["recorded_at"].to_string(), event["kind"].to_string()));
    insta::assert_json_snapshot!("call", shape);
}

#[tokio::test]
async fn a_call_that_does_not_exist_is_not_found() {
    let rig = Rig::new().await;
    assert_eq!(
        rig.get(&format!("/api/calls/{}", Uuid::nil())).await.error(),
        (404, "not_found".to_owned())
    );
    assert_eq!(
        rig.get("/api/calls/1").await.error(),
        (400, "invalid_id".to_owned())
    );
}

/// A provider with one recording, that remembers what part it was asked for.
#[derive(Default)]
struct OneRecording(Mutex<Vec<Option<HeaderValue>>>);

#[async_trait]
impl Recordings for OneRecording {
    async fn open(
        &self,
        provider_call_id: &str,
        range: Option<&HeaderValue>,
    ) -> Result<Option<RecordingFile>, LookupError> {
        self.0.lock().unwrap().push(range.cloned());
        Ok((provider_call_id == "prov-1").then(|| RecordingFile {
            content_type: "audio/wav".to_owned(),
            length: Some(4),
            content_range: range.map(|_| HeaderValue::from_static("bytes 0-3/100")),
            body: Body::from("RIFF"),
        }))
    }
}

#[tokio::test]
async fn a_recording_is_passed_on_whole_or_in_part() {
    let source = Arc::new(OneRecording::default());
    let rig = Rig::with_recordings(source.clone()).await;
    let id = rig.campaign().await;
    rig.dial(id).await;
    let path = format!("/api/calls/{}/recording", rig.call_of(id, "Ada").await);
    let whole = rig.get(&path).await.expect(200);
    assert_eq!(
        (whole.text().as_str(), whole.header("content-type")),
        ("RIFF", "audio/wav")
    );
    let mut part = request(Method::GET, &path);
    part.headers_mut().insert("range", "bytes=0-3".parse().unwrap());
    let part = rig.send(part).await.expect(206);
    assert_eq!(part.header("content-range"), "bytes 0-3/100");
    assert_eq!(
        *source.0.lock().unwrap(),
        [None, Some(HeaderValue::from_static("bytes=0-3"))]
    );
    let other = format!("/api/calls/{}/recording", rig.call_of(id, "Mina").await);
    assert_eq!(rig.get(&other).await.error(), (404, "not_found".to_owned()));
}

#[tokio::test]
async fn without_a_source_there_are_no_recordings_and_pages_offer_none() {
    let rig = Rig::new().await;
    let id = rig.campaign().await;
    rig.dial(id).await;
    let call = rig.call_of(id, "Ada").await;
    rig.webhook(report(&call.to_string())).await.expect(200);
    assert_eq!(
        rig.get(&format!("/api/calls/{call}/recording")).await.error().0,
        404
    );
    assert!(
        !rig.get(&format!("/calls/{call}/panel"))
            .await
            .text()
            .contains("<audio")
    );
}
