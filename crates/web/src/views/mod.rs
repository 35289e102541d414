//! From rows of the store to the contexts of pages. Everything here is by value: no database, no clock.

pub(crate) mod assistant;
pub(crate) mod assistants;
pub(crate) mod call;
pub(crate) mod calls;
pub(crate) mod campaign_live;
pub(crate) mod campaigns;
pub(crate) mod import_report;
pub(crate) mod new_campaign;
pub(crate) mod numbers;
mod recent;
pub(crate) mod shell;
mod timeline;
mod transcript;
mod waiting;
mod wording;
