//! What the provider makes of a conversation afterwards.

use crate::callback::Callback;
use crate::conversation::Cast;
use crate::plan::Talk;
use crate::script::Mood;
use crate::terms::AnalysisTerms;
use crate::tools;
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
/// `callback` is the time at which the person wants to be called back.
pub(crate) fn of(
    terms: &AnalysisTerms,
    cast: &Cast,
    talk: Talk,
    callback: Option<&Callback>,
    messages: usize,
) -> Analysis {
    let callback = callback.filter(|_| talk == Talk::Conversation(Mood::Callback));
    if talk == Talk::Nothing || messages < terms.min_messages {
        return Analysis::default();
    }
    Analysis {
        summary: terms.summary.then(|| summary(cast, talk, callback)),
        structured_data: terms
            .structured
            .as_ref()
            .map(|wanted| structured(wanted, talk, callback)),
        success_evaluation: terms.success.then(|| success(talk).to_string()),
    }
}

fn success(talk: Talk) -> bool {
    matches!(talk, Talk::Conversation(Mood::Interested | Mood::Callback))
}

fn summary(cast: &Cast, talk: Talk, callback: Option<&Callback>) -> String {
    let Cast { name, business, .. } = cast;
    match talk {
        Talk::Conversation(Mood::Interested) => {
            format!("{name} of {business} was interested and agreed to a next step.")
        }
        Talk::Conversation(Mood::Callback) => {
            let when = callback.map(Callback::words).unwrap_or_default();
            format!("{name} had no time and asked to be called back {when}.")
        }
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

/// The answers we have, or those among them that the plan's schema names. Names are read without regard to case and
/// punctuation; a wish is known under every name that it usually has.
fn structured(wanted: &[String], talk: Talk, callback: Option<&Callback>) -> Map<String, Value> {
    let ours = [
        "outcome",
        "interested",
        "callback_requested",
        "callback_at",
        "do_not_call",
        "wrong_person",
    ];
    let of_schema = wanted.iter().map(String::as_str);
    let names: Vec<&str> = if wanted.is_empty() {
        ours.to_vec()
    } else {
        of_schema.collect()
    };
    names
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), known(name, talk, callback)?)))
        .collect()
}

/// What is known under that name; nothing for a callback at no time.
fn known(name: &str, talk: Talk, callback: Option<&Callback>) -> Option<Value> {
    let is = |mood| json!(talk == Talk::Conversation(mood));
    Some(match tools::bare(name).as_str() {
        "outcome" => match talk {
            Talk::Conversation(mood) => json!(mood.name()),
            Talk::Greeting => json!("voicemail"),
            Talk::Nothing => json!("none"),
        },
        "interested" => is(Mood::Interested),
        "callbackrequested" => is(Mood::Callback),
        "callbackat" | "callbacktime" => json!(callback?.iso()),
        "wrongperson" => is(Mood::WrongPerson),
        name if tools::means_opt_out(name) => is(Mood::OptOut),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_says_under_which_names_the_wishes_stand() {
        let callback = Callback::of(None, 1_774_537_200_000, 1, "k");
        let data = |wanted: &[&str], mood| {
            let wanted: Vec<String> = wanted.iter().map(|name| (*name).to_owned()).collect();
            let callback = Some(&callback).filter(|_| mood == Mood::Callback);
            Value::Object(structured(&wanted, Talk::Conversation(mood), callback))
        };
        assert_eq!(
            data(&["opt_out", "callbackAt", "shoe_size"], Mood::OptOut),
            json!({"opt_out": true})
        );
        assert_eq!(
            data(&["doNotCall", "callback_at"], Mood::Callback),
            json!({"doNotCall": false, "callback_at": callback.iso()})
        );
        let all = data(&[], Mood::OptOut);
        assert_eq!(
            (&all["do_not_call"], &all["outcome"]),
            (&json!(true), &json!("optout"))
        );
        assert!(all.get("callback_at").is_none());
    }
}
