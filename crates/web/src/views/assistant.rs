//! One assistant: its page, its versions, its form.

use std::collections::BTreeSet;

use domain::{
    assistant::{Config, placeholders, secrets, variables},
    directory::{ChangeKind, ChangeState, Source},
};
use store::{Assistant, CampaignUse, Results as Counted, Version};

use super::{assistants::trouble, wording::filled};
use crate::{
    api::assistants::{
        config_of,
        shapes::{UsageJson, state_of},
        shown_differences,
        versions::changed,
    },
    error::ApiError,
    features::Features,
    pages::{
        AssistantActions, AssistantFormPage, AssistantLive, AssistantNotice, AssistantVersionPage, Badge,
        Difference, Drift, Existing, Profile, Results, Shell, UsedBy, VersionRow, When,
        show::{count, count_of, share, usd},
    },
};

/// Campaigns shown on the page of an assistant.
pub(crate) const CAMPAIGNS: u32 = 10;
/// Versions shown there.
pub(crate) const VERSIONS: u32 = 20;
/// Places that a version names.
const PLACES: usize = 6;

/// Everything that the page is made of.
pub(crate) struct Parts {
    pub assistant: Assistant,
    /// What is switched on.
    pub features: Features,
    /// What came of its calls.
    pub results: Counted,
    /// Its latest campaigns, at most [`CAMPAIGNS`].
    pub campaigns: Vec<CampaignUse>,
    /// Its latest versions, at most one more than [`VERSIONS`].
    pub versions: Vec<Version>,
}

impl Parts {
    /// The fragment.
    pub(crate) fn view(&self) -> Result<AssistantLive, ApiError> {
        let assistant = &self.assistant;
        let id = assistant.id.to_string();
        let config = config_of(&assistant.config_json)?;
        let hidden = secrets::hidden(&config);
        let state = state_of(assistant);
        let gone = assistant.gone_at.is_some();
        let usage = UsageJson::new(&self.results, self.features);
        let shown = u64::from(CAMPAIGNS).min(self.campaigns.len() as u64);
        let campaigns = self.campaigns.iter().filter(|campaign| !campaign.test).count() as u64;
        let more = u64::from(assistant.campaigns).saturating_sub(campaigns);
        Ok(AssistantLive {
            name: assistant.name.clone(),
            source: Badge::assistant_source(assistant.source.as_str()),
            active: assistant.active,
            ephemeral: assistant.ephemeral,
            trouble: trouble(assistant),
            version: assistant.version,
            provider_assistant_id: assistant.provider_assistant_id.clone(),
            updated: When::at(assistant.updated_at.0),
            checked: assistant.checked_at.map(|at| When::at(at.0)),
            actions: AssistantActions {
                export: self.features.export_functionality,
                ..AssistantActions::of(
                    &id,
                    &assistant.name,
                    assistant.source.as_str(),
                    state,
                    assistant.active,
                    gone,
                )
            },
            notices: notices(assistant, &config),
            drift: self.drift(&config)?,
            profile: Profile::of(&serde_json::Value::Object(hidden.as_map().clone())),
            config_json: indented(&hidden)?,
            variables: variables(&config).into_iter().collect(),
            results: Results {
                campaigns: count(usage.campaigns),
                calls: count(usage.calls),
                connect_rate: usage.connect_rate.map_or_else(|| "–".to_owned(), percent),
                connect_detail: usage.connect_rate.map(|_| {
                    format!(
                        "{} of {}",
                        count(usage.connected),
                        count_of(usage.calls, "call", "calls")
                    )
                }),
                success_rate: usage
                    .judged
                    .map(|_| usage.success_rate.map_or_else(|| "–".to_owned(), percent)),
                success_detail: usage
                    .successes
                    .zip(usage.judged.filter(|judged| *judged > 0))
                    .map(|(successes, judged)| format!("{} of {} judged", count(successes), count(judged))),
                cost: usage.cost_usd_micros.map(usd),
            },
            campaigns: self
                .campaigns
                .iter()
                .map(|campaign| UsedBy {
                    id: campaign.id.to_string(),
                    name: campaign.name.clone(),
                    status: Badge::campaign(campaign.status.as_str()),
                    created: When::at(campaign.created_at.0),
                })
                .collect(),
            more_campaigns: (more > 0 && shown >= u64::from(CAMPAIGNS)).then(|| count(more)),
            versions: self.versions(state)?,
            id,
        })
    }

    fn drift(&self, ours: &Config) -> Result<Option<Drift>, ApiError> {
        let Some(theirs) = &self.assistant.theirs_json else {
            return Ok(None);
        };
        let theirs = config_of(theirs)?;
        let differences = shown_differences(ours, &theirs).iter().map(difference).collect();
        let id = self.assistant.id.to_string();
        Ok(Some(Drift::of(&id, &theirs.fingerprint(), differences)))
    }

    fn versions(&self, state: &str) -> Result<Vec<VersionRow>, ApiError> {
        self.versions
            .iter()
            .take(VERSIONS as usize)
            .enumerate()
            .map(|(index, version)| {
                version_row(
                    &self.assistant,
                    version,
                    self.versions.get(index + 1),
                    state == "ready",
                )
            })
            .collect()
    }
}

