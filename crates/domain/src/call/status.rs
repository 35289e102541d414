//! The seven statuses of a call and where its dialling stands.

use serde::{Deserialize, Serialize};

/// The status of a call. It only rises:
/// `QUEUED < RINGING < IN_PROGRESS < TIMEOUT < ENDED | FAILED | CANCELED`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CallStatus {
    /// Claimed by us or waiting at the provider; nothing rings yet.
    Queued,
    /// The telephone rings.
    Ringing,
    /// Somebody or something answered.
    InProgress,
    /// We inferred the end from the provider's lasting ignorance or contradiction. A later fact may still correct it.
    Timeout,
    /// The provider says that the call ended.
    Ended,
    /// The call never came about.
    Failed,
    /// The provider says that the call was cancelled, or we let it go before dialling.
    Canceled,
}

impl CallStatus {
    /// Every status, in rising order.
    pub const ALL: [Self; 7] = [
        Self::Queued,
        Self::Ringing,
        Self::InProgress,
        Self::Timeout,
        Self::Ended,
        Self::Failed,
        Self::Canceled,
    ];

    /// The stored form, the seeds' names.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "QUEUED",
            Self::Ringing => "RINGING",
            Self::InProgress => "IN_PROGRESS",
            Self::Timeout => "TIMEOUT",
            Self::Ended => "ENDED",
            Self::Failed => "FAILED",
            Self::Canceled => "CANCELED",
        }
    }

    /// Reads the stored form.
    #[must_use]
    pub fn from_stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// Whether the call holds a line.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Queued | Self::Ringing | Self::InProgress)
    }
}

/// Where the dialling of a call stands. It only rises.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dialling {
    /// The intent is committed; the provider has not heard of it.
    #[default]
    Reserved,
    /// The request is on its way. A crash from here on leaves doubt.
    Sent,
    /// The answer left doubt: the provider may or may not have the call. It is looked up, never dialled again blindly.
    Unconfirmed,
    /// The provider positively does not have it.
    Absent,
    /// The provider refused it for certain: nothing was dialled.
    Refused,
    /// The provider has it.
    Accepted,
}

impl Dialling {
    /// Every standing, in rising order.
    pub const ALL: [Self; 6] = [
        Self::Reserved,
        Self::Sent,
        Self::Unconfirmed,
        Self::Absent,
        Self::Refused,
        Self::Accepted,
    ];

    /// The stored form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reserved => "reserved",
            Self::Sent => "sent",
            Self::Unconfirmed => "unconfirmed",
            Self::Absent => "absent",
            Self::Refused => "refused",
            Self::Accepted => "accepted",
        }
    }

    /// Reads the stored form.
    #[must_use]
    pub fn from_stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dialling| dialling.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_forms_round_trip() {
        for status in CallStatus::ALL {
            assert_eq!(CallStatus::from_stored(status.as_str()), Some(status));
        }
        for dialling in Dialling::ALL {
            assert_eq!(Dialling::from_stored(dialling.as_str()), Some(dialling));
        }
    }
}
