//! Secrets are neither shown nor exported nor lost.

use serde_json::{Value, json};

use super::config;
use crate::assistant::{
    Config,
    secrets::{HIDDEN, hidden, hidden_paths, restored, without_secrets},
};

fn with_secrets() -> Value {
    json!({
        "name": "Ann", "credentialIds": ["c1"], "firstMessage": "What is your password?",
        "model": {
            "provider": "custom-llm", "url": "https://llm.example/v1", "headers": {"X-Team": "blue", "n": 7, "on": true},
            "maxTokens": 250, "promptCacheKey": "p",
            "tools": [
                {"type": "apiRequest", "name": "book", "url": "https://a.example", "credentialId": "c2",
                 "headers": {"type": "object", "properties": {"Authorization": {"type": "string", "value": "Bearer 1"}}},
                 "body": {"type": "object", "properties": {"password": {"type": "string", "description": "Theirs"}}}},
                {"type": "code", "code": "x", "environmentVariables": [{"name": "TOKEN", "value": "t"}]},
                {"type": "function", "parameters": [{"key": "apiKey", "value": "k"}, {"key": "colour", "value": "red"}]},
            ],
        },
        "server": {"url": "https://b.example", "secret": "s", "headers": {"Authorization": "Bearer 2"}},
        "credentials": [{"provider": "openai", "apiKey": "sk", "name": "main"}, {"provider": "gcp", "gcpKey": {"clientId": "x"}}],
    })
}

const PATHS: [&str; 9] = [
    "credentials[0].apiKey",
    "credentials[1].gcpKey.clientId",
    "model.headers.X-Team",
    "model.headers.n",
    "model.tools[0].headers.properties.Authorization.value",
    "model.tools[1].environmentVariables[0].value",
    "model.tools[2].parameters[0].value",
    "server.headers.Authorization",
    "server.secret",
];

#[test]
fn secrets_are_hidden_and_nothing_else_is() {
    let stored = config(with_secrets());
    let shown = hidden(&stored);
    let paths = hidden_paths(&stored);
    assert_eq!(paths, PATHS);
    for path in &paths {
        assert_eq!(shown.get(path), Some(&json!(HIDDEN)), "{path}");
    }
    // Apart from those, the two are the same.
    let differing: Vec<String> = crate::assistant::differences(&stored, &shown)
        .into_iter()
        .map(|difference| difference.path)
        .collect();
    assert_eq!(differing, paths);
    assert_eq!(restored(shown.clone(), &stored).unwrap(), stored);
    assert_eq!(hidden(&shown), shown);
}

#[test]
fn an_export_has_no_secrets_and_nothing_that_is_useless_without() {
    let (open, left_out) = without_secrets(&config(with_secrets()));
    assert_eq!(left_out, PATHS);
    assert_eq!(hidden_paths(&open), Vec::<String>::new());
    assert_eq!(open.get("credentials"), None);
    assert_eq!(open.get("model.headers"), Some(&json!({"on": true})));
    assert_eq!(open.get("server"), Some(&json!({"url": "https://b.example"})));
    assert_eq!(
        open.get("model.tools[1]"),
        Some(&json!({"type": "code", "code": "x"}))
    );
    assert_eq!(
        open.get("model.tools[2].parameters"),
        Some(&json!([{"key": "colour", "value": "red"}]))
    );
    assert_eq!(without_secrets(&open), (open.clone(), Vec::new()));
}

#[test]
fn edits_around_a_secret_keep_it() {
    let stored = config(with_secrets());
    let mut edited = hidden(&stored).into_map();
    edited["name"] = "Bea".into();
    edited["server"]["url"] = "https://b.example/other".into();
    edited["model"]["tools"][0]["name"] = "reserve".into();
    let kept = restored(Config::new(edited), &stored).unwrap();
    assert_eq!(kept.get("server.secret"), Some(&json!("s")));
    assert_eq!(
        kept.get("model.tools[0].headers.properties.Authorization.value"),
        Some(&json!("Bearer 1"))
    );
    assert_eq!(kept.get("name"), Some(&json!("Bea")));
}

#[test]
fn a_secret_follows_its_item() {
    let tool = |name: &str, key: &str| json!({"type": "function", "function": {"name": name}, "apiKey": key});
    let stored = config(json!({"tools": [tool("a", "1"), tool("b", "2"), tool("c", "3")]}));
    let edited = config(json!({"tools": [tool("c", HIDDEN), tool("a", HIDDEN)]}));
    let kept = restored(edited, &stored).unwrap();
    assert_eq!(kept, config(json!({"tools": [tool("c", "3"), tool("a", "1")]})));
    // A new item must not inherit what lay at its place before.
    let edited = config(json!({"tools": [tool("new", HIDDEN), tool("a", HIDDEN), tool("b", HIDDEN)]}));
    let faults = restored(edited, &stored).unwrap_err();
    assert_eq!(
        faults.into_iter().map(|fault| fault.path).collect::<Vec<_>>(),
        ["tools[0].apiKey"]
    );
}

#[test]
fn a_mask_without_a_stored_value_is_a_fault() {
    let refused = |edited: Value, stored: Value| {
        let faults = restored(config(edited), &config(stored)).unwrap_err();
        faults.into_iter().map(|fault| fault.path).collect::<Vec<_>>()
    };
    assert_eq!(
        refused(json!({"server": {"secret": HIDDEN}}), json!({})),
        ["server.secret"]
    );
    assert_eq!(
        refused(json!({"server": HIDDEN}), json!({"server": {"secret": "s"}})),
        ["server"]
    );
    assert_eq!(
        refused(json!({"a": [HIDDEN, {"b": [HIDDEN]}]}), json!({"a": 1})),
        ["a[0]", "a[1].b[0]"]
    );
    let partly = format!("Bearer {HIDDEN}");
    assert_eq!(
        refused(json!({"token": partly}), json!({"token": "t"})),
        ["token"]
    );
}

#[test]
fn a_secret_does_not_follow_to_another_server() {
    let stored =
        config(json!({"server": {"url": "https://a.example/x", "headers": {"Authorization": "Bearer 1"}}}));
    let edited = |url: &str| config(json!({"server": {"url": url, "headers": {"Authorization": HIDDEN}}}));
    for elsewhere in [
        "https://b.example/x",
        "http://a.example/x",
        "https://a.example.b.example/x",
        "https://a.example@b/x",
    ] {
        let faults = restored(edited(elsewhere), &stored).unwrap_err();
        assert_eq!(faults[0].path, "server.headers", "{elsewhere}");
    }
    for same in [
        "https://a.example/y/x",
        "https://a.example?x=https://b.example",
        "https://a.example#x",
    ] {
        assert!(restored(edited(same), &stored).is_ok(), "{same}");
    }
    // Nor in two steps, by way of no address at all.
    let without = config(json!({"server": {"headers": {"Authorization": HIDDEN}}}));
    assert!(restored(without, &stored).is_err());
}
