//! Campaigns: reading them, and what a person may do with them.

use std::sync::LazyLock;

use domain::{
    campaign::{Action, CampaignStatus, Kind, Mode, possible_actions},
    directory::Source,
    ids::{AssistantId, CampaignId},
    time::UtcMs,
};
use uuid::Uuid;

use crate::{
    Result,
    assistants::Trouble,
    db::{Store, Tx, TxInner},
    rows::{stored, to_u32},
    settling::SKIPPED_CANCELED,
    wake::Wake,
};

/// A campaign to be created together with its contacts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewCampaign {
    /// What people call it.
    pub name: String,
    /// A list of people, or one test call.
    pub kind: Kind,
    /// How it works through its list.
    pub mode: Mode,
    /// Calls open at once, 1 to 50.
    pub cap: u32,
    /// Contacts a batch, in batch mode.
    pub batch_size: Option<u32>,
    /// Whether a new batch waits until no call is live on its number.
    pub quiet_line_gate: bool,
    /// Who speaks.
    pub assistant_id: AssistantId,
    /// The number we call from, by the provider's id.
    pub phone_number_id: String,
    /// That number, for people.
    pub phone_number: Option<String>,
}

/// A campaign.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Campaign {
    /// Its id.
    pub id: CampaignId,
    /// What people call it.
    pub name: String,
    /// A list of people, or one test call.
    pub kind: Kind,
    /// Where it stands.
    pub status: CampaignStatus,
    /// How it works through its list.
    pub mode: Mode,
    /// Calls open at once.
    pub cap: u32,
    /// Contacts a batch, in batch mode.
    pub batch_size: Option<u32>,
    /// Whether a new batch waits until no call is live on its number.
    pub quiet_line_gate: bool,
    /// The batch being called, from 0.
    pub batch_index: u32,
    /// Who speaks.
    pub assistant_id: AssistantId,
    /// What people call the assistant.
    pub assistant_name: String,
    /// The version of the assistant that it started with.
    pub assistant_version: Option<u32>,
    /// Why the assistant cannot call, if it cannot.
    pub assistant_trouble: Option<Trouble>,
    /// The number we call from, by the provider's id.
    pub phone_number_id: String,
    /// That number.
    pub phone_number: Option<String>,
    /// Why it pauses, when no person asked for it.
    pub pause_reason: Option<String>,
    /// Rows of the list.
    pub rows_read: u32,
    /// Rows that could not be used.
    pub rows_rejected: u32,
    /// Rows that repeat a number.
    pub rows_duplicate: u32,
    /// Contacts.
    pub total_contacts: u32,
    /// Calls open now.
    pub open_calls: u32,
    /// Contacts that are final.
    pub final_contacts: u32,
    /// When it was created.
    pub created_at: UtcMs,
    /// When Start was pressed.
    pub queued_at: Option<UtcMs>,
    /// When the provider accepted the first call.
    pub started_at: Option<UtcMs>,
    /// When the last contact became final.
    pub completed_at: Option<UtcMs>,
}

/// A part of a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Page {
    /// How many rows at most.
    pub limit: u32,
    /// How many rows before.
    pub offset: u32,
}

/// What became of an action.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Acted {
    /// Done; this is the new status.
    Done(CampaignStatus),
    /// Not possible from the present status; these actions are.
    Impossible {
        /// The present status.
        status: CampaignStatus,
        /// What is possible.
        possible: Vec<Action>,
    },
    /// Its assistant cannot call.
    NoAssistant(Trouble),
    /// There is no such campaign.
    NotFound,
}

/// What became of giving a campaign another assistant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Assigned {
    /// Done.
    Done,
    /// It has been started.
    Started(CampaignStatus),
    /// The assistant cannot be used.
    NoAssistant,
    /// There is no such campaign.
    NotFound,
}

