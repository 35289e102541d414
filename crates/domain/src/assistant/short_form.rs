//! The short form of a configuration: what people write, turned into the provider's fields.

use serde_json::{Map, Value, json};

use super::{
    Config, Fault,
    config::system_text,
    value::{fields_of, number_text, same},
};

/// The name of the hook that ends a call when nobody speaks.
pub const SILENCE_HOOK: &str = "autolynx-silence";

/// Which provider has a model, by the beginning of its name.
const FAMILIES: [(&str, &str); 9] = [
    ("gpt", "openai"),
    ("chatgpt", "openai"),
    ("o1", "openai"),
    ("o3", "openai"),
    ("o4", "openai"),
    ("claude", "anthropic"),
    ("gemini", "google"),
    ("grok", "xai"),
    ("deepseek", "deep-seek"),
];

/// What every provider's model has. The rest is one provider's own, and another would refuse it.
const COMMON_MODEL_FIELDS: [&str; 9] = [
    "messages",
    "tools",
    "toolIds",
    "toolRefs",
    "knowledgeBase",
    "temperature",
    "maxTokens",
    "emotionRecognitionEnabled",
    "numFastTurns",
];

/// Turns the short form in `given` into the provider's fields. What results is a merge patch over `base`: it says only
/// what changes, and null where something goes.
///
/// | short | becomes |
/// |---|---|
/// | `model: "gpt-4o"` | `model.provider` and `model.model` |
/// | `systemPrompt` | the first system message of `model.messages` |
/// | `recordingEnabled` | `artifactPlan.recordingEnabled` |
/// | `maxCallDurationSeconds` | `maxDurationSeconds` |
/// | `silenceTimeoutSeconds` | a hook on `customer.speech.timeout` that ends the call |
///
/// Null in the short form takes the thing away.
///
/// # Errors
///
/// What cannot be turned, and what is said twice in different ways. `given` is then as it was.
pub fn expand_short_form(given: &mut Map<String, Value>, base: Option<&Config>) -> Result<(), Vec<Fault>> {
    let mut expansion = Expansion {
        patch: given.clone(),
        base,
        faults: Vec::new(),
    };
    expansion.model();
    expansion.system_prompt();
    expansion.recording();
    expansion.duration();
    expansion.silence();
    if expansion.patch.contains_key("endCallTimeoutSeconds") {
        expansion.fault(
            "endCallTimeoutSeconds",
            "The provider has no such field. Leave it out; `maxDurationSeconds` limits the whole call and \
             `silenceTimeoutSeconds` ends a silent one.",
        );
    }
    if !expansion.faults.is_empty() {
        return Err(expansion.faults);
    }
    *given = expansion.patch;
    Ok(())
}

/// After how many seconds of silence the call ends, when the configuration says so: by our hook, or by the field that the
/// provider had before there were hooks.
#[must_use]
pub fn silence_timeout_seconds(config: &Config) -> Option<f64> {
    let hooks = config.get("hooks").and_then(Value::as_array);
    hooks
        .and_then(|hooks| hooks.iter().find(|hook| is_silence_hook(hook)))
        .and_then(hook_timeout)
        .or_else(|| config.get("silenceTimeoutSeconds"))
        .and_then(Value::as_f64)
}

struct Expansion<'a> {
    patch: Map<String, Value>,
    base: Option<&'a Config>,
    faults: Vec<Fault>,
}

