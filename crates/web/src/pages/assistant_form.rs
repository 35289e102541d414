//! `/assistants/new` and `/assistants/{id}/edit`: an assistant as a form and as JSON, side by side.

use askama::Template;

use super::shell::Shell;

/// The page. Its script keeps the form and the JSON in step and sends them to `/api/assistants`.
#[derive(Template, Clone, PartialEq, Eq, Debug)]
#[template(path = "assistant_form.html")]
pub struct AssistantFormPage {
    /// Header and footer.
    pub shell: Shell,
    /// The assistant that is edited; `None` makes a new one.
    pub existing: Option<Existing>,
    /// The name at first.
    pub name: String,
    /// The configuration at first: indented JSON with secrets masked. For a new one [`AssistantFormPage::STARTER`].
    pub config_json: String,
    /// Columns of recent lists, which the words may use beside `name` and `business_name`.
    pub columns: Vec<String>,
}

/// The assistant that is edited.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Existing {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The version that the form shows, sent back so that nobody's change is overwritten unseen.
    pub version: u32,
    /// What a change means for others, for instance that two campaigns under way use it.
    pub note: Option<String>,
}

/// A line of a select box that the form fixes.
type Offer = (&'static str, &'static str);

impl AssistantFormPage {
    /// What a new assistant begins with: enough to make a call, nothing that must be undone.
    pub const STARTER: &'static str = r#"{
  "firstMessage": "Hello, is this {{name}}?",
  "model": {
    "provider": "openai",
    "model": "gpt-4o",
    "messages": [
      {
        "role": "system",
        "content": "You are calling {{name}} of {{business_name}}. Say at once that you are an automated assistant. Be brief and kind, and end the call when asked to."
      }
    ],
    "temperature": 0.5
  },
  "voice": {
    "provider": "vapi",
    "voiceId": "Elliot"
  },
  "maxDurationSeconds": 300
}"#;

    /// What kind of model.
    #[must_use]
    pub const fn model_providers(&self) -> &'static [&'static str] {
        &[
            "openai",
            "anthropic",
            "anthropic-bedrock",
            "google",
            "groq",
            "xai",
            "deep-seek",
            "cerebras",
            "openrouter",
            "perplexity-ai",
            "together-ai",
            "anyscale",
            "deepinfra",
            "inflection-ai",
            "minimax",
            "custom-llm",
            "vapi",
        ]
    }

    /// Usual models with their providers. Any other may be typed.
    #[must_use]
    pub const fn models(&self) -> &'static [Offer] {
        &[
            ("gpt-4.1", "openai"),
            ("gpt-4.1-mini", "openai"),
            ("gpt-4o", "openai"),
            ("gpt-4o-mini", "openai"),
            ("gpt-5", "openai"),
            ("gpt-5-mini", "openai"),
            ("claude-sonnet-4-20250514", "anthropic"),
            ("claude-3-7-sonnet-20250219", "anthropic"),
            ("claude-3-5-haiku-20241022", "anthropic"),
            ("gemini-2.5-pro", "google"),
            ("gemini-2.5-flash", "google"),
            ("llama-3.3-70b-versatile", "groq"),
        ]
    }

    /// Who makes the voice.
    #[must_use]
    pub const fn voice_providers(&self) -> &'static [&'static str] {
        &[
            "vapi",
            "11labs",
            "openai",
            "azure",
            "cartesia",
            "deepgram",
            "hume",
            "inworld",
            "lmnt",
            "minimax",
            "neuphonic",
            "playht",
            "rime-ai",
            "sesame",
            "smallest-ai",
            "tavus",
            "wellsaid",
            "custom-voice",
        ]
    }

    /// Usual voices with their providers. Any other may be typed.
    #[must_use]
    pub const fn voices(&self) -> &'static [Offer] {
        &[
            ("Elliot", "vapi"),
            ("Rohan", "vapi"),
            ("Savannah", "vapi"),
            ("sarah", "11labs"),
            ("paula", "11labs"),
            ("mark", "11labs"),
            ("alloy", "openai"),
            ("nova", "openai"),
            ("en-US-AndrewNeural", "azure"),
        ]
    }

    /// How success is judged.
    #[must_use]
    pub const fn rubrics(&self) -> &'static [Offer] {
        &[
            ("PassFail", "Pass or fail"),
            ("NumericScale", "A number from 1 to 10"),
            ("DescriptiveScale", "Excellent, good, fair or poor"),
            ("PercentageScale", "0 to 100 %"),
            ("LikertScale", "Strongly agree to strongly disagree"),
            ("Checklist", "A checklist"),
            ("Matrix", "A matrix of criteria"),
            ("AutomaticRubric", "Criteria that the model finds"),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_starter_is_a_configuration() {
        let config: serde_json::Value = serde_json::from_str(AssistantFormPage::STARTER).expect("JSON");
        assert_eq!(config["model"]["messages"][0]["role"], "system");
        // The script writes JSON in this form: opening the page must not count as a change.
        assert_eq!(
            serde_json::to_string_pretty(&config).map(|text| text.len()).ok(),
            Some(AssistantFormPage::STARTER.len())
        );
    }
}
