//! A run of nodes, people and a provider in virtual time, on the same agenda as the simulation of campaigns.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use domain::{
    ids::{AssistantId, CampaignId},
    time::{HOUR_MS, MINUTE_MS},
};
use engine::{Directory, VapiAssistants};
use rand::RngExt;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use sandbox::{Faults, Settings, World};
use store::Store;
use tempfile::TempDir;
use vapi::{ApiKey, Client};

use super::{
    crowd::{Crowd, Deed},
    house::REQUEST_MS,
};
use crate::sim::{
    Turn,
    core::{Core, Due, Job, TaskId, Trouble},
    edges::{NodeProbe, VirtualClock, Wire},
    setup::START_MS,
    template, turn,
};

/// After the last thing that goes wrong, everything is settled by then.
const QUIET_MS: i64 = HOUR_MS;
/// A node looks after things so often, and up to eight times more rarely while it finds nothing to do.
const TEND_MS: i64 = 2_000;

/// What one run consists of.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    pub(crate) seed: u64,
    pub(crate) provider: Settings,
    pub(crate) nodes: usize,
    pub(crate) trouble: Trouble,
    /// How often somebody does something.
    pub(crate) acts: u32,
    /// For how long people are there.
    pub(crate) people_ms: i64,
    pub(crate) traced: bool,
}

/// What is shared by all who take part.
pub(crate) struct Scene {
    pub(crate) core: Arc<Core>,
    pub(crate) key: String,
    pub(crate) deeds: std::sync::Mutex<Vec<Deed>>,
    pub(crate) campaigns: std::sync::Mutex<Vec<(CampaignId, AssistantId)>>,
}

struct Node {
    directory: Directory,
    store: Store,
}

/// A run under way.
pub(crate) struct Run {
    pub(crate) scene: Arc<Scene>,
    pub(crate) setup: Setup,
    /// Reads what is committed.
    pub(crate) desk: Store,
    nodes: Vec<Option<Node>>,
    tasks: BTreeMap<TaskId, (usize, Job)>,
    starts: u64,
    done: bool,
    file: PathBuf,
    _folder: TempDir,
}

impl Setup {
    /// What a seed stands for.
    pub(crate) fn draw(seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut faults = match rng.random_range(0..10) {
            0 => Faults::none(),
            1 | 2 => Faults::mild(),
            _ => Faults::harsh(),
        };
        let worse = rng.random::<f64>() < 0.5;
        for rate in [
            &mut faults.assistant_error_before_acting,
            &mut faults.assistant_error_after_acting,
            &mut faults.assistant_hang_up_before_acting,
            &mut faults.assistant_hang_up_after_acting,
            &mut faults.assistant_late_acting,
            &mut faults.assistant_list_lag,
        ] {
            let drawn = rng.random::<f64>() * 0.25;
            if worse && *rate > 0.0 {
                *rate = drawn;
            }
        }
        if faults.down_every_ms > 0 && rng.random::<f64>() < 0.5 {
            faults.down_every_ms = rng.random_range(300_000..900_000);
        }
        let rough = rng.random::<f64>() < 0.8;
        Self {
            seed,
            provider: Settings {
                seed,
                faults,
                ..Settings::default()
            },
            nodes: if rng.random::<f64>() < 0.2 { 1 } else { 2 },
            trouble: Trouble {
                deaths: if rough { rng.random_range(0..8) } else { 0 },
                death: 0.02,
                interleaving: 0.3,
                stall: if rough && rng.random::<f64>() < 0.6 {
                    0.03
                } else {
                    0.0
                },
                ..Trouble::default()
            },
            acts: rng.random_range(20..90),
            people_ms: rng.random_range(10..60) * MINUTE_MS,
            traced: false,
        }
    }
}

impl Scene {
    pub(crate) fn note(&self, deed: Deed) {
        self.core.log(format_args!("{deed:?}"));
        self.deeds.lock().unwrap().push(deed);
    }
}

impl Run {
    /// Sets everything up at the beginning of time.
    pub(crate) async fn new(setup: Setup) -> Self {
        let folder = template::folder();
        let file = template::empty_in(folder.path()).await;
        let desk = template::open(&file, setup.seed).await;
        let core = Core::new(
            setup.seed,
            START_MS,
            setup.trouble,
            setup.traced,
            World::new(setup.provider.clone()),
            desk.clone(),
        );
        for act in 0..setup.acts {
            let at_ms = START_MS + core.draw(0, setup.people_ms);
            let index = usize::try_from(act).unwrap();
            core.plan(at_ms, Due::Planned { index });
        }
        core.plan(START_MS + setup.people_ms + 10 * MINUTE_MS, Due::Look);
        let scene = Scene {
            core,
            key: setup.provider.api_key.clone(),
            deeds: std::sync::Mutex::default(),
            campaigns: std::sync::Mutex::default(),
        };
        let mut run = Self {
            scene: Arc::new(scene),
            desk,
            nodes: (0..setup.nodes).map(|_| None).collect(),
            tasks: BTreeMap::new(),
            starts: 0,
            done: false,
            file,
            _folder: folder,
            setup,
        };
        for node in 0..run.setup.nodes {
            run.start(node).await;
        }
        run
    }

