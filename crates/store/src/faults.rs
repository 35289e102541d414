//! What only tests may do: stop a node between two steps, fill its disk, look at its query plans.

use std::sync::Arc;

use domain::ids::CallId;

use crate::{
    Kind, Result, account, claim,
    db::{Db, Store},
    dialling, export, folding, lookups, preflight, strays,
};

/// Told before and after every commit; may stop the node there for good by never returning.
#[async_trait::async_trait]
pub trait Probe: Send + Sync {
    /// A writing transaction is about to begin: what was read before may be out of date by then.
    async fn begin(&self) {}

    /// A commit is about to happen (`done == false`) or has happened.
    async fn commit(&self, done: bool);
}

/// A query whose cost must not grow with the size of a campaign.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HotQuery {
    /// The claim's next contacts. Takes campaign, batch, now, places (as an array or as JSON), limit.
    Candidates,
    /// The open calls that the claim counts. Takes the account.
    OpenCalls,
    /// Reserved calls whose time to be dialled has passed. Takes the account, now.
    Orphans,
    /// When requests left lately. Takes account, reserved since, sent since, limit, and sent until.
    SentLately,
    /// Calls that are reserved or left lately. Takes account, reserved since, sent since and until.
    Pace,
    /// The account with the number of its open calls. Takes the account.
    Account,
    /// The open calls that the provider is asked about. Takes the account.
    LookedUp,
    /// The batch that a campaign works on. Takes the campaign.
    PresentBatch,
    /// How often numbers were called. Takes account, numbers (as an array or as JSON), since.
    Attempts,
    /// Whether numbers may be called. Takes account, numbers and their beginnings, campaign, now.
    Suppressions,
    /// What calls without a known cost may come to. Takes the campaign.
    Held,
    /// When the next waiting contact may be called. Takes campaign, batch, now.
    NextEligible,
    /// Calls that wait for their cost. Takes account, since.
    AwaitedDetails,
    /// What stands in the way of a campaign. Takes campaign, account, now.
    Preflight,
    /// The list in its order, with the latest calls. Takes the campaign.
    Export,
    /// The newest messages and facts without a call. Takes how many.
    NewestStrays,
    /// Drops the oldest of them. Takes the id before which they go, how many.
    DropStrays,
    /// The calls that facts are about. Takes ids and provider ids, as arrays or as JSON.
    CallsOfFacts,
}

impl HotQuery {
    /// Its text.
    #[must_use]
    pub fn sql(self, kind: Kind) -> &'static str {
        match self {
            Self::CallsOfFacts if kind == Kind::Sqlite => &folding::LOAD_SQLITE,
            Self::CallsOfFacts => &folding::LOAD_POSTGRES,
            Self::Candidates if kind == Kind::Sqlite => &claim::CANDIDATES_SQLITE,
            Self::Candidates => &claim::CANDIDATES_POSTGRES,
            Self::Attempts => claim::attempts_sql(kind),
            Self::Suppressions => claim::suppressions_sql(kind),
            Self::Held => claim::HELD,
            Self::OpenCalls => claim::OPEN_CALLS,
            Self::Orphans => dialling::ORPHANS,
            Self::SentLately => dialling::SENT_LATELY,
            Self::Pace => claim::PACE,
            Self::Account => account::READ,
            Self::LookedUp => lookups::OPEN,
            Self::PresentBatch => claim::PRESENT_BATCH,
            Self::NextEligible => claim::NEXT_ELIGIBLE,
            Self::AwaitedDetails => lookups::AWAITED_DETAILS,
            Self::NewestStrays if kind == Kind::Sqlite => strays::NEWEST_SQLITE,
            Self::NewestStrays => strays::NEWEST_POSTGRES,
            Self::DropStrays => strays::DROP,
            Self::Preflight => &preflight::GROUPS,
            Self::Export => export::ROWS,
        }
    }
}

// What was reserved under an older version of the policy.
const HIDE: &str = "UPDATE calls SET dial_lease_ms = reserved_at_ms + $2, \
     policy_version = (SELECT c.policy_version FROM campaigns c WHERE c.id = calls.campaign_id) \
     WHERE id = $1 AND dialling = 'reserved' AND status = 'QUEUED' \
       AND policy_version <> (SELECT c.policy_version FROM campaigns c WHERE c.id = calls.campaign_id)";

impl Store {
    /// Makes a reserved call look as if it had been decided under the policy in force, and as if it had not been stopped,
    /// for the proof that somebody would notice.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn hide_policy_change(&self, call: CallId) -> Result<()> {
        let mut tx = self.begin().await?;
        on_tx!(tx, |c| sqlx::query(HIDE)
            .bind(call.0)
            .bind(claim::DIAL_LEASE_MS)
            .execute(c)
            .await
            .map(|_| ()))?;
        tx.commit().await
    }

    /// Sets the probe of a test, once.
    pub fn set_probe(&self, probe: Arc<dyn Probe>) {
        let _ = self.0.probe.set(probe);
    }

    /// Lets a SQLite file grow by no page any more, as on a full disk, or lets it grow again. Does nothing on Postgres.
    ///
    /// The limit goes with the connection, and the store may replace that after a failure: fill the disk before each.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn fill_disk(&self, full: bool) -> Result<()> {
        if let Db::Sqlite { write, .. } = &self.0.db {
            // A limit below the present size means the present size.
            let limit = if full {
                "PRAGMA max_page_count = 1"
            } else {
                "PRAGMA max_page_count = 1073741823"
            };
            sqlx::query(limit).execute(write).await?;
        }
        Ok(())
    }
}
