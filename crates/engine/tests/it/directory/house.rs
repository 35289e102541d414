//! A provider, a database, and nodes with a directory each. The time stands still until a test moves it.

use std::{
    collections::VecDeque,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use domain::{
    assistant::{Config, MARK},
    campaign::{Kind, Mode},
    directory::{ChangeState, Origin, Patience},
    ids::{AssistantId, CampaignId, ChangeId},
    policy::Policy,
    time::UtcMs,
};
use engine::{Creation, Directory, DirectoryError, Edit, Outcome, VapiAssistants};
use futures::future::BoxFuture;
use http::{Method, Request, Response, StatusCode};
use sandbox::{DEFAULT_PHONE_NUMBER_ID, Faults, LedgerAssistant, LedgerAssistants, Reply, Settings, World};
use serde_json::{Value, json};
use store::{Assistant, CallerNumber, Change, NewCampaign, NewContact, Store, Totals, Version};
use tempfile::TempDir;
use vapi::{ApiKey, Client, TransportError};

use crate::sim::{setup::START_MS, template};

/// A request may take so long.
pub(crate) const REQUEST_MS: i64 = 15_000;
/// What follows from it.
pub(crate) const PATIENCE: Patience = Patience::for_requests_of(REQUEST_MS);
const KEY: &str = "sandbox-key";

/// Everything that one test needs.
pub(crate) struct House {
    pub(crate) store: Store,
    pub(crate) place: Arc<Place>,
    file: PathBuf,
    _folder: TempDir,
}

/// The provider and the time, which all nodes share.
pub(crate) struct Place {
    now_ms: AtomicI64,
    pub(crate) world: Mutex<World>,
    plans: Mutex<VecDeque<(Method, Plan)>>,
}

/// What happens to the next request of a kind.
pub(crate) enum Plan {
    /// The connection is refused: it does not arrive.
    NotSent,
    /// Turned away with this status before it was read.
    Status(u16),
    /// Something else happens before it arrives.
    Before(Meanwhile),
    /// Something else happens between the act and the answer.
    After(Meanwhile),
    /// Turned away with this status before it was read; something else happens before the answer is seen.
    StatusAfter(u16, Meanwhile),
}

/// What happens meanwhile.
pub(crate) type Meanwhile = Box<dyn FnOnce() -> BoxFuture<'static, ()> + Send>;

/// Something that happens meanwhile.
pub(crate) fn meanwhile(what: impl Future<Output = ()> + Send + 'static) -> Meanwhile {
    Box::new(|| Box::pin(what))
}

impl Place {
    pub(crate) fn now(&self) -> UtcMs {
        UtcMs(self.now_ms.load(Ordering::SeqCst))
    }

    /// Lets so many milliseconds pass.
    pub(crate) fn pass(&self, ms: i64) {
        self.now_ms.fetch_add(ms, Ordering::SeqCst);
        let now_ms = self.now().0;
        self.world.lock().unwrap().advance(now_ms);
    }

    /// What a plan makes of the next request of that kind.
    pub(crate) fn plan(&self, method: Method, plan: Plan) {
        self.plans.lock().unwrap().push_back((method, plan));
    }

    fn planned(&self, method: &Method) -> Option<Plan> {
        let mut plans = self.plans.lock().unwrap();
        let index = plans.iter().position(|(of, _)| of == method)?;
        plans.remove(index).map(|(_, plan)| plan)
    }

    /// Somebody else talks to the provider, past us and whatever goes wrong.
    pub(crate) fn past_us(&self, method: Method, path: &str, body: &Value) -> Option<Value> {
        let mut world = self.world.lock().unwrap();
        past_us(&mut world, self.now().0, KEY, method, path, body)
    }

    /// Somebody else changes an assistant at the provider.
    pub(crate) fn patch_past_us(&self, provider_id: &str, body: &Value) {
        let path = format!("/assistant/{provider_id}");
        assert!(self.past_us(Method::PATCH, &path, body).is_some());
    }
}

/// Somebody else talks to the provider, whatever goes wrong otherwise. `None`: it refuses.
pub(crate) fn past_us(
    world: &mut World,
    now_ms: i64,
    key: &str,
    method: Method,
    path: &str,
    body: &Value,
) -> Option<Value> {
    let body = if method == Method::GET || method == Method::DELETE {
        Bytes::new()
    } else {
        Bytes::from(body.to_string())
    };
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {key}"))
        .body(body)
        .unwrap();
    let faults = world.faults().clone();
    world.set_faults(Faults::none());
    let handling = world.handle(&request, now_ms);
    world.set_faults(faults);
    match handling.reply {
        Reply::Answer(answer) if answer.status().is_success() => serde_json::from_slice(answer.body()).ok(),
        _ => None,
    }
}

fn turned_away(status: u16) -> Response<Bytes> {
    let status = StatusCode::from_u16(status).unwrap();
    let body = Bytes::from(json!({"message": status.canonical_reason()}).to_string());
    Response::builder().status(status).body(body).unwrap()
}

#[async_trait]
impl engine::Clock for Place {
    fn now(&self) -> UtcMs {
        Self::now(self)
    }

    async fn sleep(&self, _: i64) {
        std::future::pending::<()>().await;
    }
}

/// A node's wire to the provider. An answer that takes longer than it may is lost.
struct Wire(Arc<Place>);

#[async_trait]
impl vapi::Transport for Wire {
    async fn send(
        &self,
        request: Request<Bytes>,
        timeout: Duration,
    ) -> Result<Response<Bytes>, TransportError> {
        let mut after = None;
        match self.0.planned(request.method()) {
            None => {}
            Some(Plan::NotSent) => return Err(TransportError::NotSent("connection refused".to_owned())),
            Some(Plan::Status(status)) => return Ok(turned_away(status)),
            Some(Plan::StatusAfter(status, meanwhile)) => {
                meanwhile().await;
                return Ok(turned_away(status));
            }
            Some(Plan::Before(meanwhile)) => meanwhile().await,
            Some(Plan::After(meanwhile)) => after = Some(meanwhile),
        }
        let handling = self.0.world.lock().unwrap().handle(&request, self.0.now().0);
        if let Some(meanwhile) = after {
            meanwhile().await;
        }
        if u128::from(handling.delay_ms) > timeout.as_millis() {
            return Err(TransportError::InDoubt("no answer in time".to_owned()));
        }
        match handling.reply {
            Reply::Answer(response) => Ok(response),
            Reply::HangUp => Err(TransportError::InDoubt("the connection was closed".to_owned())),
            Reply::Unreachable => Err(TransportError::NotSent("connection refused".to_owned())),
        }
    }
}

impl House {
    /// One in which nothing has happened yet. The provider has the two assistants of its own, which nobody registered.
    pub(crate) async fn new() -> Self {
        let folder = template::folder();
        let file = template::empty_in(folder.path()).await;
        let place = Place {
            now_ms: AtomicI64::new(START_MS),
            world: Mutex::new(World::new(Settings::default())),
            plans: Mutex::default(),
        };
        Self {
            store: template::open(&file, 1).await,
            place: Arc::new(place),
            file,
            _folder: folder,
        }
    }

    /// A node's directory over the store of the house.
    pub(crate) fn directory(&self) -> Directory {
        self.directory_over(self.store.clone())
    }

    /// A node's directory over this view of the database.
    pub(crate) fn directory_over(&self, store: Store) -> Directory {
        let client = Client::new(
            Arc::new(Wire(self.place.clone())),
            "http://provider.test",
            ApiKey::new(KEY),
        );
        let provider = Arc::new(VapiAssistants::new(client.unwrap()));
        Directory::new(store, provider, self.place.clone(), REQUEST_MS)
    }

    /// The database as another process sees it.
    pub(crate) async fn another_store(&self, id_seed: u64) -> Store {
        template::open(&self.file, id_seed).await
    }

    pub(crate) fn pass(&self, ms: i64) {
        self.place.pass(ms);
    }

    /// From now on these things go wrong.
    pub(crate) fn faults(&self, change: impl FnOnce(&mut Faults)) {
        let mut faults = Faults::none();
        change(&mut faults);
        self.place.world.lock().unwrap().set_faults(faults);
    }

    /// From now on nothing goes wrong.
    pub(crate) fn calm(&self) {
        self.faults(|_| {});
    }

    /// Nothing reaches the provider for so long.
    pub(crate) fn down(&self, ms: i64) {
        let until_ms = self.place.now().0 + ms;
        self.place.world.lock().unwrap().set_down(until_ms);
    }

    /// The provider's assistant, without our mark and what is its own.
    pub(crate) fn held(&self, provider_id: &str) -> Option<Config> {
        let path = format!("/assistant/{provider_id}");
        let held = self.place.past_us(Method::GET, &path, &Value::Null)?;
        Some(Config::from_provider(&held.to_string()).unwrap())
    }

    pub(crate) fn ledger(&self) -> LedgerAssistants {
        self.place.world.lock().unwrap().ledger().assistants
    }

    /// How many requests of a kind the provider got.
    pub(crate) fn requests(&self, pattern: &str) -> u64 {
        let ledger = self.place.world.lock().unwrap().ledger_in_short();
        ledger.requests.get(pattern).copied().unwrap_or(0)
    }

    /// Every assistant that was ever made with our mark for this id.
    pub(crate) fn made_for(&self, id: AssistantId) -> Vec<LedgerAssistant> {
        let mut made = self.ledger().list;
        made.retain(|made| mark_of(made) == Some(id));
        made
    }

    pub(crate) async fn find(&self, id: AssistantId) -> Option<Assistant> {
        self.store.assistant(id).await.unwrap()
    }

    pub(crate) async fn record(&self, id: AssistantId) -> Assistant {
        self.find(id).await.unwrap()
    }

    pub(crate) async fn provider_id(&self, id: AssistantId) -> String {
        self.record(id).await.provider_assistant_id.unwrap()
    }

    /// Its versions, the first one first.
    pub(crate) async fn versions(&self, id: AssistantId) -> Vec<Version> {
        let mut versions = self.store.assistant_versions(id, u32::MAX, 1_000).await.unwrap();
        versions.reverse();
        versions
    }

    pub(crate) async fn origins(&self, id: AssistantId) -> Vec<Origin> {
        self.versions(id)
            .await
            .iter()
            .map(|version| version.origin)
            .collect()
    }

    /// Its change that is open or lost.
    pub(crate) async fn change(&self, id: AssistantId) -> Option<Change> {
        self.record(id).await.change
    }

    /// Its change, which must be in this state.
    pub(crate) async fn change_in(&self, id: AssistantId, state: ChangeState) -> ChangeId {
        let change = self.change(id).await.unwrap();
        assert_eq!(change.state, state, "{change:?}");
        change.id
    }

    /// Guarantee *no silent disagreement*: the record, its last version and the provider are one.
    pub(crate) async fn agree(&self, id: AssistantId) {
        let record = self.record(id).await;
        let ours = Config::parse(&record.config_json).unwrap();
        let provider_id = record.provider_assistant_id.as_deref().unwrap();
        assert_eq!(self.held(provider_id), Some(ours));
        assert_eq!(
            (record.theirs_json, record.gone_at, record.change),
            (None, None, None)
        );
        let versions = self.versions(id).await;
        let numbers: Vec<u32> = versions.iter().map(|version| version.version).collect();
        assert_eq!(numbers, (1..=record.version).collect::<Vec<u32>>());
        let last = versions.last().unwrap();
        assert_eq!(
            (&last.config_json, &last.name),
            (&record.config_json, &record.name)
        );
    }

    /// An assistant that was made without trouble.
    pub(crate) async fn made(&self) -> AssistantId {
        done(self.directory().create(creation(robin())).await)
    }

    /// The provider's assistant as a person who looks at it has seen it.
    pub(crate) async fn seen(&self, id: AssistantId) -> String {
        self.held(&self.provider_id(id).await).unwrap().fingerprint()
    }

    /// A person looks at the present version and saves this.
    pub(crate) async fn saves(&self, id: AssistantId, config: Config) -> Result<Outcome, DirectoryError> {
        let version = self.record(id).await.version;
        self.directory().edit(id, edit(version, config)).await
    }

    /// A campaign that uses an assistant.
    pub(crate) async fn campaign(&self, id: AssistantId) -> CampaignId {
        campaign(&self.store, id, self.place.now()).await.unwrap()
    }

    /// Tends for so long, every two seconds.
    pub(crate) async fn tend_for(&self, ms: i64) {
        let directory = self.directory();
        for _ in 0..ms / 2_000 {
            self.pass(2_000);
            directory.tend().await.unwrap();
        }
    }
}

/// A campaign with one person to call.
pub(crate) async fn campaign(store: &Store, id: AssistantId, now: UtcMs) -> store::Result<CampaignId> {
    let campaign = NewCampaign {
        kind: Kind::List,
        name: "Campaign".to_owned(),
        mode: Mode::Continuous,
        cap: 1,
        batch_size: None,
        quiet_line_gate: false,
        assistant_id: id,
        numbers: vec![CallerNumber {
            id: DEFAULT_PHONE_NUMBER_ID.to_owned(),
            number: None,
        }],
        priority: 0,
        policy: Policy::unrestricted(),
        expires_at: None,
    };
    let contact = NewContact {
        line: 2,
        name: "Ann".to_owned(),
        business_name: String::new(),
        phone: "+14155550199".to_owned(),
        extension: None,
        variables: std::iter::empty::<(String, String)>().collect(),
    };
    let mut import = store.begin_import(&campaign, now).await?;
    import.add(&[contact]).await?;
    let totals = Totals {
        rows: 1,
        ..Totals::default()
    };
    import.finish(totals, &[]).await
}

/// Our id in the metadata of an assistant of the ledger.
pub(crate) fn mark_of(made: &LedgerAssistant) -> Option<AssistantId> {
    made.metadata.as_ref()?.get(MARK)?.as_str()?.parse().ok()
}

/// A configuration of these fields.
pub(crate) fn config(fields: &Value) -> Config {
    Config::parse(&fields.to_string()).unwrap()
}

/// The assistant of most tests.
pub(crate) fn robin() -> Config {
    config(&json!({
        "name": "Robin",
        "firstMessage": "Hello, this is Robin.",
        "model": {"provider": "openai", "model": "gpt-4o", "temperature": 0.4},
    }))
}

/// The same with another greeting.
pub(crate) fn says(greeting: &str) -> Config {
    with(robin(), &json!({"firstMessage": greeting}))
}

/// The same with these changes.
pub(crate) fn with(mut config: Config, patch: &Value) -> Config {
    config.merge(patch.as_object().unwrap());
    config
}

/// A wish for a persistent assistant.
pub(crate) fn creation(config: Config) -> Creation {
    Creation {
        config,
        active: true,
        ephemeral: false,
        origin: Origin::Created,
        author: "Ann".to_owned(),
    }
}

/// A wish to change this version.
pub(crate) fn edit(version: u32, config: Config) -> Edit {
    Edit {
        version,
        config,
        origin: Origin::Edited,
        author: "Ann".to_owned(),
    }
}

/// The assistant of a change that is in force.
pub(crate) fn done(outcome: Result<Outcome, DirectoryError>) -> AssistantId {
    match outcome.unwrap() {
        Outcome::Done(id) => id,
        Outcome::InDoubt(id) => panic!("{id} is in doubt"),
    }
}

/// The assistant of a change in doubt.
pub(crate) fn in_doubt(outcome: Result<Outcome, DirectoryError>) -> AssistantId {
    match outcome.unwrap() {
        Outcome::InDoubt(id) => id,
        Outcome::Done(id) => panic!("{id} is done"),
    }
}
