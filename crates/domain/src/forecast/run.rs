//! One run: the campaigns of an account dial side by side, from now until the one that is asked about is finished.

use std::{
    cmp::Reverse,
    collections::{BTreeSet, BinaryHeap, VecDeque},
};

use super::{HORIZON_MS, World, desk::Desk, luck::Luck, timetable::Timetables};
use crate::{
    money::{UsdMicros, affordable},
    outcome::Outcome,
    pacing::{Caller, Demand, Lines, believed, rate_left, rotate, share_lines},
    time::{SECOND_MS, UtcMs},
};

/// How a run ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct End {
    pub(super) at: UtcMs,
    pub(super) cost: UsdMicros,
    pub(super) stopped_by_budget: bool,
}

/// A call that ends at some moment. Ordered by that.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Call {
    ends_at: UtcMs,
    plan: usize,
    contact: usize,
    number: usize,
    outcome: Outcome,
    cost: UsdMicros,
}

/// A run under way.
pub(super) struct Run<'a> {
    world: &'a World,
    luck: Luck,
    now: UtcMs,
    desks: Vec<Desk<'a>>,
    calls: BinaryHeap<Reverse<Call>>,
    on_number: Vec<u32>,
    placed: Vec<u64>,
    /// When the calls of the last second began.
    begun: VecDeque<UtcMs>,
    worst_case: UsdMicros,
    look_at: Option<UtcMs>,
}

impl<'a> Run<'a> {
    /// The world as it stands, but for the cap of the campaign that is asked about.
    pub(super) fn new(world: &'a World, timetables: &'a Timetables<'a>, cap: u32, luck: Luck) -> Self {
        let plans = world.plans.iter().enumerate();
        let desks = plans
            .map(|(nth, plan)| Desk::new(plan, timetables.of_plan(nth)))
            .collect();
        let mut run = Self {
            world,
            luck,
            now: world.now,
            desks,
            calls: BinaryHeap::new(),
            on_number: vec![0; world.number_caps.len()],
            placed: vec![0; world.number_caps.len()],
            begun: VecDeque::new(),
            worst_case: world.rate.worst_case(world.max_duration_ms),
            look_at: None,
        };
        run.desks[world.asked].cap = cap;
        for (plan, live) in world
            .plans
            .iter()
            .enumerate()
            .flat_map(|(nth, plan)| plan.live.iter().map(move |live| (nth, live)))
        {
            let contact = run.desks[plan].add_live(live);
            run.hold_line(plan, live.number);
            let last = run.desks[plan].last(contact);
            let fate = run.luck.rest_of_call(last, world.now.since(live.since));
            run.calls.push(Reverse(Call {
                ends_at: world.now + fate.line_ms,
                plan,
                contact,
                number: live.number,
                outcome: fate.outcome,
                cost: fate.cost,
            }));
        }
        run
    }

    /// Whether the campaign that is asked about has nobody to call, now or later.
    pub(super) fn calls_nobody(&self) -> bool {
        self.desks[self.world.asked].calls_nobody()
    }

    /// Runs to its end.
    pub(super) fn end(mut self) -> End {
        loop {
            self.dispatch();
            let asked = &self.desks[self.world.asked];
            if asked.is_done() || (asked.out_of_funds && asked.open == 0) {
                break;
            }
            let ends_at = self.calls.peek().map(|Reverse(call)| call.ends_at);
            let Some(next) = [ends_at, self.look_at].into_iter().flatten().min() else {
                self.now = self.world.now + HORIZON_MS;
                break;
            };
            self.now = next;
            if next.since(self.world.now) >= HORIZON_MS {
                break;
            }
            while let Some(Reverse(call)) = self.calls.peek().copied()
                && call.ends_at <= self.now
            {
                self.calls.pop();
                self.hang_up(call);
            }
        }
        let asked = &self.desks[self.world.asked];
        End {
            at: self.now,
            cost: asked.spent,
            stopped_by_budget: asked.out_of_funds,
        }
    }

    fn hold_line(&mut self, plan: usize, number: usize) {
        let each = i64::from(self.world.plans[plan].each);
        let desk = &mut self.desks[plan];
        desk.open += 1;
        desk.held = desk.held + UsdMicros(self.worst_case.0.saturating_mul(each));
        self.on_number[number] += 1;
    }

    fn hang_up(&mut self, call: Call) {
        let each = i64::from(self.world.plans[call.plan].each);
        let chance = self.luck.number();
        let desk = &mut self.desks[call.plan];
        desk.open -= 1;
        desk.held = UsdMicros(desk.held.0 - self.worst_case.0.saturating_mul(each));
        desk.spent = desk.spent + UsdMicros(call.cost.0.saturating_mul(each));
        desk.end(call.contact, call.outcome, chance, self.now);
        self.on_number[call.number] -= 1;
    }

