//! What the client sends and how it reads the answers: dialling and single lookups.

use autolynx_vapi::{
    ApiErrorKind, BackoffPlan, BackoffType, CallStatus, CreateCall, DialAnswer, RefusalKind, Server,
    TransportError,
};
use serde_json::json;

use crate::fixture;
use crate::scripted::{Scripted, TIMEOUTS, answer, lost, not_sent};

const CALL_ID: &str = "019d2acf-1111-7000-8000-00000000abcd";

fn full_request() -> CreateCall {
    let mut call = CreateCall::correlated(
        CALL_ID,
        "2bec0000-0000-4000-8000-000000000001",
        "37010000-0000-4000-8000-000000000001",
        "+14155550100",
    );
    call.customer.name = Some("Wilhelmina Bartholomew-Featherstonehaugh the Third".to_owned());
    let overrides = call.assistant_overrides.as_mut().unwrap();
    overrides
        .variable_values
        .insert("vehicle".to_owned(), json!("Example 2025"));
    overrides
        .variable_values
        .insert("amount".to_owned(), json!(8822.63));
    overrides.server = Some(Server {
        url: "https://autolynx.example.com/api/webhooks/vapi".to_owned(),
        timeout_seconds: Some(20),
        headers: [("X-Vapi-Secret".to_owned(), "topsecret".to_owned())].into(),
        credential_id: None,
        backoff_plan: Some(BackoffPlan {
            backoff_type: BackoffType::Exponential,
            max_retries: 10,
            base_delay_seconds: 2,
        }),
    });
    overrides.server_messages = vec!["status-update".to_owned(), "end-of-call-report".to_owned()];
    overrides.max_duration_seconds = Some(300);
    call
}

#[tokio::test]
async fn a_dial_sends_the_documented_request_once() {
    let (client, transport) = Scripted::client([answer(201, fixture("calls/created.json"))]);
    let DialAnswer::Accepted(call) = client.create_call(&full_request()).await else {
        panic!("the call was created")
    };
    assert_eq!(call.value.correlation_ids(), [CALL_ID]);
    assert_eq!(call.raw.get(), fixture("calls/created.json").trim());

    assert_eq!(transport.lines(), ["POST https://api.example.com/v/call"]);
    let expected: serde_json::Value = serde_json::from_str(&fixture("requests/create_call.json")).unwrap();
    assert_eq!(transport.only_body(), expected);
    let asked = transport.asked.lock().unwrap();
    let (request, timeout) = &asked[0];
    assert_eq!(*timeout, TIMEOUTS.dial);
    assert_eq!(request.headers()["authorization"], "Bearer key-1");
    assert_eq!(request.headers()["content-type"], "application/json");
    assert_eq!(request.headers()["accept"], "application/json");
}

#[tokio::test]
async fn a_dial_is_never_repeated_whatever_the_answer() {
    let answers = [
        answer(500, ""),
        answer(429, ""),
        answer(408, ""),
        answer(503, ""),
        lost(),
        not_sent(),
    ];
    for scripted in answers {
        let (client, transport) = Scripted::client([scripted]);
        let outcome = client.create_call(&full_request()).await;
        assert!(!matches!(outcome, DialAnswer::Accepted(_)));
        assert_eq!(transport.lines().len(), 1);
    }
}

#[tokio::test]
async fn a_blocked_call_is_a_refusal_that_names_the_record() {
    let (client, _) = Scripted::client([answer(201, fixture("calls/blocked.json"))]);
    let DialAnswer::Refused(refusal) = client.create_call(&full_request()).await else {
        panic!("the call was blocked")
    };
    assert_eq!(refusal.kind, RefusalKind::Capacity);
    assert_eq!(
        refusal.provider_call_id.as_deref(),
        Some("019d2ad0-0000-7000-8000-000000000002")
    );
    assert_eq!(refusal.concurrency_limit, Some(10));
}

#[tokio::test]
async fn a_call_is_looked_up_by_id() {
    let (client, transport) = Scripted::client([
        answer(200, fixture("calls/ended.json")),
        answer(404, r#"{"message":"Not Found","statusCode":404}"#),
    ]);
    let call = client
        .get_call("c-1")
        .await
        .unwrap()
        .expect("the provider knows the call");
    assert_eq!(call.value.status, Some(CallStatus::Ended));
    assert!(client.get_call("c-2").await.unwrap().is_none());
    let lines = [
        "GET https://api.example.com/v/call/c-1",
        "GET https://api.example.com/v/call/c-2",
    ];
    assert_eq!(transport.lines(), lines);
    assert!(
        transport
            .asked
            .lock()
            .unwrap()
            .iter()
            .all(|(_, timeout)| *timeout == TIMEOUTS.lookup)
    );
}

#[tokio::test]
async fn an_id_cannot_lead_to_another_resource() {
    let (client, transport) = Scripted::client([]);
    for id in [
        "",
        ".",
        "..",
        "../assistant/a1",
        "a/b",
        "a?b",
        "a%2fb",
        "a b",
        "ä",
    ] {
        let error = client.get_call(id).await.unwrap_err();
        assert!(matches!(error.kind, ApiErrorKind::Malformed(_)), "{id}: {error}");
    }
    assert!(transport.lines().is_empty());
}

#[tokio::test]
async fn failures_of_a_lookup_are_told_apart() {
    for (scripted, expected) in [
        (answer(401, ""), ApiErrorKind::Unauthorized),
        (
            answer(429, ""),
            ApiErrorKind::RateLimited { retry_after_ms: None },
        ),
        (
            answer(403, r#"{"message":"no"}"#),
            ApiErrorKind::Refused {
                status: 403,
                messages: vec!["no".to_owned()],
                faults: vec![],
            },
        ),
        (
            answer(302, ""),
            ApiErrorKind::Refused {
                status: 302,
                messages: vec![],
                faults: vec![],
            },
        ),
        (answer(502, "<html>"), ApiErrorKind::Unavailable(502)),
        (
            not_sent(),
            ApiErrorKind::Transport(TransportError::NotSent("connection refused".to_owned())),
        ),
        (
            lost(),
            ApiErrorKind::Transport(TransportError::InDoubt("connection reset".to_owned())),
        ),
    ] {
        let (client, _) = Scripted::client([scripted]);
        assert_eq!(client.get_call("c-1").await.unwrap_err().kind, expected);
    }
    for body in ["", "[]", "{}", "{\"id\":1}", "<html>"] {
        let (client, _) = Scripted::client([answer(200, body)]);
        let error = client.get_call("c-1").await.unwrap_err();
        assert!(
            matches!(error.kind, ApiErrorKind::Malformed(_)),
            "{body}: {error}"
        );
    }
}

#[test]
fn debug_output_of_a_client_hides_the_key() {
    let (client, _) = Scripted::client([]);
    let text = format!("{client:?}");
    assert!(
        text.contains("api.example.com") && !text.contains("key-1"),
        "{text}"
    );
}

/// Guarantee *slot truth*: a proxy's page is no word of the provider about a call.
#[tokio::test]
async fn a_404_without_the_apis_words_does_not_mean_that_a_call_is_unknown() {
    for body in ["", "<html>404 Not Found</html>", "{}"] {
        let (client, _) = Scripted::client([answer(404, body)]);
        let error = client.get_call("c-1").await.unwrap_err();
        assert!(!error.is_not_found(), "{body:?}: {error}");
    }
}
