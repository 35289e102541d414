//! A server without a network, and small words to talk to it.

mod answer;
mod form;
mod postgres;
mod provider;
mod wire;

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use async_trait::async_trait;
use autolynx_web::{AppState, Features, Secret, WebSettings, recordings::Recordings, router};
use axum::{Router, body::Body};
use domain::{
    ids::{CallId, CampaignId},
    policy::Policy,
    time::UtcMs,
};
use engine::{Clock, Directory, Engine, Inbox, Settings};
use http::{Method, Request, Response};
use store::{ContactFilter, Options, Page, Store};
use tempfile::TempDir;
use tower::ServiceExt;

pub(crate) use answer::Answer;
pub(crate) use form::{Form, LIST};
pub(crate) use postgres::Postgres;
pub(crate) use provider::{FakeProvider, Trouble};
pub(crate) use wire::Wire;

/// The moment at which every test begins: 2026-11-20 14:30 UTC.
pub(crate) const NOW: UtcMs = UtcMs(1_795_185_000_000);
/// Proves a webhook.
pub(crate) const WEBHOOK_SECRET: &str = "hook-s3cret";
/// Opens the scheduler.
pub(crate) const CRON_SECRET: &str = "cron-s3cret";

/// A clock that stands until it is told to go on.
pub(crate) struct TestClock(AtomicI64);

#[async_trait]
impl Clock for TestClock {
    fn now(&self) -> UtcMs {
        UtcMs(self.0.load(Ordering::SeqCst))
    }

    async fn sleep(&self, _ms: i64) {
        std::future::pending::<()>().await;
    }
}

/// A server with its store, its provider and its clock.
pub(crate) struct Rig {
    pub(crate) app: Router,
    pub(crate) state: AppState,
    pub(crate) store: Store,
    pub(crate) engine: Engine,
    pub(crate) directory: Directory,
    pub(crate) provider: Arc<FakeProvider>,
    /// Whose answers the engine's watch hears, when the rig was made with one.
    pub(crate) wire: Wire,
    clock: Arc<TestClock>,
    settings: WebSettings,
    folder: TempDir,
}

impl Rig {
    /// A server with the usual settings.
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// A server with other settings.
    pub(crate) async fn with(change: impl FnOnce(&mut WebSettings)) -> Self {
        Self::build(change, None, false).await
    }

    /// A server whose engine watches its provider through [`Rig::wire`]. It has answered once, and the clocks agree.
    pub(crate) async fn watched() -> Self {
        let rig = Self::build(|_| {}, None, true).await;
        rig.wire.answers(200, NOW).await;
        rig
    }

    /// A server on which people can listen to recordings.
    pub(crate) async fn with_recordings(recordings: Arc<dyn Recordings>) -> Self {
        Self::build(|_| {}, Some(recordings), false).await
    }

    /// A server over the database at this address.
    pub(crate) async fn over(address: &str) -> Self {
        Self::build_over(TempDir::new().unwrap(), address, |_| {}, None, false).await
    }

    async fn build(
        change: impl FnOnce(&mut WebSettings),
        recordings: Option<Arc<dyn Recordings>>,
        watched: bool,
    ) -> Self {
        let folder = TempDir::new().unwrap();
        let address = format!("sqlite:{}", folder.path().join("web.db").display());
        Self::build_over(folder, &address, change, recordings, watched).await
    }

    async fn build_over(
        folder: TempDir,
        address: &str,
        change: impl FnOnce(&mut WebSettings),
        recordings: Option<Arc<dyn Recordings>>,
        watched: bool,
    ) -> Self {
        let options = Options {
            connections: 4,
            id_seed: 7,
            durable: false,
            ..Options::default()
        };
        let store = Store::open(address, options).await.unwrap();
        store.migrate().await.unwrap();
        let provider = Arc::new(FakeProvider::default());
        let clock = Arc::new(TestClock(AtomicI64::new(NOW.0)));
        let mut engine = Engine::new(
            store.clone(),
            provider.clone(),
            clock.clone(),
            Settings::default(),
        );
        let wire = Wire::new(clock.clone());
        if watched {
            engine = engine.with_watch(wire.watch.clone());
        }
        let mut settings = WebSettings {
            cron_secret: Some(Secret::new(CRON_SECRET)),
            version: "0.0.0-test".to_owned(),
            // Tests call at every hour; those of the rules say what they allow.
            default_policy: Policy::unrestricted(),
            ..WebSettings::default()
        };
        change(&mut settings);
        let directory = Directory::new(store.clone(), provider.clone(), clock.clone(), 15_000);
        directory.seed_templates().await.unwrap();
        let mut state = AppState::new(
            engine.clone(),
            directory.clone(),
            inbox(&engine),
            settings.clone(),
        );
        if let Some(recordings) = recordings {
            state = state.with_recordings(recordings);
        }
        directory.import("asst-1", None, "").await.unwrap();
        Self {
            app: router(state.clone()),
            directory,
            state,
            store,
            engine,
            provider,
            wire,
            clock,
            settings,
            folder,
        }
    }

