//! Where settings stand: flags before the environment before the file.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use anyhow::{Context, anyhow, bail, ensure};
use etcetera::{AppStrategy, AppStrategyArgs, choose_app_strategy};

use super::hidden::{Hidden, could_be_secret};

/// Every setting there is.
pub(crate) const NAMES: [&str; 29] = [
    "DATABASE_URL",
    "DATABASE_MAX_CONNECTIONS",
    "LISTEN_ADDRESS",
    "LOG_LEVEL",
    "LOG_FORMAT",
    "PUBLIC_URL",
    "VAPI_API_KEY",
    "VAPI_BASE_URL",
    "VAPI_PHONE_NUMBER_ID",
    "VAPI_WEBHOOK_CREDENTIAL_ID",
    "WEBHOOK_AUTH",
    "WEBHOOK_SHARED_SECRET",
    "CRON_SHARED_SECRET",
    "DEFAULT_CONCURRENCY_CAP",
    "ACCOUNT_LINES",
    "DEFAULT_CRON_CADENCE",
    "MAX_CALL_DURATION_SECONDS",
    "DEFAULT_REGION",
    "DEFAULT_POLICY",
    "MAX_FILE_UPLOAD_SIZE",
    "MAX_CAMPAIGN_SIZE",
    "MAX_CONNECTIONS",
    "STRICT_BATCHING",
    "PHONE_LINE_HEALTH_CHECK",
    "TRANSCRIPT_ANALYSIS",
    "COST_TRACKING",
    "EXPORT_FUNCTIONALITY",
    "AUTOLYNX_CONFIG",
    "AUTOLYNX_SERVER",
];

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sourced {
    /// The value as written. Which of them are secrets is not known here.
    pub(crate) value: Hidden,
    /// For messages: `--listen`, `the environment`, the file's path.
    pub(crate) origin: String,
}

/// The values that are set, by name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sources(pub BTreeMap<&'static str, Sourced>);

impl Sources {
    /// Reads the file, then the environment over it, then the flags over both. An empty value counts as not set.
    pub(crate) fn read<const N: usize>(
        config: Option<&Path>,
        flags: [(&'static str, &'static str, Option<Hidden>); N],
    ) -> anyhow::Result<Self> {
        let mut sources = Self::default();
        let from_environment = environment("AUTOLYNX_CONFIG")?.map(std::path::PathBuf::from);
        let named = config.map(Path::to_path_buf).or(from_environment);
        let standard = folders()
            .map(|folders| folders.config_dir().join("autolynx.toml"))
            // One that cannot be looked at is there, and reading it says why it cannot be.
            .filter(|path| path.try_exists().unwrap_or(true));
        if let Some(path) = named.or(standard) {
            sources.add_file(&path)?;
        }
        for name in NAMES {
            if let Some(value) = environment(name)? {
                sources.set(name, &value, "the environment");
            }
        }
        for (name, flag, value) in flags {
            if let Some(value) = value {
                sources.set(name, value.reveal(), flag);
            }
        }
        Ok(sources)
    }

    fn set(&mut self, name: &'static str, value: &str, origin: &str) {
        if !value.trim().is_empty() {
            self.0.insert(
                name,
                Sourced {
                    value: value.trim().to_owned().into(),
                    origin: origin.to_owned(),
                },
            );
        }
    }

    /// The messages show names and places, never what a line says: a line that is broken may hold a key.
    fn add_file(&mut self, path: &Path) -> anyhow::Result<()> {
        // Somebody may have put an address with a password here.
        let shown = match path.display().to_string() {
            path if path.contains("://") => "the settings file".to_owned(),
            path => path,
        };
        let bytes = std::fs::read(path).with_context(|| format!("cannot read {shown}"))?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let line = line_of(error.as_bytes(), error.utf8_error().valid_up_to());
            anyhow!("{shown}, line {line}: this is not UTF-8 text. Save the file as UTF-8")
        })?;
        let table: toml::Table = toml::from_str(&text).map_err(|error| {
            let line = line_of(text.as_bytes(), error.span().map_or(0, |span| span.start));
            anyhow!(
                "{shown}, line {line}: this line cannot be read. Write NAME = \"value\", each name once, with the value in \
                 quotation marks"
            )
        })?;
        let mut found = BTreeSet::new();
        for (key, value) in table {
            let Some(name) = NAMES.into_iter().find(|name| name.eq_ignore_ascii_case(&key)) else {
                let key = if could_be_secret(&key) {
                    "…"
                } else {
                    key.as_str()
                };
                bail!(
                    "{shown}: there is no setting `{key}`. There are: {}",
                    NAMES.join(", ")
                );
            };
            ensure!(found.insert(name), "{shown}: {name} stands there twice");
            ensure!(
                name != "AUTOLYNX_CONFIG",
                "{shown}: {name} names a settings file, so it cannot stand in one. Take the line out"
            );
            let value = match value {
                toml::Value::String(text) => text,
                toml::Value::Integer(number) => number.to_string(),
                toml::Value::Boolean(switch) => switch.to_string(),
                other => bail!(
                    "{shown}: {name} must be a text, a number, true or false; it is of the kind {}",
                    other.type_str()
                ),
            };
            self.set(name, &value, &shown);
        }
        Ok(())
    }
}

/// The number of the line of a byte, from 1.
fn line_of(text: &[u8], at: usize) -> usize {
    let before = text.get(..at).unwrap_or(text);
    before.iter().filter(|byte| **byte == b'\n').count() + 1
}

/// The platform's folders for this program. `None` without a home folder.
pub(crate) fn folders() -> Option<impl AppStrategy> {
    choose_app_strategy(AppStrategyArgs {
        app_name: "autolynx".to_owned(),
        ..AppStrategyArgs::default()
    })
    .ok()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where the environment is read"
)]
fn environment(name: &str) -> anyhow::Result<Option<String>> {
    match std::env::var(name) {
        Ok(value) => Ok(Some(value)),
        Err(std::env::VarError::NotPresent) => Ok(None),
        // Left out, it would silently be the default: another database, no secret.
        Err(std::env::VarError::NotUnicode(_)) => {
            bail!("{name} (from the environment) is not UTF-8 text. Set it again as UTF-8, or unset it")
        }
    }
}
