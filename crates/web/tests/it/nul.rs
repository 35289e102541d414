//! The character U+0000, which Postgres stores in no text: wherever it comes from outside it is refused with words, or
//! taken out where a machine sends it, and never our fault.

use axum::body::Body;
use http::Method;
use serde_json::{Value, json};

use crate::rig::{Form, LIST, Postgres, Rig, WEBHOOK_SECRET, request, webhook};

#[tokio::test]
async fn nul_is_refused_with_words_on_sqlite() {
    everywhere(&Rig::new().await).await;
}

#[tokio::test]
async fn nul_is_refused_with_words_on_postgres() {
    let database = Postgres::create("nul").await;
    let rig = Rig::over(&database.address).await;
    everywhere(&rig).await;
    rig.store.close().await;
    database.drop_it().await;
}

async fn everywhere(rig: &Rig) {
    let id = rig.campaign().await.to_string();
    let assistants = rig
        .get("/api/assistants?source=imported")
        .await
        .expect(200)
        .json();
    let assistant = assistants["items"][0]["id"].as_str().unwrap().to_owned();
    json_bodies(rig, &id, &assistant).await;
    queries(rig, &id).await;
    forms(rig, &id).await;
    uploads(rig, &id).await;
    webhooks(rig, &id).await;
    paths(rig).await;
}

/// The value with U+0000 in one of its texts or names after the other.
fn poisoned(value: &Value) -> Vec<Value> {
    match value {
        Value::String(text) => ["\0".to_owned(), format!("{text}\0"), format!("\0{text}")]
            .map(Value::String)
            .into(),
        Value::Array(items) => (0..items.len())
            .flat_map(|at| {
                poisoned(&items[at]).into_iter().map(move |bad| {
                    let mut items = items.clone();
                    items[at] = bad;
                    Value::Array(items)
                })
            })
            .collect(),
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, value)| {
                let mut renamed = fields.clone();
                renamed.insert(format!("{name}\0"), value.clone());
                let inside = poisoned(value).into_iter().map(move |bad| {
                    let mut fields = fields.clone();
                    fields.insert(name.clone(), bad);
                    Value::Object(fields)
                });
                inside.chain([Value::Object(renamed)]).collect::<Vec<_>>()
            })
            .collect(),
        _ => Vec::new(),
    }
}

