//! The rules of calling, by value.
//!
//! Nothing here knows a network, a database or a clock: `now` is an argument, chance is a seeded generator. Every rule
//! can therefore be tested by value and replayed in virtual time.
//!
//! Start with [`call::CallState`], the lattice that makes the order of facts irrelevant, then [`contact::next_step`] and
//! [`pacing::share_lines`], the two decisions that a dialler makes, and [`policy::Policy`], what a campaign allows.

pub mod assistant;
pub mod call;
pub mod campaign;
pub mod consent;
pub mod contact;
pub mod directory;
pub mod forecast;
pub mod hours;
pub mod ids;
pub mod limits;
pub mod list;
pub mod money;
mod nothing;
pub mod outcome;
pub mod pacing;
pub mod phone;
pub mod place;
pub mod policy;
pub mod polling;
pub mod retry;
pub mod suppression;
pub mod throttle;
pub mod time;
pub mod waiting;
pub mod wishes;
