//! `GET /api/assistants/{id}/versions`, `…/versions/{n}`, `POST …/versions/{n}/restore`.

use axum::{
    Json,
    extract::{Path, State},
    response::Response,
};
use domain::{
    assistant::{Config, differences, secrets},
    ids::AssistantId,
};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use store::Version;
use uuid::Uuid;

use super::{
    author, config_of, find,
    refusals::{difference, edited_meanwhile},
    settled, shown_differences, to_the_end,
};
use crate::{body::Body, error::ApiError, extract::Id, state::AppState};

/// Versions shown at most.
pub(crate) const SHOWN: u32 = 100;

#[derive(Serialize)]
pub(crate) struct Versions {
    items: Vec<VersionJson>,
}

/// A configuration that was, or is, in force.
#[derive(Serialize)]
pub(crate) struct VersionJson {
    version: u32,
    name: String,
    origin: &'static str,
    by: String,
    at: String,
    /// The paths that differ from the version before.
    changed: Vec<String>,
}

#[derive(Serialize)]
pub(crate) struct WholeVersionJson {
    #[serde(flatten)]
    version: VersionJson,
    config: Map<String, Value>,
    /// What differs from the version before.
    differences: Vec<Value>,
}

impl VersionJson {
    fn new(version: &Version, before: Option<&Version>) -> Result<Self, ApiError> {
        Ok(Self {
            version: version.version,
            name: version.name.clone(),
            origin: version.origin.as_str(),
            by: version.author.clone(),
            at: version.created_at.to_iso(),
            changed: changed(version, before)?,
        })
    }
}

/// The paths that differ from the version before; none for the first.
pub(crate) fn changed(version: &Version, before: Option<&Version>) -> Result<Vec<String>, ApiError> {
    let Some(before) = before else {
        return Ok(Vec::new());
    };
    let (before, after) = (config_of(&before.config_json)?, config_of(&version.config_json)?);
    let found = differences(&before, &after);
    Ok(found.into_iter().map(|difference| difference.path).collect())
}

/// 200 with the latest versions first; 404.
pub(crate) async fn list(
    State(state): State<AppState>,
    Id(id): Id<AssistantId>,
) -> Result<Json<Versions>, ApiError> {
    find(&state, id).await?;
    let versions = state.store().assistant_versions(id, u32::MAX, SHOWN + 1).await?;
    let items = versions
        .iter()
        .take(SHOWN as usize)
        .enumerate()
        .map(|(index, version)| VersionJson::new(version, versions.get(index + 1)));
    Ok(Json(Versions {
        items: items.collect::<Result<_, _>>()?,
    }))
}

/// The ids of an address that names a version.
pub(crate) struct Named {
    pub(crate) assistant: AssistantId,
    pub(crate) version: u32,
}

/// Reads the address of a version.
pub(crate) fn named(
    path: Result<Path<(Uuid, u32)>, axum::extract::rejection::PathRejection>,
) -> Result<Named, ApiError> {
    let Path((assistant, version)) = path.map_err(|_| ApiError::not_found("version"))?;
    Ok(Named {
        assistant: AssistantId(assistant),
        version,
    })
}

/// This version and the one before.
pub(crate) async fn read(state: &AppState, named: &Named) -> Result<(Version, Option<Version>), ApiError> {
    find(state, named.assistant).await?;
    let mut found = state
        .store()
        .assistant_versions(named.assistant, named.version, 2)
        .await?
        .into_iter();
    match found.next() {
        Some(version) if version.version == named.version => Ok((version, found.next())),
        _ => Err(ApiError::not_found("version")),
    }
}

/// 200; 404.
pub(crate) async fn one(
    State(state): State<AppState>,
    path: Result<Path<(Uuid, u32)>, axum::extract::rejection::PathRejection>,
) -> Result<Json<WholeVersionJson>, ApiError> {
    let (version, before) = read(&state, &named(path)?).await?;
    let config = config_of(&version.config_json)?;
    let earlier = before
        .as_ref()
        .map(|before| config_of(&before.config_json))
        .transpose()?;
    let differing = shown_differences(earlier.as_ref().unwrap_or(&Config::default()), &config);
    Ok(Json(WholeVersionJson {
        version: VersionJson::new(&version, before.as_ref())?,
        config: secrets::hidden(&config).as_map().clone(),
        differences: if earlier.is_some() {
            differing.iter().map(difference).collect()
        } else {
            Vec::new()
        },
    }))
}

/// The version that the person saw as the present one, and who restores.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Restore {
    version: u32,
    by: Option<String>,
}

/// 200; 202 when the provider's answer was lost; 409 when somebody was faster.
pub(crate) async fn restore(
    State(state): State<AppState>,
    path: Result<Path<(Uuid, u32)>, axum::extract::rejection::PathRejection>,
    Body(wish): Body<Restore>,
) -> Result<Response, ApiError> {
    let named = named(path)?;
    let id = named.assistant;
    if find(&state, id).await?.version != wish.version {
        return Err(edited_meanwhile(&state, id, wish.version).await?);
    }
    let directory = state.directory.clone();
    let work = async move {
        let by = author(wish.by.as_deref());
        directory.restore(id, named.version, wish.version, &by).await
    };
    let outcome = to_the_end(&state, Some(id), work).await?;
    settled(&state, &outcome, StatusCode::OK).await
}
