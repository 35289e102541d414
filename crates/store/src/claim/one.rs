//! One contact, held against the rules of the claim without claiming it.

use std::collections::BTreeMap;

use domain::{ids::CampaignId, place::Place, policy::Policy, time::UtcMs};

use super::{
    candidates::longest_gap_ms,
    judge::{Standing, stands},
    numbers::{NumberRecord, numbers},
};
use crate::{Result, db::Tx};

/// Who it is, as far as the rules ask.
pub(crate) struct Person<'a> {
    pub phone: &'a str,
    pub variables: &'a BTreeMap<String, String>,
    /// Calls in the campaign so far.
    pub attempts: u32,
    pub place: &'a Place,
}

/// How the claim would find a contact of this campaign.
pub(crate) async fn standing(
    tx: &mut Tx,
    campaign: CampaignId,
    policy: &Policy,
    person: &Person<'_>,
    now: UtcMs,
) -> Result<Standing> {
    let gap_ms = longest_gap_ms(policy, std::iter::once(person.place));
    let mut known = numbers(tx, campaign.0, policy, &[person.phone], gap_ms, now).await?;
    let number: NumberRecord = known.remove(person.phone).unwrap_or_default();
    Ok(stands(
        policy,
        person.variables,
        person.attempts,
        person.place,
        &number,
        now,
    ))
}
