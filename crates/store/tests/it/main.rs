//! The contract of the store: what every public method promises, on both databases.
//!
//! A test is an `async fn` over a [`fixture::Fixture`], and [`contract!`] makes a SQLite test and a Postgres test of it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall say where")]

// By the short name that the other crates use.
extern crate autolynx_store as store;

/// Makes every test a SQLite test and a Postgres test.
macro_rules! contract {
    ($($name:ident),+ $(,)?) => {
        mod on_sqlite { crate::contract_on!(Sqlite: $($name),+); }
        mod on_postgres { crate::contract_on!(Postgres: $($name),+); }
    };
}
/// The same for one database.
macro_rules! contract_on {
    ($kind:ident: $($name:ident),+ $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                crate::fixture::run(store::Kind::$kind, async |fixture| super::$name(fixture).await).await;
            }
        )+
    };
}
pub(crate) use contract_on;

mod fixture;
mod looks;
mod people;
mod pooler;
mod probes;
mod says;
mod server;

mod account;
mod actions;
mod appends;
mod assistants;
mod batches;
mod breakers;
mod budgets;
mod callbacks;
mod campaigns;
mod changes;
mod claims;
mod claims_at_once;
mod claims_cut_short;
mod clocks;
mod clones;
mod completion;
mod connecting;
mod consents;
mod contacts;
mod costs;
mod decisions;
mod dialling;
mod edits;
mod expiries;
mod exports;
mod facts;
mod forecasts;
mod halts;
mod hang_ups;
mod hours;
mod hygiene;
mod imports;
mod late_truth;
mod lifecycle_races;
mod limits;
mod lookups;
mod numbers;
mod one_connection;
mod openings;
mod opt_outs;
mod outages;
mod pace;
mod permutations;
mod plans;
mod poison;
mod policies;
mod preflight;
mod progress;
mod races;
mod redials;
mod refusals;
mod replays;
mod reporting;
mod retries;
mod schedules;
mod schema;
mod second_thoughts;
mod storage;
mod strays;
mod suppressions;
mod turns;
mod upgrades;
mod upgrades_with_people;
mod wakes;
mod why;
