//! What stands in the way of the calls of a campaign before it starts: how many people, and why. It asks the same rules
//! as the claim, of everybody who waits.

use std::{collections::BTreeMap, sync::LazyLock};

use domain::{
    consent::given,
    hours::Moment,
    ids::{AccountId, CampaignId},
    place::Place,
    policy::Policy,
    time::UtcMs,
};
use futures::TryStreamExt;
use sqlx::types::Json;

use crate::{Result, db::Store, places::places, rows::to_u64};

/// People of a campaign who wait, by what stands in their way. Several may hold of one person.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Preflight {
    /// Who waits to be called.
    pub waiting: u64,
    /// Of them, who can be called, now or later: none of the reasons below that last holds.
    pub callable: u64,
    /// Whose number waits in another campaign that is not over.
    pub elsewhere: u64,
    /// Whose number is on the do-not-call list, in full or by how it begins.
    pub suppressed: u64,
    /// Who lacks the consent that the campaign asks for.
    pub without_consent: u64,
    /// Of whom nobody knows the hour.
    pub without_zone: u64,
    /// For whom the hour is not lawful now and will be later.
    pub outside_hours: u64,
    /// For whom no hour is lawful for more than a year.
    pub never_lawful: u64,
    /// When the first of those who can be called may be, at or after the moment asked for. `None`: nobody.
    pub first_lawful_at: Option<UtcMs>,
}

// `$1` campaign, `$2` account, `$3` now. Few numbers are forbidden by their beginning: only the lengths that there are
// are looked for, each with one seek a person.
pub(crate) const LENGTHS: &str = "WITH lengths AS MATERIALIZED (SELECT DISTINCT length(number) AS size FROM suppressions \
     WHERE account_id = $2 AND kind = 'prefix')";
/// 1 or 0, for the contact `o`.
pub(crate) const SUPPRESSED: &str = "CASE WHEN EXISTS (SELECT 1 FROM suppressions s WHERE s.account_id = $2 \
       AND s.number = o.phone AND s.kind = 'exact' AND (s.campaign_id IS NULL OR s.campaign_id = $1) \
       AND (s.expires_at_ms IS NULL OR s.expires_at_ms > $3)) \
     OR EXISTS (SELECT 1 FROM lengths l CROSS JOIN suppressions s WHERE s.account_id = $2 \
       AND s.number = substr(o.phone, 1, l.size) AND s.kind = 'prefix' \
       AND (s.campaign_id IS NULL OR s.campaign_id = $1) AND (s.expires_at_ms IS NULL OR s.expires_at_ms > $3)) \
     THEN 1 ELSE 0 END AS suppressed";
// SQLite joins in the order of a `CROSS JOIN`. Left to itself it goes through whole campaigns for each person.
const ELSEWHERE: &str = "CASE WHEN EXISTS (SELECT 1 FROM contacts e CROSS JOIN campaigns k \
       WHERE e.phone = o.phone AND e.state = 'pending' AND e.campaign_id <> o.campaign_id \
       AND k.id = e.campaign_id AND k.status NOT IN ('COMPLETED', 'CANCELED', 'FAILED')) THEN 1 ELSE 0 END AS elsewhere";
const WAITING: &str = "FROM contacts o WHERE o.campaign_id = $1 AND o.state = 'pending'";
pub(crate) static GROUPS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "{LENGTHS} SELECT place, suppressed, elsewhere, COUNT(*) FROM (SELECT o.place, {SUPPRESSED}, {ELSEWHERE} {WAITING}) p \
         GROUP BY place, suppressed, elsewhere"
    )
});
static ONE_BY_ONE: LazyLock<String> =
    LazyLock::new(|| format!("{LENGTHS} SELECT o.place, {SUPPRESSED}, {ELSEWHERE}, o.variables {WAITING}"));

/// People who are alike in everything that is asked here.
struct Group {
    place: i32,
    suppressed: bool,
    elsewhere: bool,
    consents: bool,
    people: u64,
}

