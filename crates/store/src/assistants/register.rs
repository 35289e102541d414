//! Records of what the provider has already: registering, comparing, taking its side. And the templates.

use domain::{directory::Origin, ids::AssistantId, time::UtcMs};
use uuid::Uuid;

use super::{NewVersion, config, hold, insert_version};
use crate::{
    Result,
    clean::clean,
    db::Store,
    rows::{to_i32, to_u32},
};

/// An assistant that exists at the provider, to register.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewAssistant {
    /// The provider's id.
    pub provider_assistant_id: String,
    /// What people call it.
    pub name: String,
    /// The provider's whole configuration, as JSON text.
    pub config_json: String,
    /// Who registers it.
    pub author: String,
}

/// What registering came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Registered {
    /// Our id of it.
    pub id: AssistantId,
    /// Whether the directory did not have it.
    pub new: bool,
}

/// One of our templates.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewTemplate {
    /// Which one, for ever.
    pub key: String,
    /// What people call it.
    pub name: String,
    /// Its configuration, as JSON text.
    pub config_json: String,
}

/// What became of the wish to take the provider's side.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Taken {
    /// It is a version of ours now.
    Done,
    /// The record changed in between.
    Moved,
    /// A change at the provider is open.
    Busy,
    /// There is no such assistant.
    NotFound,
}

const KNOWN: &str = "SELECT id FROM assistants WHERE provider_assistant_id = $1";
/// The same configuration is no new version.
const SAME: &str = "SELECT version, config_json = $2 AS same FROM assistants WHERE id = $1";

const INSERT: &str = "INSERT INTO assistants \
     (id, name, search_text, source, provider_assistant_id, config_json, checked_at_ms, created_at_ms, updated_at_ms) \
     VALUES ($1, $2, $3, 'imported', $4, $5, $6, $6, $6) ON CONFLICT (provider_assistant_id) DO NOTHING RETURNING id";

// Deleted before, it comes back.
const RENEW: &str = "UPDATE assistants SET name = $2, search_text = $3, config_json = $4, version = $5, checked_at_ms = $6, \
     theirs_json = NULL, gone_at_ms = NULL, deleted_at_ms = NULL, updated_at_ms = $6, \
     active = (active OR deleted_at_ms IS NOT NULL) WHERE id = $1";

const TEMPLATE: &str = "INSERT INTO assistants \
     (id, name, search_text, source, template_key, config_json, active, created_at_ms, updated_at_ms) \
     VALUES ($1, $2, $3, 'template', $4, $5, $6, $7, $7) ON CONFLICT (template_key) DO NOTHING";

const COMPARED: &str = "UPDATE assistants SET checked_at_ms = $2, theirs_json = $3, gone_at_ms = NULL \
     WHERE id = $1 AND version = $4 \
     AND NOT EXISTS (SELECT 1 FROM assistant_changes WHERE assistant_id = $1 AND state IN ('sent', 'doubt'))";

const GONE: &str = "UPDATE assistants SET checked_at_ms = $2, theirs_json = NULL, gone_at_ms = COALESCE(gone_at_ms, $2) \
     WHERE id = $1 AND provider_assistant_id = $3 AND removed_at_ms IS NULL \
     AND NOT EXISTS (SELECT 1 FROM assistant_changes WHERE assistant_id = $1 AND state IN ('sent', 'doubt'))";

const TAKE: &str = "UPDATE assistants SET name = $2, search_text = $3, config_json = $4, version = version + 1, \
     checked_at_ms = $5, theirs_json = NULL, gone_at_ms = NULL, updated_at_ms = $5 WHERE id = $1 AND version = $6";

pub(super) const OPEN: &str = "SELECT EXISTS (SELECT 1 FROM assistant_changes WHERE assistant_id = $1 \
     AND state IN ('sent', 'doubt'))";

impl Store {
    /// Registers an assistant that exists at the provider, or brings the record that we have of it up to date. A different
    /// configuration is a new version.
    ///
    /// Run twice at once, it makes one record.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached; [`crate::Error::Conflict`] while a change of it
    /// at the provider is open.
    pub async fn register_assistant(&self, assistant: &NewAssistant, now: UtcMs) -> Result<Registered> {
        self.register_seen(assistant, None, now).await
    }

