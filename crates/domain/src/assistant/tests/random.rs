//! Laws that hold for every configuration.

use proptest::prelude::*;
use serde_json::{Map, Value};

use crate::{
    assistant::{
        Config, MARK, check, differences, expand_short_form, model_label,
        secrets::{HIDDEN, hidden, hidden_paths, restored, without_secrets},
        silence_timeout_seconds, variables, voice_label,
    },
    ids::AssistantId,
};

const ID: AssistantId = AssistantId(uuid::Uuid::from_u128(7));

/// Keys that the rules know, and others.
fn key() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "model",
        "messages",
        "role",
        "content",
        "provider",
        "voice",
        "voiceId",
        "hooks",
        "options",
        "timeoutSeconds",
        "silenceTimeoutSeconds",
        "systemPrompt",
        "recordingEnabled",
        "artifactPlan",
        "maxCallDurationSeconds",
        "name",
        "headers",
        "url",
        "apiKey",
        "token",
        "value",
        "key",
        "properties",
        "credentials",
        "environmentVariables",
        "metadata",
        "tools",
        "function",
        "type",
        MARK,
    ]);
    prop_oneof![4 => known.prop_map(str::to_owned), 1 => "[a-c.\"\\[\\]ü ]{0,3}"]
}

fn scalar() -> impl Strategy<Value = Value> {
    let words = prop::sample::select(vec![
        "",
        "system",
        "openai",
        "gpt-4",
        "autolynx-silence",
        "apiKey",
        HIDDEN,
        "Bearer ••••••••",
        "https://a.example/x",
        "https://b.example",
        "{{ name }}",
        "off",
    ]);
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-2_i64..60).prop_map(Value::from),
        (-2_i64..60).prop_map(|number| Value::from(number as f64)),
        any::<u64>().prop_map(Value::from),
        (-9999_i64..9999).prop_map(|number| Value::from(number as f64 / 100.0)),
        words.prop_map(Value::from),
        ".{0,6}".prop_map(Value::from),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            fields(inner).prop_map(Value::Object),
        ]
    })
}

fn fields(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Map<String, Value>> {
    prop::collection::btree_map(key(), inner, 0..6).prop_map(Map::from_iter)
}

fn map() -> impl Strategy<Value = Map<String, Value>> {
    fields(value())
}

fn config() -> impl Strategy<Value = Config> {
    map().prop_map(Config::new)
}

/// Two that have something in common.
fn pair() -> impl Strategy<Value = (Config, Config)> {
    (map(), map(), map()).prop_map(|(common, a, b)| {
        let with = |own: Map<String, Value>| Config::new(common.clone().into_iter().chain(own).collect());
        (with(a), with(b))
    })
}

/// What a provider has that was told to create this.
fn at_provider(config: &Config) -> Config {
    Config::from_provider(&config.create_body(ID).to_string()).unwrap()
}

fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(_) => false,
        Value::Object(fields) => fields.values().any(has_null),
        _ => false,
    }
}

proptest! {
    #[test]
    fn merging_twice_is_merging_once(base in config(), patch in map()) {
        let mut once = base;
        once.merge(&patch);
        let mut twice = once.clone();
        twice.merge(&patch);
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn merging_nothing_changes_nothing_and_merging_over_nothing_gives_the_patch(patch in map()) {
        let mut base = Config::new(patch.clone());
        base.merge(&Map::new());
        prop_assert_eq!(base.as_map(), &patch);
        let mut over_nothing = Config::default();
        over_nothing.merge(&patch);
        prop_assert!(!over_nothing.as_map().values().any(has_null));
        if !patch.values().any(has_null) {
            prop_assert_eq!(over_nothing.as_map(), &patch);
        }
    }

    #[test]
    fn a_change_leads_from_one_to_the_other((base, wanted) in pair()) {
        let (mut base, wanted) = (at_provider(&base), at_provider(&wanted));
        let change = wanted.change_body(&base, ID);
        prop_assert_eq!(change.is_empty(), differences(&base, &wanted).is_empty());
        prop_assert_eq!(base.holds(&change), change.is_empty());
        // As a provider does it: whole fields, and null removes.
        let mut after = std::mem::take(&mut base).into_map();
        for (key, value) in &change {
            if value.is_null() {
                after.remove(key);
            } else {
                after.insert(key.clone(), value.clone());
            }
        }
        let after = Config::from_provider(&Value::Object(after).to_string()).unwrap();
        prop_assert!(after.holds(&change) && wanted.holds(&change));
        prop_assert_eq!(differences(&after, &wanted), []);
        prop_assert_eq!(after.fingerprint(), wanted.fingerprint());
    }

    #[test]
    fn differences_can_be_found_again((a, b) in pair()) {
        for difference in differences(&a, &b) {
            prop_assert_eq!(a.get(&difference.path), difference.before.as_ref(), "{}", &difference.path);
            prop_assert_eq!(b.get(&difference.path), difference.after.as_ref(), "{}", &difference.path);
        }
        prop_assert_eq!(differences(&a, &b).len(), differences(&b, &a).len());
        prop_assert_eq!(differences(&a, &b).is_empty(), a.fingerprint() == b.fingerprint());
    }

    #[test]
    fn text_comes_back(config in config()) {
        prop_assert_eq!(Config::parse(&config.to_json()).unwrap().fingerprint(), config.fingerprint());
    }

    #[test]
    fn what_is_hidden_comes_back(config in config()) {
        let shown = hidden(&config);
        prop_assert_eq!(restored(shown.clone(), &config).unwrap(), config.clone());
        for path in hidden_paths(&config) {
            prop_assert_eq!(shown.get(&path).and_then(Value::as_str), Some(HIDDEN));
        }
        let (open, left_out) = without_secrets(&config);
        prop_assert_eq!(hidden_paths(&open), Vec::<String>::new());
        prop_assert_eq!(left_out, hidden_paths(&config));
    }

    #[test]
    fn no_configuration_breaks_a_rule((a, b) in pair()) {
        let _ = (check(&a), variables(&a), model_label(&a), voice_label(&a), silence_timeout_seconds(&a));
        let _ = restored(a.clone(), &b);
        let mut patch = a.clone().into_map();
        if expand_short_form(&mut patch, Some(&b)).is_ok() {
            prop_assert!(!patch.get("model").is_some_and(Value::is_string));
            let short = ["systemPrompt", "maxCallDurationSeconds", "recordingEnabled", "silenceTimeoutSeconds"];
            // Null stays where an old field at the top has to go.
            prop_assert!(short.iter().all(|short| patch.get(*short).is_none_or(Value::is_null)));
            patch.retain(|key, _| !short.contains(&key.as_str()));
            let mut again = patch.clone();
            prop_assert_eq!(expand_short_form(&mut again, Some(&b)), Ok(()));
            prop_assert_eq!(again, patch);
        }
    }

    #[test]
    fn no_text_breaks_the_template_reader(
        text in "([{}%\\- |.:a-cé\"'\\[\\]=!]|\\{\\{|\\}\\}|\\{%|%\\}|if |assign |for |endif|raw|default){0,40}",
    ) {
        let config = Config::new(Map::from_iter([("firstMessage".to_owned(), Value::from(text))]));
        let _ = variables(&config);
    }

    #[test]
    fn no_path_breaks_the_reader(config in config(), path in "[a-c.\"\\[\\]0-9ü ]{0,12}") {
        let _ = config.get(&path);
    }
}
