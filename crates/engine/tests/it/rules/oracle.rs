//! The rules a second time, held against every request that reached the provider. One function a rule; each speaks of
//! the moment of the request, the settings that people had made by then, and what truly became of the calls before.
//!
//! A claim decides, and within half a minute the request leaves. Every setting is held against the moment at which the
//! intent to call was committed ([`History::at`]): from then on the call is under way, and only the setting in force then
//! counts, whatever was in force at the claim. Hours and the half minute are held against the moment at which the request
//! left, to the millisecond: how long it travels is not in the program's hands.

use std::collections::BTreeMap;

use domain::{
    contact::{ContactState, uses_up_attempt},
    outcome::Outcome,
    policy::Policy,
    time::{DAY_MS, SECOND_MS, UtcMs},
};

use super::{
    calendar,
    ledger::{Call, Campaign, Ledger, Request},
};

/// From the claim to the request at most.
const LEASE_MS: i64 = 30 * SECOND_MS;
/// From a node's look at the clock to the commit that it leads to.
const COMMIT_MS: i64 = 20;

/// Everything that is wrong with a run.
pub(crate) fn faults(ledger: &Ledger) -> Vec<String> {
    let mut faults = ledger.broken.clone();
    let truth = Truth::of(ledger);
    for request in &truth.requests {
        for (rule, fault) in truth.faults_of(request) {
            let (phone, at) = (&request.dial.phone, UtcMs(request.at_ms).to_iso());
            faults.push(format!(
                "{rule}: {phone} in campaign {} at {at}: {fault}",
                request.campaign
            ));
        }
    }
    faults.extend(truth.lines());
    faults.extend(truth.money());
    faults.extend(truth.seconds());
    faults
}

type Fault = (&'static str, String);

struct Truth<'a> {
    ledger: &'a Ledger,
    /// By the moment of their intent.
    requests: Vec<&'a Request>,
    /// Of each number, those that may have rung.
    by_number: BTreeMap<&'a str, Vec<(&'a Request, &'a Call)>>,
}

impl<'a> Truth<'a> {
    fn of(ledger: &'a Ledger) -> Self {
        let mut requests: Vec<&Request> = ledger.requests.iter().collect();
        requests.sort_by_key(|request| request.intent);
        let mut by_number: BTreeMap<&str, Vec<(&Request, &Call)>> = BTreeMap::new();
        for request in &requests {
            if let Some(call) = request
                .call
                .as_ref()
                .filter(|call| call.outcome != Outcome::NotDialled)
            {
                by_number
                    .entry(&request.dial.phone)
                    .or_default()
                    .push((request, call));
            }
        }
        Self {
            ledger,
            requests,
            by_number,
        }
    }

