//! What moves on the page of a campaign.

use std::sync::Arc;

use domain::{
    call::{CallStatus, Dialling},
    campaign::{CampaignStatus, PauseKind},
    contact::ContactState,
    outcome::Outcome,
    policy::Policy,
    time::{HOUR_MS, MINUTE_MS, UtcMs},
    waiting::Cause,
};
use store::{
    Account, Campaign, ContactRow, NotHungUp, Preflight as PreflightCounts, Progress, Spending, Why,
};

use super::{
    campaign_dialogs::redialable,
    dialling, forecast, preflight, recent,
    settings::hours_words,
    wording::{connected, mode, pause_reason, phone, priority, sentence, status_note},
};
use crate::{
    api::{act_on_campaign::Gaps, unfit},
    features::Features,
    forecasts::Made,
    moments,
    numbers::Listed,
    pages::{
        Actions, Badge, Bar, CampaignLive, CampaignMenu, Counted, Lamp, Lines, MenuState, MissingVariable,
        Money, Notice, NoticeAction, Pace, Preflight, Setup, StillLive, When,
        show::{clock, count, count_of, share, span, usd},
    },
};

/// Webhooks that have been silent for so long are worth a word, in milliseconds.
const SILENT_MS: i64 = 2 * MINUTE_MS;
/// A rate over less than this says nothing, in milliseconds.
const SHORTEST_RUN_MS: i64 = MINUTE_MS;

/// Everything that the page is made of.
pub(crate) struct Parts {
    pub campaign: Campaign,
    pub progress: Arc<Progress>,
    pub account: Account,
    /// Contacts that are being called.
    pub calling: Vec<ContactRow>,
    /// The contacts called last that are done, at most [`recent::SAMPLE`].
    pub finished: Vec<ContactRow>,
    /// What would sound wrong in the calls, before the start.
    pub gaps: Gaps,
    /// The badge of each number that calls, where it is known.
    pub lines: Vec<Option<Badge>>,
    /// The provider's numbers, where they are known.
    pub listed: Option<Listed>,
    /// What the campaign allows.
    pub policy: Policy,
    /// Why it is not dialling, once it has been started and until it is over.
    pub why: Option<Why>,
    /// What stands in the way of its calls, before the start.
    pub preflight: Option<PreflightCounts>,
    /// What is known of the provider's account, before the start.
    pub provider: Option<preflight::ProviderState>,
    pub spending: Spending,
    /// When it will be finished and what it will have cost, as far as that is known.
    pub forecast: Option<Arc<Made>>,
    /// Live calls that could not be hung up, of a campaign that was aborted.
    pub not_hung_up: Vec<NotHungUp>,
    /// What keeps the whole node from placing calls.
    pub held: Vec<Cause>,
    /// As of when the provider's part of the figures is, when that is not now.
    pub as_of: Option<UtcMs>,
    /// Whether the provider can reach us with webhooks.
    pub webhooks: bool,
    /// What is switched on.
    pub features: Features,
    pub now: UtcMs,
}

/// How many finished contacts [`Parts`] takes.
pub(crate) const FINISHED_SAMPLE: u32 = recent::SAMPLE;

