//! A run drawn from a seed: campaigns and what they allow, whom they call, what people do meanwhile, and the weather.

use std::collections::BTreeMap;

use domain::{
    campaign::Mode,
    consent::Consent,
    hours::{Calendar, Holidays, Hours, Rule, Week, Window},
    limits::Limits,
    money::Money,
    policy::Policy,
    retry::Retries,
    time::{DAY_MS, HOUR_MS, MINUTE_MS},
};
use rand::RngExt;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

use super::{people::Person, removed::Removed};

/// How long a run lasts at most.
pub(crate) const RUN_MS: i64 = 21 * DAY_MS;

/// One run.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    pub(crate) seed: u64,
    pub(crate) kind: store::Kind,
    pub(crate) start_ms: i64,
    pub(crate) nodes: usize,
    pub(crate) line_cap: u32,
    pub(crate) reserved: u32,
    pub(crate) per_second: Option<u32>,
    pub(crate) number_caps: BTreeMap<&'static str, u32>,
    pub(crate) campaigns: Vec<List>,
    /// What people do, each some milliseconds after the beginning.
    pub(crate) acts: Vec<(i64, Act)>,
    pub(crate) weather: Weather,
    /// How many times nodes die, and how likely at each point where they may.
    pub(crate) deaths: (u32, f64),
    /// How often a button pressed just while a call leaves may be one that ends the campaign. In a large run so many are
    /// pressed that otherwise all campaigns would end before most people are called.
    pub(crate) endings: f64,
    /// A rule that the program is not told of.
    pub(crate) removed: Option<Removed>,
    pub(crate) traced: bool,
}

/// A campaign.
#[derive(Clone, Debug)]
pub(crate) struct List {
    pub(crate) mode: Mode,
    pub(crate) batch_size: Option<u32>,
    pub(crate) quiet_line_gate: bool,
    pub(crate) cap: u32,
    pub(crate) priority: i32,
    pub(crate) numbers: Vec<&'static str>,
    pub(crate) policy: Policy,
    pub(crate) people: Vec<Person>,
    pub(crate) expires_after_ms: Option<i64>,
}

/// Something that a person does.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    Start(usize),
    /// So many milliseconds later it starts by itself.
    Schedule(usize, i64),
    Pause(usize),
    Resume(usize),
    Cancel(usize),
    Abort(usize),
    Redial(usize),
    Append(usize, Vec<Person>),
    Policy(usize, Box<Policy>),
    Cap(usize, u32),
    Expire(usize, i64),
    /// A number of the list by its place there, or all that begin like it, in one campaign or everywhere, for so long.
    Forbid {
        campaign: usize,
        nth: usize,
        digits: Option<usize>,
        everywhere: bool,
        for_ms: Option<i64>,
    },
    /// A number, everywhere.
    ForbidNumber(String),
    Lines(u32, u32, Option<u32>),
    NumberCap(&'static str, u32),
    ProviderDown(i64),
}

/// What goes wrong at the provider, and what it charges.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Weather {
    pub(crate) lines: u32,
    pub(crate) lost: f64,
    pub(crate) late: f64,
    pub(crate) twice: f64,
    pub(crate) end_first: f64,
    pub(crate) request_lost: f64,
    pub(crate) answer_lost: f64,
    pub(crate) blocked: f64,
    pub(crate) rate_refused: f64,
    pub(crate) account_refused: f64,
    pub(crate) unanswered: f64,
    pub(crate) fixed_usd_micros: i64,
    pub(crate) minute_usd_micros: i64,
    /// Whoever asks not to be called again is not heard.
    pub(crate) hides_opt_outs: bool,
}

const NUMBERS: [&str; 3] = ["number-a", "number-b", "number-c"];

