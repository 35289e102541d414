//! The JSON of assistants. Secrets in configurations are hidden.

use domain::{
    assistant::{model_label, secrets, variables, voice_label},
    directory::ChangeState,
    ids::AssistantId,
    money::UsdMicros,
    outcome::{Outcome, judged_successful},
};
use serde::Serialize;
use serde_json::{Map, Value};
use store::{Assistant, Change, Results};

use super::{config_of, find, shown_differences};
use crate::{
    api::shapes::{dollars, iso, ratio},
    error::ApiError,
    features::Features,
    state::AppState,
};

/// A change at the provider.
#[derive(Serialize)]
pub(crate) struct ChangeJson {
    id: String,
    kind: &'static str,
    state: &'static str,
    by: String,
    since: String,
    problem: Option<String>,
}

impl From<Change> for ChangeJson {
    fn from(change: Change) -> Self {
        Self {
            id: change.id.to_string(),
            kind: change.kind.as_str(),
            state: change.state.as_str(),
            by: change.author,
            since: change.sent_at.to_iso(),
            problem: change.problem,
        }
    }
}

/// An assistant in the directory's list.
#[derive(Serialize)]
pub(crate) struct AssistantRowJson {
    id: String,
    name: String,
    source: &'static str,
    provider: &'static str,
    provider_assistant_id: Option<String>,
    active: bool,
    ephemeral: bool,
    version: u32,
    state: &'static str,
    drift: Option<&'static str>,
    checked_at: Option<String>,
    model: Option<String>,
    voice: Option<String>,
    campaigns: u32,
    unfinished_campaigns: u32,
    created_at: String,
    updated_at: String,
}

/// Where an assistant stands, in one word.
pub(crate) fn state_of(assistant: &Assistant) -> &'static str {
    use domain::directory::ChangeKind::{Create, Remove, Update};
    let change = assistant.change.as_ref();
    match change.map(|change| (change.state, change.kind)) {
        _ if assistant.removed_at.is_some() => "removed",
        Some((ChangeState::Doubt, _)) => "in_doubt",
        Some((ChangeState::Sent, Create)) if assistant.version == 0 => "creating",
        Some((ChangeState::Sent, Create | Update)) => "changing",
        Some((ChangeState::Sent, Remove)) => "removing",
        Some((ChangeState::Lost, Create)) if assistant.version == 0 => "not_created",
        _ => "ready",
    }
}

/// How the provider's side differs, in one word.
pub(crate) fn drift_of(assistant: &Assistant) -> Option<&'static str> {
    match (assistant.gone_at, &assistant.theirs_json) {
        (Some(_), _) => Some("gone"),
        (None, Some(_)) => Some("differs"),
        (None, None) => None,
    }
}

impl AssistantRowJson {
    pub(crate) fn new(assistant: &Assistant) -> Result<Self, ApiError> {
        let config = config_of(&assistant.config_json)?;
        Ok(Self {
            id: assistant.id.to_string(),
            name: assistant.name.clone(),
            source: assistant.source.as_str(),
            provider: "vapi",
            provider_assistant_id: assistant.provider_assistant_id.clone(),
            active: assistant.active,
            ephemeral: assistant.ephemeral,
            version: assistant.version,
            state: state_of(assistant),
            drift: drift_of(assistant),
            checked_at: iso(assistant.checked_at),
            model: model_label(&config),
            voice: voice_label(&config),
            campaigns: assistant.campaigns,
            unfinished_campaigns: assistant.unfinished_campaigns,
            created_at: assistant.created_at.to_iso(),
            updated_at: assistant.updated_at.to_iso(),
        })
    }
}

/// What came of an assistant's calls, test calls aside.
#[derive(Serialize)]
pub(crate) struct UsageJson {
    pub(crate) campaigns: u64,
    pub(crate) calls: u64,
    /// Calls in which a person was reached.
    pub(crate) connected: u64,
    pub(crate) connect_rate: Option<f64>,
    /// Calls that the assistant itself judged; absent when judgements are not shown.
    pub(crate) judged: Option<u64>,
    pub(crate) successes: Option<u64>,
    pub(crate) success_rate: Option<f64>,
    /// Absent when costs are not shown.
    pub(crate) cost_usd: Option<f64>,
    pub(crate) cost_usd_micros: Option<i64>,
}

impl UsageJson {
    pub(crate) fn new(results: &Results, features: Features) -> Self {
        let calls = results.outcomes.iter().map(|(_, calls)| calls).sum();
        let ended: u64 = results
            .outcomes
            .iter()
            .filter(|(outcome, _)| outcome.is_some())
            .map(|(_, calls)| calls)
            .sum();
        let connected = results
            .outcomes
            .iter()
            .filter(|(outcome, _)| outcome.is_some_and(Outcome::is_connected))
            .map(|(_, calls)| calls)
            .sum();
        let judged_as = |wanted: bool| -> u64 {
            results
                .judgements
                .iter()
                .filter(|(said, _)| judged_successful(said) == Some(wanted))
                .map(|(_, calls)| calls)
                .sum()
        };
        let successes = judged_as(true);
        let judged = successes + judged_as(false);
        let judgements = features.transcript_analysis.then_some((judged, successes));
        let cost = features.cost_tracking.then_some(results.cost);
        Self {
            campaigns: results.campaigns,
            calls,
            connected,
            connect_rate: ratio(connected, ended),
            judged: judgements.map(|(judged, _)| judged),
            successes: judgements.map(|(_, successes)| successes),
            success_rate: judgements.and_then(|(judged, successes)| ratio(successes, judged)),
            cost_usd: cost.map(dollars),
            cost_usd_micros: cost.map(|UsdMicros(micros)| micros),
        }
    }
}

#[derive(Serialize)]
struct DriftJson {
    path: String,
    ours: Option<Value>,
    theirs: Option<Value>,
}

/// An assistant with everything we know of it.
#[derive(Serialize)]
pub(crate) struct AssistantJson {
    #[serde(flatten)]
    row: AssistantRowJson,
    config: Map<String, Value>,
    variables: Vec<String>,
    change: Option<ChangeJson>,
    differences: Vec<DriftJson>,
    theirs_fingerprint: Option<String>,
    usage: UsageJson,
}

impl AssistantJson {
    /// The assistant as it is now.
    pub(crate) async fn read(state: &AppState, id: AssistantId) -> Result<Self, ApiError> {
        let assistant = find(state, id).await?;
        let results = state.store().assistant_results(id).await?;
        Self::new(assistant, UsageJson::new(&results, state.settings.features))
    }

    fn new(assistant: Assistant, usage: UsageJson) -> Result<Self, ApiError> {
        let row = AssistantRowJson::new(&assistant)?;
        let config = config_of(&assistant.config_json)?;
        let hidden = secrets::hidden(&config);
        let theirs = assistant.theirs_json.as_deref().map(config_of).transpose()?;
        let differing = theirs
            .iter()
            .flat_map(|theirs| shown_differences(&config, theirs))
            .map(|difference| DriftJson {
                path: difference.path,
                ours: difference.before,
                theirs: difference.after,
            });
        Ok(Self {
            row,
            variables: variables(&config).into_iter().collect(),
            change: assistant.change.map(ChangeJson::from),
            differences: differing.collect(),
            theirs_fingerprint: theirs.map(|theirs| theirs.fingerprint()),
            usage,
            config: hidden.as_map().clone(),
        })
    }
}
