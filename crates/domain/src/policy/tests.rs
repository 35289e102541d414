use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{
    limits::{History, Strict, Verdict},
    outcome::Outcome,
    time::UtcMs,
};

fn fields<T: std::fmt::Debug>(result: Result<T, Vec<Fault>>) -> Vec<String> {
    result.unwrap_err().into_iter().map(|fault| fault.field).collect()
}

fn read(value: &Value) -> Policy {
    Policy::from_json(value).unwrap()
}

#[test]
fn nothing_written_is_the_standard_policy() {
    assert_eq!(read(&json!({})), Policy::standard());
    assert_eq!(
        read(&json!({"limits": {}, "retries": {}, "money": {}})),
        Policy::standard()
    );
    assert_eq!(serde_json::from_str::<Policy>("{}").unwrap(), Policy::standard());
    assert_eq!(Policy::standard().hours.preset.as_deref(), Some("us-federal"));
}

#[test]
fn every_preset_is_sound_and_survives_json() {
    for preset in PRESETS {
        let policy = Policy::preset(preset.id).unwrap();
        assert_eq!(policy.check(), Ok(()), "{}", preset.id);
        assert_eq!(policy.hints(), [], "{}", preset.id);
        assert_eq!(read(&policy.to_json()), policy);
        assert_eq!(read(&json!({ "preset": preset.id })), policy);
        assert_eq!(Policy::standard().patched(&policy.to_json()).unwrap(), policy);
        let stored = serde_json::to_string(&policy).unwrap();
        assert_eq!(serde_json::from_str::<Policy>(&stored).unwrap(), policy);
    }
    assert_eq!(Policy::preset("none"), None);
    assert_eq!(Policy::preset(PRESETS[0].id), Some(Policy::standard()));
}

/// The standard policy is one piece: a retry comes when its ladder says so, unless the number has had its day.
#[test]
fn no_gap_of_the_standard_holds_its_own_ladder_back() {
    let policy = Policy::standard();
    for (outcome, steps) in policy.retries.ladders() {
        for step in steps {
            let called_at = UtcMs(1_795_166_400_000);
            let history = History {
                at: vec![called_at],
                total: 1,
                elsewhere_at: None,
            };
            let verdict = policy
                .limits
                .judge(Strict::default(), &history, 1, called_at + *step);
            assert_eq!(verdict, Verdict::May, "{outcome:?} after {step}");
        }
    }
    assert_eq!(policy.limits.per_number_day, Some(3));
}

/// Sixty thousand dates would be read with every claim, and looked through one by one to find a wrong one.
#[test]
fn more_than_anybody_needs_is_refused_by_its_limit() {
    let days = |count: usize| -> Value {
        let day = |n: usize| format!("{:04}-{:02}-{:02}", 1970 + n / 336, 1 + n / 28 % 12, 1 + n % 28);
        (0..count)
            .map(|n| (day(n), json!([])))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    let dates = |count: usize| json!({"hours": {"rule": {"week": {"monday": ["09:00-20:00"]}, "holidays": {"dates": days(count)}}}});
    read(&dates(400));
    for (policy, field, limit) in [
        (dates(60_000), "hours.rule.holidays.dates", "400"),
        (dates(401), "hours.rule.holidays.dates", "400"),
        (
            json!({"hours": {"rule": {"week": {"monday": vec!["09:00-20:00"; 401]}}}}),
            "hours.rule.week.monday",
            "400",
        ),
        (
            json!({"hours": {"rule": {"week": {"monday": vec![1; 401]}}}}),
            "hours.rule.week.monday",
            "400",
        ),
        (
            json!({"retries": {"busy_ms": vec![60_000; 401]}}),
            "retries.busy_ms",
            "400",
        ),
        (
            json!({"consent": {"column": "x".repeat(2_001)}}),
            "consent.column",
            "2000",
        ),
        (
            json!({"fallback_zone": "é".repeat(2_001)}),
            "fallback_zone",
            "2000",
        ),
        (json!({"x".repeat(2_001): 1}), "", "2000"),
        (
            json!({"hours": {"regions": (0..399).map(|n| (format!("US-{n}"), days(60))).collect::<serde_json::Map<_, _>>()}}),
            "",
            "20000",
        ),
    ] {
        let found = Policy::from_json(&policy).unwrap_err();
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].field, field);
        assert!(found[0].message.contains(limit), "{}", found[0].message);
        assert_eq!(Policy::standard().patched(&policy).unwrap_err(), found);
    }
    let half = dates(300);
    let other = json!({"hours": {"rule": {"holidays": {"dates": days(600)}}}});
    let mut policy = read(&half);
    assert!(
        policy.patched(&other).is_err(),
        "two patches are no way around it"
    );
    let Value::Object(more) = days(401) else {
        unreachable!()
    };
    for (day, _) in more {
        policy
            .hours
            .rule
            .holidays
            .dates
            .insert(day.parse().unwrap(), Vec::new());
    }
    assert_eq!(fields(policy.check()), ["hours.rule.holidays.dates"]);
}

