//! Wake-ups: somebody changed something that others wait for.
//!
//! They only save time. Every waiter also has a timer, so a wake-up that is lost costs a moment and nothing else.
//! Subscribe, then look, then sleep.

use std::{collections::BTreeSet, time::Duration};

use domain::ids::{AssistantId, CampaignId};
use sqlx::postgres::PgListener;
use tokio::sync::broadcast;

use crate::{
    Result,
    db::{Db, Store},
};

const CHANNEL: &str = "autolynx";
/// NOTIFY serialises commits, so wake-ups for other nodes are sent outside transactions and this often at most.
const COALESCE: Duration = Duration::from_millis(25);
/// Every node says this so often that its listener hears that it can hear. Others ignore it.
const ALIVE: &str = "alive";
const ALIVE_EVERY: Duration = Duration::from_secs(5);
/// A listener that heard nothing for so long has lost its connection without being told.
const DEAF_AFTER: Duration = Duration::from_secs(15);

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
}

impl Wakes {
    pub(crate) fn new() -> Self {
        Self {
            local: broadcast::channel(1024).0,
            outgoing: broadcast::channel(1024).0,
        }
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

    /// Carries wake-ups between nodes until it is dropped, and reports again and again whether it can. On SQLite there are
    /// no other nodes and it never returns.
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
        let mut alive = tokio::time::interval(ALIVE_EVERY);
        alive.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let first = tokio::select! {
                wake = outgoing.recv() => match wake {
                    Ok(wake) => wake,
                    Err(broadcast::error::RecvError::Lagged(_)) => Wake::Dispatch,
                    Err(broadcast::error::RecvError::Closed) => return,
                },
                _ = alive.tick() => {
                    notify(pool, ALIVE).await;
                    continue;
                }
            };
            let mut wakes = BTreeSet::from([first]);
            tokio::time::sleep(COALESCE).await;
            while let Ok(wake) = outgoing.try_recv() {
                wakes.insert(wake);
            }
            for wake in wakes {
                notify(pool, &wake.to_payload()).await;
            }
        }
    }

    async fn hear_from_nodes(&self, pool: &sqlx::PgPool, report: &(impl Fn(Result<()>) + Sync)) {
        loop {
            if let Err(error) = self.listen(pool, report).await {
                report(Err(error.into()));
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    async fn listen(
        &self,
        pool: &sqlx::PgPool,
        report: &(impl Fn(Result<()>) + Sync),
    ) -> std::result::Result<(), sqlx::Error> {
        let mut listener = PgListener::connect_with(pool).await?;
        listener.listen(CHANNEL).await?;
        report(Ok(()));
        // Whatever was missed while nobody listened.
        let _ = self.0.wakes.local.send(Wake::Dispatch);
        loop {
            let heard = tokio::time::timeout(DEAF_AFTER, listener.try_recv()).await;
            let wake = match heard.map_err(|_| sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()))?? {
                Some(notification) => Wake::from_payload(notification.payload()),
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

async fn notify(pool: &sqlx::PgPool, payload: &str) {
    let notify = sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(payload);
    if let Err(error) = notify.execute(pool).await {
        tracing::debug!(%error, "wake-up not sent to other nodes");
    }
}
