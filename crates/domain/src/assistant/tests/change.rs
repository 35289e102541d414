//! What is read, sent and compared.

use serde_json::{Value, json};

use super::{config, fields};
use crate::{
    assistant::{Config, MARK, differences, file, mark_in, model_label, voice_label},
    ids::AssistantId,
    time::UtcMs,
};

const ID: AssistantId = AssistantId(uuid::Uuid::from_u128(7));

#[test]
fn what_is_the_providers_own_is_left_aside() {
    let answer = json!({
        "id": "a", "orgId": "o", "createdAt": "…", "updatedAt": "…", "latestVersion": 3, "isServerUrlSecretSet": false,
        "modelDeprecations": [], "name": "Ann", "new": {"field": 1}, "metadata": {MARK: ID.to_string()},
        "model": {"provider": "openai", "systemPrompt": "Be kind.",
                  "messages": [{"role": "system", "content": "Be kind."}]},
    })
    .to_string();
    assert_eq!(mark_in(&answer), Some(ID));
    let read = Config::from_provider(&answer).unwrap();
    let expected = json!({
        "name": "Ann", "new": {"field": 1},
        "model": {"provider": "openai", "messages": [{"role": "system", "content": "Be kind."}]},
    });
    assert_eq!(read, config(expected));
}

#[test]
fn metadata_of_others_and_a_prompt_said_only_once_stay() {
    let answer = json!({
        "metadata": {MARK: ID.to_string(), "crm": 5},
        "model": {"systemPrompt": "Be kind.", "messages": [{"role": "user", "content": "Be kind."}]},
    });
    let read = Config::from_provider(&answer.to_string()).unwrap();
    assert_eq!(read.get("metadata"), Some(&json!({"crm": 5})));
    assert_eq!(read.get("model.systemPrompt"), Some(&json!("Be kind.")));
}

#[test]
fn only_an_object_is_a_configuration() {
    for text in [
        "",
        "[]",
        "null",
        "7",
        "\"x\"",
        "{",
        &"[".repeat(100_000),
        &"{\"a\":".repeat(100_000),
    ] {
        assert!(Config::parse(text).is_err());
        assert!(Config::from_provider(text).is_err());
        assert_eq!(mark_in(text), None);
    }
    for metadata in [
        json!(null),
        json!([]),
        json!({}),
        json!({MARK: 1}),
        json!({MARK: "not an id"}),
    ] {
        assert_eq!(mark_in(&json!({"metadata": metadata}).to_string()), None);
    }
}

#[test]
fn creation_carries_the_mark_and_no_null() {
    let body = config(json!({"name": "Ann", "voice": null, "metadata": {"crm": 5}})).create_body(ID);
    assert_eq!(
        body,
        json!({"name": "Ann", "metadata": {"crm": 5, MARK: ID.to_string()}})
    );
    assert_eq!(mark_in(&body.to_string()), Some(ID));
}

#[test]
fn a_change_is_whole_fields_and_null_for_what_went() {
    let base = config(json!({
        "name": "Ann", "voice": {"provider": "vapi", "voiceId": "a"}, "maxDurationSeconds": 60,
        "model": {"provider": "openai", "model": "gpt-4o", "temperature": 1}, "metadata": {"crm": 5},
    }));
    let wanted = config(json!({
        "name": "Ann", "maxDurationSeconds": 60.0, "model": {"provider": "openai", "model": "gpt-4o"},
    }));
    let change = wanted.change_body(&base, ID);
    let expected = json!({
        "voice": null, "model": {"provider": "openai", "model": "gpt-4o"}, "metadata": {MARK: ID.to_string()},
    });
    assert_eq!(Value::Object(change.clone()), expected);
    assert!(wanted.holds(&change) && !base.holds(&change));
    assert!(wanted.change_body(&wanted, ID).is_empty());
}

#[test]
fn a_change_is_not_held_while_a_nested_field_that_it_drops_is_there() {
    let change = fields(json!({"model": {"provider": "openai"}}));
    assert!(!config(json!({"model": {"provider": "openai", "temperature": 1}})).holds(&change));
    assert!(config(json!({"model": {"provider": "openai"}, "more": 1})).holds(&change));
}

