//! The rules about assistants: what one is made of, by value.
//!
//! A [`Config`] is an assistant as the provider writes it. It is kept as JSON rather than as typed fields, because the
//! provider adds fields every week and what we do not know must survive a round trip. [`check()`] says what is surely
//! wrong; the provider has the last word on everything else.

mod check;
mod config;
mod differences;
pub mod file;
mod labels;
mod placeholders;
pub mod secrets;
mod short_form;
mod templates;
mod value;
mod variables;

pub use check::{Fault, check};
pub use config::{Config, MARK, NotAnObject, mark_in};
pub use differences::{Difference, differences};
pub use labels::{model_label, voice_label};
pub use placeholders::placeholders;
pub use short_form::{SILENCE_HOOK, expand_short_form, silence_timeout_seconds};
pub use templates::{Template, templates};
pub use variables::variables;

#[cfg(test)]
mod tests;
