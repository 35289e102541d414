//! `/campaigns/{id}` and its fragments.

use axum::{extract::State, response::Response};
use domain::{campaign::CampaignStatus, contact::ContactState, ids::CampaignId};
use store::{Campaign, ContactFilter, ContactRow, Page};

use super::{campaigns::choosable, html};
use crate::{
    api::act_on_campaign::gaps,
    error::ApiError,
    extract::{Id, Params},
    pages::{Badge, CallsFilter, CallsTable, CampaignLive, CampaignPage, ChangeAssistant, Choices},
    state::AppState,
    views::{
        calls,
        campaign_live::{FINISHED_SAMPLE, PENDING_SAMPLE, Parts},
        import_report,
        new_campaign::assistant_choices,
        numbers::badge,
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
    html(&CampaignPage {
        shell: shell(&state),
        report: Some(import_report::report(&campaign, problems)),
        live: live(&state, campaign).await?,
        choices: Choices::all(),
        change_assistant: change,
        calls: table(&state, id, filter).await?,
    })
}

/// `GET /campaigns/{id}/live`.
pub(crate) async fn campaign_live(
    State(state): State<AppState>,
    Id(id): Id<CampaignId>,
) -> Result<Response, ApiError> {
    let campaign = find(&state, id).await?;
    html(&live(&state, campaign).await?)
}

/// `GET /campaigns/{id}/calls?q&state&status&outcome&page`.
pub(crate) async fn campaign_calls(
    State(state): State<AppState>,
    Id(id): Id<CampaignId>,
    Params(filter): Params<CallsFilter>,
) -> Result<Response, ApiError> {
    find(&state, id).await?;
    html(&table(&state, id, filter).await?)
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

async fn live(state: &AppState, campaign: Campaign) -> Result<CampaignLive, ApiError> {
    let (store, id, now) = (state.store(), campaign.id, state.now());
    let first = async |of: ContactState, limit: u32| -> store::Result<Vec<ContactRow>> {
        let filter = ContactFilter {
            state: Some(of),
            ..ContactFilter::default()
        };
        store.contacts(id, &filter, Page { limit, offset: 0 }).await
    };
    let parts = Parts {
        progress: state.counts.progress(id, now).await?,
        account: store.account(now).await?,
        calling: first(ContactState::Calling, MOST_LAMPS).await?,
        pending: first(ContactState::Pending, PENDING_SAMPLE).await?,
        finished: first(ContactState::Done, FINISHED_SAMPLE).await?,
        gaps: gaps(state, &campaign).await?,
        line: line(state, &campaign).await?,
        webhooks: state.settings.public_url_set,
        campaign,
        now,
    };
    Ok(parts.view())
}

/// The badge of the number that calls. A page of a campaign never waits for the provider.
async fn line(state: &AppState, campaign: &Campaign) -> Result<Option<Badge>, ApiError> {
    let listed = state.numbers.glance();
    let open = state.store().open_calls_by_number().await?;
    let live = open.get(&campaign.phone_number_id).copied().unwrap_or(0);
    Ok(badge(listed.as_ref(), &campaign.phone_number_id, live))
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

async fn table(state: &AppState, id: CampaignId, mut filter: CallsFilter) -> Result<CallsTable, ApiError> {
    let store = state.store();
    let wanted = calls::store_filter(&mut filter);
    let total = store.count_contacts(id, &wanted).await?;
    let size = u64::from(calls::PAGE_SIZE);
    let page = filter.page().min(total.div_ceil(size).max(1));
    let offset = u32::try_from((page - 1).saturating_mul(size)).unwrap_or(u32::MAX);
    let rows = store
        .contacts(
            id,
            &wanted,
            Page {
                limit: calls::PAGE_SIZE,
                offset,
            },
        )
        .await?;
    Ok(calls::table(id, filter, &rows, total, state.now()))
}
