//! A simulation: nodes, provider and people on one agenda of virtual time.
//!
//! Every step of it resumes exactly one task and polls it until it waits for a moment again or is done. A task that
//! waits for the database is polled on, so only one task at a time does database work and no thread's speed decides
//! anything: the same seed gives the same run.

pub(crate) mod checks;
pub(crate) mod core;
pub(crate) mod database;
pub(crate) mod draw;
pub(crate) mod edges;
mod node;
pub(crate) mod setup;
pub(crate) mod template;
pub(crate) mod truth;

use std::{
    collections::BTreeMap,
    future::poll_fn,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    task::Poll,
};

use bytes::Bytes;
use domain::{
    campaign::{Action, CampaignStatus},
    ids::{AssistantId, CampaignId},
    policy::Policy,
    time::{HOUR_MS, MINUTE_MS, UtcMs},
};
use http::Request;
use sandbox::{DEFAULT_ASSISTANT_ID, DEFAULT_PHONE_NUMBER_ID, World};
use serde_json::json;
use store::{Acted, CallerNumber, Campaign, NewCampaign, NewContact, Page, Store, Totals, Wake};
use tempfile::TempDir;

use self::{
    core::{Core, Due, Job, TaskId},
    database::Database,
    node::Node,
    setup::{List, Planned, START_MS, Setup},
    template::Template,
};

/// A run under way.
pub(crate) struct Sim {
    pub(crate) core: Arc<Core>,
    pub(crate) setup: Setup,
    /// A person at a screen: reads and acts without ever crashing.
    pub(crate) desk: Store,
    pub(crate) campaigns: Vec<CampaignId>,
    nodes: Vec<Option<Node>>,
    tasks: BTreeMap<TaskId, (usize, Job)>,
    starts: u64,
    /// Until when the machine of each node sleeps.
    asleep_until_ms: Vec<i64>,
    /// How far the machine's clock of each node goes ahead, in milliseconds. It outlives the node.
    skews_ms: Vec<Arc<AtomicI64>>,
    /// When every campaign was first seen final.
    final_since_ms: Option<i64>,
    done: bool,
    database: Database,
}

/// How often somebody looks after the campaigns, in milliseconds.
const LOOK_MS: i64 = 30_000;
/// A campaign that is not final by then is lost.
const PATIENCE_MS: i64 = 24 * HOUR_MS;
/// For how long late news may come after the last campaign is final.
const AFTERMATH_MS: i64 = 20 * MINUTE_MS;
/// For how long at least, although none seems to be under way.
const QUIET_MS: i64 = 8 * MINUTE_MS;

/// What became of a turn.
pub(crate) enum Turn {
    /// The task is done.
    Done,
    /// It waits for a moment.
    Blocked,
    /// Its node died in it.
    NodeDied,
}

/// Polls a task until it waits for a moment or is done. While it waits for the database it is polled on.
pub(crate) async fn turn(core: &Core, job: &mut Job) -> Turn {
    let turn = poll_fn(|context| {
        core.before_poll();
        let polled = job.as_mut().poll(context);
        match (polled, core.after_poll()) {
            (Poll::Ready(()), _) => Poll::Ready(Turn::Done),
            (Poll::Pending, (_, true)) => Poll::Ready(Turn::NodeDied),
            (Poll::Pending, (true, _)) => Poll::Ready(Turn::Blocked),
            (Poll::Pending, _) => Poll::Pending,
        }
    })
    .await;
    core.end_turn();
    turn
}

impl Sim {
    /// Sets everything up at the beginning of time. Nothing has happened yet.
    pub(crate) async fn new(setup: Setup) -> Self {
        let (database, assistants) = Database::new(setup.kind).await;
        let desk = database.open(setup.seed).await;
        let core = Core::new(
            setup.seed,
            START_MS,
            setup.trouble,
            setup.traced,
            World::new(setup.provider.clone()),
            desk.clone(),
        );
        desk.set_line_cap(setup.line_cap).await.unwrap();
        let mut campaigns = Vec::new();
        for (index, list) in setup.campaigns.iter().enumerate() {
            campaigns.push(import(&desk, index, list, &assistants).await);
            core.plan(
                START_MS + list.start_ms,
                Due::Planned {
                    index: setup.planned.len() + index,
                },
            );
        }
        for (index, (after_ms, _)) in setup.planned.iter().enumerate() {
            core.plan(START_MS + after_ms, Due::Planned { index });
        }
        core.plan(START_MS + LOOK_MS, Due::Look);
        let mut sim = Self {
            core,
            desk,
            campaigns,
            nodes: (0..setup.nodes).map(|_| None).collect(),
            tasks: BTreeMap::new(),
            starts: 0,
            asleep_until_ms: vec![0; setup.nodes],
            skews_ms: setup
                .skews_ms
                .map(|skew_ms| Arc::new(AtomicI64::new(skew_ms)))
                .to_vec(),
            final_since_ms: None,
            done: false,
            database,
            setup,
        };
        for node in 0..sim.setup.nodes {
            sim.start(node).await;
        }
        sim
    }

