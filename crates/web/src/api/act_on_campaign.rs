//! `POST /api/campaigns/{id}/start|pause|resume|cancel`, and `PATCH /api/campaigns/{id}`.

use std::time::Duration;

use axum::{Json, extract::State};
use domain::{
    assistant::{placeholders, variables},
    campaign::{Action, CampaignStatus},
    ids::CampaignId,
};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{Acted, Assigned, Campaign, Lacking, Wake};
use uuid::Uuid;

use super::{assistants::config_of, shapes::CampaignJson, unfit::unfit};
use crate::{body::Body, error::ApiError, extract::Id, state::AppState};

/// How long the provider is waited for before a campaign goes on.
const PATIENCE: Duration = Duration::from_secs(8);

/// What an action led to.
#[derive(Serialize)]
pub(crate) struct ActedJson {
    id: String,
    status: &'static str,
    possible_actions: Vec<&'static str>,
}

/// 200 with the new status; 404; 409 `impossible_transition` with what is possible instead, or `assistant_unfit`.
pub(crate) async fn act(state: &AppState, id: CampaignId, action: Action) -> Result<ActedJson, ApiError> {
    if action == Action::Resume {
        look_at_assistant(state, id).await?;
    }
    match state.store().act(id, action, state.now()).await? {
        Acted::NotFound => Err(ApiError::not_found("campaign")),
        Acted::NoAssistant(trouble) => Err(unfit(trouble)),
        Acted::Impossible { status, possible } => Err(ApiError::impossible(action, status, &possible)),
        Acted::Done(status) => {
            tracing::info!(campaign.id = %id, action = action.as_str(), status = status.as_str(), "campaign");
            // Pausing and cancelling may let another campaign have the lines.
            state.store().wake(Wake::Dispatch);
            state.store().wake(Wake::Campaign(id));
            let possible = domain::campaign::possible_actions(status);
            Ok(ActedJson {
                id: id.to_string(),
                status: status.as_str(),
                possible_actions: possible.iter().map(|action| action.as_str()).collect(),
            })
        }
    }
}

/// A campaign that paused because the provider refused its calls may have lost its assistant: better found out now than
/// by the next call.
async fn look_at_assistant(state: &AppState, id: CampaignId) -> Result<(), ApiError> {
    let campaign = state.store().campaign(id).await?;
    if let Some(campaign) = campaign.filter(|campaign| campaign.pause_reason.is_some()) {
        let looked = state.directory.compare(campaign.assistant_id);
        // Whether it answers or not, the calls will tell.
        let _ = tokio::time::timeout(PATIENCE, looked).await;
    }
    Ok(())
}

/// What would sound wrong in the calls of a campaign.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gaps {
    /// Variables of the assistant that some people lack.
    pub(crate) lacking: Vec<Lacking>,
    /// Words of the assistant that are still to be filled in.
    pub(crate) placeholders: Vec<String>,
    /// Whether the assistant has neither a model nor a first message. The provider may know better.
    pub(crate) nothing_to_say: bool,
}

/// What would sound wrong in the calls of a campaign. Nothing once it has started: then it is too late.
pub(crate) async fn gaps(state: &AppState, campaign: &Campaign) -> Result<Gaps, ApiError> {
    if campaign.status != CampaignStatus::Created {
        return Ok(Gaps::default());
    }
    let Some(assistant) = state.store().assistant(campaign.assistant_id).await? else {
        return Ok(Gaps::default());
    };
    let config = config_of(&assistant.config_json)?;
    Ok(Gaps {
        lacking: state
            .store()
            .lacking_variables(campaign.id, variables(&config))
            .await?,
        placeholders: placeholders(&config).into_iter().collect(),
        nothing_to_say: config.get("model").is_none() && config.get("firstMessage").is_none(),
    })
}

