//! Settings: from flags, the environment and a file, in this order. A bad value is named with what would be right.

mod address;
mod hidden;
mod parse;
mod sources;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::Args;
use domain::{phone::Region, policy::Policy};
use etcetera::AppStrategy;
use web::Features;

pub(crate) use self::{
    address::{Server, server},
    hidden::{Hidden, could_be_secret},
};
use self::{parse::Values, sources::Sources};

/// Flags that stand for a setting. Each has the name of its environment variable.
#[derive(Args, Debug, Clone, Default)]
pub(crate) struct SettingFlags {
    /// A file with settings, one `NAME = "value"` a line [default: autolynx.toml in the platform's configuration folder]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The database: `sqlite:/path/file.db` or `postgres://…` (DATABASE_URL)
    #[arg(long, global = true, value_name = "URL", alias = "database-url")]
    pub(crate) database: Option<Hidden>,
    /// Where to listen; only this machine, until sign-in exists (LISTEN_ADDRESS)
    #[arg(long, global = true, value_name = "ADDRESS")]
    listen: Option<Hidden>,
    /// What to log: error, warn, info, debug or trace (LOG_LEVEL)
    #[arg(long, global = true, value_name = "LEVEL")]
    log_level: Option<Hidden>,
    /// Where the provider can reach this node (PUBLIC_URL)
    #[arg(long, global = true, value_name = "URL")]
    public_url: Option<Hidden>,
}

/// The settings of a run.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// The database. `None`: a SQLite file in the platform's data folder.
    pub(crate) database_url: Option<Hidden>,
    /// Parameters of its address that nobody knows.
    pub(crate) database_unknown: Vec<String>,
    /// Connections to the database at most.
    pub(crate) database_max_connections: u32,
    /// Where to listen.
    pub(crate) listen: SocketAddr,
    /// What to log, as `tracing` directives.
    pub(crate) log_level: String,
    /// Whether to log JSON.
    pub(crate) log_json: bool,
    /// Where the provider can reach us. `None`: polling only.
    pub(crate) public_url: Option<String>,
    /// The provider's private key.
    pub(crate) vapi_api_key: Option<Hidden>,
    /// The provider's address.
    pub(crate) vapi_base_url: String,
    /// The number we call from, unless a campaign says otherwise.
    pub(crate) vapi_phone_number_id: Option<String>,
    /// How webhooks prove that they are genuine.
    pub(crate) webhook_auth: WebhookAuthKind,
    /// What they prove it with.
    pub(crate) webhook_secret: Option<Hidden>,
    /// The provider's credential that signs webhooks, for signatures.
    pub(crate) webhook_credential_id: Option<String>,
    /// What a cron host proves itself with.
    pub(crate) cron_secret: Option<Hidden>,
    /// Calls open at once in a new campaign.
    pub(crate) default_cap: u32,
    /// Lines of the account that all campaigns share.
    pub(crate) account_lines: u32,
    /// How often live calls are polled although webhooks arrive, in seconds.
    pub(crate) cadence_seconds: u32,
    /// The provider ends a call by itself after this long, in seconds.
    pub(crate) max_call_duration_seconds: u32,
    /// In which region national numbers of a list are read, unless an import says otherwise.
    pub(crate) default_region: Option<Region>,
    pub(crate) default_policy: Policy,
    /// The largest list, in bytes.
    pub(crate) max_file_upload_bytes: u64,
    /// The longest list, in rows.
    pub(crate) max_campaign_size: u64,
    /// Connections open at once.
    pub(crate) max_connections: usize,
    /// What is switched on.
    pub(crate) features: Features,
    /// The node that commands ask. `None`: the one at `listen`.
    pub(crate) server: Option<Server>,
}

/// How webhooks prove that they are genuine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WebhookAuthKind {
    /// The secret itself, in the header `X-Vapi-Secret`.
    Secret,
    /// The secret as a bearer token.
    Bearer,
    /// A signature over time and body.
    Hmac,
}

impl SettingFlags {
    /// Reads every source and checks every value.
    ///
    /// # Errors
    /// When a value is not right; the message says where it stands and what would be right.
    pub(crate) fn resolve(self) -> anyhow::Result<Settings> {
        let flags = [
            ("DATABASE_URL", "--database", self.database),
            ("LISTEN_ADDRESS", "--listen", self.listen),
            ("LOG_LEVEL", "--log-level", self.log_level),
            ("PUBLIC_URL", "--public-url", self.public_url),
        ];
        let sources = Sources::read(self.config.as_deref(), flags).context("settings")?;
        Settings::from_values(&Values::new(sources))
    }
}

/// The only proof of who sends, against somebody who may try as often as they like.
const SHORTEST_SECRET: usize = 16;

/// Where a node listens unless told otherwise.
const USUAL_ADDRESS: &str = "127.0.0.1:3000";

impl Settings {
    /// Whether somebody chose the address to listen on.
    pub(crate) fn listens_by_choice(&self) -> bool {
        self.listen.to_string() != USUAL_ADDRESS
    }

