//! `/campaigns/{id}` and its fragments.

use std::collections::BTreeMap;

use axum::{extract::State, response::Response};
use domain::{
    campaign::CampaignStatus,
    contact::ContactState,
    ids::{CampaignId, ContactId},
    policy::Policy,
};
use store::{Campaign, ContactFilter, ContactRow, Page};

use super::{campaigns::choosable, html};
use crate::{
    api::act_on_campaign::gaps,
    error::ApiError,
    extract::{Id, Params},
    features::Features,
    moments,
    numbers::Listed,
    pages::{Badge, CallsFilter, CallsTable, CampaignLive, CampaignPage, ChangeAssistant, Choices},
    shown,
    state::AppState,
    troubles::{as_of, held, hold},
    views::{
        calls, campaign_dialogs,
        campaign_live::{FINISHED_SAMPLE, Parts},
        dialling, import_report,
        new_campaign::assistant_choices,
        numbers::badge,
        preflight::ProviderState,
        shell::shell,
    },
};

/// Lamps at most: more calls than any campaign may have open.
const MOST_LAMPS: u32 = 100;

/// `GET /campaigns/{id}?q&state&status&outcome&page`.
pub(crate) async fn campaign(
    State(state): State<AppState>,
    Id(id): Id<CampaignId>,
    Params(filter): Params<CallsFilter>,
) -> Result<Response, ApiError> {
    let campaign = find(&state, id).await?;
    let problems = state.store().import_problems(id, import_report::SHOWN).await?;
    let change = change_assistant(&state, &campaign).await?;
    let policy = policy(&state, &campaign).await?;
    let caller = campaign
        .numbers
        .first()
        .and_then(|number| number.number.as_deref());
    let zone = moments::zone_of(policy.fallback_zone.as_deref(), caller);
    html(&CampaignPage {
        shell: shell(&state),
        report: Some(import_report::report(&campaign, problems)),
        choices: Choices::all(),
        change_assistant: change,
        schedule: campaign_dialogs::schedule(&campaign, &zone),
        append: campaign_dialogs::append(&campaign, state.settings.default_region),
        calls: table(&state, &campaign, &policy, filter).await?,
        live: live(&state, campaign, policy).await?,
    })
}

/// `GET /campaigns/{id}/live`.
pub(crate) async fn campaign_live(
    State(state): State<AppState>,
    Id(id): Id<CampaignId>,
) -> Result<Response, ApiError> {
    let campaign = find(&state, id).await?;
    let policy = policy(&state, &campaign).await?;
    html(&live(&state, campaign, policy).await?)
}

/// `GET /campaigns/{id}/calls?q&state&status&outcome&page`.
pub(crate) async fn campaign_calls(
    State(state): State<AppState>,
    Id(id): Id<CampaignId>,
    Params(filter): Params<CallsFilter>,
) -> Result<Response, ApiError> {
    let campaign = find(&state, id).await?;
    let policy = policy(&state, &campaign).await?;
    html(&table(&state, &campaign, &policy, filter).await?)
}

/// `GET /campaigns/{id}/import`.
pub(crate) async fn campaign_import(
    State(state): State<AppState>,
    Id(id): Id<CampaignId>,
) -> Result<Response, ApiError> {
    let campaign = find(&state, id).await?;
    let problems = state.store().import_problems(id, import_report::SHOWN).await?;
    html(&import_report::result(&campaign, problems))
}

async fn find(state: &AppState, id: CampaignId) -> Result<Campaign, ApiError> {
    state
        .store()
        .campaign(id)
        .await?
        .ok_or_else(|| ApiError::not_found("campaign"))
}

/// `GET /campaigns/{id}/redial`: fetched whenever the dialog opens, so that the counts are those of that moment.
pub(crate) async fn campaign_redial(
    State(state): State<AppState>,
    Id(id): Id<CampaignId>,
) -> Result<Response, ApiError> {
    find(&state, id).await?;
    let progress = state.store().progress(id).await?;
    html(&campaign_dialogs::redial(&progress))
}

async fn policy(state: &AppState, campaign: &Campaign) -> Result<Policy, ApiError> {
    let policy = state.store().policy(campaign.id).await?;
    let policy = policy.ok_or_else(|| ApiError::not_found("campaign"))?;
    Ok(policy.policy)
}

