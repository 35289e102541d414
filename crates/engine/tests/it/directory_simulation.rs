//! The Assistant Directory in virtual time: people, others at the provider, faults and crashes drawn from seeds, and every
//! promise checked at the end of each run.

use std::{
    panic::AssertUnwindSafe,
    sync::atomic::{AtomicU64, Ordering},
};

use futures::FutureExt;

use crate::{
    directory::run::{Run, Setup},
    simulation::{runtime, setting},
};

/// What a run comes to.
struct Outcome {
    broken: Vec<String>,
    fingerprint: u64,
    summary: String,
}

/// More would not help whoever looks for the fault.
const ENOUGH_FAILURES: u64 = 5;

async fn simulate(setup: Setup) -> Outcome {
    let mut run = Run::new(setup).await;
    run.run().await;
    let truth = run.truth().await;
    let core = &run.scene.core;
    let seen = core.seen(|seen| seen.clone());
    Outcome {
        broken: truth.broken(),
        fingerprint: core.fingerprint(),
        summary: format!(
            "{} nodes, {} deaths, {} requests, {} events, {}",
            run.setup.nodes,
            seen.deaths,
            seen.exchanges.len(),
            seen.events,
            truth.summary()
        ),
    }
}

/// The seeds whose runs are checked: one, or so many from the first on. A fifth of what campaigns take.
fn seeds() -> std::ops::Range<u64> {
    match setting("AUTOLYNX_SIM_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..setting("AUTOLYNX_SIM_SEEDS").unwrap_or(1_000).div_ceil(5),
    }
}

/// Runs a seed and says what is wrong with it.
fn faults_of(seed: u64) -> Vec<String> {
    let traced = setting("AUTOLYNX_SIM_SEED").is_some();
    let run = simulate(Setup {
        traced,
        ..Setup::draw(seed)
    });
    match runtime().block_on(AssertUnwindSafe(run).catch_unwind()) {
        Ok(outcome) => {
            if traced || setting("AUTOLYNX_SIM_STATS").is_some() {
                println!("seed {seed}: {}", outcome.summary);
            }
            outcome.broken
        }
        Err(_) => vec!["the run panicked".to_owned()],
    }
}

/// Says at once what is wrong with a seed, and how to see it again.
fn tell(seed: u64, faults: &[String]) {
    let mut text = format!("seed {seed}:\n");
    for fault in faults.iter().take(12) {
        text.push_str(&format!("  {fault}\n"));
    }
    println!(
        "{text}  again: AUTOLYNX_SIM_SEED={seed} cargo test -p autolynx-engine --test it \
         directory_keeps_its_promises -- --nocapture"
    );
}

#[test]
fn the_directory_keeps_its_promises_in_every_run() {
    let seeds = seeds();
    let next = AtomicU64::new(seeds.start);
    let failed = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for core in core_affinity::get_core_ids().unwrap_or_default() {
            let (next, failed, seeds) = (&next, &failed, &seeds);
            scope.spawn(move || {
                core_affinity::set_for_current(core);
                while failed.load(Ordering::Relaxed) < ENOUGH_FAILURES {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        return;
                    }
                    let faults = faults_of(seed);
                    if !faults.is_empty() {
                        failed.fetch_add(1, Ordering::Relaxed);
                        tell(seed, &faults);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner();
    assert!(failed > 0 || next.into_inner() >= seeds.end, "every seed was run");
    assert_eq!(failed, 0, "{failed} of the seeds {seeds:?} failed");
}

#[test]
fn the_same_seed_gives_the_same_run_of_the_directory() {
    for seed in [2, 5, 11, 23] {
        let runs: Vec<(u64, String)> = (0..2)
            .map(|_| {
                let outcome = runtime().block_on(simulate(Setup::draw(seed)));
                (outcome.fingerprint, outcome.summary)
            })
            .collect();
        assert_eq!(runs[0], runs[1], "seed {seed}");
    }
}