/// Midnights (UTC) from which three weeks hold something: clocks going forward in America; in Europe, back in Australia,
/// and Easter; forward in Australia; back in Europe and America; Thanksgiving; Christmas and New Year; a moved holiday.
const STARTS: [&str; 7] = [
    "2026-03-02T00:00:00Z",
    "2026-03-20T00:00:00Z",
    "2026-09-28T00:00:00Z",
    "2026-10-19T00:00:00Z",
    "2026-11-16T00:00:00Z",
    "2026-12-21T00:00:00Z",
    "2027-06-21T00:00:00Z",
];

fn pick<T: Clone>(rng: &mut ChaCha8Rng, items: &[T]) -> T {
    items[rng.random_range(0..items.len())].clone()
}

fn chance(rng: &mut ChaCha8Rng, rate: f64) -> bool {
    rng.random::<f64>() < rate
}

impl Setup {
    /// Whether it calls so many people that what is rare happens often.
    pub(crate) fn is_large(&self) -> bool {
        self.campaigns.iter().map(|list| list.people.len()).sum::<usize>() > 500
    }

    /// The run of that seed, with about so many contacts in all.
    pub(crate) fn draw(seed: u64, contacts: usize) -> Self {
        let rng = &mut ChaCha8Rng::seed_from_u64(seed);
        let is_large = contacts > 500;
        let start: jiff::Timestamp = pick(rng, &STARTS).parse().unwrap();
        let start_ms = start.as_millisecond() + rng.random_range(0..24) * HOUR_MS;
        let lists = if is_large {
            rng.random_range(3..=6)
        } else {
            rng.random_range(2..=4)
        };
        let mut pool: Vec<Person> = (0..contacts).map(|nth| Person::draw(rng, nth)).collect();
        let campaigns: Vec<List> = (0..lists).map(|nth| list(rng, nth, lists, &mut pool)).collect();
        let sizes: Vec<usize> = campaigns.iter().map(|list| list.people.len()).collect();
        let acts = acts(rng, &campaigns, &sizes, contacts);
        let line_cap: u32 = if is_large {
            rng.random_range(20..=50)
        } else {
            rng.random_range(2..=8)
        };
        let reserved = if chance(rng, 0.3) {
            rng.random_range(1..line_cap)
        } else {
            0
        };
        let deaths = u32::try_from(contacts / 400).unwrap().max(6);
        let mut number_caps = BTreeMap::new();
        for number in NUMBERS {
            if chance(rng, 0.3) {
                number_caps.insert(number, rng.random_range(1..=line_cap.div_ceil(2)));
            }
        }
        Self {
            seed,
            kind: store::Kind::Sqlite,
            start_ms,
            nodes: rng.random_range(2..=3),
            line_cap,
            reserved,
            per_second: chance(rng, 0.4).then(|| rng.random_range(1..=3)),
            number_caps,
            campaigns,
            acts,
            weather: weather(rng, line_cap),
            deaths: (deaths, 2.0 * f64::from(deaths) / (20.0 * contacts as f64)),
            endings: (100.0 / contacts as f64).min(1.0),
            removed: None,
            traced: false,
        }
    }
}

fn weather(rng: &mut ChaCha8Rng, line_cap: u32) -> Weather {
    let rough = pick(rng, &[0.0, 1.0, 1.0, 3.0]);
    Weather {
        lines: if chance(rng, 0.2) {
            line_cap.div_ceil(2)
        } else {
            line_cap + 5
        },
        lost: 0.03 * rough,
        late: 0.05 * rough,
        twice: 0.03 * rough,
        end_first: 0.2,
        request_lost: 0.003 * rough,
        answer_lost: 0.01 * rough,
        blocked: 0.003 * rough,
        rate_refused: 0.005 * rough,
        account_refused: 0.001 * rough,
        unanswered: 0.02 * rough,
        fixed_usd_micros: rng.random_range(0..20_000),
        minute_usd_micros: rng.random_range(30_000..400_000),
        hides_opt_outs: false,
    }
}