#[test]
fn paths_lead_to_values() {
    let config =
        config(json!({"model": {"messages": [{"content": "Hi"}]}, "a.b": {"ü \"[0]\"": [[1, 2]]}, "": 3}));
    assert_eq!(config.get("model.messages[0].content"), Some(&json!("Hi")));
    assert_eq!(config.get(r#"["a.b"]["ü \"[0]\""][0][1]"#), Some(&json!(2)));
    assert_eq!(config.get(r#"[""]"#), Some(&json!(3)));
    for nowhere in [
        "",
        ".",
        "model.",
        "model..messages",
        "model.messages[1]",
        "model.messages[-1]",
        "[0]",
        "[",
        "[\"",
        "model[",
        "ü",
    ] {
        assert_eq!(config.get(nowhere), None, "{nowhere}");
    }
}

#[test]
fn differences_name_the_leaves() {
    let before = config(
        json!({"name": "Ann", "n": 1, "list": [1, {"a": 1}], "gone": {"x": [true]}, "kind": {"a": 1}}),
    );
    let after = config(json!({"name": "Bea", "n": 1.0, "list": [1, {"a": 2}, 3], "kind": [], "new": {}}));
    let found: Vec<_> = differences(&before, &after)
        .into_iter()
        .map(|difference| (difference.path, difference.before, difference.after))
        .collect();
    let expected = [
        ("gone.x[0]", Some(json!(true)), None),
        ("kind", Some(json!({"a": 1})), Some(json!([]))),
        ("list[1].a", Some(json!(1)), Some(json!(2))),
        ("list[2]", None, Some(json!(3))),
        ("name", Some(json!("Ann")), Some(json!("Bea"))),
        ("new", None, Some(json!({}))),
    ];
    assert_eq!(
        found,
        expected.map(|(path, before, after)| (path.to_owned(), before, after))
    );
}

#[test]
fn the_text_and_the_fingerprint_do_not_depend_on_the_order() {
    let a = Config::parse(r#"{"b": 1, "a": {"d": 1.0, "c": 2}}"#).unwrap();
    let b = Config::parse(r#"{"a": {"c": 2, "d": 1}, "b": 1}"#).unwrap();
    assert_eq!(a.to_json(), r#"{"a":{"c":2,"d":1.0},"b":1}"#);
    assert_eq!(a.fingerprint(), b.fingerprint());
    // Stored and sent to browsers: it must not change with the program.
    assert_eq!(Config::default().fingerprint(), "08f44b07b5901a25");
    assert_ne!(
        a.fingerprint(),
        config(json!({"a": {"c": 2, "d": 1}, "b": "1"})).fingerprint()
    );
}

#[test]
fn labels_say_what_is_known() {
    let both =
        config(json!({"model": {"provider": "openai", "model": "gpt-4o"}, "voice": {"provider": "vapi"}}));
    assert_eq!(model_label(&both).as_deref(), Some("openai gpt-4o"));
    assert_eq!(voice_label(&both).as_deref(), Some("vapi"));
    assert_eq!(
        model_label(&config(json!({"model": "gpt-4"}))).as_deref(),
        Some("gpt-4")
    );
    assert_eq!(model_label(&config(json!({"model": 7}))), None);
    assert_eq!(voice_label(&Config::default()), None);
}

#[test]
fn a_file_comes_back_as_it_went_without_secrets() {
    let with_secret =
        config(json!({"name": "Ann", "server": {"url": "https://a.example", "headers": {"X-Key": "k"}}}));
    let written = file::ExportFile::new(
        UtcMs(0),
        vec![file::ExportedAssistant::new("Annie", &with_secret)],
    );
    let text = serde_json::to_string(&written).unwrap();
    assert!(!text.contains("X-Key\":"));
    let read = file::ExportFile::parse(&text).unwrap();
    assert_eq!(read, written);
    assert_eq!(read.exported_at, "1970-01-01T00:00:00.000Z");
    assert_eq!(read.assistants[0].left_out, ["server.headers.X-Key"]);
    assert_eq!(
        read.assistants[0].config,
        config(json!({"name": "Ann", "server": {"url": "https://a.example"}}))
    );
}

#[test]
fn other_files_and_newer_ones_are_refused() {
    let path = |json: Value| file::ExportFile::parse(&json.to_string()).unwrap_err().path;
    assert_eq!(path(json!({"assistants": []})), "");
    assert_eq!(path(json!({"format": "x", "format_version": 1})), "format");
    assert_eq!(
        path(json!({"format": file::FORMAT, "format_version": 2})),
        "format_version"
    );
    assert_eq!(
        path(json!({"format": file::FORMAT, "format_version": 1, "exported_at": "", "assistants": 1})),
        "assistants"
    );
}
