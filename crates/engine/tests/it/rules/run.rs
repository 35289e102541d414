//! A run: nodes, provider and people on one agenda, from the start of the campaigns until nothing more can happen.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use domain::{
    campaign::{Action, CampaignStatus, Kind},
    ids::AssistantId,
    policy::Policy,
    retry::REDIALLED,
    suppression::Pattern,
    time::{HOUR_MS, SECOND_MS, UtcMs},
    waiting::Cause,
};
use engine::Engine;
use sandbox::World;
use store::{
    Acted, Appended, CallerNumber, CampaignEdit, Edited, NewCampaign, NewContact, NewSuppression,
    PolicyChanged, Redialled, Store, SuppressionSource, Totals, Wake,
};

use super::{
    draw::{Act, List, RUN_MS, Setup},
    ledger::{Campaign, Forbidden, History, Ledger},
    node::Node,
    people::Person,
    provider::{Provider, Wire},
    removed::Removed,
};
use crate::sim::{
    Turn,
    core::{Core, Due, Job, TaskId, Trouble},
    database::Database,
    edges::VirtualClock,
    turn,
};

/// A run under way.
pub(crate) struct Run {
    pub(crate) core: Arc<Core>,
    pub(crate) setup: Setup,
    /// The people at their screens. They never crash.
    pub(crate) desk: Store,
    ledger: Arc<Mutex<Ledger>>,
    provider: Arc<Provider>,
    nodes: Vec<Option<Node>>,
    tasks: BTreeMap<TaskId, (usize, Job)>,
    starts: u64,
    acts_left: usize,
    done: bool,
    database: Database,
}

/// A node that is none of those that die.
const ELSEWHERE: usize = 99;

/// How often somebody looks after the campaigns.
const LOOK_MS: i64 = 12 * HOUR_MS;

