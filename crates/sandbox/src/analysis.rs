//! What the provider makes of a conversation afterwards.

use crate::conversation::Cast;
use crate::plan::Talk;
use crate::script::Mood;
use crate::terms::AnalysisTerms;
use serde::Serialize;
use serde_json::{Map, Value, json};

/// The provider's analysis; all of it may be missing.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Analysis {
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    structured_data: Option<Map<String, Value>>,
    /// Always a string, whatever the rubric.
    #[serde(skip_serializing_if = "Option::is_none")]
    success_evaluation: Option<String>,
}

/// Analyses a talk of so many messages, as far as the assistant's plan asks for it.
pub(crate) fn of(terms: &AnalysisTerms, cast: &Cast, talk: Talk, messages: usize) -> Analysis {
    if talk == Talk::Nothing || messages < terms.min_messages {
        return Analysis::default();
    }
    Analysis {
        summary: terms.summary.then(|| summary(cast, talk)),
        structured_data: terms.structured.as_ref().map(|wanted| structured(wanted, talk)),
        success_evaluation: terms.success.then(|| success(talk).to_string()),
    }
}

fn success(talk: Talk) -> bool {
    matches!(talk, Talk::Conversation(Mood::Interested | Mood::Callback))
}

fn summary(cast: &Cast, talk: Talk) -> String {
    let Cast { name, business, .. } = cast;
    match talk {
        Talk::Conversation(Mood::Interested) => {
            format!("{name} of {business} was interested and agreed to a next step.")
        }
        Talk::Conversation(Mood::Callback) => format!("{name} had no time and asked to be called back."),
        Talk::Conversation(Mood::NotInterested) => {
            format!("{name} was not interested and ended the conversation politely.")
        }
        Talk::Conversation(Mood::WrongPerson) => {
            format!("The person who answered was not {name}; the number appears to be wrong.")
        }
        Talk::Conversation(Mood::OptOut) => format!("{name} asked not to be called again."),
        Talk::Conversation(Mood::HangUp) => format!("{name} ended the call after a few words."),
        Talk::Conversation(Mood::Silent) => "Somebody answered but said nothing.".to_owned(),
        Talk::Greeting => "The call reached a voicemail.".to_owned(),
        Talk::Nothing => String::new(),
    }
}

/// The answers we have, or those among them that the plan's schema names.
fn structured(wanted: &[String], talk: Talk) -> Map<String, Value> {
    let outcome = match talk {
        Talk::Conversation(mood) => mood.name(),
        Talk::Greeting => "voicemail",
        Talk::Nothing => "none",
    };
    let known = json!({
        "outcome": outcome,
        "interested": talk == Talk::Conversation(Mood::Interested),
        "callback_requested": talk == Talk::Conversation(Mood::Callback),
        "do_not_call": talk == Talk::Conversation(Mood::OptOut),
        "wrong_person": talk == Talk::Conversation(Mood::WrongPerson),
    });
    let Value::Object(mut known) = known else {
        return Map::new();
    };
    known.retain(|key, _| wanted.is_empty() || wanted.contains(key));
    known
}
