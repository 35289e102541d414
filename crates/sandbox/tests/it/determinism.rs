//! Equal settings and equal requests give equal bytes.

use crate::support::{Rig, call};
use autolynx_sandbox::{Faults, LimitForm, Reply, Settings};
use serde_json::json;

fn story(seed: u64, steps_ms: &[i64]) -> Vec<String> {
    let settings = Settings {
        seed,
        account_lines: 5,
        limit_form: LimitForm::Mixed,
        faults: Faults::harsh(),
        ..Settings::default()
    };
    let mut rig = Rig::with(settings);
    let mut story = Vec::new();
    for nth in 0..60 {
        let mut body = call(nth, "");
        body["assistantOverrides"]
            .as_object_mut()
            .unwrap()
            .remove("serverMessages");
        body["assistantOverrides"]["tools:append"] =
            json!([{"type": "function", "function": {"name": "opt_out"}}]);
        for (method, path, body) in [("POST", "/call", Some(&body)), ("GET", "/call?limit=5", None)] {
            let handling = rig.handle(method, path, body);
            story.push(match handling.reply {
                Reply::Answer(response) => {
                    format!(
                        "{} {:?} {:?}",
                        handling.delay_ms,
                        response.headers(),
                        response.body()
                    )
                }
                other => format!("{other:?}"),
            });
        }
        for step_ms in steps_ms {
            rig.pass(*step_ms);
        }
        let newest = rig.world.ledger().calls.pop();
        if let Some(call) = newest.filter(|_| nth % 4 == 0) {
            let path = format!("/call/{}/control", call.provider_call_id);
            let handling = rig.handle("POST", &path, Some(&json!({"type": "end-call"})));
            story.push(format!("{handling:?}"));
        }
    }
    rig.pass(7_200_000);
    story.extend(
        rig.deliveries
            .iter()
            .map(|(at_ms, delivery)| format!("{at_ms} {delivery:?}")),
    );
    story.push(serde_json::to_string(&rig.world.ledger()).unwrap());
    story
}

#[test]
fn the_same_world_twice_is_the_same_to_the_byte() {
    let first = story(11, &[20_000]);
    assert!(first.len() > 500);
    assert_eq!(first, story(11, &[20_000]));
    assert_ne!(first, story(12, &[20_000]));
}

#[test]
fn how_often_the_world_is_told_the_time_changes_nothing() {
    assert_eq!(story(11, &[20_000]), story(11, &[1, 4_999, 15_000]));
}
