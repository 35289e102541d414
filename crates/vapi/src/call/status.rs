//! Where the provider says a call stands.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The provider's status of a call. The list grows, so an unknown status is kept as text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum CallStatus {
    /// Will be dialled later, by the provider's own schedule.
    Scheduled,
    /// Accepted, not yet dialled.
    Queued,
    /// The phone rings.
    Ringing,
    /// Someone or something answered.
    InProgress,
    /// Being passed on to another number.
    Forwarding,
    /// Over. Nothing rings and nobody talks.
    Ended,
    /// The provider does not know the call.
    NotFound,
    /// The call's record was to be erased and could not be.
    DeletionFailed,
    /// A status that this version does not know, as the provider writes it.
    Other(String),
}

impl CallStatus {
    /// The status as the provider writes it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Queued => "queued",
            Self::Ringing => "ringing",
            Self::InProgress => "in-progress",
            Self::Forwarding => "forwarding",
            Self::Ended => "ended",
            Self::NotFound => "not-found",
            Self::DeletionFailed => "deletion-failed",
            Self::Other(text) => text,
        }
    }
}

impl From<&str> for CallStatus {
    fn from(text: &str) -> Self {
        match text {
            "scheduled" => Self::Scheduled,
            "queued" => Self::Queued,
            "ringing" => Self::Ringing,
            "in-progress" => Self::InProgress,
            "forwarding" => Self::Forwarding,
            "ended" => Self::Ended,
            "not-found" => Self::NotFound,
            "deletion-failed" => Self::DeletionFailed,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl FromStr for CallStatus {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self::from(text))
    }
}

impl fmt::Display for CallStatus {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Serialize for CallStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for CallStatus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::from(String::deserialize(deserializer)?.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_survives_a_round_trip() {
        let known = [
            "scheduled",
            "queued",
            "ringing",
            "in-progress",
            "forwarding",
            "ended",
            "not-found",
            "deletion-failed",
        ];
        for text in known {
            let status = CallStatus::from(text);
            assert!(!matches!(status, CallStatus::Other(_)), "{text}");
            assert_eq!(status.as_str(), text);
        }
        let unknown: CallStatus = serde_json::from_str("\"on-hold\"").unwrap();
        assert_eq!(unknown, CallStatus::Other("on-hold".to_owned()));
        assert_eq!(serde_json::to_string(&unknown).unwrap(), "\"on-hold\"");
    }
}
