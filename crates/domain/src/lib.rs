//! The rules of calling, by value.
//!
//! Nothing here knows a network, a database or a clock: `now` is an argument, chance is a seeded generator. Every rule
//! can therefore be tested by value and replayed in virtual time.
//!
//! Start with [`call::CallState`], the lattice that makes the order of facts irrelevant, then [`contact::next_step`] and
//! [`pacing::share_lines`], the two decisions that a dialler makes.

pub mod assistant;
pub mod call;
pub mod campaign;
pub mod contact;
pub mod directory;
pub mod ids;
pub mod list;
pub mod money;
pub mod outcome;
pub mod pacing;
pub mod phone;
pub mod polling;
pub mod time;
