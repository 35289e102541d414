//! `POST /api/campaigns/{id}/clone`: a draft like another campaign, with its people or without.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::ids::CampaignId;
use http::StatusCode;
use serde::Deserialize;
use store::Wake;

use super::{create_campaign::clean_name, shapes::CampaignJson};
use crate::{body::Body, error::ApiError, extract::Id, state::AppState};

/// What the copy is like.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Wish {
    /// Left out: the name of the original with “(copy)” behind it.
    name: Option<String>,
    /// Whether it has the same people.
    contacts: bool,
}

impl Default for Wish {
    fn default() -> Self {
        Self {
            name: None,
            contacts: true,
        }
    }
}

/// 201 with the copy; 403 when its order is switched off; 404; 409 when the assistant cannot be used any more.
pub(crate) async fn handler(
    State(state): State<AppState>,
    Id(id): Id<CampaignId>,
    Body(wish): Body<Wish>,
) -> Result<Response, ApiError> {
    let store = state.store();
    let campaign = store.campaign(id).await?;
    let campaign = campaign.ok_or_else(|| ApiError::not_found("campaign"))?;
    let order = (campaign.mode, campaign.quiet_line_gate);
    state.settings.features.allow_order(order, None)?;
    let name = match &wish.name {
        Some(name) => clean_name(name)?,
        None => clean_name(&format!("{} (copy)", campaign.name)).unwrap_or(campaign.name),
    };
    let copied = store.clone_campaign(id, &name, wish.contacts, state.now()).await;
    let copy = match copied {
        Ok(copy) => copy.ok_or_else(|| ApiError::not_found("campaign"))?,
        Err(store::Error::Conflict(_)) => {
            return Err(ApiError::new(
                StatusCode::CONFLICT,
                "assistant_unfit",
                "The assistant of the campaign cannot be used any more, or was made for it alone. Clone the assistant \
                 and import the list again with it.",
            ));
        }
        Err(error) => return Err(error.into()),
    };
    store.wake(Wake::Campaign(copy));
    let copy = store.campaign(copy).await?;
    let copy = copy.ok_or_else(|| ApiError::not_found("campaign"))?;
    Ok((StatusCode::CREATED, Json(CampaignJson::from(copy))).into_response())
}