async fn json_bodies(rig: &Rig, id: &str, assistant: &str) {
    let campaign = |rest: &str| format!("/api/campaigns/{id}{rest}");
    let of_assistant = |rest: &str| format!("/api/assistants/{assistant}{rest}");
    let config = json!({"firstMessage": "Hello {{name}}", "model": {"messages": [{"role": "system", "content": "Be kind"}]}});
    let requests = [
        (
            Method::PATCH,
            campaign(""),
            json!({"name": "x", "phone_number_ids": ["num-1"], "expires_at": "2027-01-01T00:00:00Z", "mode": "batch"}),
        ),
        (Method::POST, campaign("/start"), json!({"x": "y"})),
        (Method::POST, campaign("/pause"), json!({"x": "y"})),
        (
            Method::POST,
            campaign("/schedule"),
            json!({"at": "2027-01-04T09:00", "zone": "America/Chicago"}),
        ),
        (Method::POST, campaign("/redial"), json!({"outcomes": ["busy"]})),
        (Method::POST, campaign("/clone"), json!({"name": "Copy"})),
        (
            Method::PATCH,
            campaign("/policy"),
            json!({"policy": {"preset": "standard", "fallback_zone": "America/Chicago", "consent": {"column": "ok"},
                "hours": {"rule": {"source": "x", "week": {"monday": ["09:00-20:00"]}}}}, "by": "Ada", "version": 1}),
        ),
        (
            Method::POST,
            "/api/suppressions".to_owned(),
            json!({"number": "+12025550143", "reason": "asked", "by": "Ada", "expires_at": "2027-01-31T18:00:00Z"}),
        ),
        (
            Method::PATCH,
            "/api/lines".to_owned(),
            json!({"caps_of_numbers": {"num-1": 3}}),
        ),
        (
            Method::POST,
            "/api/assistants".to_owned(),
            json!({"name": "Robin", "config": config, "by": "Ada", "left_out": ["x"]}),
        ),
        (
            Method::POST,
            "/api/assistants/import".to_owned(),
            json!({"provider_assistant_id": "asst-2", "name": "x", "by": "Ada"}),
        ),
        (
            Method::PATCH,
            of_assistant(""),
            json!({"version": 1, "name": "x", "config": config, "by": "Ada"}),
        ),
        (
            Method::POST,
            of_assistant("/clone"),
            json!({"name": "x", "by": "Ada"}),
        ),
        (
            Method::POST,
            of_assistant("/test-calls"),
            json!({"phone": "+12025550143", "name": "Ada", "phone_number_id": "num-1", "variables": {"city": "Rome"}}),
        ),
        (
            Method::POST,
            of_assistant("/take-theirs"),
            json!({"fingerprint": "x", "by": "Ada"}),
        ),
        (
            Method::POST,
            of_assistant("/push-ours"),
            json!({"fingerprint": "x", "by": "Ada"}),
        ),
        (
            Method::POST,
            of_assistant("/repeat-change"),
            json!({"change": "x"}),
        ),
        (
            Method::POST,
            of_assistant("/dismiss-change"),
            json!({"change": "x"}),
        ),
        (
            Method::POST,
            of_assistant("/versions/1/restore"),
            json!({"by": "Ada"}),
        ),
    ];
    for (method, path, body) in requests {
        let bad = poisoned(&body);
        assert!(!bad.is_empty(), "{path}");
        for body in bad {
            let answer = rig.json(method.clone(), &path, body.clone()).await;
            // Where nothing of the body is read, nothing of it is stored either.
            let unread = path.ends_with("/pause") && answer.status.is_client_error();
            assert!(
                unread || answer.error() == (400, "nul_character".to_owned()),
                "{method} {path} {body}: {}",
                answer.text()
            );
        }
    }
    // As it is, JSON does not allow it.
    let mut raw = request(Method::POST, "/api/suppressions");
    *raw.body_mut() = Body::from("{\"number\":\"+1202555\0\"}");
    assert_eq!(rig.send(raw).await.error(), (400, "invalid_body".to_owned()));
    // An escaped backslash begins no escape: this is text like any other.
    let mut fine = request(Method::POST, "/api/suppressions");
    *fine.body_mut() = Body::from(r#"{"number":"+12025550143","reason":"a\\u0000b"}"#);
    rig.send(fine).await.expect(201);
}

async fn queries(rig: &Rig, id: &str) {
    for (path, names) in [
        (
            format!("/api/campaigns/{id}/contacts"),
            &["q", "state", "outcome", "status", "offset"][..],
        ),
        ("/api/campaigns".to_owned(), &["archived", "limit"]),
        ("/api/suppressions".to_owned(), &["q", "campaign_id"]),
        ("/api/assistants".to_owned(), &["q", "source"]),
        ("/api/health/phone-line".to_owned(), &["phone_number_id"]),
        (format!("/api/campaigns/{id}/forecast"), &["lines"]),
        ("/events".to_owned(), &["campaign", "assistant", "about"]),
        ("/campaigns".to_owned(), &["archived", "page"]),
        ("/campaigns/live".to_owned(), &["archived", "page"]),
        (format!("/campaigns/{id}"), &["q", "filter", "page"]),
        (format!("/campaigns/{id}/calls"), &["q", "filter", "page"]),
        ("/suppressions".to_owned(), &["q", "page"]),
        ("/suppressions/live".to_owned(), &["q", "page"]),
        ("/assistants".to_owned(), &["q", "source", "page"]),
        ("/assistants/live".to_owned(), &["q", "source", "page"]),
        ("/assistants/new".to_owned(), &["from"]),
    ] {
        for name in names {
            for value in ["%00", "a%00b"] {
                // Headers are enough: a stream of events has no end.
                let answer = rig
                    .raw(request(Method::GET, &format!("{path}?{name}={value}")))
                    .await;
                assert!(
                    !answer.status().is_server_error(),
                    "{path}?{name}={value}: {}",
                    answer.status()
                );
            }
        }
    }
    let searched = rig.get(&format!("/api/campaigns/{id}/contacts?q=a%00b")).await;
    assert_eq!(searched.error(), (400, "nul_character".to_owned()));
}

async fn forms(rig: &Rig, id: &str) {
    for (path, names) in [
        (
            format!("/campaigns/{id}/settings"),
            &[
                "version",
                "by",
                "preset",
                "week",
                "fallback_zone",
                "per_contact",
                "consent",
                "budget",
                "anything",
            ][..],
        ),
        (
            "/account".to_owned(),
            &["reserved_lines", "calls_per_second", "cap_num-1"],
        ),
    ] {
        for name in names {
            let answer = rig.post_form(&path, &[(name, "a\0b")]).await;
            assert_eq!(answer.status.as_u16(), 400, "{path} {name}: {}", answer.text());
            let answer = rig.post_form(&path, &[(&format!("{name}\0"), "a")]).await;
            assert_eq!(answer.status.as_u16(), 400, "{path} {name}: {}", answer.text());
        }
    }
}

async fn uploads(rig: &Rig, id: &str) {
    for field in [
        "name",
        "assistant_id",
        "phone_number_id",
        "policy",
        "mode",
        "cap",
        "default_region",
    ] {
        let answer = rig.create(Form::new().field(field, "a\0b")).await;
        assert_eq!(answer.error(), (400, "nul_character".to_owned()), "{field}");
    }
    // The cells of a list are cleaned like everything else in it that nobody sees, wherever it stands.
    let list = LIST
        .replace("Moreno", "Mo\0reno")
        .replace("Washington", "Wash\0ington")
        .replace("city", "ci\0ty");
    let answer = rig
        .create(Form::new().list("le\0ads.csv", list.clone()).field("name", "NUL"))
        .await;
    assert!(!answer.status.is_server_error(), "{}", answer.text());
    for path in [
        format!("/api/campaigns/{id}/contacts"),
        "/api/suppressions/import".to_owned(),
    ] {
        let form = Form::empty().list("le\0ads.csv", list.clone());
        for answer in [
            rig.upload(&path, &form).await,
            rig.upload(&path, &form.field("by", "a\0b")).await,
        ] {
            assert!(!answer.status.is_server_error(), "{path}: {}", answer.text());
        }
    }
    let raw = Form::empty().list("x.csv", "number,reason\n+12025550177,be\0cause\n");
    let answer = rig.upload("/api/suppressions/import", &raw).await;
    assert!(!answer.status.is_server_error(), "{}", answer.text());
}

/// What the provider sends is kept, without what cannot be stored: it would send a refused message again and again.
async fn webhooks(rig: &Rig, id: &str) {
    rig.dial(id.parse().unwrap()).await;
    let call = rig.call_of(id.parse().unwrap(), "Ada").await.to_string();
    let message = json!({
        "type": "end-of-call-report",
        "timestamp": 1_795_185_002_000_i64,
        "endedReason": "customer-ended-call",
        "summary": "x",
        "call": {"id": "prov-1", "name": call, "monitor": {"controlUrl": "x"}},
        "artifact": {
            "transcript": "Hello",
            "recordingUrl": "x",
            "messages": [{"role": "user", "message": "Hi"}],
            "structuredOutputs": {"a": {"result": "b"}},
        },
        "analysis": {"summary": "x", "structuredData": {"a": "b"}, "successEvaluation": "true"},
    });
    for message in poisoned(&message) {
        rig.webhook(message).await.expect(200);
    }
    for body in ["\0", "{\"message\":\0}", "{\"message\":{\"type\":\"x\0\"}}"] {
        rig.send(webhook(WEBHOOK_SECRET, body)).await.expect(200);
    }
    let shown = rig.get(&format!("/api/calls/{call}")).await.expect(200);
    assert_eq!(shown.json()["status"], "ENDED");
}

async fn paths(rig: &Rig) {
    for path in [
        "/api/campaigns/%00",
        "/api/calls/a%00b",
        "/campaigns/%00",
        "/assistants/%00/versions/%00",
        "/assets/%00",
        "/%00",
    ] {
        let answer = rig.get(path).await;
        assert!(answer.status.is_client_error(), "{path}: {}", answer.status);
    }
}
