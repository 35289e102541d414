//! Reading the directory, and what people do with a record of it.

use std::{collections::BTreeMap, sync::LazyLock};

use domain::{
    campaign::CampaignStatus,
    directory::{ChangeKind, ChangeState, Source},
    ids::{AssistantId, CampaignId, ChangeId},
    time::UtcMs,
};
use uuid::Uuid;

use super::{
    changes::{Change, forget_unmade},
    hold,
    register::OPEN,
};
use crate::{
    Page, Result,
    clean::clean,
    db::Store,
    rows::{stored, to_u32, to_u64},
};

/// A registered assistant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Assistant {
    /// Our id.
    pub id: AssistantId,
    /// What people call it.
    pub name: String,
    /// Where it comes from.
    pub source: Source,
    /// The provider's id. None: a template, or the provider has not confirmed it.
    pub provider_assistant_id: Option<String>,
    /// What the provider holds, as JSON text, as of `version`. May hold secrets: not for logs, not for browsers.
    pub config_json: String,
    /// Which configuration it is, from 1. Zero while the provider has confirmed none.
    pub version: u32,
    /// Whether campaigns may choose it.
    pub active: bool,
    /// Made for one campaign, and removed at the provider after it.
    pub ephemeral: bool,
    /// When it was last compared with the provider's.
    pub checked_at: Option<UtcMs>,
    /// What the provider has instead, where that differs.
    pub theirs_json: Option<String>,
    /// When the provider was found not to have it any more.
    pub gone_at: Option<UtcMs>,
    /// When we removed it at the provider.
    pub removed_at: Option<UtcMs>,
    /// When a person took it out of the directory.
    pub deleted_at: Option<UtcMs>,
    /// When its record was made.
    pub created_at: UtcMs,
    /// When its record last changed.
    pub updated_at: UtcMs,
    /// The change that is open, or that was lost and that nobody has dealt with.
    pub change: Option<Change>,
    /// Campaigns that chose it, test calls aside.
    pub campaigns: u32,
    /// Those of them that are not final, test calls included.
    pub unfinished_campaigns: u32,
}

/// Why an assistant cannot call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trouble {
    /// A template, to be cloned.
    Template,
    /// A person took it out of the directory.
    Deleted,
    /// The provider has not confirmed it.
    Unconfirmed,
    /// It was made for one campaign and removed after it.
    Removed,
    /// The provider does not have it any more.
    Gone,
    /// A person deactivated it.
    Inactive,
}

impl Assistant {
    /// Why it cannot call, if it cannot.
    #[must_use]
    pub fn trouble(&self) -> Option<Trouble> {
        Trouble::of(
            self.source,
            self.provider_assistant_id.is_some(),
            self.deleted_at.is_some(),
            self.removed_at.is_some(),
            self.gone_at.is_some(),
            self.active,
        )
    }
}

impl Trouble {
    #[expect(clippy::fn_params_excessive_bools, reason = "the columns as they stand")]
    pub(crate) fn of(
        source: Source,
        confirmed: bool,
        deleted: bool,
        removed: bool,
        gone: bool,
        active: bool,
    ) -> Option<Self> {
        match () {
            () if source == Source::Template => Some(Self::Template),
            () if deleted => Some(Self::Deleted),
            () if removed => Some(Self::Removed),
            () if !confirmed => Some(Self::Unconfirmed),
            () if gone => Some(Self::Gone),
            () if !active => Some(Self::Inactive),
            () => None,
        }
    }
}

/// Which assistants of the directory.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AssistantFilter {
    /// Part of the name, in any case.
    pub search: Option<String>,
    /// Only active ones, or only others.
    pub active: Option<bool>,
    /// Only from there.
    pub source: Option<Source>,
    /// Only those that can call now.
    pub can_call: bool,
}

/// A campaign that uses an assistant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CampaignUse {
    /// Its id.
    pub id: CampaignId,
    /// What people call it.
    pub name: String,
    /// Where it stands.
    pub status: CampaignStatus,
    /// Whether it is a test call.
    pub test: bool,
    /// When it was created.
    pub created_at: UtcMs,
}

/// What became of the wish to delete.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Deleted {
    /// It is out of the directory. The provider still has it.
    Done,
    /// These campaigns are not finished.
    InUse(Vec<CampaignUse>),
    /// A change at the provider is open.
    Busy,
    /// Templates stay.
    Template,
    /// There is no such assistant.
    NotFound,
}

