//! The sandbox as its users see it: requests in, answers, webhooks and a ledger out.

#![expect(clippy::unwrap_used, reason = "an answer that cannot be read fails the test")]

mod assistants;
mod calls;
mod clocks;
mod control;
mod determinism;
mod directory;
mod errors;
mod faults;
mod http_server;
mod limits;
mod lists;
mod lives;
mod moments;
mod numbers;
mod own_pages;
mod people;
mod support;
mod truth;
mod webhooks;
mod wishes;
