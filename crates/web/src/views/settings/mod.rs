//! Everything a campaign allows, as a form: from the store to its fields, and back.

mod history;
mod read;
mod regions;
mod text;
mod week;

use std::collections::BTreeMap;

use domain::{
    campaign::{CampaignStatus, Mode},
    hours::Hours,
    outcome::Outcome,
    policy,
};
use store::{Campaign, PolicyVersion, Spending};

use super::{
    account::{calendar_text, presets},
    numbers::{badge, label},
    wording::priority_word,
};
use crate::{
    features::Features,
    moments::{to_local, zone_of, zones},
    numbers::Listed,
    pages::{
        Badge, CampaignSettingsPage, DayField, FormField, MoneyFigures, MoneyState, NumberChoice, RetryField,
        SettingsForm, Shell, show::usd,
    },
};

pub(crate) use history::hours as hours_words;
pub(crate) use read::Wanted;
pub(crate) use text::windows_text;

/// The word of the form for hours of one's own.
const OWN: &str = "own";

/// The outcomes whose ladders people set, in the order of the form.
const RETRIED: [Outcome; 7] = [
    Outcome::NoAnswer,
    Outcome::Busy,
    Outcome::Voicemail,
    Outcome::Failed,
    Outcome::ProviderError,
    Outcome::HungUp,
    Outcome::Silence,
];

/// The campaign as it is stored, and what there is to choose from.
pub(crate) struct Stored {
    pub campaign: Campaign,
    /// The version in force.
    pub policy: PolicyVersion,
    /// Every version, newest first.
    pub versions: Vec<PolicyVersion>,
    pub spending: Spending,
    /// The columns of its list.
    pub columns: Vec<String>,
    /// The provider's numbers, where they are known.
    pub listed: Option<Listed>,
    /// Calls open on each number.
    pub open: BTreeMap<String, u32>,
    /// How many each may have.
    pub caps: BTreeMap<String, u32>,
    /// The longest list that is taken: no batch is larger.
    pub max_rows: u64,
    /// What is switched on.
    pub features: Features,
}

impl Stored {
    /// Whether it works through its list already.
    fn begun(&self) -> bool {
        !matches!(
            self.campaign.status,
            CampaignStatus::Created | CampaignStatus::Scheduled
        )
    }

    /// The zone in which its moments are told.
    fn zone(&self) -> String {
        let caller = self
            .campaign
            .numbers
            .first()
            .and_then(|number| number.number.as_deref());
        zone_of(self.policy.policy.fallback_zone.as_deref(), caller)
    }

    /// The page with these fields.
    pub(crate) fn page(
        &self,
        shell: Shell,
        form: SettingsForm,
        error: Option<String>,
    ) -> CampaignSettingsPage {
        let campaign = &self.campaign;
        let over = campaign.status.is_over();
        let lock = |locked: bool, why: &str| locked.then(|| why.to_owned());
        CampaignSettingsPage {
            shell,
            id: campaign.id.to_string(),
            campaign_name: campaign.name.clone(),
            status: Badge::campaign(campaign.status.as_str()),
            version: self.policy.version,
            saved: false,
            error,
            locked: lock(over, "This campaign is over: only its name can be changed."),
            mode_locked: lock(self.begun(), "Can be changed until the start."),
            // What it has already can be seen, and be taken away.
            batches: self.features.strict_batching || campaign.mode == Mode::Batch,
            quiet_line: self.features.phone_line_health_check || campaign.quiet_line_gate,
            start_locked: lock(self.begun(), "It has been started."),
            form,
            zones: zones(),
            presets: presets(),
            known_regions: regions::known(),
            rules: policy::PRESETS
                .iter()
                .map(|preset| [preset.id, preset.name, preset.about].into())
                .collect(),
            money: MoneyState {
                figures: self.features.cost_tracking.then(|| MoneyFigures {
                    spent: usd(self.spending.spent.0),
                    held: usd(self.spending.held.0),
                }),
                basis: "With a budget, each call holds its worst case until its cost is known: the dearest minute of your \
                        latest calls, or $0.50 before there are enough of them, for as long as the assistant may talk."
                    .to_owned(),
            },
            history: history::history(&self.versions, self.policy.version),
        }
    }

