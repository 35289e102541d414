//! When a campaign will be finished and what it will have cost: it is let happen many times, in virtual time.
//!
//! There is no second model of how campaigns dial. A run asks the rules that the claim asks: it shares lines by
//! [`share_lines`](crate::pacing::share_lines), picks numbers by [`rotate`](crate::pacing::rotate), keeps to
//! [`Hours`](crate::hours::Hours), [`Limits`](crate::limits::Limits) and budgets, and goes from one call to the next by
//! [`next_step`](crate::contact::next_step), side by side with the other campaigns of the account.
//!
//! What nobody knows, how the calls will turn out, is drawn from [`experience`]: what calls of the account came to,
//! or stated assumptions before there were any. Each run draws anew how people are, as far as so many calls leave it open,
//! so that the band is as wide as what is not known. The same world and seed give the same forecast.
//!
//! Left aside: faults of the provider, opt-outs and callbacks of calls to come, and people who stand in two lists that
//! call at the same time.

mod desk;
pub mod experience;
mod luck;
mod run;
#[cfg(test)]
mod tests;
mod timetable;

use crate::{
    campaign::Mode,
    money::{Rate, UsdMicros},
    outcome::Outcome,
    pacing::Lines,
    place::Place,
    policy::Policy,
    time::{DAY_MS, UtcMs},
};
use experience::Experience;
use luck::Luck;
use run::Run;
use timetable::Timetables;

/// Runs for one number of lines.
const RUNS: u64 = 100;
/// So many people of lists that dial side by side are looked at one by one; of more, each stands for several
/// ([`Plan::each`]).
pub const MANY_PEOPLE: u64 = 4_000;
/// What would take longer is as good as never.
const HORIZON_MS: i64 = 400 * DAY_MS;

/// Everything that a forecast rests on, at one moment.
#[derive(Clone, Debug)]
pub struct World {
    /// Now.
    pub now: UtcMs,
    /// The account's lines.
    pub lines: Lines,
    /// Until when [`Lines::learnt`] is believed.
    pub learnt_until: UtcMs,
    /// Calls in any one second at most.
    pub calls_per_second: Option<u32>,
    /// Before this moment nobody is called.
    pub dial_after: UtcMs,
    /// Calls that are open and belong to none of the plans. They are taken to stay.
    pub open_elsewhere: u32,
    /// How many calls each of our numbers may have open.
    pub number_caps: Vec<Option<u32>>,
    /// How long the provider lets a call live, in milliseconds.
    pub max_duration_ms: i64,
    /// What calls cost at worst.
    pub rate: Rate,
    /// Campaigns that dial side by side, in the order in which equals are served.
    pub plans: Vec<Plan>,
    /// Which of the plans is asked about.
    pub asked: usize,
    /// How calls turn out.
    pub experience: Experience,
}

/// A campaign and the people it still has to call.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What it allows.
    pub policy: Policy,
    /// How it works through its list.
    pub mode: Mode,
    /// Whether a new batch waits until its numbers are quiet.
    pub quiet_line_gate: bool,
    /// The batch being called.
    pub batch_index: u32,
    /// Calls open at once.
    pub cap: u32,
    /// Higher goes first.
    pub priority: i32,
    /// The numbers it calls from, as indices into [`World::number_caps`].
    pub numbers: Vec<usize>,
    /// Before this moment it calls nobody.
    pub begins_at: UtcMs,
    /// From this moment on it calls nobody.
    pub expires_at: Option<UtcMs>,
    /// What it has spent, as far as it is known.
    pub spent: UsdMicros,
    /// Where its people are.
    pub places: Vec<Place>,
    /// Who waits, in the order of the list.
    pub people: Vec<Person>,
    /// Who is being called.
    pub live: Vec<Live>,
    /// How many people of the list each of them stands for. From 1.
    pub each: u32,
}

/// Somebody who waits.
#[derive(Clone, Debug)]
pub struct Person {
    /// Where, as an index into [`Plan::places`].
    pub place: usize,
    /// Their batch.
    pub batch: u32,
    /// Before this moment they are not called. 0: never called yet.
    pub eligible_at: UtcMs,
    /// They asked to be called then.
    pub callback: bool,
    /// They are never called: on a list, or without consent.
    pub barred: bool,
    /// Calls to them by this campaign that may have rung, oldest first.
    pub tried: Vec<Tried>,
    /// Calls to their number by other campaigns, as far as they matter to limits.
    pub tried_elsewhere: Vec<UtcMs>,
}

/// A call that was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tried {
    /// When it began.
    pub at: UtcMs,
    /// What it came to.
    pub outcome: Outcome,
    /// Whether ladders count it: not when it is from before a redial.
    pub on_ladder: bool,
}

/// A call under way.
#[derive(Clone, Debug)]
pub struct Live {
    /// Who is being called.
    pub person: Person,
    /// From which number, as an index into [`World::number_caps`].
    pub number: usize,
    /// Since when it holds its line.
    pub since: UtcMs,
}

/// What is to be expected.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Forecast {
    /// One for each number of lines asked for, in that order. None when nobody is left who can be called.
    pub rows: Vec<Row>,
}

/// What is to be expected with one number of lines.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Row {
    /// How many calls the campaign may have open at once.
    pub cap: u32,
    /// When the last of its people is final, or its budget stops it. `None`: not within 400 days.
    pub finish: Option<Band<UtcMs>>,
    /// What it costs in all, with what it has spent.
    pub cost: Band<UsdMicros>,
    /// In how many of a hundred runs the budget stops it before everybody was called.
    pub stopped_by_budget_percent: u32,
}

/// Between which bounds something lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Band<T> {
    /// One case in ten lies below.
    pub low: T,
    /// Half of them.
    pub middle: T,
    /// One in ten lies above.
    pub high: T,
}

/// What is to be expected for each of these caps. Takes up to seconds of computing for long lists: not for a thread that
/// serves others.
#[must_use]
pub fn forecast(world: &World, caps: &[u32], seed: u64) -> Forecast {
    let timetables = Timetables::of(world);
    let idle = Run::new(world, &timetables, 1, Luck::draw(&world.experience, seed, 0)).calls_nobody();
    if idle {
        return Forecast { rows: Vec::new() };
    }
    let rows = caps
        .iter()
        .map(|cap| {
            // The same luck for every cap, so that they differ by the cap alone.
            let ends: Vec<_> = (0..RUNS)
                .map(|nth| Run::new(world, &timetables, *cap, Luck::draw(&world.experience, seed, nth)).end())
                .collect();
            let stopped = ends.iter().filter(|end| end.stopped_by_budget).count();
            let finish = band(ends.iter().map(|end| end.at).collect());
            Row {
                cap: *cap,
                finish: (finish.high.since(world.now) < HORIZON_MS).then_some(finish),
                cost: band(ends.iter().map(|end| end.cost).collect()),
                stopped_by_budget_percent: u32::try_from(stopped * 100 / ends.len()).unwrap_or(100),
            }
        })
        .collect();
    Forecast { rows }
}

fn band<T: Ord + Copy>(mut values: Vec<T>) -> Band<T> {
    values.sort_unstable();
    let at = |percent: usize| values[(values.len() * percent / 100).min(values.len() - 1)];
    Band {
        low: at(10),
        middle: at(50),
        high: at(90),
    }
}