#[test]
fn unknown_fields_are_refused_with_their_path() {
    let faults = Policy::from_json(&json!({
        "limit": {},
        "limits": {"per_day": 3},
        "retries": {"human_ms": [1000], "busy": [1000]},
        "hours": {"rule": {"weeks": {}}},
        "consent": {"column": "ok", "value": "yes"},
        "money": {"budget": 5},
    }))
    .unwrap_err();
    let mut fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
    fields.sort_unstable();
    assert_eq!(
        fields,
        [
            "consent.value",
            "hours.rule.weeks",
            "limit",
            "limits.per_day",
            "money.budget",
            "retries.busy",
            "retries.human_ms",
        ]
    );
    let told = faults
        .iter()
        .find(|fault| fault.field == "limits.per_day")
        .unwrap();
    assert!(told.message.contains("per_number_day"), "{}", told.message);
}

#[test]
fn wrong_values_are_refused_with_their_path() {
    for (value, field, words) in [
        (json!(5), "", "object"),
        (json!({"limits": 5}), "limits", "object"),
        (
            json!({"limits": {"per_number_day": "three"}}),
            "limits.per_number_day",
            "whole number",
        ),
        (
            json!({"limits": {"per_number_day": -1}}),
            "limits.per_number_day",
            "not below 0",
        ),
        (
            json!({"limits": {"per_number_day": 1.5}}),
            "limits.per_number_day",
            "whole number",
        ),
        (
            json!({"limits": {"per_number_day": 0}}),
            "limits.per_number_day",
            "null",
        ),
        (json!({"limits": {"gap_ms": -1}}), "limits.gap_ms", "milliseconds"),
        (
            json!({"limits": {"gap_ms": null}}),
            "limits.gap_ms",
            "whole number",
        ),
        (json!({"retries": {"busy_ms": 5}}), "retries.busy_ms", "list"),
        (
            json!({"retries": {"busy_ms": [60_000, "x"]}}),
            "retries.busy_ms[1]",
            "whole number",
        ),
        (
            json!({"retries": {"busy_ms": [60_000, 3]}}),
            "retries.busy_ms[1]",
            "1 s",
        ),
        (json!({"consent": {"column": " "}}), "consent.column", "header"),
        (json!({"consent": {}}), "consent", "column"),
        (json!({"consent": "yes"}), "consent", "object"),
        (
            json!({"money": {"budget_usd_micros": 0}}),
            "money.budget_usd_micros",
            "above 0",
        ),
        (
            json!({"fallback_zone": "Mars/Base"}),
            "fallback_zone",
            "America/Chicago",
        ),
        (json!({"fallback_zone": 5}), "fallback_zone", "string"),
        (
            json!({"hours": {"preset": "us-moon"}}),
            "hours.preset",
            "us-federal",
        ),
        (json!({"hours": {"preset": 5}}), "hours.preset", "us-federal"),
        (json!({"hours": 5}), "hours", "object"),
        (json!({"preset": "lax"}), "preset", "standard"),
    ] {
        let faults = Policy::from_json(&value).unwrap_err();
        assert_eq!(faults.len(), 1, "{value}: {faults:?}");
        assert_eq!(faults[0].field, field, "{value}");
        assert!(
            faults[0].message.contains(words),
            "{value}: {}",
            faults[0].message
        );
    }
}

