//! Single situations, told in virtual time. Every run also has to keep every guarantee.

mod answers;
mod clocks;
mod ends;
mod lines;
mod polling;
mod refusals;

use std::sync::{Arc, Mutex};

use sandbox::{People, Settings};
use tracing::{
    Event, Id, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Record},
};

use crate::sim::{
    Sim,
    checks::broken_promises,
    setup::{List, Setup},
    truth::Truth,
};

/// A run of these lists with a provider at which nothing goes wrong by itself.
fn run_of(campaigns: Vec<List>) -> Setup {
    Setup {
        campaigns,
        ..Setup::default()
    }
}

/// A provider whose people always answer, with these changes.
fn provider(change: impl FnOnce(&mut Settings)) -> Settings {
    let mut settings = Settings {
        people: People::all_human(),
        ..Settings::default()
    };
    change(&mut settings);
    settings
}

/// Runs to the end and checks every guarantee.
async fn finish(mut sim: Sim) -> Truth {
    sim.run().await;
    let truth = sim.truth().await;
    let broken = broken_promises(&truth);
    assert!(broken.is_empty(), "{broken:#?}");
    truth
}

/// Runs it from the beginning to the end.
async fn run(setup: Setup) -> Truth {
    finish(Sim::new(setup).await).await
}

/// The most of these moments within one minute.
fn most_a_minute(moments: impl IntoIterator<Item = i64>) -> usize {
    let moments: Vec<i64> = moments.into_iter().collect();
    (0..moments.len())
        .map(|first| {
            moments[first..]
                .iter()
                .take_while(|at_ms| **at_ms < moments[first] + 60_000)
                .count()
        })
        .max()
        .unwrap_or(0)
}

/// Listens to what people are warned of on this thread.
#[derive(Clone, Default)]
struct Warnings(Arc<Mutex<Vec<String>>>);

impl Warnings {
    fn heard(&self, words: &str) -> usize {
        self.0
            .lock()
            .unwrap()
            .iter()
            .filter(|text| text.contains(words))
            .count()
    }
}

impl Subscriber for Warnings {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::WARN
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        struct Message(String);
        impl Visit for Message {
            fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
                if field.name() == "message" {
                    self.0 = format!("{value:?}");
                }
            }
        }
        let mut message = Message(String::new());
        event.record(&mut message);
        self.0.lock().unwrap().push(message.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}