/// Starts a campaign, unless its assistant wants a variable that nobody in the list has, or is not finished.
pub(crate) async fn start(
    state: &AppState,
    id: CampaignId,
    accept_missing: bool,
) -> Result<ActedJson, ApiError> {
    if !accept_missing && let Some(campaign) = state.store().campaign(id).await? {
        let mut gaps = gaps(state, &campaign).await?;
        gaps.lacking
            .retain(|lacking| lacking.people >= u64::from(campaign.total_contacts));
        if !gaps.lacking.is_empty() || !gaps.placeholders.is_empty() {
            return Err(missing_variables(&gaps, campaign.total_contacts));
        }
    }
    act(state, id, Action::Start).await
}

fn missing_variables(gaps: &Gaps, of: u32) -> ApiError {
    let named = |lacking: &Lacking| match &lacking.similar_column {
        Some(column) => format!("{{{{{}}}}} (the list has the column “{column}”)", lacking.name),
        None => format!("{{{{{}}}}}", lacking.name),
    };
    let names: Vec<String> = gaps.lacking.iter().map(named).collect();
    let mut message = String::new();
    if !names.is_empty() {
        message += &format!(
            "The assistant speaks of {}, and nobody in the list has a value. ",
            names.join(", ")
        );
    }
    if !gaps.placeholders.is_empty() {
        message += &format!(
            "The assistant’s words are not finished: {} is still to be filled in. ",
            gaps.placeholders.join(", ")
        );
    }
    message += "Change the assistant’s words or the list, or start anyway with `accept_missing`.";
    let variables: Vec<Value> = gaps
        .lacking
        .iter()
        .map(|lacking| {
            json!({
                "name": lacking.name,
                "missing": lacking.people,
                "of": of,
                "column": lacking.column,
                "similar_column": lacking.similar_column,
            })
        })
        .collect();
    ApiError::new(StatusCode::CONFLICT, "missing_variables", message)
        .with_details(json!({ "variables": variables, "placeholders": gaps.placeholders }))
}

/// Whether to start although people lack what the assistant speaks of.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct StartWish {
    accept_missing: bool,
}

/// `POST …/start`: as [`act`], and 409 `missing_variables`.
pub(crate) async fn start_handler(
    State(state): State<AppState>,
    Id(id): Id<CampaignId>,
    Body(wish): Body<StartWish>,
) -> Result<Json<ActedJson>, ApiError> {
    start(&state, id, wish.accept_missing).await.map(Json)
}

/// What can be changed of a campaign that has not begun.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    assistant_id: Uuid,
}

/// `PATCH /api/campaigns/{id}`: 200; 404; 409 once it has started; 422 when the assistant cannot call.
pub(crate) async fn change(
    State(state): State<AppState>,
    Id(id): Id<CampaignId>,
    Body(settings): Body<Settings>,
) -> Result<Json<CampaignJson>, ApiError> {
    let assistant = settings.assistant_id.into();
    match state.store().assign_assistant(id, assistant, state.now()).await? {
        Assigned::Done => {
            state.store().wake(Wake::Campaign(id));
            let campaign = state.store().campaign(id).await?;
            let campaign = campaign.ok_or_else(|| ApiError::not_found("campaign"))?;
            Ok(Json(campaign.into()))
        }
        Assigned::Started(status) => {
            let message = format!(
                "The campaign is {}. Its assistant can be changed only before it starts.",
                status.as_str()
            );
            Err(ApiError::new(StatusCode::CONFLICT, "already_started", message)
                .with_details(json!({ "status": status.as_str() })))
        }
        Assigned::NoAssistant => Err(ApiError::field(
            "assistant_id",
            "The directory has no such assistant that can call, or it was made for another campaign.",
        )),
        Assigned::NotFound => Err(ApiError::not_found("campaign")),
    }
}

macro_rules! handlers {
    ($($name:ident => $action:expr),* $(,)?) => {$(
        pub(crate) async fn $name(
            State(state): State<AppState>,
            Id(id): Id<CampaignId>,
        ) -> Result<Json<ActedJson>, ApiError> {
            act(&state, id, $action).await.map(Json)
        }
    )*};
}

handlers! {
    pause => Action::Pause,
    resume => Action::Resume,
    cancel => Action::Cancel,
}
