//! Reserving a call for each contact that a claim has chosen, with one statement a table: the account is locked meanwhile,
//! and row by row a far-away database would keep it locked for long. Postgres takes a column at once, SQLite row after row.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use domain::{
    call::{CallState, CallStatus, Source},
    ids::{AccountId, CallId, CampaignId},
    money::UsdMicros,
    time::UtcMs,
};
use serde::Serialize;
use sqlx::{QueryBuilder, Sqlite};
use uuid::Uuid;

use crate::{
    Error, Result,
    claim::{CampaignRow, CandidateRow, DIAL_LEASE_MS, Decision},
    db::{ROWS_A_STATEMENT, Store, Tx, TxInner},
    events::{Log, NewEvent},
    rows::{column, to_i32, to_u32},
};

/// A contact that shall be called, and the call.
pub(crate) struct Choice<'a> {
    pub call_id: CallId,
    pub campaign: &'a CampaignRow,
    /// The number we call from, by the provider's id.
    pub phone_number_id: String,
    pub contact: CandidateRow,
    /// Why it may be called.
    pub decision: Decision,
    /// What it may cost at worst, when the campaign has a budget.
    pub held: UsdMicros,
}

impl Choice<'_> {
    /// Which attempt at the contact it is, from 1.
    pub(crate) fn attempt(&self) -> u32 {
        to_u32(self.contact.attempts) + 1
    }

    /// Until when it may be dialled on this decision.
    pub(crate) fn lease(&self, now: UtcMs) -> UtcMs {
        (now + DIAL_LEASE_MS).min(self.decision.lawful_until)
    }

    /// What the decision to dial was based on, for the log.
    fn grounds(&self) -> Result<String> {
        let grounds = Grounds {
            decision: &self.decision,
            phone_number_id: &self.phone_number_id,
            held_usd_micros: (self.held.0 > 0).then_some(self.held.0),
        };
        serde_json::to_string(&grounds).map_err(|error| Error::Other(error.to_string()))
    }
}

#[derive(Serialize)]
struct Grounds<'a> {
    #[serde(flatten)]
    decision: &'a Decision,
    phone_number_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    held_usd_micros: Option<i64>,
}

/// What all calls of a claim have in common.
#[derive(Clone, Copy)]
pub(crate) struct Terms {
    pub account: AccountId,
    pub max_duration_ms: i64,
    pub now: UtcMs,
}

// `n` is the choices.
const MARK: &str = "UPDATE contacts SET state = 'calling', last_call_id = n.call_id, reason = NULL, callback = FALSE, put_off = FALSE, updated_at_ms = n.at_ms FROM";
const STILL_WAITING: &str = "WHERE contacts.id = n.contact_id AND contacts.state = 'pending' RETURNING id";
const CHOICES_SQLITE: &str = "WITH n (contact_id, call_id, at_ms) AS (";
static MARK_POSTGRES: LazyLock<String> = LazyLock::new(|| {
    format!(
        "{MARK} UNNEST($1::uuid[], $2::uuid[], $3::bigint[]) AS n (contact_id, call_id, at_ms) {STILL_WAITING}"
    )
});

const INSERT: &str = "INSERT INTO calls (id, account_id, campaign_id, contact_id, attempt, phone, phone_number_id, \
     assistant_id, assistant_version, policy_version, held_usd_micros, dialling, status, max_duration_ms, \
     reserved_at_ms, dial_lease_ms, last_heard_at_ms) ";
static INSERT_POSTGRES: LazyLock<String> = LazyLock::new(|| {
    format!(
        "{INSERT} SELECT id, $12, campaign_id, contact_id, attempt, phone, phone_number_id, assistant_id, \
           assistant_version, policy_version, held_usd_micros, 'reserved', 'QUEUED', $13, $14, lease_ms, $14 \
         FROM UNNEST($1::uuid[], $2::uuid[], $3::uuid[], $4::int[], $5::text[], $6::text[], $7::uuid[], $8::int[], \
                     $9::int[], $10::bigint[], $11::bigint[]) \
           AS n (id, campaign_id, contact_id, attempt, phone, phone_number_id, assistant_id, assistant_version, \
                 policy_version, held_usd_micros, lease_ms)"
    )
});

impl Store {
    /// Reserves the calls, and returns the choices for which that was possible: for a contact that is no longer waiting
    /// a late fact or a cancellation was faster, and the others still get their lines.
    pub(crate) async fn reserve<'a>(
        &self,
        tx: &mut Tx,
        mut choices: Vec<Choice<'a>>,
        terms: Terms,
    ) -> Result<Vec<Choice<'a>>> {
        let marked = mark_calling(tx, &choices, terms.now).await?;
        choices.retain(|choice| marked.contains(&choice.contact.id));
        insert_calls(tx, &choices, terms).await?;
        let mut log = Log::default();
        for choice in &choices {
            let grounds = choice.grounds()?;
            let reserved = NewEvent {
                call_id: choice.call_id,
                campaign_id: CampaignId(choice.campaign.id),
                source: Source::Engine,
                kind: "reserved",
                status: CallStatus::Queued,
                says: &CallState::default(),
                payload: Some(&grounds),
                at: terms.now,
            };
            self.note(&mut log, &reserved, terms.now)?;
        }
        log.write(tx).await?;
        count_placed(tx, &choices).await?;
        Ok(choices)
    }
}

