//! Virtual time: who waits for which moment, whose turn it is, and what was seen to happen.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap},
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use domain::{campaign::Action, ids::CallId, time::UtcMs};
use rand::RngExt;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use sandbox::World;
use store::{Dial, Store};

/// Names a task.
pub(crate) type TaskId = u64;
/// What a task does.
pub(crate) type Job = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Something that happens at a set moment.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Due {
    /// A task goes on, if it is still in that wait.
    Resume { task: TaskId, wait: u64 },
    /// A message of the provider reaches somebody.
    Deliver { message: usize },
    /// The provider has waited long enough for the answer to a webhook.
    GiveUp { delivery: u64 },
    /// A dead node starts again.
    Restart { node: usize },
    /// There is room again for what a node writes.
    Room { node: usize },
    /// What the set-up planned, by its place there.
    Planned { index: usize },
    /// Somebody looks after the campaigns.
    Look,
}

/// A piece of work that begins at the next opportunity.
pub(crate) struct Task {
    pub(crate) id: TaskId,
    pub(crate) node: usize,
    pub(crate) job: Job,
}

/// One request to the provider.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    /// When it reached the provider.
    pub(crate) at_ms: i64,
    /// For instance `GET /call?limit=100`.
    pub(crate) request: String,
    /// For instance `201`, `hang-up`.
    pub(crate) answer: String,
}

/// How often the unexpected happens to nodes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Trouble {
    /// How many times a node may die in the whole run.
    pub(crate) deaths: u32,
    /// How likely it dies at each point where it may.
    pub(crate) death: f64,
    /// How likely another task gets in between after a commit.
    pub(crate) interleaving: f64,
    /// How likely a task comes to a stop for up to ten minutes after a commit, as if its machine slept.
    pub(crate) stall: f64,
    /// How likely so between the claim of a call and its dial: meanwhile another node may take it over.
    pub(crate) late: f64,
    /// How likely a wake-up does not reach another node.
    pub(crate) lost_wake: f64,
}

/// The state that all parts of a simulation share. One task at a time runs, so its order is that of the agenda.
pub(crate) struct Core {
    state: Mutex<State>,
    world: Mutex<World>,
    /// Reads what is committed, whatever the nodes believe.
    pub(crate) witness: Store,
}

struct State {
    now_ms: i64,
    agenda: BinaryHeap<Reverse<(i64, u64, Due)>>,
    made: u64,
    newborn: Vec<Task>,
    names: BTreeMap<TaskId, String>,
    running: TaskId,
    blocked: bool,
    dying: bool,
    resumed: Option<u64>,
    waiting: BTreeMap<TaskId, u64>,
    naps: BTreeMap<usize, (TaskId, u64)>,
    roused: BTreeSet<usize>,
    deliveries: BTreeMap<u64, usize>,
    trouble: Trouble,
    rng: ChaCha8Rng,
    hash: DefaultHasher,
    traced: bool,
    seen: Seen,
}

/// What the simulation noted for the checks at the end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// Broken promises, in words.
    pub(crate) violations: Vec<String>,
    /// Every request to the provider.
    pub(crate) exchanges: Vec<Exchange>,
    /// Every attempt that a claim handed out, and when it first did.
    pub(crate) dials: BTreeMap<CallId, (Dial, UtcMs)>,
    /// What people did to campaigns, by their place in the set-up, and when.
    pub(crate) acts: Vec<(usize, Action, UtcMs)>,
    /// How many times nodes died.
    pub(crate) deaths: u32,
    /// Events so far.
    pub(crate) events: u64,
}

