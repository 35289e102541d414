//! A fact about a call, whoever says it.

use serde::{Deserialize, Serialize};

use super::state::CallState;
use crate::{ids::CallId, time::UtcMs};

/// Where a fact came from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The provider told us.
    Webhook,
    /// We asked the provider.
    Poll,
    /// The answer to our dial request.
    Dial,
    /// We did it or inferred it ourselves.
    Engine,
}

impl Source {
    /// Every source.
    pub const ALL: [Self; 4] = [Self::Webhook, Self::Poll, Self::Dial, Self::Engine];

    /// The stored form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Poll => "poll",
            Self::Dial => "dial",
            Self::Engine => "engine",
        }
    }

    /// Reads the stored form.
    #[must_use]
    pub fn from_stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.as_str() == text)
    }
}

/// Which call a fact is about. Our own id travels with every call, so a fact that comes before the provider's answer
/// still finds its call.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CallRef {
    /// Our id, as it came back in the call's `name`, `customer.externalId` or metadata.
    pub call_id: Option<CallId>,
    /// The provider's id.
    pub provider_call_id: Option<String>,
    /// The number of the other person, as the provider tells it: who asks not to be called again is heard in calls that are
    /// not ours, too.
    pub number: Option<String>,
}

/// A fact about a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fact {
    /// Which call.
    pub call: CallRef,
    /// Who says so.
    pub source: Source,
    /// What kind of fact, for people: `status-update`, `end-of-call-report`, `poll`, `dial.accepted`, …
    pub kind: String,
    /// When it happened, as far as known; else when it reached us.
    pub at: UtcMs,
    /// What it adds to what is known.
    pub says: CallState,
    /// The provider's own words, as JSON text. `None` for our own facts.
    pub payload: Option<String>,
}
