//! Wake-ups: somebody changed something that others wait for.
//!
//! They only save time. Every waiter also has a timer, so a wake-up that is lost costs a moment and nothing else.
//! Subscribe, then look, then sleep.

use std::{collections::BTreeSet, fmt::Write as _, time::Duration};

use domain::ids::{AssistantId, CampaignId};
use sha2::{Digest, Sha256};
use tokio::sync::broadcast;

use crate::{
    Result,
    db::{self, Db, Store},
};

const CHANNEL: &str = "autolynx";
/// NOTIFY serialises commits, so wake-ups for other nodes are sent outside transactions and this often at most.
const COALESCE: Duration = Duration::from_millis(25);

/// A listener that heard nothing for so long asks whether the server is still there.
const QUIET: Duration = Duration::from_secs(30);

/// What changed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Wake {
    /// A line may be free, or a contact may be called.
    Dispatch,
    /// What a page about this campaign shows has changed.
    Campaign(CampaignId),
    /// What a page about this assistant shows has changed.
    Assistant(AssistantId),
}

/// Tells an assistant's id from a campaign's.
const ASSISTANT: &str = "assistant:";

impl Wake {
    fn to_payload(self) -> String {
        match self {
            Self::Dispatch => "dispatch".to_owned(),
            Self::Campaign(id) => id.to_string(),
            Self::Assistant(id) => format!("{ASSISTANT}{id}"),
        }
    }

    fn from_payload(text: &str) -> Option<Self> {
        if text == "dispatch" {
            Some(Self::Dispatch)
        } else if let Some(id) = text.strip_prefix(ASSISTANT) {
            id.parse().ok().map(Self::Assistant)
        } else {
            text.parse().ok().map(Self::Campaign)
        }
    }
}

/// The wake-ups of this process.
pub struct Wakes {
    local: broadcast::Sender<Wake>,
    outgoing: broadcast::Sender<Wake>,
    /// Tells what this process sent to other nodes from what they sent: it has woken itself already.
    sender: String,
}

impl Wakes {
    /// `id_seed` is that of the ids, which no other process shares.
    pub(crate) fn new(id_seed: u64) -> Self {
        let digest = Sha256::digest(id_seed.to_le_bytes());
        let mut sender = String::new();
        for byte in &digest[..8] {
            let _ = write!(sender, "{byte:02x}");
        }
        Self {
            local: broadcast::channel(1024).0,
            outgoing: broadcast::channel(1024).0,
            sender,
        }
    }

    /// What other nodes are told.
    fn told(&self, wake: Wake) -> String {
        format!("{} {}", self.sender, wake.to_payload())
    }

    /// What another node tells; none when it was this one.
    fn heard(&self, text: &str) -> Option<Wake> {
        // A node of an earlier version does not say who it is.
        let (sender, wake) = text.split_once(' ').unwrap_or(("", text));
        (sender != self.sender)
            .then(|| Wake::from_payload(wake))
            .flatten()
    }
}

impl Store {
    /// Listens to wake-ups. A lagging listener loses some, and must then look everywhere.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Wake> {
        self.0.wakes.local.subscribe()
    }

    /// Wakes whoever waits for this, here and on other nodes. Call it after the commit.
    pub fn wake(&self, wake: Wake) {
        // No listener is no error: the wake-up is only a shortcut.
        let _ = self.0.wakes.local.send(wake);
        let _ = self.0.wakes.outgoing.send(wake);
    }

    /// Carries wake-ups between nodes until it is dropped, and reports at least every half minute whether it can. On SQLite
    /// there are no other nodes and it never returns.
    pub async fn relay_wakes(&self, report: impl Fn(Result<()>) + Send + Sync) {
        match &self.0.db {
            Db::Sqlite { .. } => std::future::pending().await,
            Db::Postgres(pool) => {
                tokio::join!(self.send_to_nodes(pool), self.hear_from_nodes(pool, &report));
            }
        }
    }

    async fn send_to_nodes(&self, pool: &sqlx::PgPool) {
        let mut outgoing = self.0.wakes.outgoing.subscribe();
        loop {
            let first = match outgoing.recv().await {
                Ok(wake) => wake,
                Err(broadcast::error::RecvError::Lagged(_)) => Wake::Dispatch,
                Err(broadcast::error::RecvError::Closed) => return,
            };
            let mut wakes = BTreeSet::from([first]);
            tokio::time::sleep(COALESCE).await;
            while let Ok(wake) = outgoing.try_recv() {
                wakes.insert(wake);
            }
            for wake in wakes {
                let notify = sqlx::query("SELECT pg_notify($1, $2)")
                    .bind(CHANNEL)
                    .bind(self.0.wakes.told(wake));
                if let Err(error) = self.0.marks.bounded(notify.execute(pool)).await {
                    tracing::debug!(%error, "wake-up not sent to other nodes");
                }
            }
        }
    }

    async fn hear_from_nodes(&self, pool: &sqlx::PgPool, report: &(impl Fn(Result<()>) + Sync)) {
        let listening = async {
            loop {
                if let Err(error) = self.listen(pool, report).await {
                    // What other nodes do is noticed seconds later, by the timers.
                    report(Err(error.into()));
                }
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        };
        // Ends with the store.
        let _: Result<(), _> = pool.close_event().do_until(listening).await;
    }

    async fn listen(
        &self,
        pool: &sqlx::PgPool,
        report: &(impl Fn(Result<()>) + Sync),
    ) -> Result<(), sqlx::Error> {
        let mut listener = db::postgres::listener(pool).await?;
        listener.listen(CHANNEL).await?;
        report(Ok(()));
        // Whatever was missed while nobody listened.
        let _ = self.0.wakes.local.send(Wake::Dispatch);
        loop {
            let Ok(received) = tokio::time::timeout(QUIET, listener.try_recv()).await else {
                // A connection that is dead is as silent as one without news.
                let asked = sqlx::query("SELECT 1").execute(&mut listener);
                self.0.marks.bounded(asked).await?;
                report(Ok(()));
                continue;
            };
            let wake = match received? {
                Some(notification) => self.0.wakes.heard(notification.payload()),
                // The connection broke and is there again; whatever was sent in between is lost.
                None => Some(Wake::Dispatch),
            };
            report(Ok(()));
            if let Some(wake) = wake {
                let _ = self.0.wakes.local.send(wake);
            }
        }
    }
}