impl Expansion<'_> {
    fn fault(&mut self, path: &str, message: impl Into<String>) {
        self.faults.push(Fault::new(path, message));
    }

    fn base_field(&self, path: &str) -> Option<&Value> {
        self.base?.get(path)
    }

    fn model(&mut self) {
        let Some(name) = self.patch.get("model").and_then(Value::as_str).map(str::to_owned) else {
            return;
        };
        let Some(provider) = provider_of(&name) else {
            self.fault(
                "model",
                "This name does not tell whose model it is. Write {\"provider\": \"…\", \"model\": \"…\"}.",
            );
            return;
        };
        let mut model = Map::new();
        if let Some(before) = self.base_field("model").and_then(Value::as_object)
            && before.get("provider").and_then(Value::as_str) != Some(provider)
        {
            for field in before
                .keys()
                .filter(|field| !COMMON_MODEL_FIELDS.contains(&field.as_str()))
            {
                model.insert(field.clone(), Value::Null);
            }
        }
        model.insert("provider".to_owned(), Value::from(provider));
        model.insert("model".to_owned(), Value::from(name.trim()));
        self.patch.insert("model".to_owned(), Value::Object(model));
    }

    fn system_prompt(&mut self) {
        let prompt = match self.patch.remove("systemPrompt") {
            None => return,
            Some(Value::String(prompt)) => Some(prompt),
            Some(Value::Null) => None,
            Some(_) => return self.fault("systemPrompt", "Write a text."),
        };
        let mut messages = match self.messages() {
            Ok(messages) => messages,
            // The name of the model was not recognised, and that has been said.
            Err(_) if !self.faults.is_empty() => return,
            Err(_) if prompt.is_none() && self.patch.get("model").is_some_and(Value::is_null) => return,
            Err(fault) => return self.faults.push(fault),
        };
        let said_here = self
            .patch
            .get("model")
            .and_then(|model| model.get("messages"))
            .is_some();
        let first = messages
            .iter_mut()
            .enumerate()
            .find(|(_, message)| is_system(message));
        match (prompt, first) {
            (prompt, Some((_, message))) if said_here && system_text(message) != prompt.as_deref() => {
                return self.fault(
                    "systemPrompt",
                    "`model.messages` has another system message. Give the prompt in one place.",
                );
            }
            (Some(prompt), Some((_, message))) => {
                if let Some(message) = message.as_object_mut() {
                    message.insert("content".to_owned(), Value::from(prompt));
                }
            }
            (Some(prompt), None) => messages.insert(0, json!({ "role": "system", "content": prompt })),
            (None, Some((at, _))) => {
                messages.remove(at);
            }
            (None, None) => return,
        }
        let without_model =
            !self.patch.contains_key("model") && !self.base_field("model").is_some_and(Value::is_object);
        let place = self.patch.entry("model").or_insert(Value::Null);
        if let Some(model) = fields_of(place) {
            if without_model {
                model.insert("provider".to_owned(), Value::from("openai"));
                model.insert("model".to_owned(), Value::from("gpt-4o"));
            }
            model.insert("messages".to_owned(), Value::Array(messages));
        }
    }

    /// The messages as they will be without a change of the prompt.
    fn messages(&self) -> Result<Vec<Value>, Fault> {
        let given = match self.patch.get("model") {
            None => None,
            Some(Value::Object(model)) => model.get("messages"),
            Some(_) => {
                return Err(Fault::new(
                    "systemPrompt",
                    "A prompt needs a model. Leave `model` out, or write {\"provider\": \"…\", \"model\": \"…\"}.",
                ));
            }
        };
        match given.or_else(|| self.base_field("model.messages")) {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::Array(messages)) => Ok(messages.clone()),
            Some(_) => Err(Fault::new("model.messages", "Write a list: [ … ].")),
        }
    }

    fn recording(&mut self) {
        let Some(wanted) = self.patch.remove("recordingEnabled") else {
            return;
        };
        self.forget_old_field("recordingEnabled");
        match self.patch.get("artifactPlan") {
            Some(Value::Object(plan))
                if plan
                    .get("recordingEnabled")
                    .is_some_and(|said| !same(said, &wanted)) =>
            {
                return self.said_twice("recordingEnabled", "artifactPlan.recordingEnabled");
            }
            None | Some(Value::Object(_)) => {}
            Some(Value::Null) if wanted.is_null() => return,
            Some(_) => {
                return self.fault(
                    "recordingEnabled",
                    "This goes into `artifactPlan`, which is not an object here. Leave one of them out.",
                );
            }
        }
        // Nothing to take away: an empty plan would be a change that nobody asked for.
        if wanted.is_null()
            && !self.patch.contains_key("artifactPlan")
            && self.base_field("artifactPlan.recordingEnabled").is_none()
        {
            return;
        }
        let place = self.patch.entry("artifactPlan").or_insert(Value::Null);
        if let Some(plan) = fields_of(place) {
            plan.insert("recordingEnabled".to_owned(), wanted);
        }
    }

    fn duration(&mut self) {
        let Some(wanted) = self.patch.remove("maxCallDurationSeconds") else {
            return;
        };
        match self.patch.get("maxDurationSeconds") {
            Some(said) if !same(said, &wanted) => {
                self.said_twice("maxCallDurationSeconds", "maxDurationSeconds");
            }
            _ => {
                self.patch.insert("maxDurationSeconds".to_owned(), wanted);
            }
        }
    }

    fn silence(&mut self) {
        let Some(wanted) = self.patch.remove("silenceTimeoutSeconds") else {
            return;
        };
        self.forget_old_field("silenceTimeoutSeconds");
        if !wanted.is_null()
            && !wanted
                .as_f64()
                .is_some_and(|seconds| (1.0..=1000.0).contains(&seconds))
        {
            return self.fault("silenceTimeoutSeconds", "Write a number from 1 to 1000.");
        }
        let given = self.patch.get("hooks");
        let mut hooks = match given.or_else(|| self.base_field("hooks")) {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(hooks)) => hooks.clone(),
            Some(_) => return self.fault("hooks", "Write a list: [ … ]."),
        };
        let (given_here, before) = (given.is_some(), hooks.len());
        if given_here
            && let Some(said) = hooks
                .iter()
                .find(|hook| is_silence_hook(hook))
                .and_then(hook_timeout)
            && !same(said, &wanted)
        {
            let message = format!(
                "The hook \"{SILENCE_HOOK}\" says {}. Give the time in one place.",
                said.as_number().map_or_else(|| said.to_string(), number_text)
            );
            return self.fault("silenceTimeoutSeconds", message);
        }
        hooks.retain(|hook| !is_silence_hook(hook));
        if wanted.is_null() {
            if hooks.len() == before {
                return;
            }
        } else {
            hooks.push(silence_hook(&wanted));
        }
        let hooks = if hooks.is_empty() {
            Value::Null
        } else {
            Value::Array(hooks)
        };
        self.patch.insert("hooks".to_owned(), hooks);
    }

    /// An assistant made years ago may still have the short field at its top, and it would contradict the new place.
    fn forget_old_field(&mut self, field: &str) {
        if self.base_field(field).is_some() {
            self.patch.insert(field.to_owned(), Value::Null);
        }
    }

    fn said_twice(&mut self, short: &str, long: &str) {
        self.fault(
            short,
            format!("`{long}` says something else. Give it in one place."),
        );
    }
}

fn provider_of(model: &str) -> Option<&'static str> {
    let model = model.trim().to_ascii_lowercase();
    FAMILIES
        .iter()
        .find(|(family, _)| model.starts_with(family))
        .map(|(_, provider)| *provider)
}

fn is_system(message: &Value) -> bool {
    message.get("role").and_then(Value::as_str) == Some("system")
}

fn is_silence_hook(hook: &Value) -> bool {
    hook.get("name").and_then(Value::as_str) == Some(SILENCE_HOOK)
}

fn hook_timeout(hook: &Value) -> Option<&Value> {
    hook.get("options")?.get("timeoutSeconds")
}

/// Once is enough: the hook ends the call.
fn silence_hook(seconds: &Value) -> Value {
    json!({
        "on": "customer.speech.timeout",
        "name": SILENCE_HOOK,
        "options": { "timeoutSeconds": seconds, "triggerMaxCount": 1 },
        "do": [{ "type": "tool", "tool": { "type": "endCall" } }],
    })
}