const SELECT: &str = "SELECT c.id, c.name, c.kind, c.status, c.mode, c.cap, c.batch_size, c.quiet_line_gate, c.batch_index, \
     c.assistant_id, a.name AS assistant_name, c.assistant_version, a.source AS assistant_source, \
     a.provider_assistant_id IS NOT NULL AS assistant_confirmed, a.deleted_at_ms IS NOT NULL AS assistant_deleted, \
     a.removed_at_ms IS NOT NULL AS assistant_removed, a.gone_at_ms IS NOT NULL AS assistant_gone, \
     a.active AS assistant_active, c.phone_number_id, c.phone_number, c.pause_reason, c.rows_read, \
     c.rows_rejected, c.rows_duplicate, c.total_contacts, c.created_at_ms, c.queued_at_ms, c.started_at_ms, \
     c.completed_at_ms, \
     (SELECT COUNT(*) FROM calls k WHERE k.account_id = c.account_id AND k.campaign_id = c.id \
        AND k.status IN ('QUEUED', 'RINGING', 'IN_PROGRESS')) AS open_calls, \
     (SELECT COUNT(*) FROM contacts o WHERE o.campaign_id = c.id AND o.state IN ('pending', 'calling')) AS open_contacts \
     FROM campaigns c JOIN assistants a ON a.id = c.assistant_id";

static ONE: LazyLock<String> = LazyLock::new(|| format!("{SELECT} WHERE c.id = $1"));
static LIST: LazyLock<String> = LazyLock::new(|| {
    format!("{SELECT} WHERE c.kind = 'list' ORDER BY c.created_at_ms DESC, c.id LIMIT $1 OFFSET $2")
});

const COMPLETE: &str = "UPDATE campaigns SET status = 'COMPLETED', completed_at_ms = $2, updated_at_ms = $2 \
     WHERE id = $1 AND status IN ('QUEUED', 'DIALING', 'RUNNING', 'PAUSED') \
       AND NOT EXISTS (SELECT 1 FROM contacts WHERE campaign_id = $1 AND state IN ('pending', 'calling'))";

const SKIP_SOME: &str = "UPDATE contacts SET state = 'skipped', reason = $2, updated_at_ms = $3 \
     WHERE id IN (SELECT id FROM contacts WHERE campaign_id = $1 AND state = 'pending' LIMIT 5000) AND state = 'pending'";

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    name: String,
    kind: String,
    status: String,
    mode: String,
    cap: i32,
    batch_size: Option<i32>,
    quiet_line_gate: bool,
    batch_index: i32,
    assistant_id: Uuid,
    assistant_name: String,
    assistant_version: Option<i32>,
    assistant_source: String,
    assistant_confirmed: bool,
    assistant_deleted: bool,
    assistant_removed: bool,
    assistant_gone: bool,
    assistant_active: bool,
    phone_number_id: String,
    phone_number: Option<String>,
    pause_reason: Option<String>,
    rows_read: i32,
    rows_rejected: i32,
    rows_duplicate: i32,
    total_contacts: i32,
    created_at_ms: i64,
    queued_at_ms: Option<i64>,
    started_at_ms: Option<i64>,
    completed_at_ms: Option<i64>,
    open_calls: i64,
    open_contacts: i64,
}

impl TryFrom<Row> for Campaign {
    type Error = crate::Error;

