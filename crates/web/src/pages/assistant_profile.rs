//! What an assistant says and does, read from its configuration for people.

use std::fmt::Write as _;

use serde_json::Value;

use super::{difference, show};

/// A configuration in words, in the order of the form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Profile {
    /// Groups of facts.
    pub groups: Vec<Group>,
}

/// Facts that belong together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    /// What they are about.
    pub title: &'static str,
    /// The facts; never empty.
    pub facts: Vec<Fact>,
}

/// One fact.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fact {
    /// What it is.
    pub label: &'static str,
    /// The words; the variables among them marked.
    pub pieces: Vec<Piece>,
    /// Shown in a box of its own, because it is long.
    pub long: bool,
    /// Nothing is set: the words say what the provider then does.
    pub unset: bool,
}

/// A part of a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Piece {
    /// The text.
    pub text: String,
    /// Whether it stands for a column of the list.
    pub variable: bool,
}

impl Profile {
    /// Reads a configuration. What it does not know it leaves out: the whole stands in the JSON.
    #[must_use]
    pub fn of(config: &Value) -> Self {
        let groups = vec![
            ("Speaking first", speaking(config)),
            ("Prompt", vec![prompt(config)]),
            ("Model and voice", model_and_voice(config)),
            ("Voicemail", voicemail(config)),
            ("Ending", ending(config)),
            ("Recording and analysis", analysis(config)),
        ];
        Self {
            groups: groups
                .into_iter()
                .map(|(title, facts)| Group { title, facts })
                .collect(),
        }
    }
}

/// Texts longer than this stand in a box that scrolls.
const LONG: usize = 240;

fn fact(label: &'static str, text: &str) -> Fact {
    Fact {
        label,
        pieces: pieces(text),
        long: text.chars().count() > LONG || text.lines().count() > 4,
        unset: false,
    }
}

fn unset(label: &'static str, text: &str) -> Fact {
    Fact {
        unset: true,
        ..fact(label, text)
    }
}

fn string(config: &Value, pointer: &str) -> Option<String> {
    let text = config.pointer(pointer)?.as_str()?;
    (!text.trim().is_empty()).then(|| text.to_owned())
}

/// The text at `pointer`, or what its absence means.
fn told(config: &Value, label: &'static str, pointer: &str, otherwise: &str) -> Fact {
    string(config, pointer).map_or_else(|| unset(label, otherwise), |text| fact(label, &text))
}

fn speaking(config: &Value) -> Vec<Fact> {
    let mode = match string(config, "/firstMessageMode").as_deref() {
        Some("assistant-waits-for-user") => fact("Who speaks first", "The person; the assistant waits"),
        Some("assistant-speaks-first-with-model-generated-message") => {
            fact("Who speaks first", "The assistant, in words of its own")
        }
        Some("assistant-speaks-first") => fact("Who speaks first", "The assistant"),
        Some(other) => fact("Who speaks first", other),
        None => unset("Who speaks first", "The assistant, when it has a first message"),
    };
    vec![
        told(
            config,
            "First message",
            "/firstMessage",
            "None: it waits until the person has spoken",
        ),
        mode,
    ]
}

fn prompt(config: &Value) -> Fact {
    config
        .pointer("/model/messages")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .find(|message| message["role"] == "system")
        .and_then(|message| string(message, "/content"))
        .map_or_else(
            || unset("Instructions", "None"),
            |text| Fact {
                long: true,
                ..fact("Instructions", &text)
            },
        )
}

fn model_and_voice(config: &Value) -> Vec<Fact> {
    let pair = |label, one: &str, two: &str| {
        let words: Vec<_> = [one, two].iter().filter_map(|at| string(config, at)).collect();
        if words.is_empty() {
            unset(label, "As Vapi chooses")
        } else {
            fact(label, &words.join(" "))
        }
    };
    let mut facts = vec![pair("Model", "/model/provider", "/model/model")];
    if let Some(temperature) = config
        .pointer("/model/temperature")
        .filter(|value| value.is_number())
    {
        facts.push(fact("Temperature", &temperature.to_string()));
    }
    facts.push(pair("Voice", "/voice/provider", "/voice/voiceId"));
    if config.get("transcriber").is_some_and(Value::is_object) {
        let mut hearing = pair("Hearing", "/transcriber/provider", "/transcriber/model");
        if let Some(language) = string(config, "/transcriber/language") {
            hearing.pieces.extend(pieces(&format!(", {language}")));
        }
        facts.push(hearing);
    }
    facts
}

