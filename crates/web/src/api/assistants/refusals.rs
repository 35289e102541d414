//! What the directory refuses, as errors of the API.

use domain::{
    assistant::{Difference, Fault},
    ids::AssistantId,
};
use engine::DirectoryError;
use http::StatusCode;
use serde_json::{Value, json};

use super::{config_of, shapes::ChangeJson, shown_differences};
use crate::{error::ApiError, state::AppState};

const NOTHING_CHANGED: &str =
    "Nothing was changed; try again in a moment, and check the provider's key if it lasts.";

/// Faults of a configuration, each with the field it concerns: `name`, or `config.` and the path.
pub(super) fn faulty(code: &'static str, faults: &[Fault], message: Option<String>) -> ApiError {
    let field = |fault: &Fault| match fault.path.as_str() {
        "" | "name" => fault.path.clone(),
        path if path.starts_with('[') => format!("config{path}"),
        path => format!("config.{path}"),
    };
    let told: Vec<Value> = faults
        .iter()
        .map(|fault| json!({ "field": field(fault), "message": fault.message }))
        .collect();
    let first = faults.first();
    let message = message
        .or_else(|| first.map(|fault| format!("{}: {}", field(fault), fault.message)))
        .unwrap_or_else(|| "The configuration is not accepted.".to_owned());
    ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, code, message)
        .with_details(json!({ "field": first.map(field), "faults": told }))
}

/// A difference as the API shows it. Give it configurations whose secrets are hidden.
pub(super) fn difference(difference: &Difference) -> Value {
    json!({ "path": difference.path, "before": difference.before, "after": difference.after })
}

/// Somebody else saved a version after the one that the asker saw.
pub(super) async fn edited_meanwhile(
    state: &AppState,
    id: AssistantId,
    seen: u32,
) -> Result<ApiError, ApiError> {
    let record = super::find(state, id).await?;
    if seen > record.version || seen == 0 {
        let message = format!(
            "There is no version {seen}; the present one is {}.",
            record.version
        );
        return Ok(ApiError::field("version", message));
    }
    let latest = state.store().assistant_versions(id, record.version, 1).await?;
    let before = state.store().assistant_versions(id, seen, 1).await?;
    let changed: Vec<Value> = match (before.first(), latest.first()) {
        (Some(before), Some(latest)) => {
            let (before, latest) = (config_of(&before.config_json)?, config_of(&latest.config_json)?);
            shown_differences(&before, &latest)
                .iter()
                .map(difference)
                .collect()
        }
        _ => Vec::new(),
    };
    let by = latest
        .first()
        .map(|version| version.author.clone())
        .unwrap_or_default();
    let at = latest.first().map(|version| version.created_at.to_iso());
    let who = if by.is_empty() { "Somebody" } else { by.as_str() };
    let message = format!(
        "{who} has saved version {} meanwhile, and you began with version {seen}. Nothing was overwritten: look at what \
         they changed, then save again on top of it.",
        record.version
    );
    let details = json!({ "version": record.version, "by": by, "at": at, "differences": changed });
    Ok(ApiError::new(StatusCode::CONFLICT, "edited_meanwhile", message).with_details(details))
}

/// The error that a refusal of the directory is.
pub(super) async fn refused(state: &AppState, id: Option<AssistantId>, error: DirectoryError) -> ApiError {
    let conflict = |code: &'static str, message: &str| ApiError::new(StatusCode::CONFLICT, code, message);
    match error {
        DirectoryError::Faults(faults) => faulty("invalid_field", &faults, None),
        DirectoryError::Refused { faults, message } => {
            let message = format!("The provider does not accept it, and nothing was changed: {message}.");
            faulty("provider_refused", &faults, Some(message))
        }
        DirectoryError::Unreachable(error) => ApiError::provider(&error, NOTHING_CHANGED),
        DirectoryError::NotFound => ApiError::not_found("assistant"),
        DirectoryError::NoSuchVersion => ApiError::not_found("version"),
        DirectoryError::UnknownToProvider => ApiError::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "unknown_to_provider",
            "The provider has no assistant with this id. Copy it from the provider's dashboard, or choose from the list of \
             what the account holds.",
        )
        .with_details(json!({ "field": "providerAssistantId" })),
        DirectoryError::Template => conflict(
            "template",
            "Templates cannot be changed. Clone it, and change the clone.",
        ),
        DirectoryError::NotHeld => conflict(
            "not_held",
            "The provider does not hold this assistant: it was not confirmed, or was removed after its campaign. Clone it to \
             make it anew.",
        ),
        DirectoryError::Gone => conflict(
            "gone",
            "The provider does not have this assistant any more. Make it anew there, or delete the record.",
        ),
        DirectoryError::Drifted => conflict(
            "drifted",
            "Somebody has changed this assistant at the provider. Nothing was overwritten: look at what differs, then take \
             theirs or push ours.",
        ),
        DirectoryError::Busy => busy(state, id).await,
        DirectoryError::NotLost => conflict("not_lost", "This change is settled, so there is nothing to repeat."),
        DirectoryError::Moved(version) => match id {
            Some(id) => edited_meanwhile(state, id, version.saturating_sub(1))
                .await
                .unwrap_or_else(|error| error),
            None => conflict("edited_meanwhile", "It was changed meanwhile. Look again."),
        },
        DirectoryError::Store(error) => error.into(),
    }
}

async fn busy(state: &AppState, id: Option<AssistantId>) -> ApiError {
    let record = match id {
        Some(id) => state.store().assistant(id).await.ok().flatten(),
        None => None,
    };
    let version = record.as_ref().map(|record| record.version);
    let change = record.and_then(|record| record.change);
    let Some(change) = change
        .filter(|change| change.state.is_open())
        .map(ChangeJson::from)
    else {
        // It was open a moment ago.
        let message = "Somebody else changed it just now. Look again, then repeat what is still needed.";
        let details = json!({ "version": version, "by": "", "at": null, "differences": [] });
        return ApiError::new(StatusCode::CONFLICT, "edited_meanwhile", message).with_details(details);
    };
    let message = "A change of this assistant is under way at the provider, or its answer was lost and is being looked up. \
                   Wait until it is settled.";
    ApiError::new(StatusCode::CONFLICT, "change_under_way", message).with_details(json!({ "change": change }))
}