    fn try_from(row: Row) -> Result<Self> {
        let total = to_u32(row.total_contacts);
        let source = Source::from_stored(&row.assistant_source);
        let source = stored(
            source,
            "assistants",
            "source",
            row.assistant_id,
            &row.assistant_source,
        )?;
        Ok(Self {
            id: CampaignId(row.id),
            kind: stored(
                Kind::from_stored(&row.kind),
                "campaigns",
                "kind",
                row.id,
                &row.kind,
            )?,
            assistant_version: row.assistant_version.map(to_u32),
            assistant_trouble: Trouble::of(
                source,
                row.assistant_confirmed,
                row.assistant_deleted,
                row.assistant_removed,
                row.assistant_gone,
                row.assistant_active,
            ),
            status: stored(
                CampaignStatus::from_stored(&row.status),
                "campaigns",
                "status",
                row.id,
                &row.status,
            )?,
            mode: stored(
                Mode::from_stored(&row.mode),
                "campaigns",
                "mode",
                row.id,
                &row.mode,
            )?,
            name: row.name,
            cap: to_u32(row.cap),
            batch_size: row.batch_size.map(to_u32),
            quiet_line_gate: row.quiet_line_gate,
            batch_index: to_u32(row.batch_index),
            assistant_id: AssistantId(row.assistant_id),
            assistant_name: row.assistant_name,
            phone_number_id: row.phone_number_id,
            phone_number: row.phone_number,
            pause_reason: row.pause_reason,
            rows_read: to_u32(row.rows_read),
            rows_rejected: to_u32(row.rows_rejected),
            rows_duplicate: to_u32(row.rows_duplicate),
            total_contacts: total,
            open_calls: u32::try_from(row.open_calls).unwrap_or(u32::MAX),
            final_contacts: total.saturating_sub(u32::try_from(row.open_contacts).unwrap_or(u32::MAX)),
            created_at: UtcMs(row.created_at_ms),
            queued_at: row.queued_at_ms.map(UtcMs),
            started_at: row.started_at_ms.map(UtcMs),
            completed_at: row.completed_at_ms.map(UtcMs),
        })
    }
}

