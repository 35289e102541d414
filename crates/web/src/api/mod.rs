//! The JSON API: one endpoint, one file.
//!
//! Times are ISO-8601 in UTC, ids are UUIDs, money is a number of dollars beside the exact number of micro-dollars.
//! Every error has the form of [`crate::error`].

pub(crate) mod act_on_campaign;
pub(crate) mod append_contacts;
pub(crate) mod assistants;
pub(crate) mod clone_campaign;
pub(crate) mod create_campaign;
pub(crate) mod edit_campaign;
pub(crate) mod export_campaign;
pub(crate) mod export_problems;
pub(crate) mod forecast;
pub(crate) mod get_call;
pub(crate) mod get_campaign;
pub(crate) mod get_recording;
pub(crate) mod health;
mod import_report;
pub(crate) mod lines;
pub(crate) mod list_campaigns;
pub(crate) mod list_contacts;
pub(crate) mod page;
pub(crate) mod phone_numbers;
pub(crate) mod policy;
pub(crate) mod poll_status;
pub(crate) mod preflight;
pub(crate) mod scheduler_tick;
pub(crate) mod shapes;
mod steps;
pub(crate) mod suppressions;
pub(crate) mod unfit;
pub(crate) mod vapi_webhook;
pub(crate) mod why;
