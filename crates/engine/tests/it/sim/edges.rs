//! Where a node touches the world: the clock, the wire to the provider, and the commits at which it may die.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use domain::{assistant::mark_in, call::Dialling, directory::ChangeKind, ids::CallId, time::UtcMs};
use http::{Method, Request, Response};
use sandbox::Reply;
use serde_json::Value;
use vapi::TransportError;

use super::core::{Core, Exchange};

/// A node's clock in virtual time, which may be wrong.
pub(crate) struct VirtualClock {
    core: Arc<Core>,
    /// How far it goes ahead, in milliseconds.
    skew_ms: Arc<AtomicI64>,
}

impl VirtualClock {
    /// A clock that is right.
    pub(crate) fn right(core: &Arc<Core>) -> Self {
        Self::wrong(core, &Arc::default())
    }

    /// A clock that goes ahead by so many milliseconds, and that somebody may set.
    pub(crate) fn wrong(core: &Arc<Core>, skew_ms: &Arc<AtomicI64>) -> Self {
        Self {
            core: core.clone(),
            skew_ms: skew_ms.clone(),
        }
    }
}

#[async_trait]
impl engine::Clock for VirtualClock {
    fn now(&self) -> UtcMs {
        self.core.now() + self.skew_ms.load(Ordering::Relaxed)
    }

    fn steady_ms(&self) -> i64 {
        self.core.now().0
    }

    async fn sleep(&self, ms: i64) {
        self.core.wait(ms).await;
    }
}

/// A node's wire to the provider. What goes over it takes virtual time, and the node may die on either side of the moment
/// at which the provider acts.
pub(crate) struct Wire {
    pub(crate) core: Arc<Core>,
    pub(crate) node: usize,
}

#[async_trait]
impl vapi::Transport for Wire {
    async fn send(
        &self,
        request: Request<Bytes>,
        timeout: Duration,
    ) -> Result<Response<Bytes>, TransportError> {
        let core = &self.core;
        core.danger(self.node, "before a request leaves").await;
        core.wait(core.draw(1, 30)).await;
        let dials = request.method() == Method::POST && request.uri().path() == "/call";
        if dials {
            self.expect_intent(request.body()).await;
        }
        if request.uri().path().starts_with("/assistant") && request.method() != Method::GET {
            self.expect_change(&request).await;
        }
        let handling = core.world(|world, now_ms| world.handle(&request, now_ms));
        let answer = match &handling.reply {
            Reply::Answer(response) => response.status().as_str().to_owned(),
            Reply::HangUp => "hang-up".to_owned(),
            Reply::Unreachable => "unreachable".to_owned(),
        };
        let uri = request.uri();
        let request = format!(
            "{} {}",
            request.method(),
            uri.path_and_query().map_or("/", |path| path.as_str())
        );
        core.log(format_args!(
            "{request} → {answer} after {} ms",
            handling.delay_ms
        ));
        let exchange = Exchange {
            at_ms: core.now().0,
            request,
            answer,
        };
        core.seen(|seen| seen.exchanges.push(exchange));
        core.danger(self.node, "before an answer is seen").await;
        let delay_ms = i64::try_from(handling.delay_ms).unwrap_or(i64::MAX);
        let timeout_ms = i64::try_from(timeout.as_millis()).unwrap_or(i64::MAX);
        if delay_ms > timeout_ms {
            core.wait(timeout_ms).await;
            return Err(TransportError::InDoubt("no answer in time".to_owned()));
        }
        core.wait(delay_ms).await;
        match handling.reply {
            Reply::Answer(response) => Ok(response),
            Reply::HangUp => Err(TransportError::InDoubt("the connection was closed".to_owned())),
            Reply::Unreachable => Err(TransportError::NotSent("connection refused".to_owned())),
        }
    }
}

impl Wire {
    /// Guarantee *intent first*: whoever reads the database now finds that this call is being dialled.
    async fn expect_intent(&self, body: &[u8]) {
        let body: Value = serde_json::from_slice(body).unwrap();
        let id: CallId = body["name"].as_str().unwrap().parse().unwrap();
        let row = self.core.witness.call(id).await.unwrap();
        let intended = row.is_some_and(|call| {
            // While a slow node sleeps on it, another may have come to doubt the call.
            matches!(call.state.dialling, Dialling::Sent | Dialling::Unconfirmed)
                && call.events.iter().any(|event| event.kind == "dial.sent")
        });
        if !intended {
            self.core.violation(
                "intent first",
                format_args!("call {id} is dialled, and no row says so"),
            );
        }
    }
}

impl Wire {
    /// The same for assistants: whoever reads the database now finds the change that the provider is asked for.
    async fn expect_change(&self, request: &Request<Bytes>) {
        let witness = &self.core.witness;
        let record = if request.method() == Method::POST {
            match mark_in(&String::from_utf8_lossy(request.body())) {
                Some(id) => witness.assistant(id).await.unwrap(),
                None => None,
            }
        } else {
            let id = request.uri().path().trim_start_matches("/assistant/");
            witness.assistant_of_provider(id).await.unwrap()
        };
        let kind = match *request.method() {
            Method::POST => ChangeKind::Create,
            Method::DELETE => ChangeKind::Remove,
            _ => ChangeKind::Update,
        };
        let change = record.as_ref().and_then(|record| record.change.as_ref());
        if !change.is_some_and(|change| change.state.is_open() && change.kind == kind) {
            self.core.violation(
                "intent first",
                format_args!(
                    "{} {}, and no row says so: {record:?}",
                    request.method(),
                    request.uri()
                ),
            );
        }
        if kind == ChangeKind::Remove && !record.is_some_and(|record| record.ephemeral) {
            self.core.violation(
                "no removal",
                format_args!("{} is no ephemeral assistant", request.uri()),
            );
        }
    }
}

/// Stops a node at its commits: for good, or to let others get in between.
pub(crate) struct NodeProbe {
    pub(crate) core: Arc<Core>,
    pub(crate) node: usize,
}

#[async_trait]
impl store::Probe for NodeProbe {
    async fn begin(&self) {
        self.core.give_way().await;
    }

    async fn commit(&self, done: bool) {
        let at = if done { "after a commit" } else { "before a commit" };
        self.core.danger(self.node, at).await;
        if done {
            self.core.give_way().await;
            self.core.stall().await;
        }
    }
}
