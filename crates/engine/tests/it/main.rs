//! The engine in virtual time: the real steps on a real database against the whole sandbox provider, with crashes,
//! faults and slow nodes drawn from a seed. No sockets, no sleeping, no timers: one agenda owns the time.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "the helpers of tests are tests too"
)]

extern crate autolynx_engine as engine;

mod bursts;
mod crowded;
mod directory;
mod directory_simulation;
mod dispatch;
mod doubt;
mod fixture;
mod forecasts;
mod inbox;
mod rules;
mod scenarios;
mod sim;
mod simulation;
mod supervised;
