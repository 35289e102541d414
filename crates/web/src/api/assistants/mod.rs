//! `/api/assistants`: the Assistant Directory.
//!
//! | address | what it does |
//! |---|---|
//! | `GET`, `POST /api/assistants` | list, create |
//! | `GET /api/assistants/provider`, `POST …/import` | what the account holds, register some of it |
//! | `GET /api/assistants/export`, `GET …/{id}/export` | configurations as a file |
//! | `GET`, `PATCH`, `DELETE /api/assistants/{id}` | one assistant |
//! | `POST …/{id}/clone`, `…/test-calls` | use it |
//! | `POST …/{id}/check`, `…/take-theirs`, `…/push-ours` | what others changed at the provider |
//! | `POST …/{id}/repeat-change`, `…/dismiss-change` | a change that was lost |
//! | `GET …/{id}/versions`, `…/versions/{n}`, `POST …/versions/{n}/restore` | its history |

pub(crate) mod changes;
pub(crate) mod compare;
pub(crate) mod create;
pub(crate) mod edit;
pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod read;
mod refusals;
pub(crate) mod shapes;
pub(crate) mod test_call;
pub(crate) mod versions;

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use domain::{
    assistant::{Config, Difference, differences, secrets},
    ids::AssistantId,
};
use engine::{DirectoryError, Outcome};
use http::{HeaderValue, StatusCode, header};
use serde_json::Value;
use store::Assistant;

use self::{refusals::refused, shapes::AssistantJson};
use crate::{error::ApiError, state::AppState};

/// Letters that somebody's name has at most.
const MAX_AUTHOR_CHARS: usize = 100;

/// Who asks, as they say: one line.
pub(crate) fn author(by: Option<&str>) -> String {
    let words: Vec<&str> = by.unwrap_or_default().split_whitespace().collect();
    words.join(" ").chars().take(MAX_AUTHOR_CHARS).collect()
}

/// A record of the directory, or 404.
pub(crate) async fn find(state: &AppState, id: AssistantId) -> Result<Assistant, ApiError> {
    state
        .store()
        .assistant(id)
        .await?
        .filter(|assistant| assistant.deleted_at.is_none())
        .ok_or_else(|| ApiError::not_found("assistant"))
}

/// The configuration that a record holds.
pub(crate) fn config_of(json: &str) -> Result<Config, ApiError> {
    Config::from_provider(json).map_err(ApiError::internal)
}

/// Leaf by leaf, what differs between two configurations, with secrets hidden: that one changed shows, what it is does not.
pub(crate) fn shown_differences(before: &Config, after: &Config) -> Vec<Difference> {
    let shown = |hidden: &Config, path: &str, value: Option<Value>| {
        value.map(|_| {
            hidden
                .get(path)
                .cloned()
                .unwrap_or_else(|| secrets::HIDDEN.into())
        })
    };
    let (hidden_before, hidden_after) = (secrets::hidden(before), secrets::hidden(after));
    differences(before, after)
        .into_iter()
        .map(|difference| Difference {
            before: shown(&hidden_before, &difference.path, difference.before),
            after: shown(&hidden_after, &difference.path, difference.after),
            path: difference.path,
        })
        .collect()
}

/// Does something in the directory to its end, even when the one who asked goes away: what the provider answered must be
/// recorded.
async fn to_the_end<T: Send + 'static>(
    state: &AppState,
    id: Option<AssistantId>,
    work: impl Future<Output = Result<T, DirectoryError>> + Send + 'static,
) -> Result<T, ApiError> {
    match tokio::spawn(work).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(refused(state, id, error).await),
        Err(stopped) => Err(ApiError::internal(stopped)),
    }
}

/// The assistant as it is after a change: `done`, or 202 when nobody can tell yet.
async fn settled(state: &AppState, outcome: &Outcome, done: StatusCode) -> Result<Response, ApiError> {
    let status = match outcome {
        Outcome::Done(_) => done,
        Outcome::InDoubt(_) => StatusCode::ACCEPTED,
    };
    let id = outcome.id();
    let mut response = match AssistantJson::read(state, id).await {
        Ok(assistant) => (status, Json(assistant)).into_response(),
        // Whoever asked must not be told to try again.
        Err(_) if status == StatusCode::ACCEPTED => {
            let body = serde_json::json!({ "id": id.to_string(), "state": "in_doubt" });
            (status, Json(body)).into_response()
        }
        Err(error) => return Err(error),
    };
    if done == StatusCode::CREATED
        && let Ok(address) = HeaderValue::try_from(format!("/api/assistants/{id}"))
    {
        response.headers_mut().insert(header::LOCATION, address);
    }
    Ok(response)
}
