use proptest::prelude::*;

use super::*;

fn opts_out(json: &str) -> bool {
    wishes(Some(json)).opt_out
}

fn callback(json: &str) -> Option<String> {
    wishes(Some(json)).callback_at.map(UtcMs::to_iso)
}

#[test]
fn an_opt_out_is_understood_however_it_is_named() {
    for json in [
        r#"{"opt_out": true}"#,
        r#"{"optOut": true}"#,
        r#"{"OptOut": "yes"}"#,
        r#"{"doNotCall": "true"}"#,
        r#"{"do_not_call": 1}"#,
        r#"{"Do Not Call": "Yes, he asked to be taken off the list"}"#,
        r#"{"donotcall": true}"#,
        r#"{"dnc": "TRUE"}"#,
        r#"{"unsubscribe": true}"#,
        r#"{"customer_wants_to_opt_out": true}"#,
        r#"{"optOutRequested": true}"#,
        r#"{"user_opted_out": true}"#,
        r#"{"requestedDoNotCall": true}"#,
        r#"{"do_not_call_again": true}"#,
        r#"{"don't call again": "y"}"#,
        r#"{"remove_from_list": true}"#,
        r#"{"removeMe": true}"#,
        r#"{"consent_revoked": true}"#,
        r#"{"disposition": "do_not_call"}"#,
        r#"{"callOutcome": "DNC"}"#,
        r#"{"tags": ["interested", "opt-out"]}"#,
        r#"{"compliance": {"do_not_call": true}}"#,
        r#"{"opt_out": {"requested": true, "quote": "take me off"}}"#,
        r#"[{"key": "x"}, {"opt_out": true}]"#,
    ] {
        assert!(opts_out(json), "{json}");
    }
}

#[test]
fn what_is_no_opt_out_is_none() {
    for json in [
        "",
        "null",
        "true",
        "not json",
        r#"{"opt_out": false}"#,
        r#"{"opt_out": "no"}"#,
        r#"{"opt_out": "No, not requested"}"#,
        r#"{"opt_out": null}"#,
        r#"{"opt_out": 0}"#,
        r#"{"opt_out": ""}"#,
        r#"{"opt_out": {"requested": false}}"#,
        r#"{"opt_out_offered": true}"#,
        r#"{"opt_out_explained": true}"#,
        r#"{"did_not_opt_out": true}"#,
        r#"{"not_dnc": true}"#,
        r#"{"interested": true, "summary": "they did not ask to be on the do not call list"}"#,
        r#"{"disposition": "interested"}"#,
        r#"{"removed_old_roof": true}"#,
        r#"{"remove": true}"#,
    ] {
        assert!(!opts_out(json), "{json}");
    }
    assert_eq!(wishes(None), Wishes::default());
}

#[test]
fn structured_outputs_are_read_by_their_names() {
    assert!(opts_out(
        r#"{"6f1e8a52-1": {"name": "do_not_call", "result": true}}"#
    ));
    assert!(!opts_out(
        r#"{"6f1e8a52-1": {"name": "do_not_call", "result": false}}"#
    ));
    assert!(opts_out(
        r#"{"6f1e8a52-1": {"name": "Compliance", "result": {"optOut": "yes"}}}"#
    ));
    assert_eq!(
        callback(
            r#"{"a": {"name": "callbackTime", "result": "2026-11-21T10:00:00-05:00"}, "b": {"name": "x", "result": 1}}"#
        ),
        Some("2026-11-21T15:00:00.000Z".to_owned())
    );
}

#[test]
fn a_callback_needs_a_time_that_means_one_moment() {
    for json in [
        r#"{"callback_at": "2026-11-21T10:00:00-05:00"}"#,
        r#"{"callbackAt": "2026-11-21T15:00:00Z"}"#,
        r#"{"callback_time": " 2026-11-21T15:00Z "}"#,
        r#"{"callback": {"time": "2026-11-21T15:00:00.000Z", "note": "after lunch"}}"#,
        r#"{"followUp": {"preferredCallbackTime": "2026-11-21T16:00:00+01:00"}}"#,
        r#"{"callback_at": "2026-11-21T15:00:00Z", "next_call_at": "2026-11-22T15:00:00Z"}"#,
    ] {
        assert_eq!(
            callback(json).as_deref(),
            Some("2026-11-21T15:00:00.000Z"),
            "{json}"
        );
    }
    for json in [
        r#"{"callback_at": "2026-11-21T10:00:00"}"#,
        r#"{"callback_at": "2026-11-21 10:00"}"#,
        r#"{"callback_at": "2026-11-21"}"#,
        r#"{"callback_at": "tomorrow at ten"}"#,
        r#"{"callback_at": true}"#,
        r#"{"callback_at": 1795165200}"#,
        r#"{"callback_at": null}"#,
        r#"{"called_at": "2026-11-21T10:00:00Z"}"#,
        r#"{"callback": true}"#,
    ] {
        assert_eq!(callback(json), None, "{json}");
    }
}

#[test]
fn wishes_from_several_places_add_up() {
    let at = |ms| Wishes {
        opt_out: false,
        callback_at: Some(UtcMs(ms)),
    };
    let opt_out = Wishes {
        opt_out: true,
        callback_at: None,
    };
    let all = at(5).join(opt_out).join(at(3));
    assert_eq!(
        all,
        Wishes {
            opt_out: true,
            callback_at: Some(UtcMs(3))
        }
    );
    assert_eq!(all.join(Wishes::default()), all);
}

#[test]
fn tools_that_act_are_told_from_tools_that_look() {
    for name in [
        "do_not_call",
        "doNotCall",
        "opt_out",
        "optOut",
        "add_to_do_not_call_list",
        "addToDNC",
        "mark_do_not_call",
        "unsubscribe_user",
        "remove_from_calling_list",
        "dnc",
    ] {
        assert!(is_opt_out_tool(name), "{name}");
    }
    for name in [
        "",
        "check_do_not_call",
        "isOptedOut",
        "lookup_dnc",
        "endCall",
        "transferCall",
        "book_appointment",
        "remove_appointment",
        "opt_in",
    ] {
        assert!(!is_opt_out_tool(name), "{name}");
    }
}

proptest! {
    #[test]
    fn nothing_makes_it_panic(text in r#"[\{\}\[\]":, a-z0-9_éA-Z]{0,60}"#) {
        let _ = (wishes(Some(&text)), is_opt_out_tool(&text));
    }

    #[test]
    fn yes_means_yes_in_every_spelling(
        name in prop::sample::select(OPT_OUT.to_vec()),
        before in prop::sample::select(vec!["", "customer_", "user wants ", "is-"]),
        upper: bool,
    ) {
        prop_assume!(!name.starts_with("remov") || name == "removeme");
        let name = format!("{before}{name}");
        let name = if upper { name.to_uppercase() } else { name };
        let json = serde_json::json!({ name: true }).to_string();
        prop_assert!(opts_out(&json), "{}", json);
    }
}
