//! Whether a contact may be called at this instant, and the grounds on which it was decided.

use std::collections::BTreeMap;

use domain::{
    consent::{Given, given},
    hours::local_words,
    limits::{Strict, Verdict},
    place::Place,
    policy::Policy,
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
    /// The zone that the campaign sets for whoever nothing is known of, when that decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    fallback_zone: Option<String>,
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

/// How a contact stands to the rules that ask about the person: the lists, consent, and how often the number was called.
pub(crate) enum Standing {
    /// May be called, by this consent, when the campaign asks for any: the column and its value.
    May { consent: Option<(String, String)> },
    /// Somebody is calling the number at this moment.
    OnThePhone,
    /// Not before that moment, which is a lawful one where there is any.
    Wait { until: UtcMs, reason: String },
    /// Never in this campaign.
    Never { reason: String },
}

/// Holds a contact against the rules that ask about the person. `attempts` is how often it was called in the campaign.
pub(super) fn stands(
    policy: &Policy,
    variables: &BTreeMap<String, String>,
    attempts: u32,
    place: &Place,
    number: &NumberRecord,
    now: UtcMs,
) -> Standing {
    if let Some(reason) = number.suppressed {
        return Standing::Never {
            reason: reason.to_owned(),
        };
    }
    let mut consent = None;
    if let Some(wanted) = &policy.consent {
        match given(variables, &wanted.column) {
            Given::Yes(value) => consent = Some((wanted.column.clone(), value)),
            Given::No(value) => {
                return Standing::Never {
                    reason: format!("no consent: the column “{}” says “{value}”", wanted.column),
                };
            }
            Given::Missing => {
                return Standing::Never {
                    reason: format!("no consent: the column “{}” says nothing", wanted.column),
                };
            }
        }
    }
    if number.on_the_phone {
        return Standing::OnThePhone;
    }
    let strict = Strict {
        attempts_per_day: policy.hours.attempts_per_day(place),
        gap_ms: policy.hours.gap_ms(place),
    };
    match policy.limits.judge(strict, &number.history, attempts, now) {
        Verdict::May => Standing::May { consent },
        Verdict::Wait { until, reason } => {
            // The first lawful moment after it; never in sight: looked at again then.
            let lawful = policy
                .hours
                .next_lawful(place, policy.fallback_zone.as_deref(), until);
            Standing::Wait {
                until: lawful.unwrap_or(until),
                reason: reason.to_string(),
            }
        }
        Verdict::Never(bar) => Standing::Never {
            reason: bar.to_string(),
        },
    }
}

/// Holds a contact against every rule but the lines. `open` is where the hour is lawful.
pub(super) fn judge(
    campaign: &CampaignRow,
    contact: &CandidateRow,
    open: &OpenPlace,
    number: &NumberRecord,
    now: UtcMs,
) -> Judgement {
    let (policy, place, attempts) = (&campaign.policy, &open.place, to_u32(contact.attempts));
    let consent = match stands(policy, &contact.variables.0, attempts, place, number, now) {
        Standing::May { consent } => consent,
        Standing::OnThePhone => return Judgement::OnThePhone,
        Standing::Wait { until, reason } => return Judgement::Wait { until, reason },
        Standing::Never { reason } => return Judgement::Skip { reason },
    };
    let fallback_zone = policy.fallback_zone.clone().filter(|_| place.zones.is_empty());
    Judgement::Call(Decision {
        policy_version: campaign.policy_version,
        local_times: place
            .zones
            .iter()
            .chain(&fallback_zone)
            .filter_map(|zone| local_words(zone, now))
            .collect(),
        zones: place.zones.clone(),
        fallback_zone,
        zone_evidence: place.zone_evidence.as_str(),
        regions: place.regions.clone(),
        region_evidence: place.region_evidence.as_str(),
        lawful_until: open.until,
        suppression: "not on any list",
        consent,
        attempt: attempts + 1,
        attempts_within_24_h: number.within_a_day,
        last_attempt_at: number.history.at.first().copied(),
    })
}
