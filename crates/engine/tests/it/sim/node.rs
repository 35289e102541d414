//! A node: one engine with its own view of the database, doing the duties of the real loops as tasks of the agenda.

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::AtomicI64},
};

use domain::{polling::PollPolicy, time::UtcMs};
use engine::{
    Clock, ClockHold, Engine, Inbox, InboxError, ProviderClock, ProviderWatch, VapiTelephony, WatchSettings,
    WatchedTransport, WebhookTarget,
};
use sandbox::Delivery;
use serde_json::Value;
use store::{Store, Wake};
use tokio::sync::broadcast;
use vapi::{ApiKey, Client, Secret, WebhookAuth};

use super::{
    core::Core,
    edges::{NodeProbe, VirtualClock, Wire},
    setup::{Pace, Setup, Webhooks},
};

/// A node that is alive.
pub(crate) struct Node {
    pub(crate) engine: Engine,
    pub(crate) wakes: broadcast::Receiver<Wake>,
    duties: Duties,
}

/// What the tasks of a node need.
#[derive(Clone)]
struct Duties {
    core: Arc<Core>,
    node: usize,
    engine: Engine,
    inbox: Inbox,
    pace: Pace,
    webhooks: Webhooks,
}

const PROVIDER: &str = "http://provider.test";
const WEBHOOK_SECRET: &str = "only-the-provider-knows";

impl Node {
    /// Starts a node on that database, opened as its process would.
    pub(crate) async fn start(
        core: &Arc<Core>,
        setup: &Setup,
        node: usize,
        skew_ms: &Arc<AtomicI64>,
        store: Store,
    ) -> Self {
        store.set_probe(Arc::new(NodeProbe {
            core: core.clone(),
            node,
        }));
        let wakes = store.subscribe();
        let engine = engine(core, setup, node, skew_ms, store);
        let auth = WebhookAuth::shared_secret(Secret::new(WEBHOOK_SECRET));
        let duties = Duties {
            core: core.clone(),
            node,
            engine: engine.clone(),
            inbox: Inbox::new(engine.clone(), Some(auth)),
            pace: setup.pace,
            webhooks: setup.webhooks,
        };
        core.spawn(node, format!("node {node} probe"), duties.clone().probe());
        core.spawn(node, format!("node {node} dispatch"), duties.clone().dispatch());
        core.spawn(node, format!("node {node} reconcile"), duties.clone().reconcile());
        core.spawn(node, format!("node {node} sweep"), duties.clone().sweep());
        Self {
            engine,
            wakes,
            duties,
        }
    }

    /// Hands webhooks to the node. They are recorded in one commit, as those that wait in the real queue are.
    pub(crate) fn receive(&self, deliveries: Vec<Delivery>, after_ms: i64) {
        let name = format!("node {} webhooks", self.duties.node);
        self.duties.core.spawn(
            self.duties.node,
            name,
            self.duties.clone().receive(deliveries, after_ms),
        );
    }
}

fn engine(core: &Arc<Core>, setup: &Setup, node: usize, skew_ms: &Arc<AtomicI64>, store: Store) -> Engine {
    let wire = Wire {
        core: core.clone(),
        node,
    };
    let machine: Arc<dyn Clock> = Arc::new(VirtualClock::wrong(core, skew_ms));
    let watch = if setup.watched {
        ProviderWatch::new(WatchSettings::default())
    } else {
        ProviderWatch::unwatched()
    };
    let wire = Arc::new(WatchedTransport::new(
        wire,
        PROVIDER,
        machine.clone(),
        watch.clone(),
    ));
    let key = ApiKey::new(setup.provider.api_key.clone());
    let client = Client::new(wire, PROVIDER, key).unwrap();
    let webhooks = setup.webhooks != Webhooks::None;
    let target = webhooks.then(|| WebhookTarget {
        url: "http://autolynx.test/webhooks/vapi".to_owned(),
        headers: BTreeMap::from([("X-Vapi-Secret".to_owned(), WEBHOOK_SECRET.to_owned())]),
        credential_id: None,
    });
    let seconds = u32::try_from(setup.max_duration_ms / 1_000).unwrap();
    let telephony = Arc::new(VapiTelephony::new(client, target, seconds));
    let clock = ProviderClock::new(machine, watch.clone());
    let settings = engine::Settings {
        polling: PollPolicy::default(),
        max_duration_ms: setup.max_duration_ms,
        webhooks,
        ..engine::Settings::default()
    };
    Engine::new(store, telephony, Arc::new(clock), settings).with_watch(watch)
}