const UNFINISHED: &str = "(k.status NOT IN ('COMPLETED', 'CANCELED', 'FAILED') OR EXISTS (SELECT 1 FROM calls l \
     WHERE l.account_id = k.account_id AND l.campaign_id = k.id AND l.status IN ('QUEUED', 'RINGING', 'IN_PROGRESS')))";

static SELECT: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT a.id, a.name, a.source, a.provider_assistant_id, CAST(a.config_json AS TEXT) AS config_json, a.version, \
         a.active, a.ephemeral, a.checked_at_ms, CAST(a.theirs_json AS TEXT) AS theirs_json, a.gone_at_ms, \
         a.removed_at_ms, a.deleted_at_ms, a.created_at_ms, a.updated_at_ms, \
         g.id AS change_id, g.kind AS change_kind, g.state AS change_state, g.author AS change_author, \
         g.problem AS change_problem, g.sent_at_ms AS change_sent_at_ms, \
         (SELECT COUNT(*) FROM campaigns k WHERE k.assistant_id = a.id AND k.kind = 'list') AS campaigns, \
         (SELECT COUNT(*) FROM campaigns k WHERE k.assistant_id = a.id AND {UNFINISHED}) AS unfinished_campaigns \
         FROM assistants a LEFT JOIN assistant_changes g ON g.id = (SELECT c.id FROM assistant_changes c \
           WHERE c.assistant_id = a.id AND c.state IN ('sent', 'doubt', 'lost') \
           ORDER BY c.sent_at_ms DESC, c.id DESC LIMIT 1)"
    )
});

// An absent filter is bound as NULL.
const WHERE: &str = "WHERE a.deleted_at_ms IS NULL \
     AND (CAST($1 AS TEXT) IS NULL OR a.search_text LIKE CAST($1 AS TEXT) ESCAPE '\\') \
     AND (CAST($2 AS TEXT) IS NULL OR a.source = CAST($2 AS TEXT)) \
     AND (CAST($3 AS INTEGER) IS NULL OR CAST(a.active AS INTEGER) = CAST($3 AS INTEGER)) \
     AND (CAST($4 AS INTEGER) = 0 OR (a.active AND a.provider_assistant_id IS NOT NULL AND a.removed_at_ms IS NULL \
          AND a.gone_at_ms IS NULL))";

static ONE: LazyLock<String> = LazyLock::new(|| format!("{} WHERE a.id = $1", *SELECT));
static OF_PROVIDER: LazyLock<String> =
    LazyLock::new(|| format!("{} WHERE a.provider_assistant_id = $1", *SELECT));
// Ours first, templates last, and what changed last on top.
static LIST: LazyLock<String> = LazyLock::new(|| {
    format!(
        "{} {WHERE} ORDER BY a.source = 'template', a.updated_at_ms DESC, a.id LIMIT $5 OFFSET $6",
        *SELECT
    )
});
static COUNT: LazyLock<String> = LazyLock::new(|| format!("SELECT COUNT(*) FROM assistants a {WHERE}"));
static USES: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT k.id, k.name, k.status, k.kind = 'test' AS test, k.created_at_ms FROM campaigns k WHERE k.assistant_id = $1 \
         AND ($2 = 0 OR {UNFINISHED}) ORDER BY k.created_at_ms DESC, k.id LIMIT $3"
    )
});

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    name: String,
    source: String,
    provider_assistant_id: Option<String>,
    config_json: String,
    version: i32,
    active: bool,
    ephemeral: bool,
    checked_at_ms: Option<i64>,
    theirs_json: Option<String>,
    gone_at_ms: Option<i64>,
    removed_at_ms: Option<i64>,
    deleted_at_ms: Option<i64>,
    created_at_ms: i64,
    updated_at_ms: i64,
    change_id: Option<Uuid>,
    change_kind: Option<String>,
    change_state: Option<String>,
    change_author: Option<String>,
    change_problem: Option<String>,
    change_sent_at_ms: Option<i64>,
    campaigns: i64,
    unfinished_campaigns: i64,
}

