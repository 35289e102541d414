//! What a person should know about an assistant before anything else.

use serde_json::json;

use super::{button::Button, show::When};

/// Something that is not as it should be, and what can be done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AssistantNotice {
    /// `warning` for what can be put right, `error` for what cannot, `info` for what will pass.
    pub tone: &'static str,
    /// One sentence.
    pub title: String,
    /// What it means and what to do.
    pub detail: String,
    /// The provider's own words, where it gave some.
    pub problem: Option<String>,
    /// When the change that it tells of was sent.
    pub since: Option<When>,
    /// What can be done.
    pub buttons: Vec<Button>,
}

impl AssistantNotice {
    fn new(tone: &'static str, title: String, detail: &str) -> Self {
        Self {
            tone,
            title,
            detail: detail.to_owned(),
            problem: None,
            since: None,
            buttons: Vec::new(),
        }
    }

    /// A change was sent and its answer has not come. `kind` in its stored form, `by` whom.
    #[must_use]
    pub fn under_way(kind: &str, by: Option<&str>, since: When) -> Self {
        let what = match kind {
            "create" => "being created at Vapi",
            "remove" => "being removed",
            _ => "being changed at Vapi",
        };
        let whose = by.map_or_else(String::new, |by| format!(", by {by}"));
        Self {
            since: Some(since),
            ..Self::new(
                "info",
                format!("This assistant is {what}{whose}."),
                "This takes a few seconds. Nothing else can be changed until then.",
            )
        }
    }

    /// The answer to a change was lost.
    #[must_use]
    pub fn in_doubt(id: &str, kind: &str, since: When) -> Self {
        let what = match kind {
            "create" => "creating this assistant",
            "remove" => "removing this assistant",
            _ => "your change",
        };
        Self {
            since: Some(since),
            buttons: vec![
                Button::post("look-now", "Look now", format!("/api/assistants/{id}/check"))
                    .looking("btn-primary", "refresh-cw"),
            ],
            ..Self::new(
                "warning",
                format!("The answer to {what} was lost."),
                "We are looking it up; nothing else can be changed until then.",
            )
        }
    }

    /// A change was looked up and had never reached the provider. `change` is its id.
    #[must_use]
    pub fn lost(id: &str, change: &str, problem: Option<&str>, since: When) -> Self {
        Self {
            problem: problem.map(str::to_owned),
            since: Some(since),
            buttons: change_buttons(id, change, "Repeat the change", None),
            ..Self::new(
                "warning",
                "The last change never reached Vapi.".to_owned(),
                "Nothing was changed, here or there. Repeat it, or dismiss it and go on with what you had.",
            )
        }
    }

    /// The provider never made it. `change` is the id of the change that should have.
    #[must_use]
    pub fn not_created(id: &str, change: &str, problem: Option<&str>, since: When) -> Self {
        Self {
            problem: problem.map(str::to_owned),
            since: Some(since),
            buttons: change_buttons(id, change, "Try again", Some("/assistants")),
            ..Self::new(
                "warning",
                "Vapi has not created this assistant.".to_owned(),
                "It cannot call anybody yet. Try again, or dismiss it: AutoLynx then forgets it.",
            )
        }
    }

    /// The provider no longer has it.
    #[must_use]
    pub fn gone(id: &str, may_change: bool) -> Self {
        let anew = Button::post(
            "make-anew",
            "Make it anew",
            format!("/api/assistants/{id}/push-ours"),
        )
        .with(&json!({"fingerprint": ""}))
        .looking("btn-primary", "rotate-ccw");
        Self {
            buttons: if may_change { vec![anew] } else { Vec::new() },
            ..Self::new(
                "error",
                "Vapi no longer has this assistant.".to_owned(),
                "It cannot call anybody. Make it anew there from what is kept here: campaigns that use it can then go on.",
            )
        }
    }

    /// Its words hold places that are still to be filled in, such as `[your company]`.
    #[must_use]
    pub fn unfinished(places: &[String]) -> Self {
        Self {
            problem: Some(places.join("  ")),
            ..Self::new(
                "warning",
                "Its words are not finished.".to_owned(),
                "Fill in what stands in square brackets before it calls anybody:",
            )
        }
    }

    /// It was removed at the provider, as it was meant to be.
    #[must_use]
    pub fn removed() -> Self {
        Self::new(
            "info",
            "This assistant was made for one campaign.".to_owned(),
            "The campaign is over, and it was removed at Vapi. What it said and did is kept here; clone it to use it again.",
        )
    }

    /// It may not be chosen.
    #[must_use]
    pub fn inactive() -> Self {
        Self::new(
            "info",
            "This assistant is switched off.".to_owned(),
            "New campaigns cannot choose it. Campaigns that have started go on with it.",
        )
    }
}

fn change_buttons(id: &str, change: &str, repeat: &str, dismissed: Option<&str>) -> Vec<Button> {
    let button = |name: &str, label: &str, path: &str| {
        Button::post(name, label, format!("/api/assistants/{id}/{path}")).with(&json!({"change": change}))
    };
    vec![
        Button {
            // It sends the body that the first try sent; who repeats it is not asked.
            signed: false,
            ..button("change-repeat", repeat, "repeat-change").looking("btn-primary", "rotate-ccw")
        },
        Button {
            signed: false,
            then: dismissed.map(str::to_owned),
            ..button("change-dismiss", "Dismiss", "dismiss-change")
        },
    ]
}
