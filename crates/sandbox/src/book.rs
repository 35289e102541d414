//! All records of the provider, found by id and by time.

use crate::call::Call;
use crate::told::ToldClock;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// The records in the order of their creation, which is also the order of `created_ms`.
#[derive(Debug, Default)]
pub(crate) struct Book {
    calls: Vec<Call>,
    by_id: BTreeMap<Uuid, usize>,
    by_updated: BTreeSet<(i64, usize)>,
}

/// A window on moments, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) from_ms: i64,
    pub(crate) to_ms: i64,
}

impl Window {
    pub(crate) const ALL: Window = Window {
        from_ms: i64::MIN,
        to_ms: i64::MAX,
    };

    pub(crate) fn has(self, ms: i64) -> bool {
        (self.from_ms..=self.to_ms).contains(&ms)
    }

    fn is_empty(self) -> bool {
        self.from_ms > self.to_ms
    }
}

impl Book {
    pub(crate) fn add(&mut self, call: Call) -> usize {
        let index = self.calls.len();
        self.by_id.insert(call.id, index);
        self.by_updated.insert((call.updated_ms, index));
        self.calls.push(call);
        index
    }

    pub(crate) fn get(&self, index: usize) -> &Call {
        &self.calls[index]
    }

    pub(crate) fn get_mut(&mut self, index: usize) -> &mut Call {
        &mut self.calls[index]
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Call> {
        self.calls.iter()
    }

    /// The call of that id, unless it was deleted.
    pub(crate) fn find(&self, id: Uuid) -> Option<usize> {
        self.by_id
            .get(&id)
            .copied()
            .filter(|index| !self.calls[*index].deleted)
    }

    /// Sets `updated_ms`; it moves forward with every change, by one millisecond at least.
    pub(crate) fn touch(&mut self, index: usize, now_ms: i64) {
        let call = &mut self.calls[index];
        self.by_updated.remove(&(call.updated_ms, index));
        call.updated_ms = now_ms.max(call.updated_ms + 1);
        self.by_updated.insert((call.updated_ms, index));
    }

    /// The newest `limit` calls inside both windows that `wanted` lets through, newest first, all by what the provider's
    /// clock showed.
    pub(crate) fn newest(
        &self,
        told: &ToldClock,
        created: Window,
        updated: Window,
        limit: usize,
        wanted: impl Fn(&Call) -> bool,
    ) -> Vec<usize> {
        if created.is_empty() || updated.is_empty() {
            return Vec::new();
        }
        let fits = move |index: &usize| {
            let call = &self.calls[*index];
            !call.deleted
                && created.has(told.at(call.created_ms))
                && updated.has(told.at(call.updated_ms))
                && wanted(call)
        };
        let (created, updated) = (told.true_window(created), told.true_window(updated));
        // A record is never updated before it was created, so the later of the two lower ends leaves fewer to look at.
        if updated.from_ms > created.from_ms {
            let range = (updated.from_ms, 0)..=(updated.to_ms, usize::MAX);
            let mut found: Vec<usize> = self
                .by_updated
                .range(range)
                .map(|(_, index)| *index)
                .filter(fits)
                .collect();
            self.sort_newest_first(told, &mut found);
            found.truncate(limit);
            return found;
        }
        let first = self
            .calls
            .partition_point(|call| call.created_ms < created.from_ms);
        let end = self
            .calls
            .partition_point(|call| call.created_ms <= created.to_ms);
        if told.keeps_order() {
            return (first..end).rev().filter(fits).take(limit).collect();
        }
        let mut found: Vec<usize> = (first..end).filter(fits).collect();
        self.sort_newest_first(told, &mut found);
        found.truncate(limit);
        found
    }

    fn sort_newest_first(&self, told: &ToldClock, found: &mut [usize]) {
        let moment = |index: usize| (told.at(self.calls[index].created_ms), index);
        found.sort_unstable_by_key(|index| std::cmp::Reverse(moment(*index)));
    }
}
