//! What is surely wrong with a configuration, said before the provider is asked.
//!
//! The limits are those of the provider's published schema. Fields, providers and models that we do not know are not
//! refused: there are new ones every week, and the provider decides.

use std::{collections::BTreeSet, fmt::Display};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    Config,
    value::{field_path, item_path, number_text},
};

/// One thing that is wrong.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Fault {
    /// Where, such as `model.temperature` or `endCallPhrases[2]`. Empty: the whole.
    pub path: String,
    /// What to do about it, for a person.
    pub message: String,
}

impl Fault {
    /// A fault at a path.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            message: message.into(),
        }
    }
}

/// What a value must be.
#[derive(Clone, Copy)]
enum Rule {
    /// A text of so many characters.
    Text(usize, usize),
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// A number in this range.
    Number(f64, f64),
    /// A whole number in this range.
    Whole(f64, f64),
    /// True or false.
    Flag,
    /// An object.
    Object,
    /// A list.
    List,
    /// An object of somebody's, who is named in its `provider`.
    Of(&'static str, &'static [(&'static str, Rule)]),
    /// An object with these fields in it, unless its `provider` is one that needs others.
    Needs(&'static [&'static str]),
}

use Rule::{Flag, List, Needs, Number, Object, Of, OneOf, Text, Whole};

const ANY_LENGTH: usize = usize::MAX;
const ANY_TEXT: Rule = Text(0, ANY_LENGTH);
const UNLIMITED: f64 = f64::MAX;
const ANALYSIS_TIMEOUT: Rule = Number(1.0, 60.0);
const SERVER_TIMEOUT: Rule = Number(1.0, 300.0);

/// Where what must be. `[]` stands for every item of a list. What is absent or null is not looked at.
const RULES: &[(&str, Rule)] = &[
    ("name", Text(1, 40)),
    ("firstMessage", ANY_TEXT),
    (
        "firstMessageMode",
        OneOf(&[
            "assistant-speaks-first",
            "assistant-speaks-first-with-model-generated-message",
            "assistant-waits-for-user",
        ]),
    ),
    ("firstMessageInterruptionsEnabled", Flag),
    ("model", Needs(&["provider", "model"])),
    ("model.provider", Text(1, ANY_LENGTH)),
    ("model.model", Text(1, ANY_LENGTH)),
    ("model.temperature", Number(0.0, 2.0)),
    ("model.maxTokens", Number(50.0, 10_000.0)),
    ("model.numFastTurns", Number(0.0, UNLIMITED)),
    ("model.emotionRecognitionEnabled", Flag),
    ("model.tools", List),
    ("model.tools[]", Needs(&["type"])),
    ("model.toolIds", List),
    ("model.toolIds[]", ANY_TEXT),
    ("model.messages", List),
    ("model.messages[]", Needs(&["role"])),
    (
        "model.messages[].role",
        OneOf(&["assistant", "function", "user", "system", "tool"]),
    ),
    ("model.messages[].content", Text(0, 100_000_000)),
    ("voice", Needs(&["provider", "voiceId"])),
    ("voice.provider", Text(1, ANY_LENGTH)),
    ("voice.voiceId", Text(1, ANY_LENGTH)),
    ("voice.server.timeoutSeconds", SERVER_TIMEOUT),
    (
        "voice",
        Of(
            "11labs",
            &[
                ("stability", Number(0.0, 1.0)),
                ("similarityBoost", Number(0.0, 1.0)),
                ("style", Number(0.0, 1.0)),
                ("speed", Number(0.7, 1.2)),
                ("optimizeStreamingLatency", Number(0.0, 4.0)),
                ("useSpeakerBoost", Flag),
            ],
        ),
    ),
    ("voice", Of("vapi", &[("speed", Number(0.25, 2.0))])),
    ("transcriber", Needs(&["provider"])),
    ("transcriber.provider", Text(1, ANY_LENGTH)),
    ("voicemailDetection", Of("vapi", VOICEMAIL_BY_EAR)),
    ("voicemailDetection", Of("google", VOICEMAIL_BY_EAR)),
    ("voicemailDetection", Of("openai", VOICEMAIL_BY_EAR)),
    ("voicemailDetection", Of("twilio", VOICEMAIL_BY_CARRIER)),
    ("voicemailMessage", Text(0, 1000)),
    ("endCallMessage", Text(0, 1000)),
    ("endCallPhrases", List),
    ("endCallPhrases[]", Text(2, 140)),
    ("maxDurationSeconds", Whole(10.0, 43_200.0)),
    ("artifactPlan", Object),
    ("artifactPlan.recordingEnabled", Flag),
    ("artifactPlan.videoRecordingEnabled", Flag),
    ("artifactPlan.recordingFormat", OneOf(&["wav;l16", "mp3"])),
    ("artifactPlan.loggingEnabled", Flag),
    ("artifactPlan.pcapEnabled", Flag),
    ("artifactPlan.transcriptPlan", Object),
    ("artifactPlan.transcriptPlan.enabled", Flag),
    ("analysisPlan", Object),
    ("analysisPlan.minMessagesThreshold", Number(0.0, UNLIMITED)),
    ("analysisPlan.summaryPlan", Object),
    ("analysisPlan.summaryPlan.enabled", Flag),
    ("analysisPlan.summaryPlan.timeoutSeconds", ANALYSIS_TIMEOUT),
    ("analysisPlan.structuredDataPlan", Object),
    ("analysisPlan.structuredDataPlan.enabled", Flag),
    ("analysisPlan.structuredDataPlan.schema", Needs(&["type"])),
    ("analysisPlan.structuredDataPlan.timeoutSeconds", ANALYSIS_TIMEOUT),
    ("analysisPlan.structuredDataMultiPlan", List),
    ("analysisPlan.structuredDataMultiPlan[]", Needs(&["key", "plan"])),
    (
        "analysisPlan.structuredDataMultiPlan[].plan.timeoutSeconds",
        ANALYSIS_TIMEOUT,
    ),
    ("analysisPlan.successEvaluationPlan", Object),
    ("analysisPlan.successEvaluationPlan.enabled", Flag),
    (
        "analysisPlan.successEvaluationPlan.timeoutSeconds",
        ANALYSIS_TIMEOUT,
    ),
    (
        "analysisPlan.successEvaluationPlan.rubric",
        OneOf(&[
            "NumericScale",
            "DescriptiveScale",
            "Checklist",
            "Matrix",
            "PercentageScale",
            "LikertScale",
            "AutomaticRubric",
            "PassFail",
        ]),
    ),
    ("server", Object),
    ("server.url", ANY_TEXT),
    ("server.headers", Object),
    ("server.timeoutSeconds", SERVER_TIMEOUT),
    (
        "server.backoffPlan",
        Needs(&["type", "maxRetries", "baseDelaySeconds"]),
    ),
    ("server.backoffPlan.type", OneOf(&["fixed", "exponential"])),
    ("server.backoffPlan.maxRetries", Number(0.0, 10.0)),
    ("server.backoffPlan.baseDelaySeconds", Number(0.0, 10.0)),
    ("serverMessages", List),
    ("serverMessages[]", ANY_TEXT),
    ("clientMessages", List),
    ("clientMessages[]", ANY_TEXT),
    ("monitorPlan", Object),
    ("monitorPlan.listenEnabled", Flag),
    ("monitorPlan.controlEnabled", Flag),
    ("monitorPlan.listenAuthenticationEnabled", Flag),
    ("monitorPlan.controlAuthenticationEnabled", Flag),
    ("backgroundSound", ANY_TEXT),
    ("keypadInputPlan", Object),
    ("keypadInputPlan.timeoutSeconds", Number(0.0, 10.0)),
    ("startSpeakingPlan", Object),
    ("startSpeakingPlan.waitSeconds", Number(0.0, 5.0)),
    ("stopSpeakingPlan", Object),
    ("stopSpeakingPlan.numWords", Number(0.0, 10.0)),
    ("stopSpeakingPlan.voiceSeconds", Number(0.0, 0.5)),
    ("stopSpeakingPlan.backoffSeconds", Number(0.0, 10.0)),
    ("compliancePlan", Object),
    ("compliancePlan.hipaaEnabled", Flag),
    ("compliancePlan.pciEnabled", Flag),
    ("transportConfigurations", List),
    ("transportConfigurations[]", Needs(&["provider"])),
    (
        "transportConfigurations[]",
        Of("twilio", &[("timeout", Number(1.0, 600.0))]),
    ),
    ("hooks", List),
    ("hooks[]", Needs(&["on", "do"])),
    ("hooks[].on", Text(1, 1000)),
    ("hooks[].name", Text(0, 1000)),
    ("hooks[].do", List),
    ("hooks[].do[]", Needs(&["type"])),
    ("hooks[].options", Object),
    ("hooks[].options.timeoutSeconds", Number(1.0, 1000.0)),
    ("hooks[].options.triggerMaxCount", Number(1.0, 10.0)),
    (
        "hooks[].options.triggerResetMode",
        OneOf(&["onUserSpeech", "never"]),
    ),
    ("credentialIds", List),
    ("credentialIds[]", ANY_TEXT),
    ("credentials", List),
    ("credentials[]", Needs(&["provider"])),
    ("metadata", Object),
];

/// Voicemail told from a person by listening.
const VOICEMAIL_BY_EAR: &[(&str, Rule)] = &[
    ("type", OneOf(&["audio", "transcript"])),
    ("beepMaxAwaitSeconds", Number(0.0, 30.0)),
    ("backoffPlan", Object),
    ("backoffPlan.startAtSeconds", Number(0.0, UNLIMITED)),
    ("backoffPlan.frequencySeconds", Number(2.5, UNLIMITED)),
    ("backoffPlan.maxRetries", Number(1.0, 10.0)),
];

/// Voicemail told from a person by the telephone company. Times in milliseconds but for the first.
const VOICEMAIL_BY_CARRIER: &[(&str, Rule)] = &[
    ("enabled", Flag),
    ("voicemailDetectionTypes", List),
    (
        "voicemailDetectionTypes[]",
        OneOf(&[
            "machine_start",
            "human",
            "fax",
            "unknown",
            "machine_end_beep",
            "machine_end_silence",
            "machine_end_other",
        ]),
    ),
    ("machineDetectionTimeout", Number(3.0, 59.0)),
    ("machineDetectionSpeechThreshold", Number(1000.0, 6000.0)),
    ("machineDetectionSpeechEndThreshold", Number(500.0, 5000.0)),
    ("machineDetectionSilenceTimeout", Number(2000.0, 10_000.0)),
];

/// Whose object needs other fields than [`Needs`] says: at which path, of whom, and which.
const NEEDS_OF: &[(&str, &str, &[&str])] = &[
    ("model", "vapi", &["provider"]),
    ("model", "custom-llm", &["provider", "model", "url"]),
    ("voice", "custom-voice", &["provider", "server"]),
    ("transcriber", "custom-transcriber", &["provider", "server"]),
];

/// Everything that is surely wrong, in the order of the rules. Empty: the provider may be asked.
#[must_use]
pub fn check(config: &Config) -> Vec<Fault> {
    let mut faults = Vec::new();
    if config.get("name").is_none_or(is_no_name) {
        faults.push(Fault::new(
            "name",
            "Give the assistant a name of at most 40 characters.",
        ));
    }
    voicemail_detection(config, &mut faults);
    apply(RULES, config.as_map(), "", &mut faults);
    // One complaint about a place is enough.
    let mut seen = BTreeSet::new();
    faults.retain(|fault| seen.insert(fault.path.clone()));
    faults
}

/// Absent, null or blank. Anything else that is no name is for the rules to refuse.
fn is_no_name(name: &Value) -> bool {
    name.is_null() || name.as_str().is_some_and(|name| name.trim().is_empty())
}

/// The one field that is either a word or an object.
fn voicemail_detection(config: &Config, faults: &mut Vec<Fault>) {
    let ok = match config.get("voicemailDetection") {
        None | Some(Value::Null) => true,
        Some(Value::String(word)) => word == "off",
        Some(Value::Object(plan)) => plan.get("provider").is_some_and(Value::is_string),
        Some(_) => false,
    };
    if !ok {
        faults.push(Fault::new(
            "voicemailDetection",
            "Write \"off\", or an object with the provider of the detection: {\"provider\": \"vapi\"}.",
        ));
    }
}

fn apply(rules: &[(&str, Rule)], root: &Map<String, Value>, at: &str, faults: &mut Vec<Fault>) {
    for (pattern, rule) in rules {
        let mut steps = pattern.split('.');
        if let Some(first) = steps.next() {
            walk_field(root, first, steps, at, &mut |path, value| {
                judge(*rule, pattern, path, value, faults);
            });
        }
    }
}

/// Finds every value that a pattern means.
fn walk_field(
    fields: &Map<String, Value>,
    step: &str,
    mut rest: std::str::Split<'_, char>,
    path: &str,
    found: &mut dyn FnMut(&str, &Value),
) {
    let (key, every_item) = step.strip_suffix("[]").map_or((step, false), |key| (key, true));
    let Some(value) = fields.get(key) else { return };
    let path = field_path(path, key);
    let next = rest.next();
    let mut go_on = |path: &str, value: &Value| match (next, value) {
        (None, value) => found(path, value),
        (Some(next), Value::Object(fields)) => walk_field(fields, next, rest.clone(), path, found),
        (Some(_), _) => {}
    };
    match value {
        Value::Array(items) if every_item => {
            for (index, item) in items.iter().enumerate() {
                go_on(&item_path(&path, index), item);
            }
        }
        value if !every_item => go_on(&path, value),
        _ => {}
    }
}

fn judge(rule: Rule, pattern: &str, path: &str, value: &Value, faults: &mut Vec<Fault>) {
    if value.is_null() && !pattern.ends_with("[]") {
        return;
    }
    let provider = value.get("provider").and_then(Value::as_str);
    let complaint = match rule {
        Of(whose, rules) => {
            if let (true, Some(fields)) = (provider == Some(whose), value.as_object()) {
                apply(rules, fields, path, faults);
            }
            None
        }
        Needs(usual) => match value.as_object() {
            None => Some("Write an object: { … }.".to_owned()),
            Some(fields) => {
                let needed = NEEDS_OF
                    .iter()
                    .find(|(at, whose, _)| *at == pattern && provider == Some(whose))
                    .map_or(usual, |(_, _, needed)| needed);
                for field in needed {
                    if fields.get(*field).is_none_or(Value::is_null) {
                        faults.push(Fault::new(field_path(path, field), "This is needed and missing."));
                    }
                }
                None
            }
        },
        Text(least, most) => text(value, least, most),
        OneOf(words) => (!value.as_str().is_some_and(|word| words.contains(&word)))
            .then(|| format!("Write one of these: {}.", words.join(", "))),
        Number(least, most) => number(value, least, most, false),
        Whole(least, most) => number(value, least, most, true),
        Flag => (!value.is_boolean()).then(|| "Write true or false, without quotes.".to_owned()),
        Object => (!value.is_object()).then(|| "Write an object: { … }.".to_owned()),
        List => (!value.is_array()).then(|| "Write a list: [ … ].".to_owned()),
    };
    if let Some(message) = complaint {
        faults.push(Fault::new(path, message));
    }
}

fn text(value: &Value, least: usize, most: usize) -> Option<String> {
    let Some(text) = value.as_str() else {
        return Some("Write a text, in quotes.".to_owned());
    };
    let length = text.chars().count();
    if length > most {
        Some(format!("At most {most} characters; it has {length}."))
    } else if length < least {
        Some(if length == 0 {
            "This must not be empty.".to_owned()
        } else {
            format!("At least {least} characters; it has {length}.")
        })
    } else {
        None
    }
}

fn number(value: &Value, least: f64, most: f64, whole: bool) -> Option<String> {
    let kind = if whole { "A whole number" } else { "A number" };
    let range = if most < UNLIMITED {
        format!("{kind} from {least} to {most}")
    } else {
        format!("{kind} of at least {least}")
    };
    let Value::Number(written) = value else {
        return Some(format!("{range}, without quotes."));
    };
    let fits = written
        .as_f64()
        .is_some_and(|number| (least..=most).contains(&number) && (!whole || number.fract() == 0.0));
    (!fits).then(|| format!("{range}; it is {}.", shortened(number_text(written))))
}

/// A number may be written with hundreds of digits.
fn shortened(text: impl Display) -> String {
    text.to_string().chars().take(20).collect()
}