/// A share that is known already, as a percentage.
fn percent(rate: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share between 0 and 1"
    )]
    let ten_thousandths = (rate * 10_000.0).round() as u64;
    share(ten_thousandths, 10_000)
}

/// JSON for people, secrets hidden by who calls.
fn indented(config: &Config) -> Result<String, ApiError> {
    serde_json::to_string_pretty(config.as_map()).map_err(ApiError::internal)
}

fn difference(difference: &domain::assistant::Difference) -> Difference {
    Difference::of(
        &difference.path,
        difference.before.as_ref(),
        difference.after.as_ref(),
    )
}

/// What is not as it should be, the most urgent first.
fn notices(assistant: &Assistant, config: &Config) -> Vec<AssistantNotice> {
    let id = assistant.id.to_string();
    let mut notices = Vec::new();
    if let Some(change) = &assistant.change {
        let (since, kind) = (When::at(change.sent_at.0), change.kind.as_str());
        let change_id = change.id.to_string();
        let problem = change.problem.as_deref();
        match (change.state, change.kind) {
            (ChangeState::Sent, _) => {
                notices.push(AssistantNotice::under_way(
                    kind,
                    filled(&change.author).as_deref(),
                    since,
                ));
            }
            (ChangeState::Doubt, _) => notices.push(AssistantNotice::in_doubt(&id, kind, since)),
            (ChangeState::Lost, ChangeKind::Create) if assistant.version == 0 => {
                notices.push(AssistantNotice::not_created(&id, &change_id, problem, since));
            }
            (ChangeState::Lost, _) => notices.push(AssistantNotice::lost(&id, &change_id, problem, since)),
            (ChangeState::Done | ChangeState::Refused | ChangeState::Dismissed, _) => {}
        }
    }
    if assistant.removed_at.is_some() {
        notices.push(AssistantNotice::removed());
    }
    if assistant.gone_at.is_some() {
        notices.push(AssistantNotice::gone(
            &id,
            !assistant
                .change
                .as_ref()
                .is_some_and(|change| change.state.is_open()),
        ));
    }
    let to_fill_in: Vec<String> = placeholders(config).into_iter().collect();
    if !to_fill_in.is_empty() && assistant.source != Source::Template {
        notices.push(AssistantNotice::unfinished(&to_fill_in));
    }
    if !assistant.active && assistant.removed_at.is_none() && assistant.source != Source::Template {
        notices.push(AssistantNotice::inactive());
    }
    notices
}

fn version_row(
    assistant: &Assistant,
    version: &Version,
    before: Option<&Version>,
    may_change: bool,
) -> Result<VersionRow, ApiError> {
    let mut places = places(changed(version, before)?);
    let more_changed = places.len().saturating_sub(PLACES);
    places.truncate(PLACES);
    let current = version.version == assistant.version;
    let restorable = may_change && !current && assistant.source != Source::Template;
    Ok(VersionRow {
        number: version.version,
        origin: Badge::version_origin(version.origin.as_str()),
        by: filled(&version.author),
        at: When::at(version.created_at.0),
        changed: places,
        more_changed,
        current,
        restore: restorable
            .then(|| VersionRow::restore(&assistant.id.to_string(), version.version, assistant.version)),
    })
}

/// The places that changed, those inside lists as one.
fn places(paths: Vec<String>) -> Vec<String> {
    let place = |path: String| path.split('[').next().map_or_else(String::new, str::to_owned);
    let unique: BTreeSet<String> = paths.into_iter().map(place).collect();
    unique.into_iter().collect()
}

/// One version against the one before.
pub(crate) fn version_page(
    shell: Shell,
    assistant: &Assistant,
    version: &Version,
    before: Option<&Version>,
) -> Result<AssistantVersionPage, ApiError> {
    let config = config_of(&version.config_json)?;
    let differences = match before {
        Some(before) => shown_differences(&config_of(&before.config_json)?, &config)
            .iter()
            .map(difference)
            .collect(),
        None => Vec::new(),
    };
    Ok(AssistantVersionPage {
        shell,
        assistant_id: assistant.id.to_string(),
        assistant_name: assistant.name.clone(),
        name_then: (version.name != assistant.name).then(|| version.name.clone()),
        version: version_row(assistant, version, before, state_of(assistant) == "ready")?,
        differences,
        previous: before.map(|before| before.version),
        next: (version.version < assistant.version).then(|| version.version + 1),
        config_json: indented(&secrets::hidden(&config))?,
    })
}

/// The form of an assistant that is edited.
pub(crate) fn edit_form(
    shell: Shell,
    assistant: &Assistant,
    columns: Vec<String>,
) -> Result<AssistantFormPage, ApiError> {
    let mut config = config_of(&assistant.config_json)?;
    if config.name().is_none() {
        config.set_name(&assistant.name);
    }
    let using = u64::from(assistant.unfinished_campaigns);
    let campaigns = count_of(using, "unfinished campaign uses", "unfinished campaigns use");
    Ok(AssistantFormPage {
        shell,
        name: config.name().unwrap_or(&assistant.name).to_owned(),
        config_json: indented(&secrets::hidden(&config))?,
        existing: Some(Existing {
            id: assistant.id.to_string(),
            name: assistant.name.clone(),
            version: assistant.version,
            note: (using > 0)
                .then(|| format!("{campaigns} this assistant: calls from now on speak as you save it.")),
        }),
        columns,
    })
}
