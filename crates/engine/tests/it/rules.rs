//! Campaigns under control, for weeks of virtual time: nobody is called outside the hours of the place where they are,
//! against their will, more often or sooner than allowed, on more lines, or for more money.
//!
//! A run is drawn from a seed ([`draw`]): campaigns with all kinds of policies over the numbers of many countries, in
//! weeks in which clocks change and holidays fall; people who pause, edit, forbid and cancel; nodes that die and sleep; a
//! provider that loses answers and messages ([`provider`]). The real steps work on the real database ([`node`]). Whatever
//! reaches the provider is written down ([`ledger`]) and judged by an oracle that shares no code with the rules
//! ([`oracle`], [`calendar`], [`people`]). That it would see a broken rule is a test of its own ([`removed`]).
//!
//! `AUTOLYNX_RULES_CONTACTS` is how many contacts a run has, `AUTOLYNX_RULES_SEEDS` how many runs there are,
//! `AUTOLYNX_RULES_SEED` runs one of them and tells its story.

mod calendar;
mod draw;
mod ledger;
mod node;
mod oracle;
mod people;
mod provider;
mod removed;
mod run;

use std::{
    panic::AssertUnwindSafe,
    sync::atomic::{AtomicU64, Ordering},
};

use futures::FutureExt;

use crate::simulation::{runtime, setting};
use draw::Setup;
use run::Run;

/// Contacts of a run, unless somebody wants more.
const CONTACTS: u64 = 40;
/// Runs.
const SEEDS: u64 = 200;
/// More would not help whoever looks for the fault.
const ENOUGH_FAILURES: u64 = 5;

/// Runs to the end and says what is wrong.
fn faults_of(setup: Setup) -> Vec<String> {
    let run = async {
        let stats = setting("AUTOLYNX_RULES_STATS").is_some();
        let mut run = Run::new(setup).await;
        run.run().await;
        let mut faults = oracle::faults(&run.ledger());
        if faults.is_empty() {
            faults = oracle::faults_at_the_end(&run).await;
        }
        if stats {
            let days = (run.now().0 - run.setup.start_ms) / domain::time::DAY_MS;
            let events = run.core.seen(|seen| seen.events);
            let ledger = run.ledger();
            println!(
                "seed {}: {} requests in {days} days, {} claims, {events} events",
                run.setup.seed,
                ledger.requests.len(),
                ledger.claims.len()
            );
        }
        faults
    };
    runtime()
        .block_on(AssertUnwindSafe(run).catch_unwind())
        .unwrap_or_else(|_| vec!["the run panicked".to_owned()])
}

fn tell(seed: u64, contacts: u64, faults: &[String]) {
    let first: Vec<&str> = faults.iter().take(8).map(String::as_str).collect();
    println!(
        "seed {seed}:\n  {}\n  again: AUTOLYNX_RULES_SEED={seed} AUTOLYNX_RULES_CONTACTS={contacts} \
         cargo test -p autolynx-engine --test it every_rule_holds -- --nocapture",
        first.join("\n  ")
    );
}

#[test]
#[ignore = "weeks of two hundred worlds take minutes: run it with --ignored"]
fn every_rule_holds_for_weeks() {
    let contacts = setting("AUTOLYNX_RULES_CONTACTS").unwrap_or(CONTACTS);
    let one = setting("AUTOLYNX_RULES_SEED");
    let seeds = match one {
        Some(seed) => seed..seed + 1,
        None => 0..setting("AUTOLYNX_RULES_SEEDS").unwrap_or(SEEDS),
    };
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
                    let faults = faults_of(Setup {
                        traced: one.is_some(),
                        ..Setup::draw(seed, usize::try_from(contacts).unwrap())
                    });
                    if !faults.is_empty() {
                        failed.fetch_add(1, Ordering::Relaxed);
                        tell(seed, contacts, &faults);
                    }
                }
            });
        }
    });
    assert_eq!(failed.into_inner(), 0, "some of the seeds {seeds:?} failed");
}
