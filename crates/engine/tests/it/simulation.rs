//! A thousand runs on SQLite and some on Postgres, drawn from seeds, and every promise checked in each.

use std::{
    panic::AssertUnwindSafe,
    sync::atomic::{AtomicU64, Ordering},
};

use futures::FutureExt;

use store::Kind;

use crate::sim::{Sim, checks::broken_promises, setup::Setup};

/// What a run comes to.
struct Outcome {
    broken: Vec<String>,
    fingerprint: u64,
    summary: String,
}

async fn simulate(setup: Setup) -> Outcome {
    let mut sim = Sim::new(setup).await;
    sim.run().await;
    let truth = sim.truth().await;
    let broken = broken_promises(&truth);
    let summary = format!(
        "{} nodes, {} deaths, {} calls, {} requests, {} dials, {} capacity, {:?}, {} events, {} s",
        truth.setup.nodes,
        truth.seen.deaths,
        truth.ledger.calls_created,
        truth.seen.exchanges.len(),
        truth.dial_requests().count(),
        truth.ledger.refused.capacity,
        truth.setup.provider.limit_form,
        truth.seen.events,
        (sim.core.now().0 - crate::sim::setup::START_MS) / 1_000,
    );
    let fingerprint = sim.core.fingerprint();
    sim.remove().await;
    Outcome {
        broken,
        fingerprint,
        summary,
    }
}

/// A number that whoever runs the tests has set.
#[expect(
    clippy::disallowed_methods,
    reason = "how long to search is for whoever runs the tests"
)]
pub(crate) fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Runs on SQLite.
const SEEDS: u64 = 1_000;
/// Runs on Postgres, which is slower.
const SEEDS_ON_POSTGRES: u64 = 40;

/// The seeds whose runs are checked: one, or so many from the first on.
fn seeds(usual: u64) -> std::ops::Range<u64> {
    match setting("AUTOLYNX_SIM_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..setting("AUTOLYNX_SIM_SEEDS").unwrap_or(usual),
    }
}

/// One thread for all that a run does.
pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

/// Runs a seed and says what is wrong with it.
fn faults_of(kind: Kind, seed: u64) -> Vec<String> {
    let traced = setting("AUTOLYNX_SIM_SEED").is_some();
    let run = simulate(Setup {
        kind,
        traced,
        ..Setup::draw(seed)
    });
    let run = runtime().block_on(AssertUnwindSafe(run).catch_unwind());
    match run {
        Ok(outcome) => {
            if traced {
                println!("{}", outcome.summary);
            }
            if setting("AUTOLYNX_SIM_STATS").is_some() {
                println!("seed {seed}: {}", outcome.summary);
            }
            outcome.broken
        }
        Err(_) => vec!["the run panicked".to_owned()],
    }
}

/// Says at once what is wrong with a seed, and how to see it again.
fn tell(kind: Kind, seed: u64, faults: &[String]) {
    let test = match kind {
        Kind::Sqlite => "in_every_run_on_sqlite",
        Kind::Postgres => "in_every_run_on_postgres",
    };
    let mut text = format!("seed {seed}:\n");
    for fault in faults.iter().take(12) {
        text.push_str(&format!("  {fault}\n"));
    }
    println!(
        "{text}  again: AUTOLYNX_SIM_SEED={seed} cargo test -p autolynx-engine --test it {test} -- --nocapture"
    );
}

#[test]
fn every_guarantee_holds_in_every_run_on_sqlite() {
    every_guarantee_holds(Kind::Sqlite, SEEDS);
}

#[test]
fn every_guarantee_holds_in_every_run_on_postgres() {
    every_guarantee_holds(Kind::Postgres, SEEDS_ON_POSTGRES);
}

fn every_guarantee_holds(kind: Kind, runs: u64) {
    let seeds = seeds(runs);
    let next = AtomicU64::new(seeds.start);
    let failed = AtomicU64::new(0);
    std::thread::scope(|scope| {
        // Each run hands over between its threads all the time, which is quick on one core and slow across two.
        for core in core_affinity::get_core_ids().unwrap_or_default() {
            let (next, failed, seeds) = (&next, &failed, &seeds);
            scope.spawn(move || {
                core_affinity::set_for_current(core);
                while failed.load(Ordering::Relaxed) < ENOUGH_FAILURES {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        return;
                    }
                    let faults = faults_of(kind, seed);
                    if !faults.is_empty() {
                        failed.fetch_add(1, Ordering::Relaxed);
                        tell(kind, seed, &faults);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner();
    assert!(failed > 0 || next.into_inner() >= seeds.end, "every seed was run");
    assert_eq!(failed, 0, "{failed} of the seeds {seeds:?} failed");
}

/// More would not help whoever looks for the fault.
const ENOUGH_FAILURES: u64 = 5;

#[test]
fn the_same_seed_gives_the_same_run() {
    for seed in [3, 17, 40, 71] {
        let runs: Vec<u64> = (0..2)
            .map(|_| runtime().block_on(simulate(Setup::draw(seed))).fingerprint)
            .collect();
        assert_eq!(runs[0], runs[1], "seed {seed}");
    }
}
