//! A run drawn from a seed: how many nodes, which people, which weather.

use domain::campaign::{Action, Mode};
use rand::{Rng, RngExt};
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use sandbox::{
    DEFAULT_PHONE_NUMBER_ID, ErrorShape, Faults, LimitForm, People, SECOND_PHONE_NUMBER_ID, Settings, Span,
};

use super::{
    core::Trouble,
    setup::{List, Pace, Person, Planned, Setup, Webhooks},
};

const MINUTE_MS: i64 = 60_000;

impl Setup {
    /// The run of that seed.
    pub(crate) fn draw(seed: u64) -> Self {
        let rng = &mut ChaCha8Rng::seed_from_u64(seed);
        let line_cap = rng.random_range(1..=8);
        let lists = lists(rng);
        let trouble = trouble(rng);
        let mut planned = planned(rng, lists.len());
        let skews_ms = clocks(rng, &mut planned);
        Self {
            kind: store::Kind::Sqlite,
            seed,
            provider: provider(rng, seed, line_cap),
            nodes: pick(rng, &[1, 1, 2, 3]),
            skews_ms,
            watched: true,
            line_cap,
            max_duration_ms: rng.random_range(2..=10) * MINUTE_MS,
            webhooks: pick(
                rng,
                &[
                    Webhooks::Normal,
                    Webhooks::Normal,
                    Webhooks::Normal,
                    Webhooks::Anonymous,
                    Webhooks::None,
                ],
            ),
            campaigns: lists,
            planned,
            trouble,
            pace: pace(rng),
            looked_after: true,
            traced: false,
        }
    }
}

fn pick<T: Copy>(rng: &mut impl Rng, items: &[T]) -> T {
    items[rng.random_range(0..items.len())]
}

fn chance(rng: &mut impl Rng, rate: f64) -> bool {
    rng.random::<f64>() < rate
}

fn lists(rng: &mut ChaCha8Rng) -> Vec<List> {
    let count = pick(rng, &[1, 1, 2, 3]);
    let most = [20, 11, 8][count - 1];
    let shared = chance(rng, 0.4);
    (0..count)
        .map(|index| {
            let mode = if chance(rng, 0.35) {
                Mode::Batch
            } else {
                Mode::Continuous
            };
            let first = if shared {
                rng.random_range(0..6)
            } else {
                100 * index
            };
            let size = rng.random_range(most / 2..=most);
            List {
                mode,
                cap: rng.random_range(1..=6),
                batch_size: (mode == Mode::Batch).then(|| rng.random_range(2..=5)),
                quiet_line_gate: mode == Mode::Batch && chance(rng, 0.5),
                phone_number_id: pick(rng, &[DEFAULT_PHONE_NUMBER_ID, SECOND_PHONE_NUMBER_ID]),
                people: (first..first + size).map(|nth| person(rng, nth)).collect(),
                start_ms: rng.random_range(0..=3 * MINUTE_MS),
            }
        })
        .collect()
}

fn person(rng: &mut ChaCha8Rng, nth: usize) -> Person {
    const SCRIPTS: [&str; 20] = [
        "human 45s",
        "human 2m",
        "interested",
        "callback 20s",
        "optout",
        "hang-up",
        "silent",
        "voicemail",
        "no-answer",
        "busy",
        "rejected",
        "invalid",
        "fail",
        "too-long",
        "forwarded",
        "stuck",
        "stuck 20m",
        "error:worker-shutdown",
        "error:pipeline-error-openai-llm-failed",
        "error:customer-did-not-give-microphone-permission",
    ];
    if chance(rng, 0.004) {
        return Person::nth(nth).who("stuck forever");
    }
    if chance(rng, 0.01) {
        // Too short for a number: the provider refuses this contact.
        return Person {
            phone: format!("+1{nth}"),
            script: None,
        };
    }
    let person = Person::nth(nth);
    if chance(rng, 0.3) {
        person.who(pick(rng, &SCRIPTS))
    } else {
        person
    }
}