fn voicemail(config: &Value) -> Vec<Fact> {
    let detection = match config.get("voicemailDetection") {
        Some(Value::String(off)) if off == "off" => fact("Detection", "Off"),
        Some(plan) if plan.get("provider").is_some_and(Value::is_string) => fact(
            "Detection",
            &format!("By {}", plan["provider"].as_str().unwrap_or_default()),
        ),
        _ => unset("Detection", "Off"),
    };
    vec![
        detection,
        told(config, "Message", "/voicemailMessage", "None: it hangs up"),
    ]
}

fn ending(config: &Value) -> Vec<Fact> {
    let mut facts = vec![told(config, "Closing words", "/endCallMessage", "None")];
    facts.push(seconds(config.get("maxDurationSeconds")).map_or_else(
        || unset("Longest call", "10 min, as Vapi has it"),
        |length| fact("Longest call", &length),
    ));
    let hooks = config.get("hooks").and_then(Value::as_array);
    let silence = hooks
        .into_iter()
        .flatten()
        .find(|hook| hook["name"] == "autolynx-silence")
        .and_then(|hook| seconds(hook.pointer("/options/timeoutSeconds")));
    facts.push(silence.map_or_else(
        || unset("Silence", "It does not hang up on silence"),
        |length| fact("Silence", &format!("Hangs up after {length} without a word")),
    ));
    facts
}

/// `90` as `1 min 30 s`.
fn seconds(value: Option<&Value>) -> Option<String> {
    let whole = value?.as_f64()?;
    if !(0.0..=1e9).contains(&whole) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "within a billion seconds")]
    let ms = (whole * 1_000.0) as i64;
    let text = show::span(ms);
    Some(text.strip_suffix(" 0 s").map_or(text.clone(), str::to_owned))
}

fn analysis(config: &Value) -> Vec<Fact> {
    let switch =
        |label, pointer: &str, otherwise: &str| match config.pointer(pointer).and_then(Value::as_bool) {
            Some(true) => fact(label, "On"),
            Some(false) => fact(label, "Off"),
            None => unset(label, otherwise),
        };
    let mut facts = vec![
        switch(
            "Recording",
            "/artifactPlan/recordingEnabled",
            "On, as Vapi has it",
        ),
        switch(
            "Summary",
            "/analysisPlan/summaryPlan/enabled",
            "On, as Vapi has it",
        ),
    ];
    let plan = config.pointer("/analysisPlan/structuredDataPlan");
    let wanted = plan.filter(|plan| plan["enabled"] != false).and_then(|plan| {
        let properties = plan.pointer("/schema/properties")?.as_object()?;
        let mut lines = String::new();
        for (name, property) in properties {
            let kind = match property["type"].as_str() {
                Some("string") => "text",
                Some("boolean") => "yes or no",
                Some("integer") => "whole number",
                Some("array") => "list",
                Some("object") => "group",
                other => other.unwrap_or("anything"),
            };
            let about = property["description"]
                .as_str()
                .map_or_else(String::new, |about| format!(": {about}"));
            _ = writeln!(lines, "{name} ({kind}){about}");
        }
        (!lines.is_empty()).then(|| lines.trim_end().to_owned())
    });
    facts.push(wanted.map_or_else(
        || unset("Data to draw", "None"),
        |lines| fact("Data to draw", &lines),
    ));
    facts.push(success(config));
    facts
}

fn success(config: &Value) -> Fact {
    const LABEL: &str = "Judged by";
    let Some(plan) = config.pointer("/analysisPlan/successEvaluationPlan") else {
        return unset(LABEL, "Pass or fail, by the prompt’s aims");
    };
    if plan["enabled"] == false {
        return fact(LABEL, "Nobody: judging is off");
    }
    let rubric = plan["rubric"]
        .as_str()
        .map_or("Pass or fail", |rubric| match rubric {
            "PassFail" => "Pass or fail",
            "NumericScale" => "1 to 10",
            "DescriptiveScale" => "Excellent, good, fair or poor",
            "PercentageScale" => "0 to 100 %",
            "LikertScale" => "Strongly agree to strongly disagree",
            "Checklist" => "A checklist",
            "Matrix" => "A matrix of criteria",
            "AutomaticRubric" => "Criteria that the model finds",
            other => other,
        });
    match plan.get("messages").filter(|messages| messages.is_array()) {
        Some(messages) => fact(LABEL, &format!("{rubric}\n{}", criteria(messages))),
        None => fact(LABEL, &format!("{rubric}, by the prompt’s aims")),
    }
}