    fn from_values(values: &Values) -> anyhow::Result<Self> {
        let (database_url, database_unknown) = values.database("DATABASE_URL")?;
        let settings = Self {
            database_url,
            database_unknown,
            database_max_connections: values.number(
                "DATABASE_MAX_CONNECTIONS",
                8,
                store::MIN_CONNECTIONS..=200,
            )?,
            listen: values.parsed(
                "LISTEN_ADDRESS",
                USUAL_ADDRESS,
                "an address and port such as 127.0.0.1:3000",
            )?,
            log_level: values.log_level("LOG_LEVEL", "info")?,
            log_json: values.one_of("LOG_FORMAT", &[("text", false), ("json", true)], false)?,
            public_url: values.url("PUBLIC_URL")?,
            vapi_api_key: values.secret("VAPI_API_KEY"),
            vapi_base_url: values
                .url("VAPI_BASE_URL")?
                .unwrap_or_else(|| "https://api.vapi.ai".to_owned()),
            vapi_phone_number_id: values.text("VAPI_PHONE_NUMBER_ID"),
            webhook_auth: values.one_of(
                "WEBHOOK_AUTH",
                &[
                    ("secret", WebhookAuthKind::Secret),
                    ("bearer", WebhookAuthKind::Bearer),
                    ("hmac", WebhookAuthKind::Hmac),
                ],
                WebhookAuthKind::Secret,
            )?,
            webhook_secret: values.secret("WEBHOOK_SHARED_SECRET"),
            webhook_credential_id: values.text("VAPI_WEBHOOK_CREDENTIAL_ID"),
            cron_secret: values.secret("CRON_SHARED_SECRET"),
            default_cap: values.number("DEFAULT_CONCURRENCY_CAP", 8, 1..=50)?,
            account_lines: values.number("ACCOUNT_LINES", 10, 1..=10_000)?,
            cadence_seconds: values.number("DEFAULT_CRON_CADENCE", 60, 10..=3_600)?,
            max_call_duration_seconds: values.number("MAX_CALL_DURATION_SECONDS", 600, 10..=43_200)?,
            default_region: values.region("DEFAULT_REGION")?,
            default_policy: values.policy("DEFAULT_POLICY")?,
            max_file_upload_bytes: values.number("MAX_FILE_UPLOAD_SIZE", 10 << 20, 1..=u64::MAX)?,
            max_campaign_size: values.number("MAX_CAMPAIGN_SIZE", 10_000, 1..=100_000_000)?,
            max_connections: values.number(
                "MAX_CONNECTIONS",
                web::state::DEFAULT_MAX_CONNECTIONS,
                16..=100_000,
            )?,
            features: values.features()?,
            server: values.server("AUTOLYNX_SERVER")?,
        };
        settings.check_together()?;
        Ok(settings)
    }

    /// Values that are right alone and wrong together.
    fn check_together(&self) -> anyhow::Result<()> {
        anyhow::ensure!(
            self.listen.ip().is_loopback(),
            "LISTEN_ADDRESS is `{}`: until sign-in exists, only this machine may connect: use 127.0.0.1:{} \
             and put a proxy that checks its users in front",
            self.listen,
            self.listen.port()
        );
        anyhow::ensure!(
            self.public_url.is_none() || self.webhook_secret.is_some(),
            "PUBLIC_URL is set and WEBHOOK_SHARED_SECRET is not: anybody could tell us how calls ended. Set it to a \
             long random text, for instance from `openssl rand -hex 32`"
        );
        for (name, secret) in [
            ("WEBHOOK_SHARED_SECRET", &self.webhook_secret),
            ("CRON_SHARED_SECRET", &self.cron_secret),
        ] {
            anyhow::ensure!(
                secret
                    .as_ref()
                    .is_none_or(|secret| secret.reveal().len() >= SHORTEST_SECRET),
                "{name} can be guessed: it needs at least {SHORTEST_SECRET} characters, for instance from \
                 `openssl rand -hex 32`"
            );
        }
        anyhow::ensure!(
            self.webhook_auth != WebhookAuthKind::Hmac
                || self.webhook_credential_id.is_some()
                || self.public_url.is_none(),
            "WEBHOOK_AUTH is `hmac`: set VAPI_WEBHOOK_CREDENTIAL_ID to the provider's credential that signs webhooks"
        );
        Ok(())
    }

    /// The database's address: as set, or a file in the platform's data folder, which is made if it is missing.
    ///
    /// # Errors
    /// When there is no such folder and it cannot be made.
    pub(crate) fn database(&self) -> anyhow::Result<String> {
        if let Some(url) = &self.database_url {
            if !self.database_unknown.is_empty() {
                let parameters = self.database_unknown.join(", ");
                tracing::warn!(
                    parameters,
                    "parameters of DATABASE_URL that have no meaning here are ignored"
                );
            }
            return Ok(url.reveal().to_owned());
        }
        let folder = sources::folders()
            .context("this account has no home folder: set DATABASE_URL, for instance to sqlite:/var/lib/autolynx.db")?
            .data_dir();
        make_private_folder(&folder)
            .with_context(|| format!("cannot make the data folder {}", folder.display()))?;
        Ok(format!("sqlite:{}", folder.join("autolynx.db").display()))
    }
}

/// Makes a folder that only this account may enter, whatever the umask. One that is there is left as it is, and a wider
/// one is told of: the data is of people.
fn make_private_folder(folder: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::{
            fs::{DirBuilder, Permissions},
            os::unix::fs::{DirBuilderExt, PermissionsExt},
        };
        if let Ok(there) = std::fs::metadata(folder) {
            let mode = there.permissions().mode();
            if mode & 0o077 != 0 {
                tracing::warn!(
                    path = %folder.display(),
                    mode = %format!("{:04o}", mode & 0o7777),
                    fix = %format!("chmod 700 {}", folder.display()),
                    "other accounts of this machine can enter the data folder: restrict the permissions"
                );
            }
            return Ok(());
        }
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        std::fs::set_permissions(folder, Permissions::from_mode(0o700))
    }
    #[cfg(not(unix))]
    std::fs::create_dir_all(folder)
}

#[cfg(test)]
mod tests;