impl Duties {
    async fn dispatch(self) {
        let mut idle = 1;
        loop {
            let claim = match self.engine.claim(self.now()).await {
                Ok(claim) => claim,
                Err(error) => {
                    self.failed("dispatch", &error).await;
                    continue;
                }
            };
            idle = if claim.dials.is_empty() {
                (idle * 2).min(self.pace.patience)
            } else {
                1
            };
            for dial in claim.dials {
                self.core
                    .log(format_args!("may dial {} as {}", dial.phone, dial.call_id));
                let handed_out = (dial.clone(), self.core.now());
                self.core
                    .seen(|seen| seen.dials.entry(dial.call_id).or_insert(handed_out).1);
                let duties = self.clone();
                let name = format!("node {} dial {}", self.node, dial.phone);
                self.core.spawn(self.node, name, async move {
                    duties.core.hand_over().await;
                    if let Err(error) = duties.engine.dial(&dial).await {
                        duties.failed("dial", &error).await;
                    }
                });
            }
            let floor_ms = self.pace.dispatch_floor_ms * idle;
            let wait_ms = until_next(claim.next_eligible_at, claim.hold_until, self.now(), floor_ms);
            self.core.nap(self.node, wait_ms).await;
        }
    }

    async fn probe(self) {
        loop {
            self.engine.probe_provider().await;
            self.core.wait(self.pace.probe_ms).await;
        }
    }

    async fn reconcile(self) {
        let mut idle = 1;
        loop {
            match self.engine.reconcile(self.now()).await {
                Ok(done) if done.polled || done.asked > 0 => idle = 1,
                Ok(_) => idle = (idle * 2).min(self.pace.patience),
                Err(error) => self.failed("reconcile", &error).await,
            }
            self.core.wait(self.pace.reconcile_ms * idle).await;
        }
    }

    async fn sweep(self) {
        let mut idle = 1;
        loop {
            match self.engine.sweep(self.now()).await {
                Ok(done) if done.completed > 0 || done.skipped > 0 => idle = 1,
                Ok(_) => idle = (idle * 2).min(self.pace.patience),
                Err(error) => self.failed("sweep", &error).await,
            }
            self.core.wait(self.pace.sweep_ms * idle).await;
        }
    }

    async fn receive(self, deliveries: Vec<Delivery>, after_ms: i64) {
        self.core.wait(after_ms).await;
        if self.engine.clock_hold() == Some(ClockHold::Unknown) {
            // A node serves only after it has asked the provider for the time once.
            self.engine.probe_provider().await;
        }
        let status = match self.record(&deliveries).await {
            Ok(()) => 200,
            Err(InboxError::Unavailable(error)) => {
                self.failed("observe", &error).await;
                500
            }
            Err(error) => {
                self.core
                    .violation("any order", format_args!("a webhook was refused: {error}"));
                401
            }
        };
        for delivery in deliveries {
            self.core.delivered(delivery.id, Some(status));
        }
    }

    async fn record(&self, deliveries: &[Delivery]) -> Result<(), InboxError> {
        let mut facts = Vec::new();
        for delivery in deliveries {
            self.core.log(format_args!(
                "webhook {} {} {}",
                delivery.id, delivery.kind, delivery.call_id
            ));
            let body = match self.webhooks {
                Webhooks::Anonymous => anonymous(&delivery.body),
                _ => delivery.body.to_vec(),
            };
            facts.extend(self.inbox.read(&delivery.headers, &body).await?);
        }
        self.engine.observe(&facts, self.now()).await?;
        Ok(())
    }

    /// The moment by this node's clock.
    fn now(&self) -> UtcMs {
        self.engine.clock().now()
    }

    /// A full disk is a nuisance; any other failure is a fault.
    async fn failed(&self, step: &str, error: &store::Error) {
        self.core.log(format_args!("{step} failed: {error}"));
        if !error.is_unavailable() {
            self.core.violation(
                "steps",
                format_args!("{step} failed on node {}: {error}", self.node),
            );
        }
        self.core.wait(500).await;
    }
}

/// How long the dispatcher sleeps, as the real loop decides it.
fn until_next(eligible: Option<UtcMs>, hold: Option<UtcMs>, now: UtcMs, floor_ms: i64) -> i64 {
    let next = [eligible, hold]
        .into_iter()
        .flatten()
        .map(|at| at.since(now).max(1))
        .min();
    next.unwrap_or(floor_ms).min(floor_ms)
}

/// The webhook without anything by which we could recognise our own call.
fn anonymous(body: &[u8]) -> Vec<u8> {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                fields.retain(|name, _| !matches!(name.as_str(), "name" | "externalId" | "metadata"));
                fields.values_mut().for_each(strip);
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut body: Value = serde_json::from_slice(body).unwrap();
    strip(&mut body);
    serde_json::to_vec(&body).unwrap()
}
