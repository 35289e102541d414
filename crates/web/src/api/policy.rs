//! `GET`, `PATCH /api/campaigns/{id}/policy`: what a campaign allows; `GET …/policy/versions`: what it allowed before;
//! `GET /api/policy-presets`: what it can begin with.

use axum::{Json, extract::State};
use domain::{
    hours::Hours,
    ids::CampaignId,
    policy::{self, Policy},
};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{PolicyChanged, PolicyVersion, Wake};

use super::{assistants::author, create_campaign::policy_faults};
use crate::{body::Body, error::ApiError, extract::Id, state::AppState};

/// A version of what a campaign allows.
#[derive(Serialize)]
pub(crate) struct PolicyJson {
    version: u32,
    policy: Policy,
    by: String,
    created_at: String,
}

impl From<PolicyVersion> for PolicyJson {
    fn from(version: PolicyVersion) -> Self {
        Self {
            version: version.version,
            policy: version.policy,
            by: version.author,
            created_at: version.created_at.to_iso(),
        }
    }
}

/// 200 with the version in force; 404.
pub(crate) async fn get(
    State(state): State<AppState>,
    Id(id): Id<CampaignId>,
) -> Result<Json<PolicyJson>, ApiError> {
    Ok(Json(find(&state, id).await?.into()))
}

/// 200 with every version, the newest first; 404.
pub(crate) async fn versions(
    State(state): State<AppState>,
    Id(id): Id<CampaignId>,
) -> Result<Json<Vec<PolicyJson>>, ApiError> {
    let versions = state.store().policy_versions(id).await?;
    if versions.is_empty() {
        return Err(ApiError::not_found("campaign"));
    }
    Ok(Json(versions.into_iter().map(PolicyJson::from).collect()))
}

/// A change, as a merge patch (RFC 7386) over the version in force.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    policy: Value,
    /// The version that the person saw. Left out: whichever is in force.
    version: Option<u32>,
    /// Who, for the history.
    by: Option<String>,
}

/// 200 with the version that is in force now; 404; 409 `overtaken` when somebody else was faster; 422 with every field at
/// fault.
pub(crate) async fn patch(
    State(state): State<AppState>,
    Id(id): Id<CampaignId>,
    Body(wish): Body<Wish>,
) -> Result<Json<PolicyJson>, ApiError> {
    let present = find(&state, id).await?;
    let seen = wish.version.unwrap_or(present.version);
    let policy = match wish.policy.as_str().map(Policy::preset) {
        Some(Some(preset)) => preset,
        _ => present
            .policy
            .patched(&wish.policy)
            .map_err(|faults| policy_faults(&faults))?,
    };
    change(&state, id, seen, &policy, &author(wish.by.as_deref())).await?;
    Ok(Json(find(&state, id).await?.into()))
}

/// Puts a policy in force.
pub(crate) async fn change(
    state: &AppState,
    id: CampaignId,
    seen: u32,
    policy: &Policy,
    author: &str,
) -> Result<(), ApiError> {
    match state
        .store()
        .change_policy(id, seen, policy, author, state.now())
        .await?
    {
        PolicyChanged::Version(version) => {
            tracing::info!(campaign.id = %id, version, "policy");
            state.store().wake(Wake::Dispatch);
            state.store().wake(Wake::Campaign(id));
            Ok(())
        }
        PolicyChanged::Overtaken(version) => Err(ApiError::new(
            StatusCode::CONFLICT,
            "overtaken",
            "Somebody else has changed this meanwhile. Look at it as it is now, and change that.",
        )
        .with_details(json!({ "version": version }))),
        PolicyChanged::NotFound => Err(ApiError::not_found("campaign")),
    }
}

pub(crate) async fn find(state: &AppState, id: CampaignId) -> Result<PolicyVersion, ApiError> {
    let found = state.store().policy(id).await?;
    found.ok_or_else(|| ApiError::not_found("campaign"))
}

/// A preset of everything that a campaign allows.
#[derive(Serialize)]
struct PolicyPresetJson {
    id: &'static str,
    name: &'static str,
    about: &'static str,
    policy: Policy,
}

/// A preset of hours.
#[derive(Serialize)]
pub(crate) struct PresetJson {
    id: &'static str,
    name: &'static str,
    about: &'static str,
    source: &'static str,
    as_of: &'static str,
    hours: Hours,
}

/// 200 with `{default, policies, hours}`: what a campaign allows that does not say, the presets of whole policies, and those
/// of hours with their sources.
pub(crate) async fn presets(State(state): State<AppState>) -> Json<Value> {
    let hours: Vec<PresetJson> = Hours::presets()
        .iter()
        .filter_map(|info| {
            Some(PresetJson {
                id: &info.id,
                name: &info.name,
                about: &info.about,
                source: &info.source,
                as_of: &info.as_of,
                hours: Hours::preset(&info.id)?,
            })
        })
        .collect();
    let policies: Vec<PolicyPresetJson> = policy::PRESETS
        .iter()
        .filter_map(|preset| {
            Some(PolicyPresetJson {
                id: preset.id,
                name: preset.name,
                about: preset.about,
                policy: Policy::preset(preset.id)?,
            })
        })
        .collect();
    Json(json!({ "default": state.settings.default_policy, "policies": policies, "hours": hours }))
}
