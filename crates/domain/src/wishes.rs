//! What the called person asked for: not to be called again, or to be called back at some time.
//!
//! The assistant extracts it from the conversation, into the provider's structured data (an object after the schema of
//! the assistant's author) or its structured outputs (an object by id, each with a `name` and a `result`). Authors name
//! things as they like, so names are read tolerantly: `doNotCall`, `do_not_call` and `customer wants opt-out` are one.
//! In doubt an opt-out counts, because calling on after one is against the law; a time of which nobody knows the zone
//! does not count, because nobody can keep it.

use serde_json::Value;

use crate::time::UtcMs;

/// What the called person asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Wishes {
    /// Not to be called again, by anybody of this account.
    pub opt_out: bool,
    /// To be called back at this time. Whether that is a sensible time is for [`crate::contact::next_step`] to judge.
    pub callback_at: Option<UtcMs>,
}

/// Names that mean "do not call me again", without case, spaces and punctuation.
const OPT_OUT: &[&str] = &[
    "optout",
    "optedout",
    "optingout",
    "donotcall",
    "donotcallme",
    "dontcall",
    "dontcallme",
    "dnc",
    "donotcontact",
    "dontcontact",
    "nevercall",
    "unsubscribe",
    "unsubscribed",
    "removeme",
    "remove",
    "removal",
    "removed",
    "removefrom",
    "stopcalling",
    "stopcalls",
    "nomorecalls",
    "nocalls",
    "revokeconsent",
    "revokedconsent",
    "consentrevoked",
    "consentwithdrawn",
    "withdrawconsent",
    "withdrewconsent",
];
/// Of these, the ones that mean it only with a list, calls or a person after them.
const VAGUE: &[&str] = &["remove", "removed", "removal", "removefrom"];
/// What may stand before such a name: who, and that they want it.
const BEFORE: &[&str] = &[
    "customer",
    "caller",
    "callee",
    "user",
    "person",
    "lead",
    "contact",
    "prospect",
    "recipient",
    "client",
    "they",
    "is",
    "has",
    "was",
    "wants",
    "want",
    "wanted",
    "wishes",
    "requested",
    "requests",
    "request",
    "asked",
    "asks",
    "to",
    "for",
    "be",
    "on",
    "the",
    "add",
    "put",
    "mark",
    "markas",
    "set",
    "register",
    "record",
    "log",
    "report",
    "process",
    "handle",
    "flag",
    "my",
    "our",
    "from",
    "number",
];
/// What may stand after it.
const AFTER: &[&str] = &[
    "requested",
    "request",
    "again",
    "flag",
    "list",
    "lists",
    "registry",
    "from",
    "the",
    "calling",
    "call",
    "calls",
    "tool",
    "customer",
    "caller",
    "user",
    "contact",
    "person",
    "lead",
    "me",
    "us",
    "number",
    "phone",
    "status",
    "ever",
    "function",
    "detected",
    "confirmed",
    "received",
];
/// Names of a field whose text says what came of the call.
const DISPOSITION: &[&str] = &[
    "disposition",
    "outcome",
    "calloutcome",
    "callresult",
    "calldisposition",
    "callstatus",
    "status",
    "intent",
    "result",
    "category",
    "label",
    "tag",
];
/// Names of the time to call back at.
const CALLBACK: &[&str] = &[
    "callback",
    "callbackat",
    "callbacktime",
    "callbackdatetime",
    "callbackdate",
    "callbackon",
    "callbackwhen",
    "callbackmoment",
    "callbackscheduledat",
    "callbackscheduledfor",
    "callbackrequestedfor",
    "callmeback",
    "callmebackat",
    "callbackiso",
    "callbacktimestamp",
    "scheduledcallback",
    "scheduledcallbackat",
    "scheduledcallbacktime",
    "preferredcallback",
    "preferredcallbacktime",
    "preferredcallbackat",
    "requestedcallbacktime",
    "requestedcallbackat",
    "requestedcallback",
    "callbackpreferredtime",
    "recallat",
    "callagainat",
    "nextcallat",
];
/// Names of the time inside an object that is named as a callback.
const TIME: &[&str] = &[
    "at",
    "time",
    "datetime",
    "when",
    "timestamp",
    "iso",
    "scheduledat",
    "scheduledfor",
];
/// Verbs of tools that only look.
const LOOKS: &[&str] = &[
    "check", "get", "lookup", "query", "verify", "find", "read", "list", "search", "is",
];

/// What the analysis of a call says that the person asked for. Text that is not JSON says nothing.
///
/// Understood are objects, lists of objects, objects in objects (one level down) and structured outputs. A time counts
/// only with a zone or an offset (`2026-11-20T15:00:00-05:00`); of several the earliest counts.
#[must_use]
pub fn wishes(structured_json: Option<&str>) -> Wishes {
    let parsed = structured_json.and_then(|text| serde_json::from_str::<Value>(text).ok());
    parsed.as_ref().map(wishes_in).unwrap_or_default()
}

/// The same for JSON that is read already.
#[must_use]
pub fn wishes_in(structured: &Value) -> Wishes {
    let mut wishes = Wishes::default();
    match structured {
        Value::Array(items) => items.iter().for_each(|item| wishes.read_object(item, 2)),
        Value::String(text) => {
            if let Some(within) = json_within(text) {
                return wishes_in(&within);
            }
        }
        value => wishes.read_object(value, 2),
    }
    wishes
}

