//! Campaigns under control, for weeks of virtual time: nobody is called outside the hours of the place where they are,
//! against their will, more often or sooner than allowed, on more lines, or for more money.
//!
//! A run is drawn from a seed ([`draw`]): campaigns with all kinds of policies over the numbers of many countries, in
//! weeks in which clocks change and holidays fall; people who pause, edit, forbid and cancel; nodes that die and sleep; a
//! provider that loses answers and messages ([`provider`]). The real steps work on the real database ([`node`]). Whatever
//! reaches the provider is written down ([`ledger`]) and judged by an oracle that shares no code with the rules
//! ([`oracle`], [`calendar`], [`people`]). That it would see a broken rule is a test of its own ([`removed`]).
//!
//! `AUTOLYNX_RULES_CONTACTS` is how many contacts a run has, `AUTOLYNX_RULES_SEEDS` how many runs there are (from
//! `AUTOLYNX_RULES_FIRST` on), `AUTOLYNX_RULES_SEED` runs one of them and tells its story, `AUTOLYNX_RULES_STATS` says
//! what each came to. Without any, there are two hundred runs of forty contacts on SQLite, and a hundred of twelve on
//! Postgres. The full size is ten thousand contacts, with `cargo test --release`: about half a minute of a core for each
//! run.

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
    collections::BTreeSet,
    ops::Range,
    panic::AssertUnwindSafe,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
};

use futures::FutureExt;

use crate::simulation::{runtime, setting};
use draw::Setup;
use run::Run;
use store::Kind;

/// Contacts of a run, unless somebody wants more.
const CONTACTS: u64 = 40;
/// Runs.
const SEEDS: u64 = 200;
/// The same on Postgres, which is slower.
const CONTACTS_ON_POSTGRES: u64 = 12;
const SEEDS_ON_POSTGRES: u64 = 100;
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
            println!("{}", story(&run));
        }
        run.remove().await;
        faults
    };
    runtime()
        .block_on(AssertUnwindSafe(run).catch_unwind())
        .unwrap_or_else(|_| vec!["the run panicked".to_owned()])
}

/// What a run came to, in numbers.
fn story(run: &Run) -> String {
    let days = (run.now().0 - run.setup.start_ms) / domain::time::DAY_MS;
    let ledger = run.ledger();
    let people: BTreeSet<&str> = ledger
        .campaigns
        .iter()
        .flat_map(|campaign| campaign.people.keys().map(String::as_str))
        .collect();
    let calls = || ledger.requests.iter().filter(|request| request.call.is_some());
    let called: BTreeSet<&str> = calls().map(|request| request.dial.phone.as_str()).collect();
    format!(
        "seed {}: {} people, {} of them called, {} requests, {} calls, {} claims, {} crashes, {days} days",
        run.setup.seed,
        people.len(),
        called.len(),
        ledger.requests.len(),
        calls().count(),
        ledger.claims,
        run.core.seen(|seen| seen.deaths),
    )
}

fn tell(seed: u64, kind: Kind, contacts: u64, faults: &[String]) {
    let test = match kind {
        Kind::Sqlite => "for_weeks_on_sqlite",
        Kind::Postgres => "for_weeks_on_postgres",
    };
    let first: Vec<&str> = faults.iter().take(8).map(String::as_str).collect();
    println!(
        "seed {seed}:\n  {}\n  again: AUTOLYNX_RULES_SEED={seed} AUTOLYNX_RULES_CONTACTS={contacts} \
         cargo test -p autolynx-engine --test it {test} -- --nocapture",
        first.join("\n  ")
    );
}

/// Does something with each number, on as many threads as there are cores, until it says that it is enough.
fn on_every_core(numbers: Range<u64>, act: impl Fn(u64) -> bool + Sync) {
    let next = AtomicU64::new(numbers.start);
    let enough = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for core in core_affinity::get_core_ids().unwrap_or_default() {
            let (next, enough, act) = (&next, &enough, &act);
            scope.spawn(move || {
                core_affinity::set_for_current(core);
                while !enough.load(Ordering::Relaxed) {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= numbers.end {
                        return;
                    }
                    if !act(number) {
                        enough.store(true, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    assert!(
        enough.into_inner() || next.into_inner() >= numbers.end,
        "each was done"
    );
}

#[test]
fn every_rule_holds_for_weeks_on_sqlite() {
    every_rule_holds(Kind::Sqlite, CONTACTS, SEEDS);
}

#[test]
fn every_rule_holds_for_weeks_on_postgres() {
    every_rule_holds(Kind::Postgres, CONTACTS_ON_POSTGRES, SEEDS_ON_POSTGRES);
}

fn every_rule_holds(kind: Kind, contacts: u64, seeds: u64) {
    let contacts = setting("AUTOLYNX_RULES_CONTACTS").unwrap_or(contacts);
    let one = setting("AUTOLYNX_RULES_SEED");
    let seeds = match one {
        Some(seed) => seed..seed + 1,
        None => {
            let first = setting("AUTOLYNX_RULES_FIRST").unwrap_or(0);
            first..first + setting("AUTOLYNX_RULES_SEEDS").unwrap_or(seeds)
        }
    };
    let failed = AtomicU64::new(0);
    on_every_core(seeds.clone(), |seed| {
        let faults = faults_of(Setup {
            kind,
            traced: one.is_some(),
            ..Setup::draw(seed, usize::try_from(contacts).unwrap())
        });
        if faults.is_empty() {
            return true;
        }
        tell(seed, kind, contacts, &faults);
        failed.fetch_add(1, Ordering::Relaxed) + 1 < ENOUGH_FAILURES
    });
    assert_eq!(failed.into_inner(), 0, "some of the seeds {seeds:?} failed");
}