impl Store {
    /// One campaign.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn campaign(&self, id: CampaignId) -> Result<Option<Campaign>> {
        let row: Option<Row> = on!(self, |pool| sqlx::query_as(ONE.as_str())
            .bind(id.0)
            .fetch_optional(pool)
            .await)?;
        row.map(Campaign::try_from).transpose()
    }

    /// Campaigns, newest first. Test calls are shown with their assistant.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn campaigns(&self, page: Page) -> Result<Vec<Campaign>> {
        let rows: Vec<Row> = on!(self, |pool| sqlx::query_as(LIST.as_str())
            .bind(i64::from(page.limit))
            .bind(i64::from(page.offset))
            .fetch_all(pool)
            .await)?;
        rows.into_iter().map(Campaign::try_from).collect()
    }

    /// How many campaigns there are, test calls aside.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn count_campaigns(&self) -> Result<u64> {
        let count: i64 = on!(self, |pool| sqlx::query_scalar(
            "SELECT COUNT(*) FROM campaigns WHERE kind = 'list'"
        )
        .fetch_one(pool)
        .await)?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Does what a person asks, if it is possible now. Run twice, the second one is told that it is not.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn act(&self, id: CampaignId, action: Action, now: UtcMs) -> Result<Acted> {
        let Some(campaign) = self.campaign(id).await? else {
            return Ok(Acted::NotFound);
        };
        let status = campaign.status;
        let impossible = Acted::Impossible {
            status,
            possible: possible_actions(status),
        };
        if !action.possible_from().contains(&status) {
            return Ok(impossible);
        }
        let calls = matches!(action, Action::Start | Action::Resume);
        if let (true, Some(trouble)) = (calls, campaign.assistant_trouble) {
            return Ok(Acted::NoAssistant(trouble));
        }
        let started = campaign.started_at.is_some();
        let target = action.leads_to(started);
        let finishes = target.is_final().then_some(now.0);
        let begins = (action == Action::Start).then_some(now.0);
        let mut tx = self.begin().await?;
        let done = on_tx!(tx, |c| {
            sqlx::query(
            "UPDATE campaigns SET status = $3, pause_reason = NULL, updated_at_ms = $4, \
             queued_at_ms = COALESCE(queued_at_ms, $5), completed_at_ms = COALESCE(completed_at_ms, $6), \
             assistant_version = CASE WHEN $8 = 1 THEN (SELECT a.version FROM assistants a WHERE a.id = assistant_id) \
                                 ELSE assistant_version END \
             WHERE id = $1 AND status = $2 AND (started_at_ms IS NOT NULL) = $7 AND ($9 = 0 OR EXISTS \
               (SELECT 1 FROM assistants a WHERE a.id = assistant_id AND a.active AND a.deleted_at_ms IS NULL \
                AND a.removed_at_ms IS NULL AND a.gone_at_ms IS NULL AND a.provider_assistant_id IS NOT NULL))"
        )
        .bind(id.0)
        .bind(status.as_str())
        .bind(target.as_str())
        .bind(now.0)
        .bind(begins)
        .bind(finishes)
        .bind(started)
        .bind(i32::from(begins.is_some()))
        .bind(i32::from(calls))
        .execute(c)
        .await
        .map(|done| done.rows_affected())
        })?;
        tx.commit().await?;
        if done != 1 {
            // Somebody acted, or a call moved the campaign on, between the look and the write.
            return Box::pin(self.act(id, action, now)).await;
        }
        Ok(Acted::Done(target))
    }

    /// Gives a campaign another assistant, which is possible until it starts.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn assign_assistant(
        &self,
        id: CampaignId,
        assistant: AssistantId,
        now: UtcMs,
    ) -> Result<Assigned> {
        let mut tx = self.begin().await?;
        if !hold_for_campaign(&mut tx, assistant, id, Kind::List).await? {
            return Ok(Assigned::NoAssistant);
        }
        let done = on_tx!(tx, |c| sqlx::query(
            "UPDATE campaigns SET assistant_id = $2, updated_at_ms = $3 \
             WHERE id = $1 AND status IN ('CREATED', 'SCHEDULED')"
        )
        .bind(id.0)
        .bind(assistant.0)
        .bind(now.0)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
        tx.commit().await?;
        if done == 1 {
            return Ok(Assigned::Done);
        }
        let campaign = self.campaign(id).await?;
        Ok(campaign.map_or(Assigned::NotFound, |campaign| Assigned::Started(campaign.status)))
    }

    /// Completes those of the campaigns whose every contact is final. Guarantee *nobody lost*: and only those.
    ///
    /// It runs after the commit that made a contact final, so that of two nodes that finish the last two contacts at
    /// once at least the later one sees both.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached; the sweep catches up then.
    pub async fn complete_finished<'a>(
        &self,
        ids: impl IntoIterator<Item = &'a CampaignId>,
        now: UtcMs,
    ) -> Result<u32> {
        let mut completed = 0;
        for id in ids {
            let open: bool = on!(self, |pool| {
                sqlx::query_scalar(
                "SELECT EXISTS (SELECT 1 FROM contacts WHERE campaign_id = $1 AND state IN ('pending', 'calling'))"
            )
            .bind(id.0)
            .fetch_one(pool)
            .await
            })?;
            if open {
                continue;
            }
            let mut tx = self.begin().await?;
            lock_campaign(&mut tx, *id).await?;
            let done = on_tx!(tx, |c| sqlx::query(COMPLETE)
                .bind(id.0)
                .bind(now.0)
                .execute(c)
                .await
                .map(|done| done.rows_affected()))?;
            tx.commit().await?;
            completed += u32::from(done == 1);
        }
        Ok(completed)
    }

    /// Campaigns that are not final: the few that a sweep has to look at.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn unfinished_campaigns(&self) -> Result<Vec<CampaignId>> {
        let ids: Vec<Uuid> = on!(self, |pool| sqlx::query_scalar(
            "SELECT id FROM campaigns WHERE status IN ('QUEUED', 'DIALING', 'RUNNING', 'PAUSED')"
        )
        .fetch_all(pool)
        .await)?;
        Ok(ids.into_iter().map(CampaignId).collect())
    }

    /// Gives the waiting contacts of cancelled campaigns their reason, some thousands at a time, and tells that these
    /// campaigns have changed. Returns how many contacts were changed; zero when nothing is left.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn skip_contacts_of_canceled(&self, now: UtcMs) -> Result<u64> {
        let canceled: Vec<Uuid> = on!(self, |pool| sqlx::query_scalar(
            "SELECT id FROM campaigns c WHERE status = 'CANCELED' \
             AND EXISTS (SELECT 1 FROM contacts WHERE campaign_id = c.id AND state = 'pending')"
        )
        .fetch_all(pool)
        .await)?;
        let mut skipped = 0;
        for id in canceled {
            let mut tx = self.begin().await?;
            skipped += on_tx!(tx, |c| sqlx::query(SKIP_SOME)
                .bind(id)
                .bind(SKIPPED_CANCELED)
                .bind(now.0)
                .execute(c)
                .await
                .map(|done| done.rows_affected()))?;
            tx.commit().await?;
            // The cancellation itself was told before its contacts were touched.
            self.wake(Wake::Campaign(CampaignId(id)));
        }
        Ok(skipped)
    }
}

