//! Campaigns: reading them, and what a person may do with them.

use std::sync::LazyLock;

use domain::{
    campaign::{Action, CampaignStatus, Kind, Mode, PauseKind, Standing, possible_actions},
    directory::Source,
    ids::{AssistantId, CampaignId},
    policy::Policy,
    time::UtcMs,
};
use uuid::Uuid;

use crate::{
    Error, Result,
    assistants::Trouble,
    db::{Store, Tx, TxInner},
    rows::{stored, to_u32},
    settling::{NOT_CALLED_ANY_MORE, SKIPPED_CANCELED},
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
    /// The numbers we call from, in rotation. At least one.
    pub numbers: Vec<CallerNumber>,
    /// Higher goes first; equals share. Lists have 0 unless somebody says otherwise.
    pub priority: i32,
    /// What it allows: hours, limits, retries, consent, money.
    pub policy: Policy,
    /// From then on nobody is called any more.
    pub expires_at: Option<UtcMs>,
}

/// A number that a campaign calls from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CallerNumber {
    /// The provider's id.
    pub id: String,
    /// That number, for people.
    pub number: Option<String>,
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
    /// The numbers we call from, in rotation.
    pub numbers: Vec<CallerNumber>,
    /// Higher goes first; equals share.
    pub priority: i32,
    /// Which version of what it allows is in force.
    pub policy_version: u32,
    /// Who or what paused it.
    pub pause_kind: Option<PauseKind>,
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
    /// When it starts by itself.
    pub starts_at: Option<UtcMs>,
    /// From then on nobody is called any more.
    pub expires_at: Option<UtcMs>,
    /// Since when its live calls are being hung up.
    pub aborted_at: Option<UtcMs>,
    /// When it was put away.
    pub archived_at: Option<UtcMs>,
    /// When its spending passed the soft limit.
    pub alerted_at: Option<UtcMs>,
    /// The campaign it was copied from.
    pub cloned_from: Option<CampaignId>,
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
    /// Its last day has passed, or would have passed when it starts: this moment.
    Expired(UtcMs),
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
     a.active AS assistant_active, c.priority, c.policy_version, c.pause_kind, c.pause_reason, c.rows_read, \
     c.starts_at_ms, c.expires_at_ms, c.aborted_at_ms, c.archived_at_ms, c.alerted_at_ms, c.cloned_from, \
     (SELECT string_agg(n.phone_number_id || '\t' || COALESCE(n.phone_number, ''), '\n' ORDER BY n.position) \
        FROM campaign_numbers n WHERE n.campaign_id = c.id) AS numbers, \
     c.rows_rejected, c.rows_duplicate, c.total_contacts, c.created_at_ms, c.queued_at_ms, c.started_at_ms, \
     c.completed_at_ms, \
     (SELECT COUNT(*) FROM calls k WHERE k.account_id = c.account_id AND k.campaign_id = c.id \
        AND k.status IN ('QUEUED', 'RINGING', 'IN_PROGRESS')) AS open_calls, \
     (SELECT COUNT(*) FROM contacts o WHERE o.campaign_id = c.id AND o.state IN ('pending', 'calling')) AS open_contacts \
     FROM campaigns c JOIN assistants a ON a.id = c.assistant_id";

static ONE: LazyLock<String> = LazyLock::new(|| format!("{SELECT} WHERE c.id = $1"));
static LIST: LazyLock<String> = LazyLock::new(|| {
    format!(
        "{SELECT} WHERE c.kind = 'list' AND (c.archived_at_ms IS NOT NULL) = ($3 = 1) ORDER BY c.created_at_ms DESC, c.id LIMIT $1 OFFSET $2"
    )
});

const COMPLETE: &str = "UPDATE campaigns SET status = 'COMPLETED', completed_at_ms = $2, updated_at_ms = $2 \
     WHERE id = $1 AND status IN ('QUEUED', 'DIALING', 'RUNNING', 'PAUSED') \
       AND NOT EXISTS (SELECT 1 FROM contacts WHERE campaign_id = $1 AND state IN ('pending', 'calling'))";