    /// Leaves nothing of the run behind.
    pub(crate) async fn remove(self) {
        self.database.remove().await;
    }

    /// Only the database of a run, with its first campaign.
    pub(crate) async fn database(setup: &Setup) -> (Store, CampaignId, TempDir) {
        let template = Template::get().await;
        let folder = template::folder();
        let store = template::open(&template.copy_into(folder.path()), setup.seed).await;
        store.set_line_cap(setup.line_cap).await.unwrap();
        let campaign = import(&store, 0, &setup.campaigns[0], &template.assistants).await;
        (store, campaign, folder)
    }

    /// Runs until every campaign is final and no more news is expected, or a promise was broken.
    pub(crate) async fn run(&mut self) {
        while !self.done && self.core.seen(|seen| seen.violations.is_empty()) {
            self.step().await;
            if self.core.now().0 > START_MS + PATIENCE_MS {
                let core = &self.core;
                core.violation("nobody lost", format_args!("a campaign is not final after a day"));
            }
        }
    }

    /// Runs until so many milliseconds after the beginning.
    pub(crate) async fn run_until(&mut self, after_ms: i64) {
        let until_ms = START_MS + after_ms;
        while self.core.next_ms().is_some_and(|at_ms| at_ms <= until_ms) {
            self.step().await;
        }
        self.core.pass_until(until_ms);
    }

    /// One campaign as it stands.
    pub(crate) async fn campaign(&self, index: usize) -> Campaign {
        self.desk.campaign(self.campaigns[index]).await.unwrap().unwrap()
    }

    /// Acts on a campaign now.
    pub(crate) async fn act(&mut self, index: usize, action: Action) -> Acted {
        let acted = self
            .desk
            .act(self.campaigns[index], action, self.core.now())
            .await
            .unwrap();
        self.core.log(format_args!(
            "somebody acts: {action:?} on campaign {index} → {acted:?}"
        ));
        if matches!(acted, Acted::Done(_)) {
            let act = (index, action, self.core.now());
            self.core.seen(|seen| seen.acts.push(act));
        }
        for node in 0..self.nodes.len() {
            self.core.rouse(node, 1);
        }
        acted
    }

    async fn step(&mut self) {
        match self.core.take() {
            None => self.send_webhooks(),
            Some(Due::Resume { task, wait }) => match self.sleeps_until(task) {
                Some(until_ms) => self.core.plan(until_ms, Due::Resume { task, wait }),
                None => self.resume(task, wait).await,
            },
            Some(Due::GiveUp { delivery }) => self.core.delivered(delivery, None),
            Some(Due::Restart { node }) => self.start(node).await,
            Some(Due::Room { node }) => self.fill_disk(node, false).await,
            Some(Due::Planned { index }) => self.happen(index).await,
            Some(Due::Look) => self.look().await,
            // Its provider has its own agenda.
            Some(Due::Deliver { .. }) => {}
        }
        for task in self.core.adopt() {
            self.tasks.insert(task.id, (task.node, task.job));
        }
        self.carry_wakes();
    }

    /// Until when the task's machine sleeps, if it does.
    fn sleeps_until(&self, task: TaskId) -> Option<i64> {
        let (node, _) = self.tasks.get(&task)?;
        Some(self.asleep_until_ms[*node]).filter(|until_ms| *until_ms > self.core.now().0)
    }

    async fn fill_disk(&self, node: usize, full: bool) {
        if let Some(node) = &self.nodes[node] {
            node.engine.store().fill_disk(full).await.unwrap();
        }
    }

