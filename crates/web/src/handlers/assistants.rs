//! `/assistants` and below.

use axum::{
    extract::{Path, State, rejection::PathRejection},
    response::{IntoResponse, Redirect, Response},
};
use domain::{directory::Source, ids::AssistantId};
use store::{AssistantFilter, Page};
use uuid::Uuid;

use super::html;
use crate::{
    api::assistants::{find, shapes::state_of, versions},
    error::ApiError,
    extract::{Id, Params},
    pages::{
        AssistantFormPage, AssistantList, AssistantLive, AssistantPage, AssistantsFilter, AssistantsPage,
        TestCall,
    },
    state::AppState,
    views::{
        assistant::{CAMPAIGNS, Parts, VERSIONS, edit_form, version_page},
        assistants::{PAGE_SIZE, list, store_filter},
        numbers::{choices, notice},
        shell::shell,
    },
};

/// `GET /assistants?q&active&source&page`.
pub(crate) async fn assistants(
    State(state): State<AppState>,
    Params(filter): Params<AssistantsFilter>,
) -> Result<Response, ApiError> {
    html(&AssistantsPage {
        shell: shell(&state),
        list: read(&state, filter).await?,
    })
}

/// `GET /assistants/live?q&active&source&page`.
pub(crate) async fn assistants_live(
    State(state): State<AppState>,
    Params(filter): Params<AssistantsFilter>,
) -> Result<Response, ApiError> {
    html(&read(&state, filter).await?)
}

async fn read(state: &AppState, mut filter: AssistantsFilter) -> Result<AssistantList, ApiError> {
    let store = state.store();
    let wanted = store_filter(&mut filter);
    let total = store.count_assistants(&wanted).await?;
    let size = u64::from(PAGE_SIZE);
    let page = filter.page().min(total.div_ceil(size).max(1));
    let offset = u32::try_from((page - 1).saturating_mul(size)).unwrap_or(u32::MAX);
    let rows = store
        .assistants(
            &wanted,
            Page {
                limit: PAGE_SIZE,
                offset,
            },
        )
        .await?;
    let all = store.count_assistants(&AssistantFilter::default()).await?;
    let templates = AssistantFilter {
        source: Some(Source::Template),
        ..AssistantFilter::default()
    };
    let templates = store.count_assistants(&templates).await?;
    filter.page = page.to_string();
    list(filter, page, total, all > templates, &rows)
}

/// `GET /assistants/new`.
pub(crate) async fn new_assistant(State(state): State<AppState>) -> Result<Response, ApiError> {
    html(&AssistantFormPage {
        shell: shell(&state),
        existing: None,
        name: String::new(),
        config_json: AssistantFormPage::STARTER.to_owned(),
        columns: columns(&state).await?,
    })
}

/// `GET /assistants/{id}`.
pub(crate) async fn assistant(
    State(state): State<AppState>,
    Id(id): Id<AssistantId>,
) -> Result<Response, ApiError> {
    let live = live(&state, id).await?;
    let test_call = if live.is_template() {
        None
    } else {
        Some(test_call(&state, &live).await?)
    };
    html(&AssistantPage {
        shell: shell(&state),
        live,
        test_call,
    })
}

/// `GET /assistants/{id}/live`.
pub(crate) async fn assistant_live(
    State(state): State<AppState>,
    Id(id): Id<AssistantId>,
) -> Result<Response, ApiError> {
    html(&live(&state, id).await?)
}

async fn live(state: &AppState, id: AssistantId) -> Result<AssistantLive, ApiError> {
    let store = state.store();
    let assistant = find(state, id).await?;
    let parts = Parts {
        features: state.settings.features,
        results: store.assistant_results(id).await?,
        campaigns: store.campaigns_of_assistant(id, false, CAMPAIGNS).await?,
        versions: store.assistant_versions(id, u32::MAX, VERSIONS + 1).await?,
        assistant,
    };
    parts.view()
}

async fn test_call(state: &AppState, live: &AssistantLive) -> Result<TestCall, ApiError> {
    let (listed, trouble) = state.numbers.as_known().await;
    let open = state.store().open_calls_by_number().await?;
    let numbers = listed.as_ref().map(|listed| listed.numbers.as_slice());
    let default = state.settings.default_phone_number_id.as_deref();
    Ok(TestCall {
        phone_numbers: choices(
            numbers.unwrap_or_default(),
            &open,
            default,
            state.settings.features,
        ),
        notice: trouble.map(|error| notice(&error, listed.is_some())),
        variables: live
            .variables
            .iter()
            .filter(|name| *name != "name")
            .cloned()
            .collect(),
    })
}

/// Columns of the latest list that words can use: a placeholder has no blanks.
async fn columns(state: &AppState) -> Result<Vec<String>, ApiError> {
    let mut columns = state.store().recent_columns().await?;
    columns.retain(|name| {
        let letters = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        letters && !name.starts_with(|c: char| c.is_ascii_digit())
    });
    Ok(columns)
}

/// `GET /assistants/{id}/edit`. What cannot be edited now leads to its page, which says why.
pub(crate) async fn edit_assistant(
    State(state): State<AppState>,
    Id(id): Id<AssistantId>,
) -> Result<Response, ApiError> {
    let assistant = find(&state, id).await?;
    if assistant.source == Source::Template || state_of(&assistant) != "ready" || assistant.gone_at.is_some()
    {
        return Ok(Redirect::to(&format!("/assistants/{id}")).into_response());
    }
    let columns = columns(&state).await?;
    html(&edit_form(shell(&state), &assistant, columns)?)
}

/// `GET /assistants/{id}/versions/{n}`.
pub(crate) async fn assistant_version(
    State(state): State<AppState>,
    path: Result<Path<(Uuid, u32)>, PathRejection>,
) -> Result<Response, ApiError> {
    let named = versions::named(path)?;
    let assistant = find(&state, named.assistant).await?;
    let (version, before) = versions::read(&state, &named).await?;
    html(&version_page(
        shell(&state),
        &assistant,
        &version,
        before.as_ref(),
    )?)
}
