//! `/campaigns/{id}/settings`: everything a campaign allows, as a form.

use askama::Template;

use super::{
    form_field::{FieldFault, FormField},
    hours_preset::HoursPreset,
    new_campaign::Choice,
    shell::Shell,
    show::When,
    words::Badge,
};

/// The page. Its form posts `application/x-www-form-urlencoded` to its own address and works without scripts: `303` to the
/// same address when all is well, otherwise the page again with `422` and the faults in their fields.
///
/// Fields that may not be changed are disabled and therefore not sent.
#[derive(Template, Clone, PartialEq, Eq, Debug)]
#[template(path = "campaign_settings.html")]
pub struct CampaignSettingsPage {
    /// Header and footer.
    pub shell: Shell,
    /// The campaign.
    pub id: String,
    /// Its name as stored.
    pub campaign_name: String,
    /// [`Badge::campaign`].
    pub status: Badge,
    /// The policy's version that the form began with, sent back as `version`.
    pub version: u32,
    /// It was just saved.
    pub saved: bool,
    /// What is wrong with the form as a whole, for instance that somebody else saved meanwhile.
    pub error: Option<String>,
    /// Why nothing but the name may be changed, for instance `This campaign is over.`
    pub locked: Option<String>,
    /// Why mode and batches may not be changed, for instance `Can be changed until the start.`
    pub mode_locked: Option<String>,
    /// Whether batches can be chosen, or are.
    pub batches: bool,
    /// Whether waiting for a quiet line can be chosen, or is.
    pub quiet_line: bool,
    /// Why the start time may not be changed.
    pub start_locked: Option<String>,
    /// The fields.
    pub form: SettingsForm,
    /// Time zones to choose from, IANA names.
    pub zones: Vec<String>,
    /// Hours to choose from.
    pub presets: Vec<HoursPreset>,
    /// Every region that there can be a row for, by its code.
    pub known_regions: Vec<Choice>,
    /// Sets of rules to take over as a whole.
    pub rules: Vec<RuleSet>,
    /// What the money is doing.
    pub money: MoneyState,
    /// Every version of the policy, newest first.
    pub history: Vec<PolicyVersion>,
}

/// The fields of the form, by their names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SettingsForm {
    /// `use_rules`: the id of a set of rules. It is a form of its own, which sends nothing else of these.
    pub use_rules: FormField,
    /// `name`.
    pub name: FormField,
    /// `cap`: lines at once.
    pub cap: FormField,
    /// `priority`: `low`, `normal`, `high` or `urgent`.
    pub priority: FormField,
    /// `numbers`, once for each chosen one.
    pub numbers: Vec<NumberChoice>,
    /// What is wrong with the choice of numbers.
    pub numbers_error: Option<String>,
    /// `mode`: `continuous` or `batch`.
    pub mode: FormField,
    /// `batch_size`.
    pub batch_size: FormField,
    /// `quiet_line_gate`: `true` or absent.
    pub quiet_line_gate: bool,
    /// `zone`: the IANA zone of `starts_at` and `expires_at`.
    pub zone: FormField,
    /// `starts_at`: `2026-11-23T09:00`; empty starts by hand.
    pub starts_at: FormField,
    /// `expires_at`: the same; empty never expires.
    pub expires_at: FormField,
    /// `hours_preset`: the id of a preset, or `own`.
    pub hours_preset: FormField,
    /// `hours_monday` to `hours_sunday`: `09:00-20:00`, several with commas, empty closed.
    pub week: Vec<DayField>,
    /// `fallback_zone`: where people are of whom nothing is known; empty: they are not called.
    pub fallback_zone: FormField,
    /// `holidays`: `us-federal`, or empty for none.
    pub holidays: FormField,
    /// `holiday_dates`: a date in each line, with hours behind it when it is not closed altogether.
    pub holiday_dates: FormField,
    /// `region_US-FL_hours` and the like: the stricter rules of single regions, then blank rows to add some.
    pub regions: Vec<RegionRow>,
    /// `per_number_day`: calls to one number within 24 hours, all campaigns; empty: no limit.
    pub per_number_day: FormField,
    /// `per_number`: calls to one number at all; empty: no limit.
    pub per_number: FormField,
    /// `per_contact`: calls to one person of this campaign; empty: no limit.
    pub per_contact: FormField,
    /// `gap`: `4 h`; empty: none.
    pub gap: FormField,
    /// `gap_between_campaigns`: the same, between calls of two campaigns.
    pub gap_between_campaigns: FormField,
    /// `retry_no_answer` and the like.
    pub retries: Vec<RetryField>,
    /// `callbacks`: `true` or absent.
    pub callbacks: bool,
    /// `consent_column`: a column of the list; empty: not asked for.
    pub consent_column: FormField,
    /// The columns of the list.
    pub columns: Vec<String>,
    /// `alert_usd`: dollars; empty: no alert.
    pub alert_usd: FormField,
    /// `budget_usd`: dollars; empty: no limit.
    pub budget_usd: FormField,
}

