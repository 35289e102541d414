//! What one run consists of.

use domain::campaign::{Action, Mode};
use engine::MAX_CLOCK_DIFFERENCE_MS;
use sandbox::{DEFAULT_PHONE_NUMBER_ID, Faults, Settings};

use super::core::Trouble;

/// Midnight of 2 March 2026 (UTC): when every run begins, in milliseconds.
pub(crate) const START_MS: i64 = 1_772_409_600_000;

/// One run.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    /// Seeds everything that the provider's settings do not.
    pub(crate) seed: u64,
    /// Which database.
    pub(crate) kind: store::Kind,
    /// The provider.
    pub(crate) provider: Settings,
    /// How many nodes share the database.
    pub(crate) nodes: usize,
    /// How far their clocks go ahead of the provider's at first, in milliseconds.
    pub(crate) skews_ms: [i64; 3],
    /// Whether nodes compare their clocks with the provider's. Off only to show that the checks notice.
    pub(crate) watched: bool,
    /// The lines that the account has for us.
    pub(crate) line_cap: u32,
    /// The provider ends a call by itself after this long.
    pub(crate) max_duration_ms: i64,
    /// Whether webhooks are asked for.
    pub(crate) webhooks: Webhooks,
    /// Who is to be called.
    pub(crate) campaigns: Vec<List>,
    /// What happens at set moments after the beginning, in milliseconds.
    pub(crate) planned: Vec<(i64, Planned)>,
    /// What goes wrong with nodes.
    pub(crate) trouble: Trouble,
    /// How often nodes do their duties.
    pub(crate) pace: Pace,
    /// Whether somebody resumes campaigns that pause.
    pub(crate) looked_after: bool,
    /// Whether the course of events is printed.
    pub(crate) traced: bool,
}

/// How webhooks arrive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Webhooks {
    /// Nobody can reach us.
    None,
    /// As the provider sends them.
    Normal,
    /// Without any id of ours in them.
    Anonymous,
}

/// A campaign.
#[derive(Clone, Debug)]
pub(crate) struct List {
    pub(crate) mode: Mode,
    pub(crate) cap: u32,
    pub(crate) batch_size: Option<u32>,
    pub(crate) quiet_line_gate: bool,
    pub(crate) phone_number_id: &'static str,
    pub(crate) people: Vec<Person>,
    /// When Start is pressed, in milliseconds after the beginning.
    pub(crate) start_ms: i64,
}

/// Somebody to be called.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) phone: String,
    /// What they do, in the sandbox's words. `None`: chance decides.
    pub(crate) script: Option<String>,
}

/// Something that is planned for a set moment.
#[derive(Clone, Debug)]
pub(crate) enum Planned {
    /// A person acts on a campaign.
    Act(usize, Action),
    /// From now on these things go wrong at the provider.
    Faults(Box<Faults>),
    /// Nothing reaches the provider for so many milliseconds.
    Down(i64),
    /// The machine of a node sleeps for so many milliseconds.
    Sleep(usize, i64),
    /// The database takes no new pages from a node for so many milliseconds.
    DiskFull(usize, i64),
    /// The machine's clock of a node is set: so many milliseconds ahead of the provider's from now on.
    Clock(usize, i64),
    /// Somebody else takes so many lines of the account, for calls of that kind.
    Others(u32, &'static str),
}

/// How often nodes do their duties, in milliseconds of virtual time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    pub(crate) dispatch_floor_ms: i64,
    pub(crate) reconcile_ms: i64,
    pub(crate) sweep_ms: i64,
    pub(crate) probe_ms: i64,
    /// While a duty finds nothing to do it may be done up to this many times more rarely.
    pub(crate) patience: i64,
    /// Whether a freed line wakes the dispatcher. A host that only has cron knows nothing of it.
    pub(crate) wakes: bool,
}

impl Pace {
    /// As the real loops run.
    pub(crate) const REAL: Self = Self {
        dispatch_floor_ms: 5_000,
        reconcile_ms: 1_000,
        sweep_ms: 10_000,
        probe_ms: 1_000,
        patience: 1,
        wakes: true,
    };
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            seed: 1,
            kind: store::Kind::Sqlite,
            provider: Settings::default(),
            nodes: 1,
            skews_ms: [0; 3],
            watched: true,
            line_cap: 10,
            max_duration_ms: 600_000,
            webhooks: Webhooks::Normal,
            campaigns: Vec::new(),
            planned: Vec::new(),
            trouble: Trouble::default(),
            pace: Pace::REAL,
            looked_after: true,
            traced: false,
        }
    }
}

impl Setup {
    /// How far the moments that nodes write differ at most, for the checks that compare those of several of them. A clock
    /// that is further off counts as wrong, and the node lives by the provider's.
    pub(crate) fn tolerance_ms(&self) -> i64 {
        let set = self.planned.iter().filter_map(|(_, planned)| match planned {
            Planned::Clock(_, skew_ms) => Some(*skew_ms),
            _ => None,
        });
        let worst_ms = self.skews_ms.iter().copied().chain(set).map(i64::abs).max();
        2 * worst_ms.unwrap_or(0).min(MAX_CLOCK_DIFFERENCE_MS + 3_000)
    }
}

impl List {
    /// A continuous campaign from the main line that is started at once.
    pub(crate) fn of(cap: u32, people: Vec<Person>) -> Self {
        Self {
            mode: Mode::Continuous,
            cap,
            batch_size: None,
            quiet_line_gate: false,
            phone_number_id: DEFAULT_PHONE_NUMBER_ID,
            people,
            start_ms: 0,
        }
    }
}

impl Person {
    /// The person with that number of ours.
    pub(crate) fn nth(nth: usize) -> Self {
        Self {
            phone: format!("+1415555{nth:04}"),
            script: None,
        }
    }

    /// The same, doing this.
    pub(crate) fn who(mut self, script: &str) -> Self {
        self.script = Some(script.to_owned());
        self
    }
}

/// So many people with numbers from `first` on, all doing the same.
pub(crate) fn people(first: usize, count: usize, script: &str) -> Vec<Person> {
    (first..first + count)
        .map(|nth| Person::nth(nth).who(script))
        .collect()
}
