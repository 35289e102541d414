//! The claim: which contacts get the free lines. Every cap and every rule is decided here, in one transaction, whatever
//! the number of nodes.
//!
//! Reads top down: [`Store::claim`] counts what is free ([`lines`]), looks at each campaign that may dial ([`campaign`]),
//! takes its next contacts from the places where the hour is lawful ([`candidates`]), holds each against the rules of its
//! number ([`judge`]; [`one`] asks the same without a claim), divides the lines, and reserves the calls.

mod campaign;
mod candidates;
mod judge;
mod lines;
mod money;
mod numbers;
mod one;
mod put_off;

use std::collections::BTreeSet;

pub(crate) use campaign::{CampaignRow, PRESENT_BATCH};
pub(crate) use candidates::CandidateRow;
#[cfg(feature = "fault-injection")]
pub(crate) use candidates::{CANDIDATES_POSTGRES, CANDIDATES_SQLITE, NEXT_ELIGIBLE};
use domain::{
    ids::{AccountId, CallId, CampaignId, ContactId},
    pacing::{Demand, rotate, share_lines},
    time::{SECOND_MS, UtcMs},
};
pub(crate) use judge::{Decision, Standing};
#[cfg(feature = "fault-injection")]
pub(crate) use lines::OPEN_CALLS;
pub(crate) use lines::hold_off_claims;
pub(crate) use money::{HELD, rate};
pub(crate) use numbers::why_suppressed;
#[cfg(feature = "fault-injection")]
pub(crate) use numbers::{attempts_sql, suppressions_sql};
pub(crate) use one::{Person, standing};

use self::lines::FreeLines;
use crate::{
    Result,
    db::Store,
    reserve::{Choice, Terms},
    rows::to_u32,
};

/// A call that this node may dial now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dial {
    /// The attempt. It travels to the provider and back.
    pub call_id: CallId,
    /// Its campaign.
    pub campaign_id: CampaignId,
    /// Its contact.
    pub contact_id: ContactId,
    /// The number to call, E.164.
    pub phone: String,
    /// Digits to dial after the answer.
    pub extension: Option<String>,
    /// Who it is.
    pub name: String,
    /// Where they work; may be empty.
    pub business_name: String,
    /// The list's other columns.
    pub variables: std::collections::BTreeMap<String, String>,
    /// The assistant that speaks, by the provider's id.
    pub provider_assistant_id: String,
    /// The number we call from, by the provider's id.
    pub phone_number_id: String,
    /// Which attempt at this contact it is, from 1.
    pub attempt: u32,
    /// The request has to leave before this moment: what is lawful now may not be any more then.
    pub until: UtcMs,
}

/// What a claim brought.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Claim {
    /// Calls to dial now. Each is reserved for this node until its lease runs out.
    pub dials: Vec<Dial>,
    /// When the next waiting contact may be called, if lines are left for it. Hours that open later than in eight days
    /// are not among them: nobody sleeps that long.
    pub next_eligible_at: Option<UtcMs>,
    /// Before this moment the provider wants no calls.
    pub hold_until: Option<UtcMs>,
    /// Campaigns that were paused, because their budget is used up.
    pub paused: BTreeSet<CampaignId>,
}

impl Claim {
    fn look_again(&mut self, at: Option<UtcMs>) {
        self.next_eligible_at = [self.next_eligible_at, at].into_iter().flatten().min();
    }
}

/// How long a claimed call is this node's own to dial, in milliseconds. Later it is let go, and claimed anew: what was
/// lawful when it was reserved may not be any more.
pub(crate) const DIAL_LEASE_MS: i64 = 30_000;