    /// The same server, started again with other switches.
    pub(crate) fn restart(&mut self, features: Features) {
        self.settings.features = features;
        self.state = AppState::new(
            self.engine.clone(),
            self.directory.clone(),
            inbox(&self.engine),
            self.settings.clone(),
        );
        self.app = router(self.state.clone());
    }

    /// Where the file of the database is.
    pub(crate) fn database_file(&self) -> std::path::PathBuf {
        self.folder.path().join("web.db")
    }

    /// Lets time go on.
    pub(crate) fn wait_ms(&self, ms: i64) {
        self.clock.0.fetch_add(ms, Ordering::SeqCst);
    }

    /// Sends a request as it is and gives the answer back unread.
    pub(crate) async fn raw(&self, request: Request<Body>) -> Response<Body> {
        self.app.clone().oneshot(request).await.unwrap()
    }

    /// Sends a request as it is.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        Answer::read(self.raw(request).await).await
    }

    /// What a program on this machine asks.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(request(Method::GET, path)).await
    }

    /// What a program on this machine asks for.
    pub(crate) async fn post(&self, path: &str) -> Answer {
        self.send(request(Method::POST, path)).await
    }

    /// Sends JSON.
    pub(crate) async fn json(&self, method: Method, path: &str, body: serde_json::Value) -> Answer {
        let mut request = request(method, path);
        *request.body_mut() = Body::from(body.to_string());
        self.send(request).await
    }

    /// Sends a form as a browser without scripts does.
    pub(crate) async fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let encoded = |text: &str| -> String {
            text.bytes()
                .map(|byte| match byte {
                    b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
                    _ => format!("%{byte:02X}"),
                })
                .collect()
        };
        let pairs: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
            .collect();
        let mut request = request(Method::POST, path);
        let kind = "application/x-www-form-urlencoded";
        request
            .headers_mut()
            .insert("content-type", kind.parse().unwrap());
        *request.body_mut() = Body::from(pairs.join("&"));
        self.send(request).await
    }

    /// Uploads a form from a page, which shows the answer.
    pub(crate) async fn upload(&self, path: &str, form: &Form) -> Answer {
        let mut request = form.request();
        *request.uri_mut() = path.parse().unwrap();
        request
            .headers_mut()
            .insert("accept", "text/html, application/json;q=0.9".parse().unwrap());
        self.send(request).await
    }

    /// Imports a form.
    pub(crate) async fn create(&self, form: Form) -> Answer {
        self.send(form.request()).await
    }

    /// Imports the usual list and gives the campaign's id back.
    pub(crate) async fn campaign(&self) -> CampaignId {
        let created = self.create(Form::new()).await;
        created.expect(201).json()["campaign"]["id"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap()
    }

    /// Starts a campaign and lets the engine dial what it can.
    pub(crate) async fn dial(&self, id: CampaignId) {
        self.post(&format!("/api/campaigns/{id}/start")).await.expect(200);
        self.engine.dispatch(self.engine.clock().now()).await.unwrap();
    }

    /// The latest call of the person with this name.
    pub(crate) async fn call_of(&self, id: CampaignId, name: &str) -> CallId {
        let filter = ContactFilter {
            search: Some(name.to_owned()),
            ..ContactFilter::default()
        };
        let rows = self
            .store
            .contacts(id, &filter, Page { limit: 1, offset: 0 })
            .await
            .unwrap();
        rows[0].call_id.expect("a person who was called")
    }

    /// Sends a webhook of the provider.
    pub(crate) async fn webhook(&self, message: serde_json::Value) -> Answer {
        self.send(webhook(
            WEBHOOK_SECRET,
            &serde_json::json!({ "message": message }).to_string(),
        ))
        .await
    }
}

fn inbox(engine: &Engine) -> Inbox {
    let auth = vapi::WebhookAuth::shared_secret(vapi::Secret::new(WEBHOOK_SECRET));
    Inbox::new(engine.clone(), Some(auth))
}

/// A request from this machine without a body.
pub(crate) fn request(method: Method, path: &str) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(path)
        .header("host", "localhost")
        .body(Body::empty())
        .unwrap()
}

/// A webhook with this secret.
pub(crate) fn webhook(secret: &str, body: &str) -> Request<Body> {
    let mut request = request(Method::POST, "/api/webhooks/vapi");
    request
        .headers_mut()
        .insert("host", "dialler.example".parse().unwrap());
    request
        .headers_mut()
        .insert("x-vapi-secret", secret.parse().unwrap());
    *request.body_mut() = Body::from(body.to_owned());
    request
}
