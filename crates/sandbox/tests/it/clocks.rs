//! The provider's clock, as it tells it.

use crate::support::{Rig, START_MS, call};
use autolynx_sandbox::{Faults, Reply, Settings, Span};
use jiff::fmt::rfc2822;

/// The moment in the `Date` of an answer.
fn dated_ms(answer: &http::Response<bytes::Bytes>) -> i64 {
    let date = answer.headers()["date"].to_str().unwrap();
    let parsed = rfc2822::DateTimeParser::new().parse_timestamp(date).unwrap();
    let printed = rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&parsed);
    assert_eq!(printed.unwrap(), date, "IMF-fixdate");
    parsed.as_millisecond()
}

#[test]
fn every_answer_says_when_it_left() {
    let mut rig = Rig::with(Settings {
        answer_ms: Span::new(2_500, 2_500),
        ..Settings::default()
    });
    rig.now_ms = START_MS + 999;
    let leaves_ms = START_MS + 3_000;
    for (method, path, status) in [
        ("POST", "/call", 201),
        ("POST", "/call", 201),
        ("GET", "/call", 200),
        ("GET", "/call/0195a000-0000-7000-8000-00000000a009", 404),
        ("GET", "/call?limit=many", 400),
        ("GET", "/assistant", 200),
        ("GET", "/nowhere", 404),
    ] {
        let body = (method == "POST").then(|| call(1, "human"));
        let Reply::Answer(answer) = rig.handle(method, path, body.as_ref()).reply else {
            panic!("{method} {path} has no answer");
        };
        assert_eq!(answer.status().as_u16(), status, "{method} {path}");
        assert_eq!(dated_ms(&answer), leaves_ms, "{method} {path}");
    }
    // Its own pages come at once.
    let Reply::Answer(page) = rig.handle("GET", "/sandbox", None).reply else {
        panic!("the page has no answer");
    };
    assert_eq!(dated_ms(&page), START_MS);
}

#[test]
fn broken_answers_are_dated_too() {
    let faults = Faults {
        error_after_creating: 1.0,
        list_error: 1.0,
        ..Faults::none()
    };
    let mut rig = Rig::with(Settings {
        faults,
        ..Settings::default()
    });
    for (method, path) in [("POST", "/call"), ("GET", "/call")] {
        let body = (method == "POST").then(|| call(1, "human"));
        let Reply::Answer(answer) = rig.handle(method, path, body.as_ref()).reply else {
            panic!("{method} {path} has no answer");
        };
        assert!(answer.status().is_server_error());
        assert_eq!(dated_ms(&answer), START_MS, "{method} {path}");
    }
}
