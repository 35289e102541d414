//! What a person may do with a campaign beyond starting and stopping it. Every change is a guarded write.

mod append;
mod clone;
mod due;
mod edit;
mod hang_up;
mod redial;

pub use append::Appended;
pub use due::Due;
pub use edit::{CampaignEdit, Edited};
pub use hang_up::{HangUp, NotHungUp};
pub use redial::Redialled;
