//! What a person should know before a campaign starts.

use domain::{
    limits::Limits,
    money::{UsdMicros, affordable},
    policy::Policy,
    time::UtcMs,
    waiting::Cause,
};
use store::{Account, Campaign, Preflight as Counts, Refusal};

use super::{
    forecast,
    wording::{pause_reason, phone, sentence},
};
use crate::{
    api::{act_on_campaign::Gaps, unfit},
    features::Features,
    forecasts::Made,
    moments,
    numbers::Listed,
    pages::{
        Badge, Check, MissingVariable, Preflight, When,
        show::{count, count_of, usd},
    },
};

/// What is known of the account at the provider.
pub(crate) struct ProviderState {
    /// Why it refuses calls.
    pub refusal: Option<Refusal>,
    /// What one call may cost at worst, where there is a budget.
    pub worst_case: Option<UsdMicros>,
}

/// Everything that the report is made of.
pub(crate) struct Parts<'a> {
    pub campaign: &'a Campaign,
    pub policy: &'a Policy,
    pub counts: &'a Counts,
    /// People who are left out already.
    pub skipped: u64,
    pub gaps: &'a Gaps,
    /// The same as [`Gaps::lacking`], in words.
    pub missing: &'a [MissingVariable],
    pub account: &'a Account,
    pub listed: Option<&'a Listed>,
    /// What is known of the provider's account.
    pub provider: Option<&'a ProviderState>,
    /// What keeps the whole node from placing calls.
    pub held: &'a [Cause],
    /// The badge of each number that calls, where it is known.
    pub lines: &'a [Option<Badge>],
    /// When it will be finished and what it will have cost, as far as that is known.
    pub forecast: Option<&'a Made>,
    pub features: Features,
    /// The zone in which moments are told.
    pub zone: &'a str,
    pub now: UtcMs,
}

