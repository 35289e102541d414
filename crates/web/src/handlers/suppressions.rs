//! `/suppressions` and its list.

use axum::{extract::State, response::Response};
use store::Page;

use super::html;
use crate::{
    error::ApiError,
    extract::Params,
    pages::{SuppressionList, SuppressionsFilter, SuppressionsPage},
    state::AppState,
    views::{
        new_campaign::regions,
        shell::shell,
        suppressions::{PAGE_SIZE, campaigns, list, store_filter},
    },
};

/// Campaigns to choose from at most.
const MOST_CHOICES: u32 = 200;

/// `GET /suppressions?q&source&campaign&page`.
pub(crate) async fn suppressions(
    State(state): State<AppState>,
    Params(filter): Params<SuppressionsFilter>,
) -> Result<Response, ApiError> {
    let looked_at = filter.campaign.clone();
    let list = read(&state, filter).await?;
    let first = Page {
        limit: MOST_CHOICES,
        offset: 0,
    };
    let all = state.store().campaigns(false, first).await?;
    html(&SuppressionsPage {
        shell: shell(&state),
        list,
        campaigns: campaigns(&all, &looked_at),
        regions: regions(state.settings.default_region),
    })
}

/// `GET /suppressions/live?q&source&campaign&page`.
pub(crate) async fn suppressions_live(
    State(state): State<AppState>,
    Params(filter): Params<SuppressionsFilter>,
) -> Result<Response, ApiError> {
    html(&read(&state, filter).await?)
}

async fn read(state: &AppState, mut filter: SuppressionsFilter) -> Result<SuppressionList, ApiError> {
    let store = state.store();
    let wanted = store_filter(&mut filter, state.settings.default_region);
    let total = store.count_suppressions(&wanted).await?;
    let size = u64::from(PAGE_SIZE);
    let page = filter.page().min(total.div_ceil(size).max(1));
    let offset = u32::try_from((page - 1).saturating_mul(size)).unwrap_or(u32::MAX);
    let part = Page {
        limit: PAGE_SIZE,
        offset,
    };
    let entries = store.suppressions(&wanted, part).await?;
    filter.page = page.to_string();
    Ok(list(filter, entries, total))
}
