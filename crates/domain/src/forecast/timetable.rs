//! The lawful hours of places, worked out once for all runs.

use std::cell::RefCell;

use super::{HORIZON_MS, Plan, World};
use crate::{
    hours::Moment,
    limits::Strict,
    place::Place,
    time::{DAY_MS, UtcMs},
};

/// Those of every place of every plan.
pub(super) struct Timetables<'a>(Vec<Vec<Timetable<'a>>>);

impl<'a> Timetables<'a> {
    pub(super) fn of(world: &'a World) -> Self {
        let of_plan = |plan: &'a Plan| {
            plan.places
                .iter()
                .map(|place| Timetable::new(plan, place, world.now))
                .collect()
        };
        Self(world.plans.iter().map(of_plan).collect())
    }

    pub(super) fn of_plan(&self, plan: usize) -> &[Timetable<'a>] {
        &self.0[plan]
    }
}

/// The hours of one place, by the rules of one plan. What [`Hours::at`](crate::hours::Hours::at) says is kept, span by
/// span, as far as anybody has asked.
pub(super) struct Timetable<'a> {
    plan: &'a Plan,
    place: &'a Place,
    from: UtcMs,
    spans: RefCell<Vec<Span>>,
    pub(super) strict: Strict,
}

#[derive(Clone, Copy)]
pub(super) struct Span {
    pub(super) until: UtcMs,
    pub(super) open: bool,
}

impl<'a> Timetable<'a> {
    fn new(plan: &'a Plan, place: &'a Place, from: UtcMs) -> Self {
        Self {
            plan,
            place,
            from,
            spans: RefCell::new(Vec::new()),
            strict: Strict {
                attempts_per_day: plan.policy.hours.attempts_per_day(place),
                gap_ms: plan.policy.hours.gap_ms(place),
            },
        }
    }

    /// Whether the hour is lawful at that moment, and until when that stays so.
    pub(super) fn at(&self, moment: UtcMs) -> Span {
        let mut spans = self.spans.borrow_mut();
        loop {
            let place = spans.partition_point(|span| span.until <= moment);
            if let Some(span) = spans.get(place) {
                return *span;
            }
            let from = spans.last().map_or(self.from, |span| span.until);
            spans.push(self.look(from));
        }
    }

    fn look(&self, from: UtcMs) -> Span {
        let policy = &self.plan.policy;
        let never = Moment::FOREVER;
        match policy.hours.at(self.place, policy.fallback_zone.as_deref(), from) {
            Moment::Open { until } => Span { until, open: true },
            Moment::Closed { opens_at } => Span {
                until: opens_at.unwrap_or(never),
                open: false,
            },
            Moment::NoZone => Span {
                until: never,
                open: false,
            },
        }
    }

    /// The first lawful moment at or after that one. `None`: not in sight.
    pub(super) fn next_open(&self, moment: UtcMs) -> Option<UtcMs> {
        let span = self.at(moment);
        if span.open {
            return Some(moment);
        }
        (span.until.since(self.from) < HORIZON_MS + DAY_MS).then_some(span.until)
    }
}
