//! Recordings of calls.

use autolynx_vapi::{ApiErrorKind, RecordingPlace};
use bytes::Bytes;
use http::Response;

use crate::scripted::{Scripted, answer};

#[tokio::test]
async fn a_recording_is_where_the_provider_leads_to() {
    let elsewhere = |location: &str| {
        let answer = Response::builder().status(302).header("location", location);
        Ok(answer.body(Bytes::new()).unwrap())
    };
    let (client, asked) = Scripted::client([
        elsewhere("https://store.example.com/1.wav?sig=abc"),
        elsewhere("/files/1.wav"),
        answer(200, "RIFF"),
        answer(
            404,
            r#"{"message":"Recording Not Found.","error":"Not Found","statusCode":404}"#,
        ),
    ]);
    let at = |url: &str| Some(RecordingPlace::At(url.to_owned()));
    let here = Some(RecordingPlace::Here {
        content_type: String::new(),
        bytes: Bytes::from_static(b"RIFF"),
    });
    assert_eq!(
        client.recording("c-1").await.unwrap(),
        at("https://store.example.com/1.wav?sig=abc")
    );
    assert_eq!(
        client.recording("c-1").await.unwrap(),
        at("https://api.example.com/files/1.wav")
    );
    assert_eq!(client.recording("c-1").await.unwrap(), here);
    assert_eq!(client.recording("c-1").await.unwrap(), None);
    assert_eq!(
        asked.lines()[0],
        "GET https://api.example.com/v/call/c-1/mono-recording"
    );
}

#[tokio::test]
async fn a_recording_is_fetched_from_no_plain_or_missing_place() {
    for location in ["http://store.example.com/1.wav", "file:///etc/passwd", ""] {
        let mut answer = Response::builder().status(302);
        if !location.is_empty() {
            answer = answer.header("location", location);
        }
        let (client, _) = Scripted::client([Ok(answer.body(Bytes::new()).unwrap())]);
        let error = client.recording("c-1").await.unwrap_err();
        assert!(
            matches!(error.kind, ApiErrorKind::Malformed(_)),
            "{location}: {error}"
        );
    }
}
