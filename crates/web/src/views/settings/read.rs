//! The form of the settings as it was sent: what it asks for, and what is wrong with it.

use domain::{
    campaign::{CAP_RANGE, Mode},
    consent::Consent,
    hours::{Fault, Hours, Rule},
    outcome::Outcome,
    policy::Policy,
    retry::Retries,
    time::{MINUTE_MS, UtcMs},
};
use store::CampaignEdit;

use super::{OWN, Stored, preset_of, regions, text};
use crate::{
    api::create_campaign::clean_name,
    handlers::posted::Posted,
    moments::{from_local, is_zone},
    pages::{FormField, RegionRow, SettingsForm},
    views::wording::{priority_of, priority_word},
};

/// What a form asks for. What was not sent, or is as it is stored, is not asked for.
pub(crate) struct Wanted {
    /// The fields as they were sent, with what is wrong with them.
    pub form: SettingsForm,
    /// What is wrong with something that has no field.
    pub error: Option<String>,
    /// Everything but the numbers.
    pub edit: CampaignEdit,
    /// The provider's ids of the numbers to call from, when they are others.
    pub numbers: Option<Vec<String>>,
    /// When it starts by itself, when that is to change. `Some(None)`: not by itself.
    pub starts_at: Option<Option<UtcMs>>,
    /// What it shall allow.
    pub policy: Policy,
}

impl Wanted {
    /// What is stored, and nothing else.
    fn nothing(stored: &Stored) -> Self {
        Self {
            form: stored.form(),
            error: None,
            edit: CampaignEdit::default(),
            numbers: None,
            starts_at: None,
            policy: stored.policy.policy.clone(),
        }
    }

    /// Reads a form over what is stored. The form that takes a set of rules over asks for nothing else.
    pub(crate) fn read(sent: &Posted, stored: &Stored, now: UtcMs) -> Self {
        let mut wanted = Self::nothing(stored);
        if sent.text("use_rules").is_some() {
            wanted.rules(sent);
            return wanted;
        }
        wanted.basics(sent, stored);
        wanted.numbers(sent, stored);
        wanted.order(sent, stored);
        wanted.moments(sent, stored, now);
        wanted.hours(sent, &stored.policy.policy);
        wanted.limits(sent);
        wanted.money(sent);
        // What was in force before and not touched is nobody's fault now.
        if wanted.policy != stored.policy.policy
            && let Err(faults) = wanted.policy.check()
        {
            for fault in faults {
                wanted.blame(&fault);
            }
        }
        wanted
    }

    /// Whether something is wrong.
    pub(crate) fn is_faulty(&self) -> bool {
        let form = &self.form;
        let fields = [
            &form.use_rules,
            &form.name,
            &form.cap,
            &form.priority,
            &form.mode,
            &form.batch_size,
            &form.zone,
            &form.starts_at,
            &form.expires_at,
            &form.hours_preset,
            &form.fallback_zone,
            &form.holidays,
            &form.holiday_dates,
            &form.per_number_day,
            &form.per_number,
            &form.per_contact,
            &form.gap,
            &form.gap_between_campaigns,
            &form.consent_column,
            &form.alert_usd,
            &form.budget_usd,
        ];
        let days = form.week.iter().map(|day| &day.field);
        let retries = form.retries.iter().map(|retry| &retry.field);
        let regions = form.regions.iter().flat_map(RegionRow::fields);
        let mut all = fields.into_iter().chain(days).chain(regions).chain(retries);
        self.error.is_some() || form.numbers_error.is_some() || all.any(|field| field.error.is_some())
    }

    /// Whether nothing but the name is to change.
    pub(crate) fn renames_only(&self, stored: &Stored) -> bool {
        let edit = CampaignEdit {
            name: self.edit.name.clone(),
            ..CampaignEdit::default()
        };
        self.edit == edit
            && self.numbers.is_none()
            && self.starts_at.is_none()
            && self.policy == stored.policy.policy
    }

    /// Takes a set of rules over. What it costs, who agreed and where unknown people are is the campaign's own.
    fn rules(&mut self, sent: &Posted) {
        let rules = sent.read("use_rules", &mut self.form.use_rules, |id| {
            Policy::preset(id).ok_or_else(|| "Choose one of the sets of rules.".to_owned())
        });
        if let Some(rules) = rules {
            let present = &self.policy;
            self.policy = Policy {
                fallback_zone: present.fallback_zone.clone(),
                consent: present.consent.clone(),
                money: present.money,
                ..rules
            };
        }
    }

