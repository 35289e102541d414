//! The tool with which an assistant notes that somebody wants no more calls.

use crate::agenda::{Message, Step};
use crate::chance;
use crate::ledger::LedgerToolAnswer;
use crate::target::Target;
use crate::world::World;
use rand::RngExt;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// A function tool of the assistant whose name says what it is for.
#[derive(Debug)]
pub(crate) struct OptOutTool {
    pub(crate) name: String,
    /// As the assistant has it.
    config: Value,
    /// Its own receiver, if it has one.
    pub(crate) server: Option<Arc<Target>>,
}

/// One call of it.
#[derive(Debug)]
pub(crate) struct ToolUse {
    pub(crate) id: String,
    pub(crate) called_ms: i64,
    /// JSON text.
    pub(crate) arguments: String,
    pub(crate) answers: Vec<LedgerToolAnswer>,
}

/// How long the assistant thinks before it calls the tool.
const THINKING_MS: i64 = 400;

/// A name without case and punctuation.
pub(crate) fn bare(name: &str) -> String {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|letter| letter.to_ascii_lowercase()).collect()
}

/// Whether a [`bare`] name says that somebody wants no more calls.
pub(crate) fn means_opt_out(bare_name: &str) -> bool {
    bare_name == "dnc"
        || ["donotcall", "dontcall", "optout", "unsubscribe", "stopcalling"]
            .iter()
            .any(|part| bare_name.contains(part))
}

impl OptOutTool {
    /// The first such tool.
    pub(crate) fn among<'a>(
        mut tools: impl Iterator<Item = &'a Value>,
        webhook_secret: Option<&str>,
    ) -> Option<OptOutTool> {
        tools.find_map(|tool| {
            let name = tool["function"]["name"]
                .as_str()
                .filter(|_| tool["type"] == "function")?;
            means_opt_out(&bare(name)).then(|| OptOutTool {
                name: name.to_owned(),
                config: tool.clone(),
                server: Target::read(&tool["server"], webhook_secret).map(Arc::new),
            })
        })
    }

    /// What it is called with: what its parameters ask for, as far as it is known.
    fn arguments(&self, number: &str, person: &str, words: &str) -> String {
        let parameters = self.config["function"]["parameters"]["properties"].as_object();
        let mut arguments = Map::new();
        for (name, schema) in parameters.into_iter().flatten() {
            let bare = bare(name);
            let value = match schema["type"].as_str() {
                Some("boolean") => json!(true),
                Some("string") | None if bare.contains("number") || bare.contains("phone") => json!(number),
                Some("string") | None if bare.contains("name") => json!(person),
                Some("string") | None => json!(words),
                _ => continue,
            };
            arguments.insert(name.clone(), value);
        }
        Value::Object(arguments).to_string()
    }

    /// The tool with that call in it, as `toolWithToolCallList` has it.
    pub(crate) fn with(&self, used: &ToolUse) -> Value {
        let mut tool = self.config.clone();
        tool["toolCall"] = used.wire(&self.name);
        tool
    }
}

impl ToolUse {
    /// As `toolCallList` and messages have it.
    pub(crate) fn wire(&self, name: &str) -> Value {
        let function = json!({"name": name, "arguments": self.arguments});
        json!({"id": self.id, "type": "function", "function": function})
    }

    /// What the assistant was told, and when: the first result until that moment, else the last error.
    pub(crate) fn outcome(&self, until_ms: i64) -> Option<(i64, &str)> {
        let heard = || self.answers.iter().filter(|answer| answer.at_ms <= until_ms);
        let result = heard().find_map(|answer| Some((answer.at_ms, answer.result.as_deref()?)));
        result.or_else(|| {
            heard()
                .rev()
                .find_map(|answer| Some((answer.at_ms, answer.error.as_deref()?)))
        })
    }
}

impl World {
    /// Lets the assistant call its tool once the person has said what they wish, if the call lasts so long.
    pub(crate) fn plan_tool_call(&mut self, index: usize) {
        let call = self.book.get(index);
        if !call.opts_out() || call.terms.opt_out_tool.is_none() {
            return;
        }
        if let Some((said_ms, _)) = call.wish(self.settings.seed) {
            self.agenda.add(said_ms + THINKING_MS, index, Step::CallTool);
        }
    }