    /// The fields as they are stored.
    pub(crate) fn form(&self) -> SettingsForm {
        let (campaign, policy) = (&self.campaign, &self.policy.policy);
        let zone = self.zone();
        let local = |at| {
            let text = Option::and_then(at, |at| to_local(at, &zone));
            FormField::new(&text.unwrap_or_default())
        };
        let count = |count: Option<u32>| FormField::new(&count.map_or_else(String::new, |n| n.to_string()));
        let has_moment = campaign.starts_at.is_some() || campaign.expires_at.is_some();
        let rule = &policy.hours.rule;
        let consent = policy.consent.as_ref().map(|consent| consent.column.clone());
        let mut columns = self.columns.clone();
        // What is stored is a choice, or saving something else would change it.
        columns.extend(consent.clone().filter(|column| !self.columns.contains(column)));
        SettingsForm {
            use_rules: FormField::default(),
            name: FormField::new(&campaign.name),
            cap: FormField::new(&campaign.cap.to_string()),
            priority: FormField::new(priority_word(campaign.priority)),
            numbers: self.numbers(),
            numbers_error: None,
            mode: FormField::new(campaign.mode.as_str()),
            batch_size: count(campaign.batch_size.filter(|_| campaign.mode == Mode::Batch)),
            quiet_line_gate: campaign.quiet_line_gate,
            starts_at: local(campaign.starts_at),
            expires_at: local(campaign.expires_at),
            // Without a moment, the reader's own is filled in.
            zone: FormField::new(if has_moment { &zone } else { "" }),
            hours_preset: FormField::new(preset_of(&policy.hours)),
            week: DayField::week(
                rule.week
                    .0
                    .each_ref()
                    .map(|day| FormField::new(&windows_text(day))),
            ),
            fallback_zone: FormField::new(policy.fallback_zone.as_deref().unwrap_or_default()),
            holidays: FormField::new(calendar_text(rule.holidays.calendar)),
            holiday_dates: FormField::new(&text::dates_text(&rule.holidays.dates)),
            regions: regions::rows(&policy.hours),
            per_number_day: count(policy.limits.per_number_day),
            per_number: count(policy.limits.per_number),
            per_contact: count(policy.limits.per_contact),
            gap: FormField::new(&text::duration_text(policy.limits.gap_ms)),
            gap_between_campaigns: FormField::new(&text::duration_text(
                policy.limits.gap_between_campaigns_ms,
            )),
            retries: RETRIED
                .map(|outcome| RetryField {
                    outcome: Badge::outcome(outcome.as_str()),
                    field: FormField::new(&text::ladder_text(
                        policy.retries.ladder(outcome).unwrap_or_default(),
                    )),
                })
                .into(),
            callbacks: policy.callbacks,
            consent_column: FormField::new(&consent.unwrap_or_default()),
            columns,
            alert_usd: FormField::new(&text::dollars_text(policy.money.alert_usd_micros)),
            budget_usd: FormField::new(&text::dollars_text(policy.money.budget_usd_micros)),
        }
    }

    /// The numbers that call, then the others that could.
    fn numbers(&self) -> Vec<NumberChoice> {
        let chosen = self.campaign.numbers.iter();
        let mut choices: Vec<NumberChoice> = chosen
            .map(|number| self.number(&number.id, number.number.as_deref(), true))
            .collect();
        let known = self.listed.iter().flat_map(|listed| listed.numbers.iter());
        for number in known.filter(|number| number.usable()) {
            if choices.iter().all(|choice| choice.id != number.id) {
                choices.push(self.number(&number.id, number.number.as_deref(), false));
            }
        }
        choices
    }

    fn number(&self, id: &str, digits: Option<&str>, chosen: bool) -> NumberChoice {
        let live = self.open.get(id).copied().unwrap_or(0);
        NumberChoice {
            id: id.to_owned(),
            label: label(self.listed.as_ref(), id, digits),
            note: self.caps.get(id).map(|cap| match cap {
                1 => "at most 1 call at once".to_owned(),
                cap => format!("at most {cap} calls at once"),
            }),
            health: badge(self.features, self.listed.as_ref(), id, live),
            chosen,
        }
    }
}

/// The preset that hours came from, changed or not.
fn preset_of(hours: &Hours) -> &str {
    hours.preset.as_deref().unwrap_or(OWN)
}