const ACT: &str = "UPDATE campaigns SET status = $3, updated_at_ms = $4, \
     pause_reason = CASE WHEN $10 IN ('archive', 'unarchive') THEN pause_reason END, \
     pause_kind = CASE WHEN $10 IN ('archive', 'unarchive') THEN pause_kind WHEN $10 = 'pause' THEN 'person' END, \
     queued_at_ms = COALESCE(queued_at_ms, $5), completed_at_ms = COALESCE(completed_at_ms, $6), \
     resumed_at_ms = CASE WHEN $9 = 1 THEN $4 ELSE resumed_at_ms END, \
     starts_at_ms = CASE WHEN $9 = 1 OR $10 = 'unschedule' THEN NULL ELSE starts_at_ms END, \
     aborted_at_ms = CASE WHEN $10 = 'abort' THEN COALESCE(aborted_at_ms, $4) ELSE aborted_at_ms END, \
     archived_at_ms = CASE WHEN $10 = 'archive' THEN $4 WHEN $10 = 'unarchive' THEN NULL ELSE archived_at_ms END, \
     assistant_version = CASE WHEN $8 = 1 OR ($9 = 1 AND assistant_version IS NULL) THEN (SELECT a.version FROM assistants a WHERE a.id = assistant_id) \
                         ELSE assistant_version END \
     WHERE id = $1 AND status = $2 AND (started_at_ms IS NOT NULL) = $7 AND (archived_at_ms IS NOT NULL) = ($11 = 1) \
       AND ($9 = 0 OR expires_at_ms IS NULL OR expires_at_ms > $4) \
       AND ($9 = 0 OR EXISTS \
       (SELECT 1 FROM assistants a WHERE a.id = assistant_id AND a.active AND a.deleted_at_ms IS NULL \
        AND a.removed_at_ms IS NULL AND a.gone_at_ms IS NULL AND a.provider_assistant_id IS NOT NULL))";

static SKIP_SOME: LazyLock<String> = LazyLock::new(|| {
    format!(
        "UPDATE contacts SET {NOT_CALLED_ANY_MORE}, updated_at_ms = $3 \
         WHERE id IN (SELECT id FROM contacts WHERE campaign_id = $1 AND state = 'pending' LIMIT 5000) \
           AND state = 'pending'"
    )
});

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
    priority: i32,
    policy_version: i32,
    pause_kind: Option<String>,
    pause_reason: Option<String>,
    numbers: Option<String>,
    starts_at_ms: Option<i64>,
    expires_at_ms: Option<i64>,
    aborted_at_ms: Option<i64>,
    archived_at_ms: Option<i64>,
    alerted_at_ms: Option<i64>,
    cloned_from: Option<Uuid>,
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
            numbers: numbers_of(row.numbers.as_deref().unwrap_or_default()),
            priority: row.priority,
            policy_version: to_u32(row.policy_version),
            pause_kind: row
                .pause_kind
                .map(|text| {
                    stored(
                        PauseKind::from_stored(&text),
                        "campaigns",
                        "pause_kind",
                        row.id,
                        &text,
                    )
                })
                .transpose()?,
            starts_at: row.starts_at_ms.map(UtcMs),
            expires_at: row.expires_at_ms.map(UtcMs),
            aborted_at: row.aborted_at_ms.map(UtcMs),
            archived_at: row.archived_at_ms.map(UtcMs),
            alerted_at: row.alerted_at_ms.map(UtcMs),
            cloned_from: row.cloned_from.map(CampaignId),
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