impl Parts {
    /// The fragment.
    pub(crate) fn view(&self) -> CampaignLive {
        let (campaign, progress) = (&self.campaign, &self.progress);
        let id = campaign.id.to_string();
        let total = u64::from(campaign.total_contacts);
        let skipped = progress.in_state(ContactState::Skipped);
        let done = progress.in_state(ContactState::Done);
        let left = total.saturating_sub(done + skipped);
        let mut parts: Vec<_> = Outcome::ALL
            .map(|outcome| (Badge::outcome(outcome.as_str()), progress.with_outcome(outcome)))
            .into();
        parts.push((Badge::contact("skipped"), skipped));
        let status = campaign.status.as_str();
        let missing = self.missing();
        let actions = Actions::of(&id, &campaign.name, status, left, campaign.cap).knowing(&missing);
        CampaignLive {
            name: campaign.name.clone(),
            status: Badge::campaign(status),
            // The notice says why it pauses.
            status_note: status_note(&Campaign {
                pause_reason: None,
                ..campaign.clone()
            }),
            actions: if campaign.archived_at.is_some() {
                actions.none()
            } else {
                actions
            },
            menu: CampaignMenu::of(
                &id,
                &campaign.name,
                status,
                MenuState {
                    live: u64::from(campaign.open_calls),
                    waiting: left,
                    aborting: campaign.aborted_at.is_some(),
                    archived: campaign.archived_at.is_some(),
                    redialable: redialable(progress) > 0,
                },
            ),
            setup: self.setup(),
            notice: self.notice(&id),
            not_hung_up: self
                .not_hung_up
                .iter()
                .map(|call| StillLive {
                    call_id: call.call_id.to_string(),
                    name: call.name.clone(),
                    problem: sentence(&call.problem),
                })
                .collect(),
            preflight: self.preflight(skipped, &missing),
            missing,
            alert: self.alert(&id),
            done: count(done),
            skipped: (skipped > 0).then(|| count(skipped)),
            total: count(total),
            share: share(done, total),
            as_of: self.as_of.map(|at| When::at(at.0)),
            bar: Bar::of(parts, total),
            contacts: ContactState::ALL
                .map(|state| Counted::new(Badge::contact(state.as_str()), progress.in_state(state)))
                .into(),
            calls: CallStatus::ALL
                .map(|status| Counted::new(Badge::call(status.as_str()), self.calls(status)))
                .into(),
            dialling: self
                .why
                .as_ref()
                .map(|why| dialling::panel(campaign, why, self.features, &self.zone())),
            forecast: self
                .forecast
                .as_ref()
                .filter(|_| self.preflight.is_none())
                .and_then(|made| forecast::view(campaign, made, self.features, &self.zone())),
            lines: Lines::new(self.lamps(), campaign.cap, self.lines_note()),
            facts: [
                ("webhook", progress.facts.webhook),
                ("poll", progress.facts.poll),
                ("dial", progress.facts.dial),
            ]
            .map(|(source, facts)| Counted::new(Badge::source(source), facts))
            .into(),
            facts_note: self.facts_note(),
            money: self.features.cost_tracking.then(|| self.money()),
            pace: self.pace(left),
            id,
        }
    }

    fn missing(&self) -> Vec<MissingVariable> {
        self.gaps
            .lacking
            .iter()
            .map(|lacking| MissingVariable {
                name: lacking.name.clone(),
                missing: lacking.people,
                of: u64::from(self.campaign.total_contacts),
                column: lacking.column,
                similar: lacking.similar_column.clone(),
            })
            .collect()
    }

    fn calls(&self, status: CallStatus) -> u64 {
        self.progress
            .calls
            .iter()
            .filter(|(of, _)| *of == status)
            .map(|(_, calls)| calls)
            .sum()
    }

    fn run_ms(&self) -> Option<i64> {
        let end = self.campaign.completed_at.unwrap_or(self.now);
        self.campaign.started_at.map(|started| end.since(started))
    }

    fn setup(&self) -> Setup {
        let campaign = &self.campaign;
        Setup {
            assistant: campaign.assistant_name.clone(),
            assistant_id: Some(campaign.assistant_id.to_string()),
            assistant_version: campaign
                .assistant_version
                .map(|version| format!("version {version}")),
            assistant_changes: matches!(
                campaign.status,
                CampaignStatus::Created | CampaignStatus::Scheduled
            ),
            line_health: self.lines.first().cloned().flatten(),
            caller_number: caller_numbers(campaign),
            mode: mode(campaign),
            created: When::at(campaign.created_at.0),
            scheduled: campaign.starts_at.map(|at| self.told(at)),
            expires: campaign.expires_at.map(|at| self.told(at)),
            priority: priority(campaign.priority),
            hours: Some(hours_words(&self.policy.hours)),
            archived: campaign.archived_at.is_some(),
            started: campaign.started_at.map(|at| When::at(at.0)),
            finished: campaign.completed_at.map(|at| When::at(at.0)),
            duration: self.run_ms().map(span),
        }
    }

