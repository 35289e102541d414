//! What only tests may do: stop a node between two steps, fill its disk, look at its query plans.

use std::sync::Arc;

use crate::{Result, claim, db::Db, db::Store};

/// Told before and after every commit; may stop the node there for good by never returning.
#[async_trait::async_trait]
pub trait Probe: Send + Sync {
    /// A commit is about to happen (`done == false`) or has happened.
    async fn commit(&self, done: bool);
}

/// A query whose cost must not grow with the size of a campaign.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HotQuery {
    /// The claim's next contacts. Takes campaign, batch, now, account, limit.
    Candidates,
    /// The open calls that the claim counts. Takes the account.
    OpenCalls,
    /// The batch that a campaign works on. Takes the campaign.
    PresentBatch,
    /// When the next waiting contact may be called. Takes campaign, batch, now.
    NextEligible,
    /// Calls that wait for their cost. Takes account, since.
    AwaitedDetails,
    /// The list in its order, with the latest calls. Takes the campaign.
    Export,
}

impl HotQuery {
    /// Its text.
    #[must_use]
    pub fn sql(self) -> &'static str {
        match self {
            Self::Candidates => claim::CANDIDATES,
            Self::OpenCalls => claim::OPEN_CALLS,
            Self::PresentBatch => claim::PRESENT_BATCH,
            Self::NextEligible => claim::NEXT_ELIGIBLE,
            Self::AwaitedDetails => crate::lookups::AWAITED_DETAILS,
            Self::Export => crate::export::ROWS,
        }
    }
}

impl Store {
    /// Sets the probe of a test, once.
    pub fn set_probe(&self, probe: Arc<dyn Probe>) {
        let _ = self.0.probe.set(probe);
    }

    /// Lets a SQLite file grow by no page any more (or lets it grow again), as a full disk would. Does nothing on
    /// Postgres.
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
