//! Registered assistants.

use domain::{ids::AssistantId, time::UtcMs};
use uuid::Uuid;

use crate::{
    Result,
    clean::{clean, sound_json},
    db::Store,
    rows::json_text,
};

/// An assistant to register.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewAssistant {
    /// The provider's id.
    pub provider_assistant_id: String,
    /// What people call it.
    pub name: String,
    /// The provider's whole configuration, as JSON text.
    pub config_json: String,
}

/// A registered assistant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Assistant {
    /// Our id.
    pub id: AssistantId,
    /// What people call it.
    pub name: String,
    /// The provider's id.
    pub provider_assistant_id: String,
}

const UPSERT: &str = "INSERT INTO assistants \
     (id, name, source, provider_assistant_id, config_json, created_at_ms, updated_at_ms) \
     VALUES ($1, $2, 'imported', $3, $4, $5, $5) ON CONFLICT (provider_assistant_id) DO UPDATE SET \
     name = excluded.name, config_json = excluded.config_json, updated_at_ms = excluded.updated_at_ms RETURNING id";

impl Store {
    /// Registers an assistant that exists at the provider, or updates the record that we have of it.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn register_assistant(&self, assistant: &NewAssistant, now: UtcMs) -> Result<AssistantId> {
        let mut tx = self.begin().await?;
        let new_id: AssistantId = self.0.ids.next(now);
        let config = json_text(&sound_json(&assistant.config_json))?;
        let id: Uuid = on_tx!(tx, |c| sqlx::query_scalar(UPSERT)
            .bind(new_id.0)
            .bind(clean(&assistant.name).as_ref())
            .bind(clean(&assistant.provider_assistant_id).as_ref())
            .bind(config)
            .bind(now.0)
            .fetch_one(c)
            .await)?;
        tx.commit().await?;
        Ok(AssistantId(id))
    }

    /// One assistant.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn assistant(&self, id: AssistantId) -> Result<Option<Assistant>> {
        let row: Option<(Uuid, String, String)> = on!(self, |pool| sqlx::query_as(
            "SELECT id, name, provider_assistant_id FROM assistants WHERE id = $1"
        )
        .bind(id.0)
        .fetch_optional(pool)
        .await)?;
        Ok(row.map(|(id, name, provider_assistant_id)| Assistant {
            id: AssistantId(id),
            name,
            provider_assistant_id,
        }))
    }
}
