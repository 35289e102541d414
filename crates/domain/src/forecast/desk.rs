//! A campaign in a run: who waits where, and who may be called next.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap, VecDeque},
};

use super::{Live, Person, Plan, timetable::Timetable};
use crate::{
    campaign::Mode,
    contact::{NextStep, Tried, next_step, uses_up_attempt, with_jitter},
    limits::{History, Verdict},
    money::UsdMicros,
    outcome::Outcome,
    time::UtcMs,
    wishes::Wishes,
};

/// Somebody, as they stand in a run.
struct Contact {
    place: usize,
    batch: u32,
    eligible_at: UtcMs,
    callback: bool,
    barred: bool,
    history: History,
    attempts: u32,
    /// Calls with each outcome that ladders count, in the order of [`Outcome::ALL`].
    on_ladder: [u8; Outcome::ALL.len()],
    last: Option<Outcome>,
}

impl Contact {
    fn of(person: &Person) -> Self {
        let mut contact = Self {
            place: person.place,
            batch: person.batch,
            eligible_at: person.eligible_at,
            callback: person.callback,
            barred: person.barred,
            history: History {
                at: person.tried_elsewhere.clone(),
                total: u32::try_from(person.tried_elsewhere.len()).unwrap_or(u32::MAX),
                elsewhere_at: person.tried_elsewhere.iter().copied().max(),
            },
            attempts: 0,
            on_ladder: [0; Outcome::ALL.len()],
            last: None,
        };
        for tried in &person.tried {
            contact.begins(tried.at);
            contact.comes_to(tried.outcome, tried.on_ladder);
        }
        contact
    }

    fn begins(&mut self, at: UtcMs) {
        self.history.at.push(at);
        self.history.total += 1;
    }

    fn comes_to(&mut self, outcome: Outcome, on_ladder: bool) {
        self.attempts += u32::from(uses_up_attempt(outcome));
        self.on_ladder[outcome as usize] =
            self.on_ladder[outcome as usize].saturating_add(u8::from(on_ladder));
        self.last = Some(outcome);
    }
}

/// Who of a place may be called as soon as the hour is lawful there.
#[derive(Default)]
struct Ready {
    /// By the moment from which they may be called, and their position.
    callbacks: BinaryHeap<Reverse<(UtcMs, usize)>>,
    due: BinaryHeap<Reverse<(UtcMs, usize)>>,
    fresh: VecDeque<usize>,
}

impl Ready {
    fn first(&self) -> Option<(u8, UtcMs, usize)> {
        let of = |turn, heap: &BinaryHeap<Reverse<(UtcMs, usize)>>| {
            heap.peek().map(|Reverse((at, nth))| (turn, *at, *nth))
        };
        of(0, &self.callbacks)
            .or_else(|| of(1, &self.due))
            .or_else(|| self.fresh.front().map(|nth| (2, UtcMs(0), *nth)))
    }

    fn take_first(&mut self) {
        if self.callbacks.pop().is_none() && self.due.pop().is_none() {
            self.fresh.pop_front();
        }
    }
}

/// A campaign in a run.
pub(super) struct Desk<'a> {
    pub(super) plan: &'a Plan,
    pub(super) cap: u32,
    timetables: &'a [Timetable<'a>],
    people: Vec<Contact>,
    ready: Vec<Ready>,
    /// Who may be called at some later moment.
    later: BinaryHeap<Reverse<(UtcMs, usize)>>,
    /// Who waits for their batch.
    shelf: BTreeMap<u32, Vec<usize>>,
    /// How many of each batch are not final.
    left: BTreeMap<u32, u32>,
    batch: u32,
    pub(super) open: u32,
    pub(super) held: UsdMicros,
    pub(super) spent: UsdMicros,
    /// Its budget allows no further call.
    pub(super) out_of_funds: bool,
    expired: bool,
}