/// Holds the campaign against [`Store::complete_finished`], and that against whoever makes a final contact wait again.
/// The statement after it sees what the one before committed. Returns the status.
pub(crate) async fn lock_campaign(tx: &mut Tx, id: CampaignId) -> Result<Option<CampaignStatus>> {
    let status: Option<String> = match &mut tx.inner {
        // The transaction holds SQLite's only write lock already.
        TxInner::Sqlite(tx) => {
            sqlx::query_scalar("SELECT status FROM campaigns WHERE id = $1")
                .bind(id.0)
                .fetch_optional(&mut **tx)
                .await?
        }
        TxInner::Postgres(tx) => {
            sqlx::query_scalar("SELECT status FROM campaigns WHERE id = $1 FOR NO KEY UPDATE")
                .bind(id.0)
                .fetch_optional(&mut **tx)
                .await?
        }
    };
    status
        .map(|text| {
            stored(
                CampaignStatus::from_stored(&text),
                "campaigns",
                "status",
                id.0,
                &text,
            )
        })
        .transpose()
}

const USABLE: &str = "SELECT EXISTS (SELECT 1 FROM assistants WHERE id = $1 AND active AND deleted_at_ms IS NULL \
     AND removed_at_ms IS NULL AND gone_at_ms IS NULL AND provider_assistant_id IS NOT NULL)";

/// Holds an assistant for a campaign that wants it, against being deleted or removed. False: it cannot be used, or it was
/// made for one campaign and has another.
pub(crate) async fn hold_for_campaign(
    tx: &mut Tx,
    assistant: AssistantId,
    campaign: CampaignId,
    kind: Kind,
) -> Result<bool> {
    let ephemeral: Option<bool> = on_tx!(tx, |c| sqlx::query_scalar(
        "SELECT ephemeral FROM assistants WHERE id = $1"
    )
    .bind(assistant.0)
    .fetch_optional(c)
    .await)?;
    let alone = ephemeral == Some(true) && kind == Kind::List;
    // SQLite's only write lock is held already.
    if let TxInner::Postgres(tx) = &mut tx.inner {
        // Shared, so that campaigns do not wait for each other; of two that want it alone, the second must see the first.
        let lock = if alone {
            "SELECT 1 FROM assistants WHERE id = $1 FOR NO KEY UPDATE"
        } else {
            "SELECT 1 FROM assistants WHERE id = $1 FOR SHARE"
        };
        sqlx::query(lock).bind(assistant.0).execute(&mut **tx).await?;
    }
    let usable: bool = on_tx!(tx, |c| sqlx::query_scalar(USABLE)
        .bind(assistant.0)
        .fetch_one(c)
        .await)?;
    if !usable || !alone {
        return Ok(usable);
    }
    let taken: bool = on_tx!(tx, |c| sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM campaigns WHERE assistant_id = $1 AND kind = 'list' AND id <> $2)"
    )
    .bind(assistant.0)
    .bind(campaign.0)
    .fetch_one(c)
    .await)?;
    Ok(!taken)
}
