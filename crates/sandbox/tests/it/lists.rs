//! `GET /call` and its filters.

use crate::support::{Rig, call};
use autolynx_sandbox::{DEFAULT_ASSISTANT_ID, SECOND_PHONE_NUMBER_ID, Settings};
use serde_json::Value;

fn names(list: &Value) -> Vec<&str> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|call| call["name"].as_str().unwrap())
        .collect()
}

/// Five calls, one second apart from 15:00:00, the third from the second number.
fn five_calls() -> Rig {
    let mut rig = Rig::new();
    for nth in 0..5 {
        let mut body = call(nth, "human 30s");
        if nth == 2 {
            body["phoneNumberId"] = SECOND_PHONE_NUMBER_ID.into();
        }
        rig.dial(&body);
        rig.pass(1_000);
    }
    rig
}

#[test]
fn lists_are_bare_arrays_newest_first() {
    let mut rig = five_calls();
    let all = rig.get("/call");
    assert_eq!(
        names(&all),
        ["attempt-4", "attempt-3", "attempt-2", "attempt-1", "attempt-0"]
    );
    assert!(all[0]["customer"].is_object(), "rows are whole calls");
    assert_eq!(names(&rig.get("/call?limit=2")), ["attempt-4", "attempt-3"]);
    assert_eq!(names(&rig.get("/call?limit=0")), Vec::<&str>::new());
}

#[test]
fn moments_compare_to_the_millisecond() {
    let mut rig = five_calls();
    let at = "2026-03-26T15:00:02.000Z";
    assert_eq!(names(&rig.get(&format!("/call?createdAtGe={at}"))).len(), 3);
    assert_eq!(
        names(&rig.get(&format!("/call?createdAtGt={at}"))),
        ["attempt-4", "attempt-3"]
    );
    assert_eq!(names(&rig.get(&format!("/call?createdAtLe={at}"))).len(), 3);
    assert_eq!(
        names(&rig.get(&format!("/call?createdAtLt={at}"))),
        ["attempt-1", "attempt-0"]
    );
    assert_eq!(
        names(&rig.get(&format!("/call?createdAtGe={at}&createdAtLe={at}"))),
        ["attempt-2"]
    );
    assert_eq!(
        names(&rig.get("/call?createdAtGt=2026-03-26T15:00:01.999Z&createdAtLt=2026-03-26T15:00:02.001Z")),
        ["attempt-2"]
    );
    let with_offset = "/call?createdAtGe=2026-03-26T16:00:03%2B01:00";
    assert_eq!(names(&rig.get(with_offset)), ["attempt-4", "attempt-3"]);
}

#[test]
fn paging_backwards_by_created_at_sees_every_call_once() {
    let mut rig = five_calls();
    let (mut seen, mut before) = (Vec::new(), String::from("2027-01-01T00:00:00Z"));
    loop {
        let page = rig.get(&format!("/call?limit=2&createdAtLt={before}"));
        let Some(last) = page.as_array().unwrap().last() else {
            break;
        };
        before = last["createdAt"].as_str().unwrap().to_owned();
        seen.extend(names(&page).into_iter().map(str::to_owned));
    }
    assert_eq!(
        seen,
        ["attempt-4", "attempt-3", "attempt-2", "attempt-1", "attempt-0"]
    );
}

#[test]
fn updated_at_finds_what_changed_since() {
    let mut rig = five_calls();
    rig.pass(120_000);
    let id = rig.get("/call?limit=1&createdAtLe=2026-03-26T15:00:01Z")[0]["id"].clone();
    let path = format!("/call/{}", id.as_str().unwrap());
    rig.send("PATCH", &path, Some(&serde_json::json!({"name": "renamed"})));
    assert_eq!(
        names(&rig.get("/call?updatedAtGe=2026-03-26T15:02:00Z")),
        ["renamed"]
    );
    assert_eq!(names(&rig.get("/call?updatedAtLt=2026-03-26T15:02:00Z")).len(), 4);
    let both = "/call?updatedAtGe=2026-03-26T15:02:00Z&createdAtGe=2026-03-26T15:00:02Z";
    assert_eq!(names(&rig.get(both)), Vec::<&str>::new());
}

#[test]
fn ids_narrow_a_list() {
    let mut rig = five_calls();
    assert_eq!(
        names(&rig.get(&format!("/call?phoneNumberId={SECOND_PHONE_NUMBER_ID}"))),
        ["attempt-2"]
    );
    assert_eq!(
        names(&rig.get(&format!("/call?assistantId={DEFAULT_ASSISTANT_ID}"))).len(),
        5
    );
    let id = rig.get("/call?limit=1")[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(names(&rig.get(&format!("/call?id={id}"))), ["attempt-4"]);
    assert_eq!(
        names(&rig.get(&format!("/call?id={id}&createdAtLt=2026-03-26T15:00:00Z"))),
        Vec::<&str>::new()
    );
}

#[test]
fn unknown_and_wrong_filters_are_refused() {
    let mut rig = Rig::new();
    for (query, message) in [
        ("status=ended", "property status should not exist"),
        ("page=2", "property page should not exist"),
        ("createdAt=2026-01-01", "property createdAt should not exist"),
        ("limit=1001", "limit must not be greater than 1000"),
        ("limit=-1", "limit must not be less than 0"),
        (
            "limit=ten",
            "limit must be a number conforming to the specified constraints",
        ),
        (
            "createdAtGe=yesterday",
            "createdAtGe must be a valid ISO 8601 date string",
        ),
        ("assistantId=7", "assistantId must be a UUID"),
    ] {
        let refused = rig.send("GET", &format!("/call?{query}"), None);
        assert_eq!(
            (refused.status, &refused.body["message"][0]),
            (400, &Value::from(message))
        );
    }
}

#[test]
fn recent_calls_are_found_among_ten_thousand_without_reading_them_all() {
    let mut rig = Rig::with(Settings {
        account_lines: 100_000,
        ..Settings::default()
    });
    for nth in 0..10_000 {
        rig.dial(&call(nth, "busy"));
        rig.pass(10);
    }
    rig.pass(600_000);
    rig.dial(&call(10_000, "human"));
    rig.pass(5_000);
    for query in ["createdAtGe", "updatedAtGe"] {
        for _ in 0..200 {
            assert_eq!(
                names(&rig.get(&format!("/call?{query}=2026-03-26T15:11:00Z"))),
                ["attempt-10000"]
            );
        }
    }
    assert_eq!(names(&rig.get("/call?limit=3")).len(), 3);
}