fn provider(rng: &mut ChaCha8Rng, seed: u64, line_cap: u32) -> Settings {
    let account_lines = match rng.random_range(0..4) {
        0 => rng.random_range(1..=line_cap),
        1 => line_cap,
        _ => line_cap + rng.random_range(1..=5),
    };
    Settings {
        seed,
        account_lines,
        limit_form: pick(
            rng,
            &[
                LimitForm::Http400,
                LimitForm::Blocked201,
                LimitForm::InstantEnd,
                LimitForm::Mixed,
            ],
        ),
        error_shape: pick(rng, &[ErrorShape::Legacy, ErrorShape::Problem]),
        requests_per_minute: chance(rng, 0.1).then(|| rng.random_range(20..=90)),
        people: if chance(rng, 0.2) {
            People::all_human()
        } else {
            People::default()
        },
        faults: faults(rng),
        ..Settings::default()
    }
}

fn faults(rng: &mut ChaCha8Rng) -> Faults {
    match rng.random_range(0..10) {
        0 | 1 => Faults::none(),
        2..=4 => Faults::mild(),
        5..=7 => Faults::harsh(),
        _ => {
            // A few things, but often.
            let mut rate = || {
                if chance(rng, 0.3) {
                    rng.random_range(5..40) as f64 / 100.0
                } else {
                    0.0
                }
            };
            Faults {
                slow_answer: rate(),
                rate_refusal: rate(),
                error_before_acting: rate(),
                error_after_creating: rate(),
                hang_up_before_acting: rate(),
                hang_up_after_creating: rate(),
                list_error: rate(),
                get_error: rate(),
                list_lag: rate(),
                webhook_lost: rate(),
                webhook_duplicated: rate(),
                webhook_delayed: rate(),
                webhook_reordered: rate(),
                webhook_before_answer: rate(),
                stuck: rate() / 4.0,
                slow_answer_ms: Span::new(5_000, 60_000),
                webhook_delay_ms: Span::new(1_000, 300_000),
                ..Faults::default()
            }
        }
    }
}

fn pace(rng: &mut ChaCha8Rng) -> Pace {
    if chance(rng, 0.1) {
        // A host that only has cron.
        return Pace {
            dispatch_floor_ms: 60_000,
            reconcile_ms: 60_000,
            sweep_ms: 60_000,
            probe_ms: 60_000,
            patience: 1,
            wakes: false,
        };
    }
    let (reconcile_ms, patience) = pick(rng, &[(1_000, 8), (5_000, 4), (10_000, 4), (20_000, 2)]);
    Pace {
        reconcile_ms,
        patience,
        ..Pace::REAL
    }
}

/// How far the clocks go ahead of the provider's at first. Some are set later, wrong and right again.
fn clocks(rng: &mut ChaCha8Rng, planned: &mut Vec<(i64, Planned)>) -> [i64; 3] {
    if chance(rng, 0.4) {
        return [0; 3];
    }
    // A little wrong, each by itself: too little to hold dialing.
    let slightly: [i64; 3] = std::array::from_fn(|_| rng.random_range(-25_000..=25_000));
    if chance(rng, 0.4) {
        return slightly;
    }
    let mut skews_ms = slightly;
    for (node, skew_ms) in skews_ms.iter_mut().enumerate() {
        if chance(rng, 0.4) {
            // Wrong from the beginning, and set right after a while.
            *skew_ms = wrong_ms(rng);
            planned.push((
                rng.random_range(0..=30 * MINUTE_MS),
                Planned::Clock(node, slightly[node]),
            ));
        }
        for _ in 0..pick(rng, &[0, 0, 1, 2]) {
            let from_ms = rng.random_range(0..=15 * MINUTE_MS);
            planned.push((from_ms, Planned::Clock(node, wrong_ms(rng))));
            let until_ms = from_ms + rng.random_range(1_000..=20 * MINUTE_MS);
            planned.push((until_ms, Planned::Clock(node, slightly[node])));
        }
        // Whatever came last: in the end every clock is right.
        planned.push((40 * MINUTE_MS, Planned::Clock(node, slightly[node])));
    }
    skews_ms
}