/// A caller number to choose.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NumberChoice {
    /// The provider's id.
    pub id: String,
    /// The number, as people write it, and its name.
    pub label: String,
    /// What speaks against it or limits it, for instance `at most 2 calls at once`.
    pub note: Option<String>,
    /// [`Badge::line_health`], where it is known.
    pub health: Option<Badge>,
    /// Whether the campaign calls from it.
    pub chosen: bool,
}

/// The hours of a weekday.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DayField {
    /// `monday`.
    pub key: &'static str,
    /// `Monday`.
    pub label: &'static str,
    /// `09:00-20:00`.
    pub field: FormField,
}

impl DayField {
    /// The week from Monday on.
    #[must_use]
    pub fn week(days: [FormField; 7]) -> Vec<Self> {
        DAYS.into_iter()
            .zip(days)
            .map(|((key, label), field)| Self { key, label, field })
            .collect()
    }
}

const DAYS: [(&str, &str); 7] = [
    ("monday", "Monday"),
    ("tuesday", "Tuesday"),
    ("wednesday", "Wednesday"),
    ("thursday", "Thursday"),
    ("friday", "Friday"),
    ("saturday", "Saturday"),
    ("sunday", "Sunday"),
];

/// The delays after one kind of failed call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RetryField {
    /// [`Badge::outcome`]; the field is called `retry_` and its key.
    pub outcome: Badge,
    /// `3 h, 3 h`; empty: not called again.
    pub field: FormField,
}

impl RetryField {
    /// What it says in words: `2 more calls`, `Not called again`.
    #[must_use]
    pub fn words(&self) -> String {
        let calls = self.field.value.split(',').filter(|part| !part.trim().is_empty());
        match calls.count() {
            0 => "Not called again".to_owned(),
            1 => "1 more call".to_owned(),
            calls => format!("{calls} more calls"),
        }
    }
}

/// A set of rules to take over as a whole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RuleSet {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is good for.
    pub about: String,
}

impl From<[&str; 3]> for RuleSet {
    fn from(words: [&str; 3]) -> Self {
        let [id, name, about] = words.map(str::to_owned);
        Self { id, name, about }
    }
}

/// The stricter rule of one region, or a blank row for a further one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RegionRow {
    /// What its fields are called by: `US-FL`, or `new_1` for a blank row.
    pub key: String,
    /// `Florida`. `None`: a blank row.
    pub region: Option<String>,
    /// `region_new_1_code`: the ISO 3166-2 code; a field of blank rows alone.
    pub code: FormField,
    /// `region_US-FL_hours`: `Mon-Sat 08:00-20:00, Sun closed`.
    pub hours: FormField,
    /// `region_US-FL_calls`: calls to a number in 24 hours; empty: no limit of its own.
    pub calls: FormField,
    /// `region_US-FL_gap`: `8 h`; empty: none of its own.
    pub gap: FormField,
    /// `region_US-FL_remove`: `true` or absent.
    pub removed: bool,
    /// What it says of holidays, which is not for this form to change.
    pub holidays: Option<String>,
    /// Where the rule is written.
    pub source: String,
    /// When somebody last looked there: an ISO date.
    pub as_of: String,
}

impl RegionRow {
    /// What it is called: `Florida`, `Further region 1`.
    #[must_use]
    pub fn name(&self) -> String {
        self.region
            .clone()
            .unwrap_or_else(|| format!("Further region {}", self.key.trim_start_matches("new_")))
    }

    /// Its fields.
    #[must_use]
    pub fn fields(&self) -> [&FormField; 4] {
        [&self.code, &self.hours, &self.calls, &self.gap]
    }

    /// Its fields, to be changed.
    pub fn fields_mut(&mut self) -> [&mut FormField; 4] {
        [&mut self.code, &mut self.hours, &mut self.calls, &mut self.gap]
    }
}

/// What the money is doing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MoneyState {
    /// What it comes to; `None` when costs are not shown.
    pub figures: Option<MoneyFigures>,
    /// How a call's worst case is reckoned, in a sentence.
    pub basis: String,
}

