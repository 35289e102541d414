use http::HeaderValue;
use proptest::prelude::*;

use super::*;

fn at(status: u16, body: &str) -> DialAnswer {
    classify(
        StatusCode::from_u16(status).unwrap(),
        &HeaderMap::new(),
        body.as_bytes(),
    )
}

fn refused(status: u16, body: &str) -> Refusal {
    match at(status, body) {
        DialAnswer::Refused(refusal) => refusal,
        other => panic!("{status} {body}: {other:?}"),
    }
}

fn bad_request(message: &str) -> String {
    serde_json::json!({"message": message, "error": "Bad Request", "statusCode": 400}).to_string()
}

#[test]
fn texts_of_bad_requests_are_told_apart() {
    use RefusalKind::{Account, Capacity, Contact};
    for (message, kind) in [
        // Seen in the wild.
        ("Over Concurrency Limit", Capacity),
        ("Over Concurrency Limit.", Capacity),
        (
            "customer.number must be a valid phone number in the E.164 format. Hot tip, you may be missing the country code (Eg. US: +1).",
            Contact,
        ),
        (
            "Couldn't Get Phone Number. Need Either `phoneNumberId` Or `phoneNumber`.",
            Account,
        ),
        (
            "Couldn't Start Call. Numbers Bought On Vapi Have A Daily Outbound Call Limit. Import Your Own Twilio Numbers To Scale Without Limits.",
            Account,
        ),
        (
            "Couldn't start call. Free Vapi numbers do not support international calls.",
            Account,
        ),
        ("property customer should not exist", Account),
        ("customer.property nickname should not exist", Account),
        (
            "assistantOverrides.property maxConcurrentThings should not exist",
            Account,
        ),
        // Likely.
        (
            "customer.name must be shorter than or equal to 40 characters",
            Contact,
        ),
        (
            "customer.externalId must be shorter than or equal to 40 characters",
            Contact,
        ),
        ("The number is not a valid E.164 number", Contact),
        // Which number, the called one or ours?
        ("Invalid phone number", Account),
        ("phoneNumberId must be a UUID", Account),
        ("assistantId must be a UUID", Account),
        ("assistantOverrides.variableValues must be an object", Account),
        ("assistantOverrides.server.url must be a URL address", Account),
        ("Your phone number has been blocked", Account),
        (
            "Trial accounts may only call verified numbers on this plan",
            Account,
        ),
        (
            "Wallet Balance Is -0.04. Purchase More Credits Or Upgrade Your Plan.",
            Account,
        ),
        ("Something nobody has seen", Account),
        ("", Account),
    ] {
        assert_eq!(refused(400, &bad_request(message)).kind, kind, "{message}");
        assert_eq!(refused(422, &bad_request(message)).kind, kind, "{message}");
    }
}

#[test]
fn one_fault_of_the_account_among_faults_of_the_contact_decides() {
    let body = r#"{"message":["customer.number must be a valid phone number","assistantId must be a UUID"]}"#;
    assert_eq!(refused(400, body).kind, RefusalKind::Account);
    let body = r#"{"message":["customer.number must be a valid phone number","name must be a string"]}"#;
    assert_eq!(refused(400, body).kind, RefusalKind::Contact);
}

#[test]
fn pointers_of_the_newer_shape_are_read() {
    let body = |code: &str, pointer: &str| {
        let field = serde_json::json!({"code": code, "message": "not accepted", "pointer": pointer});
        serde_json::json!({"statusCode": 400, "message": ["not accepted"], "errors": [field]}).to_string()
    };
    for (code, pointer, kind) in [
        ("INVALID_FORMAT", "/body/customer/number", RefusalKind::Contact),
        (
            "FIELD_NOT_ALLOWED",
            "/body/customer/nickname",
            RefusalKind::Account,
        ),
        ("INVALID_FORMAT", "/body/phoneNumberId", RefusalKind::Account),
        ("INVALID_TYPE", "/body/name", RefusalKind::Account),
        ("INVALID_TYPE", "", RefusalKind::Account),
    ] {
        assert_eq!(refused(400, &body(code, pointer)).kind, kind, "{code} {pointer}");
    }
}