    /// The zone in which the moments of the campaign are told.
    fn zone(&self) -> String {
        let caller = self
            .campaign
            .numbers
            .first()
            .and_then(|number| number.number.as_deref());
        moments::zone_of(self.policy.fallback_zone.as_deref(), caller)
    }

    fn told(&self, at: UtcMs) -> When {
        When::told(at.0, &moments::words(at, &self.zone()))
    }

    fn preflight(&self, skipped: u64, missing: &[MissingVariable]) -> Option<Preflight> {
        let counts = self.preflight.as_ref()?;
        let parts = preflight::Parts {
            campaign: &self.campaign,
            policy: &self.policy,
            counts,
            skipped,
            gaps: &self.gaps,
            missing,
            account: &self.account,
            listed: self.listed.as_ref(),
            lines: &self.lines,
            provider: self.provider.as_ref(),
            held: &self.held,
            forecast: self.forecast.as_deref(),
            features: self.features,
            zone: &self.zone(),
            now: self.now,
        };
        Some(parts.view())
    }

    /// Why it was paused, when no person asked for it, and what to do.
    fn paused(&self, id: &str, reason: &str) -> Notice {
        let resume = NoticeAction::Post("Resume".to_owned(), format!("/api/campaigns/{id}/resume"));
        let lost = "Nobody was lost, and nobody will be called twice.";
        let (detail, action) = match self.campaign.pause_kind {
            Some(PauseKind::Breaker) => (
                format!(
                    "Many calls failed at the provider within a short time. See what is wrong there, then resume. {lost}"
                ),
                resume,
            ),
            Some(PauseKind::Budget) => (
                format!("Raise the budget, then resume. {lost}"),
                NoticeAction::Link(
                    "Raise the budget".to_owned(),
                    format!("/campaigns/{id}/settings#g-money"),
                ),
            ),
            Some(PauseKind::Assistant) => (
                "Put the assistant right, or choose another, then resume.".to_owned(),
                NoticeAction::Link(
                    "See the assistant".to_owned(),
                    format!("/assistants/{}", self.campaign.assistant_id),
                ),
            ),
            Some(PauseKind::Account | PauseKind::Person) | None => (
                format!(
                    "The provider would refuse every further call alike. Put it right there, then resume. {lost}"
                ),
                resume,
            ),
        };
        Notice {
            tone: "warning",
            title: format!("Paused: {}", pause_reason(reason).trim_end_matches('.')),
            detail,
            action: Some(action),
        }
    }

    /// The campaign has spent more than somebody wanted to hear of.
    fn alert(&self, id: &str) -> Option<Notice> {
        self.campaign
            .alerted_at
            .filter(|_| !self.campaign.status.is_final())?;
        let more = self
            .policy
            .money
            .alert_usd_micros
            .map_or_else(String::new, |limit| format!(" more than {}", usd(limit)));
        let budget = self.policy.money.budget_usd_micros;
        let so_far = if self.features.cost_tracking {
            format!("{} so far. ", usd(self.spending.spent.0))
        } else {
            String::new()
        };
        Some(Notice {
            tone: "warning",
            title: format!("The campaign has spent{more}."),
            detail: so_far
                + &match budget {
                    Some(budget) => format!("It stops at {}.", usd(budget)),
                    None => "Calls go on: it has no budget that would stop them.".to_owned(),
                },
            action: Some(NoticeAction::Link(
                "See the limits".to_owned(),
                format!("/campaigns/{id}/settings#g-money"),
            )),
        })
    }

