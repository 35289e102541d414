//! `POST /api/campaigns/{id}/start|pause|resume|cancel`.

use axum::{Json, extract::State};
use domain::{campaign::Action, ids::CampaignId};
use serde::Serialize;
use store::{Acted, Wake};

use crate::{error::ApiError, extract::Id, state::AppState};

/// What an action led to.
#[derive(Serialize)]
pub(crate) struct ActedJson {
    id: String,
    status: &'static str,
    possible_actions: Vec<&'static str>,
}

/// 200 with the new status; 404; 409 `impossible_transition` with what is possible instead.
pub(crate) async fn act(state: &AppState, id: CampaignId, action: Action) -> Result<ActedJson, ApiError> {
    match state.store().act(id, action, state.now()).await? {
        Acted::NotFound => Err(ApiError::not_found("campaign")),
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
    start => Action::Start,
    pause => Action::Pause,
    resume => Action::Resume,
    cancel => Action::Cancel,
}
