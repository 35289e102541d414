//! What the API says when it refuses.

use http::HeaderMap;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::lenient;

/// An error body, in the older shape (`message` a text or a list, `error`, `statusCode`) or the newer one that adds
/// `errors` with pointers. Whatever is missing is empty: a body that is no JSON gives an empty `ErrorBody`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ErrorBody {
    /// What is wrong, one entry per fault.
    pub messages: Vec<String>,
    /// The general name, such as `Bad Request`; some refusals say all they have to say here.
    pub error: Option<String>,
    /// Which fields are wrong, if the API says so.
    pub fields: Vec<FieldError>,
    /// The provider's name of this exchange, for its support.
    pub request_id: Option<String>,
}

/// One field that the API does not accept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct FieldError {
    /// Path into the request, such as `/body/customer/number`; empty if not given.
    #[serde(deserialize_with = "text_or_empty")]
    pub pointer: String,
    /// `FIELD_NOT_ALLOWED`, `INVALID_FORMAT`, …; empty if not given.
    #[serde(deserialize_with = "text_or_empty")]
    pub code: String,
    /// For people; empty if not given.
    #[serde(deserialize_with = "text_or_empty")]
    pub message: String,
}

fn text_or_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(lenient::text(deserializer)?.unwrap_or_default())
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Wire {
    #[serde(deserialize_with = "lenient::value")]
    message: Option<Value>,
    #[serde(deserialize_with = "lenient::value")]
    error: Option<Value>,
    #[serde(deserialize_with = "lenient::text")]
    detail: Option<String>,
    #[serde(deserialize_with = "lenient::objects")]
    errors: Vec<FieldError>,
    #[serde(deserialize_with = "lenient::text")]
    request_id: Option<String>,
}

impl ErrorBody {
    /// Reads an error answer. The request id comes from the body or from the header `X-Request-ID`.
    pub fn parse(headers: &HeaderMap, body: &[u8]) -> Self {
        let raw = serde_json::from_slice::<Box<serde_json::value::RawValue>>(body).ok();
        let wire: Wire = raw
            .and_then(|raw| lenient::from_object(&raw).ok().flatten())
            .unwrap_or_default();

        let mut messages = texts(wire.message.as_ref());
        let nested_error = wire.error.as_ref().filter(|error| error.is_object());
        if messages.is_empty() {
            messages = texts(nested_error.and_then(|error| error.get("message")));
        }
        if messages.is_empty() {
            messages.extend(wire.detail);
        }
        if messages.is_empty() {
            let field_messages = wire.errors.iter().map(|field| field.message.clone());
            messages.extend(field_messages.filter(|message| !message.is_empty()));
        }
        Self {
            messages,
            error: wire.error.as_ref().and_then(Value::as_str).map(str::to_owned),
            fields: wire.errors,
            request_id: wire.request_id.or_else(|| request_id(headers)),
        }
    }

    /// All that the body says, in one line for people; `None` if it says nothing.
    pub fn summary(&self) -> Option<String> {
        let text = if self.messages.is_empty() {
            self.error.clone()?
        } else {
            self.messages.join("; ")
        };
        let text: String = text
            .chars()
            .map(|character| if character.is_control() { ' ' } else { character })
            .collect();
        Some(text.chars().take(SUMMARY_CHARS).collect())
    }
}

/// Longest summary, in characters: long enough for a dozen faults, short enough for a table cell.
const SUMMARY_CHARS: usize = 500;

/// The provider's name of an exchange, from the answer's headers.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<String> {
    Some(headers.get("x-request-id")?.to_str().ok()?.to_owned())
}

/// A text, or the texts of a list. An entry that is an object counts with its `message`.
fn texts(value: Option<&Value>) -> Vec<String> {
    let entries = match value {
        Some(Value::Array(entries)) => entries.as_slice(),
        Some(single) => std::slice::from_ref(single),
        None => &[],
    };
    let texts = entries
        .iter()
        .filter_map(|entry| entry.as_str().or_else(|| entry.get("message")?.as_str()));
    texts
        .filter(|text| !text.trim().is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(body: &str) -> ErrorBody {
        ErrorBody::parse(&HeaderMap::new(), body.as_bytes())
    }

    #[test]
    fn every_known_shape_yields_its_messages() {
        for (body, messages) in [
            (
                r#"{"message":"Over Concurrency Limit","error":"Bad Request","statusCode":400}"#,
                vec!["Over Concurrency Limit"],
            ),
            (
                r#"{"message":["a","b"],"error":"Bad Request","statusCode":400}"#,
                vec!["a", "b"],
            ),
            (r#"{"message":[{"message":"a"},{"x":1},"b"]}"#, vec!["a", "b"]),
            (r#"{"error":{"message":"a"}}"#, vec!["a"]),
            (r#"{"status":400,"detail":"a"}"#, vec!["a"]),
            (
                r#"{"errors":[{"code":"INVALID_TYPE","message":"a","pointer":"/body/name"}]}"#,
                vec!["a"],
            ),
            (r#"{"error":"Over Concurrency Limit"}"#, vec![]),
            (r#"{"message":5}"#, vec![]),
            (r#"["a"]"#, vec![]),
            ("<html>", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(parse(body).messages, messages, "{body}");
        }
    }

    #[test]
    fn fields_and_request_id_are_read() {
        let body = parse(
            r#"{"statusCode":400,"message":["name must be a string"],"requestId":"req_1",
            "errors":[{"code":"INVALID_TYPE","message":"name must be a string","pointer":"/body/name"},{"code":7}]}"#,
        );
        assert_eq!(body.request_id.as_deref(), Some("req_1"));
        let expected = FieldError {
            pointer: "/body/name".to_owned(),
            code: "INVALID_TYPE".to_owned(),
            message: "name must be a string".to_owned(),
        };
        assert_eq!(body.fields, [expected, FieldError::default()]);

        let headers = HeaderMap::from_iter([(
            http::HeaderName::from_static("x-request-id"),
            http::HeaderValue::from_static("req_2"),
        )]);
        assert_eq!(
            ErrorBody::parse(&headers, b"<html>").request_id.as_deref(),
            Some("req_2")
        );
    }

    #[test]
    fn summaries_are_one_short_line() {
        let body = parse(&format!(r#"{{"message":["a\nb","{}"]}}"#, "x".repeat(1000)));
        let summary = body.summary().unwrap();
        assert!(summary.starts_with("a b; xxx") && summary.chars().count() == SUMMARY_CHARS);
        assert_eq!(
            parse(r#"{"error":"Over Concurrency Limit"}"#).summary().unwrap(),
            "Over Concurrency Limit"
        );
        assert_eq!(parse("").summary(), None);
    }

    proptest::proptest! {
        #[test]
        fn no_body_panics(body in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let _ = ErrorBody::parse(&HeaderMap::new(), &body).summary();
        }
    }
}