    /// The same, of a record that had this version when the provider was asked.
    ///
    /// # Errors
    /// As above; [`crate::Error::Conflict`] too when the record has another version by now.
    pub async fn register_seen(
        &self,
        assistant: &NewAssistant,
        seen: Option<u32>,
        now: UtcMs,
    ) -> Result<Registered> {
        let mut tx = self.begin().await?;
        let provider_id = clean(&assistant.provider_assistant_id).into_owned();
        let name = clean(&assistant.name).into_owned();
        let config = config(&assistant.config_json)?;
        let new_id: AssistantId = self.0.ids.next(now);
        let inserted: Option<Uuid> = on_tx!(tx, |c| sqlx::query_scalar(INSERT)
            .bind(new_id.0)
            .bind(&name)
            .bind(name.to_lowercase())
            .bind(&provider_id)
            .bind(&config)
            .bind(now.0)
            .fetch_optional(c)
            .await)?;
        let (id, version, same) = if let Some(id) = inserted {
            (id, 0, false)
        } else {
            let id: Uuid = on_tx!(tx, |c| sqlx::query_scalar(KNOWN)
                .bind(&provider_id)
                .fetch_one(c)
                .await)?;
            hold(&mut tx, AssistantId(id)).await?;
            // Read only now: whoever held it before may have changed it.
            let (version, same): (i32, bool) = on_tx!(tx, |c| sqlx::query_as(SAME)
                .bind(id)
                .bind(&config)
                .fetch_one(c)
                .await)?;
            let open: bool = on_tx!(tx, |c| sqlx::query_scalar(OPEN).bind(id).fetch_one(c).await)?;
            if open {
                let what = "a change of this assistant at the provider is open";
                return Err(crate::Error::Conflict(what.to_owned()));
            }
            if !same && seen.is_some_and(|seen| seen != to_u32(version)) {
                return Err(crate::Error::Conflict("it was changed meanwhile".to_owned()));
            }
            (id, to_u32(version), same)
        };
        let next = if same { version } else { version + 1 };
        if version > 0 {
            on_tx!(tx, |c| sqlx::query(RENEW)
                .bind(id)
                .bind(&name)
                .bind(name.to_lowercase())
                .bind(&config)
                .bind(to_i32(next))
                .bind(now.0)
                .execute(c)
                .await
                .map(|_| ()))?;
        }
        if !same {
            on_tx!(tx, |c| sqlx::query(super::changes::DISMISS_OLDER)
                .bind(id)
                .execute(c)
                .await
                .map(|_| ()))?;
            let version = NewVersion {
                id,
                version: next,
                name: &name,
                config: &config,
                origin: Origin::Imported.as_str(),
                author: &clean(&assistant.author),
                sent_at_ms: now.0,
                now_ms: now.0,
            };
            insert_version(&mut tx, &version).await?;
        }
        tx.commit().await?;
        Ok(Registered {
            id: AssistantId(id),
            new: inserted.is_some(),
        })
    }

    /// Puts the templates into the directory that were never in it.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn seed_templates(&self, templates: &[NewTemplate], now: UtcMs) -> Result<u32> {
        let mut seeded = 0;
        let mut tx = self.begin().await?;
        for template in templates {
            let id: AssistantId = self.0.ids.next(now);
            let config = config(&template.config_json)?;
            let new = on_tx!(tx, |c| sqlx::query(TEMPLATE)
                .bind(id.0)
                .bind(clean(&template.name).as_ref())
                .bind(clean(&template.name).to_lowercase())
                .bind(clean(&template.key).as_ref())
                .bind(&config)
                .bind(true)
                .bind(now.0)
                .execute(c)
                .await
                .map(|done| done.rows_affected()))?;
            if new == 1 {
                seeded += 1;
                let version = NewVersion {
                    id: id.0,
                    version: 1,
                    name: &clean(&template.name),
                    config: &config,
                    origin: Origin::Template.as_str(),
                    author: "AutoLynx",
                    sent_at_ms: now.0,
                    now_ms: now.0,
                };
                insert_version(&mut tx, &version).await?;
            }
        }
        tx.commit().await?;
        Ok(seeded)
    }

    /// Notes what the provider has, compared with this version of ours: `theirs` where it differs. False when the record
    /// or the provider's side is being changed meanwhile, so that the comparison says nothing.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn note_comparison(
        &self,
        id: AssistantId,
        version: u32,
        theirs_json: Option<&str>,
        now: UtcMs,
    ) -> Result<bool> {
        let theirs = theirs_json.map(config).transpose()?;
        let mut tx = self.begin().await?;
        let noted = on_tx!(tx, |c| sqlx::query(COMPARED)
            .bind(id.0)
            .bind(now.0)
            .bind(&theirs)
            .bind(to_i32(version))
            .execute(c)
            .await
            .map(|done| done.rows_affected()))?;
        tx.commit().await?;
        Ok(noted == 1)
    }

    /// Notes that the provider does not have this assistant any more.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn note_gone(&self, id: AssistantId, provider_assistant_id: &str, now: UtcMs) -> Result<bool> {
        let mut tx = self.begin().await?;
        let noted = on_tx!(tx, |c| sqlx::query(GONE)
            .bind(id.0)
            .bind(now.0)
            .bind(clean(provider_assistant_id).as_ref())
            .execute(c)
            .await
            .map(|done| done.rows_affected()))?;
        tx.commit().await?;
        Ok(noted == 1)
    }

    /// Makes what the provider has the next version of ours. `version` is the one that the person saw it compared with.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn take_theirs(
        &self,
        id: AssistantId,
        version: u32,
        name: &str,
        theirs_json: &str,
        author: &str,
        now: UtcMs,
    ) -> Result<Taken> {
        let mut tx = self.begin().await?;
        let Some(held) = hold(&mut tx, id).await?.filter(|held| !held.deleted) else {
            return Ok(Taken::NotFound);
        };
        if to_u32(held.version) != version {
            return Ok(Taken::Moved);
        }
        let open: bool = on_tx!(tx, |c| sqlx::query_scalar(OPEN).bind(id.0).fetch_one(c).await)?;
        if open {
            return Ok(Taken::Busy);
        }
        on_tx!(tx, |c| sqlx::query(super::changes::DISMISS_OLDER)
            .bind(id.0)
            .execute(c)
            .await
            .map(|_| ()))?;
        let (name, config) = (clean(name).into_owned(), config(theirs_json)?);
        on_tx!(tx, |c| sqlx::query(TAKE)
            .bind(id.0)
            .bind(&name)
            .bind(name.to_lowercase())
            .bind(&config)
            .bind(now.0)
            .bind(held.version)
            .execute(c)
            .await
            .map(|_| ()))?;
        let version = NewVersion {
            id: id.0,
            version: version + 1,
            name: &name,
            config: &config,
            origin: Origin::Taken.as_str(),
            author: &clean(author),
            sent_at_ms: now.0,
            now_ms: now.0,
        };
        insert_version(&mut tx, &version).await?;
        tx.commit().await?;
        Ok(Taken::Done)
    }
}
