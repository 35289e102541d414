//! The pages under /sandbox.

use crate::support::{Rig, call};
use autolynx_sandbox::{Faults, Reply, Span};
use serde_json::json;

#[test]
fn the_ledger_can_be_read_whole_or_in_short() {
    let mut rig = Rig::new();
    rig.dial(&call(1, "human 30s"));
    rig.get("/call");
    let ledger: autolynx_sandbox::Ledger = serde_json::from_value(rig.get("/sandbox/ledger")).unwrap();
    assert_eq!(ledger, rig.world.ledger());
    assert_eq!(ledger.calls[0].our_id.as_deref(), Some("attempt-1"));
    assert_eq!(ledger.requests["POST /call"], 1);
    assert_eq!(ledger.requests["GET /call"], 1);
    let short = rig.get("/sandbox/ledger?calls=false");
    assert_eq!(
        (&short["calls"], &short["calls_created"]),
        (&json!([]), &json!(1))
    );
}

#[test]
fn faults_are_set_by_preset_and_by_single_rates() {
    let mut rig = Rig::new();
    assert_eq!(
        rig.get("/sandbox/faults"),
        serde_json::to_value(Faults::none()).unwrap()
    );
    let set = rig.post("/sandbox/faults", &json!({"preset": "mild", "stuck": 0.5}));
    assert_eq!(set.status, 200);
    assert_eq!(
        rig.world.faults(),
        &Faults {
            stuck: 0.5,
            ..Faults::mild()
        }
    );
    rig.post("/sandbox/faults", &json!({"webhook_lost": 1.0}));
    assert_eq!(
        rig.world.faults(),
        &Faults {
            stuck: 0.5,
            webhook_lost: 1.0,
            ..Faults::mild()
        }
    );
    let late = json!({"preset": "none", "assistant_late_acting": 1.0, "assistant_late_acting_ms": {"from_ms": 5, "to_ms": 9}});
    assert_eq!(rig.post("/sandbox/faults", &late).status, 200);
    assert_eq!(
        rig.world.faults(),
        &Faults {
            assistant_late_acting: 1.0,
            assistant_late_acting_ms: Span::new(5, 9),
            ..Faults::none()
        }
    );
    assert_eq!(rig.post("/sandbox/faults", &json!({"stuk": 0.5})).status, 400);
    assert_eq!(
        rig.post("/sandbox/faults", &json!({"preset": "worst"})).status,
        400
    );
}

#[test]
fn the_provider_can_be_taken_down_and_its_own_pages_still_answer() {
    let mut rig = Rig::new();
    assert_eq!(rig.post("/sandbox/down", &json!({"for_ms": 60_000})).status, 200);
    assert!(matches!(
        rig.handle("GET", "/call", None).reply,
        Reply::Unreachable
    ));
    assert_eq!(rig.send("GET", "/sandbox", None).status, 200);
    rig.pass(60_000);
    assert_eq!(rig.send("GET", "/call", None).status, 200);
    assert_eq!(rig.post("/sandbox/down", &json!({})).status, 400);
}

#[test]
fn the_page_says_what_this_is() {
    let mut rig = Rig::new();
    let Reply::Answer(page) = rig.handle("GET", "/sandbox", None).reply else {
        panic!()
    };
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    assert!(String::from_utf8_lossy(page.body()).contains("nobody is really called"));
}