    /// Live calls of a campaign that was aborted.
    fn hanging_up(&self) -> Option<Notice> {
        let campaign = &self.campaign;
        if campaign.aborted_at.is_none() || campaign.open_calls == 0 {
            return None;
        }
        let live = count_of(u64::from(campaign.open_calls), "call", "calls");
        let detail = match self.not_hung_up.as_slice() {
            [] => "The provider has been asked to end them.".to_owned(),
            calls => format!(
                "{} could not be hung up so far. AutoLynx asks again every 15 seconds; otherwise they go on to their end.",
                count_of(calls.len() as u64, "call", "calls"),
            ),
        };
        Some(Notice {
            tone: if self.not_hung_up.is_empty() {
                "info"
            } else {
                "warning"
            },
            title: format!("Hanging up {live}"),
            detail,
            action: None,
        })
    }

    /// The first thing that a person should know and the figures do not say.
    fn notice(&self, id: &str) -> Option<Notice> {
        let campaign = &self.campaign;
        if let Some(notice) = self.hanging_up() {
            return Some(notice);
        }
        if let (CampaignStatus::Paused, Some(reason)) = (campaign.status, &campaign.pause_reason) {
            return Some(self.paused(id, reason));
        }
        if let (CampaignStatus::Created | CampaignStatus::Scheduled, Some(trouble)) =
            (campaign.status, campaign.assistant_trouble)
        {
            return Some(Notice {
                tone: "warning",
                title: "The assistant cannot call".to_owned(),
                detail: unfit::words(trouble).1.to_owned(),
                action: Some(NoticeAction::Link(
                    "See the assistant".to_owned(),
                    format!("/assistants/{}", campaign.assistant_id),
                )),
            });
        }
        if let Some(first) = self.gaps.placeholders.first() {
            return Some(Notice {
                tone: "warning",
                title: "The assistant’s words are not finished".to_owned(),
                detail: format!(
                    "It would say “{first}” to people. Fill in what stands in square brackets first."
                ),
                action: Some(NoticeAction::Link(
                    "Edit the assistant".to_owned(),
                    format!("/assistants/{}/edit", campaign.assistant_id),
                )),
            });
        }
        if self.gaps.nothing_to_say {
            return Some(Notice {
                tone: "warning",
                title: "The assistant may have nothing to say".to_owned(),
                detail: "It has neither a model nor a first message.".to_owned(),
                action: Some(NoticeAction::Link(
                    "Edit the assistant".to_owned(),
                    format!("/assistants/{}/edit", campaign.assistant_id),
                )),
            });
        }
        None
    }

    fn account_lines(&self) -> u32 {
        self.account.lines().usable()
    }

    fn lamps(&self) -> Vec<Lamp> {
        let mut calling: Vec<_> = self
            .calling
            .iter()
            .filter_map(|row| Some((row.reserved_at?, row)))
            .collect();
        calling.sort_by_key(|(since, row)| (*since, row.call_id));
        calling
            .into_iter()
            .filter_map(|(since, row)| {
                Some(Lamp {
                    call_id: row.call_id?.to_string(),
                    name: row.name.clone(),
                    state: Badge::line(line_state(row)),
                    since: When::at(since.0),
                    up: clock(self.now.since(since)),
                })
            })
            .collect()
    }

    fn lines_note(&self) -> Option<String> {
        let (account, campaign) = (&self.account, &self.campaign);
        let lines = self.account_lines();
        let others = account.open_calls.saturating_sub(campaign.open_calls);
        let owned = if lines < account.line_cap {
            format!(
                "The provider allows only {} at the moment",
                count_of(u64::from(lines), "line", "lines")
            )
        } else {
            format!("The account has {}", count_of(u64::from(lines), "line", "lines"))
        };
        match others {
            0 if lines >= campaign.cap => None,
            0 => Some(format!("{owned}.")),
            others => {
                let verb = if others == 1 { "is" } else { "are" };
                Some(format!(
                    "{owned}; {others} of them {verb} used by other campaigns."
                ))
            }
        }
    }

