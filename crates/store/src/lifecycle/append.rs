//! Adding people to a campaign, also while it calls.

use domain::{campaign::CampaignStatus, ids::CampaignId, time::UtcMs};

use crate::{
    Result,
    campaigns::lock_campaign,
    db::Store,
    import::NewContact,
    new_contacts::{Place, insert_contacts},
    places::PlaceNumbers,
    rows::to_u32,
};

/// What became of people to be added.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Appended {
    /// They are in the campaign, except for those on these lines, whose numbers it has already.
    Done {
        /// How many are new.
        added: u32,
        /// Lines of those that are not.
        known: Vec<u64>,
    },
    /// It is over.
    Over(CampaignStatus),
    /// There is no such campaign.
    NotFound,
}

const GROWN: &str = "UPDATE campaigns SET total_contacts = total_contacts + $2, rows_read = rows_read + $3, \
     rows_duplicate = rows_duplicate + $4, updated_at_ms = $5 WHERE id = $1";

impl Store {
    /// Adds some people to a campaign, all with one commit: a few thousand at a time, so that its calls do not wait.
    ///
    /// Killed half-way through a long list, the same list can be added again: whoever is in already is not added twice.
    /// A campaign that completes at the same moment is either complete before, and says so, or goes on.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn append(&self, id: CampaignId, contacts: &[NewContact], now: UtcMs) -> Result<Appended> {
        let mut tx = self.begin().await?;
        let Some(status) = lock_campaign(&mut tx, id).await? else {
            return Ok(Appended::NotFound);
        };
        if status.is_final() {
            return Ok(Appended::Over(status));
        }
        let (last, batch_size): (Option<i64>, Option<i32>) = on_tx!(tx, |c| sqlx::query_as(
            "SELECT (SELECT CAST(MAX(position) AS BIGINT) FROM contacts WHERE campaign_id = c.id), \
             CASE WHEN mode = 'batch' THEN batch_size END FROM campaigns c WHERE id = $1"
        )
        .bind(id.0)
        .fetch_one(c)
        .await)?;
        let mut places = PlaceNumbers::of_campaign(&mut tx, id).await?;
        let place = Place {
            campaign: id,
            batch_size: batch_size.map(to_u32),
            from: last.map_or(0, |last| last + 1),
        };
        let new = insert_contacts(self, &mut tx, place, &mut places, contacts, now).await?;
        let mut missing = new.clone();
        let known: Vec<u64> = contacts
            .iter()
            .filter(|contact| !missing.remove(&contact.phone))
            .map(|contact| contact.line)
            .collect();
        let added = u32::try_from(new.len()).unwrap_or(u32::MAX);
        on_tx!(tx, |c| sqlx::query(GROWN)
            .bind(id.0)
            .bind(i32::try_from(new.len()).unwrap_or(i32::MAX))
            .bind(i32::try_from(contacts.len()).unwrap_or(i32::MAX))
            .bind(i32::try_from(known.len()).unwrap_or(i32::MAX))
            .bind(now.0)
            .execute(c)
            .await
            .map(|_| ()))?;
        tx.commit().await?;
        Ok(Appended::Done { added, known })
    }
}