impl<'a> Desk<'a> {
    pub(super) fn new(plan: &'a Plan, timetables: &'a [Timetable<'a>]) -> Self {
        let mut desk = Self {
            plan,
            cap: plan.cap,
            timetables,
            people: Vec::with_capacity(plan.people.len() + plan.live.len()),
            ready: plan.places.iter().map(|_| Ready::default()).collect(),
            later: BinaryHeap::new(),
            shelf: BTreeMap::new(),
            left: BTreeMap::new(),
            batch: plan.batch_index,
            open: 0,
            held: UsdMicros(0),
            spent: plan.spent,
            out_of_funds: false,
            expired: false,
        };
        for person in &plan.people {
            // Whoever can never be called waits for a person to do something, and not for a line.
            if desk.timetables[person.place].next_open(plan.begins_at).is_some() {
                desk.add(person);
                desk.wait(desk.people.len() - 1);
            }
        }
        desk
    }

    fn add(&mut self, person: &Person) {
        *self.left.entry(person.batch).or_default() += 1;
        self.people.push(Contact::of(person));
    }

    /// Somebody who is on the phone as the run begins. Returns who that is.
    pub(super) fn add_live(&mut self, live: &Live) -> usize {
        self.add(&live.person);
        let nth = self.people.len() - 1;
        self.people[nth].begins(live.since);
        nth
    }

    /// Whether everybody is final.
    pub(super) fn is_done(&self) -> bool {
        self.left.is_empty()
    }

    /// Whether none of its people can be called, now or later.
    pub(super) fn calls_nobody(&self) -> bool {
        self.people.iter().all(|contact| contact.barred)
    }

    /// Whether it calls anybody at that moment.
    pub(super) fn dials(&self, now: UtcMs) -> bool {
        !self.out_of_funds && !self.expired && !self.is_done() && self.plan.begins_at <= now
    }

    /// What the last call to somebody came to.
    pub(super) fn last(&self, nth: usize) -> Option<Outcome> {
        self.people[nth].last
    }

    /// Everybody who waits is final from its last day on.
    pub(super) fn expire(&mut self, now: UtcMs) {
        if self.expired || self.plan.expires_at.is_none_or(|at| now < at) {
            return;
        }
        self.expired = true;
        self.left.clear();
        if self.open > 0 {
            self.left.insert(self.batch, self.open);
        }
    }

    fn wait(&mut self, nth: usize) {
        let contact = &self.people[nth];
        if contact.batch > self.batch {
            self.shelf.entry(contact.batch).or_default().push(nth);
        } else if contact.eligible_at.0 == 0 {
            self.ready[contact.place].fresh.push_back(nth);
        } else {
            self.later.push(Reverse((contact.eligible_at, nth)));
        }
    }

    /// Begins the next batch when everybody of the one before is final, and its numbers are `quiet` if it asks for that.
    fn begin_batch(&mut self, quiet: bool) -> bool {
        if self.plan.mode == Mode::Continuous {
            return true;
        }
        let Some(present) = self.left.keys().next().copied() else {
            return false;
        };
        if present > self.batch {
            if self.plan.quiet_line_gate && !quiet {
                return false;
            }
            self.batch = present;
            for nth in self.shelf.remove(&present).unwrap_or_default() {
                self.wait(nth);
            }
        }
        true
    }

    /// Up to `room` people who may be called now. Whoever of them is not called is given back with [`Desk::give_back`].
    pub(super) fn candidates(&mut self, room: u32, quiet: bool, now: UtcMs) -> Vec<usize> {
        let mut found = Vec::new();
        if room == 0 || !self.begin_batch(quiet) {
            return found;
        }
        while let Some(Reverse((at, nth))) = self.later.peek().copied()
            && at <= now
        {
            self.later.pop();
            let contact = &self.people[nth];
            let ready = &mut self.ready[contact.place];
            if contact.callback {
                &mut ready.callbacks
            } else {
                &mut ready.due
            }
            .push(Reverse((at, nth)));
        }
        while found.len() < room as usize {
            let open = self.ready.iter().zip(self.timetables).enumerate();
            let first = open
                .filter_map(|(place, (ready, timetable))| {
                    let first = ready.first()?;
                    timetable.at(now).open.then_some((first, place))
                })
                .min();
            let Some(((_, _, nth), place)) = first else { break };
            self.ready[place].take_first();
            let contact = &self.people[nth];
            if contact.barred {
                self.is_final(nth);
                continue;
            }
            let strict = self.timetables[place].strict;
            match self
                .plan
                .policy
                .limits
                .judge(strict, &contact.history, contact.attempts, now)
            {
                Verdict::May => found.push(nth),
                Verdict::Wait { until, .. } => self.put_off(nth, until),
                Verdict::Never(_) => self.is_final(nth),
            }
        }
        found
    }

    /// Nobody called them after all.
    pub(super) fn give_back(&mut self, nth: usize) {
        let contact = &self.people[nth];
        if contact.eligible_at.0 == 0 {
            self.ready[contact.place].fresh.push_front(nth);
        } else {
            self.later.push(Reverse((contact.eligible_at, nth)));
        }
    }

    fn put_off(&mut self, nth: usize, until: UtcMs) {
        let lawful = self.timetables[self.people[nth].place].next_open(until);
        self.people[nth].eligible_at = lawful.unwrap_or(until);
        self.wait(nth);
    }

    fn is_final(&mut self, nth: usize) {
        // After its last day only those who are on the phone are left, in whatever batch they were.
        let batch = if self.expired {
            self.batch
        } else {
            self.people[nth].batch
        };
        if let Some(left) = self.left.get_mut(&batch) {
            *left -= 1;
            if *left == 0 {
                self.left.remove(&batch);
            }
        }
    }

    /// A call to them begins.
    pub(super) fn begin(&mut self, nth: usize, now: UtcMs) {
        self.people[nth].begins(now);
    }

    /// A call to them has ended. `chance` spreads the moment of the next.
    pub(super) fn end(&mut self, nth: usize, outcome: Outcome, chance: u64, now: UtcMs) {
        let before = u32::from(self.people[nth].on_ladder[outcome as usize]);
        self.people[nth].comes_to(outcome, true);
        let contact = &self.people[nth];
        let tried = Tried {
            refusals: 0,
            same_class_before: before,
            attempts: contact.attempts,
        };
        match next_step(outcome, &tried, &self.plan.policy, &Wishes::default(), now) {
            NextStep::CallAgain { delay_ms, .. } if !self.expired => {
                self.people[nth].callback = false;
                // In batch mode whoever is called again joins the last batch.
                if let Some(last) = self.left.keys().next_back().copied() {
                    self.move_to(nth, last);
                }
                self.put_off(nth, now + with_jitter(delay_ms, chance));
            }
            _ => self.is_final(nth),
        }
    }

    fn move_to(&mut self, nth: usize, batch: u32) {
        if self.people[nth].batch == batch {
            return;
        }
        *self.left.entry(batch).or_default() += 1;
        self.is_final(nth);
        self.people[nth].batch = batch;
    }

    /// When somebody may be called that may not now, if nothing else happens.
    pub(super) fn looks_again_at(&self, now: UtcMs) -> Option<UtcMs> {
        if self.plan.begins_at > now {
            return Some(self.plan.begins_at);
        }
        if !self.dials(now) {
            return None;
        }
        let opens = self
            .ready
            .iter()
            .zip(self.timetables)
            .filter_map(|(ready, timetable)| {
                ready.first()?;
                let span = timetable.at(now);
                (!span.open).then_some(span.until)
            });
        let later = self.later.peek().map(|Reverse((at, _))| *at);
        opens
            .chain(later)
            .chain(self.plan.expires_at)
            .filter(|at| *at > now)
            .min()
    }
}
