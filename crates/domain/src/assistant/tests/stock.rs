//! The stock assistants.

use std::collections::BTreeSet;

use serde_json::json;

use crate::assistant::{check, secrets, silence_timeout_seconds, templates, variables};

#[test]
fn stock_assistants_can_be_created_as_they_are() {
    let templates = templates();
    let keys: Vec<_> = templates.iter().map(|template| template.key).collect();
    assert_eq!(keys, ["voicemail-friendly", "short-pitch", "discovery"]);
    for template in &templates {
        let config = &template.config;
        assert_eq!(check(config), [], "{}", template.key);
        assert_eq!(config.name(), Some(template.name));
        assert_eq!(silence_timeout_seconds(config), Some(20.0));
        assert_eq!(config.get("model.tools[0].type"), Some(&json!("endCall")));
        assert_eq!(
            config.get("analysisPlan.successEvaluationPlan.rubric"),
            Some(&json!("PassFail"))
        );
        for property in ["do_not_call", "callback_requested", "callback_time"] {
            let path = format!("analysisPlan.structuredDataPlan.schema.properties.{property}.description");
            assert!(config.get(&path).is_some(), "{}: {path}", template.key);
        }
        assert_eq!(secrets::hidden_paths(config), Vec::<String>::new());
    }
}

#[test]
fn stock_assistants_speak_to_people_of_whom_only_the_number_is_known() {
    for template in templates() {
        assert_eq!(variables(&template.config), BTreeSet::new(), "{}", template.key);
    }
}

#[test]
fn stock_assistants_say_what_they_are_and_take_a_no() {
    for template in templates() {
        let first = template
            .config
            .get("firstMessage")
            .and_then(|text| text.as_str())
            .unwrap();
        assert!(first.contains("AI assistant calling for [your company]") && first.contains("recorded"));
        let prompt = template
            .config
            .get("model.messages[0].content")
            .and_then(|text| text.as_str())
            .unwrap();
        for words in [
            "Never say or suggest that you are human",
            "called again",
            "{{ business_name | default",
        ] {
            assert!(prompt.contains(words), "{}: {words}", template.key);
        }
    }
}
