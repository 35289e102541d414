//! The history of an assistant: every configuration that was in force.

use domain::{directory::Origin, ids::AssistantId, time::UtcMs};
use uuid::Uuid;

use crate::{
    Result,
    db::Store,
    rows::{stored, to_i32, to_u32},
};

/// A configuration that was, or is, in force.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Version {
    /// Which one, from 1.
    pub version: u32,
    /// What people called the assistant.
    pub name: String,
    /// The configuration, as JSON text. May hold secrets.
    pub config_json: String,
    /// How it came about.
    pub origin: Origin,
    /// Who made it, as they said; may be empty.
    pub author: String,
    /// When it left for the provider: from then on it may have spoken.
    pub sent_at: UtcMs,
    /// When it was known to be in force.
    pub created_at: UtcMs,
}

const SELECT: &str = "SELECT assistant_id, version, name, CAST(config_json AS TEXT) AS config_json, origin, author, \
     sent_at_ms, created_at_ms FROM assistant_versions \
     WHERE assistant_id = $1 AND version <= $2 ORDER BY version DESC LIMIT $3";

#[derive(sqlx::FromRow)]
struct Row {
    assistant_id: Uuid,
    version: i32,
    name: String,
    config_json: String,
    origin: String,
    author: String,
    sent_at_ms: i64,
    created_at_ms: i64,
}

impl Store {
    /// Versions of an assistant, the latest first, from `newest` on and at most `limit`.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached.
    pub async fn assistant_versions(&self, id: AssistantId, newest: u32, limit: u32) -> Result<Vec<Version>> {
        let rows: Vec<Row> = on!(self, |pool| sqlx::query_as(SELECT)
            .bind(id.0)
            .bind(to_i32(newest))
            .bind(i64::from(limit))
            .fetch_all(pool)
            .await)?;
        rows.into_iter()
            .map(|row| {
                let origin = Origin::from_stored(&row.origin);
                Ok(Version {
                    version: to_u32(row.version),
                    name: row.name,
                    config_json: row.config_json,
                    origin: stored(
                        origin,
                        "assistant_versions",
                        "origin",
                        row.assistant_id,
                        &row.origin,
                    )?,
                    author: row.author,
                    sent_at: UtcMs(row.sent_at_ms),
                    created_at: UtcMs(row.created_at_ms),
                })
            })
            .collect()
    }
}
