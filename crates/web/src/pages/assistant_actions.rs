//! What a person may ask of an assistant, as buttons.

use serde_json::json;

use super::{assistants::clone_name, button::Button};

/// The buttons at the head of an assistant's page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AssistantActions {
    /// The assistant.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Show Edit, which leads to `/assistants/{id}/edit`.
    pub edit: bool,
    /// Show Clone, which opens the dialog that posts to `/api/assistants/{id}/clone`.
    pub clone: bool,
    /// What a clone is called at first.
    pub clone_name: String,
    /// Show Test call, which opens the dialog of [`super::TestCall`].
    pub test_call: bool,
    /// Show Export, which downloads `/api/assistants/{id}/export`.
    pub export: bool,
    /// Activate or Deactivate.
    pub switch: Option<Button>,
    /// Delete.
    pub delete: Option<Button>,
}

impl AssistantActions {
    /// The buttons that fit. `source` and `state` in their stored forms; `gone` when the provider no longer has it.
    #[must_use]
    pub fn of(id: &str, name: &str, source: &str, state: &str, active: bool, gone: bool) -> Self {
        let own = source != "template";
        let ready = state == "ready";
        let path = format!("/api/assistants/{id}");
        let switch = Button {
            method: "patch",
            icon: "power",
            ..Button::post(
                "assistant-switch",
                if active { "Deactivate" } else { "Activate" },
                path.clone(),
            )
            .with(&json!({"active": !active}))
        };
        let delete = Button {
            method: "delete",
            look: "btn-ghost",
            icon: "trash-2",
            then: Some("/assistants".to_owned()),
            ..Button::post("assistant-delete", "Delete", path)
        }
        .asking(
            format!(
                "Delete “{name}”? {} Campaigns that have ended keep its name.",
                if gone {
                    "AutoLynx forgets it with its history, and Vapi no longer has it: there is no way back."
                } else {
                    "Only AutoLynx forgets it, with its history; it stays at Vapi, and you can import it again."
                }
            ),
            "Delete assistant",
            true,
        );
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            edit: own && ready && !gone,
            clone: !matches!(state, "creating" | "not_created"),
            clone_name: clone_name(name, !own),
            test_call: own && ready && !gone,
            export: true,
            switch: (own && ready).then_some(switch),
            delete: (own && ready).then_some(delete),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_offers_only_what_can_be_done() {
        let shown = |source, state, gone| {
            let actions = AssistantActions::of("1", "Ann", source, state, true, gone);
            (
                actions.edit,
                actions.clone,
                actions.test_call,
                actions.switch.is_some(),
                actions.delete.is_some(),
            )
        };
        assert_eq!(shown("local", "ready", false), (true, true, true, true, true));
        assert_eq!(shown("imported", "ready", true), (false, true, false, true, true));
        assert_eq!(
            shown("template", "ready", false),
            (false, true, false, false, false)
        );
        for state in ["changing", "in_doubt", "removing"] {
            assert_eq!(
                shown("local", state, false),
                (false, true, false, false, false),
                "{state}"
            );
        }
        for state in ["creating", "not_created"] {
            assert_eq!(
                shown("local", state, false),
                (false, false, false, false, false),
                "{state}"
            );
        }
    }
}
