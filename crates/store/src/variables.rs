//! Which of an assistant's variables the people of a campaign lack.

use domain::ids::CampaignId;
use sqlx::{Row, types::Json};

use crate::{Result, clean::clean, db::Store, rows::to_u64};

/// The variable that every list has as a column of its own.
const BUSINESS: &str = "business_name";

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
        let wanted: Vec<String> = wanted.into_iter().filter(|name| name != "name").collect();
        let all: i64 = on!(self, |pool| sqlx::query_scalar(ALL)
            .bind(campaign.0)
            .fetch_one(pool)
            .await)?;
        let known = |name: &str| name == BUSINESS || columns.contains_key(name);
        let without = self
            .people_without(campaign, wanted.iter().filter(|name| known(name)))
            .await?;
        let mut without = without.into_iter();
        for name in wanted {
            let column = known(&name);
            let people = if column { without.next().unwrap_or(0) } else { all };
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

    /// How many people have no value in each of the columns: one walk through the list for all of them.
    async fn people_without<'a>(
        &self,
        campaign: CampaignId,
        columns: impl Iterator<Item = &'a String>,
    ) -> Result<Vec<i64>> {
        let columns: Vec<&String> = columns.collect();
        if columns.is_empty() {
            return Ok(Vec::new());
        }
        let counts: Vec<String> = (2..)
            .zip(&columns)
            .map(|(parameter, name)| {
                let value = if **name == BUSINESS {
                    format!("CASE WHEN CAST(${parameter} AS TEXT) IS NULL THEN '' ELSE business_name END")
                } else {
                    format!("COALESCE(variables ->> CAST(${parameter} AS TEXT), '')")
                };
                format!("COALESCE(SUM(CASE WHEN {value} = '' THEN 1 ELSE 0 END), 0)")
            })
            .collect();
        let sql = format!(
            "SELECT {} FROM contacts WHERE campaign_id = $1",
            counts.join(", ")
        );
        Ok(on!(self, |pool| {
            let mut query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(campaign.0);
            for name in &columns {
                query = query.bind(clean(name));
            }
            let row = query.fetch_one(pool).await?;
            (0..columns.len())
                .map(|index| row.try_get::<i64, _>(index))
                .collect::<sqlx::Result<_>>()
        })?)
    }
}

/// A name without what people write one way or the other.
fn plain(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}
