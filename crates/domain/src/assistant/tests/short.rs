//! The short form.

use serde_json::{Value, json};

use super::{config, fields};
use crate::assistant::{Config, SILENCE_HOOK, check, expand_short_form, silence_timeout_seconds};

/// The patch that the short form becomes.
fn patch(given: Value, base: Option<&Config>) -> Value {
    let mut given = fields(given);
    expand_short_form(&mut given, base).unwrap();
    Value::Object(given)
}

/// What comes of a base and a change in the short form.
fn changed(base: Value, given: Value) -> Config {
    let mut base = config(base);
    let patch = fields(patch(given, Some(&base)));
    base.merge(&patch);
    base
}

/// The paths of what is refused.
fn refused(given: &Value, base: Option<&Config>) -> Vec<String> {
    let mut after = fields(given.clone());
    let faults = expand_short_form(&mut after, base).unwrap_err();
    assert_eq!(&Value::Object(after), given, "a refused form stays as it was");
    faults.into_iter().map(|fault| fault.path).collect()
}

fn silence(seconds: u32) -> Value {
    json!({
        "on": "customer.speech.timeout", "name": SILENCE_HOOK,
        "options": {"timeoutSeconds": seconds, "triggerMaxCount": 1},
        "do": [{"type": "tool", "tool": {"type": "endCall"}}],
    })
}

#[test]
fn a_whole_short_form_becomes_the_providers_fields() {
    let given = json!({
        "model": "gpt-4", "voice": {"provider": "11labs", "voiceId": "EXAVITQu4vr4xnSDxMaL"},
        "systemPrompt": "You are friendly.", "firstMessage": "Hi!", "endCallMessage": "Thank you!",
        "recordingEnabled": true, "maxCallDurationSeconds": 180, "silenceTimeoutSeconds": 30,
    });
    let expected = json!({
        "model": {"provider": "openai", "model": "gpt-4",
                  "messages": [{"role": "system", "content": "You are friendly."}]},
        "voice": {"provider": "11labs", "voiceId": "EXAVITQu4vr4xnSDxMaL"},
        "firstMessage": "Hi!", "endCallMessage": "Thank you!", "artifactPlan": {"recordingEnabled": true},
        "maxDurationSeconds": 180, "hooks": [silence(30)],
    });
    let patch = patch(given, None);
    assert_eq!(patch, expected);
    let mut named = config(patch);
    named.set_name("Ann");
    assert_eq!(check(&named), []);
    assert_eq!(silence_timeout_seconds(&named), Some(30.0));
}

#[test]
fn the_full_form_passes_unchanged() {
    let full = json!({"name": "Ann", "model": {"provider": "groq", "model": "x"}, "hooks": [], "voice": null, "new": 1});
    assert_eq!(patch(full.clone(), None), full);
}

#[test]
fn a_model_is_known_by_its_family() {
    for (name, provider) in [
        ("gpt-4o", "openai"),
        ("chatgpt-4o-latest", "openai"),
        ("o3-mini", "openai"),
        ("Claude-Sonnet-4", "anthropic"),
        ("gemini-2.5-flash", "google"),
        ("grok-3", "xai"),
        ("deepseek-chat", "deep-seek"),
    ] {
        assert_eq!(
            patch(json!({"model": name}), None),
            json!({"model": {"provider": provider, "model": name}})
        );
    }
    for name in ["llama-3", "", "Ünknown", "mixtral"] {
        assert_eq!(
            refused(&json!({"model": name, "systemPrompt": "Hi"}), None),
            ["model"]
        );
    }
}

#[test]
fn another_model_of_the_same_provider_keeps_everything() {
    let base = json!({"model": {"provider": "openai", "model": "gpt-4", "temperature": 1, "reasoningEffort": "low",
                                "messages": [{"role": "system", "content": "Hi"}]}});
    let after = changed(base.clone(), json!({"model": "gpt-4o"}));
    let mut expected = base;
    expected["model"]["model"] = "gpt-4o".into();
    assert_eq!(after, config(expected));
}

#[test]
fn another_provider_keeps_the_prompt_but_not_what_was_the_others_own() {
    let base = json!({"model": {"provider": "openai", "model": "gpt-4", "temperature": 1, "reasoningEffort": "low",
                                "messages": [{"role": "system", "content": "Hi"}]}});
    let after = changed(base, json!({"model": "claude-sonnet-4-6"}));
    let expected = json!({"model": {"provider": "anthropic", "model": "claude-sonnet-4-6", "temperature": 1,
                                    "messages": [{"role": "system", "content": "Hi"}]}});
    assert_eq!(after, config(expected));
}