    /// Gives the free lines to those who may be called now, as the claim does.
    fn dispatch(&mut self) {
        let now = self.now;
        self.look_at = None;
        for desk in &mut self.desks {
            desk.expire(now);
        }
        if now < self.world.dial_after {
            self.look_again(Some(self.world.dial_after));
            return;
        }
        let lines = self.world.lines;
        let learnt = lines
            .learnt
            .and_then(|learnt| believed(learnt, self.world.learnt_until, now));
        if learnt.is_some() {
            self.look_again(Some(now + 10 * SECOND_MS));
        }
        let usable = Lines { learnt, ..lines }.usable();
        let open = self.desks.iter().map(|desk| desk.open).sum::<u32>() + self.world.open_elsewhere;
        while self.begun.front().is_some_and(|at| now.since(*at) >= SECOND_MS) {
            self.begun.pop_front();
        }
        let left = rate_left(
            self.world.calls_per_second,
            u32::try_from(self.begun.len()).unwrap_or(u32::MAX),
        );
        let free = usable.saturating_sub(open).min(left);
        if free > 0 {
            self.fill(free);
        }
        if self
            .world
            .calls_per_second
            .is_some_and(|limit| self.begun.len() >= limit as usize)
        {
            let next_second = self.begun.front().map(|at| *at + SECOND_MS);
            self.look_again(next_second);
        }
        for plan in 0..self.desks.len() {
            let at = self.desks[plan].looks_again_at(now);
            self.look_again(at);
        }
    }

    fn fill(&mut self, free: u32) {
        let now = self.now;
        let mut wanted: Vec<Vec<usize>> = Vec::with_capacity(self.desks.len());
        let mut called_from: BTreeSet<usize> = BTreeSet::new();
        for plan in 0..self.desks.len() {
            let room = self.room_of(plan, free);
            let numbers = &self.world.plans[plan].numbers;
            let quiet = numbers
                .iter()
                .all(|number| self.on_number[*number] == 0 && !called_from.contains(number));
            let desk = &mut self.desks[plan];
            let found = if desk.dials(now) {
                desk.candidates(room, quiet, now)
            } else {
                Vec::new()
            };
            if !found.is_empty() {
                called_from.extend(numbers);
            }
            wanted.push(found);
        }
        let demands: Vec<Demand> = self
            .desks
            .iter()
            .zip(&wanted)
            .map(|(desk, found)| Demand {
                cap: desk.cap,
                open: desk.open,
                waiting: u32::try_from(found.len()).unwrap_or(u32::MAX),
                priority: desk.plan.priority,
            })
            .collect();
        let granted = share_lines(free, &demands);
        for ((plan, found), granted) in wanted.into_iter().enumerate().zip(granted) {
            let numbers = &self.world.plans[plan].numbers;
            let callers: Vec<Caller> = numbers
                .iter()
                .map(|number| Caller {
                    open: self.on_number[*number],
                    cap: self.world.number_caps[*number],
                    placed: self.placed[*number],
                })
                .collect();
            let callers = rotate(&callers, granted);
            if callers.len() < granted as usize {
                self.look_again(Some(now + 1));
            }
            for contact in found.iter().skip(callers.len()).rev() {
                self.desks[plan].give_back(*contact);
            }
            for (contact, caller) in found.into_iter().zip(callers) {
                self.dial(plan, contact, numbers[caller]);
            }
        }
    }

    /// How many calls the campaign may place, by its cap, its numbers and its budget.
    fn room_of(&mut self, plan: usize, free: u32) -> u32 {
        let on_its_numbers =
            self.world.plans[plan]
                .numbers
                .iter()
                .map(|number| match self.world.number_caps[*number] {
                    Some(cap) => cap.saturating_sub(self.on_number[*number]),
                    None => free,
                });
        let on_its_numbers = on_its_numbers.fold(0_u32, u32::saturating_add);
        let each = i64::from(self.world.plans[plan].each);
        let dials = self.desks[plan].dials(self.now);
        let desk = &mut self.desks[plan];
        let mut room = desk.cap.saturating_sub(desk.open).min(on_its_numbers).min(free);
        if let Some(budget) = desk.plan.policy.money.budget_usd_micros.filter(|_| dials) {
            let worst_case = UsdMicros(self.worst_case.0.saturating_mul(each));
            let calls = affordable(UsdMicros(budget), desk.spent, desk.held, worst_case);
            desk.out_of_funds = calls == 0 && desk.open == 0;
            room = room.min(calls);
        }
        room
    }

    fn dial(&mut self, plan: usize, contact: usize, number: usize) {
        let each = i64::from(self.world.plans[plan].each);
        self.desks[plan].begin(contact, self.now);
        self.hold_line(plan, number);
        self.placed[number] += 1;
        self.begun.push_back(self.now);
        let last = self.desks[plan].last(contact);
        let fate = self.luck.call(last);
        self.calls.push(Reverse(Call {
            ends_at: self.now + fate.line_ms.saturating_mul(each),
            plan,
            contact,
            number,
            outcome: fate.outcome,
            cost: fate.cost,
        }));
    }

    fn look_again(&mut self, at: Option<UtcMs>) {
        self.look_at = [self.look_at, at].into_iter().flatten().min();
    }
}