#[test]
fn faults_of_the_hours_are_told_as_theirs() {
    let gap = json!({"hours": {"rule": {"gap_ms": -5}}});
    assert_eq!(fields(Policy::standard().patched(&gap)), ["hours.rule.gap_ms"]);
}

#[test]
fn several_faults_are_told_at_once() {
    let found = fields(Policy::from_json(&json!({
        "limits": {"per_number_day": "x", "per_contact": "x"},
        "retries": {"busy_ms": ["x", 1000, "x"], "failed_ms": ["x"]},
    })));
    assert_eq!(
        found,
        [
            "limits.per_contact",
            "limits.per_number_day",
            "retries.busy_ms[0]",
            "retries.busy_ms[2]",
            "retries.failed_ms[0]",
        ]
    );
    let found = fields(Policy::from_json(&json!({
        "limits": {"per_number_day": 0}, "retries": {"busy_ms": [1]}, "money": {"alert_usd_micros": -1},
    })));
    assert_eq!(
        found,
        [
            "limits.per_number_day",
            "retries.busy_ms[0]",
            "money.alert_usd_micros"
        ]
    );
}

#[test]
fn null_means_none_and_absent_means_standard() {
    let written = read(&json!({"limits": {"per_number_day": null}, "consent": null, "fallback_zone": null}));
    assert_eq!(written.limits.per_number_day, None);
    assert_eq!(written.limits.per_contact, Some(6));
    let mut strict = Policy::standard();
    strict.limits.per_number_day = Some(1);
    strict.consent = Some(Consent {
        column: "ok".to_owned(),
    });
    let patched = strict
        .patched(
            &json!({"limits": {"per_number_day": null, "gap_ms": null}, "consent": null, "retries": null}),
        )
        .unwrap();
    assert_eq!(patched.limits.per_number_day, None);
    assert_eq!(patched.limits.gap_ms, Limits::default().gap_ms);
    assert_eq!((patched.consent, patched.retries), (None, Retries::default()));
}

/// What is read can be sent back: every field that may be none is known to the patch.
#[test]
fn a_policy_patched_with_itself_stays_as_it_is() {
    let unlimited = Policy {
        limits: Limits::none(),
        ..Policy::standard()
    };
    for policy in [Policy::unrestricted(), unlimited] {
        assert_eq!(Policy::standard().patched(&policy.to_json()).unwrap(), policy);
        assert_eq!(policy.patched(&policy.to_json()).unwrap(), policy);
        assert_eq!(policy.patched(&json!({})).unwrap(), policy);
    }
}

#[test]
fn a_patch_changes_what_it_names_and_nothing_else() {
    let before = Policy::standard();
    let after = before
        .patched(&json!({"limits": {"per_contact": 2}, "retries": {"busy_ms": []}, "fallback_zone": "America/Chicago"}))
        .unwrap();
    let mut expected = before.clone();
    expected.limits.per_contact = Some(2);
    expected.retries.busy = vec![];
    expected.fallback_zone = Some("America/Chicago".to_owned());
    assert_eq!(after, expected);
    assert_eq!(fields(before.patched(&json!([]))), [""]);
    assert_eq!(
        fields(before.patched(&json!({"limits": {"per_contact": "x"}}))),
        ["limits.per_contact"]
    );
    let given = before.patched(&json!({"consent": {"column": "tcpa"}})).unwrap();
    assert_eq!(given.consent.unwrap().column, "tcpa");
}

#[test]
fn a_patch_may_begin_with_a_preset() {
    let after = Policy::standard()
        .patched(&json!({"preset": "us-strict", "limits": {"per_contact": 2}}))
        .unwrap();
    let mut expected = Policy::preset("us-strict").unwrap();
    expected.limits.per_contact = Some(2);
    assert_eq!(after, expected);
    assert_eq!(fields(after.patched(&json!({"preset": "lax"}))), ["preset"]);
}