async fn live(state: &AppState, campaign: Campaign, policy: Policy) -> Result<CampaignLive, ApiError> {
    let (store, id, now) = (state.store(), campaign.id, state.now());
    let first = async |of: ContactState, limit: u32| -> store::Result<Vec<ContactRow>> {
        let filter = ContactFilter {
            state: Some(of),
            ..ContactFilter::default()
        };
        store.contacts(id, &filter, Page { limit, offset: 0 }).await
    };
    let held = held(&state.engine);
    let draft = matches!(
        campaign.status,
        CampaignStatus::Created | CampaignStatus::Scheduled
    );
    let preflight = if draft {
        Some(store.preflight(id, &policy, campaign.starts_at, now).await?)
    } else {
        None
    };
    let provider = if draft {
        Some(ProviderState {
            refusal: store.account_refusal().await?,
            // Nobody but a budget asks for it.
            worst_case: match policy.money.budget_usd_micros {
                Some(_) => Some(state.engine.worst_case().await?),
                None => None,
            },
        })
    } else {
        None
    };
    let why = if draft || campaign.status.is_final() {
        None
    } else {
        let mut why = store.why(&campaign, now).await?;
        hold(&mut why, &campaign, &held);
        Some(why)
    };
    let account = store.account(now).await?;
    let not_hung_up = store.calls_not_hung_up(&campaign).await?;
    let features = state.settings.features;
    // A page of a campaign never waits for the provider.
    let listed = if features.phone_line_health_check {
        state.numbers.glance()
    } else {
        None
    };
    let open = store.open_calls_by_number().await?;
    let parts = Parts {
        progress: state.counts.progress(id, now).await?,
        account,
        calling: first(ContactState::Calling, MOST_LAMPS).await?,
        finished: first(ContactState::Done, FINISHED_SAMPLE).await?,
        gaps: gaps(state, &campaign).await?,
        lines: lines(features, &campaign, listed.as_ref(), &open),
        listed,
        why,
        preflight,
        provider,
        spending: store.spending(id).await?,
        forecast: state.forecasts.glance(&campaign),
        not_hung_up,
        policy,
        held,
        as_of: if campaign.status.is_final() && campaign.open_calls == 0 {
            None
        } else {
            as_of(&state.engine, account.last_webhook_at)
        },
        webhooks: state.settings.public_url_set,
        features,
        campaign,
        now,
    };
    Ok(parts.view())
}

/// The badge of each number that calls; nothing when the health of lines is switched off.
fn lines(
    features: Features,
    campaign: &Campaign,
    listed: Option<&Listed>,
    open: &BTreeMap<String, u32>,
) -> Vec<Option<Badge>> {
    if !features.phone_line_health_check {
        return Vec::new();
    }
    let numbers = campaign.numbers.iter();
    numbers
        .map(|number| {
            let live = open.get(&number.id).copied().unwrap_or(0);
            badge(features, listed, &number.id, live)
        })
        .collect()
}

/// What the campaign may be given instead of its assistant, until it starts.
async fn change_assistant(
    state: &AppState,
    campaign: &Campaign,
) -> Result<Option<ChangeAssistant>, ApiError> {
    if !matches!(
        campaign.status,
        CampaignStatus::Created | CampaignStatus::Scheduled
    ) {
        return Ok(None);
    }
    let assistants = choosable(state).await?;
    Ok(Some(ChangeAssistant {
        assistants: assistant_choices(&assistants, Some(campaign.assistant_id)),
    }))
}

async fn table(
    state: &AppState,
    campaign: &Campaign,
    policy: &Policy,
    mut filter: CallsFilter,
) -> Result<CallsTable, ApiError> {
    let (store, id, now) = (state.store(), campaign.id, state.now());
    let wanted = calls::store_filter(&mut filter);
    let total = store.count_contacts(id, &wanted).await?;
    let size = u64::from(calls::PAGE_SIZE);
    let page = filter.page().min(total.div_ceil(size).max(1));
    let offset = u32::try_from((page - 1).saturating_mul(size)).unwrap_or(u32::MAX);
    let part = Page {
        limit: calls::PAGE_SIZE,
        offset,
    };
    let rows = shown::contacts(state, id, &wanted, part).await?;
    filter.page = page.to_string();
    let mut hours = BTreeMap::new();
    if !campaign.status.is_final() {
        // Whoever is due and not called waits for the hour: that stands in no row.
        let due = rows.iter().filter(|row| dialling::is_due(row, now));
        let due: Vec<ContactId> = due.map(|row| row.id).collect();
        for (place, contacts) in store.places_of_contacts(id, &due).await? {
            if let Some(why) = dialling::hour_of(policy, &place, now) {
                hours.extend(contacts.into_iter().map(|contact| (contact, why.clone())));
            }
        }
    }
    let features = state.settings.features;
    Ok(calls::table(id, filter, &rows, &hours, total, features, now))
}
