//! `/campaigns/{id}/contacts/{contact}` and its panel.

use axum::{
    extract::{Path, State, rejection::PathRejection},
    response::Response,
};
use domain::ids::{CampaignId, ContactId};
use store::{Page, SuppressionFilter};
use uuid::Uuid;

use super::html;
use crate::{
    error::ApiError,
    pages::{ContactPage, ContactPanel},
    state::AppState,
    troubles::{held, hold_contact},
    views::{contact::Parts, shell::shell},
};

/// Entries that mean one number: few, and one is enough.
const ENTRIES: u32 = 50;

type Address = Result<Path<(Uuid, Uuid)>, PathRejection>;

/// `GET /campaigns/{id}/contacts/{contact}`.
pub(crate) async fn contact(State(state): State<AppState>, address: Address) -> Result<Response, ApiError> {
    let contact = read(&state, address).await?;
    html(&ContactPage {
        shell: shell(&state),
        contact,
    })
}

/// `GET /campaigns/{id}/contacts/{contact}/panel`.
pub(crate) async fn contact_panel(
    State(state): State<AppState>,
    address: Address,
) -> Result<Response, ApiError> {
    html(&read(&state, address).await?)
}

async fn read(state: &AppState, address: Address) -> Result<ContactPanel, ApiError> {
    let Path((campaign, contact)) = address.map_err(|_| ApiError::not_found("contact"))?;
    let (campaign, contact) = (CampaignId(campaign), ContactId(contact));
    let (store, now) = (state.store(), state.now());
    let missing = || ApiError::not_found("contact");
    let campaign = store.campaign(campaign).await?.ok_or_else(missing)?;
    let policy = store.policy(campaign.id).await?.ok_or_else(missing)?;
    let contact = store
        .contact(campaign.id, contact, now)
        .await?
        .ok_or_else(missing)?;
    let mut why = store
        .why_contact(&campaign, contact.id, now)
        .await?
        .ok_or_else(missing)?;
    hold_contact(&mut why, &campaign, &held(&state.engine));
    let of_number = SuppressionFilter {
        number: Some(contact.phone.clone()),
        ..SuppressionFilter::default()
    };
    let first = Page {
        limit: ENTRIES,
        offset: 0,
    };
    let mut suppressions = store.suppressions(&of_number, first).await?;
    suppressions.retain(|entry| {
        entry.pattern.covers(&contact.phone)
            && entry.campaign_id.is_none_or(|id| id == campaign.id)
            && entry.expires_at.is_none_or(|at| at > now)
    });
    let parts = Parts {
        why,
        policy: policy.policy,
        suppressions,
        listed: state.numbers.glance(),
        features: state.settings.features,
        campaign,
        contact,
    };
    Ok(parts.view())
}
