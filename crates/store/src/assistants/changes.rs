//! Changes that the provider makes for us: written down, asked for, closed by what is known for certain.
//!
//! One at a time for each assistant. Killed before the intent commits, nothing happened. Killed after it, the change is
//! open, and any node looks it up once the one at work can no longer be under way. Closed twice at once, one of them
//! finds it closed.

use domain::{
    directory::{ChangeKind, ChangeState, Origin, Source},
    ids::{AssistantId, ChangeId},
    time::UtcMs,
};
use uuid::Uuid;

use super::{NewVersion, config, hold, insert_version};
use crate::{
    Result,
    clean::clean,
    db::{Store, Tx},
    rows::{stored, to_u32},
};

/// A change, as far as people see it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// Its id.
    pub id: ChangeId,
    /// What the provider shall do.
    pub kind: ChangeKind,
    /// How far it is.
    pub state: ChangeState,
    /// Who asked for it, as they said; may be empty.
    pub author: String,
    /// What went wrong.
    pub problem: Option<String>,
    /// When it left for the provider, or was about to.
    pub sent_at: UtcMs,
}

/// A change to be written down.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewChange {
    /// What the provider shall do.
    pub kind: ChangeKind,
    /// How the version that it leads to comes about.
    pub origin: Origin,
    /// Who asks for it.
    pub author: String,
    /// What people shall call the assistant then.
    pub name: String,
    /// What the provider shall hold then, as JSON text.
    pub config_json: String,
    /// The request's body, as JSON text.
    pub body_json: String,
    /// When to look for it, should the node at work not come back.
    pub next_look: UtcMs,
}

/// A change with everything that is needed to look it up or to repeat it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenChange {
    /// Its id.
    pub id: ChangeId,
    /// The assistant.
    pub assistant_id: AssistantId,
    /// The provider's id of it, where it has one.
    pub provider_assistant_id: Option<String>,
    /// What was written down.
    pub change: NewChange,
    /// How far it is.
    pub state: ChangeState,
    /// How often it was looked for before.
    pub looks: u32,
    /// When it left for the provider, or was about to.
    pub sent_at: UtcMs,
}

/// Whether a change may be asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Intended {
    /// It is written down: ask now.
    Go(ChangeId),
    /// The record has another version by now.
    Moved(u32),
    /// Another change is open.
    Busy,
    /// A template, or an assistant that has been removed or that the provider has not confirmed.
    Impossible,
    /// A campaign that is not finished uses it.
    InUse,
    /// There is no such assistant.
    NotFound,
}

/// What became of closing a change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Closed {
    /// It is closed now.
    Now,
    /// It was closed before.
    Before,
}

const INSERT_ASSISTANT: &str = "INSERT INTO assistants \
     (id, name, search_text, source, config_json, version, active, ephemeral, created_at_ms, updated_at_ms) \
     VALUES ($1, $2, $3, 'local', $4, 0, $5, $6, $7, $7)";

const INSERT: &str = "INSERT INTO assistant_changes \
     (id, assistant_id, kind, state, origin, author, name, config_json, body_json, next_look_ms, sent_at_ms) \
     VALUES ($1, $2, $3, 'sent', $4, $5, $6, $7, $8, $9, $10) \
     ON CONFLICT (assistant_id) WHERE state IN ('sent', 'doubt') DO NOTHING";

/// What was lost before is settled by a new change.
pub(super) const DISMISS_OLDER: &str =
    "UPDATE assistant_changes SET state = 'dismissed' WHERE assistant_id = $1 AND state = 'lost'";

const CLOSE: &str = "UPDATE assistant_changes SET state = $2, problem = COALESCE($3, problem), closed_at_ms = $4 \
     WHERE id = $1 AND state IN ('sent', 'doubt') AND (CAST($5 AS BIGINT) IS NULL OR sent_at_ms = $5) \
     RETURNING assistant_id, kind, origin, author, name, sent_at_ms";