fn list(rng: &mut ChaCha8Rng, nth: usize, lists: usize, pool: &mut [Person]) -> List {
    let size = pool.len() / lists;
    // A third of the people are in the next list too.
    let people: Vec<Person> = (0..size + size / 3)
        .map(|position| pool[(nth * size + position) % pool.len()].clone())
        .collect();
    let mode = if chance(rng, 0.3) {
        Mode::Batch
    } else {
        Mode::Continuous
    };
    let batch = u32::try_from(people.len()).unwrap();
    let mut numbers: Vec<&str> = NUMBERS.into_iter().filter(|_| chance(rng, 0.5)).collect();
    if numbers.is_empty() {
        numbers.push(NUMBERS[0]);
    }
    let budget = chance(rng, 0.35).then(|| {
        let calls = i64::from(batch);
        rng.random_range(6_000_000..=8_000_000 + calls * 250_000)
    });
    List {
        mode,
        batch_size: (mode == Mode::Batch).then(|| rng.random_range(batch / 4 + 1..=batch / 2 + 2)),
        quiet_line_gate: mode == Mode::Batch && chance(rng, 0.5),
        cap: rng.random_range(1..=if batch > 200 { 30 } else { 6 }),
        priority: rng.random_range(-1..=1),
        numbers,
        policy: policy(rng, budget),
        people,
        expires_after_ms: chance(rng, 0.2)
            .then(|| rng.random_range(2..18) * DAY_MS + rng.random_range(0..DAY_MS)),
    }
}

/// Some policy, as somebody may change to it at any time.
pub(crate) fn any_policy(seed: u64) -> Policy {
    let rng = &mut ChaCha8Rng::seed_from_u64(seed);
    let budget = chance(rng, 0.4).then(|| rng.random_range(6_000_000..60_000_000));
    policy(rng, budget)
}

/// What a campaign allows.
fn policy(rng: &mut ChaCha8Rng, budget: Option<i64>) -> Policy {
    let hours = match rng.random_range(0..8) {
        0 | 1 => Hours::preset("us-federal").unwrap(),
        2 | 3 => Hours::preset("us-states").unwrap(),
        4 => Hours::preset("us-strict").unwrap(),
        5 => Hours::anytime(),
        _ => own_hours(rng),
    };
    let limits = Limits {
        per_number_day: pick(rng, &[Some(3), Some(1), Some(2), None]),
        per_number: pick(rng, &[None, None, Some(2), Some(4)]),
        per_contact: pick(rng, &[Some(6), Some(2), Some(3), None]),
        gap_ms: pick(rng, &[15 * MINUTE_MS, 0, HOUR_MS, 5 * HOUR_MS]),
        gap_between_campaigns_ms: pick(rng, &[4 * HOUR_MS, 0, 12 * HOUR_MS, 30 * HOUR_MS]),
    };
    let retries = match rng.random_range(0..4) {
        0 => Retries {
            no_answer: vec![20 * MINUTE_MS, 40 * MINUTE_MS, 2 * HOUR_MS],
            busy: vec![2 * MINUTE_MS; 4],
            voicemail: vec![3 * HOUR_MS, 26 * HOUR_MS],
            hung_up: vec![30 * MINUTE_MS],
            silence: vec![10 * MINUTE_MS],
            ..Retries::default()
        },
        1 => Retries::none(),
        _ => Retries::default(),
    };
    Policy {
        hours,
        fallback_zone: pick(rng, &[None, Some("America/Chicago"), Some("Asia/Kolkata")]).map(str::to_owned),
        limits,
        retries,
        callbacks: chance(rng, 0.8),
        consent: chance(rng, 0.25).then(|| Consent {
            column: "agreed_to_calls".to_owned(),
        }),
        money: Money {
            alert_usd_micros: None,
            budget_usd_micros: budget,
        },
    }
}