#[test]
fn hours_are_fetched_by_name_and_changed_row_by_row() {
    let by_name = read(&json!({"hours": {"preset": "us-states"}}));
    assert_eq!(Some(&by_name.hours), Hours::preset("us-states").as_ref());
    let patched = Policy::unrestricted()
        .patched(&json!({"hours": {"preset": "us-strict"}}))
        .unwrap();
    assert_eq!(Some(&patched.hours), Hours::preset("us-strict").as_ref());

    let with_row = json!({"hours": {"regions": {"CA-ON": row()}}});
    let changed = by_name.patched(&with_row).unwrap();
    assert_eq!(changed.hours.rule, by_name.hours.rule);
    assert_eq!(changed.hours.regions.len(), by_name.hours.regions.len() + 1);
    assert_eq!(changed.hours.regions["CA-ON"].attempts_per_day, Some(1));
    assert_eq!(changed.patched(&changed.to_json()).unwrap(), changed);
    let gone = changed
        .patched(&json!({"hours": {"regions": {"CA-ON": null}}}))
        .unwrap();
    assert_eq!(gone, by_name);
    let anew = changed
        .patched(&json!({"hours": {"preset": "us-states"}}))
        .unwrap();
    assert_eq!(anew, by_name);

    // Rows without a rule of their own are added to the standard's hours: never to none.
    let rows = read(&with_row);
    assert_eq!(rows.hours.rule, Policy::standard().hours.rule);
    let none = read(&json!({"hours": {}}));
    assert_eq!(none.hours, Policy::standard().hours);
    let reset = Policy::unrestricted().patched(&json!({"hours": null})).unwrap();
    assert_eq!(reset.hours, Policy::standard().hours);
    let no_rule = Policy::unrestricted()
        .patched(&json!({"hours": {"rule": null}}))
        .unwrap();
    assert_eq!(no_rule, Policy::unrestricted());
}

#[test]
fn hints_say_where_the_gap_holds_a_retry_back() {
    let mut policy = Policy::standard();
    policy.limits.gap_ms = HOUR_MS;
    let hints = policy.hints();
    let fields: Vec<&str> = hints.iter().map(|hint| hint.field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "retries.busy_ms",
            "retries.failed_ms",
            "retries.provider_error_ms"
        ]
    );
    assert!(hints[0].message.contains("20 min"), "{}", hints[0].message);
    assert!(policy.words().len() > 5);
    assert!(policy.retries.ladder(Outcome::Human).is_none());
}

/// A row of hours for a region.
fn row() -> Value {
    let mut row = serde_json::to_value(&Policy::standard().hours.rule).unwrap();
    row["attempts_per_day"] = json!(1);
    row
}

/// Anything that a program may send.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3_i64..100_000_000).prop_map(Value::from),
        "[a-z-]{0,10}".prop_map(Value::from),
        Just(json!("us-states")),
        Just(json!([3_600_000])),
    ];
    let names = prop::sample::select(vec![
        "preset",
        "hours",
        "rule",
        "regions",
        "US-TX",
        "week",
        "monday",
        "fallback_zone",
        "limits",
        "per_number_day",
        "per_contact",
        "gap_ms",
        "retries",
        "busy_ms",
        "failed_ms",
        "consent",
        "column",
        "money",
        "budget_usd_micros",
        "x",
    ]);
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(names.clone(), inner, 0..6).prop_map(|fields| fields
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect()),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_is_sent_becomes_a_sound_policy_or_faults_with_words(value in any_json()) {
        for result in [Policy::from_json(&value), Policy::us_states().patched(&value)] {
            match result {
                Ok(policy) => {
                    prop_assert_eq!(policy.check(), Ok(()));
                    prop_assert_eq!(Policy::from_json(&policy.to_json()).unwrap(), policy.clone());
                    prop_assert_eq!(policy.patched(&policy.to_json()).unwrap(), policy);
                }
                Err(faults) => prop_assert!(
                    !faults.is_empty() && faults.iter().all(|fault| !fault.message.is_empty()),
                    "{:?}", faults
                ),
            }
        }
    }
}

impl Policy {
    fn us_states() -> Self {
        Self::preset("us-states").unwrap()
    }
}
