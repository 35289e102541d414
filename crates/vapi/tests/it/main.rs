//! The crate from outside: fixtures in the provider's format, the client over a scripted transport, and the real
//! transport against servers on loopback that misbehave.

#![allow(clippy::unwrap_used, reason = "the helpers of tests are tests too")]

mod calls;
mod client;
mod control;
mod http_transport;
mod listing;
mod loopback;
mod messages;
mod messages_properties;
mod recordings;
mod scripted;

/// The text of a file below `tests/fixtures`.
fn fixture(path: &str) -> String {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/");
    std::fs::read_to_string(format!("{root}{path}")).expect("the fixture exists")
}
