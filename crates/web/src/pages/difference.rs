//! Two configurations side by side.

use serde_json::Value;

/// One place where two configurations differ.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// Where: `model.temperature`.
    pub path: String,
    /// The place in words, where it has some: `Temperature`.
    pub label: Option<&'static str>,
    /// On the left: ours, or before. `None` when nothing stands there.
    pub before: Option<String>,
    /// On the right: theirs, or after.
    pub after: Option<String>,
}

impl Difference {
    /// Texts as they are, everything else as JSON. JSON's `null` counts as a value.
    #[must_use]
    pub fn of(path: &str, before: Option<&Value>, after: Option<&Value>) -> Self {
        Self {
            path: path.to_owned(),
            label: label(path),
            before: before.map(text),
            after: after.map(text),
        }
    }
}

/// A value as people read it.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "on".to_owned(),
        Value::Bool(false) => "off".to_owned(),
        Value::Array(_) | Value::Object(_) => serde_json::to_string_pretty(value).unwrap_or_default(),
        Value::Null | Value::Number(_) => value.to_string(),
    }
}

/// What the places that the form knows are called there.
const LABELS: &[(&str, &str)] = &[
    ("name", "Name"),
    ("active", "Active"),
    ("firstMessage", "First message"),
    ("firstMessageMode", "Who speaks first"),
    ("model.messages", "Prompt"),
    ("model.provider", "Model provider"),
    ("model.model", "Model"),
    ("model.temperature", "Temperature"),
    ("voice.provider", "Voice provider"),
    ("voice.voiceId", "Voice"),
    ("voicemailDetection", "Voicemail detection"),
    ("voicemailMessage", "Voicemail message"),
    ("endCallMessage", "Closing words"),
    ("maxDurationSeconds", "Longest call, in seconds"),
    ("artifactPlan.recordingEnabled", "Recording"),
    ("analysisPlan.structuredDataPlan", "Data to draw"),
    ("analysisPlan.successEvaluationPlan", "What counts as success"),
    ("hooks", "Hooks"),
];

/// The words of the longest known place that holds `path`.
fn label(path: &str) -> Option<&'static str> {
    let path = path.strip_prefix("config.").unwrap_or(path);
    let holds = |place: &str| {
        path.strip_prefix(place)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    LABELS
        .iter()
        .filter(|(place, _)| holds(place))
        .max_by_key(|(place, _)| place.len())
        .map(|(_, words)| *words)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn places_have_words_where_the_form_has() {
        for (path, words) in [
            ("model.temperature", Some("Temperature")),
            ("config.model.messages[0].content", Some("Prompt")),
            ("voicemailDetection.provider", Some("Voicemail detection")),
            ("model.modelish", None),
            ("transcriber.language", None),
        ] {
            assert_eq!(label(path), words, "{path}");
        }
    }

    #[test]
    fn texts_are_texts_and_the_rest_is_json() {
        let difference = Difference::of("a", Some(&json!("two\nlines")), Some(&json!({"b": 1})));
        assert_eq!(difference.before.as_deref(), Some("two\nlines"));
        assert_eq!(difference.after.as_deref(), Some("{\n  \"b\": 1\n}"));
        assert_eq!(
            Difference::of("a", None, Some(&json!(null))).after.as_deref(),
            Some("null")
        );
    }
}
