//! What moves on the page of an assistant: a fragment.

use askama::Template;
use serde_json::json;

use super::{
    assistant_actions::AssistantActions, assistant_notice::AssistantNotice, assistant_profile::Profile,
    button::Button, difference::Difference, show::When, words::Badge,
};

/// Everything on the page but its dialogs.
#[derive(Template, Clone, PartialEq, Eq, Debug)]
#[template(path = "assistant_live.html")]
pub struct AssistantLive {
    /// Our id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// [`Badge::assistant_source`].
    pub source: Badge,
    /// Whether new campaigns may choose it.
    pub active: bool,
    /// Whether it is for one campaign only.
    pub ephemeral: bool,
    /// [`Badge::assistant_state`]: what is not as it should be. `None` when all is well.
    pub trouble: Option<Badge>,
    /// The version that calls use.
    pub version: u32,
    /// The provider's id.
    pub provider_assistant_id: Option<String>,
    /// When it last changed.
    pub updated: When,
    /// When the provider's copy was last compared with ours.
    pub checked: Option<When>,
    /// Its buttons.
    pub actions: AssistantActions,
    /// What is not as it should be, the most urgent first.
    pub notices: Vec<AssistantNotice>,
    /// Where the provider's copy differs from ours.
    pub drift: Option<Drift>,
    /// What it says and does.
    pub profile: Profile,
    /// The configuration as JSON with secrets masked, indented.
    pub config_json: String,
    /// Columns that its words use.
    pub variables: Vec<String>,
    /// What its calls came to.
    pub results: Results,
    /// Its campaigns, newest first; the first ones only when there are many.
    pub campaigns: Vec<UsedBy>,
    /// How many campaigns there are beyond those shown, `12`.
    pub more_campaigns: Option<String>,
    /// Its versions, newest first.
    pub versions: Vec<VersionRow>,
}

impl AssistantLive {
    /// Whether it was removed at the provider after its campaign.
    #[must_use]
    pub fn is_removed(&self) -> bool {
        self.trouble.as_ref().is_some_and(|badge| badge.key == "removed")
    }

    /// Whether it is a template, which is only cloned.
    #[must_use]
    pub fn is_template(&self) -> bool {
        self.source.key == "template"
    }
}

/// Somebody changed the assistant at the provider.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Drift {
    /// Ours on the left, theirs on the right.
    pub differences: Vec<Difference>,
    /// Makes theirs ours.
    pub take: Button,
    /// Makes ours theirs.
    pub push: Button,
}

impl Drift {
    /// `fingerprint` names the provider's copy that was compared, so that a newer one is never overwritten unseen.
    #[must_use]
    pub fn of(id: &str, fingerprint: &str, differences: Vec<Difference>) -> Self {
        let body = json!({"fingerprint": fingerprint});
        let button = |name: &str, label: &str, path: &str| {
            Button::post(name, label, format!("/api/assistants/{id}/{path}")).with(&body)
        };
        Self {
            differences,
            take: button("drift-take", "Take theirs", "take-theirs").asking(
                "Take over what stands at Vapi? Your configuration stays in the history as the version before.".to_owned(),
                "Take theirs",
                false,
            ),
            push: button("drift-push", "Push ours", "push-ours").asking(
                "Overwrite what stands at Vapi with ours? What was changed there is lost.".to_owned(),
                "Push ours",
                true,
            ),
        }
    }
}

/// What the calls of an assistant came to, in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Results {
    /// `3`.
    pub campaigns: String,
    /// `1,204`.
    pub calls: String,
    /// `38%`, or `–` before the first call.
    pub connect_rate: String,
    /// `412 of 1,084 calls`, where there are any.
    pub connect_detail: Option<String>,
    /// `61%`, or `–` before the first judgement. `None` when judgements are not shown.
    pub success_rate: Option<String>,
    /// `66 of 108 judged`, where there are any.
    pub success_detail: Option<String>,
    /// `$113.84`. `None` when costs are not shown.
    pub cost: Option<String>,
}

/// A campaign that uses the assistant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UsedBy {
    /// The campaign.
    pub id: String,
    /// Its name.
    pub name: String,
    /// [`Badge::campaign`].
    pub status: Badge,
    /// When it was made.
    pub created: When,
}

/// One version in the history.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VersionRow {
    /// Its number, from 1.
    pub number: u32,
    /// [`Badge::version_origin`].
    pub origin: Badge,
    /// Who made it, as they called themselves.
    pub by: Option<String>,
    /// When.
    pub at: When,
    /// The places that changed against the version before; the first ones only when there are many.
    pub changed: Vec<String>,
    /// How many places changed beyond those shown.
    pub more_changed: usize,
    /// Whether calls use it.
    pub current: bool,
    /// Makes a new version with this one's configuration. `None` for the current one and while nothing may change.
    pub restore: Option<Button>,
}

impl VersionRow {
    /// The button that restores version `number` of an assistant whose current version is `current`.
    #[must_use]
    pub fn restore(id: &str, number: u32, current: u32) -> Button {
        Button::post(
            &format!("restore-{number}"),
            "Restore",
            format!("/api/assistants/{id}/versions/{number}/restore"),
        )
        .with(&json!({"version": current}))
        .looking("", "history")
        .asking(
            format!(
                "Go back to version {number}? Its configuration becomes version {}; nothing is lost from the history.",
                current.saturating_add(1)
            ),
            "Restore",
            false,
        )
    }
}