impl Row {
    fn change(&self) -> Result<Option<Change>> {
        let (Some(id), Some(kind), Some(state)) = (self.change_id, &self.change_kind, &self.change_state)
        else {
            return Ok(None);
        };
        Ok(Some(Change {
            id: ChangeId(id),
            kind: stored(
                ChangeKind::from_stored(kind),
                "assistant_changes",
                "kind",
                id,
                kind,
            )?,
            state: stored(
                ChangeState::from_stored(state),
                "assistant_changes",
                "state",
                id,
                state,
            )?,
            author: self.change_author.clone().unwrap_or_default(),
            problem: self.change_problem.clone(),
            sent_at: UtcMs(self.change_sent_at_ms.unwrap_or_default()),
        }))
    }
}

impl TryFrom<Row> for Assistant {
    type Error = crate::Error;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            change: row.change()?,
            id: AssistantId(row.id),
            source: stored(
                Source::from_stored(&row.source),
                "assistants",
                "source",
                row.id,
                &row.source,
            )?,
            name: row.name,
            provider_assistant_id: row.provider_assistant_id,
            config_json: row.config_json,
            version: to_u32(row.version),
            active: row.active,
            ephemeral: row.ephemeral,
            checked_at: row.checked_at_ms.map(UtcMs),
            theirs_json: row.theirs_json,
            gone_at: row.gone_at_ms.map(UtcMs),
            removed_at: row.removed_at_ms.map(UtcMs),
            deleted_at: row.deleted_at_ms.map(UtcMs),
            created_at: UtcMs(row.created_at_ms),
            updated_at: UtcMs(row.updated_at_ms),
            campaigns: u32::try_from(row.campaigns).unwrap_or(u32::MAX),
            unfinished_campaigns: u32::try_from(row.unfinished_campaigns).unwrap_or(u32::MAX),
        })
    }
}

impl AssistantFilter {
    /// The pattern of the search, taken to the letter.
    fn pattern(&self) -> Option<String> {
        let wanted = clean(self.search.as_deref()?).to_lowercase();
        let escaped = wanted
            .replace('\\', "\\\\")
            .replace('%', "\\%")
            .replace('_', "\\_");
        Some(format!("%{escaped}%"))
    }
}

