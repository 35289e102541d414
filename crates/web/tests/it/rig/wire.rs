//! The wire to a provider that answers as the test says, with the watch on it.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use domain::time::UtcMs;
use engine::{Clock, ProviderWatch, WatchSettings, WatchedTransport};
use http::{Request, Response};
use jiff::Timestamp;
use vapi::{Transport, TransportError};

const API: &str = "http://provider.test";

/// What the next requests meet: a status and a date, or nothing.
type Script = Arc<Mutex<Option<(u16, UtcMs)>>>;

struct Scripted(Script);

#[async_trait]
impl Transport for Scripted {
    async fn send(&self, _: Request<Bytes>, _: Duration) -> Result<Response<Bytes>, TransportError> {
        let (status, at) =
            (*self.0.lock().unwrap()).ok_or_else(|| TransportError::InDoubt("no answer".to_owned()))?;
        let moment = Timestamp::from_millisecond(at.0).unwrap();
        let date = moment.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        Ok(Response::builder()
            .status(status)
            .header("date", date)
            .body(Bytes::new())
            .unwrap())
    }
}

/// A wire on which the watch has its ear.
pub(crate) struct Wire {
    pub(crate) watch: ProviderWatch,
    script: Script,
    transport: WatchedTransport<Scripted>,
}

impl Wire {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        let watch = ProviderWatch::new(WatchSettings::default());
        let script = Script::default();
        Self {
            transport: WatchedTransport::new(Scripted(script.clone()), API, clock, watch.clone()),
            watch,
            script,
        }
    }

    /// One request is answered with this status, by a provider whose clock shows this.
    pub(crate) async fn answers(&self, status: u16, at: UtcMs) {
        *self.script.lock().unwrap() = Some((status, at));
        self.ask().await;
    }

    /// One request is not answered.
    pub(crate) async fn is_silent(&self) {
        *self.script.lock().unwrap() = None;
        self.ask().await;
    }

    async fn ask(&self) {
        let request = Request::builder()
            .uri(format!("{API}/call"))
            .body(Bytes::new())
            .unwrap();
        let _ = self.transport.send(request, Duration::from_secs(1)).await;
    }
}
