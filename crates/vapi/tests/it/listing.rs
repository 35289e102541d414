//! Lists of calls, assistants and numbers, and changes to assistants.

use autolynx_vapi::{ApiErrorKind, CallFilter};
use serde_json::json;

use crate::fixture;
use crate::scripted::{Scripted, answer};

#[tokio::test]
async fn every_filter_of_a_call_list_is_sent() {
    let (client, transport) = Scripted::client([answer(200, "[]"), answer(200, "[]")]);
    let ms = 1_774_539_796_145;
    let filter = CallFilter {
        id: Some("c&1".to_owned()),
        assistant_id: Some("a1".to_owned()),
        phone_number_id: Some("p1".to_owned()),
        limit: Some(5000),
        created_at_gt_ms: Some(ms),
        created_at_lt_ms: Some(ms + 1),
        created_at_ge_ms: Some(ms + 2),
        created_at_le_ms: Some(ms + 3),
        updated_at_gt_ms: Some(ms + 4),
        updated_at_lt_ms: Some(ms + 5),
        updated_at_ge_ms: Some(ms + 6),
        updated_at_le_ms: Some(ms + 7),
    };
    assert!(client.list_calls(&filter).await.unwrap().is_empty());
    assert!(
        client
            .list_calls(&CallFilter::default())
            .await
            .unwrap()
            .is_empty()
    );

    let day = "2026-03-26T15%3A43%3A16";
    let expected = format!(
        "GET https://api.example.com/v/call?id=c%261&assistantId=a1&phoneNumberId=p1&limit=1000\
         &createdAtGt={day}.145Z&createdAtLt={day}.146Z&createdAtGe={day}.147Z&createdAtLe={day}.148Z\
         &updatedAtGt={day}.149Z&updatedAtLt={day}.150Z&updatedAtGe={day}.151Z&updatedAtLe={day}.152Z"
    );
    assert_eq!(
        transport.lines(),
        [expected, "GET https://api.example.com/v/call".to_owned()]
    );
    assert_eq!(
        (filter.effective_limit(), CallFilter::default().effective_limit()),
        (1000, 100)
    );
}

#[tokio::test]
async fn a_call_list_keeps_every_row_with_its_text() {
    let rows = [fixture("calls/ended.json"), fixture("calls/before_2025.json")];
    let (client, _) = Scripted::client([answer(200, format!("[{},{}]", rows[0], rows[1]))]);
    let calls = client.list_calls(&CallFilter::default()).await.unwrap();
    let texts: Vec<&str> = calls.iter().map(|call| call.raw.get()).collect();
    assert_eq!(texts, rows.each_ref().map(|row| row.trim()));
}

/// Never twice: absence from a list is taken as proof, so a list with an unreadable row is no list.
#[tokio::test]
async fn a_call_list_with_an_unreadable_row_is_an_error() {
    for body in [
        r#"[{"id":"c1"},{"status":"queued"}]"#,
        r#"[{"id":"c1"},7]"#,
        r#"{"results":[]}"#,
        "",
        "null",
    ] {
        let (client, _) = Scripted::client([answer(200, body)]);
        let error = client.list_calls(&CallFilter::default()).await.unwrap_err();
        assert!(
            matches!(error.kind, ApiErrorKind::Malformed(_)),
            "{body}: {error}"
        );
    }
}

#[tokio::test]
async fn assistants_are_listed_and_looked_up() {
    let (client, transport) = Scripted::client([
        answer(200, fixture("directory/assistants.json")),
        answer(200, r#"{"id":"a1"}"#),
        answer(
            404,
            r#"{"message":"Not Found","error":"Not Found","statusCode":404}"#,
        ),
    ]);
    let assistants = client.list_assistants().await.unwrap();
    let first = &assistants[0].value;
    assert_eq!(first.name.as_deref(), Some("Appointments"));
    assert_eq!(first.max_duration_seconds, Some(300));
    assert_eq!(first.model.as_ref().unwrap().model.as_deref(), Some("gpt-4o"));
    assert_eq!(first.voice.as_ref().unwrap().voice_id.as_deref(), Some("burt"));
    assert_eq!(assistants[1].value.name, None);
    assert!(assistants[0].raw.get().contains("You are a helpful caller."));
    assert_eq!(client.get_assistant("a1").await.unwrap().unwrap().value.id, "a1");
    assert!(client.get_assistant("a2").await.unwrap().is_none());
    let expected = [
        "GET https://api.example.com/v/assistant?limit=1000",
        "GET https://api.example.com/v/assistant/a1",
        "GET https://api.example.com/v/assistant/a2",
    ];
    assert_eq!(transport.lines(), expected);
}

#[tokio::test]
async fn assistants_are_created_changed_and_deleted() {
    let (client, transport) = Scripted::client([
        answer(201, r#"{"id":"a1","name":"New"}"#),
        answer(200, r#"{"id":"a1","name":"Changed"}"#),
        answer(200, r#"{"id":"a1"}"#),
        answer(
            409,
            r#"{"error":"assistant_pinned","message":"pinned elsewhere"}"#,
        ),
    ]);
    assert_eq!(
        client
            .create_assistant(&json!({"name": "New"}))
            .await
            .unwrap()
            .value
            .id,
        "a1"
    );
    let changed = client
        .update_assistant("a1", &json!({"name": "Changed"}))
        .await
        .unwrap();
    assert_eq!(changed.value.name.as_deref(), Some("Changed"));
    client.delete_assistant("a1").await.unwrap();
    let pinned = client.delete_assistant("a1").await.unwrap_err();
    assert_eq!(
        pinned.to_string(),
        "cannot delete the assistant: Vapi refused it (HTTP 409): pinned elsewhere"
    );
    let expected = [
        "POST https://api.example.com/v/assistant",
        "PATCH https://api.example.com/v/assistant/a1",
        "DELETE https://api.example.com/v/assistant/a1",
        "DELETE https://api.example.com/v/assistant/a1",
    ];
    assert_eq!(transport.lines(), expected);
    let asked = transport.asked.lock().unwrap();
    let bodies: Vec<&[u8]> = asked.iter().map(|(request, _)| request.body().as_ref()).collect();
    assert_eq!(
        bodies,
        [
            br#"{"name":"New"}"#.as_slice(),
            br#"{"name":"Changed"}"#,
            b"",
            b""
        ]
    );
}

#[tokio::test]
async fn phone_numbers_are_listed_without_their_credentials() {
    let (client, transport) = Scripted::client([
        answer(200, fixture("directory/phone_numbers.json")),
        answer(200, r#"{"id":"p1","provider":"telnyx","number":"+14155550198"}"#),
        answer(
            404,
            r#"{"message":"Not Found","error":"Not Found","statusCode":404}"#,
        ),
    ]);
    let numbers = client.list_phone_numbers().await.unwrap();
    assert_eq!(numbers[0].number.as_deref(), Some("+14155550199"));
    assert!(numbers[0].is_active() && !numbers[0].is_vapi_owned());
    assert!(!numbers[1].is_active() && numbers[1].is_vapi_owned());
    assert!(!format!("{numbers:?}").contains("not-a-real-token"));
    assert_eq!(
        client
            .get_phone_number("p1")
            .await
            .unwrap()
            .unwrap()
            .provider
            .as_deref(),
        Some("telnyx")
    );
    assert!(client.get_phone_number("p2").await.unwrap().is_none());
    let expected = [
        "GET https://api.example.com/v/phone-number?limit=1000",
        "GET https://api.example.com/v/phone-number/p1",
        "GET https://api.example.com/v/phone-number/p2",
    ];
    assert_eq!(transport.lines(), expected);
}