impl Core {
    pub(crate) fn new(
        seed: u64,
        start_ms: i64,
        trouble: Trouble,
        traced: bool,
        world: World,
        witness: Store,
    ) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                now_ms: start_ms,
                agenda: BinaryHeap::new(),
                made: 0,
                newborn: Vec::new(),
                names: BTreeMap::new(),
                running: 0,
                blocked: false,
                dying: false,
                resumed: None,
                waiting: BTreeMap::new(),
                naps: BTreeMap::new(),
                roused: BTreeSet::new(),
                deliveries: BTreeMap::new(),
                trouble,
                rng: ChaCha8Rng::seed_from_u64(seed),
                hash: DefaultHasher::new(),
                traced,
                seen: Seen::default(),
            }),
            world: Mutex::new(world),
            witness,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The present moment.
    pub(crate) fn now(&self) -> UtcMs {
        UtcMs(self.state().now_ms)
    }

    /// Does something with the provider at the present moment.
    pub(crate) fn world<T>(&self, act: impl FnOnce(&mut World, i64) -> T) -> T {
        let now_ms = self.state().now_ms;
        act(
            &mut self.world.lock().unwrap_or_else(PoisonError::into_inner),
            now_ms,
        )
    }

    /// A number from `from..=to`.
    pub(crate) fn draw(&self, from: i64, to: i64) -> i64 {
        self.state().rng.random_range(from..=to.max(from))
    }

    /// True this often.
    pub(crate) fn happens(&self, rate: f64) -> bool {
        rate > 0.0 && self.state().rng.random::<f64>() < rate
    }

    /// Notes what was done and decided. Two runs of one seed must note the same.
    pub(crate) fn log(&self, what: fmt::Arguments<'_>) {
        let mut state = self.state();
        let text = what.to_string();
        let moment = (state.now_ms, state.running);
        (moment, &text).hash(&mut state.hash);
        state.seen.events += 1;
        if state.traced {
            let name = state.names.get(&state.running).map_or("", String::as_str);
            println!("{}  {name:<24} {text}", UtcMs(state.now_ms).to_iso());
        }
    }

    /// Notes a broken promise.
    pub(crate) fn violation(&self, guarantee: &str, what: fmt::Arguments<'_>) {
        self.log(format_args!("VIOLATION of {guarantee}: {what}"));
        self.state().seen.violations.push(format!("{guarantee}: {what}"));
    }

    /// What was noted.
    pub(crate) fn seen<T>(&self, act: impl FnOnce(&mut Seen) -> T) -> T {
        act(&mut self.state().seen)
    }

    /// A number that follows from everything that happened.
    pub(crate) fn fingerprint(&self) -> u64 {
        self.state().hash.finish()
    }

    /// Puts something on the agenda.
    pub(crate) fn plan(&self, at_ms: i64, due: Due) {
        let mut state = self.state();
        state.made += 1;
        let entry = (at_ms.max(state.now_ms), state.made, due);
        state.agenda.push(Reverse(entry));
    }

    /// Starts a task of a node.
    pub(crate) fn spawn(&self, node: usize, name: String, job: impl Future<Output = ()> + Send + 'static) {
        let mut state = self.state();
        state.made += 1;
        let id = state.made;
        state.names.insert(id, name);
        state.newborn.push(Task {
            id,
            node,
            job: Box::pin(job),
        });
    }

    /// Takes the tasks that were started since the last time, each waiting for its first turn.
    pub(crate) fn adopt(&self) -> Vec<Task> {
        let tasks = std::mem::take(&mut self.state().newborn);
        for task in &tasks {
            let mut state = self.state();
            let (at_ms, wait) = (state.now_ms, 0);
            state.waiting.insert(task.id, wait);
            state.made += 1;
            let entry = (at_ms, state.made, Due::Resume { task: task.id, wait });
            state.agenda.push(Reverse(entry));
        }
        tasks
    }

    /// When the next thing happens.
    pub(crate) fn next_ms(&self) -> Option<i64> {
        let own = self.state().agenda.peek().map(|Reverse((at_ms, ..))| *at_ms);
        let providers = self.world(|world, now_ms| world.next_due_ms().map(|at_ms| at_ms.max(now_ms)));
        [own, providers].into_iter().flatten().min()
    }

    /// Moves the time to the next thing and takes it. `None`: it is the provider's turn.
    pub(crate) fn take(&self) -> Option<Due> {
        let providers_ms = self.world(|world, now_ms| world.next_due_ms().map(|at_ms| at_ms.max(now_ms)));
        let mut state = self.state();
        let own_ms = state.agenda.peek().map(|Reverse((at_ms, ..))| *at_ms);
        if let Some(at_ms) = providers_ms.filter(|at_ms| own_ms.is_none_or(|own_ms| *at_ms <= own_ms)) {
            state.now_ms = state.now_ms.max(at_ms);
            return None;
        }
        let Reverse((at_ms, _, due)) = state.agenda.pop()?;
        state.now_ms = state.now_ms.max(at_ms);
        Some(due)
    }

    /// Moves the time on when nothing happens until then.
    pub(crate) fn pass_until(&self, at_ms: i64) {
        let mut state = self.state();
        state.now_ms = state.now_ms.max(at_ms);
    }

    /// Gives a task its turn. False: it is no longer in that wait.
    pub(crate) fn begin_turn(&self, task: TaskId, wait: u64) -> bool {
        let mut state = self.state();
        if state.waiting.get(&task) != Some(&wait) {
            return false;
        }
        state.waiting.remove(&task);
        state.running = task;
        state.resumed = Some(wait);
        state.dying = false;
        true
    }

    /// The task whose turn it is.
    pub(crate) fn running(&self) -> TaskId {
        self.state().running
    }

    /// Between two polls of the running task: it waits for the database unless it says otherwise.
    pub(crate) fn before_poll(&self) {
        self.state().blocked = false;
    }

    /// Whether the running task waits for a moment, and whether its node has just died.
    pub(crate) fn after_poll(&self) -> (bool, bool) {
        let state = self.state();
        (state.blocked, state.dying)
    }

    /// The running task has nothing more to do for now.
    pub(crate) fn end_turn(&self) {
        let mut state = self.state();
        (state.running, state.dying) = (0, false);
    }

    /// A task that will not go on.
    pub(crate) fn forget(&self, task: TaskId) {
        let mut state = self.state();
        state.waiting.remove(&task);
        state.names.remove(&task);
        state.naps.retain(|_, (napping, _)| *napping != task);
    }

    /// Waits so many milliseconds. Others go on meanwhile.
    pub(crate) fn wait(self: &Arc<Self>, ms: i64) -> Wait {
        Wait {
            core: self.clone(),
            ms,
            nap: None,
            id: None,
        }
    }

    /// Waits so many milliseconds, or less when the node's dispatcher is woken.
    pub(crate) fn nap(self: &Arc<Self>, node: usize, ms: i64) -> Wait {
        Wait {
            core: self.clone(),
            ms,
            nap: Some(node),
            id: None,
        }
    }

    /// Wakes the dispatcher of a node after a while.
    pub(crate) fn rouse(&self, node: usize, after_ms: i64) {
        let nap = self.state().naps.get(&node).copied();
        match nap {
            Some((task, wait)) => {
                let at_ms = self.now().0 + after_ms;
                self.plan(at_ms, Due::Resume { task, wait });
            }
            // It is at work; when it is done it looks again.
            None => {
                self.state().roused.insert(node);
            }
        }
    }

    /// A point at which the running task's node may die.
    pub(crate) async fn danger(&self, node: usize, at: &str) {
        let dies = {
            let mut state = self.state();
            let chance = state.trouble.death;
            let dies = state.trouble.deaths > 0 && chance > 0.0 && state.rng.random::<f64>() < chance;
            if dies {
                state.trouble.deaths -= 1;
                state.dying = true;
            }
            dies
        };
        if dies {
            self.log(format_args!("node {node} dies {at}"));
            std::future::pending::<()>().await;
        }
    }

    /// A point at which other tasks may get in between.
    pub(crate) async fn give_way(self: &Arc<Self>) {
        if self.happens(self.trouble().interleaving) {
            self.wait(self.draw(0, 8)).await;
        }
    }

    /// A point at which the running task may come to a stop for long.
    pub(crate) async fn stall(self: &Arc<Self>) {
        self.stop(self.trouble().stall).await;
    }

    /// The point between the claim of a call and its dial.
    pub(crate) async fn hand_over(self: &Arc<Self>) {
        self.stop(self.trouble().late).await;
    }

    async fn stop(self: &Arc<Self>, probability: f64) {
        if self.happens(probability) {
            let ms = if self.happens(0.5) {
                self.draw(1_000, 60_000)
            } else {
                self.draw(60_000, 600_000)
            };
            self.log(format_args!("stalls for {ms} ms"));
            self.wait(ms).await;
        }
    }

    /// How often the unexpected happens at present.
    pub(crate) fn trouble(&self) -> Trouble {
        self.state().trouble
    }

    /// No node dies, stalls or loses wake-ups any more.
    pub(crate) fn calm(&self) {
        self.state().trouble = Trouble::default();
    }

    /// A webhook is on its way to a node.
    pub(crate) fn delivering(&self, delivery: u64, node: usize) {
        self.state().deliveries.insert(delivery, node);
    }

    /// Tells the provider what became of a webhook, unless it was told before.
    pub(crate) fn delivered(&self, delivery: u64, status: Option<u16>) {
        if self.state().deliveries.remove(&delivery).is_some() {
            self.log(format_args!("webhook {delivery} → {status:?}"));
            self.world(|world, now_ms| world.delivered(delivery, status, now_ms));
        }
    }

    /// The webhooks on their way to a node.
    pub(crate) fn deliveries_to(&self, node: usize) -> Vec<u64> {
        let state = self.state();
        state
            .deliveries
            .iter()
            .filter(|(_, to)| **to == node)
            .map(|(delivery, _)| *delivery)
            .collect()
    }
}

/// A wait for a moment of virtual time.
pub(crate) struct Wait {
    core: Arc<Core>,
    ms: i64,
    nap: Option<usize>,
    id: Option<u64>,
}

impl Future for Wait {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        let mut state = this.core.state();
        if let Some(id) = this.id {
            if state.resumed == Some(id) {
                state.resumed = None;
                if let Some(node) = this.nap {
                    state.naps.remove(&node);
                }
                return Poll::Ready(());
            }
            state.blocked = true;
            return Poll::Pending;
        }
        // Who was called while at work looks again at once.
        let ms = if this.nap.is_some_and(|node| state.roused.remove(&node)) {
            1
        } else {
            this.ms.max(0)
        };
        state.made += 1;
        let id = state.made;
        let (task, at_ms) = (state.running, state.now_ms + ms);
        state.waiting.insert(task, id);
        if let Some(node) = this.nap {
            state.naps.insert(node, (task, id));
        }
        state.made += 1;
        let entry = (at_ms, state.made, Due::Resume { task, wait: id });
        state.agenda.push(Reverse(entry));
        state.blocked = true;
        this.id = Some(id);
        Poll::Pending
    }
}
