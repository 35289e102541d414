//! Ids that sort in the order in which this process made them, also within one millisecond.

use std::sync::atomic::{AtomicU32, Ordering};

use domain::{ids::Ids, time::UtcMs};
use uuid::Uuid;

/// The source of this process's ids.
///
/// The log shows what was written in one millisecond in the order in which it was written, and the calls of one claim
/// sort like their contacts. Between nodes only the clock decides.
pub(crate) struct OrderedIds {
    ids: Ids,
    made: AtomicU32,
}

/// The bits of a UUIDv7 that count: the twelve between version and variant, and the fourteen behind the variant.
const HIGH: u128 = 0xfff << 64;
const LOW: u128 = 0x3fff << 48;

impl OrderedIds {
    pub(crate) fn seeded(seed: u64) -> Self {
        Self {
            ids: Ids::seeded(seed),
            made: AtomicU32::new(0),
        }
    }

    /// A new id made at `now`, converted to the wanted type: the time, a count, and 48 random bits.
    pub(crate) fn next<T: From<Uuid>>(&self, now: UtcMs) -> T {
        let id: Uuid = self.ids.next(now);
        let made = u128::from(self.made.fetch_add(1, Ordering::Relaxed));
        let count = ((made << 50) & HIGH) | ((made << 48) & LOW);
        T::from(Uuid::from_u128((id.as_u128() & !(HIGH | LOW)) | count))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_of_one_moment_sort_in_the_order_in_which_they_were_made() {
        let ids = OrderedIds::seeded(3);
        ids.made.store(250, Ordering::Relaxed);
        let made: Vec<Uuid> = (0..70_000).map(|_| ids.next(UtcMs(1_795_166_400_123))).collect();
        assert!(made.is_sorted());
        assert_eq!(made.iter().collect::<BTreeSet<_>>().len(), made.len());
        for id in &made {
            assert_eq!(
                (id.get_version_num(), id.get_variant()),
                (7, uuid::Variant::RFC4122)
            );
        }
    }

    #[test]
    fn the_time_counts_first_and_the_count_may_begin_anew() {
        let ids = OrderedIds::seeded(3);
        ids.made.store(u32::MAX, Ordering::Relaxed);
        let early: Uuid = ids.next(UtcMs(1_000));
        let late: Uuid = ids.next(UtcMs(1_001));
        assert!(early < late);
        for made in [0, 1 << 25, (1 << 26) - 1] {
            ids.made.store(made, Ordering::Relaxed);
            assert_eq!(ids.next::<Uuid>(UtcMs(5)).get_version_num(), 7);
        }
    }
}