// Late, a change that was taken for lost turns out to be in force.
const FOUND_LATE: &str = "UPDATE assistant_changes SET state = 'done', closed_at_ms = $2 \
     WHERE id = $1 AND (state IN ('sent', 'doubt') OR (kind = 'create' AND state = 'lost')) \
     RETURNING assistant_id, kind, origin, author, name, sent_at_ms";

const IN_FORCE: &str = "UPDATE assistants SET provider_assistant_id = $2, name = $3, \
     search_text = $4, config_json = $5, version = version + 1, checked_at_ms = $6, theirs_json = NULL, \
     gone_at_ms = NULL, updated_at_ms = $6 WHERE id = $1 RETURNING version";

const REMOVED: &str = "UPDATE assistants SET removed_at_ms = $2, active = $3, theirs_json = NULL, updated_at_ms = $2 WHERE id = $1";

const UNMADE_CHANGES: &str = "DELETE FROM assistant_changes WHERE assistant_id = $1 \
     AND EXISTS (SELECT 1 FROM assistants WHERE id = $1 AND version = 0)";
const UNMADE: &str = "DELETE FROM assistants WHERE id = $1 AND version = 0";

const DOUBT: &str = "UPDATE assistant_changes SET state = 'doubt', problem = $2, next_look_ms = $3 \
     WHERE id = $1 AND state IN ('sent', 'doubt')";

// Whoever is first has the look: the others find a later time.
const TAKE_LOOK: &str = "UPDATE assistant_changes SET looks = looks + 1, next_look_ms = $2 WHERE id = $1 AND state IN \
     ('sent', 'doubt') AND next_look_ms <= $3";

const SENT_AGAIN: &str = "UPDATE assistant_changes SET sent_at_ms = $2 WHERE id = $1 AND state IN ('sent', 'doubt') \
     AND sent_at_ms = $3";

const CHANGE: &str = "SELECT g.id, g.assistant_id, g.kind, g.state, g.origin, g.author, g.name, \
     CAST(g.config_json AS TEXT) AS config_json, CAST(g.body_json AS TEXT) AS body_json, g.looks, g.next_look_ms, g.sent_at_ms, \
     a.provider_assistant_id FROM assistant_changes g JOIN assistants a ON a.id = g.assistant_id";

/// Ephemeral assistants whose campaign is over for good: every call is final, and has been for a while, since a late word
/// of the provider may make somebody wait again.
const SPENT: &str = "SELECT a.id FROM assistants a WHERE a.ephemeral AND a.removed_at_ms IS NULL AND a.gone_at_ms IS NULL \
     AND a.provider_assistant_id IS NOT NULL \
     AND EXISTS (SELECT 1 FROM campaigns k WHERE k.assistant_id = a.id AND k.kind = 'list') \
     AND NOT EXISTS (SELECT 1 FROM campaigns k WHERE k.assistant_id = a.id AND \
       (k.status NOT IN ('COMPLETED', 'CANCELED', 'FAILED') OR k.updated_at_ms > $1 OR k.completed_at_ms > $1 \
        OR EXISTS (SELECT 1 FROM calls l WHERE l.account_id = k.account_id AND l.campaign_id = k.id \
                   AND l.status IN ('QUEUED', 'RINGING', 'IN_PROGRESS')))) \
     AND NOT EXISTS (SELECT 1 FROM assistant_changes g WHERE g.assistant_id = a.id AND (g.state IN ('sent', 'doubt') \
       OR (g.kind = 'remove' AND g.state = 'refused' AND g.closed_at_ms > $1 - 3600000)))";

/// So long after its campaign an ephemeral assistant is kept, in milliseconds.
pub(crate) const KEPT_AFTER_MS: i64 = 60_000;

type ClosedRow = (Uuid, String, String, String, String, i64);

