//! The Assistant Directory: assistants, their versions, and the changes that the provider makes for us.

mod changes;
mod directory;
mod register;
mod results;
mod versions;

pub use changes::{Change, Closed, Intended, NewChange, OpenChange};
pub use directory::{Assistant, AssistantFilter, CampaignUse, Deleted, Trouble};
pub use register::{NewAssistant, NewTemplate, Registered, Taken};
pub use results::Results;
pub use versions::Version;

use domain::ids::AssistantId;
use uuid::Uuid;

use crate::{
    Result,
    clean::sound_json,
    db::{Tx, TxInner},
    rows::{JsonText, json_text, to_i32},
};

/// JSON text of a configuration for the database.
fn config(text: &str) -> Result<JsonText> {
    json_text(&sound_json(text))
}

/// What decides whether an assistant may be changed, read under a lock.
#[derive(sqlx::FromRow)]
struct Held {
    source: String,
    version: i32,
    provider_assistant_id: Option<String>,
    ephemeral: bool,
    deleted: bool,
    removed: bool,
}

const HELD: &str = "SELECT source, version, provider_assistant_id, ephemeral, deleted_at_ms IS NOT NULL AS deleted, \
     removed_at_ms IS NOT NULL AS removed FROM assistants WHERE id = $1";

/// Holds an assistant against every other change of its record, and against campaigns that want to use it.
async fn hold(tx: &mut Tx, id: AssistantId) -> Result<Option<Held>> {
    Ok(match &mut tx.inner {
        // The transaction holds SQLite's only write lock already.
        TxInner::Sqlite(tx) => sqlx::query_as(HELD).bind(id.0).fetch_optional(&mut **tx).await?,
        TxInner::Postgres(tx) => {
            sqlx::query_as(sqlx::AssertSqlSafe(format!("{HELD} FOR NO KEY UPDATE")))
                .bind(id.0)
                .fetch_optional(&mut **tx)
                .await?
        }
    })
}

const INSERT_VERSION: &str = "INSERT INTO assistant_versions \
     (assistant_id, version, name, config_json, origin, author, sent_at_ms, created_at_ms) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

/// A version to be written.
struct NewVersion<'a> {
    id: Uuid,
    version: u32,
    name: &'a str,
    config: &'a JsonText,
    origin: &'a str,
    author: &'a str,
    sent_at_ms: i64,
    now_ms: i64,
}

async fn insert_version(tx: &mut Tx, version: &NewVersion<'_>) -> Result<()> {
    on_tx!(tx, |c| sqlx::query(INSERT_VERSION)
        .bind(version.id)
        .bind(to_i32(version.version))
        .bind(version.name)
        .bind(version.config)
        .bind(version.origin)
        .bind(version.author)
        .bind(version.sent_at_ms)
        .bind(version.now_ms)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}