    fn basics(&mut self, sent: &Posted, stored: &Stored) {
        let (form, campaign) = (&mut self.form, &stored.campaign);
        let name = sent.read("name", &mut form.name, |text| {
            clean_name(text).map_err(|error| {
                if text.is_empty() {
                    "Give the campaign a name.".to_owned()
                } else {
                    error.message().to_owned()
                }
            })
        });
        self.edit.name = name.filter(|name| *name != campaign.name);
        let cap = sent.read("cap", &mut form.cap, |text| {
            let cap = text.parse().ok().filter(|cap| CAP_RANGE.contains(cap));
            cap.ok_or_else(|| format!("Must be between {} and {}.", CAP_RANGE.start(), CAP_RANGE.end()))
        });
        self.edit.cap = cap.filter(|cap| *cap != campaign.cap);
        let priority = sent.read("priority", &mut form.priority, |text| {
            priority_of(text)
                .map(|number| (text.to_owned(), number))
                .ok_or_else(|| "Choose one of the priorities.".to_owned())
        });
        // A program may have set a number between: the same word keeps it.
        self.edit.priority = priority
            .filter(|(word, _)| word != priority_word(campaign.priority))
            .map(|(_, number)| number);
    }

    fn numbers(&mut self, sent: &Posted, stored: &Stored) {
        let Some(chosen) = sent.chosen("numbers") else {
            return;
        };
        for choice in &mut self.form.numbers {
            choice.chosen = chosen.contains(&choice.id.as_str());
        }
        if chosen.is_empty() {
            self.form.numbers_error = Some("Choose at least one number.".to_owned());
            return;
        }
        let present: Vec<&str> = stored
            .campaign
            .numbers
            .iter()
            .map(|number| number.id.as_str())
            .collect();
        // Those that stay keep their turn; the order of the others is that of the form.
        let mut ids: Vec<&str> = present.iter().copied().filter(|id| chosen.contains(id)).collect();
        for id in chosen {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        self.numbers = (ids != present).then(|| ids.into_iter().map(str::to_owned).collect());
    }

    fn order(&mut self, sent: &Posted, stored: &Stored) {
        let (form, campaign) = (&mut self.form, &stored.campaign);
        let mode = sent.read("mode", &mut form.mode, |text| {
            Mode::from_stored(text).ok_or_else(|| "Choose one of the two.".to_owned())
        });
        let mode = mode.unwrap_or(campaign.mode);
        let max = u32::try_from(stored.max_rows).unwrap_or(u32::MAX);
        let size = sent.read("batch_size", &mut form.batch_size, |text| match text.parse() {
            // It says nothing there.
            _ if mode == Mode::Continuous => Ok(None),
            Ok(size) if (1..=max).contains(&size) => Ok(Some(size)),
            _ if text.is_empty() => Ok(None),
            _ => Err(format!("Must be between 1 and {max}.")),
        });
        let quiet = sent
            .chosen("quiet_line_gate")
            .map_or(campaign.quiet_line_gate, |chosen| chosen.contains(&"true"));
        form.quiet_line_gate = quiet;
        let batches = mode == Mode::Batch;
        let cap = self.edit.cap.unwrap_or(campaign.cap);
        let size = size.unwrap_or(campaign.batch_size).unwrap_or(cap);
        let order = (mode, batches.then_some(size), quiet && batches);
        let present = (
            campaign.mode,
            campaign.batch_size.filter(|_| campaign.mode == Mode::Batch),
            campaign.quiet_line_gate && campaign.mode == Mode::Batch,
        );
        if order == present {
            return;
        }
        if stored.begun() {
            form.mode.error = Some("Can be changed until the start.".to_owned());
        }
        // The form does not offer it, so no field of it is at fault.
        let allowed = stored
            .features
            .allow_order((order.0, order.2), Some((present.0, present.2)));
        if let Err(error) = allowed {
            self.error = Some(error.message().to_owned());
        }
        self.edit.order = Some(order);
    }

    fn moments(&mut self, sent: &Posted, stored: &Stored, now: UtcMs) {
        let (form, campaign) = (&mut self.form, &stored.campaign);
        let zone = sent.text("zone").unwrap_or(&form.zone.value).to_owned();
        form.zone.value.clone_from(&zone);
        let zone = if zone.is_empty() { stored.zone() } else { zone };
        if !is_zone(&zone) {
            form.zone.error =
                Some("There is no such time zone. Write one such as America/New_York.".to_owned());
            return;
        }
        let moment = |text: &str, present: Option<UtcMs>| match text {
            "" => Ok(None),
            text => {
                let at =
                    from_local(text, &zone).ok_or("Write a date and a time such as 2027-01-04T09:00.")?;
                // The field knows no seconds: the same minute is the same moment.
                match present {
                    Some(present) if at.0.div_euclid(MINUTE_MS) == present.0.div_euclid(MINUTE_MS) => {
                        Ok(Some(present))
                    }
                    _ if at <= now => Err("This moment has passed. Choose one to come.".to_owned()),
                    _ => Ok(Some(at)),
                }
            }
        };
        let starts = sent.read("starts_at", &mut form.starts_at, |text| {
            moment(text, campaign.starts_at)
        });
        self.starts_at = starts.filter(|at| *at != campaign.starts_at);
        if self.starts_at.is_some() && stored.begun() {
            form.starts_at.error = Some("It has been started.".to_owned());
        }
        let expires = sent.read("expires_at", &mut form.expires_at, |text| {
            moment(text, campaign.expires_at)
        });
        self.edit.expires_at = expires.filter(|at| *at != campaign.expires_at);
        let starts = self.starts_at.unwrap_or(campaign.starts_at);
        let expires = self.edit.expires_at.unwrap_or(campaign.expires_at);
        if let (Some(starts), Some(expires)) = (starts, expires)
            && starts >= expires
            && (self.starts_at.is_some() || self.edit.expires_at.is_some())
        {
            form.expires_at.error = Some("Must be after the start.".to_owned());
        }
    }

    fn hours(&mut self, sent: &Posted, stored: &Policy) {
        let form = &mut self.form;
        let present = &stored.hours;
        let preset = sent.read("hours_preset", &mut form.hours_preset, |id| match id {
            id if id == preset_of(present) => Ok(None),
            OWN => Ok(Some(Hours {
                preset: None,
                rule: Rule {
                    source: None,
                    as_of: None,
                    ..present.rule.clone()
                },
                // They stand on the page, and whoever wants them gone can take them away.
                regions: present.regions.clone(),
            })),
            id => Hours::preset(id)
                .map(Some)
                .ok_or_else(|| "Choose one of the hours.".to_owned()),
        });
        let other = preset.flatten();
        let changes = other.is_some();
        let mut hours = other.unwrap_or_else(|| present.clone());
        // Another preset brings its own week and holidays, unless somebody wrote others.
        let mut week = present.rule.week.clone();
        for (day, field) in week.0.iter_mut().zip(&mut form.week) {
            let name = format!("hours_{}", field.key);
            if let Some(windows) = sent.read(&name, &mut field.field, text::windows) {
                *day = windows;
            }
        }
        if !changes || week != present.rule.week {
            hours.rule.week = week;
        }
        let calendar = sent.read("holidays", &mut form.holidays, text::calendar);
        let calendar = calendar.unwrap_or(present.rule.holidays.calendar);
        if !changes || calendar != present.rule.holidays.calendar {
            hours.rule.holidays.calendar = calendar;
        }
        let dates = sent.read("holiday_dates", &mut form.holiday_dates, text::dates);
        let dates = dates.unwrap_or_else(|| present.rule.holidays.dates.clone());
        if changes {
            hours.rule.holidays.dates.extend(dates);
        } else {
            hours.rule.holidays.dates = dates;
        }
        regions::read(sent, &mut form.regions, present, &mut hours);
        self.policy.hours = hours;
        let zone = sent.read("fallback_zone", &mut form.fallback_zone, |zone| {
            if zone.is_empty() || is_zone(zone) {
                Ok((!zone.is_empty()).then(|| zone.to_owned()))
            } else {
                Err("There is no such time zone. Write one such as America/Chicago, or nothing.".to_owned())
            }
        });
        if let Some(zone) = zone {
            self.policy.fallback_zone = zone;
        }
    }

    fn limits(&mut self, sent: &Posted) {
        let (form, policy) = (&mut self.form, &mut self.policy);
        let limits = &mut policy.limits;
        set(
            &mut limits.per_number_day,
            sent.read("per_number_day", &mut form.per_number_day, text::optional_count),
        );
        set(
            &mut limits.per_number,
            sent.read("per_number", &mut form.per_number, text::optional_count),
        );
        set(
            &mut limits.per_contact,
            sent.read("per_contact", &mut form.per_contact, text::optional_count),
        );
        set(&mut limits.gap_ms, sent.read("gap", &mut form.gap, text::gap));
        set(
            &mut limits.gap_between_campaigns_ms,
            sent.read(
                "gap_between_campaigns",
                &mut form.gap_between_campaigns,
                text::gap,
            ),
        );
        for retry in &mut form.retries {
            let name = format!("retry_{}", retry.outcome.key);
            let steps = sent.read(&name, &mut retry.field, text::ladder);
            if let Some(ladder) = ladder(&mut policy.retries, &retry.outcome.key) {
                set(ladder, steps);
            }
        }
        if let Some(chosen) = sent.chosen("callbacks") {
            form.callbacks = chosen.contains(&"true");
            policy.callbacks = form.callbacks;
        }
        let column = sent.read("consent_column", &mut form.consent_column, |column| {
            Ok((!column.is_empty()).then(|| Consent {
                column: column.to_owned(),
            }))
        });
        set(&mut policy.consent, column);
    }

    fn money(&mut self, sent: &Posted) {
        let (form, money) = (&mut self.form, &mut self.policy.money);
        set(
            &mut money.alert_usd_micros,
            sent.read("alert_usd", &mut form.alert_usd, text::dollars),
        );
        set(
            &mut money.budget_usd_micros,
            sent.read("budget_usd", &mut form.budget_usd, text::dollars),
        );
        if let (Some(alert), Some(budget)) = (money.alert_usd_micros, money.budget_usd_micros)
            && alert > budget
        {
            let error = "The budget stops the campaign before this is spent.";
            form.alert_usd.error.get_or_insert_with(|| error.to_owned());
        }
    }

    /// Tells a fault of the policy at the field where it can be put right.
    fn blame(&mut self, fault: &Fault) {
        let form = &mut self.form;
        let path = fault.field.as_str();
        let day = path.strip_prefix("hours.rule.week.").and_then(|rest| {
            let name = rest.split('[').next()?;
            form.week.iter_mut().find(|day| day.key == name)
        });
        let retry = path.strip_prefix("retries.").and_then(|rest| {
            let name = rest.split("_ms").next()?;
            form.retries.iter_mut().find(|retry| retry.outcome.key == name)
        });
        let region = path
            .strip_prefix("hours.")
            .and_then(|path| regions::at_fault(&mut form.regions, path));
        let field: Option<&mut FormField> = match (day, retry, region) {
            (Some(day), ..) => Some(&mut day.field),
            (None, Some(retry), _) => Some(&mut retry.field),
            (None, None, Some(field)) => Some(field),
            (None, None, None) => match path {
                "hours.rule.week" => form.week.first_mut().map(|day| &mut day.field),
                "hours.preset" => Some(&mut form.hours_preset),
                "fallback_zone" => Some(&mut form.fallback_zone),
                "limits.per_number_day" => Some(&mut form.per_number_day),
                "limits.per_number" => Some(&mut form.per_number),
                "limits.per_contact" => Some(&mut form.per_contact),
                "limits.gap_ms" => Some(&mut form.gap),
                "limits.gap_between_campaigns_ms" => Some(&mut form.gap_between_campaigns),
                "consent.column" => Some(&mut form.consent_column),
                "money.alert_usd_micros" => Some(&mut form.alert_usd),
                "money.budget_usd_micros" => Some(&mut form.budget_usd),
                path if path.starts_with("hours.rule.holidays.dates") => Some(&mut form.holiday_dates),
                _ => None,
            },
        };
        // Whoever writes lengths of time with their units must not be told of milliseconds.
        let message = if path.starts_with("limits.gap") {
            "Write at most 30 d.".to_owned()
        } else if path.starts_with("hours.regions.") && path.ends_with(".gap_ms") {
            "Write at most 31 d.".to_owned()
        } else if path.starts_with("retries.") && path.ends_with(']') {
            "Each step lies between 1 s and 30 d.".to_owned()
        } else {
            fault.message.clone()
        };
        match field {
            Some(field) => field.error = field.error.take().or(Some(message)),
            None => self.error = self.error.take().or(Some(format!("{}: {message}", fault.field))),
        }
    }
}

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

fn ladder<'a>(retries: &'a mut Retries, outcome: &str) -> Option<&'a mut Vec<i64>> {
    Some(match Outcome::from_stored(outcome)? {
        Outcome::NoAnswer => &mut retries.no_answer,
        Outcome::Busy => &mut retries.busy,
        Outcome::Voicemail => &mut retries.voicemail,
        Outcome::Failed => &mut retries.failed,
        Outcome::HungUp => &mut retries.hung_up,
        Outcome::Silence => &mut retries.silence,
        Outcome::ProviderError => &mut retries.provider_error,
        _ => return None,
    })
}
