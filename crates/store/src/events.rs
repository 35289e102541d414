//! Writing the log.

use domain::{
    call::{CallState, CallStatus, Source},
    ids::{CallId, CampaignId, EventId},
    time::UtcMs,
};
use sha2::{Digest, Sha256};

use crate::{
    Result,
    db::{Store, Tx},
    rows::{json_text, to_json},
};

/// A fact as the log keeps it.
pub(crate) struct NewEvent<'a> {
    pub call_id: CallId,
    pub campaign_id: CampaignId,
    pub source: Source,
    pub kind: &'a str,
    /// The call's status once the fact was joined.
    pub status: CallStatus,
    pub says: &'a CallState,
    pub payload: Option<&'a str>,
    pub at: UtcMs,
}

const INSERT: &str = "INSERT INTO call_events \
     (id, call_id, campaign_id, source, kind, status, says, payload, at_ms, created_at_ms, fingerprint) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (call_id, fingerprint) DO NOTHING";

impl Store {
    /// Appends one event. The same fact again leaves no second trace.
    pub(crate) async fn append(&self, tx: &mut Tx, event: NewEvent<'_>, now: UtcMs) -> Result<()> {
        let id: EventId = self.0.ids.next(now);
        let says = to_json(event.says)?;
        let payload = event.payload.map(json_text).transpose()?;
        let fingerprint = fingerprint(event.source, event.kind, event.at, says.0.get());
        on_tx!(tx, |c| sqlx::query(INSERT)
            .bind(id.0)
            .bind(event.call_id.0)
            .bind(event.campaign_id.0)
            .bind(event.source.as_str())
            .bind(event.kind)
            .bind(event.status.as_str())
            .bind(says)
            .bind(payload)
            .bind(event.at.0)
            .bind(now.0)
            .bind(fingerprint)
            .execute(c)
            .await
            .map(|_| ()))?;
        Ok(())
    }
}

/// What makes a fact the same fact: who said what about which moment. The provider's payload is left out on purpose: a
/// repeated delivery carries other signed addresses.
fn fingerprint(source: Source, kind: &str, at: UtcMs, says: &str) -> i64 {
    let mut hash = Sha256::new();
    hash.update(source.as_str());
    hash.update([0]);
    hash.update(kind);
    hash.update([0]);
    hash.update(at.0.to_be_bytes());
    hash.update(says);
    let digest = hash.finalize();
    let mut first = [0_u8; 8];
    first.copy_from_slice(&digest[..8]);
    i64::from_be_bytes(first)
}
