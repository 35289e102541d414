//! A call: one attempt to reach a contact.

pub mod end;
mod fact;
mod state;
mod status;

pub use end::{Authority, End};
pub use fact::{CallRef, Fact, Source};
pub use state::{CallState, Details};
pub use status::{CallStatus, Dialling};

#[cfg(test)]
mod tests;
