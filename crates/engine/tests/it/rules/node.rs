//! A node: the real steps over the real database, as tasks of the agenda. Where nothing can happen it sleeps for hours.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use domain::time::{HOUR_MS, MINUTE_MS, UtcMs};
use engine::Engine;
use store::{Dial, Store, Wake};
use tokio::sync::broadcast;

use super::{
    draw::{self, Act, Setup},
    ledger::Ledger,
    provider::{Provider, Wire},
    removed::Removed,
};
use crate::sim::{
    core::{Core, Due},
    edges::VirtualClock,
};

/// A node that is alive.
pub(crate) struct Node {
    pub(crate) engine: Engine,
    pub(crate) wakes: broadcast::Receiver<Wake>,
    duties: Duties,
}

#[derive(Clone)]
struct Duties {
    core: Arc<Core>,
    ledger: Arc<Mutex<Ledger>>,
    provider: Arc<Provider>,
    node: usize,
    nodes: usize,
    /// How many acts of people were planned from the beginning.
    acts: usize,
    /// How often one that comes just while a call leaves may end the campaign.
    endings: f64,
    /// A rule that the program is not told of.
    removed: Option<Removed>,
    engine: Engine,
}

/// Nothing wakes a dispatcher that finds nothing to do before this.
const FLOOR_MS: i64 = 6 * HOUR_MS;

/// How often it is swept, unless a campaign starts by itself before.
const SWEEP_MS: i64 = 2 * FLOOR_MS;

/// Stops the node at its commits, and writes down when they were.
struct Probe {
    core: Arc<Core>,
    ledger: Arc<Mutex<Ledger>>,
    node: usize,
}

#[async_trait]
impl store::Probe for Probe {
    async fn begin(&self) {
        self.core.give_way().await;
    }

    async fn commit(&self, done: bool) {
        self.core
            .danger(self.node, if done { "after a commit" } else { "before a commit" })
            .await;
        if done {
            self.ledger
                .lock()
                .unwrap()
                .committed(self.core.running(), self.core.now().0);
            self.core.give_way().await;
            self.core.stall().await;
        }
    }
}

impl Node {
    pub(crate) async fn start(
        core: &Arc<Core>,
        ledger: &Arc<Mutex<Ledger>>,
        provider: &Arc<Provider>,
        node: usize,
        setup: &Setup,
        store: Store,
    ) -> Self {
        store.set_probe(Arc::new(Probe {
            core: core.clone(),
            ledger: ledger.clone(),
            node,
        }));
        let wakes = store.subscribe();
        let telephony = Wire {
            at_once: false,
            node,
            provider: provider.clone(),
        };
        let clock = VirtualClock::right(core);
        let settings = engine::Settings {
            webhooks: true,
            ..engine::Settings::default()
        };
        let engine = Engine::new(store, Arc::new(telephony), Arc::new(clock), settings);
        let duties = Duties {
            core: core.clone(),
            ledger: ledger.clone(),
            provider: provider.clone(),
            node,
            nodes: setup.nodes,
            acts: setup.acts.len(),
            endings: setup.endings,
            removed: setup.removed,
            engine: engine.clone(),
        };
        core.spawn(node, format!("node {node} dispatch"), duties.clone().dispatch());
        core.spawn(node, format!("node {node} sweep"), duties.clone().sweep());
        core.spawn(node, format!("node {node} reconcile"), duties.clone().reconcile());
        Self {
            engine,
            wakes,
            duties,
        }
    }

    /// Hands a message of the provider to the node.
    pub(crate) fn receive(&self, message: usize) {
        let duties = self.duties.clone();
        let name = format!("node {} message {message}", self.duties.node);
        self.duties
            .core
            .spawn(self.duties.node, name, duties.take(message));
    }
}

impl Duties {
    async fn dispatch(self) {
        loop {
            let now = self.now();
            let claim = match self.engine.claim(now).await {
                Ok(claim) => claim,
                Err(error) => {
                    self.failed("dispatch", &error).await;
                    continue;
                }
            };
            self.note(&claim, now);
            for dial in claim.dials {
                let duties = self.clone();
                let name = format!("node {} dial {}", self.node, dial.phone);
                self.core.spawn(self.node, name, async move {
                    duties.ambush(&dial).await;
                    duties.core.hand_over().await;
                    if duties.removed == Some(Removed::PolicyAtSend) {
                        let store = duties.engine.store();
                        store.hide_policy_change(dial.call_id).await.unwrap();
                    }
                    if let Err(error) = duties.engine.dial(&dial).await {
                        duties.failed("dial", &error).await;
                    }
                });
            }
            let next = [claim.next_eligible_at, claim.hold_until]
                .into_iter()
                .flatten()
                .min();
            let wait_ms = match next {
                Some(at) if self.is_its_turn(now) || at.since(now) < MINUTE_MS => {
                    at.since(self.now()).clamp(1, FLOOR_MS)
                }
                _ => FLOOR_MS - now.0 % FLOOR_MS + 1,
            };
            self.core.nap(self.node, wait_ms).await;
        }
    }

