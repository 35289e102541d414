//! The Assistant Directory over the sandbox provider: what people, others at the provider and faults do to it.
//!
//! The ledger of the provider is the witness: what is there, what was made, changed and deleted.

pub(crate) mod checks;
pub(crate) mod crowd;
mod doubts;
mod drift;
mod ephemeral;
pub(crate) mod house;
mod nodes;
mod people;
mod races;
mod refusals;
pub(crate) mod run;
