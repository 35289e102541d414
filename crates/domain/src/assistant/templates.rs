//! Stock assistants to begin with.

use serde_json::{Map, Value, json};

use super::{Config, expand_short_form};

/// A stock assistant. What stands in square brackets in its texts is for its owner to fill in.
#[derive(Clone, PartialEq, Debug)]
pub struct Template {
    /// Its name in addresses.
    pub key: &'static str,
    /// Its name for people.
    pub name: &'static str,
    /// What it is good for, in a sentence or two.
    pub purpose: &'static str,
    /// What it is made of.
    pub config: Config,
}

/// What every stock assistant keeps to: honesty, brevity on the telephone, and a no that is a no.
const MANNERS: &str = include_str!("templates/manners.md");
/// What every stock assistant is made of besides its texts.
const COMMON: &str = include_str!("templates/common.json");

/// The stock assistants.
#[must_use]
pub fn templates() -> Vec<Template> {
    vec![
        Template {
            key: "voicemail-friendly",
            name: "Voicemail-friendly",
            purpose: "Tells people from voicemail, leaves a short message with a number to call back, and says the same \
                      in half a minute to whoever answers.",
            config: config(
                include_str!("templates/voicemail-friendly.json"),
                include_str!("templates/voicemail-friendly.md"),
            ),
        },
        Template {
            key: "short-pitch",
            name: "Short pitch",
            purpose: "Asks for half a minute, says in two sentences what is offered, and agrees on a next step or says \
                      goodbye.",
            config: config(
                include_str!("templates/short-pitch.json"),
                include_str!("templates/short-pitch.md"),
            ),
        },
        Template {
            key: "discovery",
            name: "Discovery",
            purpose: "Asks a few open questions to find out whether there is a need, when, and who decides. Notes the \
                      answers; sells nothing.",
            config: config(
                include_str!("templates/discovery.json"),
                include_str!("templates/discovery.md"),
            ),
        },
    ]
}

fn config(own: &str, prompt: &str) -> Config {
    let mut config = fields(COMMON);
    config.merge(fields(own).as_map());
    let prompt = format!("{}\n\n{}", prompt.trim(), MANNERS.trim());
    let mut patch = Map::from_iter([
        ("systemPrompt".to_owned(), Value::from(prompt)),
        ("silenceTimeoutSeconds".to_owned(), json!(20)),
    ]);
    if expand_short_form(&mut patch, Some(&config)).is_ok() {
        config.merge(&patch);
    }
    config
}

/// The files are part of the program; that they can be read is tested.
fn fields(json: &str) -> Config {
    Config::parse(json).unwrap_or_default()
}
