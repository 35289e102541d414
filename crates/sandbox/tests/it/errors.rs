//! What is refused, and in which words.

use crate::support::{Rig, call};
use autolynx_sandbox::{DEFAULT_PHONE_NUMBER_ID, ErrorShape, Reply, Settings};
use serde_json::{Value, json};

const UNKNOWN: &str = "0195a000-0000-7000-8000-0000000000ff";

fn refused(change: impl FnOnce(&mut Value)) -> Value {
    let mut rig = Rig::new();
    let mut body = call(1, "human");
    change(&mut body);
    let answered = rig.post("/call", &body);
    assert_eq!(
        (answered.status, &answered.body["error"]),
        (400, &json!("Bad Request")),
        "{answered:?}"
    );
    assert_eq!(rig.world.ledger().calls_created, 0);
    assert_eq!(rig.world.ledger().refused.invalid, 1);
    answered.body["message"].clone()
}

#[test]
fn wrong_keys_are_refused() {
    let mut rig = Rig::new();
    for header in [None, Some("Bearer wrong"), Some("sandbox-key")] {
        let mut request = http::Request::get("/call");
        if let Some(header) = header {
            request = request.header("authorization", header);
        }
        let handled = rig
            .world
            .handle(&request.body(bytes::Bytes::new()).unwrap(), rig.now_ms);
        let Reply::Answer(response) = handled.reply else {
            panic!()
        };
        let answered = crate::support::read(response);
        assert_eq!(
            (answered.status, &answered.body["error"]),
            (401, &json!("Unauthorized"))
        );
        assert!(
            answered.body["message"]
                .as_str()
                .unwrap()
                .starts_with("Invalid Key.")
        );
    }
    assert_eq!(rig.world.ledger().refused.unauthorized, 3);
}

#[test]
fn policy_errors_are_one_sentence_and_validation_errors_a_list() {
    let remove =
        |name: &'static str| move |body: &mut Value| drop(body.as_object_mut().unwrap().remove(name));
    assert_eq!(
        refused(remove("phoneNumberId")),
        "Couldn't Get Phone Number. Need Either `phoneNumberId` Or `phoneNumber`."
    );
    assert!(
        refused(remove("assistantId"))
            .as_str()
            .unwrap()
            .starts_with("Couldn't Get Assistant.")
    );
    assert!(
        refused(remove("customer"))
            .as_str()
            .unwrap()
            .starts_with("Couldn't Get Customer.")
    );
    assert!(
        refused(|body| body["assistantId"] = UNKNOWN.into())
            .as_str()
            .unwrap()
            .contains(UNKNOWN)
    );
    assert!(
        refused(|body| body["phoneNumberId"] = UNKNOWN.into())
            .as_str()
            .unwrap()
            .contains(UNKNOWN)
    );
    assert_eq!(
        refused(|body| body["customer"]["number"] = "415 555 0123".into()),
        json!([
            "customer.number must be a valid phone number in the E.164 format. Hot tip, you may be missing the \
             country code (Eg. US: +1)."
        ])
    );
    assert_eq!(
        refused(|body| {
            body["metadata"] = json!({});
            body["name"] = "x".repeat(41).into();
        }),
        json!([
            "property metadata should not exist",
            "name must be shorter than or equal to 40 characters"
        ])
    );
    let message = refused(|body| body["assistantOverrides"]["variableValues"]["sandbox"] = "humann".into());
    assert!(message[0].as_str().unwrap().contains("is not a script"));
}

#[test]
fn bodies_must_be_json_objects() {
    let mut rig = Rig::new();
    for body in ["", "{", "[]", "7"] {
        let request = http::Request::post("/call").header("authorization", "Bearer sandbox-key");
        let Reply::Answer(response) = rig
            .world
            .handle(&request.body(body.into()).unwrap(), rig.now_ms)
            .reply
        else {
            panic!()
        };
        assert_eq!(response.status(), 400, "{body}");
    }
}

#[test]
fn the_newer_error_shape_adds_codes_and_pointers_to_the_old_one() {
    let mut rig = Rig::with(Settings {
        error_shape: ErrorShape::Problem,
        ..Settings::default()
    });
    let mut body = call(1, "human");
    body["customer"]["phone"] = json!(1);
    body["name"] = json!(7);
    let answered = rig.post("/call", &body);
    assert_eq!(answered.body["statusCode"], 400);
    assert_eq!(answered.body["code"], "VALIDATION_FAILED");
    assert_eq!(answered.body["type"], "urn:vapi:problem:validation-failed");
    assert_eq!(
        answered.body["requestId"],
        answered.headers["x-request-id"].to_str().unwrap()
    );
    assert_eq!(
        answered.body["errors"],
        json!([
            {"code": "FIELD_NOT_ALLOWED", "message": "customer.property phone should not exist", "pointer": "/body/customer/phone"},
            {"code": "INVALID_TYPE", "message": "name must be a string", "pointer": "/body/name"},
        ])
    );
}

#[test]
fn unknown_things_are_not_found() {
    let mut rig = Rig::new();
    for (method, path) in [
        ("GET", format!("/call/{UNKNOWN}")),
        ("GET", format!("/assistant/{UNKNOWN}")),
        ("DELETE", format!("/assistant/{UNKNOWN}")),
        ("GET", format!("/phone-number/{UNKNOWN}")),
        ("GET", "/campaign".to_owned()),
        ("PUT", "/call".to_owned()),
    ] {
        let answered = rig.send(method, &path, None);
        assert_eq!(
            (answered.status, &answered.body["statusCode"]),
            (404, &json!(404)),
            "{method} {path}"
        );
    }
    assert_eq!(rig.send("GET", "/call/not-an-id", None).status, 400);
}

#[test]
fn the_e164_check_can_be_turned_off() {
    let mut rig = Rig::new();
    let customer = json!({"number": "1001", "numberE164CheckEnabled": false, "externalId": "a"});
    let mut body = call(1, "human");
    body["customer"] = customer;
    assert_eq!(rig.dial(&body)["customer"]["number"], "1001");
    assert_eq!(
        rig.get(&format!("/phone-number/{DEFAULT_PHONE_NUMBER_ID}"))["status"],
        "active"
    );
}
