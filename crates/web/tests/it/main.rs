//! The web through its router: a real store on a throw-away SQLite file, and a provider that does as the test says.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod actions;
mod alive;
mod assistants;
mod assistants_refused;
mod calls;
mod connections;
mod control;
mod create;
mod create_refused;
mod export;
mod features;
mod features_shown;
mod forecasts;
mod guards;
mod health;
mod limits;
mod links;
mod lists;
mod live;
mod logs;
mod nul;
mod pages;
mod repeats;
mod rig;
mod settings;
mod steps;
mod webhooks;
