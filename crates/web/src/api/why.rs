//! `GET /api/campaigns/{id}/why` and `…/contacts/{contact}/why`: why somebody is not being called at this moment.

use axum::{
    Json,
    extract::{Path, State},
};
use domain::{
    ids::{CampaignId, ContactId},
    waiting::Waiting,
};
use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{
    error::ApiError,
    extract::Id,
    features::Features,
    shown::without_sums,
    state::AppState,
    troubles::{held, hold, hold_contact},
};

/// A reason to wait.
#[derive(Serialize)]
struct WaitingJson {
    /// The cause and what belongs to it.
    #[serde(flatten)]
    waiting: Map<String, Value>,
    /// The same in words, without the time.
    words: String,
    /// What to do about it.
    advice: Option<&'static str>,
    /// Until when, as ISO-8601.
    until: Option<String>,
}

impl WaitingJson {
    fn new(waiting: &Waiting, features: Features) -> Result<Self, ApiError> {
        let fields = serde_json::to_value(waiting).map_err(ApiError::internal)?;
        let mut fields = fields.as_object().cloned().unwrap_or_default();
        fields.remove("until");
        let words = without_sums(features, &waiting.cause);
        if words.is_some() {
            fields.remove("spent");
            fields.remove("held");
        }
        Ok(Self {
            words: words.unwrap_or_else(|| waiting.cause.words()),
            advice: waiting.cause.advice(),
            until: waiting.until.map(domain::time::UtcMs::to_iso),
            waiting: fields,
        })
    }

    fn all(waits: &[Waiting], features: Features) -> Result<Vec<Self>, ApiError> {
        waits.iter().map(|waiting| Self::new(waiting, features)).collect()
    }
}

/// Why a campaign is not dialling, or not faster.
#[derive(Serialize)]
pub(crate) struct WhyJson {
    status: &'static str,
    /// Calls open now, and how many it may have.
    open_calls: u32,
    cap: u32,
    /// What holds for all of it; empty while it dials.
    campaign: Vec<WaitingJson>,
    /// What holds for some of its people; they add up to everybody who waits.
    contacts: Vec<WaitingJson>,
}

/// 200; 404.
pub(crate) async fn campaign(
    State(state): State<AppState>,
    Id(id): Id<CampaignId>,
) -> Result<Json<WhyJson>, ApiError> {
    let campaign = state.store().campaign(id).await?;
    let campaign = campaign.ok_or_else(|| ApiError::not_found("campaign"))?;
    let mut why = state.store().why(&campaign, state.now()).await?;
    hold(&mut why, &campaign, &held(&state.engine));
    Ok(Json(WhyJson {
        status: campaign.status.as_str(),
        open_calls: why.open_calls,
        cap: why.cap,
        campaign: WaitingJson::all(&why.campaign, state.settings.features)?,
        contacts: WaitingJson::all(&why.contacts, state.settings.features)?,
    }))
}

/// Where a contact stands and what it waits for, the nearest first.
#[derive(Serialize)]
pub(crate) struct ContactWhyJson {
    state: &'static str,
    waits: Vec<WaitingJson>,
}

/// 200; 404.
pub(crate) async fn contact(
    State(state): State<AppState>,
    Path((campaign, contact)): Path<(Uuid, Uuid)>,
) -> Result<Json<ContactWhyJson>, ApiError> {
    let found = state.store().campaign(CampaignId(campaign)).await?;
    let found = found.ok_or_else(|| ApiError::not_found("campaign"))?;
    let why = state
        .store()
        .why_contact(&found, ContactId(contact), state.now())
        .await?;
    let mut why = why.ok_or_else(|| ApiError::not_found("contact"))?;
    hold_contact(&mut why, &found, &held(&state.engine));
    Ok(Json(ContactWhyJson {
        state: why.state.as_str(),
        waits: WaitingJson::all(&why.waits, state.settings.features)?,
    }))
}