#[test]
fn concurrency_is_found_wherever_it_stands() {
    for (status, body) in [
        (400, r#"{"error":"Over Concurrency Limit"}"#),
        (
            400,
            r#"{"message":["over CONCURRENCY limit"],"error":"Bad Request"}"#,
        ),
        (429, r#"{"message":"Over Concurrency Limit"}"#),
    ] {
        assert_eq!(
            refused(status, body).kind,
            RefusalKind::Capacity,
            "{status} {body}"
        );
    }
}

#[test]
fn refusing_statuses_are_certain() {
    for status in [
        401, 402, 403, 404, 405, 406, 410, 411, 413, 414, 415, 421, 431, 451,
    ] {
        for body in ["", "<html>blocked</html>", r#"{"message":"no","statusCode":0}"#] {
            let refusal = refused(status, body);
            assert_eq!(refusal.kind, RefusalKind::Account, "{status}");
            assert_eq!(refusal.status, Some(status));
            assert!(
                refusal.message.starts_with(&format!("HTTP {status}: ")),
                "{}",
                refusal.message
            );
        }
    }
    assert_eq!(
        refused(429, r#"{"message":"Rate limit exceeded"}"#).kind,
        RefusalKind::Rate
    );
}

#[test]
fn every_other_status_leaves_doubt() {
    let statuses = (100..200)
        .chain(300..400)
        .chain([408, 409, 425, 499])
        .chain(500..1000);
    for status in statuses {
        for body in ["", r#"{"id":"c1"}"#, r#"{"message":"Over Concurrency Limit"}"#] {
            assert!(
                matches!(at(status, body), DialAnswer::InDoubt(_)),
                "{status} {body}"
            );
        }
    }
}

#[test]
fn a_success_that_cannot_be_read_leaves_doubt() {
    for status in [200, 201, 202, 204, 299] {
        for body in [
            "",
            "{",
            "[]",
            "null",
            "<html>",
            "{}",
            r#"{"id":""}"#,
            r#"{"id":7}"#,
            r#"["c1"]"#,
            r#"{"results":[{"id":"c1"}],"errors":[]}"#,
            r#"{"statusCode":400,"message":"Over Concurrency Limit"}"#,
        ] {
            assert!(
                matches!(at(status, body), DialAnswer::InDoubt(_)),
                "{status} {body}"
            );
        }
    }
}

#[test]
fn a_call_is_accepted_unless_it_is_blocked() {
    for body in [
        r#"{"id":"c1"}"#,
        r#"{"id":"c1","status":"on-hold","cost":"free","customer":[]}"#,
        r#"{"id":"c1","subscriptionLimits":{"concurrencyBlocked":false,"remainingConcurrentCalls":-1}}"#,
        r#"{"id":"c1","subscriptionLimits":null}"#,
    ] {
        let DialAnswer::Accepted(call) = at(201, body) else {
            panic!("{body}")
        };
        assert_eq!((call.value.id.as_str(), call.raw.get()), ("c1", body));
    }
    let body = r#"{"id":"c1","status":"queued","subscriptionLimits":{"concurrencyBlocked":true,"concurrencyLimit":10}}"#;
    let refusal = refused(201, body);
    assert_eq!(refusal.kind, RefusalKind::Capacity);
    assert_eq!(refusal.status, Some(201));
    assert_eq!(refusal.provider_call_id.as_deref(), Some("c1"));
    assert_eq!(refusal.concurrency_limit, Some(10));
}

#[test]
fn the_wish_to_wait_is_passed_on() {
    let headers = HeaderMap::from_iter([(http::header::RETRY_AFTER, HeaderValue::from_static("3"))]);
    let answer = classify(StatusCode::TOO_MANY_REQUESTS, &headers, b"");
    let DialAnswer::Refused(refusal) = answer else {
        panic!("{answer:?}")
    };
    assert_eq!(refusal.retry_after_ms, Some(3000));
    assert_eq!(refused(429, "").retry_after_ms, None);
}

#[test]
fn a_request_that_never_left_is_a_refusal_and_a_lost_answer_is_not() {
    let DialAnswer::Refused(refusal) = without_answer(TransportError::NotSent("refused".to_owned())) else {
        panic!("a request that was not sent is certain")
    };
    assert_eq!((refusal.kind, refusal.status), (RefusalKind::Unreachable, None));
    assert!(matches!(
        without_answer(TransportError::InDoubt(String::new())),
        DialAnswer::InDoubt(_)
    ));
}

proptest! {
    /// Never twice: a refusal frees the contact for another dial, so it must never be read from a status that leaves
    /// doubt, whatever the body says.
    #[test]
    fn only_certain_statuses_refuse(status in 100_u16..1000, body in ".{0,80}") {
        let certain = (400..500).contains(&status) && ![408, 409, 425, 499].contains(&status);
        let refused = matches!(at(status, &body), DialAnswer::Refused(_));
        prop_assert_eq!(refused, certain);
    }
}
