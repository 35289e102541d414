use super::{experience::Past, *};
use crate::{
    hours::{Hours, Rule, Window},
    limits::Limits,
    place::Evidence,
    retry::Retries,
    time::{HOUR_MS, MINUTE_MS, SECOND_MS},
};

/// Monday, 6:00 in New York.
const NOW: UtcMs = UtcMs(1_794_222_000_000);

fn called(outcome: Outcome, line_s: i64, calls: usize) -> Vec<Past> {
    let past = Past {
        after: None,
        outcome,
        line_ms: line_s * SECOND_MS,
        cost: Some(UsdMicros(line_s * 1_000)),
    };
    vec![past; calls]
}

fn new_york() -> Place {
    Place {
        zones: vec!["America/New_York".to_owned()],
        zone_evidence: Evidence::Number,
        regions: Vec::new(),
        region_evidence: Evidence::Nothing,
    }
}

fn person() -> Person {
    Person {
        place: 0,
        batch: 0,
        eligible_at: UtcMs(0),
        callback: false,
        barred: false,
        tried: Vec::new(),
        tried_elsewhere: Vec::new(),
    }
}

fn plan(people: usize, policy: Policy) -> Plan {
    Plan {
        policy,
        mode: Mode::Continuous,
        quiet_line_gate: false,
        batch_index: 0,
        cap: 5,
        priority: 0,
        numbers: vec![0],
        begins_at: NOW,
        expires_at: None,
        spent: UsdMicros(0),
        places: vec![new_york()],
        people: vec![person(); people],
        live: Vec::new(),
        each: 1,
    }
}

/// Everybody answers and talks for a minute, which was seen so often that nothing else is to be expected.
fn world(plan: Plan) -> World {
    World {
        now: NOW,
        lines: Lines {
            cap: 10,
            learnt: None,
            reserved: 0,
        },
        learnt_until: UtcMs(0),
        calls_per_second: None,
        dial_after: UtcMs(0),
        open_elsewhere: 0,
        number_caps: vec![None],
        max_duration_ms: 10 * MINUTE_MS,
        rate: Rate::of(UsdMicros(60_000)),
        plans: vec![plan],
        asked: 0,
        experience: Experience {
            calls: called(Outcome::Human, 60, 20_000),
        },
    }
}

fn one(world: &World, cap: u32) -> Row {
    forecast(world, &[cap], 7).rows[0]
}

fn minutes(row: &Row) -> [i64; 3] {
    let finish = row.finish.expect("it ends");
    [finish.low, finish.middle, finish.high].map(|at| (at.since(NOW) + MINUTE_MS / 2) / MINUTE_MS)
}

#[test]
fn lines_are_filled_as_far_as_caps_allow() {
    let world = world(plan(100, Policy::unrestricted()));
    assert_eq!(minutes(&one(&world, 5)), [20; 3]);
    assert_eq!(minutes(&one(&world, 10)), [10; 3]);
    // The account has ten.
    assert_eq!(minutes(&one(&world, 50)), [10; 3]);
    let cost = one(&world, 5).cost.middle;
    assert!((cost.0 - 6_000_000).abs() < 20_000, "{cost}");
}

#[test]
fn lines_kept_free_used_by_others_or_refused_are_not_filled() {
    let mut world = world(plan(100, Policy::unrestricted()));
    world.lines.reserved = 4;
    world.open_elsewhere = 1;
    assert_eq!(minutes(&one(&world, 8)), [20; 3]);
    world.number_caps = vec![Some(2)];
    assert_eq!(minutes(&one(&world, 8)), [50; 3]);
    world.calls_per_second = Some(1);
    world.number_caps = vec![None];
    world.lines.reserved = 0;
    world.open_elsewhere = 0;
    let slower = one(&world, 10).finish.expect("it ends").middle;
    // Nine seconds pass until the tenth line is used.
    let late_ms = slower.since(NOW) - 10 * MINUTE_MS;
    assert!((late_ms - 9 * SECOND_MS).abs() < 2 * SECOND_MS, "{late_ms} ms");
}

#[test]
fn campaigns_side_by_side_share_the_lines() {
    let mut world = world(plan(100, Policy::unrestricted()));
    world.plans.push(plan(100, Policy::unrestricted()));
    world.plans[1].cap = 10;
    assert_eq!(minutes(&one(&world, 10)), [20; 3]);
    world.plans[1].priority = 1;
    world.asked = 1;
    assert_eq!(minutes(&one(&world, 10)), [10; 3]);
}

#[test]
fn nobody_is_called_before_their_hours_begin_and_whoever_is_late_waits_for_the_next_day() {
    let hours = Hours {
        rule: Rule::daily(&["08:00-09:00".parse::<Window>().expect("a window")]),
        ..Hours::default()
    };
    let policy = Policy {
        hours,
        ..Policy::unrestricted()
    };
    // 300 people an hour.
    let world_of = |people| world(plan(people, policy.clone()));
    assert_eq!(minutes(&one(&world_of(300), 5)), [3 * 60; 3]);
    // The last of the first day may come a little before nine or after.
    let next_day = minutes(&one(&world_of(400), 5));
    assert!(
        next_day.iter().all(|at| (at - ((24 + 2) * 60 + 20)).abs() <= 1),
        "{next_day:?}"
    );
    let mut nowhere = world_of(10);
    nowhere.plans[0].places = vec![Place::unknown()];
    // Of whom nobody knows the hour: they wait for a person, and not for a line.
    assert_eq!(forecast(&nowhere, &[5], 7).rows, []);
}