    pub(crate) fn call_tool(&mut self, index: usize, now_ms: i64) {
        let seed = self.settings.seed;
        let call = self.book.get_mut(index);
        let Some(tool) = call.terms.opt_out_tool.clone() else {
            return;
        };
        let (_, words) = call.wish(seed).unwrap_or_default();
        call.tool_use = Some(ToolUse {
            id: tool_call_id(seed, &call.key),
            called_ms: now_ms,
            arguments: tool.arguments(&call.number, &call.terms.cast.name, &words),
            answers: Vec::new(),
        });
        self.emit(index, Message::ToolCalls, now_ms);
    }

    /// What the receiver of a `tool-calls` message said.
    pub(crate) fn tool_answered(&mut self, index: usize, status: Option<u16>, body: &[u8], now_ms: i64) {
        let Some(used) = &mut self.book.get_mut(index).tool_use else {
            return;
        };
        let (result, error) = match status {
            None => (None, Some("The server did not answer in time.".to_owned())),
            Some(200..=299) => read_results(&used.id, body),
            Some(status) => (None, Some(format!("The server answered with status {status}."))),
        };
        used.answers.push(LedgerToolAnswer {
            at_ms: now_ms,
            status,
            result,
            error,
        });
    }
}

/// The entry for that tool call in `{"results": […]}`: its result or its error.
fn read_results(id: &str, body: &[u8]) -> (Option<String>, Option<String>) {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let entry = body["results"]
        .as_array()
        .and_then(|results| results.iter().find(|entry| entry["toolCallId"] == id));
    let text = |value: &Value| match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    let result = entry.and_then(|entry| text(&entry["result"]));
    let error = entry
        .and_then(|entry| text(&entry["error"]))
        .or_else(|| text(&body["error"]));
    match (result, error) {
        (None, None) => (None, Some("No result returned.".to_owned())),
        (Some(result), _) => (Some(result), None),
        answer => answer,
    }
}

fn tool_call_id(seed: u64, call_key: &str) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut rng = chance::stream(seed, "tool call", &[call_key]);
    let drawn = (0..24).map(|_| char::from(LETTERS[rng.random_range(0..LETTERS.len())]));
    "call_".chars().chain(drawn).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tool_is_known_by_its_name() {
        let tool = |name: &str| json!({"type": "function", "function": {"name": name}});
        for name in [
            "do_not_call",
            "optOut",
            "opt-out",
            "mark_do_not_call",
            "unsubscribe",
            "dnc",
        ] {
            let tools = [json!({"type": "endCall"}), tool("book"), tool(name)];
            let found = OptOutTool::among(tools.iter(), None).unwrap();
            assert_eq!((found.name.as_str(), found.server.is_none()), (name, true));
        }
        let tools = [
            tool("call_back"),
            tool("dncx"),
            json!({"type": "sms", "function": {"name": "opt_out"}}),
        ];
        assert!(OptOutTool::among(tools.iter(), None).is_none());
    }

    #[test]
    fn answers_are_read_as_results_or_errors() {
        let read = |body: Value| read_results("t1", body.to_string().as_bytes());
        let some = |text: &str| Some(text.to_owned());
        let of = |entry: Value| read(json!({"results": [{"toolCallId": "t0", "result": "other"}, entry]}));
        assert_eq!(
            of(json!({"toolCallId": "t1", "result": "noted"})),
            (some("noted"), None)
        );
        assert_eq!(
            of(json!({"toolCallId": "t1", "result": {"ok": true}})),
            (some(r#"{"ok":true}"#), None)
        );
        assert_eq!(of(json!({"toolCallId": "t1", "error": "no"})), (None, some("no")));
        assert_eq!(read(json!({"error": "broken"})), (None, some("broken")));
        for body in [
            json!({"results": []}),
            json!([]),
            json!({"results": [{"toolCallId": "t2"}]}),
        ] {
            assert_eq!(read(body), (None, some("No result returned.")));
        }
        assert_eq!(read_results("t1", b""), (None, some("No result returned.")));
    }
}
