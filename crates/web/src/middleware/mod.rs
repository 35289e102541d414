//! What happens around every handler.

mod around;
mod hosts;
mod origin;
mod slow_body;
mod storage_away;
mod time_limit;

pub(crate) use around::around;
pub(crate) use hosts::{known_host, known_host_or_address};
pub(crate) use origin::same_origin;
pub(crate) use slow_body::slow_body;
pub(crate) use storage_away::storage_away;
pub(crate) use time_limit::time_limit;
