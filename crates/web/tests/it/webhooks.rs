//! What the provider tells us.

use axum::body::Body;
use http::Method;
use serde_json::json;

use crate::rig::{Rig, WEBHOOK_SECRET, request, webhook};

fn ringing(call: &str) -> serde_json::Value {
    json!({
        "type": "status-update",
        "status": "ringing",
        "timestamp": 1_795_185_002_000_i64,
        "call": { "id": "prov-1", "name": call },
    })
}

#[tokio::test]
async fn an_authentic_webhook_is_answered_once_it_is_recorded() {
    let rig = Rig::new().await;
    let id = rig.campaign().await;
    rig.dial(id).await;
    let call = rig.call_of(id, "Ada").await;
    let answer = rig.webhook(ringing(&call.to_string())).await.expect(200);
    assert_eq!(answer.json(), json!({}));
    let shown = rig.get(&format!("/api/calls/{call}")).await.json();
    assert_eq!(shown["status"], "RINGING");
}

#[tokio::test]
async fn a_webhook_without_the_secret_changes_nothing() {
    let rig = Rig::new().await;
    let id = rig.campaign().await;
    rig.dial(id).await;
    let call = rig.call_of(id, "Ada").await;
    let body = json!({ "message": ringing(&call.to_string()) }).to_string();
    for secret in ["", "wrong", "hook-s3cre"] {
        assert_eq!(
            rig.send(webhook(secret, &body)).await.error(),
            (401, "unauthorized".to_owned())
        );
    }
    let mut bare = request(Method::POST, "/api/webhooks/vapi");
    *bare.body_mut() = Body::from(body);
    assert_eq!(rig.send(bare).await.error().0, 401);
    assert_eq!(
        rig.get(&format!("/api/calls/{call}")).await.json()["status"],
        "QUEUED"
    );
}

/// Nobody makes the server hold megabytes who does not know the secret.
#[tokio::test]
async fn a_webhook_without_the_secret_is_not_even_read() {
    let rig = Rig::new().await;
    let huge = " ".repeat(17 * 1024 * 1024);
    assert_eq!(rig.send(webhook("wrong", &huge)).await.error().0, 401);
    assert_eq!(rig.send(webhook(WEBHOOK_SECRET, &huge)).await.error().0, 413);
}

#[tokio::test]
async fn a_webhook_that_nobody_can_read_is_kept_and_acknowledged() {
    let rig = Rig::new().await;
    for body in ["not json", "{}", "{\"message\":{\"type\":\"something-new\"}}"] {
        rig.send(webhook(WEBHOOK_SECRET, body)).await.expect(200);
    }
}

#[tokio::test]
async fn a_webhook_that_is_too_large_is_refused() {
    let rig = Rig::new().await;
    let huge = "x".repeat(16 * 1024 * 1024 + 1);
    assert_eq!(
        rig.send(webhook(WEBHOOK_SECRET, &huge)).await.error(),
        (413, "too_large".to_owned())
    );
}

#[tokio::test]
async fn a_webhook_that_cannot_be_recorded_is_to_be_sent_again() {
    let rig = Rig::new().await;
    rig.store.close().await;
    let answer = rig.webhook(ringing("nobody")).await;
    assert_eq!(answer.error(), (503, "not_recorded".to_owned()));
    assert_eq!(answer.header("retry-after"), "5");
}
