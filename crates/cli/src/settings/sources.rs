//! Where settings stand: flags before the environment before the file.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context, bail};
use etcetera::{AppStrategy, AppStrategyArgs, choose_app_strategy};

/// Every setting there is.
pub(crate) const NAMES: [&str; 27] = [
    "DATABASE_URL",
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
];

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sourced {
    /// The value as written.
    pub(crate) value: String,
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
        flags: [(&'static str, &'static str, Option<String>); N],
    ) -> anyhow::Result<Self> {
        let mut sources = Self::default();
        let from_environment = environment("AUTOLYNX_CONFIG").map(std::path::PathBuf::from);
        let named = config.map(Path::to_path_buf).or(from_environment);
        let standard = folders()
            .map(|folders| folders.config_dir().join("autolynx.toml"))
            .filter(|path| path.exists());
        if let Some(path) = named.or(standard) {
            sources.add_file(&path)?;
        }
        for name in NAMES {
            if let Some(value) = environment(name) {
                sources.set(name, &value, "the environment");
            }
        }
        for (name, flag, value) in flags {
            if let Some(value) = value {
                sources.set(name, &value, flag);
            }
        }
        Ok(sources)
    }

    fn set(&mut self, name: &'static str, value: &str, origin: &str) {
        if !value.trim().is_empty() {
            self.0.insert(
                name,
                Sourced {
                    value: value.trim().to_owned(),
                    origin: origin.to_owned(),
                },
            );
        }
    }

    fn add_file(&mut self, path: &Path) -> anyhow::Result<()> {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let table: toml::Table = text
            .parse()
            .with_context(|| format!("{} is not a settings file", path.display()))?;
        for (key, value) in table {
            let Some(name) = NAMES.into_iter().find(|name| name.eq_ignore_ascii_case(&key)) else {
                bail!(
                    "{}: there is no setting `{key}`. There are: {}",
                    path.display(),
                    NAMES.join(", ")
                );
            };
            let value = match value {
                toml::Value::String(text) => text,
                toml::Value::Integer(number) => number.to_string(),
                toml::Value::Boolean(switch) => switch.to_string(),
                other => bail!(
                    "{}: `{key}` must be a text, a number, true or false, not {other}",
                    path.display()
                ),
            };
            self.set(name, &value, &path.display().to_string());
        }
        Ok(())
    }
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
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
