//! Putting people into a campaign: a new one, or one that has some already.

use std::{collections::BTreeSet, sync::LazyLock};

use domain::{
    ids::{CampaignId, ContactId},
    time::UtcMs,
};
use sqlx::{QueryBuilder, Sqlite, types::Json};

use crate::{
    Result,
    clean::clean,
    db::{ROWS_A_STATEMENT, Store, Tx, TxInner},
    import::NewContact,
    places::PlaceNumbers,
    rows::column,
};

// Postgres takes a column at once, SQLite row after row.
const INSERT_CONTACTS: &str = "INSERT INTO contacts (id, campaign_id, position, batch_index, line, name, \
     business_name, phone, extension, variables, search_text, place, state, updated_at_ms) ";
static INSERT_CONTACTS_POSTGRES: LazyLock<String> = LazyLock::new(|| {
    format!(
        "{INSERT_CONTACTS} \
         SELECT id, $12, position, batch_index, line, name, business_name, phone, extension, variables, search_text, \
                place, 'pending', $13 \
         FROM UNNEST($1::uuid[], $2::bigint[], $3::int[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[], \
                     $9::jsonb[], $10::text[], $11::int[]) \
           AS c (id, position, batch_index, line, name, business_name, phone, extension, variables, search_text, place)"
    )
});

/// Where in a campaign people are put.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub campaign: CampaignId,
    /// Contacts a batch, in batch mode.
    pub batch_size: Option<u32>,
    /// The place of the first in the list.
    pub from: i64,
}

impl Place {
    /// The people with their places in the list and in the world.
    pub(crate) fn all<'a>(
        self,
        store: &Store,
        places: &mut PlaceNumbers,
        contacts: &'a [NewContact],
        now: UtcMs,
    ) -> Vec<Placed<'a>> {
        (self.from..)
            .zip(contacts)
            .map(|(position, contact)| {
                let batch_index = self
                    .batch_size
                    .map_or(0, |size| position / i64::from(size.max(1)));
                Placed {
                    id: store.0.ids.next(now),
                    position,
                    batch_index: i32::try_from(batch_index).unwrap_or(i32::MAX),
                    line: i64::try_from(contact.line).unwrap_or(i64::MAX),
                    place: places.of(&contact.phone, &contact.variables),
                    contact,
                }
            })
            .collect()
    }
}

/// Puts people into a campaign that is held, except for those whose numbers it has already. Returns the new numbers.
pub(crate) async fn insert_contacts(
    store: &Store,
    tx: &mut Tx,
    place: Place,
    places: &mut PlaceNumbers,
    contacts: &[NewContact],
    now: UtcMs,
) -> Result<BTreeSet<String>> {
    let known = known_phones(tx, place.campaign, contacts).await?;
    let mut new: Vec<NewContact> = Vec::new();
    let mut phones = BTreeSet::new();
    for contact in contacts {
        if !known.contains(&contact.phone) && phones.insert(contact.phone.clone()) {
            new.push(contact.clone());
        }
    }
    let placed = place.all(store, places, &new, now);
    places.write(tx, place.campaign).await?;
    write_contacts(tx, place.campaign, &placed, now).await?;
    Ok(phones)
}

const KNOWN_SQLITE: &str =
    "SELECT phone FROM contacts WHERE campaign_id = $1 AND phone IN (SELECT value FROM json_each($2))";
const KNOWN_POSTGRES: &str = "SELECT phone FROM contacts WHERE campaign_id = $1 AND phone = ANY($2)";

/// Which of these numbers the campaign has.
async fn known_phones(
    tx: &mut Tx,
    campaign: CampaignId,
    contacts: &[NewContact],
) -> Result<BTreeSet<String>> {
    let phones = column(contacts, |contact| contact.phone.as_str());
    let known: Vec<String> = match &mut tx.inner {
        TxInner::Sqlite(tx) => {
            sqlx::query_scalar(KNOWN_SQLITE)
                .bind(campaign.0)
                .bind(Json(phones))
                .fetch_all(&mut **tx)
                .await?
        }
        TxInner::Postgres(tx) => {
            sqlx::query_scalar(KNOWN_POSTGRES)
                .bind(campaign.0)
                .bind(phones)
                .fetch_all(&mut **tx)
                .await?
        }
    };
    Ok(known.into_iter().collect())
}

/// Writes people whose numbers the campaign does not have.
pub(crate) async fn write_contacts(
    tx: &mut Tx,
    campaign: CampaignId,
    placed: &[Placed<'_>],
    now: UtcMs,
) -> Result<()> {
    match &mut tx.inner {
        TxInner::Sqlite(tx) => {
            for rows in placed.chunks(ROWS_A_STATEMENT) {
                let mut insert = QueryBuilder::<Sqlite>::new(INSERT_CONTACTS);
                insert.push_values(rows, |mut values, row| {
                    values
                        .push_bind(row.id.0)
                        .push_bind(campaign.0)
                        .push_bind(row.position)
                        .push_bind(row.batch_index)
                        .push_bind(row.line)
                        .push_bind(clean(&row.contact.name))
                        .push_bind(clean(&row.contact.business_name))
                        .push_bind(&row.contact.phone)
                        .push_bind(&row.contact.extension)
                        .push_bind(Json(row.variables()))
                        .push_bind(row.search_text())
                        .push_bind(row.place)
                        .push("'pending'")
                        .push_bind(now.0);
                });
                insert.build().execute(&mut **tx).await?;
            }
        }
        TxInner::Postgres(_) if placed.is_empty() => {}
        TxInner::Postgres(tx) => {
            sqlx::query(INSERT_CONTACTS_POSTGRES.as_str())
                .bind(column(placed, |row| row.id.0))
                .bind(column(placed, |row| row.position))
                .bind(column(placed, |row| row.batch_index))
                .bind(column(placed, |row| row.line))
                .bind(column(placed, |row| clean(&row.contact.name)))
                .bind(column(placed, |row| clean(&row.contact.business_name)))
                .bind(column(placed, |row| row.contact.phone.as_str()))
                .bind(column(placed, |row| row.contact.extension.as_deref()))
                .bind(column(placed, |row| Json(row.variables())))
                .bind(column(placed, Placed::search_text))
                .bind(column(placed, |row| row.place))
                .bind(campaign.0)
                .bind(now.0)
                .execute(&mut **tx)
                .await?;
        }
    }
    Ok(())
}

/// A contact with its place in the list.
pub(crate) struct Placed<'a> {
    id: ContactId,
    position: i64,
    batch_index: i32,
    line: i64,
    place: i32,
    contact: &'a NewContact,
}

impl Placed<'_> {
    fn variables(&self) -> std::collections::BTreeMap<String, String> {
        let clean = |text: &str| clean(text).into_owned();
        self.contact
            .variables
            .iter()
            .map(|(key, value)| (clean(key), clean(value)))
            .collect()
    }

    /// What a search looks through, in lower case: SQLite's `lower()` knows ASCII only, and Postgres's depends on how
    /// the server was set up.
    fn search_text(&self) -> String {
        let contact = self.contact;
        format!(
            "{}\n{}\n{}",
            clean(&contact.name),
            clean(&contact.business_name),
            contact.phone
        )
        .to_lowercase()
    }
}
