//! What every handler works with.

use std::{fmt, sync::Arc};

use domain::{ids::Ids, phone::Region, policy::Policy, time::UtcMs};
use engine::{Directory, Engine, Inbox};
use store::Store;
use subtle::ConstantTimeEq;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::{
    api::health::Counted,
    counts::Counts,
    features::Features,
    forecasts::Forecasts,
    numbers::Numbers,
    quiet::Quiet,
    recordings::Recordings,
    vitals::{LostLines, Vitals},
    webhook_room::WebhookRoom,
};

/// A secret from the settings. Compared in constant time, and never shown.
#[derive(Clone)]
pub struct Secret(Arc<str>);

impl Secret {
    /// Keeps a secret.
    #[must_use]
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// Whether `given` is the secret. The time it takes tells nothing but its length. An empty secret matches nothing.
    #[must_use]
    pub fn matches(&self, given: &[u8]) -> bool {
        !self.0.is_empty() && bool::from(self.0.as_bytes().ct_eq(given))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The settings of the web.
#[derive(Clone, Debug)]
pub struct WebSettings {
    /// Lines at once of a campaign that does not say, 1 to 50.
    pub default_cap: u32,
    /// The provider's id of the number to call from when a campaign does not say.
    pub default_phone_number_id: Option<String>,
    /// In which region national numbers of a list are read when an import does not say.
    pub default_region: Option<Region>,
    /// What a campaign allows that does not say: hours, limits, retries, money.
    pub default_policy: Policy,
    /// What a cron host must show to run the steps. Without it nobody may.
    pub cron_secret: Option<Secret>,
    /// The largest list, in bytes.
    pub max_upload_bytes: u64,
    /// The most rows of a list.
    pub max_rows: u64,
    /// The version shown in the footer.
    pub version: String,
    /// Where a person can see what the sandbox did. Set only when the provider is the sandbox; pages then say that
    /// nobody is really called.
    pub sandbox_url: Option<String>,
    /// Whether the provider was told an address at which it can reach us with webhooks.
    pub public_url_set: bool,
    /// How many times as fast as life the engine's clock runs. Other than 1 only in rehearsals.
    pub clock_speed: f64,
    /// Names by which this server may be addressed, beside those of the machine itself (`localhost`, `127.0.0.1`,
    /// `[::1]`). Without port, in any case.
    pub allowed_hosts: Vec<String>,
    /// What is switched on.
    pub features: Features,
    /// Tells how many lines the log has lost. Without it, none are known.
    pub lost_log_lines: Option<LostLines>,
    /// Connections open at once, for [`serve`](crate::serve()). Half of them may be live updates.
    pub max_connections: usize,
}

impl Default for WebSettings {
    fn default() -> Self {
        Self {
            default_cap: 8,
            default_phone_number_id: None,
            default_region: None,
            default_policy: Policy::standard(),
            cron_secret: None,
            max_upload_bytes: 10 * 1024 * 1024,
            max_rows: 10_000,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            sandbox_url: None,
            public_url_set: false,
            clock_speed: 1.0,
            allowed_hosts: Vec::new(),
            features: Features::default(),
            lost_log_lines: None,
            max_connections: DEFAULT_MAX_CONNECTIONS,
        }
    }
}

/// Connections open at once unless the settings say otherwise: far more than people and the provider need, and no danger
/// to a small machine's memory.
pub const DEFAULT_MAX_CONNECTIONS: usize = 4_096;

/// Exports that read the database at once. Each holds a connection to it for all of its time, and the pages and the
/// dialler need the others.
const EXPORTS_AT_ONCE: usize = 2;

/// What every handler works with. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    pub(crate) engine: Engine,
    pub(crate) inbox: Inbox,
    pub(crate) settings: Arc<WebSettings>,
    pub(crate) counts: Arc<Counts>,
    pub(crate) directory: Directory,
    pub(crate) numbers: Arc<Numbers>,
    pub(crate) forecasts: Arc<Forecasts>,
    pub(crate) vitals: Arc<Vitals>,
    pub(crate) counted: Arc<Counted>,
    pub(crate) recordings: Option<Arc<dyn Recordings>>,
    pub(crate) request_ids: Arc<Ids>,
    pub(crate) quiet: Arc<Quiet>,
    /// Places for live updates.
    pub(crate) streams: Arc<Semaphore>,
    /// Turns of exports.
    pub(crate) exports: Arc<Semaphore>,
    pub(crate) webhook_room: WebhookRoom,
    pub(crate) stop: CancellationToken,
}

impl AppState {
    /// The state of a server over this engine and this directory. Webhooks go to `inbox`.
    #[must_use]
    pub fn new(engine: Engine, directory: Directory, inbox: Inbox, settings: WebSettings) -> Self {
        // Ids of requests name them in the log; two nodes that start in the same millisecond may share some.
        let seed = engine.clock().now().0.unsigned_abs();
        Self {
            counts: Arc::new(Counts::new(engine.store().clone())),
            directory,
            numbers: Arc::new(Numbers::new(engine.clone())),
            forecasts: Arc::new(Forecasts::new(engine.clone(), settings.clock_speed)),
            counted: Arc::default(),
            vitals: Arc::new(Vitals::new(engine.clone(), settings.clock_speed)),
            engine,
            inbox,
            streams: Arc::new(Semaphore::new((settings.max_connections / 2).max(1))),
            exports: Arc::new(Semaphore::new(EXPORTS_AT_ONCE)),
            webhook_room: WebhookRoom::new(),
            settings: Arc::new(settings),
            recordings: None,
            request_ids: Arc::new(Ids::seeded(seed)),
            quiet: Arc::default(),
            stop: CancellationToken::new(),
        }
    }

    /// Lets people listen to recordings. Without this, pages offer none.
    #[must_use]
    pub fn with_recordings(mut self, recordings: Arc<dyn Recordings>) -> Self {
        self.recordings = Some(recordings);
        self
    }

    /// Ends live connections when `stop` is cancelled.
    #[must_use]
    pub fn with_stop(mut self, stop: CancellationToken) -> Self {
        self.stop = stop;
        self
    }

    pub(crate) fn store(&self) -> &Store {
        self.engine.store()
    }

    pub(crate) fn now(&self) -> UtcMs {
        self.engine.clock().now()
    }
}

impl fmt::Debug for AppState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppState")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_matches_itself_only_and_is_never_shown() {
        let secret = Secret::new("s3cret");
        assert!(secret.matches(b"s3cret"));
        assert!(!secret.matches(b"s3cre") && !secret.matches(b"s3cret ") && !secret.matches(b""));
        assert!(!Secret::new("").matches(b""));
        let settings = WebSettings {
            cron_secret: Some(secret),
            ..WebSettings::default()
        };
        assert!(!format!("{settings:?}").contains("s3cret"));
    }
}