impl Store {
    /// An id for an assistant that is about to be made: its first request must carry it.
    #[must_use]
    pub fn new_assistant_id(&self, now: UtcMs) -> AssistantId {
        self.0.ids.next(now)
    }

    /// Writes down that the provider is about to be asked for a new assistant.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached; do not ask then.
    pub async fn intend_to_create(
        &self,
        id: AssistantId,
        active: bool,
        ephemeral: bool,
        change: &NewChange,
        now: UtcMs,
    ) -> Result<ChangeId> {
        let mut tx = self.begin().await?;
        let name = clean(&change.name).into_owned();
        let config = config(&change.config_json)?;
        on_tx!(tx, |c| sqlx::query(INSERT_ASSISTANT)
            .bind(id.0)
            .bind(&name)
            .bind(name.to_lowercase())
            .bind(&config)
            .bind(active)
            .bind(ephemeral)
            .bind(now.0)
            .execute(c)
            .await
            .map(|_| ()))?;
        let change_id = self.0.ids.next(now);
        insert_change(&mut tx, change_id, id, change, now).await?;
        tx.commit().await?;
        Ok(change_id)
    }

    /// Writes down that the provider is about to be asked to change an assistant, of which the asker has seen this
    /// version.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached; do not ask then.
    pub async fn intend_to_change(
        &self,
        id: AssistantId,
        version: u32,
        change: &NewChange,
        now: UtcMs,
    ) -> Result<Intended> {
        let mut tx = self.begin().await?;
        let Some(held) = hold(&mut tx, id).await?.filter(|held| !held.deleted) else {
            return Ok(Intended::NotFound);
        };
        if held.source == Source::Template.as_str() || held.provider_assistant_id.is_none() || held.removed {
            return Ok(Intended::Impossible);
        }
        if to_u32(held.version) != version {
            return Ok(Intended::Moved(to_u32(held.version)));
        }
        self.write_down(tx, id, change, now).await
    }

    /// Writes down that the provider is about to be asked to remove an ephemeral assistant whose campaign is over.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached; do not ask then.
    pub async fn intend_to_remove(&self, id: AssistantId, next_look: UtcMs, now: UtcMs) -> Result<Intended> {
        let mut tx = self.begin().await?;
        let Some(held) = hold(&mut tx, id).await? else {
            return Ok(Intended::NotFound);
        };
        if !held.ephemeral || held.removed || held.provider_assistant_id.is_none() {
            return Ok(Intended::Impossible);
        }
        let spent: Vec<Uuid> = on_tx!(tx, |c| sqlx::query_scalar(SPENT)
            .bind(now.0 - KEPT_AFTER_MS)
            .fetch_all(c)
            .await)?;
        if !spent.contains(&id.0) {
            return Ok(Intended::InUse);
        }
        let change = NewChange {
            kind: ChangeKind::Remove,
            origin: Origin::Edited,
            author: String::new(),
            name: String::new(),
            config_json: "{}".to_owned(),
            body_json: "{}".to_owned(),
            next_look,
        };
        self.write_down(tx, id, &change, now).await
    }

    async fn write_down(
        &self,
        mut tx: Tx,
        id: AssistantId,
        change: &NewChange,
        now: UtcMs,
    ) -> Result<Intended> {
        on_tx!(tx, |c| sqlx::query(DISMISS_OLDER)
            .bind(id.0)
            .execute(c)
            .await
            .map(|_| ()))?;
        let change_id = self.0.ids.next(now);
        if !insert_change(&mut tx, change_id, id, change, now).await? {
            return Ok(Intended::Busy);
        }
        tx.commit().await?;
        Ok(Intended::Go(change_id))
    }