    /// Runs until all has been quiet for an hour.
    pub(crate) async fn run(&mut self) {
        let core = self.scene.core.clone();
        while !self.done && core.seen(|seen| seen.violations.is_empty()) {
            match core.take() {
                // The provider does something by itself.
                None => drop(core.world(World::advance)),
                Some(Due::Resume { task, wait }) => self.resume(task, wait).await,
                Some(Due::Restart { node }) => self.start(node).await,
                Some(Due::Planned { index }) => self.act(index),
                Some(Due::Look) => self.calm(),
                Some(Due::Deliver { .. } | Due::GiveUp { .. } | Due::Room { .. }) => {}
            }
            for task in core.adopt() {
                self.tasks.insert(task.id, (task.node, task.job));
            }
        }
    }

    /// From now on nothing goes wrong any more; the second time it is over.
    fn calm(&mut self) {
        let core = &self.scene.core;
        core.calm();
        self.done = core.world(|world, now_ms| {
            let calm = *world.faults() == Faults::none() && !world.is_down(now_ms);
            world.set_faults(Faults::none());
            calm && now_ms >= START_MS + self.setup.people_ms + QUIET_MS
        });
        if !self.done {
            core.log(format_args!("from now on nothing goes wrong"));
            core.plan(core.now().0 + QUIET_MS, Due::Look);
        }
    }

    async fn resume(&mut self, task: TaskId, wait: u64) {
        if !self.scene.core.begin_turn(task, wait) {
            return;
        }
        let (node, job) = self.tasks.get_mut(&task).unwrap();
        let node = *node;
        match turn(&self.scene.core, job).await {
            Turn::Done => {
                self.tasks.remove(&task);
                self.scene.core.forget(task);
            }
            Turn::Blocked => {}
            Turn::NodeDied => self.die(node).await,
        }
    }

    async fn start(&mut self, node: usize) {
        self.starts += 1;
        let core = &self.scene.core;
        core.log(format_args!("node {node} starts"));
        let id_seed = self.setup.seed.wrapping_mul(1_000).wrapping_add(self.starts);
        let store = template::open(&self.file, id_seed).await;
        store.set_probe(Arc::new(NodeProbe {
            core: core.clone(),
            node,
        }));
        let wire = Wire {
            core: core.clone(),
            node,
        };
        let key = ApiKey::new(self.scene.key.clone());
        let client = Client::new(Arc::new(wire), "http://provider.test", key).unwrap();
        let clock = VirtualClock::right(core);
        let provider = Arc::new(VapiAssistants::new(client));
        let directory = Directory::new(store.clone(), provider, Arc::new(clock), REQUEST_MS);
        core.spawn(
            node,
            format!("node {node} tends"),
            tend(core.clone(), directory.clone()),
        );
        self.nodes[node] = Some(Node { directory, store });
    }

    /// Ends a node at once, with everything that it has under way.
    async fn die(&mut self, node: usize) {
        let Some(dead) = self.nodes[node].take() else {
            return;
        };
        let core = self.scene.core.clone();
        core.seen(|seen| seen.deaths += 1);
        for task in core.adopt() {
            self.tasks.insert(task.id, (task.node, task.job));
        }
        let its = self.tasks.iter().filter(|(_, (of, _))| *of == node);
        let its: Vec<TaskId> = its.map(|(task, _)| *task).collect();
        for task in its {
            self.tasks.remove(&task);
            core.forget(task);
        }
        drop(dead.directory);
        dead.store.close().await;
        let longest_ms = if core.happens(0.5) { 5_000 } else { 300_000 };
        let after_ms = core.draw(100, longest_ms);
        core.plan(core.now().0 + after_ms, Due::Restart { node });
    }

    /// Somebody does something, at a node that is alive.
    fn act(&self, index: usize) {
        let alive: Vec<usize> = (0..self.nodes.len())
            .filter(|node| self.nodes[*node].is_some())
            .collect();
        let core = &self.scene.core;
        let Some(last) = alive.len().checked_sub(1) else {
            return;
        };
        let chosen = core.draw(0, i64::try_from(last).unwrap());
        let node = alive[usize::try_from(chosen).unwrap()];
        let Some(Node { directory, store }) = &self.nodes[node] else {
            return;
        };
        let crowd = Crowd {
            scene: self.scene.clone(),
            directory: directory.clone(),
            store: store.clone(),
            nth: index,
        };
        core.spawn(node, format!("person {index} at node {node}"), crowd.act());
    }
}

/// What a node does all the time.
async fn tend(core: Arc<Core>, directory: Directory) {
    let mut idle = 1;
    loop {
        match directory.tend().await {
            Ok(tended) if tended.looked_up + tended.removals > 0 => idle = 1,
            Ok(_) => idle = (idle * 2).min(8),
            Err(error) => core.violation("steps", format_args!("tending failed: {error}")),
        }
        core.wait(TEND_MS * idle).await;
    }
}
