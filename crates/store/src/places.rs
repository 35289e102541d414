//! Where the people of a campaign are: few places, each with a number of the campaign's own.

use std::collections::BTreeMap;

use domain::{
    ids::{CampaignId, ContactId},
    place::{Evidence, Place, locate},
};
use sqlx::types::Json;
use uuid::Uuid;

use crate::{
    Result,
    campaigns::lock_campaign,
    db::{Store, Tx},
};

const INSERT: &str = "INSERT INTO campaign_places (campaign_id, place, zones, zone_evidence, regions, region_evidence) \
     VALUES ($1, $2, $3, $4, $5, $6)";

const PLACES: &str = "SELECT place, zones, zone_evidence, regions, region_evidence FROM campaign_places \
     WHERE campaign_id = $1 ORDER BY place";

/// The places of a campaign while contacts are being added.
#[derive(Default)]
pub(crate) struct PlaceNumbers {
    known: BTreeMap<String, i32>,
    new: Vec<(i32, Place)>,
}

impl PlaceNumbers {
    /// Those that a campaign has already. Its row must be held: two at once would give the same numbers.
    pub(crate) async fn of_campaign(tx: &mut Tx, campaign: CampaignId) -> Result<Self> {
        let known = places(tx, campaign.0).await?;
        Ok(Self {
            known: known
                .into_iter()
                .map(|(number, place)| (key(&place), number))
                .collect(),
            new: Vec::new(),
        })
    }

    /// The number of the place in which a contact is.
    pub(crate) fn of(&mut self, phone: &str, variables: &BTreeMap<String, String>) -> i32 {
        let place = locate(phone, variables);
        let next = i32::try_from(self.known.len()).unwrap_or(i32::MAX);
        let number = *self.known.entry(key(&place)).or_insert(next);
        if number == next {
            self.new.push((number, place));
        }
        number
    }

    /// Stores those that are new.
    pub(crate) async fn write(&mut self, tx: &mut Tx, campaign: CampaignId) -> Result<()> {
        for (number, place) in self.new.drain(..) {
            on_tx!(tx, |c| sqlx::query(INSERT)
                .bind(campaign.0)
                .bind(number)
                .bind(place.zones.join(","))
                .bind(place.zone_evidence.as_str())
                .bind(place.regions.join(","))
                .bind(place.region_evidence.as_str())
                .execute(c)
                .await
                .map(|_| ()))?;
        }
        Ok(())
    }
}

/// What tells places apart: also how it is known that somebody is there, which the log of their calls tells.
fn key(place: &Place) -> String {
    let evidence = (place.zone_evidence.as_str(), place.region_evidence.as_str());
    format!("{} {} {}", place.key(), evidence.0, evidence.1)
}

/// The places that the people of a campaign are in, by number.
pub(crate) async fn places(tx: &mut Tx, campaign: Uuid) -> Result<Vec<(i32, Place)>> {
    let rows: Vec<PlaceRow> = on_tx!(tx, |c| sqlx::query_as(PLACES).bind(campaign).fetch_all(c).await)?;
    Ok(rows.into_iter().map(PlaceRow::into_place).collect())
}

/// Where a contact is. `None`: it has not been looked up.
pub(crate) async fn place_of(tx: &mut Tx, contact: ContactId) -> Result<Option<Place>> {
    let row: Option<PlaceRow> = on_tx!(tx, |c| sqlx::query_as(
        "SELECT p.place, p.zones, p.zone_evidence, p.regions, p.region_evidence FROM contacts o \
         JOIN campaign_places p ON p.campaign_id = o.campaign_id AND p.place = o.place WHERE o.id = $1"
    )
    .bind(contact.0)
    .fetch_optional(c)
    .await)?;
    Ok(row.map(|row| row.into_place().1))
}

#[derive(sqlx::FromRow)]
struct PlaceRow {
    place: i32,
    zones: String,
    zone_evidence: String,
    regions: String,
    region_evidence: String,
}

impl PlaceRow {
    fn into_place(self) -> (i32, Place) {
        let parts = |text: &str| -> Vec<String> {
            text.split(',')
                .filter(|part| !part.is_empty())
                .map(str::to_owned)
                .collect()
        };
        let evidence = |text: &str| Evidence::from_stored(text).unwrap_or(Evidence::Nothing);
        let place = Place {
            zones: parts(&self.zones),
            zone_evidence: evidence(&self.zone_evidence),
            regions: parts(&self.regions),
            region_evidence: evidence(&self.region_evidence),
        };
        (self.place, place)
    }
}

/// A contact, its number and its other columns.
type Unplaced = (Uuid, String, Json<BTreeMap<String, String>>);

/// Contacts placed with one commit.
const AT_ONCE: i64 = 2_000;

impl Store {
    /// Places the waiting contacts that were imported before places were known. Only a migration leaves any, some of them
    /// final: those are placed when they wait again.
    pub(crate) async fn place_unplaced(&self) -> Result<()> {
        let campaigns: Vec<Uuid> = on!(self, |pool| {
            sqlx::query_scalar(
            "SELECT DISTINCT campaign_id FROM contacts WHERE place = -1 AND state IN ('pending', 'calling')"
        )
        .fetch_all(pool)
        .await
        })?;
        for campaign in campaigns {
            while self.place_some(CampaignId(campaign)).await? > 0 {}
        }
        Ok(())
    }

    async fn place_some(&self, campaign: CampaignId) -> Result<usize> {
        let mut tx = self.begin().await?;
        lock_campaign(&mut tx, campaign).await?;
        let mut places = PlaceNumbers::of_campaign(&mut tx, campaign).await?;
        let contacts: Vec<Unplaced> = on_tx!(tx, |c| sqlx::query_as(
            "SELECT id, phone, variables FROM contacts \
             WHERE campaign_id = $1 AND place = -1 AND state IN ('pending', 'calling') LIMIT $2"
        )
        .bind(campaign.0)
        .bind(AT_ONCE)
        .fetch_all(c)
        .await)?;
        for (id, phone, variables) in &contacts {
            let place = places.of(phone, &variables.0);
            on_tx!(tx, |c| sqlx::query(
                "UPDATE contacts SET place = $2 WHERE id = $1 AND place = -1"
            )
            .bind(id)
            .bind(place)
            .execute(c)
            .await
            .map(|_| ()))?;
        }
        places.write(&mut tx, campaign).await?;
        tx.commit().await?;
        Ok(contacts.len())
    }
}
