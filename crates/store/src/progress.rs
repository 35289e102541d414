//! How far a campaign is, counted afresh from indexes.

use domain::{
    call::{CallStatus, Source},
    contact::ContactState,
    ids::CampaignId,
    money::UsdMicros,
    outcome::Outcome,
};

use crate::{Result, db::Store, rows::to_u64};

/// How many contacts are in a state, and with which outcome.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Count {
    /// The state.
    pub state: ContactState,
    /// The outcome, of contacts that are done.
    pub outcome: Option<Outcome>,
    /// How many.
    pub contacts: u64,
}

/// How many facts came by each way.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FactCounts {
    /// The provider told us.
    pub webhook: u64,
    /// We asked the provider, and it was news.
    pub poll: u64,
    /// Answers to dial requests.
    pub dial: u64,
}

/// How far a campaign is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Progress {
    /// Contacts by state and outcome.
    pub contacts: Vec<Count>,
    /// Calls by status.
    pub calls: Vec<(CallStatus, u64)>,
    /// What the calls cost so far.
    pub cost: UsdMicros,
    /// Facts by way.
    pub facts: FactCounts,
}

// Each is answered from an index alone.
const CONTACTS: &str =
    "SELECT state, outcome, COUNT(*) FROM contacts WHERE campaign_id = $1 GROUP BY state, outcome";
const CALLS: &str = "SELECT status, COUNT(*), CAST(COALESCE(SUM(cost_usd_micros), 0) AS BIGINT) FROM calls \
     WHERE campaign_id = $1 GROUP BY status";
const FACTS: &str = "SELECT source, COUNT(*) FROM call_events WHERE campaign_id = $1 GROUP BY source";

impl Progress {
    /// How many contacts are in a state.
    #[must_use]
    pub fn in_state(&self, state: ContactState) -> u64 {
        self.contacts
            .iter()
            .filter(|count| count.state == state)
            .map(|count| count.contacts)
            .sum()
    }

    /// How many contacts are done with an outcome.
    #[must_use]
    pub fn with_outcome(&self, outcome: Outcome) -> u64 {
        self.contacts
            .iter()
            .filter(|count| count.outcome == Some(outcome))
            .map(|count| count.contacts)
            .sum()
    }

    /// How many calls there were, open ones included.
    #[must_use]
    pub fn total_calls(&self) -> u64 {
        self.calls.iter().map(|(_, calls)| calls).sum()
    }
}

impl Store {
    /// How far a campaign is.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn progress(&self, id: CampaignId) -> Result<Progress> {
        let contacts: Vec<(String, Option<String>, i64)> = on!(self, |pool| sqlx::query_as(CONTACTS)
            .bind(id.0)
            .fetch_all(pool)
            .await)?;
        let calls: Vec<(String, i64, i64)> = on!(self, |pool| sqlx::query_as(CALLS)
            .bind(id.0)
            .fetch_all(pool)
            .await)?;
        let facts: Vec<(String, i64)> = on!(self, |pool| sqlx::query_as(FACTS)
            .bind(id.0)
            .fetch_all(pool)
            .await)?;
        let mut progress = Progress::default();
        for (state, outcome, contacts) in contacts {
            if let Some(state) = ContactState::from_stored(&state) {
                let outcome = outcome.as_deref().and_then(Outcome::from_stored);
                progress.contacts.push(Count {
                    state,
                    outcome,
                    contacts: to_u64(contacts),
                });
            }
        }
        for (status, calls, cost) in calls {
            if let Some(status) = CallStatus::from_stored(&status) {
                progress.calls.push((status, to_u64(calls)));
            }
            progress.cost = progress.cost + UsdMicros(cost);
        }
        for (source, facts) in facts {
            match Source::from_stored(&source) {
                Some(Source::Webhook) => progress.facts.webhook = to_u64(facts),
                Some(Source::Poll) => progress.facts.poll = to_u64(facts),
                Some(Source::Dial) => progress.facts.dial = to_u64(facts),
                Some(Source::Engine) | None => {}
            }
        }
        Ok(progress)
    }
}