const PLACED: &str =
    "UPDATE campaign_numbers SET placed = placed + $3 WHERE campaign_id = $1 AND phone_number_id = $2";

/// Counts what each caller number has placed, so that they take turns.
async fn count_placed(tx: &mut Tx, choices: &[Choice<'_>]) -> Result<()> {
    let mut placed: BTreeMap<(Uuid, &str), i64> = BTreeMap::new();
    // One number alone needs no turns, and its row no write.
    for choice in choices.iter().filter(|choice| choice.campaign.numbers.len() > 1) {
        *placed
            .entry((choice.campaign.id, &choice.phone_number_id))
            .or_default() += 1;
    }
    for ((campaign, number), calls) in placed {
        on_tx!(tx, |c| sqlx::query(PLACED)
            .bind(campaign)
            .bind(number)
            .bind(calls)
            .execute(c)
            .await
            .map(|_| ()))?;
    }
    Ok(())
}

/// Marks the contacts that still wait, and returns them.
async fn mark_calling(tx: &mut Tx, choices: &[Choice<'_>], now: UtcMs) -> Result<BTreeSet<Uuid>> {
    let mut marked = BTreeSet::new();
    for choices in choices.chunks(ROWS_A_STATEMENT) {
        let ids: Vec<Uuid> = match &mut tx.inner {
            TxInner::Sqlite(tx) => {
                let mut mark = QueryBuilder::<Sqlite>::new(CHOICES_SQLITE);
                mark.push_values(choices, |mut row, choice| {
                    row.push_bind(choice.contact.id)
                        .push_bind(choice.call_id.0)
                        .push_bind(now.0);
                });
                mark.push(format_args!(") {MARK} n {STILL_WAITING}"));
                mark.build_query_scalar().fetch_all(&mut **tx).await?
            }
            TxInner::Postgres(tx) => {
                sqlx::query_scalar(MARK_POSTGRES.as_str())
                    .bind(column(choices, |choice| choice.contact.id))
                    .bind(column(choices, |choice| choice.call_id.0))
                    .bind(column(choices, |_| now.0))
                    .fetch_all(&mut **tx)
                    .await?
            }
        };
        marked.extend(ids);
    }
    Ok(marked)
}

async fn insert_calls(tx: &mut Tx, choices: &[Choice<'_>], terms: Terms) -> Result<()> {
    let Terms {
        account,
        max_duration_ms,
        now,
    } = terms;
    for choices in choices.chunks(ROWS_A_STATEMENT) {
        match &mut tx.inner {
            TxInner::Sqlite(tx) => {
                let mut insert = QueryBuilder::<Sqlite>::new(INSERT);
                insert.push_values(choices, |mut row, choice| {
                    row.push_bind(choice.call_id.0)
                        .push_bind(account.0)
                        .push_bind(choice.campaign.id)
                        .push_bind(choice.contact.id)
                        .push_bind(to_i32(choice.attempt()))
                        .push_bind(&choice.contact.phone)
                        .push_bind(&choice.phone_number_id)
                        .push_bind(choice.campaign.assistant_id)
                        .push_bind(choice.campaign.assistant_version)
                        .push_bind(choice.campaign.policy_version)
                        .push_bind(choice.held.0)
                        .push("'reserved'")
                        .push("'QUEUED'")
                        .push_bind(max_duration_ms)
                        .push_bind(now.0)
                        .push_bind(choice.lease(now).0)
                        .push_bind(now.0);
                });
                insert.build().execute(&mut **tx).await?;
            }
            TxInner::Postgres(tx) => {
                sqlx::query(INSERT_POSTGRES.as_str())
                    .bind(column(choices, |choice| choice.call_id.0))
                    .bind(column(choices, |choice| choice.campaign.id))
                    .bind(column(choices, |choice| choice.contact.id))
                    .bind(column(choices, |choice| to_i32(choice.attempt())))
                    .bind(column(choices, |choice| choice.contact.phone.as_str()))
                    .bind(column(choices, |choice| choice.phone_number_id.as_str()))
                    .bind(column(choices, |choice| choice.campaign.assistant_id))
                    .bind(column(choices, |choice| choice.campaign.assistant_version))
                    .bind(column(choices, |choice| choice.campaign.policy_version))
                    .bind(column(choices, |choice| choice.held.0))
                    .bind(column(choices, |choice| choice.lease(now).0))
                    .bind(account.0)
                    .bind(max_duration_ms)
                    .bind(now.0)
                    .execute(&mut **tx)
                    .await?;
            }
        }
    }
    Ok(())
}
