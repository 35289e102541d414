//! Acting on a live call.

use autolynx_vapi::ApiErrorKind;
use serde_json::json;

use crate::scripted::{Scripted, answer};

const CONTROL_URL: &str = "https://worker.example.com/secret-path/control?x=1";

#[tokio::test]
async fn commands_go_to_the_control_url_without_the_api_key() {
    let (client, transport) = Scripted::client([answer(200, "")]);
    client.end_call(CONTROL_URL).await.unwrap();
    assert_eq!(transport.lines(), [format!("POST {CONTROL_URL}")]);
    assert_eq!(transport.only_body(), json!({"type": "end-call"}));
    assert!(
        !transport.asked.lock().unwrap()[0]
            .0
            .headers()
            .contains_key("authorization")
    );

    let (client, transport) = Scripted::client([answer(204, "")]);
    client.say(CONTROL_URL, "Goodbye.", true).await.unwrap();
    let expected = json!({"type": "say", "content": "Goodbye.", "endCallAfterSpoken": true});
    assert_eq!(transport.only_body(), expected);
}

#[tokio::test]
async fn a_command_that_fails_does_not_show_the_control_url() {
    let (client, _) = Scripted::client([answer(404, "")]);
    let error = client.end_call(CONTROL_URL).await.unwrap_err();
    assert!(!error.to_string().contains("secret-path"), "{error}");
}

#[tokio::test]
async fn a_control_url_that_gives_up_encryption_is_refused() {
    let (client, transport) = Scripted::client([]);
    for url in [
        "http://worker.example.com/secret-path",
        "ftp://worker.example.com/secret-path",
        "secret-path",
        "",
    ] {
        let error = client.end_call(url).await.unwrap_err();
        assert!(matches!(error.kind, ApiErrorKind::Malformed(_)), "{url}: {error}");
        assert!(!error.to_string().contains("secret-path"), "{error}");
    }
    assert!(transport.lines().is_empty());
}