/// Windows as only somebody with a reason writes them: over midnight, or ending in the hour that the clocks skip.
fn own_hours(rng: &mut ChaCha8Rng) -> Hours {
    let windows =
        |texts: &[&str]| -> Vec<Window> { texts.iter().map(|text| text.parse().unwrap()).collect() };
    let weeks = [
        Week::daily(&windows(&["22:00-02:30"])),
        Week::daily(&windows(&["00:30-02:15", "13:15-19:45"])),
        Week::of(
            &windows(&["09:00-12:00", "14:00-20:30"]),
            &windows(&["10:30-17:00"]),
            &[],
        ),
        Week::of(
            &windows(&["18:00-01:00"]),
            &windows(&["20:00-24:00"]),
            &windows(&["23:00-03:00"]),
        ),
    ];
    let mut holidays = Holidays::default();
    if chance(rng, 0.5) {
        holidays.calendar = Some(Calendar::UsFederal);
        holidays.windows = if chance(rng, 0.3) {
            windows(&["11:00-13:00"])
        } else {
            Vec::new()
        };
        holidays
            .dates
            .insert("2026-11-27".parse().unwrap(), windows(&["10:00-12:00"]));
        holidays.dates.insert("2026-10-31".parse().unwrap(), Vec::new());
    }
    Hours {
        rule: Rule {
            week: pick(rng, &weeks),
            holidays,
            ..Rule::default()
        },
        ..Hours::default()
    }
}

fn acts(rng: &mut ChaCha8Rng, campaigns: &[List], sizes: &[usize], contacts: usize) -> Vec<(i64, Act)> {
    let mut acts = Vec::new();
    for campaign in 0..campaigns.len() {
        let at_ms = rng.random_range(0..2 * DAY_MS);
        if chance(rng, 0.3) {
            acts.push((at_ms, Act::Schedule(campaign, rng.random_range(HOUR_MS..DAY_MS))));
        } else {
            acts.push((at_ms, Act::Start(campaign)));
        }
    }
    let mut stranger = contacts;
    for _ in 0..rng.random_range(6..=14) {
        // Most of it early, while there is something to disturb.
        let within_ms = pick(rng, &[2 * DAY_MS, 3 * DAY_MS, 6 * DAY_MS, 18 * DAY_MS]);
        let at_ms = rng.random_range(HOUR_MS..within_ms);
        let campaign = rng.random_range(0..campaigns.len());
        let act = match rng.random_range(0..20) {
            0..=5 => Act::Forbid {
                campaign,
                nth: rng.random_range(0..sizes[campaign]),
                digits: chance(rng, 0.4).then(|| rng.random_range(4..=6)),
                everywhere: chance(rng, 0.6),
                for_ms: chance(rng, 0.3).then(|| rng.random_range(HOUR_MS..5 * DAY_MS)),
            },
            6 | 7 => Act::Pause(campaign),
            8..=10 => {
                let budget = chance(rng, 0.4).then(|| rng.random_range(6_000_000..60_000_000));
                Act::Policy(campaign, Box::new(policy(rng, budget)))
            }
            11 => Act::Cap(campaign, rng.random_range(1..=6)),
            12 => Act::Cancel(campaign),
            13 => Act::Abort(campaign),
            14 | 15 => {
                let people = (0..rng.random_range(1..=5)).map(|_| {
                    stranger += 1;
                    Person::draw(rng, stranger)
                });
                Act::Append(campaign, people.collect())
            }
            16 => Act::Expire(campaign, rng.random_range(HOUR_MS..6 * DAY_MS)),
            17 => Act::Lines(
                rng.random_range(2..=8),
                rng.random_range(0..=1),
                chance(rng, 0.5).then_some(1),
            ),
            18 => Act::NumberCap(pick(rng, &NUMBERS), rng.random_range(1..=2)),
            _ => Act::ProviderDown(rng.random_range(10..=150) * MINUTE_MS),
        };
        if let Act::Pause(campaign) = act {
            acts.push((at_ms + rng.random_range(MINUTE_MS..DAY_MS), Act::Resume(campaign)));
        }
        acts.push((at_ms, act));
    }
    // Whoever was not reached is called again, once that is over.
    for campaign in 0..campaigns.len() {
        if chance(rng, 0.3) {
            acts.push((rng.random_range(5 * DAY_MS..15 * DAY_MS), Act::Redial(campaign)));
        }
    }
    acts
}
