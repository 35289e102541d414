//! Every rule, and the proof that the oracle would see it broken: the program is not told of one rule, all else is as ever.

use std::sync::Mutex;

use domain::{
    hours::{Holidays, Hours},
    policy::Policy,
    retry::Retries,
    time::MINUTE_MS,
};

use super::{draw::Setup, faults_of, on_every_core};

/// A rule of which the program is not told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Removed {
    Hours,
    Holidays,
    Regions,
    PerNumberDay,
    PerNumber,
    PerContact,
    Gap,
    GapBetweenCampaigns,
    Ladder,
    Consent,
    Budget,
    DoNotCall,
    OptOut,
    Cancel,
    Pause,
    Expiry,
    LinesKeptFree,
    CallsPerSecond,
    CampaignCap,
    NumberCap,
    /// That the policy by which a call was reserved is still in force when it is sent.
    PolicyAtSend,
}

impl Removed {
    /// Each with how the oracle calls what is broken without it.
    pub(crate) const ALL: [(Self, &'static str); 21] = [
        (Self::Hours, "hours"),
        (Self::Holidays, "hours"),
        (Self::Regions, "hours"),
        (Self::PerNumberDay, "attempts"),
        (Self::PerNumber, "attempts"),
        (Self::PerContact, "attempts"),
        (Self::Gap, "gap"),
        (Self::GapBetweenCampaigns, "gap"),
        (Self::Ladder, "ladder"),
        (Self::Consent, "consent"),
        (Self::Budget, "budget"),
        (Self::DoNotCall, "do not call"),
        (Self::OptOut, "do not call"),
        (Self::Cancel, "stopped"),
        (Self::Pause, "stopped"),
        (Self::Expiry, "expired"),
        (Self::LinesKeptFree, "lines"),
        (Self::CallsPerSecond, "calls per second"),
        (Self::CampaignCap, "campaign cap"),
        (Self::NumberCap, "number cap"),
        (Self::PolicyAtSend, "policy"),
    ];

    /// The policy without the rule.
    pub(crate) fn from(self, mut policy: Policy) -> Policy {
        match self {
            Self::Hours => policy.hours = Hours::anytime(),
            Self::Holidays => {
                policy.hours.rule.holidays = Holidays::default();
                for rule in policy.hours.regions.values_mut() {
                    rule.holidays = Holidays::default();
                }
            }
            Self::Regions => policy.hours.regions.clear(),
            Self::PerNumberDay => {
                policy.limits.per_number_day = None;
                for rule in policy.hours.regions.values_mut() {
                    rule.attempts_per_day = None;
                }
                policy.hours.rule.attempts_per_day = None;
            }
            Self::PerNumber => policy.limits.per_number = None,
            Self::PerContact => policy.limits.per_contact = None,
            Self::Gap => {
                policy.limits.gap_ms = 0;
                for rule in policy.hours.regions.values_mut() {
                    rule.gap_ms = None;
                }
            }
            Self::GapBetweenCampaigns => policy.limits.gap_between_campaigns_ms = 0,
            Self::Ladder => {
                let often = vec![MINUTE_MS; 6];
                policy.retries = Retries {
                    no_answer: often.clone(),
                    busy: often.clone(),
                    voicemail: often,
                    ..Retries::default()
                };
            }
            Self::Consent => policy.consent = None,
            Self::Budget => policy.money.budget_usd_micros = None,
            _ => {}
        }
        policy
    }
}

/// Seeds tried until one shows that a rule is gone.
const SEEDS: u64 = 60;

#[test]
fn a_rule_that_is_gone_is_missed() {
    let unseen = Mutex::new(Vec::new());
    on_every_core(0..Removed::ALL.len() as u64, |place| {
        let (removed, kind) = Removed::ALL[usize::try_from(place).unwrap()];
        let found = (0..SEEDS).find(|seed| {
            let setup = Setup {
                removed: Some(removed),
                ..Setup::draw(1_000 + seed, 40)
            };
            faults_of(setup)
                .iter()
                .any(|fault| fault.starts_with(&format!("{kind}:")))
        });
        match found {
            Some(seed) => println!("{removed:?}: missed by run {}", seed + 1),
            None => unseen.lock().unwrap().push(removed),
        }
        true
    });
    let unseen = unseen.into_inner().unwrap();
    assert!(unseen.is_empty(), "nobody missed {unseen:?}");
}
