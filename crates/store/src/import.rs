//! Storing an imported list: the campaign, its contacts and what was wrong with the other rows, all or nothing.

use std::sync::LazyLock;

use domain::{
    campaign::{Kind, Mode},
    ids::{AccountId, AssistantId, CampaignId},
    time::UtcMs,
};
use sqlx::{QueryBuilder, Sqlite};

use crate::{
    Result,
    campaigns::{NewCampaign, hold_for_campaign},
    clean::clean,
    db::{ROWS_A_STATEMENT, Store, Tx, TxInner},
    new_contacts::{Place, write_contacts},
    places::PlaceNumbers,
    policies::insert_policy,
    rows::{column, to_i32},
};

/// A contact of a new campaign. Its number is unique in the list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewContact {
    /// Where its row begins in the file.
    pub line: u64,
    /// Who it is.
    pub name: String,
    /// Where they work; may be empty.
    pub business_name: String,
    /// E.164.
    pub phone: String,
    /// Digits to dial after the answer.
    pub extension: Option<String>,
    /// The list's other columns.
    pub variables: std::collections::BTreeMap<String, String>,
}

/// Whether a row could not be used or repeats another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ProblemKind {
    /// It could not be used.
    Rejected,
    /// It repeats a number.
    Duplicate,
}

impl ProblemKind {
    /// The stored form.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Rejected => "rejected",
            Self::Duplicate => "duplicate",
        }
    }
}

/// A row that did not become a contact.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// Where its row begins in the file.
    pub line: u64,
    /// What kind.
    pub kind: ProblemKind,
    /// The column at fault.
    pub column: Option<String>,
    /// What stands there.
    pub value: Option<String>,
    /// Why, in words for people.
    pub reason: String,
    /// The line that a duplicate repeats.
    pub first_line: Option<u64>,
}

/// The sums of an import: `accepted + rejected + duplicates == rows`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Totals {
    /// Rows with anything in them.
    pub rows: u32,
    /// Rows that could not be used.
    pub rejected: u32,
    /// Rows that repeat a number.
    pub duplicates: u32,
}

/// An import under way. Dropped before [`Import::finish`], it leaves nothing behind.
pub struct Import<'a> {
    store: &'a Store,
    pub(crate) tx: Tx,
    id: CampaignId,
    kind: Kind,
    assistant_id: AssistantId,
    batch_size: Option<u32>,
    position: i64,
    places: PlaceNumbers,
    now: UtcMs,
}

const INSERT_CAMPAIGN: &str = "INSERT INTO campaigns (id, account_id, name, status, mode, cap, batch_size, \
     quiet_line_gate, assistant_id, created_at_ms, updated_at_ms, kind, priority, expires_at_ms) \
     VALUES ($1, $2, $3, 'CREATED', $4, $5, $6, $7, $8, $9, $9, $10, $11, $12)";

const INSERT_NUMBER: &str = "INSERT INTO campaign_numbers (campaign_id, phone_number_id, phone_number, position) \
     VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";

const START_TEST: &str = "UPDATE campaigns SET status = 'QUEUED', queued_at_ms = $2, assistant_version = \
     (SELECT a.version FROM assistants a WHERE a.id = assistant_id) WHERE id = $1";

const SET_TOTALS: &str = "UPDATE campaigns SET rows_read = $2, rows_rejected = $3, rows_duplicate = $4, \
     total_contacts = $5 WHERE id = $1";

const INSERT_PROBLEMS: &str =
    "INSERT INTO import_problems (campaign_id, line, kind, column_name, value, reason, first_line) ";
const PROBLEM_ONCE: &str = " ON CONFLICT (campaign_id, line, kind) DO NOTHING";
static INSERT_PROBLEMS_POSTGRES: LazyLock<String> = LazyLock::new(|| {
    format!(
        "{INSERT_PROBLEMS} SELECT $1, * FROM UNNEST($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], \
         $7::bigint[]) {PROBLEM_ONCE}"
    )
});

impl Store {
    /// Begins to store a campaign. It exists once [`Import::finish`] has returned.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn begin_import(&self, campaign: &NewCampaign, now: UtcMs) -> Result<Import<'_>> {
        let mut tx = self.begin().await?;
        let id: CampaignId = self.0.ids.next(now);
        on_tx!(tx, |c| sqlx::query(INSERT_CAMPAIGN)
            .bind(id.0)
            .bind(AccountId::DEFAULT.0)
            .bind(clean(&campaign.name).as_ref())
            .bind(campaign.mode.as_str())
            .bind(to_i32(campaign.cap))
            .bind(campaign.batch_size.map(to_i32))
            .bind(campaign.quiet_line_gate)
            .bind(campaign.assistant_id.0)
            .bind(now.0)
            .bind(campaign.kind.as_str())
            .bind(campaign.priority)
            .bind(campaign.expires_at.map(|at| at.0))
            .execute(c)
            .await
            .map(|_| ()))?;
        for (position, number) in (0_i32..).zip(&campaign.numbers) {
            on_tx!(tx, |c| sqlx::query(INSERT_NUMBER)
                .bind(id.0)
                .bind(clean(&number.id).as_ref())
                .bind(number.number.as_deref().map(clean))
                .bind(position)
                .execute(c)
                .await
                .map(|_| ()))?;
        }
        insert_policy(&mut tx, id, 1, &campaign.policy, "", now).await?;
        // A continuous campaign has one batch: it looks for contacts nowhere else.
        let batch_size = campaign.batch_size.filter(|_| campaign.mode == Mode::Batch);
        Ok(Import {
            store: self,
            tx,
            id,
            kind: campaign.kind,
            assistant_id: campaign.assistant_id,
            batch_size,
            position: 0,
            places: PlaceNumbers::default(),
            now,
        })
    }

    /// What was wrong with the rows of a list, in the order of the file.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn import_problems(&self, id: CampaignId, limit: u32) -> Result<Vec<Problem>> {
        type Row = (i64, String, Option<String>, Option<String>, String, Option<i64>);
        let rows: Vec<Row> = on!(self, |pool| sqlx::query_as(
            "SELECT line, kind, column_name, value, reason, first_line FROM import_problems \
             WHERE campaign_id = $1 ORDER BY line LIMIT $2"
        )
        .bind(id.0)
        .bind(i64::from(limit))
        .fetch_all(pool)
        .await)?;
        Ok(rows
            .into_iter()
            .map(|(line, kind, column, value, reason, first_line)| Problem {
                line: u64::try_from(line).unwrap_or(0),
                kind: if kind == ProblemKind::Duplicate.as_str() {
                    ProblemKind::Duplicate
                } else {
                    ProblemKind::Rejected
                },
                column,
                value,
                reason,
                first_line: first_line.and_then(|line| u64::try_from(line).ok()),
            })
            .collect())
    }
}

