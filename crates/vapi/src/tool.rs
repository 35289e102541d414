//! Tools that an assistant runs in the middle of a call, and our answers to it.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::lenient;

/// The wish of an assistant that a tool be run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ToolCall {
    /// The provider's id of this wish; the answer names it. Empty if the provider gave none.
    pub id: String,
    /// The function's name, at most 80 characters. An entry without one cannot be read.
    pub name: String,
    /// What it is to be run with: the JSON that the provider's text holds, usually an object. Text that is no JSON stays
    /// text; null when there is nothing.
    pub arguments: Value,
}

/// As the provider writes it: `{"id", "type", "function": {"name", "arguments"}}`. `arguments` is a string in the
/// documentation; an object in its place is taken, and so is a name beside the id.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Wire {
    #[serde(deserialize_with = "lenient::text")]
    id: Option<String>,
    #[serde(deserialize_with = "lenient::object")]
    function: Option<Function>,
    #[serde(deserialize_with = "lenient::text")]
    name: Option<String>,
    #[serde(deserialize_with = "lenient::value")]
    arguments: Option<Value>,
    #[serde(deserialize_with = "lenient::value")]
    parameters: Option<Value>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Function {
    #[serde(deserialize_with = "lenient::text")]
    name: Option<String>,
    #[serde(alias = "parameters", deserialize_with = "lenient::value")]
    arguments: Option<Value>,
}

impl<'de> Deserialize<'de> for ToolCall {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire = Wire::deserialize(deserializer)?;
        wire.into_call(None)
            .ok_or_else(|| serde::de::Error::custom("a tool call without a name"))
    }
}

impl Wire {
    /// The call, unless it has no name and `name_of_tool` is none either.
    fn into_call(self, name_of_tool: Option<String>) -> Option<ToolCall> {
        let nested = self.function.unwrap_or_default();
        Some(ToolCall {
            id: self.id.unwrap_or_default(),
            name: nested.name.or(self.name).or(name_of_tool)?,
            arguments: match nested.arguments.or(self.arguments).or(self.parameters) {
                Some(Value::String(text)) => serde_json::from_str(&text).unwrap_or(Value::String(text)),
                Some(arguments) => arguments,
                None => Value::Null,
            },
        })
    }
}

/// A tool with one of its calls in it, as `toolWithToolCallList` has it. The name may stand with the tool alone.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct WithTool {
    #[serde(deserialize_with = "lenient::object")]
    tool_call: Option<Wire>,
    #[serde(deserialize_with = "lenient::object")]
    function: Option<Function>,
    #[serde(deserialize_with = "lenient::text")]
    name: Option<String>,
}

impl WithTool {
    pub(crate) fn into_call(self) -> Option<ToolCall> {
        let name = self.function.and_then(|function| function.name).or(self.name);
        self.tool_call?.into_call(name)
    }
}

/// The body of the answer to a `tool-calls` message: `{"results": […]}`, one for each call.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ToolResults {
    /// In any order; `toolCallId` says which is which.
    pub results: Vec<ToolResult>,
}

/// What became of one tool call. Either `result` or `error`, which the assistant reads as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolResult {
    /// The function's name.
    pub name: String,
    /// [`ToolCall::id`].
    pub tool_call_id: String,
    /// It was done, and this came of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// It was not done, and this is why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl ToolResult {
    /// The call was carried out.
    pub fn done(call: &ToolCall, result: impl Into<String>) -> Self {
        Self {
            name: call.name.clone(),
            tool_call_id: call.id.clone(),
            result: Some(result.into()),
            error: None,
        }
    }

    /// The call was not carried out.
    pub fn failed(call: &ToolCall, error: impl Into<String>) -> Self {
        Self {
            name: call.name.clone(),
            tool_call_id: call.id.clone(),
            result: None,
            error: Some(error.into()),
        }
    }
}
