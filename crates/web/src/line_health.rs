//! Whether a number can be called from: for people to know, not for the dialler to decide.

use std::collections::BTreeMap;

use engine::{NumberState, ProviderNumber};

use crate::features::Features;

/// The badge of a number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum LineHealth {
    /// It can place calls, and no call of ours is live on it.
    Healthy,
    /// It can place calls, and calls of ours are live on it.
    Busy,
    /// It cannot place calls, or nobody can say.
    Error,
}

impl LineHealth {
    /// The word for it in the API.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Busy => "busy",
            Self::Error => "error",
        }
    }

    /// Of a number that the provider has told of.
    fn of(number: &ProviderNumber, live_calls: u32) -> Self {
        match (number.state, live_calls) {
            (NumberState::Active, 0) => Self::Healthy,
            (NumberState::Active, _) => Self::Busy,
            _ => Self::Error,
        }
    }
}

impl Features {
    /// The badge of a number that the provider has told of; none when the health of lines is switched off.
    pub(crate) fn line(self, number: &ProviderNumber, live_calls: u32) -> Option<LineHealth> {
        self.phone_line_health_check
            .then(|| LineHealth::of(number, live_calls))
    }
}

/// What a person should know of a number.
pub(crate) fn detail(number: &ProviderNumber, live_calls: u32) -> String {
    match (number.state, live_calls) {
        (NumberState::Active, 0) => "The number can place calls, and none is live on it.".to_owned(),
        (NumberState::Active, 1) => "One call is live on the number.".to_owned(),
        (NumberState::Active, live) => format!("{live} calls are live on the number."),
        (NumberState::Activating, _) => "The provider is still setting the number up.".to_owned(),
        (NumberState::Blocked, _) => "The provider has blocked the number; put it right there.".to_owned(),
        (NumberState::Other, _) => {
            "The provider says of the number what we do not know; look there.".to_owned()
        }
    }
}

/// The calls that are live on a number.
pub(crate) fn live_calls(open: &BTreeMap<String, u32>, number: &ProviderNumber) -> u32 {
    open.get(&number.id).copied().unwrap_or(0)
}
