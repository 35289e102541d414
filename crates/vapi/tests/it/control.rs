//! Acting on a live call.

use std::time::Duration;

use autolynx_vapi::{ApiErrorKind, ApiKey, ControlAnswer};
use serde_json::json;

use crate::scripted::{Scripted, answer, lost, not_sent};

const CONTROL_URL: &str = "https://worker.example.com/secret-path/control?x=1";

#[tokio::test]
async fn commands_go_to_the_control_url_without_the_api_key() {
    let (client, transport) = Scripted::client([answer(200, "")]);
    assert_eq!(client.end_call(CONTROL_URL).await, ControlAnswer::Done);
    assert_eq!(transport.lines(), [format!("POST {CONTROL_URL}")]);
    assert_eq!(transport.only_body(), json!({"type": "end-call"}));
    assert!(
        !transport.asked.lock().unwrap()[0]
            .0
            .headers()
            .contains_key("authorization")
    );

    let (client, transport) = Scripted::client([answer(204, "")]);
    assert_eq!(
        client.say(CONTROL_URL, "Goodbye.", true).await,
        ControlAnswer::Done
    );
    let expected = json!({"type": "say", "content": "Goodbye.", "endCallAfterSpoken": true});
    assert_eq!(transport.only_body(), expected);
}

#[tokio::test]
async fn the_public_key_goes_to_control_urls_and_nowhere_else() {
    let (client, transport) = Scripted::client([answer(200, ""), answer(404, r#"{"message":"no"}"#)]);
    let client = client.with_public_key(ApiKey::new("public-1")).unwrap();
    assert_eq!(client.end_call(CONTROL_URL).await, ControlAnswer::Done);
    assert!(client.get_call("c-1").await.unwrap().is_none());
    let asked = transport.asked.lock().unwrap();
    let keys: Vec<_> = asked
        .iter()
        .map(|(request, _)| request.headers()["authorization"].to_str().unwrap().to_owned())
        .collect();
    assert_eq!(keys, ["Bearer public-1", "Bearer key-1"]);
}

#[tokio::test]
async fn a_command_has_a_time_limit_of_its_own() {
    let (client, transport) = Scripted::client([answer(200, ""), answer(200, "")]);
    client.end_call(CONTROL_URL).await;
    client
        .with_control_timeout(Duration::from_millis(700))
        .end_call(CONTROL_URL)
        .await;
    let limits: Vec<_> = transport
        .asked
        .lock()
        .unwrap()
        .iter()
        .map(|(_, limit)| *limit)
        .collect();
    assert_eq!(limits, [Duration::from_secs(10), Duration::from_millis(700)]);
}

#[tokio::test]
async fn every_answer_has_its_class_and_is_asked_for_once() {
    for (scripted, class) in [
        (answer(200, "not json"), "done"),
        (answer(202, ""), "done"),
        (answer(404, ""), "not live"),
        (answer(404, r#"{"message":"Call Is Not Active."}"#), "not live"),
        (answer(410, ""), "not live"),
        (answer(400, r#"{"message":"Unknown message type."}"#), "refused"),
        (answer(401, ""), "refused"),
        (answer(403, r#"{"message":"Control is not enabled."}"#), "refused"),
        (answer(429, ""), "refused"),
        (answer(302, ""), "in doubt"),
        (answer(408, ""), "in doubt"),
        (answer(409, ""), "in doubt"),
        (answer(499, ""), "in doubt"),
        (answer(500, ""), "in doubt"),
        (answer(504, "<html>"), "in doubt"),
        (lost(), "in doubt"),
        (not_sent(), "unreachable"),
    ] {
        let described = format!("{scripted:?}");
        let (client, transport) = Scripted::client([scripted]);
        let found = match client.end_call(CONTROL_URL).await {
            ControlAnswer::Done => "done",
            ControlAnswer::NotLive(_) => "not live",
            ControlAnswer::Refused(_) => "refused",
            ControlAnswer::Unreachable(_) => "unreachable",
            ControlAnswer::InDoubt(_) => "in doubt",
        };
        assert_eq!(found, class, "{described}");
        assert_eq!(transport.lines().len(), 1);
    }
}

#[tokio::test]
async fn a_refusal_says_why() {
    let refusal = async |status, body: &'static str| {
        let (client, _) = Scripted::client([answer(status, body)]);
        match client.end_call(CONTROL_URL).await {
            ControlAnswer::Refused(error) => error.to_string(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(
        refusal(403, r#"{"message":"Control is not enabled."}"#).await,
        "cannot end the call: Vapi refused it (HTTP 403): Control is not enabled."
    );
    let wants_key = refusal(401, "").await;
    assert!(wants_key.contains("public key"), "{wants_key}");
}

#[tokio::test]
async fn no_answer_shows_the_control_url() {
    let echo = r#"{"message":"Cannot POST /secret-path/control","requestId":"secret-path"}"#;
    for status in [302, 400, 403, 404, 408, 410, 429, 500] {
        let (client, _) = Scripted::client([answer(status, echo)]);
        let answer = client.end_call(CONTROL_URL).await;
        assert!(!format!("{answer:?}").contains("secret-path"), "{answer:?}");
    }
}

#[tokio::test]
async fn a_control_url_that_is_unusable_or_gives_up_encryption_is_refused() {
    let (client, transport) = Scripted::client([]);
    for url in [
        "http://worker.example.com/secret-path",
        "ftp://worker.example.com/secret-path",
        "wss://worker.example.com/secret-path",
        "https://me:hush@worker.example.com/secret-path",
        "data:text/plain,secret-path",
        "secret-path",
        "",
    ] {
        let ControlAnswer::Refused(error) = client.end_call(url).await else {
            panic!("{url} was used")
        };
        assert!(matches!(error.kind, ApiErrorKind::Malformed(_)), "{url}: {error}");
        assert!(!format!("{error:?}").contains("secret-path"), "{error}");
    }
    assert!(transport.lines().is_empty());
}