/// What a campaign has cost and may cost.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MoneyFigures {
    /// What finished calls have cost.
    pub spent: String,
    /// What the calls that are live or not billed yet may cost at worst.
    pub held: String,
}

/// One version of the policy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PolicyVersion {
    /// From 1.
    pub number: u32,
    /// Who, where they gave a name.
    pub by: Option<String>,
    /// When.
    pub at: When,
    /// What changed, in words: `Lines: 8 → 5`.
    pub changes: Vec<String>,
    /// Whether calls go by it now.
    pub current: bool,
}

impl CampaignSettingsPage {
    /// What is wrong, in the order of the form.
    #[must_use]
    pub fn faults(&self) -> Vec<FieldFault> {
        let form = &self.form;
        let mut faults = Vec::new();
        let mut look = |name: &str, label: &str, error: &Option<String>| {
            faults.extend(FieldFault::of(name, label, error.as_ref()));
        };
        look("use_rules", "A set of rules", &form.use_rules.error);
        look("name", "Name", &form.name.error);
        look("cap", "Lines at once", &form.cap.error);
        look("priority", "Priority", &form.priority.error);
        look("numbers", "Calls from", &form.numbers_error);
        look("mode", "How to call", &form.mode.error);
        look("batch_size", "People in a batch", &form.batch_size.error);
        look("starts_at", "Starts by itself", &form.starts_at.error);
        look("expires_at", "Expires", &form.expires_at.error);
        look("zone", "Time zone", &form.zone.error);
        look("hours_preset", "Which hours", &form.hours_preset.error);
        for day in &form.week {
            look(&format!("hours_{}", day.key), day.label, &day.field.error);
        }
        look("holidays", "Holidays", &form.holidays.error);
        look(
            "fallback_zone",
            "Where people are of whom nothing is known",
            &form.fallback_zone.error,
        );
        look("holiday_dates", "Other days", &form.holiday_dates.error);
        let parts = [
            ("code", "code"),
            ("hours", "hours"),
            ("calls", "calls in 24 h"),
            ("gap", "shortest gap"),
        ];
        for row in &form.regions {
            for ((part, label), field) in parts.into_iter().zip(row.fields()) {
                let name = format!("region_{}_{part}", row.key);
                look(&name, &format!("{}, {label}", row.name()), &field.error);
            }
        }
        look(
            "per_number_day",
            "Calls to a number in 24 hours",
            &form.per_number_day.error,
        );
        look("gap", "Shortest time between two calls", &form.gap.error);
        look(
            "gap_between_campaigns",
            "Between calls of two campaigns",
            &form.gap_between_campaigns.error,
        );
        look("per_contact", "Calls to a person", &form.per_contact.error);
        look("per_number", "Calls to a number, ever", &form.per_number.error);
        for retry in &form.retries {
            look(
                &format!("retry_{}", retry.outcome.key),
                &retry.outcome.label,
                &retry.field.error,
            );
        }
        look("consent_column", "Consent", &form.consent_column.error);
        look("budget_usd", "Budget", &form.budget_usd.error);
        look("alert_usd", "Tell me at", &form.alert_usd.error);
        faults
    }

    /// Every priority.
    #[must_use]
    pub fn priorities(&self) -> Vec<Choice> {
        Badge::all_priorities()
            .into_iter()
            .map(|priority| Choice {
                selected: priority.key == self.form.priority.value,
                ..Choice::new(&priority.key, &priority.label)
            })
            .collect()
    }

    /// How many regions have a stricter rule.
    #[must_use]
    pub fn region_count(&self) -> usize {
        let rows = self.form.regions.iter();
        rows.filter(|row| row.region.is_some()).count()
    }

    /// Whether somebody wrote something into the rows that has to be seen.
    #[must_use]
    pub fn regions_at_fault(&self) -> bool {
        let mut fields = self.form.regions.iter().flat_map(RegionRow::fields);
        fields.any(|field| field.error.is_some())
    }

    /// Where the form stands on hours that no preset has.
    #[must_use]
    pub fn own_hours(&self) -> bool {
        let chosen = &self.form.hours_preset.value;
        !self.presets.iter().any(|preset| preset.id == *chosen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ladder_says_how_many_calls_it_means() {
        let words = |value: &str| {
            RetryField {
                outcome: Badge::outcome("busy"),
                field: FormField::new(value),
            }
            .words()
        };
        assert_eq!(words(""), "Not called again");
        assert_eq!(words("20 min"), "1 more call");
        assert_eq!(words("20 min, 1 h, "), "2 more calls");
    }
}
