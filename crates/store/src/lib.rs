//! All SQL of AutoLynx: one [`Store`] over SQLite and Postgres.
//!
//! One SQL text and one body serve both databases wherever both take it. Where they differ, a two-armed `match` shows
//! both texts side by side. `now` is always an argument. A write expects a state and checks that it found it.

#[macro_use]
mod db;

mod account;
mod address;
mod assistants;
mod calls;
mod campaigns;
mod cause;
mod claim;
mod clean;
mod contact;
mod contacts;
mod dialling;
mod error;
mod events;
mod export;
mod facts;
#[cfg(feature = "fault-injection")]
mod faults;
mod file;
mod folding;
mod forecast;
mod halt;
mod import;
mod lifecycle;
mod lookups;
mod new_contacts;
mod ordered_ids;
mod places;
mod policies;
mod preflight;
mod progress;
mod refusal;
mod repeats;
mod replay;
mod reserve;
mod rows;
mod settling;
mod storage;
mod strays;
mod suppressions;
mod turns;
mod usage;
mod variables;
mod wake;
mod why;
mod write_back;

pub use account::Account;
pub use address::{AddressFault, check_address, is_known_parameter, redacted};
pub use assistants::{
    Assistant, AssistantFilter, CampaignUse, Change, Closed, Deleted, Intended, NewAssistant, NewChange,
    NewTemplate, OpenChange, Registered, Results, Taken, Trouble, Version,
};
pub use calls::{AttemptRow, CallDetail, EventRow};
pub use campaigns::{Acted, Assigned, CallerNumber, Campaign, NewCampaign, Page};
pub use cause::Cause;
pub use claim::{Claim, Dial};
pub use contact::{ContactDetail, DecidedCall};
pub use contacts::{ContactFilter, ContactRow};
pub use db::{Kind, MIN_CONNECTIONS, OpenError, Options, Store};
pub use dialling::MarkSent;
pub use error::Error;
pub use export::ExportRow;
pub use facts::Applied;
#[cfg(feature = "fault-injection")]
pub use faults::{HotQuery, Probe};
pub use import::{Import, NewContact, Problem, ProblemKind, Totals};
pub use lifecycle::{Appended, CampaignEdit, Due, Edited, HangUp, NotHungUp, Redialled};
pub use lookups::OpenCall;
pub use policies::{PolicyChanged, PolicyVersion};
pub use preflight::Preflight;
pub use progress::{Count, FactCounts, Progress};
pub use refusal::Refusal;
pub use repeats::Repeated;
pub use replay::{DIFFERENCES_KEPT, Difference, ReplayReport};
pub use storage::StorageState;
pub use suppressions::{Forbidden, NewSuppression, Suppression, SuppressionFilter, SuppressionSource};
pub use turns::LONGEST_TURN_AHEAD_MS;
pub use usage::Spending;
pub use variables::Lacking;
pub use wake::{Wake, Wakes};
pub use why::{ContactWhy, Why};

/// What every store method returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;
