//! Lists in requests that are longer than anybody needs, and what may go on at once.

use http::Method;
use serde_json::{Value, json};

use crate::rig::{Form, Rig, request};

#[tokio::test]
async fn lists_that_nobody_needs_are_refused_by_their_limit() {
    let rig = Rig::new().await;
    let id = rig.campaign().await;
    let many = |count: usize| -> Value { (0..count).map(|n| format!("num-{n}")).collect() };
    let dates: serde_json::Map<String, Value> = (0..60_000)
        .map(|n| (format!("{:04}-01-01", n), json!([])))
        .collect();
    for (method, path, body, limit) in [
        (
            Method::PATCH,
            format!("/api/campaigns/{id}"),
            json!({"phone_number_ids": many(101)}),
            "100",
        ),
        (
            Method::PATCH,
            format!("/api/campaigns/{id}/policy"),
            json!({"policy": {"hours": {"rule": {"holidays": {"dates": dates}}}}}),
            "400",
        ),
        (
            Method::PATCH,
            "/api/lines".to_owned(),
            json!({"caps_of_numbers": (0..201).map(|n| (format!("num-{n}"), json!(1))).collect::<serde_json::Map<_, _>>()}),
            "200",
        ),
        (
            Method::PATCH,
            "/api/lines".to_owned(),
            json!({"caps_of_numbers": {"x".repeat(201): 1}}),
            "200",
        ),
        (
            Method::POST,
            format!("/api/campaigns/{id}/redial"),
            json!({"outcomes": vec!["busy"; 51]}),
            "50",
        ),
        (
            Method::POST,
            "/api/suppressions".to_owned(),
            json!({"number": "+12025550143", "reason": "x".repeat(501)}),
            "500",
        ),
    ] {
        let answer = rig.json(method, &path, body).await;
        assert_eq!(answer.error().0, 422, "{path}: {}", answer.text());
        let message = answer.json()["error"]["message"].as_str().unwrap().to_owned();
        assert!(answer.text().contains(limit), "{path}: {message}");
    }
    let numbers: Vec<String> = (0..101).map(|n| format!("num-{n}")).collect();
    let answer = rig
        .create(Form::new().field("phone_number_id", &numbers.join(",")))
        .await;
    assert_eq!(answer.error().0, 422, "{}", answer.text());
    assert!(answer.text().contains("100"));
}

/// Live updates leave connections to requests.
#[tokio::test]
async fn only_so_many_pages_are_live_at_once() {
    let rig = Rig::with(|settings| settings.max_connections = 8).await;
    let mut open = Vec::new();
    for _ in 0..4 {
        let stream = rig.raw(request(Method::GET, "/events")).await;
        assert_eq!(stream.status(), 200);
        open.push(stream);
    }
    let refused = rig.get("/events").await;
    assert_eq!(refused.error(), (503, "too_many_streams".to_owned()));
    assert_eq!(refused.header("retry-after"), "30");
    open.pop();
    assert_eq!(rig.raw(request(Method::GET, "/events")).await.status(), 200);
}

/// Sixteen exports at once take turns, and everybody gets the whole file.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exports_take_turns() {
    let rig = Rig::new().await;
    let id = rig.campaign().await;
    let path = format!("/api/campaigns/{id}/export.csv");
    let exports = futures::future::join_all((0..16).map(|_| rig.get(&path)));
    let (exports, health) = tokio::join!(exports, rig.get("/api/health"));
    health.expect(200);
    for export in exports {
        assert_eq!(export.expect(200).text().lines().count(), 5);
    }
}
