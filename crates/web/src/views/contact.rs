//! One person of a campaign: what the next call goes by, and by what each was decided.

use std::collections::BTreeSet;

use domain::{
    consent::{Given, given},
    contact::ContactState,
    hours::{city, local_words},
    place::{Evidence, Place, region_name},
    policy::Policy,
    time::UtcMs,
};
use serde::Deserialize;
use store::{Campaign, ContactDetail, ContactWhy, DecidedCall, Suppression};

use super::{
    dialling::{until, words},
    numbers::label,
    wording::{filled, phone, sentence},
};
use crate::{
    features::Features,
    moments,
    numbers::Listed,
    pages::{
        Badge, ContactAttempt, ContactPanel, DecisionFact, When,
        show::{count, usd},
    },
};

/// Everything that the panel is made of.
pub(crate) struct Parts {
    pub campaign: Campaign,
    pub contact: ContactDetail,
    pub why: ContactWhy,
    /// What the campaign allows now.
    pub policy: Policy,
    /// Entries of the do-not-call list that mean the number and hold for the campaign.
    pub suppressions: Vec<Suppression>,
    pub listed: Option<Listed>,
    /// What is switched on.
    pub features: Features,
}

impl Parts {
    /// The fragment.
    pub(crate) fn view(&self) -> ContactPanel {
        let contact = &self.contact;
        let place = contact.place.clone().unwrap_or_else(Place::unknown);
        let nearest = self.why.waits.first();
        let waits = contact.state == ContactState::Pending;
        let reason = match nearest.filter(|_| waits) {
            Some(waiting) => Some(words(&waiting.cause, self.features)),
            None => contact.reason.clone(),
        };
        ContactPanel {
            id: contact.id.to_string(),
            campaign_id: contact.campaign_id.to_string(),
            campaign_name: self.campaign.name.clone(),
            name: contact.name.clone(),
            business: filled(&contact.business_name),
            phone: phone(&contact.phone),
            state: Badge::contact(contact.state.as_str()),
            outcome: contact.outcome.map(|outcome| Badge::outcome(outcome.as_str())),
            reason: reason.map(|reason| sentence(&reason).trim_end_matches('.').to_owned()),
            until: nearest
                .filter(|_| waits)
                .and_then(|waiting| until(waiting, &self.zone(&place))),
            place: whereabouts(&place, self.policy.fallback_zone.as_deref()),
            facts: self.facts(&place),
            attempts: contact.calls.iter().map(|call| self.attempt(call)).collect(),
            unfinished: !contact.state.is_final(),
        }
    }

    /// The zone in which moments are told: the person's own.
    fn zone(&self, place: &Place) -> String {
        let caller = self
            .campaign
            .numbers
            .first()
            .and_then(|number| number.number.as_deref());
        let theirs = place.zones.first().map(String::as_str);
        moments::zone_of(theirs.or(self.policy.fallback_zone.as_deref()), caller)
    }

    fn facts(&self, place: &Place) -> Vec<DecisionFact> {
        let (contact, limits) = (&self.contact, &self.policy.limits);
        let most =
            |limit: Option<u32>| limit.map_or_else(String::new, |limit| format!(" of at most {limit}"));
        let per_day = [limits.per_number_day, self.policy.hours.attempts_per_day(place)];
        let mut facts = vec![
            DecisionFact::new("Hours there", &self.policy.hours.words_at(place)),
            DecisionFact::new(
                "Called",
                &format!(
                    "{}{}; in the last 24 hours {}{}, all campaigns together",
                    count(u64::from(contact.attempts)),
                    most(limits.per_contact),
                    count(u64::from(contact.within_24_h)),
                    most(per_day.into_iter().flatten().min()),
                ),
            ),
        ];
        if let Some(consent) = &self.policy.consent {
            let said = match given(&contact.variables, &consent.column) {
                Given::Yes(value) => format!("“{value}” in the column “{}”", consent.column),
                Given::No(value) => format!(
                    "“{value}” in the column “{}”, which is no clear yes",
                    consent.column
                ),
                Given::Missing => format!("nothing in the column “{}”", consent.column),
            };
            facts.push(DecisionFact::new("Consent", &said));
        }
        let list = match self.suppressions.first() {
            None => "not on the list".to_owned(),
            Some(entry) => match entry.reason.as_deref().and_then(filled) {
                Some(reason) => format!("on the list: {reason}"),
                None => "on the list".to_owned(),
            },
        };
        facts.push(DecisionFact::new("Do not call", &list));
        facts.push(DecisionFact::new(
            "Rules",
            &format!("version {}", self.campaign.policy_version),
        ));
        facts
    }

    fn attempt(&self, call: &DecidedCall) -> ContactAttempt {
        let grounds = call
            .grounds
            .as_deref()
            .and_then(|text| serde_json::from_str(text).ok());
        ContactAttempt {
            call_id: call.id.to_string(),
            number: call.attempt,
            result: call.outcome.map_or_else(
                || Badge::call(call.status.as_str()),
                |outcome| Badge::outcome(outcome.as_str()),
            ),
            at: When::at(call.reserved_at.0),
            decision: grounds.map_or_else(Vec::new, |grounds: Grounds| self.decision(&grounds)),
        }
    }