/// The object or list that a text holds, if it holds one.
fn json_within(text: &str) -> Option<Value> {
    let text = text.trim();
    if !text.starts_with(['{', '[']) {
        return None;
    }
    serde_json::from_str(text).ok()
}

/// Whether a tool of this name, called by the assistant, tells that the person wants no more calls.
#[must_use]
pub fn is_opt_out_tool(name: &str) -> bool {
    let looks = words(name)
        .first()
        .is_some_and(|first| LOOKS.contains(&first.as_str()));
    !looks && is_opt_out_name(name)
}

impl Wishes {
    /// What is asked for in either, for instance in the analysis and by a tool during the call.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        Self {
            opt_out: self.opt_out || other.opt_out,
            callback_at: match (self.callback_at, other.callback_at) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            },
        }
    }

    fn read_object(&mut self, value: &Value, levels: u8) {
        let Value::Object(fields) = value else { return };
        if let (Some(Value::String(name)), Some(result)) = (fields.get("name"), fields.get("result")) {
            // The frame around an output is no level of what it holds.
            self.read_field(name, result, levels.saturating_add(1));
            return;
        }
        for (name, value) in fields {
            self.read_field(name, value, levels);
        }
    }

    fn read_field(&mut self, name: &str, value: &Value, levels: u8) {
        if let Some(within) = value.as_str().and_then(json_within) {
            // It is shorter each time, so this ends.
            return self.read_field(name, &within, levels);
        }
        let key = key(name);
        let is_callback = CALLBACK.contains(&key.as_str());
        match value {
            Value::Object(inner) => {
                if is_callback {
                    let times = inner
                        .iter()
                        .filter(|(name, _)| TIME.contains(&self::key(name).as_str()))
                        .filter_map(|(_, value)| value.as_str());
                    times.for_each(|time| self.call_back(time));
                }
                let asked = inner.iter().any(|(name, value)| {
                    matches!(
                        self::key(name).as_str(),
                        "requested" | "value" | "wanted" | "detected" | "result"
                    ) && is_yes(value)
                });
                self.opt_out |= asked && is_opt_out_name(name);
                if levels > 0 {
                    self.read_object(value, levels - 1);
                }
            }
            Value::Array(items) if levels > 0 => {
                for item in items {
                    match item {
                        Value::String(text) => self.read_text(&key, text),
                        item => self.read_object(item, levels - 1),
                    }
                }
            }
            Value::String(text) if is_callback => self.call_back(text),
            value => {
                self.opt_out |= is_yes(value) && is_opt_out_name(name);
                if let Value::String(text) = value {
                    self.read_text(&key, text);
                }
            }
        }
    }

    /// A text that says what came of the call, such as `"disposition": "do_not_call"`.
    fn read_text(&mut self, key: &str, text: &str) {
        let is_disposition = DISPOSITION.contains(&key) || DISPOSITION.contains(&key.trim_end_matches('s'));
        self.opt_out |= is_disposition && text.len() <= 60 && is_opt_out_name(text);
    }

    fn call_back(&mut self, text: &str) {
        *self = self.join(Self {
            opt_out: false,
            callback_at: UtcMs::from_iso(text.trim()),
        });
    }
}

/// Whether a value says yes. Of a sentence its first word counts.
fn is_yes(value: &Value) -> bool {
    match value {
        Value::Bool(yes) => *yes,
        Value::Number(number) => number.as_f64() == Some(1.0),
        Value::String(text) => words(text).first().is_some_and(|first| {
            matches!(
                first.as_str(),
                "yes" | "y" | "true" | "1" | "requested" | "confirmed" | "on"
            )
        }),
        _ => false,
    }
}

/// Whether a name means "do not call again", with nothing around it that changes its meaning: `opt_out_offered` says
/// something else.
fn is_opt_out_name(name: &str) -> bool {
    let words = words(name);
    let mut rest = words.as_slice();
    while let [first, others @ ..] = rest {
        if is_opt_out_with_tail(rest) {
            return true;
        }
        if !BEFORE.contains(&first.as_str()) {
            break;
        }
        rest = others;
    }
    // Written in one, without a capital between the words.
    let whole: String = words.concat();
    OPT_OUT.contains(&whole.as_str()) && !VAGUE.contains(&whole.as_str())
}

/// Whether these words begin with the name of an opt-out and go on with nothing that matters.
fn is_opt_out_with_tail(words: &[String]) -> bool {
    (1..=words.len()).any(|count| {
        let (head, tail) = words.split_at(count);
        let head = head.concat();
        let known = OPT_OUT.contains(&head.as_str());
        let vague = VAGUE.contains(&head.as_str());
        let says_of_what = tail.iter().any(|word| {
            matches!(
                word.as_str(),
                "list" | "lists" | "me" | "calling" | "call" | "calls"
            )
        });
        known && (!vague || says_of_what) && tail.iter().all(|word| AFTER.contains(&word.as_str()))
    })
}

/// The words of a name in lower case: `doNotCall`, `do_not_call` and `Do not call` have the same.
fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut after_lower = false;
    for c in name.chars().filter(|c| !matches!(c, '\'' | '’')) {
        let starts_word = c.is_uppercase() && after_lower;
        if (starts_word || !c.is_alphanumeric()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
        after_lower = c.is_lowercase() || c.is_ascii_digit();
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

fn key(name: &str) -> String {
    words(name).concat()
}

#[cfg(test)]
mod tests;