#[test]
fn ladders_and_limits_decide_when_the_last_call_is() {
    let retries = Retries {
        busy: vec![HOUR_MS; 2],
        ..Retries::none()
    };
    let policy = Policy {
        retries,
        ..Policy::unrestricted()
    };
    let mut world = world(plan(1, policy.clone()));
    world.experience.calls = called(Outcome::Busy, 1, 20_000);
    world
        .experience
        .calls
        .extend(called(Outcome::Busy, 1, 20_000).into_iter().map(|past| Past {
            after: Some(Outcome::Busy),
            ..past
        }));
    let [low, _, high] = minutes(&one(&world, 5));
    assert!(
        96 <= low && high <= 144,
        "two hours, each a fifth more or less: {low} to {high}"
    );
    world.plans[0].policy.limits = Limits {
        per_contact: Some(2),
        ..Limits::none()
    };
    let [low, _, high] = minutes(&one(&world, 5));
    assert!(48 <= low && high <= 72, "one more call only: {low} to {high}");
    // One call was made already, half an hour ago.
    world.plans[0].people[0].tried = vec![Tried {
        at: NOW - HOUR_MS / 2,
        outcome: Outcome::Busy,
        on_ladder: true,
    }];
    world.plans[0].people[0].eligible_at = NOW + HOUR_MS;
    assert_eq!(minutes(&one(&world, 5)), [60; 3]);
    world.plans[0].policy.limits = Limits {
        gap_ms: 3 * HOUR_MS,
        ..Limits::none()
    };
    world.plans[0].policy.retries = Retries::none();
    assert_eq!(minutes(&one(&world, 5)), [150; 3]);
}

#[test]
fn a_batch_waits_for_the_one_before_and_a_last_day_ends_everything() {
    let mut world = world(plan(100, Policy::unrestricted()));
    let plan = &mut world.plans[0];
    plan.mode = Mode::Batch;
    for (nth, person) in plan.people.iter_mut().enumerate() {
        person.batch = u32::try_from(nth / 7).expect("few");
    }
    // Fifteen batches of seven, which take five lines two minutes each; the last has two people.
    assert_eq!(minutes(&one(&world, 5)), [29; 3]);
    world.plans[0].expires_at = Some(NOW + 10 * MINUTE_MS + 20 * SECOND_MS);
    assert_eq!(minutes(&one(&world, 5)), [11; 3]);
}

#[test]
fn a_budget_stops_it_before_it_is_passed() {
    let mut world = world(plan(100, Policy::unrestricted()));
    world.plans[0].policy.money.budget_usd_micros = Some(2_400_000);
    let row = one(&world, 5);
    assert_eq!(row.stopped_by_budget_percent, 100);
    // A call may cost 600,000 at worst, and costs 60,000.
    assert!(
        row.cost.high <= UsdMicros(2_400_000) && row.cost.low > UsdMicros(1_800_000),
        "{row:?}"
    );
}

#[test]
fn whoever_is_being_called_holds_a_line_until_their_call_ends() {
    let mut world = world(plan(0, Policy::unrestricted()));
    world.plans[0].live = vec![
        Live {
            person: person(),
            number: 0,
            since: NOW - 20 * SECOND_MS,
        };
        2
    ];
    let finish = one(&world, 5).finish.expect("it ends").middle;
    let left_ms = finish.since(NOW);
    assert!((left_ms - 40 * SECOND_MS).abs() < SECOND_MS, "{left_ms} ms");
}

#[test]
fn whoever_must_not_be_called_is_not() {
    let mut world = world(plan(100, Policy::unrestricted()));
    for person in world.plans[0].people.iter_mut().step_by(2) {
        person.barred = true;
    }
    assert_eq!(minutes(&one(&world, 5)), [10; 3]);
}

/// Few calls say little: the band is wider.
#[test]
fn the_less_is_known_the_wider_the_band() {
    let mixed = |times: usize| {
        let mut calls = called(Outcome::Human, 120, 2 * times);
        calls.extend(called(Outcome::NoAnswer, 30, 3 * times));
        calls
    };
    let width = |calls: Vec<Past>| {
        let mut world = world(plan(400, Policy::unrestricted()));
        world.experience.calls = calls;
        let finish = one(&world, 5).finish.expect("it ends");
        finish.high.since(finish.low)
    };
    let (none, few, many) = (width(Vec::new()), width(mixed(4)), width(mixed(400)));
    assert!(few > many * 3 / 2 && none > many * 3 / 2, "{none} {few} {many}");
}

#[test]
fn the_same_world_and_seed_give_the_same_forecast() {
    let mut world = world(plan(50, Policy::standard()));
    world.experience.calls.truncate(3);
    let ask = |seed| forecast(&world, &[2, 5], seed);
    assert_eq!(ask(1), ask(1));
    assert_ne!(ask(1), ask(2));
}

#[test]
fn some_people_stand_for_many() {
    let mut all = world(plan(3_000, Policy::standard()));
    all.experience.calls = Vec::new();
    let mut some = all.clone();
    some.plans[0].people.truncate(1_000);
    some.plans[0].each = 3;
    let middle = |world: &World| {
        let row = one(world, 5);
        (row.finish.expect("it ends").middle.since(NOW), row.cost.middle.0)
    };
    let (all, some) = (middle(&all), middle(&some));
    assert!((all.0 - some.0).abs() < all.0 / 20, "{all:?} {some:?}");
    assert!((all.1 - some.1).abs() < all.1 / 20, "{all:?} {some:?}");
}
