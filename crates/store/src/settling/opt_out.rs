//! Whoever asks in a call not to be called again is not called again: at once, by no campaign.
//!
//! The number is put on the list in the same commit that records the call. The account is held meanwhile, so that no claim
//! that does not see the entry can reserve a call to it; calls to it that are reserved and not yet sent are stopped.

use domain::{ids::SuppressionId, time::UtcMs};

use super::wishes_of;
use crate::{
    Result,
    db::{Store, Tx},
    facts::Applied,
    folding::Call,
    suppressions::forbid_from_call,
};

/// Whether the person asked for it in this batch.
pub(crate) fn newly_opted_out(call: &Call) -> bool {
    call.state != call.before && wishes_of(&call.state).opt_out && !wishes_of(&call.before).opt_out
}

const PHONE: &str = "SELECT phone FROM calls WHERE id = $1";

/// Puts the numbers of those who asked for it on the list. Claims are held off already.
pub(super) async fn suppress(
    store: &Store,
    tx: &mut Tx,
    changed: &[&Call],
    applied: &mut Applied,
    now: UtcMs,
) -> Result<()> {
    for call in changed.iter().filter(|call| newly_opted_out(call)) {
        let phone: String = on_tx!(tx, |c| sqlx::query_scalar(PHONE)
            .bind(call.id.0)
            .fetch_one(c)
            .await)?;
        let id: SuppressionId = store.0.ids.next(now);
        let campaigns = forbid_from_call(tx, id, &phone, Some(call.id), now).await?;
        applied.campaigns.extend(campaigns);
        applied.opted_out += 1;
    }
    Ok(())
}
