//! From rows of the store to the contexts of pages. Everything here is by value: no database, no clock.

pub(crate) mod account;
pub(crate) mod assistant;
pub(crate) mod assistants;
pub(crate) mod banner;
pub(crate) mod call;
pub(crate) mod calls;
pub(crate) mod campaign_dialogs;
pub(crate) mod campaign_live;
pub(crate) mod campaigns;
pub(crate) mod contact;
pub(crate) mod dialling;
pub(crate) mod forecast;
pub(crate) mod import_report;
pub(crate) mod new_campaign;
pub(crate) mod numbers;
pub(crate) mod preflight;
mod recent;
pub(crate) mod settings;
pub(crate) mod shell;
pub(crate) mod suppressions;
mod timeline;
mod transcript;
mod wording;
