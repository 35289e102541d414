//! Numbers that must not be called: the account's own list, national do-not-call registers, whole ranges.

pub mod file;
mod pattern;

pub use pattern::{Pattern, PatternError, prefixes_of};
