//! The provider as a party to be watched: whether it answers, and what time it is there.
//!
//! Guarantee *slot truth*: durations are taken between moments of one clock. [`ProviderWatch`] learns from the `Date` of
//! every answer how far our clock and the provider's differ; above [`MAX_CLOCK_DIFFERENCE_MS`] dialing is held, and
//! [`ProviderClock`] shows the provider's time, so that nothing is concluded from a clock that is wrong.

mod clock;
mod readings;
mod transport;
mod watch;

pub use clock::ProviderClock;
pub use transport::WatchedTransport;
pub use watch::{
    ClockCheck, ClockHold, ProviderStatus, ProviderTrouble, ProviderWatch, TroubleKind, WatchSettings,
};

pub use domain::time::MAX_CLOCK_DIFFERENCE_MS;
