//! Words that are still to be filled in.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Config;

/// How such words begin. Voices know others in square brackets, such as `[laughs]`.
const BEGINNINGS: [&str; 9] = [
    "your ", "the ", "one ", "a ", "an ", "say here", "insert ", "name of ", "what ",
];
/// Letters of such words at most.
const MAX_CHARS: usize = 200;

/// Words in square brackets that the assistant would say, or read as an instruction, as they stand: `[your company]`.
/// Templates have them.
#[must_use]
pub fn placeholders(config: &Config) -> BTreeSet<String> {
    let spoken = ["firstMessage", "voicemailMessage", "endCallMessage"];
    let texts = spoken.iter().filter_map(|path| config.get(path)?.as_str());
    let messages = config.get("model.messages").and_then(Value::as_array);
    let prompts = messages
        .into_iter()
        .flatten()
        .filter_map(|message| message.get("content")?.as_str());
    texts.chain(prompts).flat_map(of_text).collect()
}

fn of_text(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for piece in text.split('[').skip(1) {
        let Some((inside, after)) = piece.split_once(']') else {
            continue;
        };
        let lower = inside.to_lowercase();
        let to_fill_in = BEGINNINGS.iter().any(|beginning| lower.starts_with(beginning));
        // A link of Markdown has its text in square brackets.
        if to_fill_in
            && !after.starts_with('(')
            && inside.chars().count() <= MAX_CHARS
            && !inside.contains('\n')
        {
            found.push(format!("[{inside}]"));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::assistant::templates;

    fn of(config: &Value) -> Vec<String> {
        placeholders(&Config::parse(&config.to_string()).expect("an object"))
            .into_iter()
            .collect()
    }

    #[test]
    fn what_is_to_be_filled_in_is_found_wherever_it_is_spoken() {
        let config = json!({
            "firstMessage": "Hi, I call for [your company].",
            "endCallMessage": "[laughs] Goodbye [Your name here]!",
            "model": {"messages": [{"role": "system", "content": "About [the topic], see [the page](https://a.example)."}]},
            "metadata": {"note": "[your company]"},
        });
        assert_eq!(of(&config), ["[Your name here]", "[the topic]", "[your company]"]);
        assert!(of(&json!({"firstMessage": "[] [ [x] [your\nline] [your"})).is_empty());
    }

    #[test]
    fn every_template_has_some() {
        for template in templates() {
            let found = placeholders(&template.config);
            assert!(found.contains("[your company]"), "{}: {found:?}", template.key);
        }
    }
}
