//! Whether a contact may be called at this instant, and the grounds on which it was decided.

use domain::{
    consent::{Given, given},
    hours::local_words,
    limits::{Strict, Verdict},
    time::UtcMs,
};
use serde::Serialize;

use super::{
    campaign::CampaignRow,
    candidates::{CandidateRow, OpenPlace},
    numbers::NumberRecord,
};
use crate::rows::to_u32;

/// What comes of a look at a contact.
pub(super) enum Judgement {
    /// May be called now.
    Call(Decision),
    /// Somebody is calling the number at this moment.
    OnThePhone,
    /// Not before that moment.
    Wait { until: UtcMs, reason: String },
    /// Never in this campaign.
    Skip { reason: String },
}

/// What the decision to dial was based on. It stands in the log with the call.
#[derive(Serialize, Clone, PartialEq, Debug)]
pub(crate) struct Decision {
    /// Which version of what the campaign allows.
    policy_version: i32,
    /// The time zones in which the person may be; none when the hour did not matter.
    zones: Vec<String>,
    zone_evidence: &'static str,
    /// The states or provinces in which the person may be.
    regions: Vec<String>,
    region_evidence: &'static str,
    /// What the clock said there.
    local_times: Vec<String>,
    /// Until when it was lawful to call, as a moment; until then the request had to leave.
    pub(crate) lawful_until: UtcMs,
    /// What the list of numbers not to call said.
    suppression: &'static str,
    /// The column and its value, when the campaign asks for consent.
    consent: Option<(String, String)>,
    /// Which attempt at this contact it is, from 1.
    attempt: u32,
    /// Attempts at the number within 24 hours before, whatever the campaign.
    attempts_within_24_h: u32,
    /// The last of them.
    last_attempt_at: Option<UtcMs>,
}

/// Holds a contact against every rule but the lines. `place` is where the hour is lawful.
pub(super) fn judge(
    campaign: &CampaignRow,
    contact: &CandidateRow,
    open: &OpenPlace,
    number: &NumberRecord,
    now: UtcMs,
) -> Judgement {
    let policy = &campaign.policy;
    if let Some(reason) = number.suppressed {
        return Judgement::Skip {
            reason: reason.to_owned(),
        };
    }
    let mut consent = None;
    if let Some(wanted) = &policy.consent {
        match given(&contact.variables.0, &wanted.column) {
            Given::Yes(value) => consent = Some((wanted.column.clone(), value)),
            Given::No(value) => {
                return Judgement::Skip {
                    reason: format!("no consent: the column “{}” says “{value}”", wanted.column),
                };
            }
            Given::Missing => {
                return Judgement::Skip {
                    reason: format!("no consent: the column “{}” says nothing", wanted.column),
                };
            }
        }
    }
    if number.on_the_phone {
        return Judgement::OnThePhone;
    }
    let strict = Strict {
        attempts_per_day: policy.hours.attempts_per_day(&open.place),
        gap_ms: policy.hours.gap_ms(&open.place),
    };
    match policy
        .limits
        .judge(strict, &number.history, to_u32(contact.attempts), now)
    {
        Verdict::May => {}
        Verdict::Wait { until, reason } => {
            // The first lawful moment after it; never in sight: looked at again then.
            let lawful = policy
                .hours
                .next_lawful(&open.place, policy.fallback_zone.as_deref(), until);
            return Judgement::Wait {
                until: lawful.unwrap_or(until),
                reason: reason.to_string(),
            };
        }
        Verdict::Never(bar) => {
            return Judgement::Skip {
                reason: bar.to_string(),
            };
        }
    }
    let place = &open.place;
    Judgement::Call(Decision {
        policy_version: campaign.policy_version,
        local_times: place
            .zones
            .iter()
            .filter_map(|zone| local_words(zone, now))
            .collect(),
        zones: place.zones.clone(),
        zone_evidence: place.zone_evidence.as_str(),
        regions: place.regions.clone(),
        region_evidence: place.region_evidence.as_str(),
        lawful_until: open.until,
        suppression: "not on any list",
        consent,
        attempt: to_u32(contact.attempts) + 1,
        attempts_within_24_h: number.within_a_day,
        last_attempt_at: number.history.at.first().copied(),
    })
}
