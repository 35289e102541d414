//! `/campaigns` and its list.

use axum::{extract::State, response::Response};
use futures::{StreamExt, TryStreamExt, stream};
use store::{Assistant, AssistantFilter, Page};

use super::html;
use crate::{
    error::ApiError,
    extract::Params,
    pages::{CampaignList, CampaignsFilter, CampaignsPage},
    state::AppState,
    views::{
        campaigns::{PAGE_SIZE, list},
        new_campaign::form,
        shell::shell,
    },
};

/// Campaigns whose progress is counted at once.
const AT_ONCE: usize = 4;
/// Assistants to choose from at most.
const MOST_CHOICES: u32 = 500;

/// `GET /campaigns?archived&page`.
pub(crate) async fn campaigns(
    State(state): State<AppState>,
    Params(filter): Params<CampaignsFilter>,
) -> Result<Response, ApiError> {
    let list = read(&state, filter).await?;
    let account = state.store().account(state.now()).await?;
    let (listed, trouble) = state.numbers.as_known().await;
    let open = state.store().open_calls_by_number().await?;
    let new = form(
        &state.settings,
        &choosable(&state).await?,
        listed.as_ref().map(|listed| listed.numbers.as_slice()),
        &open,
        trouble.as_ref(),
        Some(account.line_cap),
    );
    html(&CampaignsPage {
        shell: shell(&state),
        list,
        new,
    })
}

/// The assistants that a new campaign may choose.
pub(super) async fn choosable(state: &AppState) -> Result<Vec<Assistant>, ApiError> {
    let can_call = AssistantFilter {
        can_call: true,
        ..AssistantFilter::default()
    };
    let all = Page {
        limit: MOST_CHOICES,
        offset: 0,
    };
    let mut assistants = state.store().assistants(&can_call, all).await?;
    assistants.retain(|assistant| !assistant.ephemeral || assistant.campaigns == 0);
    assistants.sort_by_cached_key(|assistant| assistant.name.to_lowercase());
    Ok(assistants)
}

/// `GET /campaigns/live?archived&page`.
pub(crate) async fn campaigns_live(
    State(state): State<AppState>,
    Params(filter): Params<CampaignsFilter>,
) -> Result<Response, ApiError> {
    html(&read(&state, filter).await?)
}

async fn read(state: &AppState, mut filter: CampaignsFilter) -> Result<CampaignList, ApiError> {
    let (store, now) = (state.store(), state.now());
    let archived = filter.archived == "only";
    if !archived {
        // What names no choice filters nothing, and the form says so.
        filter.archived.clear();
    }
    let total = store.count_campaigns(archived).await?;
    let others = total == 0 && store.count_campaigns(!archived).await? > 0;
    let pages = u32::try_from(total.div_ceil(u64::from(PAGE_SIZE)).max(1)).unwrap_or(u32::MAX);
    let page = u32::try_from(filter.page()).unwrap_or(u32::MAX).min(pages);
    let offset = (page - 1).saturating_mul(PAGE_SIZE);
    let campaigns = store
        .campaigns(
            archived,
            Page {
                limit: PAGE_SIZE,
                offset,
            },
        )
        .await?;
    let rows: Vec<_> = stream::iter(campaigns)
        .map(|campaign| async move {
            let progress = state.counts.progress(campaign.id, now).await?;
            Ok::<_, store::Error>((campaign, progress))
        })
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    filter.page = page.to_string();
    Ok(list(filter, others, total, &rows))
}
