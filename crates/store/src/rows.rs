//! Between rows and the domain's values.

use domain::{
    call::{CallState, Details, Dialling, End},
    ids::{CallId, CampaignId, ContactId},
    money::UsdMicros,
    time::UtcMs,
};
use serde_json::value::RawValue;
use sqlx::types::Json;
use uuid::Uuid;

use crate::{Error, Result};

/// JSON text as it is stored: `JSONB` on Postgres, text on SQLite.
pub(crate) type JsonText = Json<Box<RawValue>>;

/// Wraps JSON text for the database.
pub(crate) fn json_text(text: &str) -> Result<JsonText> {
    owned_json(text.to_owned())
}

fn owned_json(text: String) -> Result<JsonText> {
    RawValue::from_string(text)
        .map(Json)
        .map_err(|error| Error::Other(format!("not JSON: {error}")))
}

/// Serialises a value for the database.
pub(crate) fn to_json<T: serde::Serialize>(value: &T) -> Result<JsonText> {
    let text = serde_json::to_string(value).map_err(|error| Error::Other(error.to_string()))?;
    owned_json(text)
}

/// Reads a state that is stored as text.
pub(crate) fn stored<T>(
    parsed: Option<T>,
    table: &'static str,
    column: &'static str,
    row: Uuid,
    value: &str,
) -> Result<T> {
    parsed.ok_or_else(|| Error::Corrupt {
        table,
        column,
        row: row.to_string(),
        value: value.to_owned(),
    })
}

/// A column of many rows, for a statement that takes arrays.
pub(crate) fn column<'a, T, V>(rows: &'a [T], value: impl Fn(&'a T) -> V) -> Vec<V> {
    rows.iter().map(value).collect()
}

/// A count or a limit as both databases store it.
pub(crate) fn to_i32(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}

/// Reads a count back.
pub(crate) fn to_u32(value: i32) -> u32 {
    u32::try_from(value).unwrap_or(0)
}

/// Reads a big count back.
pub(crate) fn to_u64(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// The columns of a call that its facts determine, and those needed to act on a change.
pub(crate) const FOLDED_COLUMNS: &str = "calls.id, calls.campaign_id, calls.contact_id, calls.dialling, \
     calls.provider_call_id, calls.sent_at_ms, calls.accepted_at_ms, calls.ringing_at_ms, calls.started_at_ms, \
     calls.ended_at_ms, calls.ended_reason, calls.ended_message, calls.status, calls.cost_usd_micros, \
     calls.recording_url, calls.transcript, calls.messages_json, calls.user_turns, calls.summary, \
     calls.structured_json, calls.success_evaluation, calls.control_url, calls.opted_out, calls.outcome";

/// A call as its facts made it.
#[derive(sqlx::FromRow)]
pub(crate) struct FoldedRow {
    pub id: Uuid,
    pub campaign_id: Uuid,
    pub contact_id: Uuid,
    pub dialling: String,
    pub provider_call_id: Option<String>,
    pub sent_at_ms: Option<i64>,
    pub accepted_at_ms: Option<i64>,
    pub ringing_at_ms: Option<i64>,
    pub started_at_ms: Option<i64>,
    pub ended_at_ms: Option<i64>,
    pub ended_reason: Option<String>,
    pub ended_message: Option<String>,
    pub status: String,
    pub cost_usd_micros: Option<i64>,
    pub recording_url: Option<String>,
    pub transcript: Option<String>,
    pub messages_json: Option<String>,
    pub user_turns: Option<i32>,
    pub summary: Option<String>,
    pub structured_json: Option<String>,
    pub success_evaluation: Option<String>,
    pub control_url: Option<String>,
    pub opted_out: bool,
    pub outcome: Option<String>,
}

impl FoldedRow {
    pub(crate) fn call_id(&self) -> CallId {
        CallId(self.id)
    }

    pub(crate) fn campaign_id(&self) -> CampaignId {
        CampaignId(self.campaign_id)
    }

    pub(crate) fn contact_id(&self) -> ContactId {
        ContactId(self.contact_id)
    }

    /// The state that the row stands for.
    pub(crate) fn into_state(self) -> Result<CallState> {
        let dialling = stored(
            Dialling::from_stored(&self.dialling),
            "calls",
            "dialling",
            self.id,
            &self.dialling,
        )?;
        Ok(CallState {
            dialling,
            provider_call_id: self.provider_call_id,
            sent_at: self.sent_at_ms.map(UtcMs),
            accepted_at: self.accepted_at_ms.map(UtcMs),
            ringing_at: self.ringing_at_ms.map(UtcMs),
            started_at: self.started_at_ms.map(UtcMs),
            end: self.ended_at_ms.map(|at| End {
                reason: self.ended_reason,
                message: self.ended_message,
                at: UtcMs(at),
            }),
            details: Details {
                cost: self.cost_usd_micros.map(UsdMicros),
                recording_url: self.recording_url,
                transcript: self.transcript,
                messages_json: self.messages_json,
                user_turns: self.user_turns.map(to_u32),
                summary: self.summary,
                structured_json: self.structured_json,
                success_evaluation: self.success_evaluation,
                control_url: self.control_url,
                opted_out: self.opted_out,
            },
        })
    }
}