    /// Now and then somebody presses a button just while a call is about to leave.
    async fn ambush(&self, dial: &Dial) {
        // Shortly before windows end, nodes are slow.
        if self.now().0 % (HOUR_MS / 2) > HOUR_MS / 2 - 45_000 {
            self.core.wait(self.core.draw(0, 45_000)).await;
        }
        if !self.core.happens(0.04) {
            return;
        }
        let after_ms = self.core.draw(1, 15_000);
        let at_ms = self.core.now().0 + after_ms;
        let ends = self.endings >= 1.0 || self.core.happens(self.endings);
        let index = {
            let mut ledger = self.ledger.lock().unwrap();
            let place = ledger.place_of(dial.campaign_id);
            let act = match self.core.draw(0, if ends { 12 } else { 9 }) {
                0..=3 => Act::ForbidNumber(dial.phone.clone()),
                4..=7 => {
                    let chance = u64::try_from(self.core.draw(0, i64::MAX)).unwrap();
                    Act::Policy(place, Box::new(draw::any_policy(chance)))
                }
                8 | 9 => Act::Pause(place),
                10 => Act::Cancel(place),
                11 => Act::Abort(place),
                _ => Act::Expire(place, 1),
            };
            if let Act::Pause(place) = act {
                ledger.ambushes.push(Act::Resume(place));
                let resumes = Due::Planned {
                    index: self.acts + ledger.ambushes.len() - 1,
                };
                self.core.plan(at_ms + HOUR_MS, resumes);
            }
            ledger.ambushes.push(act);
            self.acts + ledger.ambushes.len() - 1
        };
        self.core.plan(at_ms, Due::Planned { index });
        self.core.wait(after_ms + self.core.draw(0, 20_000)).await;
    }

    fn note(&self, claim: &store::Claim, now: UtcMs) {
        if claim.dials.is_empty() {
            return;
        }
        let mut ledger = self.ledger.lock().unwrap();
        let mark = ledger.last_commit(self.core.running()).unwrap();
        ledger.claims += 1;
        for dial in &claim.dials {
            self.core
                .log(format_args!("may dial {} as {}", dial.phone, dial.call_id));
            ledger.claimed.insert(dial.call_id, (now.0, mark));
        }
    }

    /// Asks while there is anything to ask about.
    async fn reconcile(self) {
        loop {
            match self.engine.reconcile(self.now()).await {
                Ok(done) if done.open > 0 || done.asked > 0 => {
                    let minutes = if self.is_its_turn(self.now()) { 1 } else { 7 };
                    self.core.wait(minutes * MINUTE_MS).await;
                }
                Ok(_) => {
                    self.core.wait(6 * MINUTE_MS).await;
                    while !self.is_anything_open() {
                        self.core.wait(10 * MINUTE_MS).await;
                    }
                }
                Err(error) => self.failed("reconcile", &error).await,
            }
        }
    }

    fn is_anything_open(&self) -> bool {
        let lately_ms = self.now().0 - 20 * MINUTE_MS;
        let ledger = self.ledger.lock().unwrap();
        self.provider.is_busy(lately_ms)
            || ledger
                .claimed
                .values()
                .next_back()
                .is_some_and(|(at_ms, _)| *at_ms > lately_ms)
    }

    /// One node at a time minds the clock; the others wait to be woken.
    fn is_its_turn(&self, now: UtcMs) -> bool {
        usize::try_from(now.0 / FLOOR_MS).unwrap() % self.nodes == self.node
    }

    async fn sweep(self) {
        loop {
            let next = match self.engine.sweep(self.now()).await {
                Ok(_) => self.engine.store().next_start().await.unwrap(),
                Err(error) => {
                    self.failed("sweep", &error).await;
                    continue;
                }
            };
            let wait_ms = next.map_or(SWEEP_MS, |at| at.since(self.now()).clamp(1, SWEEP_MS));
            self.core.wait(wait_ms).await;
        }
    }

    async fn take(self, message: usize) {
        let (told, fact, opts_out) = self.provider.read(message);
        match self.engine.observe(&[fact], self.now()).await {
            Ok(_) if opts_out => self
                .ledger
                .lock()
                .unwrap()
                .opt_out(told.call_id, self.core.now().0),
            Ok(_) => {}
            Err(error) => {
                self.failed("observe", &error).await;
                self.provider.not_taken(message);
            }
        }
    }

    fn now(&self) -> UtcMs {
        self.engine.clock().now()
    }

    async fn failed(&self, step: &str, error: &store::Error) {
        self.core.log(format_args!("{step} failed: {error}"));
        let text = format!("steps: {step} failed on node {}: {error}", self.node);
        self.ledger.lock().unwrap().broken.push(text);
        self.core.wait(500).await;
    }
}
