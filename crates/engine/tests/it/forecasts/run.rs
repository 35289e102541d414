//! One run: a first list that the account learns from, then the campaign that is forecast, alone or beside another.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
};

use async_trait::async_trait;
use domain::{
    call::{CallRef, CallState, Dialling, End, Fact, Source},
    campaign::{Action, Kind, Mode},
    hours::Hours,
    ids::CampaignId,
    money::UsdMicros,
    policy::Policy,
    retry::Retries,
    time::{DAY_MS, HOUR_MS, MINUTE_MS, UtcMs},
};
use engine::{DialAnswer, Engine, Listing, LookupError, ProviderNumber, Telephony};
use rand::RngExt;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use store::{CallerNumber, Dial, NewCampaign, NewContact, Store, Totals};
use tempfile::TempDir;

use super::town::Town;
use crate::{
    crowded::Moved,
    sim::template::{self, Template},
};

/// Monday, midnight UTC.
const MONDAY: UtcMs = UtcMs(1_794_182_400_000);
/// Beginnings of numbers all over the United States.
const AREAS: [&str; 8] = [
    "+1212555", "+1305555", "+1512555", "+1312555", "+1303555", "+1206555", "+1415555", "+1808555",
];

/// The provider, and the facts that are under way to us.
struct Provider {
    town: Mutex<Town>,
    coming: Mutex<BTreeMap<(i64, u64), Fact>>,
    told: Mutex<u64>,
}

#[async_trait]
impl Telephony for Provider {
    async fn dial(&self, dial: &Dial, now: UtcMs) -> DialAnswer {
        let course = self.town.lock().unwrap().call(&dial.phone);
        let mut told = self.told.lock().unwrap();
        *told += 1;
        let id = format!("call-{told}");
        let accepted = CallState {
            dialling: Dialling::Accepted,
            provider_call_id: Some(id.clone()),
            accepted_at: Some(now),
            ..CallState::default()
        };
        let answered = now + course.ring_ms;
        let ended = answered + course.talk_ms.unwrap_or(0);
        let mut says = CallState {
            ringing_at: Some(now),
            started_at: course.talk_ms.map(|_| answered),
            end: Some(End {
                reason: Some(course.reason.to_owned()),
                message: None,
                at: ended,
            }),
            ..accepted.clone()
        };
        says.details.user_turns = Some(course.turns);
        says.details.cost = Some(UsdMicros(course.cost_usd_micros));
        let fact = |source, kind: &str, at, says| Fact {
            call: CallRef {
                number: None,
                call_id: Some(dial.call_id),
                provider_call_id: Some(id.clone()),
            },
            source,
            kind: kind.to_owned(),
            at,
            says,
            payload: None,
        };
        let told_at = ended.0 + course.told_after_ms;
        let end = fact(Source::Webhook, "end-of-call-report", ended, says);
        self.coming.lock().unwrap().insert((told_at, *told), end);
        DialAnswer::Accepted {
            fact: Box::new(fact(Source::Dial, "dial.accepted", now, accepted)),
            lines: None,
        }
    }

    async fn changed_since(&self, _: UtcMs, _: UtcMs) -> Result<Listing, LookupError> {
        Ok(Listing::default())
    }

    async fn created_between(&self, _: &str, _: UtcMs, _: UtcMs, _: UtcMs) -> Result<Listing, LookupError> {
        Ok(Listing::default())
    }

    async fn look_up(&self, _: &str, _: UtcMs) -> Result<Option<Fact>, LookupError> {
        Ok(None)
    }

    async fn hang_up(&self, _: &str) -> Result<(), String> {
        Ok(())
    }

    async fn phone_numbers(&self) -> Result<Vec<ProviderNumber>, LookupError> {
        Ok(Vec::new())
    }
}

/// A run under way.
pub(crate) struct Run {
    rng: ChaCha8Rng,
    engine: Engine,
    provider: Arc<Provider>,
    clock: Arc<Moved>,
    numbers: u32,
    _folder: TempDir,
}

impl Run {
    pub(crate) async fn new(seed: u64) -> Self {
        let template = Template::get().await;
        let folder = template::folder();
        let store = template::open(&template.copy_into(folder.path()), seed).await;
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        store.set_line_cap(rng.random_range(3..=10)).await.unwrap();
        let clock = Arc::new(Moved(AtomicI64::new(MONDAY.0 + rng.random_range(0..5 * DAY_MS))));
        let provider = Arc::new(Provider {
            town: Mutex::new(Town::draw(seed)),
            coming: Mutex::default(),
            told: Mutex::new(0),
        });
        let engine = Engine::new(
            store,
            provider.clone(),
            clock.clone(),
            engine::Settings::default(),
        );
        Self {
            rng,
            engine,
            provider,
            clock,
            numbers: 0,
            _folder: folder,
        }
    }