impl Run {
    /// Sets everything up. Nothing has happened yet.
    pub(crate) async fn new(mut setup: Setup) -> Self {
        setup.weather.hides_opt_outs = setup.removed == Some(Removed::OptOut);
        let (database, assistants) = Database::new(setup.kind).await;
        let desk = database.open(setup.seed).await;
        let trouble = Trouble {
            deaths: setup.deaths.0,
            death: setup.deaths.1,
            interleaving: 0.05,
            stall: setup.deaths.1,
            late: 0.1,
            // In a large run one of five is enough to race with.
            lost_wake: if setup.is_large() { 0.8 } else { 0.02 },
        };
        let world = World::new(sandbox::Settings::default());
        let core = Core::new(
            setup.seed,
            setup.start_ms,
            trouble,
            setup.traced,
            world,
            desk.clone(),
        );
        let ledger = Arc::new(Mutex::new(Ledger::new(setup.line_cap - setup.reserved)));
        let provider = Arc::new(Provider::new(core.clone(), ledger.clone(), setup.weather));
        let mut run = Self {
            desk,
            ledger,
            provider,
            nodes: (0..setup.nodes).map(|_| None).collect(),
            tasks: BTreeMap::new(),
            starts: 0,
            acts_left: setup.acts.len(),
            done: false,
            database,
            setup,
            core,
        };
        run.open_account().await;
        for place in 0..run.setup.campaigns.len() {
            run.import(place, &assistants).await;
        }
        for (index, (after_ms, _)) in run.setup.acts.iter().enumerate() {
            run.core
                .plan(run.setup.start_ms + after_ms, Due::Planned { index });
        }
        run.core.plan(run.setup.start_ms + LOOK_MS, Due::Look);
        for node in 0..run.setup.nodes {
            run.start(node).await;
        }
        run
    }

    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap()
    }

    fn is_removed(&self, rule: Removed) -> bool {
        self.setup.removed == Some(rule)
    }

    /// What the program is told of a policy.
    fn told(&self, policy: &Policy) -> Policy {
        match self.setup.removed {
            Some(rule) => rule.from(policy.clone()),
            None => policy.clone(),
        }
    }

    async fn open_account(&self) {
        self.desk.set_line_cap(self.setup.line_cap).await.unwrap();
        let reserved = if self.is_removed(Removed::LinesKeptFree) {
            0
        } else {
            self.setup.reserved
        };
        let per_second = self
            .setup
            .per_second
            .filter(|_| !self.is_removed(Removed::CallsPerSecond));
        self.desk.set_pace(reserved, per_second).await.unwrap();
        self.ledger().per_second = History::new(self.setup.per_second);
        for (number, cap) in &self.setup.number_caps {
            if !self.is_removed(Removed::NumberCap) {
                self.desk
                    .set_number_cap(number, Some(*cap), self.core.now())
                    .await
                    .unwrap();
            }
            self.ledger()
                .number_caps
                .insert((*number).to_owned(), History::new(Some(*cap)));
        }
    }

    async fn import(&self, place: usize, assistants: &[AssistantId; 2]) {
        let list: &List = &self.setup.campaigns[place];
        let now = self.core.now();
        let expires_at = list.expires_after_ms.map(|after_ms| now + after_ms);
        let campaign = NewCampaign {
            kind: Kind::List,
            name: format!("Campaign {place}"),
            mode: list.mode,
            cap: if self.is_removed(Removed::CampaignCap) {
                50
            } else {
                list.cap
            },
            batch_size: list.batch_size,
            quiet_line_gate: list.quiet_line_gate,
            assistant_id: assistants[place % 2],
            numbers: list
                .numbers
                .iter()
                .map(|id| CallerNumber {
                    id: (*id).to_owned(),
                    number: None,
                })
                .collect(),
            priority: list.priority,
            policy: self.told(&list.policy),
            expires_at: expires_at.filter(|_| !self.is_removed(Removed::Expiry)),
        };
        let mut import = self.desk.begin_import(&campaign, now).await.unwrap();
        let people = contacts(&list.people);
        for people in people.chunks(2_000) {
            import.add(people).await.unwrap();
        }
        let totals = Totals {
            rows: u32::try_from(people.len()).unwrap(),
            ..Totals::default()
        };
        let id = import.finish(totals, &[]).await.unwrap();
        self.ledger().campaigns.push(Campaign {
            id,
            policy: History::new(list.policy.clone()),
            cap: History::new(list.cap),
            calls_from_ms: History::new(i64::MAX),
            expires_ms: History::new(expires_at.map_or(i64::MAX, |at| at.0)),
            redials: Vec::new(),
            people: list
                .people
                .iter()
                .map(|person| (person.phone.clone(), person.clone()))
                .collect(),
        });
    }

    /// Runs until nothing more can happen, or the time is over.
    pub(crate) async fn run(&mut self) {
        while !self.done && self.ledger().broken.is_empty() {
            self.step().await;
        }
    }

    async fn step(&mut self) {
        match self.core.take() {
            Some(Due::Resume { task, wait }) => self.resume(task, wait).await,
            Some(Due::Restart { node }) => self.start(node).await,
            Some(Due::Planned { index }) => {
                let act = if let Some((_, act)) = self.setup.acts.get(index) {
                    self.acts_left -= 1;
                    act.clone()
                } else {
                    self.ledger().ambushes[index - self.setup.acts.len()].clone()
                };
                self.core.log(format_args!("somebody: {act:?}"));
                self.act(act).await;
                if self.core.happens(0.5) {
                    self.rouse_all();
                }
            }
            Some(Due::Deliver { message }) => {
                let alive: Vec<&Node> = self.nodes.iter().flatten().collect();
                match alive.get(usize::try_from(self.core.draw(0, 2)).unwrap() % alive.len().max(1)) {
                    Some(node) => node.receive(message),
                    None => self.provider.not_taken(message),
                }
            }
            Some(Due::Look) => self.look().await,
            Some(Due::GiveUp { .. } | Due::Room { .. }) | None => {}
        }
        for task in self.core.adopt() {
            self.tasks.insert(task.id, (task.node, task.job));
        }
        self.carry_wakes();
    }

    async fn resume(&mut self, task: TaskId, wait: u64) {
        if !self.core.begin_turn(task, wait) {
            return;
        }
        let (node, job) = self.tasks.get_mut(&task).unwrap();
        let node = *node;
        match turn(&self.core, job).await {
            Turn::Done => self.forget(task),
            Turn::Blocked => {}
            Turn::NodeDied => self.die(node).await,
        }
    }

    fn forget(&mut self, task: TaskId) {
        self.tasks.remove(&task);
        self.core.forget(task);
        self.ledger().forget(task);
    }

    async fn start(&mut self, node: usize) {
        self.starts += 1;
        let id_seed = self.setup.seed.wrapping_mul(1_000).wrapping_add(self.starts);
        let started = Node::start(
            &self.core,
            &self.ledger,
            &self.provider,
            node,
            &self.setup,
            self.database.open(id_seed).await,
        )
        .await;
        self.nodes[node] = Some(started);
    }

    /// Ends a node at once, with everything that it has under way.
    async fn die(&mut self, node: usize) {
        let Some(dead) = self.nodes[node].take() else {
            return;
        };
        for task in self.core.adopt() {
            self.tasks.insert(task.id, (task.node, task.job));
        }
        let its = self.tasks.iter().filter(|(_, (of, _))| *of == node);
        for task in its.map(|(task, _)| *task).collect::<Vec<_>>() {
            self.forget(task);
        }
        dead.engine.store().close().await;
        self.core.seen(|seen| seen.deaths += 1);
        let after_ms = self.core.draw(100, 2 * HOUR_MS);
        self.core
            .log(format_args!("node {node} is dead for {after_ms} ms"));
        self.core
            .plan(self.core.now().0 + after_ms, Due::Restart { node });
    }

    fn carry_wakes(&mut self) {
        for node in 0..self.nodes.len() {
            let mut freed = false;
            if let Some(node) = &mut self.nodes[node] {
                while let Ok(wake) = node.wakes.try_recv() {
                    freed |= wake == Wake::Dispatch;
                }
            }
            if !freed {
                continue;
            }
            self.core.rouse(node, 1);
            // Of the others one is enough to race with.
            let other = (node + 1) % self.nodes.len();
            if !self.core.happens(self.core.trouble().lost_wake) {
                self.core.rouse(other, self.core.draw(0, 60));
            }
        }
    }

    fn rouse_all(&self) {
        for node in 0..self.nodes.len() {
            self.core.rouse(node, 1);
        }
    }

    /// Does something with a campaign. Whether it was possible.
    async fn press(&self, place: usize, action: Action) -> bool {
        let hidden = match action {
            Action::Pause => Removed::Pause,
            _ => Removed::Cancel,
        };
        let stops = matches!(action, Action::Pause | Action::Cancel | Action::Abort);
        let id = self.ledger().campaigns[place].id;
        if stops && self.is_removed(hidden) {
            return self.desk.campaign(id).await.unwrap().unwrap().status.may_dial();
        }
        matches!(
            self.desk.act(id, action, self.core.now()).await.unwrap(),
            Acted::Done(_)
        )
    }

    /// From now on a campaign may call from that moment on.
    fn calls_from(&self, place: usize, from_ms: i64) {
        let mut ledger = self.ledger();
        let mark = ledger.mark(self.core.now().0);
        ledger.campaigns[place].calls_from_ms.set(mark, from_ms);
    }

    async fn act(&self, act: Act) {
        let now = self.core.now();
        match act {
            Act::Start(place) => {
                if self.press(place, Action::Start).await {
                    self.calls_from(place, 0);
                }
            }
            Act::Schedule(place, after_ms) => {
                let id = self.ledger().campaigns[place].id;
                if matches!(
                    self.desk.schedule(id, now + after_ms, now).await.unwrap(),
                    Acted::Done(_)
                ) {
                    self.calls_from(place, now.0 + after_ms);
                }
            }
            Act::Pause(place) => {
                if self.press(place, Action::Pause).await {
                    self.calls_from(place, i64::MAX);
                }
            }
            Act::Resume(place) => {
                if self.press(place, Action::Resume).await {
                    self.calls_from(place, 0);
                }
            }
            Act::Cancel(place) => {
                if self.press(place, Action::Cancel).await {
                    self.calls_from(place, i64::MAX);
                }
            }
            Act::Abort(place) => {
                if self.press(place, Action::Abort).await {
                    self.calls_from(place, i64::MAX);
                    self.hang_up();
                }
            }
            Act::Redial(place) => {
                let id = self.ledger().campaigns[place].id;
                if matches!(
                    self.desk.redial(id, &REDIALLED, now).await.unwrap(),
                    Redialled::Done { .. }
                ) {
                    let mut ledger = self.ledger();
                    let mark = ledger.mark(now.0);
                    ledger.campaigns[place].redials.push(mark);
                    ledger.campaigns[place].calls_from_ms.set(mark, 0);
                }
            }
            Act::Append(place, people) => {
                let id = self.ledger().campaigns[place].id;
                let appended = self.desk.append(id, &contacts(&people), now).await.unwrap();
                if matches!(appended, Appended::Done { .. }) {
                    let mut ledger = self.ledger();
                    for person in people {
                        let known = &mut ledger.campaigns[place].people;
                        known.entry(person.phone.clone()).or_insert(person);
                    }
                }
            }
            Act::Policy(place, policy) => self.change_policy(place, *policy).await,
            Act::Cap(place, cap) => {
                let edit = CampaignEdit {
                    cap: Some(cap),
                    ..CampaignEdit::default()
                };
                if self.edit(place, edit, Removed::CampaignCap).await {
                    let mut ledger = self.ledger();
                    let mark = ledger.mark(now.0);
                    ledger.campaigns[place].cap.set(mark, cap);
                }
            }
            Act::Expire(place, after_ms) => {
                let edit = CampaignEdit {
                    expires_at: Some(Some(now + after_ms)),
                    ..CampaignEdit::default()
                };
                if self.edit(place, edit, Removed::Expiry).await {
                    let mut ledger = self.ledger();
                    let mark = ledger.mark(now.0);
                    ledger.campaigns[place].expires_ms.set(mark, now.0 + after_ms);
                }
            }
            Act::Forbid {
                campaign,
                nth,
                digits,
                everywhere,
                for_ms,
            } => {
                let phone = &self.setup.campaigns[campaign].people[nth].phone;
                let number = digits.map_or(phone.as_str(), |digits| &phone[..digits]);
                self.forbid(
                    number,
                    digits.is_some(),
                    (!everywhere).then_some(campaign),
                    for_ms,
                )
                .await;
            }
            Act::ForbidNumber(number) => self.forbid(&number, false, None, None).await,
            Act::Lines(lines, reserved, per_second) => {
                let reserved = reserved.min(lines - 1);
                let lines = lines.max(self.setup.line_cap / 2);
                self.desk.set_line_cap(lines).await.unwrap();
                let told = (
                    if self.is_removed(Removed::LinesKeptFree) {
                        0
                    } else {
                        reserved
                    },
                    per_second.filter(|_| !self.is_removed(Removed::CallsPerSecond)),
                );
                self.desk.set_pace(told.0, told.1).await.unwrap();
                let mut ledger = self.ledger();
                let mark = ledger.mark(now.0);
                ledger.usable.set(mark, lines - reserved);
                ledger.per_second.set(mark, per_second);
            }
            Act::NumberCap(number, cap) => {
                if !self.is_removed(Removed::NumberCap) {
                    self.desk.set_number_cap(number, Some(cap), now).await.unwrap();
                }
                let mut ledger = self.ledger();
                let mark = ledger.mark(now.0);
                let caps = ledger
                    .number_caps
                    .entry(number.to_owned())
                    .or_insert(History::new(None));
                caps.set(mark, Some(cap));
            }
            Act::ProviderDown(ms) => self.provider.go_down(ms),
        }
    }

    /// Some node that never dies hangs up the calls of aborted campaigns for a while.
    fn hang_up(&self) {
        let core = self.core.clone();
        let telephony = Wire {
            at_once: true,
            node: ELSEWHERE,
            provider: self.provider.clone(),
        };
        let clock = VirtualClock::right(&core);
        let engine = Engine::new(
            self.desk.clone(),
            Arc::new(telephony),
            Arc::new(clock),
            engine::Settings::default(),
        );
        self.core.spawn(ELSEWHERE, "hangs up".to_owned(), async move {
            for _ in 0..20 {
                engine.hang_up(core.now()).await.unwrap();
                core.wait(15 * SECOND_MS).await;
            }
        });
    }

    async fn edit(&self, place: usize, edit: CampaignEdit, rule: Removed) -> bool {
        let id = self.ledger().campaigns[place].id;
        if self.is_removed(rule) {
            return !self.desk.campaign(id).await.unwrap().unwrap().status.is_final();
        }
        self.desk.edit_campaign(id, &edit, self.core.now()).await.unwrap() == Edited::Done
    }

    async fn change_policy(&self, place: usize, policy: Policy) {
        let now = self.core.now();
        let id = self.ledger().campaigns[place].id;
        let seen = self.desk.policy(id).await.unwrap().unwrap().version;
        let changed = self
            .desk
            .change_policy(id, seen, &self.told(&policy), "somebody", now)
            .await
            .unwrap();
        assert!(matches!(changed, PolicyChanged::Version(_)));
        let mut ledger = self.ledger();
        let mark = ledger.mark(now.0);
        ledger.campaigns[place].policy.set(mark, policy);
    }

    async fn forbid(&self, number: &str, is_prefix: bool, campaign: Option<usize>, for_ms: Option<i64>) {
        let now = self.core.now();
        let entry = NewSuppression {
            pattern: if is_prefix {
                Pattern::Prefix(number.to_owned())
            } else {
                Pattern::Exact(number.to_owned())
            },
            reason: None,
            expires_at: for_ms.map(|ms| now + ms),
        };
        if !self.is_removed(Removed::DoNotCall) {
            let id = campaign.map(|place| self.ledger().campaigns[place].id);
            self.desk
                .forbid(&[entry], id, SuppressionSource::Person, "somebody", now)
                .await
                .unwrap();
        }
        let mut ledger = self.ledger();
        let since = ledger.mark(now.0);
        ledger.forbidden.push(Forbidden {
            since,
            number: number.to_owned(),
            is_prefix,
            campaign,
            until_ms: for_ms.map_or(i64::MAX, |ms| now.0 + ms),
        });
    }

    /// Somebody looks after the campaigns: lets those go on that were not paused by a person, and sees when all is over.
    async fn look(&mut self) {
        let now = self.core.now();
        let mut waits = false;
        for place in 0..self.setup.campaigns.len() {
            let (id, stopped) = {
                let ledger = self.ledger();
                let campaign = &ledger.campaigns[place];
                (campaign.id, *campaign.calls_from_ms.last() == i64::MAX)
            };
            let campaign = self.desk.campaign(id).await.unwrap().unwrap();
            if campaign.status == CampaignStatus::Paused && !stopped && self.core.happens(0.7) {
                self.press(place, Action::Resume).await;
                self.rouse_all();
            }
            waits |= campaign.open_calls > 0 || self.acts_left > 0;
            if waits {
                continue;
            }
            let why = self.desk.why(&campaign, now).await.unwrap();
            let over = why.campaign.iter().any(|waiting| {
                matches!(
                    waiting.cause,
                    Cause::Over { .. } | Cause::Expired | Cause::NotStarted
                ) || (stopped && matches!(waiting.cause, Cause::Paused { .. }))
            });
            waits = !over && why.contacts.iter().any(|waiting| waiting.cause != Cause::NoZone);
        }
        let late = now.0 >= self.setup.start_ms + RUN_MS;
        let idle = !waits && !self.provider.is_busy(now.0 - 2 * HOUR_MS);
        self.done = late || idle;
        self.core.plan(now.0 + LOOK_MS, Due::Look);
    }

    /// Leaves nothing behind.
    pub(crate) async fn remove(self) {
        drop(self.tasks);
        for node in self.nodes.into_iter().flatten() {
            node.engine.store().close().await;
        }
        self.desk.close().await;
        self.database.remove().await;
    }

    /// The moment at which it ended.
    pub(crate) fn now(&self) -> UtcMs {
        self.core.now()
    }
}

fn contacts(people: &[Person]) -> Vec<NewContact> {
    people
        .iter()
        .enumerate()
        .map(|(position, person)| NewContact {
            line: u64::try_from(position).unwrap() + 2,
            name: "Somebody".to_owned(),
            business_name: String::new(),
            phone: person.phone.clone(),
            extension: None,
            variables: person.variables.clone(),
        })
        .collect()
}
