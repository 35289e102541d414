//! The list of assistants.

use domain::{
    assistant::{model_label, templates, voice_label},
    directory::Source,
};
use store::{Assistant, AssistantFilter};

use crate::{
    api::assistants::{
        config_of,
        shapes::{drift_of, state_of},
    },
    error::ApiError,
    pages::{AssistantList, AssistantRow, AssistantsFilter, Badge, Pager, When},
};

/// Assistants on one page.
pub(crate) const PAGE_SIZE: u32 = 25;

/// What the store is asked for. What is no choice of the form filters nothing, and is taken out of it.
pub(crate) fn store_filter(filter: &mut AssistantsFilter) -> AssistantFilter {
    let q = filter.q.trim();
    let active = filter.active.parse().ok();
    let source = Source::from_stored(&filter.source);
    let wanted = AssistantFilter {
        search: (!q.is_empty()).then(|| q.to_owned()),
        active,
        source,
        can_call: false,
    };
    if active.is_none() {
        filter.active.clear();
    }
    if source.is_none() {
        filter.source.clear();
    }
    wanted
}

/// One page of the list.
pub(crate) fn list(
    filter: AssistantsFilter,
    page: u64,
    total: u64,
    any: bool,
    assistants: &[Assistant],
) -> Result<AssistantList, ApiError> {
    Ok(AssistantList {
        filter,
        rows: assistants.iter().map(row).collect::<Result<_, _>>()?,
        pager: Pager::new(page, u64::from(PAGE_SIZE), total),
        any,
    })
}

fn row(assistant: &Assistant) -> Result<AssistantRow, ApiError> {
    let config = config_of(&assistant.config_json)?;
    Ok(AssistantRow {
        id: assistant.id.to_string(),
        name: assistant.name.clone(),
        purpose: (assistant.source == Source::Template)
            .then(|| {
                templates()
                    .into_iter()
                    .find(|template| template.name == assistant.name)
            })
            .flatten()
            .map(|template| template.purpose),
        source: Badge::assistant_source(assistant.source.as_str()),
        active: assistant.active,
        ephemeral: assistant.ephemeral,
        trouble: trouble(assistant),
        model: model_label(&config),
        voice: voice_label(&config),
        unfinished_campaigns: u64::from(assistant.unfinished_campaigns),
        campaigns: u64::from(assistant.campaigns),
        updated: When::at(assistant.updated_at.0),
    })
}

/// What is not as it should be.
pub(super) fn trouble(assistant: &Assistant) -> Option<Badge> {
    match (state_of(assistant), drift_of(assistant)) {
        ("ready", None) => None,
        ("ready", Some(drift)) => Some(Badge::assistant_state(drift)),
        (state, _) => Some(Badge::assistant_state(state)),
    }
}