    /// The record of a decision in words. What it does not hold is left out.
    fn decision(&self, grounds: &Grounds) -> Vec<DecisionFact> {
        let mut facts = Vec::new();
        let mut tell = |label: &str, value: Option<String>| {
            facts.extend(value.map(|value| DecisionFact::new(label, &value)));
        };
        tell(
            "Rules",
            grounds.policy_version.map(|version| format!("version {version}")),
        );
        let place = Place {
            zones: grounds.zones.clone(),
            zone_evidence: grounds
                .zone_evidence
                .as_deref()
                .map_or(Evidence::Nothing, evidence),
            regions: grounds.regions.clone(),
            region_evidence: grounds
                .region_evidence
                .as_deref()
                .map_or(Evidence::Nothing, evidence),
        };
        let fallback_zone = grounds.fallback_zone.as_deref();
        tell("Where", Some(whereabouts(&place, fallback_zone)));
        tell("Local time", filled(&grounds.local_times.join(", ")));
        let zone = grounds.zones.first().map(String::as_str);
        let zone = zone.or(fallback_zone).unwrap_or("UTC");
        tell(
            "Lawful until",
            grounds
                .lawful_until
                .filter(|at| *at < domain::hours::Moment::FOREVER)
                .and_then(|at| local_words(zone, at)),
        );
        tell(
            "Attempt",
            grounds.attempt.map(|attempt| match grounds.attempts_within_24_h {
                Some(within) => format!("{attempt}; {within} to the number in the 24 hours before"),
                None => attempt.to_string(),
            }),
        );
        tell(
            "Last call to the number",
            grounds.last_attempt_at.and_then(|at| local_words(zone, at)),
        );
        tell(
            "Consent",
            grounds
                .consent
                .as_ref()
                .map(|(column, value)| format!("“{value}” in the column “{column}”")),
        );
        tell("Do not call", grounds.suppression.clone());
        tell(
            "Calls from",
            grounds
                .phone_number_id
                .as_ref()
                .map(|id| label(self.listed.as_ref(), id, self.digits_of(id))),
        );
        tell(
            "Might cost",
            grounds
                .held_usd_micros
                .filter(|_| self.features.cost_tracking)
                .map(|micros| format!("up to {}", usd(micros))),
        );
        facts
    }

    fn digits_of(&self, id: &str) -> Option<&str> {
        let number = self.campaign.numbers.iter().find(|number| number.id == id)?;
        number.number.as_deref()
    }
}

/// The record of a decision, as far as it is there: older ones have less in them.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Grounds {
    policy_version: Option<u32>,
    zones: Vec<String>,
    zone_evidence: Option<String>,
    fallback_zone: Option<String>,
    regions: Vec<String>,
    region_evidence: Option<String>,
    local_times: Vec<String>,
    lawful_until: Option<UtcMs>,
    suppression: Option<String>,
    consent: Option<(String, String)>,
    attempt: Option<u32>,
    attempts_within_24_h: Option<u32>,
    last_attempt_at: Option<UtcMs>,
    phone_number_id: Option<String>,
    held_usd_micros: Option<i64>,
}

fn evidence(text: &str) -> Evidence {
    Evidence::from_stored(text).unwrap_or(Evidence::Nothing)
}

/// Where a person is, and how that is known: `Chicago (America/Chicago), Illinois; from the number`.
fn whereabouts(place: &Place, fallback_zone: Option<&str>) -> String {
    let zones = match place.zones.as_slice() {
        [] => match fallback_zone {
            Some(zone) => format!("unknown, taken for {} ({zone})", city(zone)),
            None => "unknown".to_owned(),
        },
        [zone] => format!("{} ({zone})", city(zone)),
        zones => format!("one of {} time zones: {}", zones.len(), zones.join(", ")),
    };
    let regions = match place.regions.as_slice() {
        regions @ [_, ..] if regions.len() <= 3 => {
            let names: Vec<&str> = regions
                .iter()
                .map(|code| region_name(code).unwrap_or(code))
                .collect();
            format!(", {}", names.join(" or "))
        }
        _ => String::new(),
    };
    let mut sources = BTreeSet::new();
    for evidence in [place.zone_evidence, place.region_evidence] {
        let source = match evidence {
            Evidence::Column => "the column with the time zone",
            Evidence::Postcode => "the postal code",
            Evidence::State => "the state",
            Evidence::Number => "the number",
            Evidence::Nothing => continue,
        };
        sources.insert(source);
    }
    let sources: Vec<&str> = sources.into_iter().collect();
    let from = if sources.is_empty() {
        String::new()
    } else {
        format!("; from {}", sources.join(" and "))
    };
    format!("{zones}{regions}{from}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_tells_how_it_is_known() {
        let place = Place {
            zones: vec!["America/Chicago".to_owned()],
            zone_evidence: Evidence::Number,
            regions: vec!["US-IL".to_owned()],
            region_evidence: Evidence::Postcode,
        };
        assert_eq!(
            whereabouts(&place, None),
            "Chicago (America/Chicago), Illinois; from the number and the postal code"
        );
        assert_eq!(whereabouts(&Place::unknown(), None), "unknown");
        assert_eq!(
            whereabouts(&Place::unknown(), Some("Asia/Tokyo")),
            "unknown, taken for Tokyo (Asia/Tokyo)"
        );
    }
}
