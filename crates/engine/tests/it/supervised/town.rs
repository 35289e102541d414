//! A small town: a real database, a provider that talks to everybody, a clock that runs fast, and one planted fault.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use domain::{
    call::{CallRef, CallState, Details, Dialling, End, Fact, Source},
    ids::{CallId, CampaignId},
    polling::PollPolicy,
    time::{SECOND_MS, UtcMs},
};
use engine::{
    Assistants, ChangeAnswer, Clock, Dead, DialAnswer, Directory, Engine, Listing, LookupError,
    ProviderAssistant, ProviderNumber, Settings, Step, StepStatus, SystemClock, Telephony,
};
use serde_json::{Map, Value};
use store::{Dial, Store};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::sim::{
    Sim,
    setup::{List, START_MS, Setup, people},
};

/// How many times as fast as life the clock runs.
const SPEED: f64 = 100.0;
/// What never comes fails the test after so long.
const FAILSAFE: Duration = Duration::from_secs(60);

/// Where a fault strikes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// Before a writing transaction begins.
    Begin,
    /// With everything written and nothing committed.
    BeforeCommit,
    /// After a commit.
    AfterCommit,
    /// While the provider is asked.
    Provider,
}

/// What happens there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    Panic,
    Hang,
}

/// A fault that strikes a step at a place: not the first `skip` times, then `times` times.
#[derive(Debug)]
pub(crate) struct Planted {
    pub(crate) step: Step,
    pub(crate) place: Place,
    pub(crate) fault: Fault,
    skip: AtomicI64,
    times: AtomicI64,
}

impl Planted {
    pub(crate) fn new(step: Step, place: Place, fault: Fault, times: i64) -> Arc<Self> {
        Self::after(0, step, place, fault, times)
    }

    pub(crate) fn after(skip: i64, step: Step, place: Place, fault: Fault, times: i64) -> Arc<Self> {
        Arc::new(Self {
            step,
            place,
            fault,
            skip: AtomicI64::new(skip),
            times: AtomicI64::new(times),
        })
    }

    async fn strike(&self, place: Place) {
        if place != self.place || Step::current() != Some(self.step) {
            return;
        }
        if self.skip.fetch_sub(1, Ordering::SeqCst) > 0 || self.times.fetch_sub(1, Ordering::SeqCst) <= 0 {
            return;
        }
        match self.fault {
            Fault::Panic => panic!("planted"),
            Fault::Hang => std::future::pending().await,
        }
    }
}

#[async_trait]
impl store::Probe for Planted {
    async fn begin(&self) {
        self.strike(Place::Begin).await;
    }

    async fn commit(&self, done: bool) {
        let place = if done {
            Place::AfterCommit
        } else {
            Place::BeforeCommit
        };
        self.strike(place).await;
    }
}

/// A clock that shows the beginning of the simulations at its start, and runs fast.
struct Fast(SystemClock);

#[async_trait]
impl Clock for Fast {
    fn now(&self) -> UtcMs {
        UtcMs(START_MS) + self.0.now().since(self.0.origin())
    }

    async fn sleep(&self, ms: i64) {
        self.0.sleep(ms).await;
    }
}

struct Placed {
    call: CallId,
    id: String,
    at: UtcMs,
    over: bool,
}

/// A provider that places every call. Calls end by themselves, unless everybody talks until hung up on.
pub(crate) struct Provider {
    planted: Arc<Planted>,
    talks: bool,
    placed: Mutex<Vec<Placed>>,
    phones: Mutex<BTreeMap<String, u32>>,
}

impl Provider {
    fn fact(placed: &Placed, source: Source, now: UtcMs) -> Fact {
        let end = placed.over.then(|| End {
            reason: Some("customer-ended-call".to_owned()),
            message: None,
            at: now,
        });
        Fact {
            call: CallRef {
                number: None,
                call_id: Some(placed.call),
                provider_call_id: Some(placed.id.clone()),
            },
            source,
            kind: "poll".to_owned(),
            at: now,
            says: CallState {
                dialling: Dialling::Accepted,
                provider_call_id: Some(placed.id.clone()),
                accepted_at: Some(placed.at),
                end,
                details: Details {
                    control_url: Some(placed.id.clone()),
                    ..Details::default()
                },
                ..CallState::default()
            },
            payload: None,
        }
    }

    fn listing(&self, now: UtcMs) -> Listing {
        let mut placed = self.placed.lock().unwrap();
        let facts = placed
            .iter_mut()
            .map(|call| {
                call.over |= !self.talks;
                Self::fact(call, Source::Poll, now)
            })
            .collect();
        Listing {
            facts,
            complete: true,
        }
    }

    /// How often each number was called.
    pub(crate) fn calls_by_phone(&self) -> Vec<u32> {
        self.phones.lock().unwrap().values().copied().collect()
    }
}

#[async_trait]
impl Telephony for Provider {
    async fn dial(&self, dial: &Dial, now: UtcMs) -> DialAnswer {
        self.planted.strike(Place::Provider).await;
        *self.phones.lock().unwrap().entry(dial.phone.clone()).or_default() += 1;
        let mut placed = self.placed.lock().unwrap();
        let id = format!("call-{}", placed.len());
        placed.push(Placed {
            call: dial.call_id,
            id,
            at: now,
            over: false,
        });
        DialAnswer::Accepted {
            fact: Box::new(Self::fact(placed.last().unwrap(), Source::Dial, now)),
            lines: None,
        }
    }