/// What the form wrote between its fixed words, or what else the messages ask.
fn criteria(messages: &Value) -> String {
    const BEFORE: &str = "The call is a success if:\n";
    const AFTER: &str = "\n\nRubric:";
    let asked = messages[0]["content"].as_str().map(str::to_owned);
    let asked = asked.unwrap_or_else(|| difference::text(messages));
    asked
        .split_once(BEFORE)
        .and_then(|(_, rest)| rest.split_once(AFTER))
        .map_or(asked.clone(), |(criteria, _)| criteria.to_owned())
}

/// A text cut where `{{ … }}` stands for a value.
pub(super) fn pieces(text: &str) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut push = |text: &str, variable| {
        if !text.is_empty() {
            found.push(Piece {
                text: text.to_owned(),
                variable,
            });
        }
    };
    let mut rest = text;
    while let Some(start) = rest.find("{{") {
        let Some(length) = rest[start..].find("}}") else {
            break;
        };
        let end = start + length + 2;
        push(&rest[..start], false);
        push(&rest[start..end], true);
        rest = &rest[end..];
    }
    push(rest, false);
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(config: &Value, label: &str) -> (String, bool) {
        let profile = Profile::of(config);
        let facts = profile.groups.iter().flat_map(|group| &group.facts);
        let fact = facts.clone().find(|fact| fact.label == label).expect(label);
        let text = fact.pieces.iter().map(|piece| piece.text.as_str()).collect();
        (text, fact.unset)
    }

    #[test]
    fn an_empty_configuration_says_what_the_provider_then_does() {
        for (label, words) in [
            ("First message", "None: it waits until the person has spoken"),
            ("Model", "As Vapi chooses"),
            ("Longest call", "10 min, as Vapi has it"),
            ("Recording", "On, as Vapi has it"),
            ("Detection", "Off"),
        ] {
            assert_eq!(read(&json!({}), label), (words.to_owned(), true));
        }
        // Whatever stands there, nothing breaks.
        for config in [
            json!(null),
            json!([1]),
            json!({"model": "gpt-4", "voice": 7, "hooks": {}}),
        ] {
            assert_eq!(Profile::of(&config).groups.len(), 6);
        }
    }

    #[test]
    fn a_configuration_reads_as_words() {
        let config = json!({
            "model": {"provider": "openai", "model": "gpt-4o", "temperature": 0.4,
                "messages": [{"role": "user", "content": "no"}, {"role": "system", "content": "Be kind."}]},
            "voicemailDetection": {"provider": "google"},
            "maxDurationSeconds": 180,
            "hooks": [{"name": "autolynx-silence", "options": {"timeoutSeconds": 15}}],
            "analysisPlan": {
                "structuredDataPlan": {"enabled": true, "schema": {"type": "object",
                    "properties": {"interested": {"type": "boolean", "description": "Wants a quote"}}}},
                "successEvaluationPlan": {"rubric": "NumericScale", "messages": [
                    {"role": "system", "content": "Judge.\n\nThe call is a success if:\nThey agree.\n\nRubric:\n{{rubric}}"}]}
            }
        });
        for (label, words) in [
            ("Instructions", "Be kind."),
            ("Model", "openai gpt-4o"),
            ("Temperature", "0.4"),
            ("Detection", "By google"),
            ("Longest call", "3 min"),
            ("Silence", "Hangs up after 15 s without a word"),
            ("Data to draw", "interested (yes or no): Wants a quote"),
            ("Judged by", "1 to 10\nThey agree."),
        ] {
            assert_eq!(read(&config, label), (words.to_owned(), false));
        }
    }

    #[test]
    fn variables_are_cut_out_of_a_text() {
        let cut = |text| -> Vec<(String, bool)> {
            pieces(text)
                .into_iter()
                .map(|piece| (piece.text, piece.variable))
                .collect()
        };
        assert_eq!(
            cut("Hi {{name}}!"),
            [
                ("Hi ".to_owned(), false),
                ("{{name}}".to_owned(), true),
                ("!".to_owned(), false)
            ]
        );
        assert_eq!(cut("{{ open"), [("{{ open".to_owned(), false)]);
        assert_eq!(cut(""), []);
    }
}
