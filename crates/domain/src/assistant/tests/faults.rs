//! What is refused before the provider is asked.

use serde_json::{Value, json};

use super::config;
use crate::assistant::{Fault, check};

/// What is wrong with a named configuration of these fields, as `path: message`.
fn faults(mut fields: Value) -> Vec<String> {
    if fields.get("name").is_none() {
        fields["name"] = "Ann".into();
    }
    check(&config(fields))
        .into_iter()
        .map(|Fault { path, message }| format!("{path}: {message}"))
        .collect()
}

#[test]
fn a_name_is_needed_and_short() {
    for none in [json!({"name": ""}), json!({"name": "  "}), json!({"name": null})] {
        assert_eq!(
            faults(none),
            ["name: Give the assistant a name of at most 40 characters."]
        );
    }
    assert_eq!(check(&config(json!({}))).len(), 1);
    assert_eq!(faults(json!({"name": 7})), ["name: Write a text, in quotes."]);
    assert_eq!(
        faults(json!({"name": "ü".repeat(52)})),
        ["name: At most 40 characters; it has 52."]
    );
    assert!(faults(json!({"name": "ü".repeat(40)})).is_empty());
}

#[test]
fn a_model_needs_its_fields() {
    assert_eq!(
        faults(json!({"model": "gpt-4"})),
        ["model: Write an object: { … }."]
    );
    let missing = "This is needed and missing.";
    assert_eq!(
        faults(json!({"model": {}})),
        [
            format!("model.provider: {missing}"),
            format!("model.model: {missing}")
        ]
    );
    assert_eq!(
        faults(json!({"model": {"provider": "custom-llm", "model": "mine"}})),
        [format!("model.url: {missing}")]
    );
    assert!(faults(json!({"model": {"provider": "vapi"}})).is_empty());
    assert!(faults(json!({"model": {"provider": "of-tomorrow", "model": "new-1", "new": []}})).is_empty());
}

#[test]
fn limits_of_the_model() {
    let model = json!({"provider": "openai", "model": "gpt-4o", "temperature": 2.5, "maxTokens": "250", "messages": [
        {"role": "sytem", "content": "x"}, {"role": "user", "content": null}, {"role": "user", "content": 1}, 5, null,
    ]});
    assert_eq!(
        faults(json!({"model": model})),
        [
            "model.temperature: A number from 0 to 2; it is 2.5.",
            "model.maxTokens: A number from 50 to 10000, without quotes.",
            "model.messages[3]: Write an object: { … }.",
            "model.messages[4]: Write an object: { … }.",
            "model.messages[0].role: Write one of these: assistant, function, user, system, tool.",
            "model.messages[2].content: Write a text, in quotes.",
        ]
    );
}

#[test]
fn voices() {
    assert_eq!(
        faults(json!({"voice": {"provider": "11labs"}})),
        ["voice.voiceId: This is needed and missing."]
    );
    assert_eq!(
        faults(json!({"voice": {"provider": "custom-voice"}})),
        ["voice.server: This is needed and missing."]
    );
    let ranges =
        json!({"provider": "11labs", "voiceId": "sarah", "stability": 1.1, "speed": 0.5, "style": 1});
    assert_eq!(
        faults(json!({"voice": ranges})),
        [
            "voice.stability: A number from 0 to 1; it is 1.1.",
            "voice.speed: A number from 0.7 to 1.2; it is 0.5."
        ]
    );
    // Another's voice may be as fast as it likes.
    assert!(faults(json!({"voice": {"provider": "cartesia", "voiceId": "x", "speed": 9}})).is_empty());
}

#[test]
fn voicemail_detection_is_a_word_or_a_plan() {
    assert!(faults(json!({"voicemailDetection": "off"})).is_empty());
    assert!(faults(json!({"voicemailDetection": {"provider": "vapi"}})).is_empty());
    for wrong in [
        json!("on"),
        json!(true),
        json!([]),
        json!({}),
        json!({"provider": 1}),
    ] {
        assert_eq!(faults(json!({"voicemailDetection": wrong})).len(), 1);
    }
    let by_ear =
        json!({"provider": "google", "beepMaxAwaitSeconds": 31, "backoffPlan": {"frequencySeconds": 1}});
    assert_eq!(
        faults(json!({"voicemailDetection": by_ear})),
        [
            "voicemailDetection.beepMaxAwaitSeconds: A number from 0 to 30; it is 31.",
            "voicemailDetection.backoffPlan.frequencySeconds: A number of at least 2.5; it is 1.",
        ]
    );
    let by_carrier = json!({"provider": "twilio", "machineDetectionTimeout": 2, "voicemailDetectionTypes": ["human", "x"]});
    assert_eq!(faults(json!({"voicemailDetection": by_carrier})).len(), 2);
}

#[test]
fn limits_of_the_rest() {
    let long = "x".repeat(1001);
    let wrong = json!({
        "firstMessage": 1, "firstMessageMode": "assistant", "voicemailMessage": long, "endCallMessage": long,
        "endCallPhrases": ["bye", "x", "goodbye"], "maxDurationSeconds": 60.5,
        "artifactPlan": {"recordingEnabled": "yes"},
        "analysisPlan": {"summaryPlan": {"timeoutSeconds": 0}, "successEvaluationPlan": {"rubric": "Good"}},
        "server": {"timeoutSeconds": 301}, "metadata": [],
        "hooks": [{"on": "customer.speech.timeout", "do": [], "options": {"timeoutSeconds": 2000}}, {}],
    });
    let paths: Vec<String> = check(&config(wrong))
        .into_iter()
        .map(|fault| fault.path)
        .collect();
    assert_eq!(
        paths,
        [
            "name",
            "firstMessage",
            "firstMessageMode",
            "voicemailMessage",
            "endCallMessage",
            "endCallPhrases[1]",
            "maxDurationSeconds",
            "artifactPlan.recordingEnabled",
            "analysisPlan.summaryPlan.timeoutSeconds",
            "analysisPlan.successEvaluationPlan.rubric",
            "server.timeoutSeconds",
            "hooks[1].on",
            "hooks[1].do",
            "hooks[0].options.timeoutSeconds",
            "metadata",
        ]
    );
}

#[test]
fn null_is_as_good_as_absent_and_unknown_fields_are_the_providers_business() {
    assert!(
        faults(
            json!({"voice": null, "model": null, "hooks": null, "artifactPlan": {"recordingEnabled": null}})
        )
        .is_empty()
    );
    assert!(faults(json!({"ofTomorrow": {"provider": 7}, "maxDurationSeconds": 60.0})).is_empty());
}