impl Store {
    /// Gives the free lines to the contacts that may be called now, and reserves a call for each.
    ///
    /// Guarantees *never over*, *lawful moment*, *money*: the account's row is locked, open calls are counted, every rule
    /// is asked, and the new calls are inserted in one transaction. Killed before the commit, nothing happened; killed
    /// after it, the reserved calls are let go by whoever finds their lease run out. `max_duration_ms` is how long the
    /// provider lets a call live.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database cannot be reached; nothing was claimed then.
    pub async fn claim(&self, max_duration_ms: i64, now: UtcMs) -> Result<Claim> {
        let account = AccountId::DEFAULT;
        let mut tx = self.begin().await?;
        let mut claim = Claim::default();
        let mut lines = match self.free_lines(&mut tx, account, now).await? {
            FreeLines::Hold(until) => {
                claim.hold_until = Some(until);
                return Ok(claim);
            }
            FreeLines::Lines(lines) => lines,
        };
        if lines.free == 0 {
            // A line that becomes free wakes everybody; only the second that passes does not.
            claim.next_eligible_at = lines.next_second;
            if lines.learnt {
                tx.commit().await?;
            }
            return Ok(claim);
        }

        let campaigns = self.dialling_campaigns(&mut tx, account, now).await?;
        let rate = self.rate_of(&mut tx, &campaigns, account).await?;
        let mut wanted = Vec::with_capacity(campaigns.len());
        let mut seen = BTreeSet::new();
        let mut called_from: BTreeSet<&str> = BTreeSet::new();
        let mut put_off = 0;
        let mut without_funds = Vec::new();
        for campaign in &campaigns {
            let funds = self
                .funds(&mut tx, campaign, rate, max_duration_ms, &lines)
                .await?;
            if funds.used_up {
                without_funds.push(campaign);
            }
            let room = lines.room_of(campaign).min(funds.calls);
            let quiet = campaign
                .numbers
                .iter()
                .all(|number| lines.on_number(&number.id) == 0 && !called_from.contains(number.id.as_str()));
            let batch = self.present_batch(&mut tx, campaign, quiet).await?;
            let mut found = Vec::new();
            if let (Some(batch), 1..) = (batch, room) {
                let taken = self
                    .candidates(&mut tx, campaign, batch, room, &lines, &seen, now)
                    .await?;
                put_off += taken.put_off;
                claim.look_again(taken.look_again_at);
                found = taken.found;
            }
            seen.extend(found.iter().map(|(contact, _)| contact.phone.clone()));
            if !found.is_empty() {
                called_from.extend(campaign.numbers.iter().map(|number| number.id.as_str()));
            }
            wanted.push((batch, found, funds));
        }

        let demands: Vec<Demand> = campaigns
            .iter()
            .zip(&wanted)
            .map(|(campaign, (_, found, _))| Demand {
                cap: to_u32(campaign.cap),
                open: lines.of_campaign(campaign.id),
                waiting: u32::try_from(found.len()).unwrap_or(u32::MAX),
                priority: campaign.priority,
            })
            .collect();
        let granted = share_lines(lines.free, &demands);
        let mut choices = Vec::new();
        let mut batches = Vec::new();
        for ((campaign, (batch, found, funds)), granted) in campaigns.iter().zip(wanted).zip(granted) {
            let callers = rotate(&lines.callers(campaign), granted);
            if callers.len() < granted as usize {
                // Another campaign was faster on a number that both call from: the lines left are shared out again.
                claim.look_again(Some(now + 1));
            }
            for ((contact, decision), caller) in found.into_iter().zip(&callers) {
                let number = &campaign.numbers[*caller];
                lines.take(campaign.id, &number.id);
                choices.push(Choice {
                    call_id: self.0.ids.next(now),
                    campaign,
                    phone_number_id: number.id.clone(),
                    contact,
                    decision,
                    held: funds.worst_case,
                });
            }
            if let (Some(batch), false) = (batch, callers.is_empty()) {
                batches.push((campaign, batch));
            }
        }
        // Fewer than there is room for: nobody waits for this second to pass.
        let next_second = lines.next_second.filter(|_| choices.len() >= lines.free as usize);
        let terms = Terms {
            account,
            max_duration_ms,
            now,
        };
        let reserved = self.reserve(&mut tx, choices, terms).await?;
        claim
            .dials
            .extend(reserved.into_iter().map(|choice| Dial::of(choice, now)));
        // Contacts before campaigns, the order in which facts lock them too.
        for (campaign, batch) in batches {
            self.advance_batch(&mut tx, campaign, batch, now).await?;
        }
        for campaign in without_funds {
            if self.pause_without_funds(&mut tx, campaign, now).await? {
                claim.paused.insert(CampaignId(campaign.id));
            }
        }
        if put_off > 0 || lines.learnt || !claim.dials.is_empty() || !claim.paused.is_empty() {
            tx.commit().await?;
        }
        if next_second.is_some() {
            claim.look_again(Some(now + SECOND_MS));
        }
        Ok(claim)
    }
}

impl Dial {
    fn of(choice: Choice<'_>, now: UtcMs) -> Self {
        Self {
            until: choice.lease(now),
            call_id: choice.call_id,
            campaign_id: CampaignId(choice.campaign.id),
            contact_id: ContactId(choice.contact.id),
            attempt: choice.attempt(),
            phone: choice.contact.phone,
            extension: choice.contact.extension,
            name: choice.contact.name,
            business_name: choice.contact.business_name,
            variables: choice.contact.variables.0,
            provider_assistant_id: choice.campaign.provider_assistant_id.clone(),
            phone_number_id: choice.phone_number_id,
        }
    }
}
