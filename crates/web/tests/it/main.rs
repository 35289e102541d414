//! The web through its router: a real store on a throw-away SQLite file, and a provider that does as the test says.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod actions;
mod alive;
mod assistants;
mod assistants_refused;
mod calls;
mod control;
mod create;
mod create_refused;
mod export;
mod features;
mod features_shown;
mod forecasts;
mod guards;
mod health;
mod links;
mod lists;
mod live;
mod logs;
mod pages;
mod rig;
mod settings;
mod steps;
mod webhooks;