    fn facts_note(&self) -> Option<String> {
        if !self.campaign.status.may_dial() && self.campaign.open_calls == 0 {
            return None;
        }
        let note = match (self.webhooks, self.account.last_webhook_at) {
            (false, None) => {
                "The provider cannot reach this server, so it is asked every few seconds. Set a public address to \
                 know sooner."
            }
            (true, None) => {
                "No webhook has arrived yet, so the provider is asked every few seconds. If that lasts, check the \
                 public address and the webhook secret."
            }
            (_, Some(at)) if self.campaign.open_calls > 0 && self.now.since(at) > SILENT_MS => {
                "No webhook has arrived for a while, so the provider is asked every few seconds."
            }
            _ => return None,
        };
        Some(note.to_owned())
    }

    fn money(&self) -> Money {
        let cost = self.progress.cost.0;
        let budget = self.policy.money.budget_usd_micros;
        let reached = i64::try_from(connected(&self.progress)).unwrap_or(i64::MAX);
        Money {
            spent: usd(cost),
            budget: budget.map(|budget| format!("of {} budget", usd(budget))),
            held: budget
                .filter(|_| self.spending.held.0 > 0)
                .map(|_| format!("{} held for live calls", usd(self.spending.held.0))),
            per_connected: cost.checked_div(reached).map(usd),
            unknown_cost_calls: None,
        }
    }

    fn pace(&self, people_left: u64) -> Pace {
        let reached = connected(&self.progress);
        let done = self.progress.in_state(ContactState::Done);
        let open: u64 = CallStatus::ALL
            .into_iter()
            .filter(|s| s.is_open())
            .map(|s| self.calls(s))
            .sum();
        let finished = self.progress.total_calls().saturating_sub(open);
        let run_ms = self
            .run_ms()
            .filter(|ms| *ms >= SHORTEST_RUN_MS)
            .and_then(|ms| u64::try_from(ms).ok());
        let hour_ms = u64::try_from(HOUR_MS).unwrap_or(u64::MAX);
        let per_hour = run_ms.and_then(|ms| finished.saturating_mul(hour_ms).checked_div(ms));
        let left_ms = run_ms
            // A forecast knows hours and retries; the pace so far does not.
            .filter(|_| self.campaign.status.may_dial() && self.forecast.is_none())
            .and_then(|ms| ms.saturating_mul(people_left).checked_div(done));
        let average = recent::average_connected_ms(&self.finished);
        let pace = Pace {
            per_hour: per_hour.map_or_else(|| "–".to_owned(), count),
            connect_rate: share(reached, done),
            connect_detail: format!("{} of {}", count(reached), count_of(done, "person", "people")),
            success: None,
            average_call: average.map(span),
            left: left_ms
                .and_then(|ms| i64::try_from(ms).ok())
                .map(|ms| format!("about {} left", span(ms))),
            minutes: Vec::new(),
            minutes_label: String::new(),
            minutes_until: None,
        };
        let started = self.campaign.started_at.unwrap_or(self.now);
        let over = self.campaign.status.is_final() && self.campaign.open_calls == 0;
        let last_end = self.finished.iter().filter_map(|row| row.ended_at).max();
        let until = last_end.filter(|_| over);
        let minutes = recent::minutes(&self.finished, started, until.unwrap_or(self.now));
        let pace = Pace {
            minutes_until: until.map(|at| When::at(at.0)),
            ..pace
        };
        if minutes.is_empty() {
            pace
        } else {
            pace.with_minutes(&minutes)
        }
    }
}

/// What a line is doing.
fn line_state(row: &ContactRow) -> &'static str {
    match (row.status, row.dialling) {
        (Some(CallStatus::InProgress), _) => "talking",
        (Some(CallStatus::Ringing), _) => "ringing",
        (_, Some(Dialling::Unconfirmed)) => "unconfirmed",
        (_, Some(Dialling::Sent)) => "sent",
        (_, Some(Dialling::Accepted)) => "queued",
        _ => "reserved",
    }
}

/// The numbers that call, for people.
fn caller_numbers(campaign: &store::Campaign) -> String {
    let shown =
        |number: &store::CallerNumber| number.number.as_deref().map_or_else(|| number.id.clone(), phone);
    let numbers: Vec<String> = campaign.numbers.iter().map(shown).collect();
    numbers.join(", ")
}
