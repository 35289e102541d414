//! What comes next for a contact whose call has ended, by what its campaign allows.

use std::collections::{BTreeMap, btree_map::Entry};

use domain::{
    campaign::CampaignStatus,
    contact::{NextStep, Tried, next_step, uses_up_attempt, with_jitter},
    ids::CampaignId,
    outcome::Outcome,
    policy::Policy,
    time::UtcMs,
};

use super::wishes_of;
use crate::{
    Result,
    db::Tx,
    folding::Call,
    places::place_of,
    rows::{JsonText, to_u64},
};

const POLICY: &str = "SELECT p.policy FROM campaigns c \
     JOIN policies p ON p.campaign_id = c.id AND p.version = c.policy_version WHERE c.id = $1";

// What the other calls to the contact came to: ever, and since it was last begun afresh. Its calls come one after the
// other, and not every one uses up an attempt.
const TRIED: &str = "SELECT k.outcome, COUNT(*), SUM(CASE WHEN k.nth > c.ladder_base THEN 1 ELSE 0 END) \
     FROM (SELECT id, contact_id, outcome, ROW_NUMBER() OVER (ORDER BY reserved_at_ms, id) AS nth \
           FROM calls WHERE contact_id = $1) k JOIN contacts c ON c.id = k.contact_id \
     WHERE k.id <> $2 AND k.outcome IS NOT NULL GROUP BY k.outcome";

/// When a contact is called again, and why.
pub(super) struct Wait {
    pub(super) at: UtcMs,
    pub(super) reason: &'static str,
    /// The person asked for it.
    pub(super) callback: bool,
}

/// What the campaigns of a batch allow, looked up once.
#[derive(Default)]
pub(super) struct Steps(BTreeMap<CampaignId, Policy>);

impl Steps {
    async fn policy(&mut self, tx: &mut Tx, campaign: CampaignId) -> Result<&Policy> {
        let unread = match self.0.entry(campaign) {
            Entry::Occupied(read) => return Ok(read.into_mut()),
            Entry::Vacant(unread) => unread,
        };
        let stored: JsonText = on_tx!(tx, |c| sqlx::query_scalar(POLICY)
            .bind(campaign.0)
            .fetch_one(c)
            .await)?;
        // A policy that cannot be read keeps its campaign from dialling; facts are recorded all the same.
        Ok(unread.insert(serde_json::from_str(stored.0.get()).unwrap_or_else(|_| Policy::unrestricted())))
    }

    /// What comes next for the contact of a call that ended so.
    pub(super) async fn after(
        &mut self,
        tx: &mut Tx,
        call: &Call,
        outcome: Outcome,
        now: UtcMs,
    ) -> Result<NextStep> {
        // Nobody is called again in a campaign that is over.
        if call.campaign_status == CampaignStatus::Canceled && outcome != Outcome::NotDialled {
            return Ok(NextStep::Done(outcome));
        }
        let mut tried = Tried {
            refusals: call.refusals + 1,
            same_class_before: 0,
            attempts: 0,
        };
        if outcome != Outcome::NotDialled {
            let others: Vec<(String, i64, i64)> = on_tx!(tx, |c| sqlx::query_as(TRIED)
                .bind(call.contact_id.0)
                .bind(call.id.0)
                .fetch_all(c)
                .await)?;
            for (other, ever, afresh) in others {
                let Some(other) = Outcome::from_stored(&other) else {
                    continue;
                };
                let calls = |calls| u32::try_from(to_u64(calls)).unwrap_or(u32::MAX);
                if other == outcome {
                    tried.same_class_before += calls(afresh);
                }
                // Limits never begin afresh.
                if uses_up_attempt(other) {
                    tried.attempts += calls(ever);
                }
            }
            tried.attempts += u32::from(uses_up_attempt(outcome));
        }
        let wishes = wishes_of(&call.state);
        let policy = self.policy(tx, call.campaign_id).await?;
        let ended_at = call.state.end.as_ref().map_or(now, |end| end.at);
        Ok(next_step(outcome, &tried, policy, &wishes, ended_at))
    }

    /// When that is: after its delay, at a lawful hour.
    pub(super) async fn wait(
        &mut self,
        tx: &mut Tx,
        call: &Call,
        outcome: Outcome,
        next: NextStep,
        now: UtcMs,
    ) -> Result<Wait> {
        let ended_at = call.state.end.as_ref().map_or(now, |end| end.at);
        let (at, callback) = match next {
            NextStep::Callback { at } => (at, true),
            NextStep::CallAgain { delay_ms, .. } => {
                let delay_ms = with_jitter(delay_ms, call.id.0.as_u64_pair().1);
                ((ended_at + delay_ms).max(now), false)
            }
            NextStep::Done(_) => (now, false),
        };
        let place = place_of(tx, call.contact_id).await?;
        let policy = self.policy(tx, call.campaign_id).await?;
        let lawful = place.and_then(|place| {
            policy
                .hours
                .next_lawful(&place, policy.fallback_zone.as_deref(), at)
        });
        Ok(Wait {
            // Never lawful: the claim, which asks again, says why nobody is called.
            at: lawful.unwrap_or(at),
            reason: if callback {
                "asked to be called back"
            } else {
                reason(outcome)
            },
            callback,
        })
    }
}

/// Why a contact is called again, in words for people.
const fn reason(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::NoAnswer => "nobody answered",
        Outcome::Busy => "the line was busy",
        Outcome::Voicemail => "a machine answered",
        Outcome::Failed => "the carrier could not connect",
        Outcome::ProviderError => "the provider broke down",
        Outcome::HungUp => "hung up without a word",
        Outcome::Silence => "nobody was heard",
        _ => "the last call reached nobody",
    }
}
