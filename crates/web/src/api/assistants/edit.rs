//! `PATCH` and `DELETE /api/assistants/{id}`.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{
    assistant::{Config, expand_short_form, secrets},
    directory::{Origin, Source},
    ids::AssistantId,
};
use engine::{Edit, Outcome};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use store::{Assistant, Deleted, Wake};

use super::{
    author, config_of, find,
    refusals::{edited_meanwhile, faulty, refused},
    settled, to_the_end,
};
use crate::{body::Body, error::ApiError, extract::Id, state::AppState};

/// Campaigns that a refusal names.
const NAMED: usize = 5;

/// A change. `config` is a merge patch (RFC 7396), `whole_config` takes the place of everything.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Patch {
    version: Option<u32>,
    name: Option<String>,
    active: Option<bool>,
    config: Option<Map<String, Value>>,
    whole_config: Option<Map<String, Value>>,
    by: Option<String>,
}

/// 200; 202 when the provider's answer was lost; 409 when somebody was faster; 422 when a field is at fault.
pub(crate) async fn patch(
    State(state): State<AppState>,
    Id(id): Id<AssistantId>,
    Body(patch): Body<Patch>,
) -> Result<Response, ApiError> {
    let record = find(&state, id).await?;
    if record.source == Source::Template {
        return Err(refused(&state, Some(id), engine::DirectoryError::Template).await);
    }
    let mut outcome = Outcome::Done(id);
    if patch.name.is_some() || patch.config.is_some() || patch.whole_config.is_some() {
        let version = patch.version.ok_or_else(|| {
            let message = "Say with `version` which version you began with, so that nobody's change is overwritten unseen.";
            ApiError::field("version", message)
        })?;
        if version != record.version {
            return Err(edited_meanwhile(&state, id, version).await?);
        }
        let edit = Edit {
            version,
            config: wanted(&record, patch.name, patch.config, patch.whole_config)?,
            origin: Origin::Edited,
            author: author(patch.by.as_deref()),
        };
        let directory = state.directory.clone();
        outcome = to_the_end(&state, Some(id), async move { directory.edit(id, edit).await }).await?;
    }
    if let Some(active) = patch.active {
        state
            .store()
            .set_assistant_active(id, active, state.now())
            .await?;
        state.store().wake(Wake::Assistant(id));
    }
    settled(&state, &outcome, StatusCode::OK).await
}

/// The configuration that a change asks for.
fn wanted(
    record: &Assistant,
    name: Option<String>,
    changes: Option<Map<String, Value>>,
    whole: Option<Map<String, Value>>,
) -> Result<Config, ApiError> {
    let faults = |faults: Vec<_>| faulty("invalid_field", &faults, None);
    let stored = config_of(&record.config_json)?;
    let mut config = match (changes, whole) {
        (Some(_), Some(_)) => {
            let message =
                "Send `config` with what shall change, or `whole_config` with everything, not both.";
            return Err(ApiError::field("config", message));
        }
        (Some(mut changes), None) => {
            // On what the person has seen: a secret must not follow its address to another one.
            let mut config = secrets::hidden(&stored);
            expand_short_form(&mut changes, Some(&config)).map_err(faults)?;
            config.merge(&changes);
            config
        }
        (None, Some(mut whole)) => {
            expand_short_form(&mut whole, None).map_err(faults)?;
            whole.retain(|_, value| !value.is_null());
            Config::new(whole)
        }
        (None, None) => stored.clone(),
    };
    if let Some(name) = name {
        config.set_name(name.trim());
    } else if config.name().is_none() {
        config.set_name(&record.name);
    }
    secrets::restored(config, &stored).map_err(faults)
}

/// 204; 404; 409 `in_use` with the campaigns that are not finished.
pub(crate) async fn delete(
    State(state): State<AppState>,
    Id(id): Id<AssistantId>,
) -> Result<Response, ApiError> {
    match state.store().delete_assistant(id, state.now()).await? {
        Deleted::Done => {
            tracing::info!(assistant.id = %id, "assistant taken out of the directory");
            state.store().wake(Wake::Assistant(id));
            Ok(StatusCode::NO_CONTENT.into_response())
        }
        Deleted::InUse(campaigns) => {
            let names: Vec<String> = campaigns
                .iter()
                .take(NAMED)
                .map(|campaign| format!("“{}”", campaign.name))
                .collect();
            let more = campaigns.len().saturating_sub(NAMED);
            let more = if more > 0 {
                format!(" and {more} more")
            } else {
                String::new()
            };
            let message = format!(
                "Campaigns that are not finished use this assistant: {}{more}. Let them finish or cancel them first.",
                names.join(", ")
            );
            let campaigns: Vec<Value> = campaigns
                .iter()
                .map(|campaign| {
                    json!({
                        "id": campaign.id.to_string(),
                        "name": campaign.name,
                        "status": campaign.status.as_str(),
                    })
                })
                .collect();
            Err(ApiError::new(StatusCode::CONFLICT, "in_use", message)
                .with_details(json!({ "campaigns": campaigns })))
        }
        Deleted::Busy => Err(refused(&state, Some(id), engine::DirectoryError::Busy).await),
        Deleted::Template => Err(refused(&state, Some(id), engine::DirectoryError::Template).await),
        Deleted::NotFound => Err(ApiError::not_found("assistant")),
    }
}