#[test]
fn a_prompt_replaces_the_first_system_message_only() {
    let base = json!({"model": {"provider": "vapi", "messages": [
        {"role": "user", "content": "a"}, {"role": "system", "content": "b"}, {"role": "system", "content": "c"}]}});
    let after = changed(base.clone(), json!({"systemPrompt": "new"}));
    assert_eq!(after.get("model.messages[1].content"), Some(&json!("new")));
    assert_eq!(after.get("model.messages[2].content"), Some(&json!("c")));
    assert_eq!(after.get("model.provider"), Some(&json!("vapi")));
    let without = changed(base, json!({"systemPrompt": null}));
    assert_eq!(without.get("model.messages[1].content"), Some(&json!("c")));
}

#[test]
fn a_prompt_without_a_model_gets_one() {
    let expected = json!({"model": {"provider": "openai", "model": "gpt-4o",
                                    "messages": [{"role": "system", "content": "Hi"}]}});
    assert_eq!(patch(json!({"systemPrompt": "Hi"}), None), expected);
    assert_eq!(
        patch(json!({"systemPrompt": "Hi"}), Some(&Config::default())),
        expected
    );
    assert_eq!(patch(json!({"systemPrompt": null}), None), json!({}));
}

#[test]
fn the_silence_hook_is_replaced_and_the_others_stay() {
    let other = json!({"on": "call.ending", "do": []});
    let base = json!({"hooks": [silence(9), other]});
    let after = changed(base.clone(), json!({"silenceTimeoutSeconds": 15}));
    assert_eq!(after.get("hooks"), Some(&json!([other, silence(15)])));
    assert_eq!(
        changed(base, json!({"silenceTimeoutSeconds": null})).get("hooks"),
        Some(&json!([other]))
    );
    assert_eq!(
        changed(
            json!({"hooks": [silence(9)]}),
            json!({"silenceTimeoutSeconds": null})
        ),
        Config::default()
    );
    assert_eq!(patch(json!({"silenceTimeoutSeconds": null}), None), json!({}));
}

#[test]
fn an_old_field_at_the_top_gives_way() {
    let old = json!({"silenceTimeoutSeconds": 40, "recordingEnabled": false});
    assert_eq!(silence_timeout_seconds(&config(old.clone())), Some(40.0));
    let after = changed(
        old,
        json!({"silenceTimeoutSeconds": 10, "recordingEnabled": true}),
    );
    assert_eq!(
        after,
        config(json!({"hooks": [silence(10)], "artifactPlan": {"recordingEnabled": true}}))
    );
}

#[test]
fn what_is_said_twice_must_be_the_same() {
    let same = json!({
        "maxCallDurationSeconds": 60, "maxDurationSeconds": 60.0, "recordingEnabled": true,
        "artifactPlan": {"recordingEnabled": true, "pcapEnabled": false}, "systemPrompt": "Hi",
        "model": {"provider": "vapi", "messages": [{"role": "system", "content": "Hi"}]},
        "silenceTimeoutSeconds": 9, "hooks": [silence(9)],
    });
    patch(same, None);
    let other = json!({
        "maxCallDurationSeconds": 60, "maxDurationSeconds": 61, "recordingEnabled": true,
        "artifactPlan": {"recordingEnabled": false}, "systemPrompt": "Hi",
        "model": {"provider": "vapi", "messages": [{"role": "system", "content": "Ho"}]},
        "silenceTimeoutSeconds": 9, "hooks": [silence(8)],
    });
    assert_eq!(
        refused(&other, None),
        [
            "systemPrompt",
            "recordingEnabled",
            "maxCallDurationSeconds",
            "silenceTimeoutSeconds"
        ]
    );
}

#[test]
fn what_cannot_be_turned_is_refused() {
    assert_eq!(
        refused(&json!({"endCallTimeoutSeconds": 30}), None),
        ["endCallTimeoutSeconds"]
    );
    assert_eq!(refused(&json!({"systemPrompt": 7}), None), ["systemPrompt"]);
    assert_eq!(
        refused(&json!({"systemPrompt": "Hi", "model": null}), None),
        ["systemPrompt"]
    );
    assert_eq!(
        refused(&json!({"systemPrompt": "Hi", "model": {"messages": 1}}), None),
        ["model.messages"]
    );
    assert_eq!(
        refused(&json!({"recordingEnabled": true, "artifactPlan": 1}), None),
        ["recordingEnabled"]
    );
    assert_eq!(
        refused(&json!({"silenceTimeoutSeconds": 0}), None),
        ["silenceTimeoutSeconds"]
    );
    assert_eq!(
        refused(&json!({"silenceTimeoutSeconds": "9"}), None),
        ["silenceTimeoutSeconds"]
    );
    assert_eq!(
        refused(&json!({"silenceTimeoutSeconds": 9, "hooks": {}}), None),
        ["hooks"]
    );
}