/// The numbers of a campaign, as the query above puts them together.
fn numbers_of(text: &str) -> Vec<CallerNumber> {
    let number = |line: &str| {
        let (id, number) = line.split_once('\t').unwrap_or((line, ""));
        CallerNumber {
            id: id.to_owned(),
            number: (!number.is_empty()).then(|| number.to_owned()),
        }
    };
    text.lines().map(number).collect()
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

    /// Campaigns, newest first: those in use, or those put away. Test calls are shown with their assistant.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn campaigns(&self, archived: bool, page: Page) -> Result<Vec<Campaign>> {
        let rows: Vec<Row> = on!(self, |pool| sqlx::query_as(LIST.as_str())
            .bind(i64::from(page.limit))
            .bind(i64::from(page.offset))
            .bind(i32::from(archived))
            .fetch_all(pool)
            .await)?;
        rows.into_iter().map(Campaign::try_from).collect()
    }

    /// How many campaigns there are, test calls aside.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn count_campaigns(&self, archived: bool) -> Result<u64> {
        let count: i64 = on!(self, |pool| {
            sqlx::query_scalar(
            "SELECT COUNT(*) FROM campaigns WHERE kind = 'list' AND (archived_at_ms IS NOT NULL) = ($1 = 1)"
        )
        .bind(i32::from(archived))
        .fetch_one(pool)
        .await
        })?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Does what a person asks, if it is possible now. Run twice, the second one is told that it is not. A time to start
    /// is set with [`Store::schedule`], and who is called again with [`Store::redial`].
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached; [`crate::Error::Conflict`] when the assistant
    /// changed at the same moment: nothing was done, and it can be asked for again.
    pub async fn act(&self, id: CampaignId, action: Action, now: UtcMs) -> Result<Acted> {
        let mut tx = self.begin().await?;
        // Held from the look to the write: neither a call nor somebody else moves the campaign on in between.
        lock_campaign(&mut tx, id).await?;
        let Some(campaign) = campaign_within(&mut tx, id).await? else {
            return Ok(Acted::NotFound);
        };
        let status = campaign.status;
        if !action.possible(campaign.standing()) {
            return Ok(campaign.impossible());
        }
        let calls = matches!(action, Action::Start | Action::Resume);
        if let (true, Some(trouble)) = (calls, campaign.assistant_trouble) {
            return Ok(Acted::NoAssistant(trouble));
        }
        if let (true, Some(at)) = (calls, campaign.expired(now)) {
            return Ok(Acted::Expired(at));
        }
        let started = campaign.started_at.is_some();
        let target = action.leads_to(status, started);
        let finishes = (target.is_final() && target != status).then_some(now.0);
        let begins = (action == Action::Start).then_some(now.0);
        let done = on_tx!(tx, |c| sqlx::query(ACT)
            .bind(id.0)
            .bind(status.as_str())
            .bind(target.as_str())
            .bind(now.0)
            .bind(begins)
            .bind(finishes)
            .bind(started)
            .bind(i32::from(begins.is_some()))
            .bind(i32::from(calls))
            .bind(action.as_str())
            .bind(i32::from(campaign.archived_at.is_some()))
            .execute(c)
            .await
            .map(|done| done.rows_affected()))?;
        if done != 1 {
            // Only its assistant is not held.
            let trouble = campaign_within(&mut tx, id)
                .await?
                .and_then(|campaign| campaign.assistant_trouble);
            return match trouble {
                Some(trouble) => Ok(Acted::NoAssistant(trouble)),
                None => Err(Error::Conflict("its assistant changed in between".to_owned())),
            };
        }
        tx.commit().await?;
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

    /// Gives the waiting contacts of campaigns past their last day their reason, some thousands at a time. Returns how
    /// many contacts were changed.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn skip_contacts_of_expired(&self, now: UtcMs) -> Result<u64> {
        let expired: Vec<Uuid> = on!(self, |pool| sqlx::query_scalar(
            "SELECT id FROM campaigns c WHERE status IN ('QUEUED', 'DIALING', 'RUNNING', 'PAUSED') \
             AND expires_at_ms <= $1 \
             AND EXISTS (SELECT 1 FROM contacts WHERE campaign_id = c.id AND state = 'pending')"
        )
        .bind(now.0)
        .fetch_all(pool)
        .await)?;
        self.skip_contacts_of(expired, SKIPPED_EXPIRED, now).await
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
        self.skip_contacts_of(canceled, SKIPPED_CANCELED, now).await
    }

    async fn skip_contacts_of(&self, campaigns: Vec<Uuid>, reason: &'static str, now: UtcMs) -> Result<u64> {
        let mut skipped = 0;
        for id in campaigns {
            let mut tx = self.begin().await?;
            skipped += on_tx!(tx, |c| sqlx::query(SKIP_SOME.as_str())
                .bind(id)
                .bind(reason)
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

/// Why a contact of a campaign past its last day was never called.
const SKIPPED_EXPIRED: &str = "the campaign expired";

impl Campaign {
    /// Where it stands, as far as it decides what may be asked of it.
    #[must_use]
    pub fn standing(&self) -> Standing {
        Standing {
            status: self.status,
            archived: self.archived_at.is_some(),
            open_calls: self.open_calls,
        }
    }

    /// Its last day, if that has passed at `now`: nobody is called from then on.
    #[must_use]
    pub fn expired(&self, now: UtcMs) -> Option<UtcMs> {
        self.expires_at.filter(|at| *at <= now)
    }

    /// The answer to what is not possible.
    pub(crate) fn impossible(&self) -> Acted {
        Acted::Impossible {
            status: self.status,
            possible: possible_actions(self.standing()),
        }
    }
}

/// A campaign as the transaction sees it.
async fn campaign_within(tx: &mut Tx, id: CampaignId) -> Result<Option<Campaign>> {
    let row: Option<Row> = on_tx!(tx, |c| sqlx::query_as(ONE.as_str())
        .bind(id.0)
        .fetch_optional(c)
        .await)?;
    row.map(Campaign::try_from).transpose()
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
