//! Which of an assistant's variables the people of a campaign lack.

use domain::ids::CampaignId;
use sqlx::types::Json;

use crate::{Result, clean::clean, db::Store, rows::to_u64};

/// A variable and the people who lack it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lacking {
    /// The variable, as the prompt writes it.
    pub name: String,
    /// People without a value.
    pub people: u64,
    /// A column of the list whose name differs by case, spaces or underscores only.
    pub similar_column: Option<String>,
    /// Whether the list has such a column at all.
    pub column: bool,
}

// Every person of a list has every column, empty where the row has nothing.
const COLUMNS: &str = "SELECT variables FROM contacts WHERE campaign_id = $1 ORDER BY position LIMIT 1";
const WITHOUT: &str = "SELECT COUNT(*) FROM contacts WHERE campaign_id = $1 AND COALESCE(variables ->> CAST($2 AS TEXT), '') = ''";
const WITHOUT_BUSINESS: &str = "SELECT COUNT(*) FROM contacts WHERE campaign_id = $1 AND business_name = ''";
const ALL: &str = "SELECT COUNT(*) FROM contacts WHERE campaign_id = $1";

const RECENT: &str = "SELECT c.variables FROM contacts c WHERE c.campaign_id = \
     (SELECT id FROM campaigns WHERE kind = 'list' ORDER BY created_at_ms DESC, id LIMIT 1) ORDER BY c.position LIMIT 1";

impl Store {
    /// The columns of the list that was imported last, name, business and number aside.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn recent_columns(&self) -> Result<Vec<String>> {
        let first: Option<Json<std::collections::BTreeMap<String, String>>> =
            on!(self, |pool| sqlx::query_scalar(RECENT).fetch_optional(pool).await)?;
        Ok(first
            .map(|first| first.0.into_keys().collect())
            .unwrap_or_default())
    }

    /// The variables that some people of a campaign lack, of those that are wanted, in their order. `name` nobody lacks.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn lacking_variables(
        &self,
        campaign: CampaignId,
        wanted: impl IntoIterator<Item = String>,
    ) -> Result<Vec<Lacking>> {
        let mut lacking = Vec::new();
        let first: Option<Json<std::collections::BTreeMap<String, String>>> =
            on!(self, |pool| sqlx::query_scalar(COLUMNS)
                .bind(campaign.0)
                .fetch_optional(pool)
                .await)?;
        let columns = first.map(|first| first.0).unwrap_or_default();
        for name in wanted.into_iter().filter(|name| name != "name") {
            let own = name == "business_name";
            let column = own || columns.contains_key(&name);
            let sql = match (own, column) {
                (true, _) => WITHOUT_BUSINESS,
                (false, true) => WITHOUT,
                (false, false) => ALL,
            };
            let people: i64 = on!(self, |pool| {
                let query = sqlx::query_scalar(sql).bind(campaign.0);
                let query = if sql == WITHOUT {
                    query.bind(clean(&name))
                } else {
                    query
                };
                query.fetch_one(pool).await
            })?;
            if people > 0 {
                let similar = columns
                    .keys()
                    .find(|known| !column && plain(known) == plain(&name));
                lacking.push(Lacking {
                    people: to_u64(people),
                    similar_column: similar.cloned(),
                    column,
                    name,
                });
            }
        }
        Ok(lacking)
    }
}

/// A name without what people write one way or the other.
fn plain(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}
