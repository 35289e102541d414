//! `/campaigns/{id}/settings`: everything a campaign allows.

use axum::{
    Form,
    extract::{State, rejection::FormRejection},
    response::{IntoResponse, Redirect, Response},
};
use domain::{
    campaign::{Action, CampaignStatus},
    ids::CampaignId,
};
use http::StatusCode;
use serde::Deserialize;
use store::{Acted, CallerNumber, Edited, PolicyChanged, Wake};

use super::{html, posted::Posted};
use crate::{
    api::{
        act_on_campaign::refuse_gaps, assistants::author, create_campaign::numbers_to_call_from, unfit::unfit,
    },
    error::ApiError,
    extract::{Id, Params},
    pages::CampaignSettingsPage,
    state::AppState,
    views::{
        settings::{Stored, Wanted},
        shell::shell,
    },
};

/// The query of the page.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct SettingsQuery {
    /// It was just saved.
    saved: Option<String>,
}

/// `GET /campaigns/{id}/settings?saved`.
pub(crate) async fn settings(
    State(state): State<AppState>,
    Id(id): Id<CampaignId>,
    Params(query): Params<SettingsQuery>,
) -> Result<Response, ApiError> {
    let stored = stored(&state, id).await?;
    html(&CampaignSettingsPage {
        saved: query.saved.is_some(),
        ..stored.page(shell(&state), stored.form(), None)
    })
}

/// `POST /campaigns/{id}/settings`: the fields of [`crate::pages::SettingsForm`] with `version` and `by`; what is absent
/// stays. With `use_rules`, that set of rules is taken over and nothing else is read. 303 back, or 422 with the page and its faults.
pub(crate) async fn save(
    State(state): State<AppState>,
    Id(id): Id<CampaignId>,
    sent: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Response, ApiError> {
    let sent = Posted::new(sent)?;
    let stored = stored(&state, id).await?;
    let mut wanted = Wanted::read(&sent, &stored, state.now());
    if let Err(error) = check(&state, &stored, &mut wanted).await? {
        wanted.error = Some(error);
    }
    if !wanted.is_faulty() {
        let seen = sent.text("version").and_then(|text| text.parse().ok());
        let seen = seen.unwrap_or(stored.policy.version);
        match apply(&state, id, &wanted, seen, &author(sent.text("by"))).await? {
            Ok(()) => {
                let page = format!("/campaigns/{id}/settings?saved=1");
                return Ok(Redirect::to(&page).into_response());
            }
            Err(error) => wanted.error = Some(error),
        }
    }
    // As it is now, with what the person wrote.
    let stored = self::stored(&state, id).await?;
    let page = stored.page(shell(&state), wanted.form, wanted.error);
    Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)?).into_response())
}

async fn stored(state: &AppState, id: CampaignId) -> Result<Stored, ApiError> {
    let store = state.store();
    let campaign = store.campaign(id).await?;
    let versions = store.policy_versions(id).await?;
    let policy = store.policy(id).await?;
    let (listed, _) = state.numbers.as_known().await;
    Ok(Stored {
        campaign: campaign.ok_or_else(|| ApiError::not_found("campaign"))?,
        policy: policy.ok_or_else(|| ApiError::not_found("campaign"))?,
        versions,
        spending: store.spending(id).await?,
        columns: store.columns_of(id).await?,
        listed,
        open: store.open_calls_by_number().await?,
        caps: store.number_caps().await?,
        max_rows: state.settings.max_rows,
        features: state.settings.features,
    })
}

/// What only a look elsewhere can tell. The inner error is for the person who filled the form in.
async fn check(
    state: &AppState,
    stored: &Stored,
    wanted: &mut Wanted,
) -> Result<Result<(), String>, ApiError> {
    let campaign = &stored.campaign;
    if campaign.status.is_over() && !wanted.renames_only(stored) {
        return Ok(Err(
            "This campaign is over: only its name can be changed.".to_owned()
        ));
    }
    if let Some(ids) = &wanted.numbers {
        let of_campaign = |id: &String| campaign.numbers.iter().find(|number| number.id == *id).cloned();
        let new: Vec<String> = ids
            .iter()
            .filter(|id| of_campaign(id).is_none())
            .cloned()
            .collect();
        let found = if new.is_empty() {
            Ok(Vec::new())
        } else {
            numbers_to_call_from(state, &new).await
        };
        match found {
            Ok(found) => {
                let number = |id: &String| {
                    of_campaign(id).or_else(|| {
                        let number = found.iter().find(|number| number.id == *id)?;
                        Some(CallerNumber {
                            id: number.id.clone(),
                            number: number.number.clone(),
                        })
                    })
                };
                wanted.edit.numbers = Some(ids.iter().filter_map(number).collect());
            }
            Err(error) => wanted.form.numbers_error = Some(error.message().to_owned()),
        }
    }
    if let Some(Some(_)) = wanted.starts_at
        && campaign.status == CampaignStatus::Created
        && let Err(error) = refuse_gaps(state, campaign.id).await
    {
        wanted.form.starts_at.error = Some(error.message().to_owned());
    }
    Ok(Ok(()))
}

/// Changes what is to change. The inner error is for the person who filled the form in.
async fn apply(
    state: &AppState,
    id: CampaignId,
    wanted: &Wanted,
    seen: u32,
    by: &str,
) -> Result<Result<(), String>, ApiError> {
    let (store, now) = (state.store(), state.now());
    match store.change_policy(id, seen, &wanted.policy, by, now).await? {
        PolicyChanged::Version(version) => tracing::info!(campaign.id = %id, version, "policy"),
        PolicyChanged::Overtaken(version) => {
            let latest = store
                .policy(id)
                .await?
                .map(|policy| policy.author)
                .unwrap_or_default();
            let who = if latest.is_empty() {
                "Somebody else"
            } else {
                &latest
            };
            return Ok(Err(format!(
                "{who} saved version {version} while you were editing. Nothing of yours was saved yet: look at what \
                 changed, then save again."
            )));
        }
        PolicyChanged::NotFound => return Err(ApiError::not_found("campaign")),
    }
    match store.edit_campaign(id, &wanted.edit, now).await? {
        Edited::Done => {}
        Edited::Started(_) => {
            return Ok(Err(
                "It has been started meanwhile: how it works through its list stays.".to_owned(),
            ));
        }
        Edited::Over(_) => {
            return Ok(Err(
                "It is over meanwhile: only its name can be changed.".to_owned()
            ));
        }
        Edited::NotFound => return Err(ApiError::not_found("campaign")),
    }
    let scheduled = match wanted.starts_at {
        None => None,
        Some(Some(at)) => Some((Action::Schedule, store.schedule(id, at, now).await?)),
        Some(None) => Some((Action::Unschedule, store.act(id, Action::Unschedule, now).await?)),
    };
    store.wake(Wake::Dispatch);
    store.wake(Wake::Campaign(id));
    match scheduled {
        None | Some((_, Acted::Done(_))) => Ok(Ok(())),
        Some((_, Acted::NotFound)) => Err(ApiError::not_found("campaign")),
        Some((_, Acted::NoAssistant(trouble))) => Ok(Err(unfit(trouble).message().to_owned())),
        Some((_, Acted::Expired(at))) => Ok(Err(ApiError::expired(at).message().to_owned())),
        Some((action, Acted::Impossible { status, possible })) => {
            Ok(Err(ApiError::impossible(action, status, &possible)
                .message()
                .to_owned()))
        }
    }
}