impl Store {
    /// One assistant, deleted ones included.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn assistant(&self, id: AssistantId) -> Result<Option<Assistant>> {
        let row: Option<Row> = on!(self, |pool| sqlx::query_as(ONE.as_str())
            .bind(id.0)
            .fetch_optional(pool)
            .await)?;
        row.map(Assistant::try_from).transpose()
    }

    /// The record of an assistant that the provider knows by this id, deleted ones included.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn assistant_of_provider(&self, provider_assistant_id: &str) -> Result<Option<Assistant>> {
        let row: Option<Row> = on!(self, |pool| sqlx::query_as(OF_PROVIDER.as_str())
            .bind(clean(provider_assistant_id).as_ref())
            .fetch_optional(pool)
            .await)?;
        row.map(Assistant::try_from).transpose()
    }

    /// Assistants of the directory: ours first, those that changed last on top, templates at the end.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn assistants(&self, filter: &AssistantFilter, page: Page) -> Result<Vec<Assistant>> {
        let rows: Vec<Row> = on!(self, |pool| sqlx::query_as(LIST.as_str())
            .bind(filter.pattern())
            .bind(filter.source.map(Source::as_str))
            .bind(filter.active.map(i32::from))
            .bind(i32::from(filter.can_call))
            .bind(i64::from(page.limit))
            .bind(i64::from(page.offset))
            .fetch_all(pool)
            .await)?;
        rows.into_iter().map(Assistant::try_from).collect()
    }

    /// How many assistants pass the filter.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn count_assistants(&self, filter: &AssistantFilter) -> Result<u64> {
        let count: i64 = on!(self, |pool| sqlx::query_scalar(COUNT.as_str())
            .bind(filter.pattern())
            .bind(filter.source.map(Source::as_str))
            .bind(filter.active.map(i32::from))
            .bind(i32::from(filter.can_call))
            .fetch_one(pool)
            .await)?;
        Ok(to_u64(count))
    }

    /// The latest campaigns that use an assistant, test calls included; all of them, or only those that are not final.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn campaigns_of_assistant(
        &self,
        id: AssistantId,
        only_unfinished: bool,
        limit: u32,
    ) -> Result<Vec<CampaignUse>> {
        let rows: Vec<UseRow> = on!(self, |pool| sqlx::query_as(USES.as_str())
            .bind(id.0)
            .bind(i32::from(only_unfinished))
            .bind(i64::from(limit))
            .fetch_all(pool)
            .await)?;
        rows.into_iter().map(CampaignUse::try_from).collect()
    }

    /// Lets campaigns choose an assistant, or no longer. Those that chose it go on. False: there is none, or it is a
    /// template.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn set_assistant_active(&self, id: AssistantId, active: bool, now: UtcMs) -> Result<bool> {
        let mut tx = self.begin().await?;
        let done = on_tx!(tx, |c| sqlx::query(
            "UPDATE assistants SET active = $2, updated_at_ms = $3 \
             WHERE id = $1 AND deleted_at_ms IS NULL AND removed_at_ms IS NULL AND source <> 'template'"
        )
        .bind(id.0)
        .bind(active)
        .bind(now.0)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
        tx.commit().await?;
        Ok(done == 1)
    }

    /// Which of the provider's assistants the directory has, by the provider's ids.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn registered_assistants(&self) -> Result<BTreeMap<String, AssistantId>> {
        let rows: Vec<(String, Uuid)> = on!(self, |pool| sqlx::query_as(
            "SELECT provider_assistant_id, id FROM assistants \
             WHERE provider_assistant_id IS NOT NULL AND deleted_at_ms IS NULL"
        )
        .fetch_all(pool)
        .await)?;
        Ok(rows
            .into_iter()
            .map(|(provider_id, id)| (provider_id, AssistantId(id)))
            .collect())
    }

    /// Takes an assistant out of the directory, unless a campaign that is not finished uses it. The provider keeps it;
    /// registering it again brings the record back.
    ///
    /// The record is held meanwhile: a campaign that is being imported either comes first and is found, or finds the
    /// assistant gone.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn delete_assistant(&self, id: AssistantId, now: UtcMs) -> Result<Deleted> {
        let mut tx = self.begin().await?;
        let Some(held) = hold(&mut tx, id).await?.filter(|held| !held.deleted) else {
            return Ok(Deleted::NotFound);
        };
        if held.source == Source::Template.as_str() {
            return Ok(Deleted::Template);
        }
        let users: Vec<UseRow> = on_tx!(tx, |c| sqlx::query_as(USES.as_str())
            .bind(id.0)
            .bind(1_i32)
            .bind(100_i64)
            .fetch_all(c)
            .await)?;
        if !users.is_empty() {
            let users = users.into_iter().map(CampaignUse::try_from);
            return Ok(Deleted::InUse(users.collect::<Result<_>>()?));
        }
        if held.version == 0 {
            let open: bool = on_tx!(tx, |c| sqlx::query_scalar(OPEN).bind(id.0).fetch_one(c).await)?;
            if open {
                return Ok(Deleted::Busy);
            }
            // The provider never made it.
            forget_unmade(&mut tx, id.0).await?;
            tx.commit().await?;
            return Ok(Deleted::Done);
        }
        let done = on_tx!(tx, |c| {
            sqlx::query(
            "UPDATE assistants SET deleted_at_ms = $2, updated_at_ms = $2 WHERE id = $1 AND deleted_at_ms IS NULL \
             AND NOT EXISTS (SELECT 1 FROM assistant_changes WHERE assistant_id = $1 AND state IN ('sent', 'doubt'))"
        )
        .bind(id.0)
        .bind(now.0)
        .execute(c)
        .await
        .map(|done| done.rows_affected())
        })?;
        tx.commit().await?;
        Ok(if done == 1 { Deleted::Done } else { Deleted::Busy })
    }
}

#[derive(sqlx::FromRow)]
struct UseRow {
    id: Uuid,
    name: String,
    status: String,
    test: bool,
    created_at_ms: i64,
}

impl TryFrom<UseRow> for CampaignUse {
    type Error = crate::Error;

    fn try_from(row: UseRow) -> Result<Self> {
        let status = CampaignStatus::from_stored(&row.status);
        Ok(Self {
            id: CampaignId(row.id),
            status: stored(status, "campaigns", "status", row.id, &row.status)?,
            name: row.name,
            test: row.test,
            created_at: UtcMs(row.created_at_ms),
        })
    }
}