impl Store {
    /// What stands in the way of the calls of a campaign that would begin at `begins`, or now.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn preflight(
        &self,
        id: CampaignId,
        policy: &Policy,
        begins: Option<UtcMs>,
        now: UtcMs,
    ) -> Result<Preflight> {
        let groups = match &policy.consent {
            None => self.groups(id, now).await?,
            Some(consent) => self.groups_by_consent(id, &consent.column, now).await?,
        };
        let mut tx = self.snapshot().await?;
        let places: BTreeMap<i32, Place> = places(&mut tx, id.0).await?.into_iter().collect();
        drop(tx);
        let begins = begins.map_or(now, |at| at.max(now));
        let mut found = Preflight::default();
        let mut hours: BTreeMap<i32, (Moment, Option<UtcMs>)> = BTreeMap::new();
        for group in groups {
            let (moment, lawful_at) = *hours.entry(group.place).or_insert_with(|| {
                // Who was never looked up lies nowhere, unless no hour matters.
                let place = places.get(&group.place).cloned().unwrap_or_else(Place::unknown);
                let zone = policy.fallback_zone.as_deref();
                (
                    policy.hours.at(&place, zone, now),
                    policy.hours.next_lawful(&place, zone, begins),
                )
            });
            found.waiting += group.people;
            let count = |of: bool, what: &mut u64| *what += if of { group.people } else { 0 };
            count(group.elsewhere, &mut found.elsewhere);
            count(group.suppressed, &mut found.suppressed);
            count(!group.consents, &mut found.without_consent);
            count(moment == Moment::NoZone, &mut found.without_zone);
            let closed = matches!(moment, Moment::Closed { .. });
            count(closed && lawful_at.is_some(), &mut found.outside_hours);
            count(closed && lawful_at.is_none(), &mut found.never_lawful);
            if let (Some(at), false, true) = (lawful_at, group.suppressed, group.consents) {
                found.callable += group.people;
                found.first_lawful_at = Some(found.first_lawful_at.map_or(at, |first| first.min(at)));
            }
        }
        Ok(found)
    }

    /// The columns of the list of a campaign, name, business and number aside.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn columns_of(&self, id: CampaignId) -> Result<Vec<String>> {
        let first: Option<Json<BTreeMap<String, String>>> = on!(self, |pool| sqlx::query_scalar(
            "SELECT variables FROM contacts WHERE campaign_id = $1 ORDER BY position LIMIT 1"
        )
        .bind(id.0)
        .fetch_optional(pool)
        .await)?;
        Ok(first
            .map(|first| first.0.into_keys().collect())
            .unwrap_or_default())
    }

    async fn groups(&self, id: CampaignId, now: UtcMs) -> Result<Vec<Group>> {
        let rows: Vec<(i32, i32, i32, i64)> = on!(self, |pool| sqlx::query_as(GROUPS.as_str())
            .bind(id.0)
            .bind(AccountId::DEFAULT.0)
            .bind(now.0)
            .fetch_all(pool)
            .await)?;
        Ok(rows
            .into_iter()
            .map(|(place, suppressed, elsewhere, people)| Group {
                place,
                suppressed: suppressed == 1,
                elsewhere: elsewhere == 1,
                consents: true,
                people: to_u64(people),
            })
            .collect())
    }

    /// What is a yes no database can say: everybody is looked at, one after the other.
    async fn groups_by_consent(&self, id: CampaignId, column: &str, now: UtcMs) -> Result<Vec<Group>> {
        type Row = (i32, i32, i32, Json<BTreeMap<String, String>>);
        let mut groups: BTreeMap<(i32, bool, bool, bool), u64> = BTreeMap::new();
        on_rows!(self, |pool| {
            let mut rows = sqlx::query_as::<_, Row>(ONE_BY_ONE.as_str())
                .bind(id.0)
                .bind(AccountId::DEFAULT.0)
                .bind(now.0)
                .fetch(pool);
            while let Some((place, suppressed, elsewhere, variables)) = rows.try_next().await? {
                let consents = given(&variables.0, column).is_yes();
                *groups
                    .entry((place, suppressed == 1, elsewhere == 1, consents))
                    .or_default() += 1;
            }
        });
        Ok(groups
            .into_iter()
            .map(|((place, suppressed, elsewhere, consents), people)| Group {
                place,
                suppressed,
                elsewhere,
                consents,
                people,
            })
            .collect())
    }
}