impl Import<'_> {
    /// The campaign's id.
    #[must_use]
    pub fn id(&self) -> CampaignId {
        self.id
    }

    /// The moment at which it began.
    pub(crate) fn now(&self) -> UtcMs {
        self.now
    }

    /// The transaction that it is stored in.
    pub(crate) fn tx(&mut self) -> &mut Tx {
        &mut self.tx
    }

    /// Adds contacts. A few thousand at a time are quickest.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn add(&mut self, contacts: &[NewContact]) -> Result<()> {
        if contacts.is_empty() {
            return Ok(());
        }
        let place = Place {
            campaign: self.id,
            batch_size: self.batch_size,
            from: self.position,
        };
        let placed = place.all(self.store, &mut self.places, contacts, self.now);
        self.places.write(&mut self.tx, self.id).await?;
        write_contacts(&mut self.tx, self.id, &placed, self.now).await?;
        self.position += i64::try_from(placed.len()).unwrap_or(i64::MAX);
        Ok(())
    }

    /// Notes which campaign it is a copy of.
    pub(crate) async fn copied_from(&mut self, original: CampaignId) -> Result<()> {
        on_tx!(self.tx, |c| sqlx::query(
            "UPDATE campaigns SET cloned_from = $2 WHERE id = $1"
        )
        .bind(self.id.0)
        .bind(original.0)
        .execute(c)
        .await
        .map(|_| ()))?;
        Ok(())
    }

    /// Stores the problems and the sums, and commits. A test call is started in the same commit.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached, [`crate::Error::Conflict`] when the assistant
    /// cannot be used any more; nothing was stored then.
    pub async fn finish(mut self, totals: Totals, problems: &[Problem]) -> Result<CampaignId> {
        insert_problems(&mut self.tx, self.id, problems).await?;
        on_tx!(self.tx, |c| sqlx::query(SET_TOTALS)
            .bind(self.id.0)
            .bind(to_i32(totals.rows))
            .bind(to_i32(totals.rejected))
            .bind(to_i32(totals.duplicates))
            .bind(i32::try_from(self.position).unwrap_or(i32::MAX))
            .execute(c)
            .await
            .map(|_| ()))?;
        // Held only now: a long list would keep everybody else from the assistant.
        if !hold_for_campaign(&mut self.tx, self.assistant_id, self.id, self.kind).await? {
            let what = "the assistant cannot be used, or was made for one campaign and has one";
            return Err(crate::Error::Conflict(what.to_owned()));
        }
        if self.kind == Kind::Test {
            on_tx!(self.tx, |c| sqlx::query(START_TEST)
                .bind(self.id.0)
                .bind(self.now.0)
                .execute(c)
                .await
                .map(|_| ()))?;
        }
        self.tx.commit().await?;
        Ok(self.id)
    }
}

async fn insert_problems(tx: &mut Tx, id: CampaignId, problems: &[Problem]) -> Result<()> {
    let line = |line: u64| i64::try_from(line).unwrap_or(i64::MAX);
    for problems in problems.chunks(ROWS_A_STATEMENT) {
        match &mut tx.inner {
            TxInner::Sqlite(tx) => {
                let mut insert = QueryBuilder::<Sqlite>::new(INSERT_PROBLEMS);
                insert.push_values(problems, |mut row, problem| {
                    row.push_bind(id.0)
                        .push_bind(line(problem.line))
                        .push_bind(problem.kind.as_str())
                        .push_bind(problem.column.as_deref().map(clean))
                        .push_bind(problem.value.as_deref().map(clean))
                        .push_bind(clean(&problem.reason))
                        .push_bind(problem.first_line.map(line));
                });
                insert.push(PROBLEM_ONCE).build().execute(&mut **tx).await?;
            }
            TxInner::Postgres(tx) => {
                sqlx::query(INSERT_PROBLEMS_POSTGRES.as_str())
                    .bind(id.0)
                    .bind(column(problems, |problem| line(problem.line)))
                    .bind(column(problems, |problem| problem.kind.as_str()))
                    .bind(column(problems, |problem| problem.column.as_deref().map(clean)))
                    .bind(column(problems, |problem| problem.value.as_deref().map(clean)))
                    .bind(column(problems, |problem| clean(&problem.reason)))
                    .bind(column(problems, |problem| problem.first_line.map(line)))
                    .execute(&mut **tx)
                    .await?;
            }
        }
    }
    Ok(())
}