    pub(crate) fn store(&self) -> &Store {
        self.engine.store()
    }

    pub(crate) fn now(&self) -> UtcMs {
        UtcMs(self.clock.0.load(Ordering::SeqCst))
    }

    fn policy(&mut self) -> Policy {
        let hours = match self.rng.random_range(0..4) {
            0 => Hours::anytime(),
            1 => Hours::preset("us-states").unwrap(),
            _ => Hours::preset("us-federal").unwrap(),
        };
        let retries = match self.rng.random_range(0..4) {
            0 => Retries::none(),
            1 => Retries {
                no_answer: vec![20 * MINUTE_MS, HOUR_MS],
                busy: vec![5 * MINUTE_MS; 2],
                voicemail: vec![2 * HOUR_MS],
                ..Retries::default()
            },
            _ => Retries::default(),
        };
        Policy {
            hours,
            retries,
            ..Policy::standard()
        }
    }

    async fn import(&mut self, people: u32, cap: u32) -> CampaignId {
        let policy = self.policy();
        let batches = self.rng.random::<f64>() < 0.25;
        let campaign = NewCampaign {
            kind: Kind::List,
            name: "A campaign".to_owned(),
            mode: if batches { Mode::Batch } else { Mode::Continuous },
            cap,
            batch_size: batches.then_some(people.div_ceil(3)),
            quiet_line_gate: false,
            assistant_id: Template::get().await.assistants[0],
            numbers: vec![CallerNumber {
                id: "number-a".to_owned(),
                number: None,
            }],
            priority: 0,
            policy,
            expires_at: None,
        };
        let contacts: Vec<NewContact> = (0..people)
            .map(|nth| {
                self.numbers += 1;
                let area = AREAS[self.rng.random_range(0..AREAS.len())];
                NewContact {
                    line: u64::from(nth) + 2,
                    name: "Somebody".to_owned(),
                    business_name: String::new(),
                    phone: format!("{area}{:04}", self.numbers),
                    extension: None,
                    variables: BTreeMap::new(),
                }
            })
            .collect();
        let now = self.now();
        let mut import = self.engine.store().begin_import(&campaign, now).await.unwrap();
        import.add(&contacts).await.unwrap();
        let totals = Totals {
            rows: people,
            ..Totals::default()
        };
        let id = import.finish(totals, &[]).await.unwrap();
        self.store().act(id, Action::Start, now).await.unwrap();
        id
    }

    /// Calls from which the account learns; in one run of five there are none.
    pub(crate) async fn call_the_first_list(&mut self) {
        if self.rng.random::<f64>() < 0.2 {
            return;
        }
        let people = self.rng.random_range(30..150);
        let id = self.import(people, 10).await;
        self.call_to_the_end(id).await;
        let pause_ms = self.rng.random_range(0..3 * DAY_MS);
        self.clock.0.fetch_add(pause_ms, Ordering::SeqCst);
    }

    /// Imports and starts the campaign that is forecast, and sometimes another one beside it. Returns its cap too.
    pub(crate) async fn begin_the_second(&mut self) -> (CampaignId, u32) {
        if self.rng.random::<f64>() < 0.25 {
            let people = self.rng.random_range(10..60);
            self.import(people, 5).await;
        }
        let (people, cap) = (self.rng.random_range(20..150), self.rng.random_range(1..=8));
        (self.import(people, cap).await, cap)
    }

    /// Lets time pass until the campaign is complete. Returns when that was, and what it cost.
    pub(crate) async fn call_to_the_end(&mut self, id: CampaignId) -> (UtcMs, UsdMicros) {
        loop {
            let now = self.now();
            let claim = self.engine.claim(now).await.unwrap();
            for dial in &claim.dials {
                self.engine.dial(dial).await.unwrap();
            }
            if claim.dials.is_empty() {
                let campaign = self.store().campaign(id).await.unwrap().unwrap();
                if let Some(completed_at) = campaign.completed_at {
                    let spending = self.store().spending(id).await.unwrap();
                    return (completed_at, spending.spent);
                }
                let coming = self
                    .provider
                    .coming
                    .lock()
                    .unwrap()
                    .keys()
                    .next()
                    .map(|(at, _)| UtcMs(*at));
                let next = [coming, claim.next_eligible_at].into_iter().flatten().min();
                let next = next
                    .expect("a campaign that is not complete goes on")
                    .max(now + 1);
                self.clock.0.store(next.0, Ordering::SeqCst);
            }
            self.hear().await;
        }
    }

    /// Takes the facts that have come by now.
    async fn hear(&self) {
        let now = self.now();
        loop {
            let fact = {
                let mut coming = self.provider.coming.lock().unwrap();
                match coming.first_entry() {
                    Some(first) if first.key().0 <= now.0 => first.remove(),
                    _ => return,
                }
            };
            self.engine.observe(&[fact], now).await.unwrap();
        }
    }
}
