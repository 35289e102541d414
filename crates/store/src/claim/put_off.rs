//! Contacts that may not be called now: put off until they may, or skipped for good.

use std::sync::LazyLock;

use domain::time::UtcMs;
use sqlx::{QueryBuilder, Sqlite};
use uuid::Uuid;

use crate::{
    Result,
    clean::clean,
    db::{ROWS_A_STATEMENT, Tx, TxInner},
    rows::column,
};

/// A contact that may not be called now.
pub(super) struct PutOff {
    contact: Uuid,
    state: &'static str,
    eligible_at: UtcMs,
    reason: String,
}

impl PutOff {
    pub(super) fn wait(contact: Uuid, until: UtcMs, reason: String) -> Self {
        Self {
            contact,
            state: "pending",
            eligible_at: until,
            reason,
        }
    }

    pub(super) fn skip(contact: Uuid, reason: String) -> Self {
        Self {
            contact,
            state: "skipped",
            eligible_at: UtcMs(0),
            reason,
        }
    }
}

// `n` is those put off. Whoever is skipped after a call keeps its outcome.
const PUT: &str = "UPDATE contacts SET \
       state = CASE WHEN n.state = 'skipped' AND l.outcome IS NOT NULL THEN 'done' ELSE n.state END, \
       outcome = CASE WHEN n.state = 'skipped' THEN l.outcome END, \
       reason = CASE WHEN n.state = 'skipped' AND l.outcome IS NOT NULL THEN NULL ELSE n.reason END, \
       eligible_at_ms = n.eligible_at_ms, put_off = n.state = 'pending', callback = contacts.callback AND n.state = 'pending', updated_at_ms = n.at_ms \
     FROM";
const LAST: &str = "LEFT JOIN contacts o ON o.id = n.id \
     LEFT JOIN calls l ON l.id = o.last_call_id AND l.outcome <> 'not_dialled'";
const WAITING: &str = "WHERE contacts.id = n.id AND contacts.state = 'pending'";
static PUT_POSTGRES: LazyLock<String> = LazyLock::new(|| {
    format!(
        "{PUT} UNNEST($1::uuid[], $2::text[], $3::bigint[], $4::text[], $5::bigint[]) \
         AS n (id, state, eligible_at_ms, reason, at_ms) {LAST} {WAITING}"
    )
});

/// Writes them, unless somebody else dealt with them meanwhile.
pub(super) async fn put_off(tx: &mut Tx, contacts: &[PutOff], now: UtcMs) -> Result<()> {
    for contacts in contacts.chunks(ROWS_A_STATEMENT) {
        match &mut tx.inner {
            TxInner::Sqlite(tx) => {
                let mut put =
                    QueryBuilder::<Sqlite>::new("WITH n (id, state, eligible_at_ms, reason, at_ms) AS (");
                put.push_values(contacts, |mut row, contact| {
                    row.push_bind(contact.contact)
                        .push_bind(contact.state)
                        .push_bind(contact.eligible_at.0)
                        .push_bind(clean(&contact.reason))
                        .push_bind(now.0);
                });
                put.push(format_args!(") {PUT} n {LAST} {WAITING}"));
                put.build().execute(&mut **tx).await?;
            }
            TxInner::Postgres(tx) => {
                sqlx::query(PUT_POSTGRES.as_str())
                    .bind(column(contacts, |contact| contact.contact))
                    .bind(column(contacts, |contact| contact.state))
                    .bind(column(contacts, |contact| contact.eligible_at.0))
                    .bind(column(contacts, |contact| clean(&contact.reason)))
                    .bind(vec![now.0; contacts.len()])
                    .execute(&mut **tx)
                    .await?;
            }
        }
    }
    Ok(())
}
