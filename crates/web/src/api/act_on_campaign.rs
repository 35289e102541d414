//! `POST /api/campaigns/{id}/start|schedule|unschedule|pause|resume|cancel|abort|redial|archive|unarchive`.

use std::time::Duration;

use axum::{Json, extract::State};
use domain::{
    assistant::{placeholders, variables},
    campaign::{Action, CampaignStatus, possible_actions},
    ids::CampaignId,
    outcome::Outcome,
    time::UtcMs,
};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{Acted, Campaign, Lacking, Redialled, Wake};

use super::{assistants::config_of, unfit::unfit};
use crate::{body::Body, error::ApiError, extract::Id, moments, state::AppState};

/// How long the provider is waited for before a campaign goes on.
const PATIENCE: Duration = Duration::from_secs(8);

/// What an action led to.
#[derive(Serialize)]
pub(crate) struct ActedJson {
    id: String,
    status: &'static str,
    possible_actions: Vec<&'static str>,
}

/// 200 with the new status; 404; 409 `impossible_transition` with what is possible instead, `assistant_unfit`, or
/// `campaign_expired`.
pub(crate) async fn act(state: &AppState, id: CampaignId, action: Action) -> Result<ActedJson, ApiError> {
    if action == Action::Resume {
        look_at_assistant(state, id).await?;
    }
    let acted = state.store().act(id, action, state.now()).await?;
    done(state, id, action, acted).await
}

