//! Typed ids. All are UUIDv7, so that they sort by the moment they were made.

use std::{fmt, str::FromStr, sync::Mutex};

use rand::Rng;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::time::UtcMs;

macro_rules! typed_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    };
}

typed_id!(
    /// The provider account whose lines all campaigns share.
    AccountId
);
typed_id!(
    /// A voice agent registered in our directory. The provider's own id for it is text, kept apart.
    AssistantId
);
typed_id!(
    /// One change of an assistant that we asked the provider for.
    ChangeId
);
typed_id!(
    /// One list of people to call with one assistant.
    CampaignId
);
typed_id!(
    /// One person in one campaign.
    ContactId
);
typed_id!(
    /// One attempt to reach a contact. This id travels to the provider and back, and is how a call is found again.
    CallId
);
typed_id!(
    /// One entry of the list of numbers not to call.
    SuppressionId
);
typed_id!(
    /// One row of the append-only log.
    EventId
);

impl AccountId {
    /// The one account of a single-tenant installation. Its row is made by the first migration.
    pub const DEFAULT: Self = Self(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001));
}

/// The source of new ids. Seeded once per process from the operating system, or from a test's seed.
pub struct Ids(Mutex<ChaCha8Rng>);

impl Ids {
    /// A generator whose ids follow from `seed` and the times it is asked at.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self(Mutex::new(ChaCha8Rng::seed_from_u64(seed)))
    }

    /// A new id made at `now`, converted to the wanted type.
    pub fn next<T: From<Uuid>>(&self, now: UtcMs) -> T {
        let mut random = [0_u8; 10];
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .fill_bytes(&mut random);
        let millis = u64::try_from(now.0).unwrap_or_default();
        T::from(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }
}

impl fmt::Debug for Ids {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ids")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_the_moment_they_were_made() {
        let ids = Ids::seeded(7);
        let early: CallId = ids.next(UtcMs(1_000));
        let late: CallId = ids.next(UtcMs(2_000));
        assert!(early < late);
        assert_eq!(early.0.get_version_num(), 7);
    }

    #[test]
    fn the_same_seed_gives_the_same_ids() {
        let (a, b) = (Ids::seeded(3), Ids::seeded(3));
        assert_eq!(a.next::<CallId>(UtcMs(5)), b.next::<CallId>(UtcMs(5)));
    }
}