    async fn changed_since(&self, _: UtcMs, now: UtcMs) -> Result<Listing, LookupError> {
        self.planted.strike(Place::Provider).await;
        Ok(self.listing(now))
    }

    async fn created_between(&self, _: &str, _: UtcMs, _: UtcMs, now: UtcMs) -> Result<Listing, LookupError> {
        Ok(self.listing(now))
    }

    async fn look_up(&self, id: &str, now: UtcMs) -> Result<Option<Fact>, LookupError> {
        let placed = self.placed.lock().unwrap();
        Ok(placed
            .iter()
            .find(|call| call.id == id)
            .map(|call| Self::fact(call, Source::Poll, now)))
    }

    async fn hang_up(&self, control_url: &str) -> Result<(), String> {
        self.planted.strike(Place::Provider).await;
        for call in &mut *self.placed.lock().unwrap() {
            call.over |= call.id == control_url;
        }
        Ok(())
    }

    async fn probe(&self) -> Result<(), LookupError> {
        self.planted.strike(Place::Provider).await;
        Ok(())
    }

    async fn phone_numbers(&self) -> Result<Vec<ProviderNumber>, LookupError> {
        Ok(Vec::new())
    }
}

/// An account whose assistants cannot be listed.
struct Unlisted(Arc<Planted>);

fn no_answer() -> LookupError {
    LookupError {
        message: "no answer".to_owned(),
        retry_after_ms: None,
    }
}

#[async_trait]
impl Assistants for Unlisted {
    async fn list(&self) -> Result<Vec<ProviderAssistant>, LookupError> {
        self.0.strike(Place::Provider).await;
        Err(no_answer())
    }

    async fn created_since(&self, _: UtcMs) -> Result<Vec<ProviderAssistant>, LookupError> {
        Err(no_answer())
    }

    async fn get(&self, _: &str) -> Result<Option<ProviderAssistant>, LookupError> {
        Err(no_answer())
    }

    async fn create(&self, _: &Value) -> ChangeAnswer {
        ChangeAnswer::NoEffect(no_answer())
    }

    async fn update(&self, _: &str, _: &Map<String, Value>) -> ChangeAnswer {
        ChangeAnswer::NoEffect(no_answer())
    }

    async fn remove(&self, _: &str) -> ChangeAnswer {
        ChangeAnswer::NoEffect(no_answer())
    }
}

/// Everything together.
pub(crate) struct Town {
    pub(crate) engine: Engine,
    pub(crate) directory: Directory,
    pub(crate) store: Store,
    pub(crate) provider: Arc<Provider>,
    pub(crate) campaign: CampaignId,
    pub(crate) people: usize,
    stop: CancellationToken,
    _folder: TempDir,
}

impl Town {
    /// A town of six, whose campaign starts by itself in a second.
    pub(crate) async fn with(planted: Arc<Planted>, talks: bool) -> Self {
        let people_there = 6;
        let setup = Setup {
            campaigns: vec![List::of(10, people(0, people_there, "human"))],
            ..Setup::default()
        };
        let (store, campaign, folder) = Sim::database(&setup).await;
        store
            .schedule(campaign, UtcMs(START_MS + SECOND_MS), UtcMs(START_MS))
            .await
            .unwrap();
        store.set_probe(planted.clone());
        let provider = Arc::new(Provider {
            planted: planted.clone(),
            talks,
            placed: Mutex::default(),
            phones: Mutex::default(),
        });
        let clock: Arc<dyn Clock> = Arc::new(Fast(SystemClock::faster(SPEED)));
        let settings = Settings {
            polling: PollPolicy {
                settle_ms: 10 * SECOND_MS,
                ..PollPolicy::default()
            },
            // Half a second of the machine's: it may be busy.
            dial_grace_ms: 50 * SECOND_MS,
            patience_ms: 100 * SECOND_MS,
            ..Settings::default()
        };
        let directory = Directory::new(store.clone(), Arc::new(Unlisted(planted)), clock.clone(), 15_000);
        Self {
            engine: Engine::new(store.clone(), provider.clone(), clock, settings),
            directory,
            store,
            provider,
            campaign,
            people: people_there,
            stop: CancellationToken::new(),
            _folder: folder,
        }
    }

    /// Runs the node.
    pub(crate) fn run(&self) -> JoinHandle<Result<(), Dead>> {
        let (engine, directory, stop) = (self.engine.clone(), self.directory.clone(), self.stop.clone());
        tokio::spawn(async move {
            let dialler = async {
                let ended = engine.run(stop.clone()).await;
                stop.cancel();
                ended
            };
            tokio::join!(dialler, directory.run(engine.supervisor(), stop.clone())).0
        })
    }

    /// How a step is doing.
    pub(crate) fn step(&self, step: Step) -> Option<StepStatus> {
        self.engine.steps().into_iter().find(|status| status.step == step)
    }

    /// Tells the node to stop, and waits for it.
    pub(crate) async fn stop(self, running: JoinHandle<Result<(), Dead>>) {
        self.stop.cancel();
        tokio::time::timeout(FAILSAFE, running)
            .await
            .expect("it stops")
            .unwrap()
            .unwrap();
    }
}

/// Looks until it is so.
pub(crate) async fn until(what: &str, mut so: impl AsyncFnMut() -> bool) {
    let looked = async {
        while !so().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(
        tokio::time::timeout(FAILSAFE, looked).await.is_ok(),
        "in vain: {what}"
    );
}