    /// The change is in force at the provider, which answered with this configuration: the next version of ours. A
    /// removal leaves none.
    ///
    /// A change that was given up for lost and shows up after all is taken as well.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached; the change stays open then and is looked up.
    pub async fn change_in_force(
        &self,
        change: ChangeId,
        provider_assistant_id: &str,
        config_json: &str,
        now: UtcMs,
    ) -> Result<Closed> {
        let mut tx = self.begin().await?;
        let of: Option<Uuid> = on_tx!(tx, |c| sqlx::query_scalar(
            "SELECT assistant_id FROM assistant_changes WHERE id = $1"
        )
        .bind(change.0)
        .fetch_optional(c)
        .await)?;
        let Some(of) = of else {
            return Ok(Closed::Before);
        };
        hold(&mut tx, AssistantId(of)).await?;
        let closed: Option<ClosedRow> = on_tx!(tx, |c| sqlx::query_as(FOUND_LATE)
            .bind(change.0)
            .bind(now.0)
            .fetch_optional(c)
            .await)?;
        let Some((id, kind, origin, author, name, sent_at_ms)) = closed else {
            return Ok(Closed::Before);
        };
        if kind == ChangeKind::Remove.as_str() {
            on_tx!(tx, |c| sqlx::query(REMOVED)
                .bind(id)
                .bind(now.0)
                .bind(false)
                .execute(c)
                .await
                .map(|_| ()))?;
        } else {
            let config = config(config_json)?;
            let version: i32 = on_tx!(tx, |c| sqlx::query_scalar(IN_FORCE)
                .bind(id)
                .bind(clean(provider_assistant_id).as_ref())
                .bind(&name)
                .bind(name.to_lowercase())
                .bind(&config)
                .bind(now.0)
                .fetch_one(c)
                .await)?;
            let version = NewVersion {
                id,
                version: to_u32(version),
                name: &name,
                config: &config,
                origin: &origin,
                author: &author,
                sent_at_ms,
                now_ms: now.0,
            };
            insert_version(&mut tx, &version).await?;
        }
        tx.commit().await?;
        Ok(Closed::Now)
    }

    /// The provider will not do it, it says to the request that left at `sent_at`. Nothing has changed; an assistant that
    /// was to be made is no more.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached; the change stays open then and is looked up.
    pub async fn change_refused(
        &self,
        change: ChangeId,
        sent_at: UtcMs,
        problem: &str,
        now: UtcMs,
    ) -> Result<Closed> {
        let mut tx = self.begin().await?;
        let Some(closed) = close(
            &mut tx,
            change,
            ChangeState::Refused,
            Some(sent_at.0),
            problem,
            now,
        )
        .await?
        else {
            return Ok(Closed::Before);
        };
        if closed.1 == ChangeKind::Create.as_str() {
            forget_unmade(&mut tx, closed.0).await?;
        }
        tx.commit().await?;
        Ok(Closed::Now)
    }

    /// The provider was asked and does not show it. A person may repeat it.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached; it is looked up again then.
    pub async fn change_lost(&self, change: ChangeId, problem: &str, now: UtcMs) -> Result<Closed> {
        let mut tx = self.begin().await?;
        let closed = close(&mut tx, change, ChangeState::Lost, None, problem, now).await?;
        tx.commit().await?;
        Ok(if closed.is_some() {
            Closed::Now
        } else {
            Closed::Before
        })
    }

    /// Nobody can tell whether the provider did it. It is looked up at `next_look`.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached; it is looked up all the same, later.
    pub async fn change_in_doubt(&self, change: ChangeId, problem: &str, next_look: UtcMs) -> Result<()> {
        let mut tx = self.begin().await?;
        on_tx!(tx, |c| sqlx::query(DOUBT)
            .bind(change.0)
            .bind(clean(problem).as_ref())
            .bind(next_look.0)
            .execute(c)
            .await
            .map(|_| ()))?;
        tx.commit().await
    }

