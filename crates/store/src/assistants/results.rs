//! What came of the calls of an assistant.

use domain::{ids::AssistantId, money::UsdMicros, outcome::Outcome};

use crate::{Result, db::Store, rows::to_u64};

/// What came of the calls of an assistant, test calls aside.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Results {
    /// Campaigns that chose it.
    pub campaigns: u64,
    /// Calls that the provider placed, by what they meant; `None` while they last.
    pub outcomes: Vec<(Option<Outcome>, u64)>,
    /// The assistant's own judgements, in the provider's words.
    pub judgements: Vec<(String, u64)>,
    /// What the calls cost so far.
    pub cost: UsdMicros,
}

const CAMPAIGNS: &str = "SELECT COUNT(*) FROM campaigns WHERE assistant_id = $1 AND kind = 'list'";

const OUTCOMES: &str = "SELECT l.outcome, COUNT(*), CAST(COALESCE(SUM(l.cost_usd_micros), 0) AS BIGINT) \
     FROM campaigns k JOIN calls l ON l.campaign_id = k.id WHERE k.assistant_id = $1 AND k.kind = 'list' \
     AND (l.outcome IS NULL OR l.outcome <> 'not_dialled') AND l.dialling = 'accepted' GROUP BY l.outcome";

// A judgement is a word or a number. Longer ones are checklists, which say neither yes nor no.
const JUDGEMENTS: &str = "SELECT l.success_evaluation, COUNT(*) FROM campaigns k JOIN calls l ON l.campaign_id = k.id \
     WHERE k.assistant_id = $1 AND k.kind = 'list' AND LENGTH(l.success_evaluation) BETWEEN 1 AND 20 \
     GROUP BY l.success_evaluation ORDER BY 2 DESC LIMIT 100";

impl Store {
    /// What came of the calls of an assistant.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn assistant_results(&self, id: AssistantId) -> Result<Results> {
        let campaigns: i64 = on!(self, |pool| sqlx::query_scalar(CAMPAIGNS)
            .bind(id.0)
            .fetch_one(pool)
            .await)?;
        let outcomes: Vec<(Option<String>, i64, i64)> = on!(self, |pool| sqlx::query_as(OUTCOMES)
            .bind(id.0)
            .fetch_all(pool)
            .await)?;
        let judgements: Vec<(String, i64)> = on!(self, |pool| sqlx::query_as(JUDGEMENTS)
            .bind(id.0)
            .fetch_all(pool)
            .await)?;
        Ok(Results {
            campaigns: to_u64(campaigns),
            cost: UsdMicros(outcomes.iter().map(|(.., cost)| *cost).sum()),
            outcomes: outcomes
                .into_iter()
                .map(|(outcome, calls, _)| (outcome.as_deref().and_then(Outcome::from_stored), to_u64(calls)))
                .collect(),
            judgements: judgements
                .into_iter()
                .map(|(judgement, calls)| (judgement, to_u64(calls)))
                .collect(),
        })
    }
}
