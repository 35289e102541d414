//! Short names for lists.

use serde_json::Value;

use super::Config;

/// The model in a few words, such as `openai gpt-4o`.
#[must_use]
pub fn model_label(config: &Config) -> Option<String> {
    label(config.get("model")?, "model")
}

/// The voice in a few words, such as `11labs sarah`.
#[must_use]
pub fn voice_label(config: &Config) -> Option<String> {
    label(config.get("voice")?, "voiceId")
}

fn label(of: &Value, which: &str) -> Option<String> {
    if let Some(name) = of.as_str() {
        return Some(name.to_owned());
    }
    let words: Vec<&str> = ["provider", which]
        .into_iter()
        .filter_map(|field| of.get(field)?.as_str())
        .collect();
    (!words.is_empty()).then(|| words.join(" "))
}
