//! The file in which assistants travel from one installation to another.

use serde::{Deserialize, Serialize};

use super::{Config, Fault, secrets};
use crate::time::UtcMs;

/// What such a file says that it is.
pub const FORMAT: &str = "autolynx.assistants";
/// The version that this program writes, and the newest that it reads.
pub const FORMAT_VERSION: u32 = 1;

/// A file of assistants.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ExportFile {
    /// Always [`FORMAT`].
    pub format: String,
    /// How the rest is to be read.
    pub format_version: u32,
    /// When it was written, as ISO-8601.
    pub exported_at: String,
    /// The assistants.
    pub assistants: Vec<ExportedAssistant>,
}

/// One assistant of such a file.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ExportedAssistant {
    /// Its name in the directory, which may differ from the one in the configuration.
    pub name: String,
    /// What it is made of, without secrets.
    pub config: Config,
    /// Where secrets were left out. They must be entered again after an import.
    #[serde(default)]
    pub left_out: Vec<String>,
}

impl ExportedAssistant {
    /// An assistant as it goes into a file: without its secrets.
    #[must_use]
    pub fn new(name: &str, config: &Config) -> Self {
        let (config, left_out) = secrets::without_secrets(config);
        Self {
            name: name.to_owned(),
            config,
            left_out,
        }
    }
}

impl ExportFile {
    /// A file of these assistants, written at `now`.
    #[must_use]
    pub fn new(now: UtcMs, assistants: Vec<ExportedAssistant>) -> Self {
        Self {
            format: FORMAT.to_owned(),
            format_version: FORMAT_VERSION,
            exported_at: now.to_iso(),
            assistants,
        }
    }

    /// Reads such a file.
    ///
    /// # Errors
    ///
    /// When the text is not such a file, or a newer program wrote it.
    pub fn parse(json: &str) -> Result<Self, Fault> {
        /// Enough to tell what a file is, whatever else a newer version changes.
        #[derive(Deserialize)]
        struct Head {
            format: String,
            format_version: u32,
        }
        let head: Head = serde_json::from_str(json)
            .map_err(|error| Fault::new("", format!("This is not a file of assistants: {error}.")))?;
        if head.format != FORMAT {
            return Err(Fault::new(
                "format",
                format!("A file of assistants says \"{FORMAT}\" here."),
            ));
        }
        if !(1..=FORMAT_VERSION).contains(&head.format_version) {
            return Err(Fault::new(
                "format_version",
                format!(
                    "This program reads version {FORMAT_VERSION}; the file has version {}. A newer program may read it.",
                    head.format_version
                ),
            ));
        }
        serde_json::from_str(json)
            .map_err(|error| Fault::new("assistants", format!("The file cannot be read: {error}.")))
    }
}
