//! What happens around every handler.

mod around;
mod hosts;
mod origin;
mod time_limit;

pub(crate) use around::around;
pub(crate) use hosts::known_host;
pub(crate) use origin::same_origin;
pub(crate) use time_limit::time_limit;
