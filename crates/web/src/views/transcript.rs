//! What was said in a call.

use domain::call::Details;
use serde::Deserialize;

use crate::pages::{Turn, show::clock};

/// A turn as the store keeps it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    role: Option<String>,
    message: Option<String>,
    seconds_from_start: Option<f64>,
}

/// The conversation turn by turn, from the provider's turns, or else from its plain text. `person` is who was called.
pub(super) fn turns(details: &Details, person: &str) -> Vec<Turn> {
    let messages: Option<Vec<Message>> = details
        .messages_json
        .as_deref()
        .and_then(|text| serde_json::from_str(text).ok());
    match messages {
        Some(messages) if !messages.is_empty() => messages
            .into_iter()
            .filter_map(|message| of_message(message, person))
            .collect(),
        _ => details
            .transcript
            .as_deref()
            .map_or_else(Vec::new, |text| of_text(text, person)),
    }
}

fn of_message(message: Message, person: &str) -> Option<Turn> {
    let text = message.message.filter(|text| !text.trim().is_empty())?;
    let (role, speaker) = match message.role.as_deref() {
        Some("assistant" | "bot") => ("assistant", "Assistant".to_owned()),
        Some("user") => ("person", person.to_owned()),
        _ => ("tool", "Tool".to_owned()),
    };
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a float becomes the nearest whole number"
    )]
    let at = message
        .seconds_from_start
        .map(|seconds| clock((seconds * 1_000.0) as i64));
    Some(Turn {
        role,
        speaker,
        text,
        at,
    })
}

/// The provider's text has one turn a line, `AI: …` or `User: …`.
fn of_text(text: &str, person: &str) -> Vec<Turn> {
    let mut turns: Vec<Turn> = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let turn = |role, speaker: &str, said: &str| Turn {
            role,
            speaker: speaker.to_owned(),
            text: said.trim().to_owned(),
            at: None,
        };
        if let Some(said) = line.strip_prefix("AI:") {
            turns.push(turn("assistant", "Assistant", said));
        } else if let Some(said) = line.strip_prefix("User:") {
            turns.push(turn("person", person, said));
        } else if let Some(last) = turns.last_mut() {
            last.text.push('\n');
            last.text.push_str(line);
        } else {
            turns.push(turn("tool", "Transcript", line));
        }
    }
    turns
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(details: &Details) -> Vec<(&'static str, String, Option<String>)> {
        turns(details, "Ada")
            .into_iter()
            .map(|turn| (turn.role, turn.text, turn.at))
            .collect()
    }

    #[test]
    fn turns_are_read_with_their_moment() {
        let messages_json = r#"[{"role":"assistant","message":"Hello","secondsFromStart":0.5},
            {"role":"user","message":"Hi","secondsFromStart":62.9},{"role":"tool_calls","message":""},
            {"role":"tool_call_result","message":"{}","secondsFromStart":null}]"#;
        let details = Details {
            messages_json: Some(messages_json.to_owned()),
            ..Details::default()
        };
        assert_eq!(
            said(&details),
            [
                ("assistant", "Hello".to_owned(), Some("0:00".to_owned())),
                ("person", "Hi".to_owned(), Some("1:02".to_owned())),
                ("tool", "{}".to_owned(), None),
            ]
        );
    }

    #[test]
    fn plain_text_serves_where_there_are_no_turns() {
        let text = "AI: Hello,\nhow are you?\nUser: Fine.\n";
        let details = Details {
            transcript: Some(text.to_owned()),
            ..Details::default()
        };
        assert_eq!(
            said(&details),
            [
                ("assistant", "Hello,\nhow are you?".to_owned(), None),
                ("person", "Fine.".to_owned(), None)
            ]
        );
        assert!(said(&Details::default()).is_empty());
    }
}
