//! All SQL of AutoLynx: one [`Store`] over SQLite and Postgres.
//!
//! One SQL text and one body serve both databases wherever both take it. Where they differ, a two-armed `match` shows
//! both texts side by side. `now` is always an argument. A write expects a state and checks that it found it.

#[macro_use]
mod db;

mod account;
mod assistants;
mod calls;
mod campaigns;
mod claim;
mod clean;
mod contacts;
mod dialling;
mod error;
mod events;
mod export;
mod facts;
#[cfg(feature = "fault-injection")]
mod faults;
mod folding;
mod import;
mod lookups;
mod ordered_ids;
mod progress;
mod replay;
mod reserve;
mod rows;
mod settling;
mod strays;
mod turns;
mod variables;
mod wake;
mod write_back;

pub use account::Account;
pub use assistants::{
    Assistant, AssistantFilter, CampaignUse, Change, Closed, Deleted, Intended, NewAssistant, NewChange,
    NewTemplate, OpenChange, Registered, Results, Taken, Trouble, Version,
};
pub use calls::{AttemptRow, CallDetail, EventRow};
pub use campaigns::{Acted, Assigned, Campaign, NewCampaign, Page};
pub use claim::{Claim, Dial};
pub use contacts::{ContactFilter, ContactRow};
pub use db::{Kind, OpenError, Options, Store};
pub use dialling::MarkSent;
pub use error::Error;
pub use export::ExportRow;
pub use facts::Applied;
#[cfg(feature = "fault-injection")]
pub use faults::{HotQuery, Probe};
pub use import::{Import, NewContact, Problem, ProblemKind, Totals};
pub use lookups::OpenCall;
pub use progress::{Count, FactCounts, Progress};
pub use replay::{DIFFERENCES_KEPT, Difference, ReplayReport};
pub use variables::Lacking;
pub use wake::{Wake, Wakes};

/// What every store method returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;
