//! An engine on a real database whose time stands still and whose provider cannot be reached.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use domain::{campaign::Action, ids::CampaignId, time::UtcMs};
use engine::{Engine, VapiTelephony};
use tempfile::TempDir;
use vapi::{ApiKey, Client, TransportError};

use crate::sim::{
    Sim,
    setup::{List, START_MS, Setup, people},
};

/// The moment at which the time stands still.
pub(crate) const NOW: UtcMs = UtcMs(START_MS);

/// The engine, a campaign that has been started, and the folder of their database.
pub(crate) struct Fixture {
    pub(crate) engine: Engine,
    pub(crate) campaign: CampaignId,
    _folder: TempDir,
}

/// A clock that stands still.
struct Still;

#[async_trait]
impl engine::Clock for Still {
    fn now(&self) -> UtcMs {
        NOW
    }

    async fn sleep(&self, _: i64) {
        std::future::pending::<()>().await;
    }
}

/// A provider that cannot be reached.
struct Nobody;

#[async_trait]
impl vapi::Transport for Nobody {
    async fn send(
        &self,
        _: http::Request<Bytes>,
        _: Duration,
    ) -> Result<http::Response<Bytes>, TransportError> {
        Err(TransportError::NotSent("nobody is there".to_owned()))
    }
}

impl Fixture {
    /// One with so many people to call, all of them at once.
    pub(crate) async fn with(calls: usize) -> Self {
        let setup = Setup {
            line_cap: 50,
            campaigns: vec![List::of(50, people(0, calls, "human"))],
            ..Setup::default()
        };
        let (store, campaign, folder) = Sim::database(&setup).await;
        store.act(campaign, Action::Start, NOW).await.unwrap();
        let client = Client::new(Arc::new(Nobody), "http://provider.test", ApiKey::new("key")).unwrap();
        let telephony = Arc::new(VapiTelephony::new(client, None, 600));
        let engine = Engine::new(store, telephony, Arc::new(Still), engine::Settings::default());
        Self {
            engine,
            campaign,
            _folder: folder,
        }
    }
}
