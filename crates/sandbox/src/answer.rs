//! Answers and refusals of the API.

use crate::settings::ErrorShape;
use crate::validate::Problem;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderValue, Response, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

/// An answer on its way out.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    content_type: &'static str,
    headers: Vec<(HeaderName, String)>,
    body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Answer {
        let body = serde_json::to_vec(body).expect("plain data always serialises");
        Answer {
            status,
            content_type: "application/json; charset=utf-8",
            headers: Vec::new(),
            body,
        }
    }

    pub(crate) fn ok(body: &impl Serialize) -> Answer {
        Answer::json(StatusCode::OK, body)
    }

    pub(crate) fn created(body: &impl Serialize) -> Answer {
        Answer::json(StatusCode::CREATED, body)
    }

    pub(crate) fn content(content_type: &'static str, body: Vec<u8>) -> Answer {
        Answer {
            status: StatusCode::OK,
            content_type,
            headers: Vec::new(),
            body,
        }
    }

    pub(crate) fn redirect(location: String) -> Answer {
        let mut answer = Answer::content("text/plain", Vec::new());
        answer.status = StatusCode::FOUND;
        answer.with(http::header::LOCATION, location)
    }

    pub(crate) fn with(mut self, name: HeaderName, value: String) -> Answer {
        self.headers.push((name, value));
        self
    }

    /// The policy form of an error: one sentence.
    pub(crate) fn refusal(status: StatusCode, message: &str) -> Answer {
        let error = status.canonical_reason().unwrap_or("Error");
        let body = json!({"message": message, "error": error, "statusCode": status.as_u16()});
        Answer::json(status, &body)
    }

    /// The validation form of an error: a list of sentences.
    pub(crate) fn invalid(problems: &[Problem], shape: ErrorShape, request_id: &str) -> Answer {
        let messages: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
        let mut body = json!({"message": messages, "error": "Bad Request", "statusCode": 400});
        if shape == ErrorShape::Problem {
            let errors: Vec<Value> = problems
                .iter()
                .map(|problem| {
                    json!({"code": problem.code, "message": problem.message, "pointer": problem.pointer})
                })
                .collect();
            body["type"] = json!("urn:vapi:problem:validation-failed");
            body["title"] = json!("Request validation failed");
            body["status"] = json!(400);
            body["detail"] = json!(messages.join("; "));
            body["code"] = json!("VALIDATION_FAILED");
            body["requestId"] = json!(request_id);
            body["errors"] = json!(errors);
        }
        Answer::json(StatusCode::BAD_REQUEST, &body)
    }

    pub(crate) fn into_response(self, request_id: &str) -> Response<Bytes> {
        let mut response = Response::new(Bytes::from(self.body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        let id = (HeaderName::from_static("x-request-id"), request_id.to_owned());
        for (name, value) in self.headers.into_iter().chain([id]) {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(name, value);
            }
        }
        response
    }
}