    async fn resume(&mut self, task: TaskId, wait: u64) {
        if !self.core.begin_turn(task, wait) {
            return;
        }
        let (node, job) = self.tasks.get_mut(&task).unwrap();
        let node = *node;
        match turn(&self.core, job).await {
            Turn::Done => {
                self.tasks.remove(&task);
                self.core.forget(task);
            }
            Turn::Blocked => {}
            Turn::NodeDied => self.die(node).await,
        }
    }

    async fn start(&mut self, node: usize) {
        self.starts += 1;
        self.core.log(format_args!("node {node} starts"));
        let id_seed = self.setup.seed.wrapping_mul(1_000).wrapping_add(self.starts);
        let report = self.desk.replay(None).await.unwrap();
        if !report.differences.is_empty() {
            self.core
                .violation("one log", format_args!("{:#?}", report.differences));
        }
        let started = Node::start(
            &self.core,
            &self.setup,
            node,
            &self.skews_ms[node],
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
        self.core.seen(|seen| seen.deaths += 1);
        // Tasks that were started and never had a turn die as well.
        for task in self.core.adopt() {
            self.tasks.insert(task.id, (task.node, task.job));
        }
        let its: Vec<TaskId> = self
            .tasks
            .iter()
            .filter(|(_, (of, _))| *of == node)
            .map(|(task, _)| *task)
            .collect();
        for task in its {
            self.tasks.remove(&task);
            self.core.forget(task);
        }
        for delivery in self.core.deliveries_to(node) {
            self.core.delivered(delivery, None);
        }
        dead.engine.store().close().await;
        let quick = self.core.happens(0.5);
        let after_ms = if quick {
            self.core.draw(100, 5_000)
        } else {
            self.core.draw(5_000, 400_000)
        };
        self.core
            .log(format_args!("node {node} is dead for {after_ms} ms"));
        self.core
            .plan(self.core.now().0 + after_ms, Due::Restart { node });
    }

    fn send_webhooks(&mut self) {
        let deliveries = self.core.world(World::advance);
        let mut by_node = BTreeMap::new();
        for delivery in deliveries {
            let alive: Vec<usize> = (0..self.nodes.len())
                .filter(|node| self.nodes[*node].is_some())
                .collect();
            if alive.is_empty() {
                self.core.delivering(delivery.id, 0);
                self.core.delivered(delivery.id, None);
                continue;
            }
            let chosen = self.core.draw(0, i64::try_from(alive.len()).unwrap() - 1);
            let node = alive[usize::try_from(chosen).unwrap()];
            self.core.delivering(delivery.id, node);
            let until_ms = self.core.now().0 + i64::try_from(delivery.timeout_ms).unwrap();
            self.core.plan(
                until_ms,
                Due::GiveUp {
                    delivery: delivery.id,
                },
            );
            by_node.entry(node).or_insert_with(Vec::new).push(delivery);
        }
        for (node, deliveries) in by_node {
            let after_ms = if self.core.happens(0.02) {
                self.core.draw(200, 3_000)
            } else {
                self.core.draw(1, 60)
            };
            if let Some(node) = &self.nodes[node] {
                node.receive(deliveries, after_ms);
            }
        }
    }

    /// Carries the wake-ups of each node to its own dispatcher, and to the others as a database server would.
    fn carry_wakes(&mut self) {
        for node in 0..self.nodes.len() {
            let mut freed = false;
            if let Some(node) = &mut self.nodes[node] {
                while let Ok(wake) = node.wakes.try_recv() {
                    freed |= wake == Wake::Dispatch;
                }
            }
            if !freed || !self.setup.pace.wakes {
                continue;
            }
            for other in 0..self.nodes.len() {
                if other == node {
                    self.core.rouse(node, 1);
                } else if !self.core.happens(self.core.trouble().lost_wake) {
                    let after_ms = self.core.draw(5, 60);
                    self.core.rouse(other, after_ms);
                }
            }
        }
    }

    async fn happen(&mut self, index: usize) {
        let Some((_, planned)) = self.setup.planned.get(index).cloned() else {
            self.act(index - self.setup.planned.len(), Action::Start).await;
            return;
        };
        self.core.log(format_args!("planned: {planned:?}"));
        match planned {
            Planned::Act(campaign, action) => {
                self.act(campaign, action).await;
            }
            Planned::Faults(faults) => self.core.world(|world, _| world.set_faults(*faults)),
            Planned::Down(ms) => self.core.world(|world, now_ms| world.set_down(now_ms + ms)),
            Planned::Sleep(node, ms) => {
                let node = node % self.nodes.len();
                self.asleep_until_ms[node] = self.core.now().0 + ms;
            }
            Planned::DiskFull(node, ms) => {
                let node = node % self.nodes.len();
                self.fill_disk(node, true).await;
                self.core.plan(self.core.now().0 + ms, Due::Room { node });
            }
            Planned::Clock(node, skew_ms) => {
                self.skews_ms[node % self.nodes.len()].store(skew_ms, Ordering::Relaxed);
            }
            Planned::Others(calls, script) => {
                for nth in 0..calls {
                    self.call_for_others(index, nth, script);
                }
            }
        }
    }

    /// A call of the account that is not ours.
    fn call_for_others(&self, index: usize, nth: u32, script: &str) {
        let body = json!({
            "name": format!("not ours {index}.{nth}"),
            "assistantId": DEFAULT_ASSISTANT_ID,
            "phoneNumberId": DEFAULT_PHONE_NUMBER_ID,
            "customer": {"number": format!("+1212555{index:02}{nth:02}")},
            "assistantOverrides": {"variableValues": {"sandbox": script}},
        });
        let request = Request::post("/call")
            .header("authorization", format!("Bearer {}", self.setup.provider.api_key))
            .body(Bytes::from(body.to_string()))
            .unwrap();
        self.core.world(|world, now_ms| world.handle(&request, now_ms));
    }

    /// Somebody looks after the campaigns: resumes those that pause, and sees when all is over.
    async fn look(&mut self) {
        let now = self.core.now();
        let campaigns = self
            .desk
            .campaigns(
                false,
                Page {
                    limit: 100,
                    offset: 0,
                },
            )
            .await
            .unwrap();
        let mut open = false;
        for campaign in &campaigns {
            open |= !campaign.status.is_final() || campaign.final_contacts < campaign.total_contacts;
            let index = self.campaigns.iter().position(|id| *id == campaign.id).unwrap();
            let resumes = campaign.status == CampaignStatus::Paused && self.core.happens(0.2);
            if self.setup.looked_after && resumes {
                self.act(index, Action::Resume).await;
            }
        }
        if open {
            self.final_since_ms = None;
        } else {
            let since_ms = *self.final_since_ms.get_or_insert(now.0);
            self.core.calm();
            let awaited = self.desk.awaits_details(UtcMs(0)).await.unwrap();
            let news = self.core.world(|world, _| world.next_due_ms().is_some());
            let quiet = now.0 - since_ms >= QUIET_MS && !(awaited || news);
            self.done = quiet || now.0 - since_ms >= AFTERMATH_MS;
        }
        self.core.plan(now.0 + LOOK_MS, Due::Look);
    }
}

async fn import(desk: &Store, index: usize, list: &List, assistants: &[AssistantId; 2]) -> CampaignId {
    let campaign = NewCampaign {
        kind: domain::campaign::Kind::List,
        name: format!("Campaign {index}"),
        mode: list.mode,
        cap: list.cap,
        batch_size: list.batch_size,
        quiet_line_gate: list.quiet_line_gate,
        assistant_id: assistants[index % 2],
        numbers: vec![CallerNumber {
            id: list.phone_number_id.to_owned(),
            number: None,
        }],
        priority: 0,
        policy: Policy::unrestricted(),
        expires_at: None,
    };
    let contacts: Vec<NewContact> = list
        .people
        .iter()
        .enumerate()
        .map(|(position, person)| NewContact {
            line: u64::try_from(position).unwrap() + 2,
            name: format!("Person {position}"),
            business_name: String::new(),
            phone: person.phone.clone(),
            extension: None,
            variables: person
                .script
                .iter()
                .map(|script| ("sandbox".to_owned(), script.clone()))
                .collect(),
        })
        .collect();
    let mut import = desk
        .begin_import(&campaign, UtcMs(START_MS - 60_000))
        .await
        .unwrap();
    import.add(&contacts).await.unwrap();
    let totals = Totals {
        rows: u32::try_from(contacts.len()).unwrap(),
        ..Totals::default()
    };
    import.finish(totals, &[]).await.unwrap()
}