/// Seconds, minutes, hours or a day ahead or behind.
fn wrong_ms(rng: &mut ChaCha8Rng) -> i64 {
    let most_ms = pick(
        rng,
        &[45_000, 10 * MINUTE_MS, 3 * 60 * MINUTE_MS, 24 * 60 * MINUTE_MS],
    );
    let off_ms = rng.random_range(32_000..=most_ms);
    if chance(rng, 0.5) { off_ms } else { -off_ms }
}

fn trouble(rng: &mut ChaCha8Rng) -> Trouble {
    Trouble {
        deaths: if chance(rng, 0.35) {
            0
        } else {
            rng.random_range(1..=10)
        },
        death: pick(rng, &[0.003, 0.01, 0.03]),
        interleaving: pick(rng, &[0.0, 0.2, 0.5]),
        stall: pick(rng, &[0.0, 0.0, 0.001, 0.004]),
        late: pick(rng, &[0.0, 0.0, 0.01, 0.05]),
        lost_wake: pick(rng, &[0.0, 0.0, 0.3]),
    }
}

fn planned(rng: &mut ChaCha8Rng, campaigns: usize) -> Vec<(i64, Planned)> {
    let mut planned = Vec::new();
    for campaign in 0..campaigns {
        for _ in 0..pick(rng, &[0, 0, 1, 2]) {
            let pause_ms = rng.random_range(0..=12 * MINUTE_MS);
            planned.push((pause_ms, Planned::Act(campaign, Action::Pause)));
            let resume_ms = pause_ms + rng.random_range(0..=3 * MINUTE_MS);
            planned.push((resume_ms, Planned::Act(campaign, Action::Resume)));
        }
        if chance(rng, 0.1) {
            let cancel_ms = rng.random_range(0..=12 * MINUTE_MS);
            planned.push((cancel_ms, Planned::Act(campaign, Action::Cancel)));
        }
    }
    if chance(rng, 0.4) {
        // Other people's calls take lines of the account.
        for _ in 0..rng.random_range(1..=4) {
            let calls = rng.random_range(1..=8);
            let script = pick(rng, &["human 20s", "human 90s", "human 4m"]);
            planned.push((
                rng.random_range(0..=10 * MINUTE_MS),
                Planned::Others(calls, script),
            ));
        }
    }
    if chance(rng, 0.1) {
        planned.push((
            rng.random_range(0..=10 * MINUTE_MS),
            Planned::Down(rng.random_range(1..=10) * MINUTE_MS),
        ));
    }
    if chance(rng, 0.15) {
        let sleep = Planned::Sleep(rng.random_range(0..3), rng.random_range(1..=20) * MINUTE_MS);
        planned.push((rng.random_range(0..=10 * MINUTE_MS), sleep));
    }
    if chance(rng, 0.1) {
        let full = Planned::DiskFull(rng.random_range(0..3), rng.random_range(1_000..=5 * MINUTE_MS));
        planned.push((rng.random_range(0..=10 * MINUTE_MS), full));
    }
    if chance(rng, 0.1) {
        // The account runs out of credit for a while.
        let refusal = "Wallet Balance is -0.21. Purchase More Credits Or Upgrade Your Plan.";
        let broke = Faults {
            dial_refusal: Some(refusal.to_owned()),
            ..Faults::none()
        };
        let from_ms = rng.random_range(0..=8 * MINUTE_MS);
        planned.push((from_ms, Planned::Faults(Box::new(broke))));
        let until_ms = from_ms + rng.random_range(1..=10) * MINUTE_MS;
        planned.push((until_ms, Planned::Faults(Box::new(Faults::mild()))));
    }
    planned
}