    /// A person has seen that a change was lost. An assistant that was never made is no more. False: there is no such lost
    /// change.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn dismiss_change(&self, change: ChangeId, now: UtcMs) -> Result<bool> {
        let mut tx = self.begin().await?;
        let dismissed: Option<(Uuid, String)> = on_tx!(tx, |c| sqlx::query_as(
            "UPDATE assistant_changes SET state = 'dismissed', closed_at_ms = COALESCE(closed_at_ms, $2) \
             WHERE id = $1 AND state = 'lost' RETURNING assistant_id, kind"
        )
        .bind(change.0)
        .bind(now.0)
        .fetch_optional(c)
        .await)?;
        let Some((id, kind)) = dismissed else {
            return Ok(false);
        };
        if kind == ChangeKind::Create.as_str() {
            forget_unmade(&mut tx, id).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Opens a lost change again, to be sent once more. False: it is not lost, or another change is open.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn reopen_change(&self, change: ChangeId, next_look: UtcMs, now: UtcMs) -> Result<bool> {
        let mut tx = self.begin().await?;
        let done = on_tx!(tx, |c| {
            sqlx::query(
            "UPDATE assistant_changes SET state = 'sent', problem = NULL, looks = 0, next_look_ms = $2, sent_at_ms = $3, \
             closed_at_ms = NULL WHERE id = $1 AND state = 'lost' AND NOT EXISTS (SELECT 1 FROM assistant_changes o \
             WHERE o.assistant_id = assistant_changes.assistant_id AND o.state IN ('sent', 'doubt'))"
        )
        .bind(change.0)
        .bind(next_look.0)
        .bind(now.0)
        .execute(c)
        .await
        .map(|done| done.rows_affected())
        })?;
        tx.commit().await?;
        Ok(done == 1)
    }

    /// Open changes that are due to be looked up.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn due_changes(&self, now: UtcMs) -> Result<Vec<OpenChange>> {
        let rows: Vec<Row> = on!(self, |pool| {
            sqlx::query_as(sqlx::AssertSqlSafe(format!(
            "{CHANGE} WHERE g.state IN ('sent', 'doubt') AND g.next_look_ms <= $1 ORDER BY g.next_look_ms LIMIT 20"
        )))
        .bind(now.0)
        .fetch_all(pool)
        .await
        })?;
        rows.into_iter().map(OpenChange::try_from).collect()
    }

    /// One change.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn change(&self, id: ChangeId) -> Result<Option<OpenChange>> {
        let row: Option<Row> = on!(self, |pool| sqlx::query_as(sqlx::AssertSqlSafe(format!(
            "{CHANGE} WHERE g.id = $1"
        )))
        .bind(id.0)
        .fetch_optional(pool)
        .await)?;
        row.map(OpenChange::try_from).transpose()
    }

    /// Creations that are not known to have happened: those that an assistant at the provider with our mark may answer to.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn creation_of(&self, assistant: AssistantId) -> Result<Option<OpenChange>> {
        let row: Option<Row> = on!(self, |pool| {
            sqlx::query_as(sqlx::AssertSqlSafe(format!(
            "{CHANGE} WHERE g.assistant_id = $1 AND g.kind = 'create' AND g.state IN ('sent', 'doubt', 'lost') \
             AND (a.version = 0 OR a.gone_at_ms IS NOT NULL) \
             ORDER BY g.sent_at_ms DESC LIMIT 1"
        )))
        .bind(assistant.0)
        .fetch_optional(pool)
        .await
        })?;
        row.map(OpenChange::try_from).transpose()
    }

    /// Takes a look that is due, so that no other node looks before `next`. False: another was first.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn take_look(&self, change: ChangeId, next: UtcMs, now: UtcMs) -> Result<bool> {
        let mut tx = self.begin().await?;
        let taken = on_tx!(tx, |c| sqlx::query(TAKE_LOOK)
            .bind(change.0)
            .bind(next.0)
            .bind(now.0)
            .execute(c)
            .await
            .map(|done| done.rows_affected()))?;
        tx.commit().await?;
        Ok(taken == 1)
    }

    /// Writes down that a removal is about to be asked for once more. False: another node was first.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn send_again(&self, change: &OpenChange, now: UtcMs) -> Result<bool> {
        let mut tx = self.begin().await?;
        let mine = on_tx!(tx, |c| sqlx::query(SENT_AGAIN)
            .bind(change.id.0)
            .bind(now.0)
            .bind(change.sent_at.0)
            .execute(c)
            .await
            .map(|done| done.rows_affected()))?;
        tx.commit().await?;
        Ok(mine == 1)
    }

    /// Ephemeral assistants whose campaign is over, so that the provider need not keep them.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn spent_assistants(&self, now: UtcMs) -> Result<Vec<AssistantId>> {
        let ids: Vec<Uuid> = on!(self, |pool| sqlx::query_scalar(SPENT)
            .bind(now.0 - KEPT_AFTER_MS)
            .fetch_all(pool)
            .await)?;
        Ok(ids.into_iter().map(AssistantId).collect())
    }
}

