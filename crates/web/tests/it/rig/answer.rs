//! What the server answered.

use axum::body::Body;
use http::{HeaderMap, Response, StatusCode};
use serde_json::Value;
use uuid::Uuid;

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// Reads an answer to its end.
    pub(crate) async fn read(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX)
            .await
            .expect("a whole answer")
            .to_vec();
        Self {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    /// The answer, which must have this status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        self
    }

    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("UTF-8")
    }

    /// The body as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.text()))
    }

    /// A header as text; empty when it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("ASCII"))
    }

    /// Status and code of an error, which must have the one form of errors.
    #[track_caller]
    pub(crate) fn error(&self) -> (u16, String) {
        let json = self.json();
        let error = json["error"]
            .as_object()
            .unwrap_or_else(|| panic!("no error: {json}"));
        assert_eq!(
            error.keys().collect::<Vec<_>>(),
            ["code", "details", "message"],
            "{json}"
        );
        assert!(
            error["message"]
                .as_str()
                .is_some_and(|message| !message.is_empty()),
            "{json}"
        );
        (
            self.status.as_u16(),
            error["code"].as_str().expect("a code").to_owned(),
        )
    }

    /// The JSON for a snapshot: ids of ours are replaced, because they say nothing.
    #[track_caller]
    pub(crate) fn shape(&self) -> Value {
        let mut json = self.json();
        without_ids(&mut json);
        json
    }
}

fn without_ids(value: &mut Value) {
    match value {
        Value::String(text) if Uuid::parse_str(text).is_ok() => *value = "[id]".into(),
        Value::Array(items) => items.iter_mut().for_each(without_ids),
        Value::Object(fields) => fields.values_mut().for_each(without_ids),
        _ => {}
    }
}
