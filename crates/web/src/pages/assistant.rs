//! `/assistants/{id}`: one assistant, live.

use askama::Template;

use super::{assistant_live::AssistantLive, new_campaign::Choice, shell::Shell};

/// The page.
#[derive(Template, Clone, PartialEq, Eq, Debug)]
#[template(path = "assistant.html")]
pub struct AssistantPage {
    /// Header and footer.
    pub shell: Shell,
    /// Everything that refreshes itself.
    pub live: AssistantLive,
    /// The dialog of a test call. `None` for templates.
    pub test_call: Option<TestCall>,
}

/// The form of a test call. It posts JSON to `/api/assistants/{id}/test-calls`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TestCall {
    /// The caller numbers to choose from.
    pub phone_numbers: Vec<Choice>,
    /// Why there are none, for instance that the provider cannot be asked.
    pub notice: Option<String>,
    /// Columns that the assistant's words use, without `name`, which has a field of its own.
    pub variables: Vec<String>,
}