    fn campaign(&self, request: &Request) -> &'a Campaign {
        &self.ledger.campaigns[request.campaign]
    }

    /// Calls to the number before this one.
    fn before(&self, request: &Request) -> &[(&'a Request, &'a Call)] {
        let calls = self
            .by_number
            .get(request.dial.phone.as_str())
            .map_or(&[][..], Vec::as_slice);
        &calls[..calls.partition_point(|(other, _)| other.intent < request.intent)]
    }

    fn faults_of(&self, request: &Request) -> Vec<Fault> {
        let campaign = self.campaign(request);
        let mut faults = Vec::new();
        let policy = campaign.policy.at(request.intent);
        faults.extend(self.under(policy, campaign, request));
        if policy != campaign.policy.at(request.claimed) {
            faults.push(("policy", "it was changed since the claim".to_owned()));
        }
        faults.extend(self.do_not_call(request));
        faults.extend(stopped(campaign, request));
        faults.extend(self.one_at_a_time(request));
        faults.extend(self.ladder(campaign, request));
        if request.left_ms - request.claimed_ms >= LEASE_MS {
            faults.push((
                "lease",
                format!("it was claimed at {}", UtcMs(request.claimed_ms).to_iso()),
            ));
        }
        faults
    }

    /// What one version of the policy says.
    fn under(&self, policy: &Policy, campaign: &Campaign, request: &Request) -> Vec<Fault> {
        let person = &campaign.people[&request.dial.phone];
        let regional = person
            .regions
            .iter()
            .filter_map(|region| policy.hours.regions.get(*region));
        let rules: Vec<_> = std::iter::once(&policy.hours.rule).chain(regional).collect();
        let before = self.before(request);
        let age = |other: &Request| request.intent.ms - other.intent.ms + COMMIT_MS;
        let mut faults = Vec::new();

        if !calendar::lawful(policy, person.zones, person.regions, request.left_ms) {
            faults.push(("hours", format!("in {:?} and {:?}", person.zones, person.regions)));
        }
        if policy.consent.is_some() && !person.consents {
            faults.push(("consent", format!("{:?}", person.variables)));
        }

        let per_day = rules
            .iter()
            .filter_map(|rule| rule.attempts_per_day)
            .chain(policy.limits.per_number_day)
            .min();
        let today = before.iter().filter(|(other, _)| age(other) < DAY_MS).count();
        if per_day.is_some_and(|limit| today >= limit as usize) {
            faults.push((
                "attempts",
                format!("{today} within 24 h before, and {per_day:?} are allowed"),
            ));
        }
        if policy
            .limits
            .per_number
            .is_some_and(|limit| before.len() >= limit as usize)
        {
            faults.push(("attempts", format!("{} at the number before", before.len())));
        }
        let same_person = before
            .iter()
            .filter(|(other, call)| other.campaign == request.campaign && uses_up_attempt(call.outcome));
        let tried = same_person.count();
        if policy
            .limits
            .per_contact
            .is_some_and(|limit| tried >= limit as usize)
        {
            faults.push(("attempts", format!("{tried} at the contact before")));
        }

        let gap_ms = rules
            .iter()
            .filter_map(|rule| rule.gap_ms)
            .fold(policy.limits.gap_ms, i64::max);
        if before.last().is_some_and(|(other, _)| age(other) < gap_ms) {
            faults.push(("gap", format!("less than {gap_ms} ms")));
        }
        let between_ms = policy.limits.gap_between_campaigns_ms;
        let elsewhere = before
            .iter()
            .rev()
            .find(|(other, _)| other.campaign != request.campaign);
        if elsewhere.is_some_and(|(other, _)| age(other) < between_ms) {
            faults.push(("gap", format!("less than {between_ms} ms after another campaign")));
        }
        faults
    }

    fn do_not_call(&self, request: &Request) -> Option<Fault> {
        let phone = &request.dial.phone;
        let entry = self.ledger.forbidden.iter().find(|entry| {
            let meant = if entry.is_prefix {
                phone.starts_with(&entry.number)
            } else {
                *phone == entry.number
            };
            let here = entry.campaign.is_none_or(|campaign| campaign == request.campaign);
            meant && here && entry.since < request.intent && request.claimed_ms < entry.until_ms
        })?;
        Some((
            "do not call",
            format!("{} since {}", entry.number, UtcMs(entry.since.ms).to_iso()),
        ))
    }

    fn one_at_a_time(&self, request: &Request) -> Option<Fault> {
        let live = self
            .before(request)
            .iter()
            .find(|(_, call)| call.ended_ms > request.at_ms)?;
        Some(("one call", format!("{} is live", live.0.dial.call_id)))
    }

    /// Nobody is called again but for a reason.
    fn ladder(&self, campaign: &Campaign, request: &Request) -> Option<Fault> {
        let redialled = campaign
            .redials
            .iter()
            .filter(|mark| **mark < request.intent)
            .max();
        let its: Vec<&(&Request, &Call)> = self
            .before(request)
            .iter()
            .filter(|(other, _)| other.campaign == request.campaign)
            .collect();
        let (last, call) = its.last()?;
        if redialled.is_some_and(|mark| last.intent < *mark) {
            return None;
        }
        let asked = call.callback_ms.is_some_and(|at_ms| at_ms <= request.at_ms);
        let same = its.iter().filter(|(other, before)| {
            before.outcome == call.outcome
                && other.intent < last.intent
                && redialled.is_none_or(|mark| *mark < other.intent)
        });
        let before = same.count();
        let allowed = campaign
            .policy
            .within(call.ended_ms, request.intent)
            .any(|policy| {
                // The jitter takes off a fifth at most.
                let delay_ms = ladder(policy, call.outcome).get(before).copied();
                let due = delay_ms.is_some_and(|ms| call.ended_ms + ms - ms / 5 <= request.at_ms);
                due || (asked && policy.callbacks)
            });
        (!allowed).then(|| {
            let text = format!(
                "after {:?} (the {}.) at {}",
                call.outcome,
                before + 1,
                UtcMs(call.ended_ms).to_iso()
            );
            ("ladder", text)
        })
    }

    /// No cap on live calls is passed when a call begins.
    fn lines(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut requests: Vec<&Request> = self.requests.clone();
        requests.sort_by_key(|request| request.at_ms);
        let mut live: Vec<(&Request, i64)> = Vec::new();
        for request in requests {
            live.retain(|(_, ended_ms)| *ended_ms > request.at_ms);
            let Some(call) = &request.call else { continue };
            live.push((request, call.ended_ms));
            let mut check = |rule: &str, open: usize, cap: Option<u32>| {
                if cap.is_some_and(|cap| open > cap as usize) {
                    let at = UtcMs(request.at_ms).to_iso();
                    faults.push(format!("{rule}: {open} live at {at} and {cap:?} are allowed"));
                }
            };
            check("lines", live.len(), Some(*self.ledger.usable.at(request.intent)));
            let its = live
                .iter()
                .filter(|(other, _)| other.campaign == request.campaign)
                .count();
            let cap = *self.campaign(request).cap.at(request.intent);
            check("campaign cap", its, Some(cap));
            let number = &request.dial.phone_number_id;
            let its = live
                .iter()
                .filter(|(other, _)| other.dial.phone_number_id == *number)
                .count();
            if let Some(caps) = self.ledger.number_caps.get(number) {
                check("number cap", its, *caps.at(request.intent));
            }
        }
        faults
    }

    /// In no second more requests are about to leave than may.
    fn seconds(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for (place, request) in self.requests.iter().enumerate() {
            let Some(limit) = *self.ledger.per_second.at(request.intent) else {
                continue;
            };
            let before = self.requests[..=place].iter().rev();
            let since_ms = request.intent.ms - SECOND_MS + COMMIT_MS;
            let calls = before.take_while(|other| other.intent.ms > since_ms).count();
            if calls > limit as usize {
                let at = UtcMs(request.intent.ms).to_iso();
                faults.push(format!(
                    "calls per second: {calls} at {at}, and {limit} are allowed"
                ));
            }
        }
        faults
    }

    /// Whenever a campaign calls somebody, all its calls so far, whatever they come to, are paid for.
    fn money(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut spent: BTreeMap<usize, i64> = BTreeMap::new();
        for request in &self.requests {
            let Some(call) = &request.call else { continue };
            let spent = spent.entry(request.campaign).or_default();
            *spent += call.cost;
            let policy = self.campaign(request).policy.at(request.intent);
            let Some(budget) = policy.money.budget_usd_micros else {
                continue;
            };
            if *spent > budget {
                let (campaign, at) = (request.campaign, UtcMs(request.at_ms).to_iso());
                faults.push(format!(
                    "budget: campaign {campaign} at {at} has spent {spent} of {budget}"
                ));
            }
        }
        faults
    }
}

