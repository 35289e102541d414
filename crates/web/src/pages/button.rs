//! Buttons that ask the JSON API for something.

/// A button that sends one request. Its answer or refusal is shown by `web/src/actions.ts`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Button {
    /// The element's id, which keeps the focus when the fragment around it refreshes.
    pub id: String,
    /// What it does.
    pub label: String,
    /// `post`, `patch` or `delete`.
    pub method: &'static str,
    /// The address.
    pub path: String,
    /// The body as JSON; empty for none.
    pub body: String,
    /// Whether the reader's name is sent as `by`, for the history.
    pub signed: bool,
    /// Asked before.
    pub question: Option<Question>,
    /// A class of the style sheet: `btn-primary`, `btn-ghost` or nothing.
    pub look: &'static str,
    /// The icon, or nothing.
    pub icon: &'static str,
    /// The page to go to afterwards; `{id}` stands for the id that the answer names. `None` refreshes what is shown.
    pub then: Option<String>,
}

/// What is asked before something is done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Question {
    /// One or two sentences: what will happen.
    pub text: String,
    /// What the button that goes on is called.
    pub yes: String,
    /// There is no way back.
    pub grave: bool,
}

impl Button {
    /// A button that posts without a body.
    #[must_use]
    pub fn post(id: &str, label: &str, path: String) -> Self {
        Self {
            id: id.to_owned(),
            label: label.to_owned(),
            method: "post",
            path,
            body: String::new(),
            signed: false,
            question: None,
            look: "",
            icon: "",
            then: None,
        }
    }

    /// Sends this as JSON, with the reader's name.
    #[must_use]
    pub fn with(mut self, body: &serde_json::Value) -> Self {
        self.body = body.to_string();
        self.signed = true;
        self
    }

    /// Asks before.
    #[must_use]
    pub fn asking(mut self, text: String, yes: &str, grave: bool) -> Self {
        self.question = Some(Question {
            text,
            yes: yes.to_owned(),
            grave,
        });
        self
    }

    /// Looks like this.
    #[must_use]
    pub const fn looking(mut self, look: &'static str, icon: &'static str) -> Self {
        (self.look, self.icon) = (look, icon);
        self
    }
}