/// Tells everybody what was done, or the person why it was not.
async fn done(state: &AppState, id: CampaignId, action: Action, what: Acted) -> Result<ActedJson, ApiError> {
    match what {
        Acted::NotFound => Err(ApiError::not_found("campaign")),
        Acted::NoAssistant(trouble) => Err(unfit(trouble)),
        Acted::Expired(at) => Err(ApiError::expired(at)),
        Acted::Impossible { status, possible } => Err(ApiError::impossible(action, status, &possible)),
        Acted::Done(status) => {
            tracing::info!(campaign.id = %id, action = action.as_str(), status = status.as_str(), "campaign");
            // Pausing and cancelling may let another campaign have the lines.
            state.store().wake(Wake::Dispatch);
            state.store().wake(Wake::Campaign(id));
            acted(state, id).await
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
    if !matches!(
        campaign.status,
        CampaignStatus::Created | CampaignStatus::Scheduled
    ) {
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
    if !accept_missing {
        refuse_gaps(state, id).await?;
    }
    act(state, id, Action::Start).await
}

/// 409 `missing_variables` when the assistant wants a variable that nobody in the list has, or is not finished.
pub(crate) async fn refuse_gaps(state: &AppState, id: CampaignId) -> Result<(), ApiError> {
    let Some(campaign) = state.store().campaign(id).await? else {
        return Ok(());
    };
    let mut gaps = gaps(state, &campaign).await?;
    gaps.lacking
        .retain(|lacking| lacking.people >= u64::from(campaign.total_contacts));
    if gaps.lacking.is_empty() && gaps.placeholders.is_empty() {
        return Ok(());
    }
    Err(missing_variables(&gaps, campaign.total_contacts))
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
    abort => Action::Abort,
    unschedule => Action::Unschedule,
    archive => Action::Archive,
    unarchive => Action::Unarchive,
}

/// When a campaign shall start by itself.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScheduleWish {
    /// A moment as ISO-8601 with its offset (`2027-01-04T09:00:00-05:00`), or, with `zone`, what the clock there shows
    /// (`2027-01-04T09:00`).
    starts_at: String,
    /// An IANA time zone, such as `America/New_York`.
    zone: Option<String>,
    #[serde(default)]
    accept_missing: bool,
}

/// `POST …/schedule`: as [`act`], and 422 for a moment that has passed.
pub(crate) async fn schedule(
    State(state): State<AppState>,
    Id(id): Id<CampaignId>,
    Body(wish): Body<ScheduleWish>,
) -> Result<Json<ActedJson>, ApiError> {
    let now = state.now();
    let at = start_of(&wish)?;
    if at <= now {
        return Err(ApiError::field(
            "starts_at",
            "This moment has passed. Choose one to come.",
        ));
    }
    if !wish.accept_missing {
        refuse_gaps(&state, id).await?;
    }
    let acted = state.store().schedule(id, at, now).await?;
    done(&state, id, Action::Schedule, acted).await.map(Json)
}

fn start_of(wish: &ScheduleWish) -> Result<UtcMs, ApiError> {
    let text = wish.starts_at.trim();
    let wrong = |message: &str| ApiError::field("starts_at", message);
    match wish
        .zone
        .as_deref()
        .map(str::trim)
        .filter(|zone| !zone.is_empty())
    {
        None => UtcMs::from_iso(text).ok_or_else(|| {
            wrong("Write a moment such as 2027-01-04T09:00:00-05:00, or 2027-01-04T09:00 with a `zone`.")
        }),
        Some(zone) if !moments::is_zone(zone) => Err(ApiError::field(
            "zone",
            "There is no such time zone. Write one such as America/New_York.",
        )),
        // Whoever names the offset and the zone means the same moment, or made a slip.
        Some(_) if UtcMs::from_iso(text).is_some() => Err(wrong(
            "Write the time without an offset, as the clock in the `zone` shows it.",
        )),
        Some(zone) => moments::from_local(text, zone)
            .ok_or_else(|| wrong("Write a date and a time such as 2027-01-04T09:00.")),
    }
}

/// Whom to call again.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RedialWish {
    /// Outcomes; left out, everybody whom the calls did not reach.
    outcomes: Option<Vec<Outcome>>,
}

/// More than there are.
const MAX_OUTCOMES: usize = 50;

/// How many people are called again.
#[derive(Serialize)]
pub(crate) struct RedialledJson {
    contacts: u64,
    #[serde(flatten)]
    acted: ActedJson,
}

/// `POST …/redial`: as [`act`], and 409 `nobody` when nobody has such an outcome.
pub(crate) async fn redial(
    State(state): State<AppState>,
    Id(id): Id<CampaignId>,
    Body(wish): Body<RedialWish>,
) -> Result<Json<RedialledJson>, ApiError> {
    let outcomes = wish.outcomes.unwrap_or_else(|| domain::retry::REDIALLED.to_vec());
    if outcomes.len() > MAX_OUTCOMES {
        let message = format!("Name each outcome once: {MAX_OUTCOMES} at most.");
        return Err(ApiError::field("outcomes", message));
    }
    if let Some(never) = outcomes
        .iter()
        .find(|outcome| !domain::retry::REDIALLED.contains(outcome))
    {
        let message = format!(
            "People with the outcome “{}” are not called again.",
            never.as_str()
        );
        return Err(ApiError::field("outcomes", message));
    }
    match state.store().redial(id, &outcomes, state.now()).await? {
        Redialled::Done { contacts, status } => {
            let acted = done(&state, id, Action::Redial, Acted::Done(status)).await?;
            Ok(Json(RedialledJson { contacts, acted }))
        }
        Redialled::Nobody => Err(ApiError::new(
            StatusCode::CONFLICT,
            "nobody",
            "Nobody in the campaign has one of these outcomes.",
        )),
        Redialled::Not(acted) => {
            let acted = done(&state, id, Action::Redial, acted).await?;
            Ok(Json(RedialledJson { contacts: 0, acted }))
        }
    }
}

/// What is possible with the campaign now.
async fn acted(state: &AppState, id: CampaignId) -> Result<ActedJson, ApiError> {
    let campaign = state.store().campaign(id).await?;
    let campaign = campaign.ok_or_else(|| ApiError::not_found("campaign"))?;
    let possible = possible_actions(campaign.standing());
    Ok(ActedJson {
        id: id.to_string(),
        status: campaign.status.as_str(),
        possible_actions: possible.iter().map(|action| action.as_str()).collect(),
    })
}