/// How long after each call with this outcome the next may come. None: whoever was reached is left alone.
fn ladder(policy: &Policy, outcome: Outcome) -> &[i64] {
    let retries = &policy.retries;
    match outcome {
        Outcome::NoAnswer => &retries.no_answer,
        Outcome::Busy => &retries.busy,
        Outcome::Voicemail => &retries.voicemail,
        Outcome::Failed => &retries.failed,
        Outcome::HungUp => &retries.hung_up,
        Outcome::Silence => &retries.silence,
        Outcome::ProviderError => &retries.provider_error,
        _ => &[],
    }
}

/// Nobody is called before the start, after the end, or while a person has paused it.
fn stopped(campaign: &Campaign, request: &Request) -> Option<Fault> {
    let from_ms = *campaign.calls_from_ms.at(request.intent);
    if from_ms > request.intent.ms {
        return Some(("stopped", "people allow no call".to_owned()));
    }
    let expires_ms = *campaign.expires_ms.at(request.intent);
    (expires_ms < request.intent.ms - COMMIT_MS).then(|| ("expired", UtcMs(expires_ms).to_iso()))
}

/// What stands in the database at the end: nobody is lost, the log agrees with the rows, and the sums with the calls.
pub(crate) async fn faults_at_the_end(run: &super::run::Run) -> Vec<String> {
    let mut faults = Vec::new();
    let replay = run.desk.replay(None).await.unwrap();
    faults.extend(
        replay
            .differences
            .iter()
            .map(|difference| format!("one log: {difference:?}")),
    );
    let ids: Vec<_> = run
        .ledger()
        .campaigns
        .iter()
        .map(|campaign| campaign.id)
        .collect();
    for (place, id) in ids.into_iter().enumerate() {
        let campaign = run.desk.campaign(id).await.unwrap().unwrap();
        let progress = run.desk.progress(id).await.unwrap();
        let in_state = |state| -> u64 {
            progress
                .contacts
                .iter()
                .filter(|count| count.state == state)
                .map(|count| count.contacts)
                .sum()
        };
        let why = run.desk.why(&campaign, run.now()).await.unwrap();
        let explained: u64 = why.contacts.iter().map(|waiting| waiting.contacts).sum();
        let waiting = in_state(ContactState::Pending);
        if explained != waiting {
            faults.push(format!(
                "nobody lost: {waiting} wait in campaign {place}, {explained} with a reason: {why:?}"
            ));
        }
        let ledger = run.ledger();
        let known = ledger.campaigns[place].people.len() as u64;
        let all: u64 = progress.contacts.iter().map(|count| count.contacts).sum();
        if all != known {
            faults.push(format!(
                "nobody lost: campaign {place} has {all} of {known} people"
            ));
        }
    }
    faults
}