impl Parts<'_> {
    /// The report.
    pub(crate) fn view(&self) -> Preflight {
        let starts = self.campaign.starts_at.filter(|at| *at > self.now);
        let first = self
            .counts
            .first_lawful_at
            .max(starts)
            .filter(|at| *at > self.now);
        let stopped = self.stopped();
        let would_call = !stopped && self.counts.callable > 0;
        Preflight {
            verdict: self.verdict(stopped),
            checks: self.checks(),
            first_call: would_call.then(|| match first {
                Some(at) => When::told(at.0, &moments::words(at, self.zone)),
                None => When::told(self.now.0, "at once"),
            }),
            forecast: self
                .forecast
                .filter(|_| would_call)
                .and_then(|made| forecast::view(self.campaign, made, self.features, self.zone)),
            forecast_pending: self.forecast.is_none() && would_call,
            checked: When::at(self.now.0),
        }
    }

    /// Whether a setting keeps everybody from being called.
    fn stopped(&self) -> bool {
        let no_line = !self.lines.is_empty()
            && self
                .lines
                .iter()
                .all(|badge| badge.as_ref().is_some_and(|badge| badge.key == "error"));
        self.campaign.assistant_trouble.is_some()
            || self.held.iter().any(Cause::holds_dialing)
            || self.expires_first()
            || self.affordable().is_some_and(|(_, calls)| calls == 0)
            || no_line
    }

    fn verdict(&self, stopped: bool) -> String {
        let (all, callable) = (u64::from(self.campaign.total_contacts), self.counts.callable);
        match callable {
            0 => "Nobody of the list can be called.".to_owned(),
            _ if stopped => "Nobody can be called yet.".to_owned(),
            1 if all == 1 => "The one person on the list can be called.".to_owned(),
            _ if callable == all => format!("All {} people can be called.", count(all)),
            _ => format!(
                "{} of {} can be called.",
                count(callable),
                count_of(all, "person", "people")
            ),
        }
    }

    fn checks(&self) -> Vec<Check> {
        let mut checks = Vec::new();
        self.node(&mut checks);
        self.list(&mut checks);
        self.rules(&mut checks);
        self.words(&mut checks);
        self.lines(&mut checks);
        self.credit(&mut checks);
        checks
    }

    /// What would keep every campaign of this node from calling.
    fn node(&self, checks: &mut Vec<Check>) {
        for cause in self.held {
            let (state, label, found) = if cause.holds_dialing() {
                ("bad", "Clocks", "Dialing is held")
            } else {
                ("warn", "Vapi", "Does not work")
            };
            let words = sentence(&cause.words());
            let note = match cause.advice() {
                Some(advice) => format!("{words} {advice}"),
                None => words,
            };
            checks.push(Check::new(state, label, found).noting(&note));
        }
    }

    fn settings(&self, place: &str) -> String {
        format!("/campaigns/{}/settings#{place}", self.campaign.id)
    }

    fn list(&self, checks: &mut Vec<Check>) {
        let (campaign, counts) = (self.campaign, self.counts);
        let people = u64::from(campaign.total_contacts);
        let state = if people == 0 { "bad" } else { "ok" };
        checks.push(Check::new(state, "People on the list", &count(people)));
        let rejected = u64::from(campaign.rows_rejected);
        if rejected > 0 {
            let check = Check::new("info", "Rows rejected", &count(rejected));
            checks.push(check.leading("See the report", "#import-title"));
        }
        let twice = u64::from(campaign.rows_duplicate);
        if twice > 0 {
            let check = Check::new("info", "Twice on the list", &count(twice));
            checks.push(check.noting("Each number is called for one person only."));
        }
        if counts.elsewhere > 0 {
            // What holds within one campaign is not counted together.
            let shared = Limits {
                per_contact: None,
                ..self.policy.limits
            };
            let limits = shared.words();
            let note = if limits.is_empty() {
                "No limit keeps them from being called by each.".to_owned()
            } else {
                format!("Counted together: {}.", limits.join(", "))
            };
            checks
                .push(Check::new("warn", "Also in other campaigns", &count(counts.elsewhere)).noting(&note));
        }
    }

    /// Whether its last day does not lie after the moment at which it would start.
    fn expired(&self) -> bool {
        let starts = self.campaign.starts_at.unwrap_or(self.now).max(self.now);
        self.campaign.expired(starts).is_some()
    }

    /// Whether nobody may be called before its last day.
    fn expires_first(&self) -> bool {
        let first = self.counts.first_lawful_at;
        self.expired()
            || self
                .campaign
                .expires_at
                .is_some_and(|at| first.is_some_and(|first| first >= at))
    }

    fn expiry(&self, checks: &mut Vec<Check>) {
        let Some(at) = self.campaign.expires_at else {
            return;
        };
        let label = "Expires";
        let when = moments::words(at, self.zone);
        let check = if self.expired() {
            Check::new("bad", label, &when).noting("It would end before it could call anybody.")
        } else if self.expires_first() {
            Check::new("bad", label, &when).noting("Nobody may be called before.")
        } else {
            Check::new("ok", label, &when)
        };
        checks.push(check.leading("Change it", &self.settings("g-when")));
    }

    fn rules(&self, checks: &mut Vec<Check>) {
        let counts = self.counts;
        self.expiry(checks);
        if counts.suppressed > 0 {
            let check = Check::new("info", "On the do-not-call list", &count(counts.suppressed));
            checks.push(
                check
                    .noting("They are not called.")
                    .leading("Do not call", "/suppressions"),
            );
        }
        if self.skipped > 0 {
            let check = Check::new("info", "Left out already", &count(self.skipped));
            checks.push(check.noting("Each with its reason.").leading(
                "See who",
                &format!("/campaigns/{}?state=skipped#calls-section", self.campaign.id),
            ));
        }
        if counts.without_zone > 0 {
            checks.push(
                Check::new("warn", "Without a time zone", &count(counts.without_zone))
                    .noting("They are not called.")
                    .leading("Choose a zone for them", &self.settings("s-fallback_zone")),
            );
        }
        if counts.never_lawful > 0 {
            checks.push(
                Check::new("warn", "Never within the hours", &count(counts.never_lawful))
                    .noting("No hour of the coming year is lawful where they are.")
                    .leading("Change the hours", &self.settings("g-hours")),
            );
        }
        if counts.outside_hours > 0 {
            checks.push(
                Check::new("info", "Outside their hours now", &count(counts.outside_hours))
                    .noting("They follow when their hours begin."),
            );
        }
        if let Some(consent) = &self.policy.consent {
            let label = "Without consent";
            checks.push(if counts.without_consent == 0 {
                Check::new("ok", label, "Nobody")
            } else {
                Check::new("warn", label, &count(counts.without_consent))
                    .noting(&format!(
                        "No clear yes in the column “{}”. They are not called.",
                        consent.column
                    ))
                    .leading("Change the column", &self.settings("g-consent"))
            });
        }
        self.budget(checks);
    }

    /// What a call may cost at worst, and how many such calls the budget pays for at once. `None` without a budget.
    fn affordable(&self) -> Option<(UsdMicros, u32)> {
        let budget = self.policy.money.budget_usd_micros?;
        let worst_case = self.provider?.worst_case?;
        let calls = affordable(UsdMicros(budget), UsdMicros(0), UsdMicros(0), worst_case);
        Some((worst_case, calls))
    }

    /// Whether the budget pays for the worst case of as many calls as are wanted at once.
    fn budget(&self, checks: &mut Vec<Check>) {
        let (Some(budget), Some((worst_case, calls))) =
            (self.policy.money.budget_usd_micros, self.affordable())
        else {
            return;
        };
        let label = "Budget";
        let worst = if self.features.cost_tracking {
            format!("A call may cost {} at worst. ", usd(worst_case.0))
        } else {
            String::new()
        };
        let check = if calls == 0 {
            let note = format!("{worst}It does not pay for one.");
            Check::new("bad", label, &usd(budget)).noting(&note)
        } else if calls < self.campaign.cap {
            let note = format!(
                "{worst}It pays for {} at once, not {}.",
                count_of(u64::from(calls), "call", "calls"),
                self.campaign.cap
            );
            Check::new("warn", label, &usd(budget)).noting(&note)
        } else {
            Check::new("ok", label, &usd(budget))
        };
        checks.push(check.leading("Change it", &self.settings("g-money")));
    }

    /// What the provider said of the account last: it does not tell how much credit is left.
    fn credit(&self, checks: &mut Vec<Check>) {
        let Some(provider) = self.provider else { return };
        let label = "Account at Vapi";
        checks.push(match &provider.refusal {
            None => Check::new("ok", label, "No call refused lately")
                .noting("Vapi does not tell how much credit is left."),
            Some(refusal) => {
                let note = format!(
                    "{} So it said of “{}”, {}.",
                    pause_reason(&refusal.reason),
                    refusal.campaign_name,
                    moments::words(refusal.at, self.zone)
                );
                Check::new("warn", label, "Refused a call")
                    .noting(&note)
                    .leading("Open that campaign", &format!("/campaigns/{}", refusal.campaign))
            }
        });
    }

    /// What the assistant says, and whether it can.
    fn words(&self, checks: &mut Vec<Check>) {
        let assistant = format!("/assistants/{}", self.campaign.assistant_id);
        if let Some(trouble) = self.campaign.assistant_trouble {
            checks.push(
                Check::new("bad", "Assistant", "Cannot call")
                    .noting(unfit::words(trouble).1)
                    .leading("Open it", &assistant),
            );
        } else if let Some(first) = self.gaps.placeholders.first() {
            checks.push(
                Check::new("warn", "Assistant", "Not finished")
                    .noting(&format!("It would say “{first}” to people."))
                    .leading("Edit it", &format!("{assistant}/edit")),
            );
        } else if self.gaps.nothing_to_say {
            checks.push(
                Check::new("warn", "Assistant", "May say nothing")
                    .noting("It has neither a model nor a first message.")
                    .leading("Edit it", &format!("{assistant}/edit")),
            );
        }
        let label = "Values for the assistant’s words";
        checks.push(match self.missing {
            [] => Check::new("ok", label, "All there"),
            missing => {
                let parts: Vec<String> = missing.iter().map(MissingVariable::text).collect();
                Check::new("warn", label, "Some missing").noting(&format!(
                    "{}. Where a value is missing the assistant says nothing in its place.",
                    parts.join("; ")
                ))
            }
        });
    }

    fn lines(&self, checks: &mut Vec<Check>) {
        for (number, badge) in self.campaign.numbers.iter().zip(self.lines) {
            let shown = number.number.as_deref().map_or_else(|| number.id.clone(), phone);
            let label = format!("Line of {shown}");
            checks.push(match badge {
                None => Check::new("info", &label, "Not known yet"),
                Some(badge) if badge.key == "error" => {
                    Check::new("bad", &label, &badge.label).leading("Numbers", "/numbers")
                }
                Some(badge) => Check::new("ok", &label, &badge.label),
            });
        }
        if self.listed.is_none()
            && !self.lines.is_empty()
            && let Some(check) = checks.last_mut().filter(|check| check.state.key == "info")
        {
            check.note = Some("Vapi is being asked. Look again in a moment.".to_owned());
        }
        let (cap, usable) = (self.campaign.cap, self.account.lines().usable());
        let free = usable.saturating_sub(self.account.open_calls);
        let found = format!("{} free of {usable}", count(u64::from(free)));
        let check = if cap > usable {
            Check::new("warn", "Lines of the account", &found)
                .noting(&format!("The campaign may use {cap}, more than there are."))
        } else {
            Check::new("ok", "Lines of the account", &found)
        };
        checks.push(check.leading("Lines", "/account"));
    }
}