/// Writes a change down. False: another is open.
async fn insert_change(
    tx: &mut Tx,
    change_id: ChangeId,
    assistant: AssistantId,
    change: &NewChange,
    now: UtcMs,
) -> Result<bool> {
    let (wanted, body) = (config(&change.config_json)?, config(&change.body_json)?);
    let inserted = on_tx!(tx, |c| sqlx::query(INSERT)
        .bind(change_id.0)
        .bind(assistant.0)
        .bind(change.kind.as_str())
        .bind(change.origin.as_str())
        .bind(clean(&change.author).as_ref())
        .bind(clean(&change.name).as_ref())
        .bind(&wanted)
        .bind(&body)
        .bind(change.next_look.0)
        .bind(now.0)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(inserted == 1)
}

async fn close(
    tx: &mut Tx,
    change: ChangeId,
    state: ChangeState,
    sent_at_ms: Option<i64>,
    problem: &str,
    now: UtcMs,
) -> Result<Option<ClosedRow>> {
    Ok(on_tx!(tx, |c| sqlx::query_as(CLOSE)
        .bind(change.0)
        .bind(state.as_str())
        .bind(Some(clean(problem)))
        .bind(now.0)
        .bind(sent_at_ms)
        .fetch_optional(c)
        .await)?)
}

/// Forgets an assistant that the provider never made.
pub(super) async fn forget_unmade(tx: &mut Tx, id: Uuid) -> Result<()> {
    for sql in [UNMADE_CHANGES, UNMADE] {
        on_tx!(tx, |c| sqlx::query(sql).bind(id).execute(c).await.map(|_| ()))?;
    }
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    assistant_id: Uuid,
    kind: String,
    state: String,
    origin: String,
    author: String,
    name: String,
    config_json: String,
    body_json: String,
    looks: i32,
    next_look_ms: i64,
    sent_at_ms: i64,
    provider_assistant_id: Option<String>,
}

impl TryFrom<Row> for OpenChange {
    type Error = crate::Error;

    fn try_from(row: Row) -> Result<Self> {
        const TABLE: &str = "assistant_changes";
        Ok(Self {
            id: ChangeId(row.id),
            assistant_id: AssistantId(row.assistant_id),
            provider_assistant_id: row.provider_assistant_id,
            state: stored(
                ChangeState::from_stored(&row.state),
                TABLE,
                "state",
                row.id,
                &row.state,
            )?,
            looks: to_u32(row.looks),
            sent_at: UtcMs(row.sent_at_ms),
            change: NewChange {
                kind: stored(
                    ChangeKind::from_stored(&row.kind),
                    TABLE,
                    "kind",
                    row.id,
                    &row.kind,
                )?,
                origin: stored(
                    Origin::from_stored(&row.origin),
                    TABLE,
                    "origin",
                    row.id,
                    &row.origin,
                )?,
                author: row.author,
                name: row.name,
                config_json: row.config_json,
                body_json: row.body_json,
                next_look: UtcMs(row.next_look_ms),
            },
        })
    }
}
