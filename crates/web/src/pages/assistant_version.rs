//! `/assistants/{id}/versions/{n}`: one version of an assistant against the one before.

use askama::Template;

use super::{assistant_live::VersionRow, difference::Difference, shell::Shell};

/// The page.
#[derive(Template, Clone, PartialEq, Eq, Debug)]
#[template(path = "assistant_version.html")]
pub struct AssistantVersionPage {
    /// Header and footer.
    pub shell: Shell,
    /// The assistant.
    pub assistant_id: String,
    /// Its name now.
    pub assistant_name: String,
    /// Its name in this version, where it was another one.
    pub name_then: Option<String>,
    /// The version.
    pub version: VersionRow,
    /// What changed; empty for the first version.
    pub differences: Vec<Difference>,
    /// The version before, where there is one.
    pub previous: Option<u32>,
    /// The version after.
    pub next: Option<u32>,
    /// The configuration as JSON with secrets masked, indented.
    pub config_json: String,
}
