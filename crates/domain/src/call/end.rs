//! How a call ended, and whose word counts most when several say so.

use serde::{Deserialize, Serialize};

use crate::time::UtcMs;

/// The reasons that are ours rather than the provider's. Their prefix keeps them apart from every provider reason.
pub mod ours {
    /// What all our own reasons begin with.
    pub const PREFIX: &str = "autolynx.";
    /// The provider does not know the accepted call any more, or contradicts itself for too long.
    pub const TIMEOUT: &str = "autolynx.timeout";
    /// Let go before dialling, because the campaign was paused or cancelled in between.
    pub const RELEASED: &str = "autolynx.released";
    /// Looked up after doubt, and positively not there.
    pub const ABSENT: &str = "autolynx.absent";
    /// Refused because of this contact's number.
    pub const REFUSED_CONTACT: &str = "autolynx.refused.contact";
    /// Refused because every line of the account is taken.
    pub const REFUSED_CAPACITY: &str = "autolynx.refused.capacity";
    /// Refused because we ask too often.
    pub const REFUSED_RATE: &str = "autolynx.refused.rate";
    /// Refused because of the account, the caller number or the assistant.
    pub const REFUSED_ACCOUNT: &str = "autolynx.refused.account";
    /// The provider could not be reached at all, so nothing was sent.
    pub const REFUSED_UNREACHABLE: &str = "autolynx.refused.unreachable";
}

/// The end of a call.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct End {
    /// The provider's ended reason as it came, or one of [`ours`]. `None`: ended, and nobody says why.
    pub reason: Option<String>,
    /// What the provider says about it in words.
    pub message: Option<String>,
    /// When it ended: the provider's `endedAt`, else the time of the fact.
    pub at: UtcMs,
}

/// Whose word it is. A later variant outranks an earlier one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Authority {
    /// We inferred it.
    Inferred,
    /// We let it go before dialling.
    Released,
    /// The provider was asked and does not have it.
    Absent,
    /// The provider refused it.
    Refused,
    /// The provider says that the call ended.
    Provider,
}

impl End {
    /// Whose word this end is.
    #[must_use]
    pub fn authority(&self) -> Authority {
        match self.reason.as_deref() {
            Some(ours::TIMEOUT) => Authority::Inferred,
            Some(ours::RELEASED) => Authority::Released,
            Some(ours::ABSENT) => Authority::Absent,
            Some(reason) if reason.starts_with(ours::PREFIX) => Authority::Refused,
            _ => Authority::Provider,
        }
    }

    /// The join of two words about one end: the higher authority wins whole; between equals, the more telling reason,
    /// and the earliest moment.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        match self.authority().cmp(&other.authority()) {
            std::cmp::Ordering::Greater => self,
            std::cmp::Ordering::Less => other,
            std::cmp::Ordering::Equal => Self {
                at: self.at.min(other.at),
                reason: self.reason.max(other.reason),
                message: self.message.max(other.message),
            },
        }
    }
}
