//! What truly happened in a run: written by the provider and by the people, read by the oracle. The code under test never
//! sees it.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    ids::{CallId, CampaignId},
    outcome::Outcome,
    policy::Policy,
};
use store::Dial;

use crate::sim::core::TaskId;

/// A place in the course of events: of two moments with the same time, the order still tells which was first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Mark {
    pub(crate) order: u64,
    pub(crate) ms: i64,
}

/// A setting and everything that it was, each from a mark on.
#[derive(Clone, Debug)]
pub(crate) struct History<T>(Vec<(Mark, T)>);

impl<T> History<T> {
    pub(crate) fn new(first: T) -> Self {
        let beginning = Mark {
            order: 0,
            ms: i64::MIN,
        };
        Self(vec![(beginning, first)])
    }

    pub(crate) fn set(&mut self, mark: Mark, value: T) {
        self.0.push((mark, value));
    }

    pub(crate) fn at(&self, mark: Mark) -> &T {
        let after = self.0.partition_point(|(since, _)| since.order < mark.order);
        &self.0[after.max(1) - 1].1
    }

    pub(crate) fn last(&self) -> &T {
        &self.0[self.0.len() - 1].1
    }

    /// Everything that it was at some moment from `from_ms` up to the mark.
    pub(crate) fn within(&self, from_ms: i64, mark: Mark) -> impl Iterator<Item = &T> {
        let until = self
            .0
            .partition_point(|(since, _)| since.order < mark.order)
            .max(1);
        // What was replaced in the very millisecond may still have been read in it.
        let first = self.0.partition_point(|(since, _)| since.ms < from_ms).max(1) - 1;
        self.0[first.min(until - 1)..until].iter().map(|(_, value)| value)
    }
}

/// A campaign as people have it.
#[derive(Clone, Debug)]
pub(crate) struct Campaign {
    pub(crate) id: CampaignId,
    pub(crate) policy: History<Policy>,
    pub(crate) cap: History<u32>,
    /// The first moment at which people allow a call; `i64::MAX` while they allow none.
    pub(crate) calls_from_ms: History<i64>,
    /// The first moment at which none is allowed any more.
    pub(crate) expires_ms: History<i64>,
    /// When a person had people called again.
    pub(crate) redials: Vec<Mark>,
    /// Whom it has, by number, as rows of the table of people.
    pub(crate) people: BTreeMap<String, super::people::Person>,
}

/// Numbers that must not be called.
#[derive(Clone, Debug)]
pub(crate) struct Forbidden {
    pub(crate) since: Mark,
    /// The number, or how numbers begin.
    pub(crate) number: String,
    pub(crate) is_prefix: bool,
    /// The campaign that it holds in, by place; none: everywhere.
    pub(crate) campaign: Option<usize>,
    pub(crate) until_ms: i64,
}

/// A request to call somebody that reached the provider.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) dial: Dial,
    /// The campaign by place.
    pub(crate) campaign: usize,
    /// The `now` of the claim that reserved it.
    pub(crate) claimed_ms: i64,
    /// When that claim was committed.
    pub(crate) claimed: Mark,
    /// When the intent to send it was committed.
    pub(crate) intent: Mark,
    /// When it left for the provider: the last moment of which the program can know.
    pub(crate) left_ms: i64,
    /// When the provider had it.
    pub(crate) at_ms: i64,
    /// What became of it; none: refused.
    pub(crate) call: Option<Call>,
}

/// What the provider truly did.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) ended_ms: i64,
    pub(crate) outcome: Outcome,
    pub(crate) cost: i64,
    pub(crate) callback_ms: Option<i64>,
}

/// Everything.
#[derive(Debug)]
pub(crate) struct Ledger {
    order: u64,
    pub(crate) campaigns: Vec<Campaign>,
    pub(crate) forbidden: Vec<Forbidden>,
    pub(crate) requests: Vec<Request>,
    /// Claims that reserved calls.
    pub(crate) claims: usize,
    /// Lines that may be used: those of the account without those kept free.
    pub(crate) usable: History<u32>,
    pub(crate) per_second: History<Option<u32>>,
    pub(crate) number_caps: BTreeMap<String, History<Option<u32>>>,
    /// The last commit of each task.
    commits: BTreeMap<TaskId, Mark>,
    /// Calls that claims handed out: the `now` of the claim, and when it was committed.
    pub(crate) claimed: BTreeMap<CallId, (i64, Mark)>,
    /// What people do just while a call is about to leave.
    pub(crate) ambushes: Vec<super::draw::Act>,
    /// What went wrong on the way.
    pub(crate) broken: Vec<String>,
    /// Calls whose opting out was recorded.
    pub(crate) opted_out: BTreeSet<CallId>,
}

impl Ledger {
    pub(crate) fn new(usable: u32) -> Self {
        Self {
            order: 0,
            campaigns: Vec::new(),
            forbidden: Vec::new(),
            requests: Vec::new(),
            claims: 0,
            usable: History::new(usable),
            per_second: History::new(None),
            number_caps: BTreeMap::new(),
            commits: BTreeMap::new(),
            claimed: BTreeMap::new(),
            ambushes: Vec::new(),
            broken: Vec::new(),
            opted_out: BTreeSet::new(),
        }
    }

    pub(crate) fn mark(&mut self, ms: i64) -> Mark {
        self.order += 1;
        Mark {
            order: self.order,
            ms,
        }
    }

    /// A task has committed something.
    pub(crate) fn committed(&mut self, task: TaskId, ms: i64) {
        let mark = self.mark(ms);
        self.commits.insert(task, mark);
    }

    /// The last thing that a task committed.
    pub(crate) fn last_commit(&self, task: TaskId) -> Option<Mark> {
        self.commits.get(&task).copied()
    }

    pub(crate) fn forget(&mut self, task: TaskId) {
        self.commits.remove(&task);
    }

    /// It is recorded that the person asked in this call not to be called again.
    pub(crate) fn opt_out(&mut self, call: CallId, ms: i64) {
        if !self.opted_out.insert(call) {
            return;
        }
        let request = self
            .requests
            .iter()
            .rev()
            .find(|request| request.dial.call_id == call);
        let number = request.unwrap().dial.phone.clone();
        let since = self.mark(ms);
        self.forbidden.push(Forbidden {
            since,
            number,
            is_prefix: false,
            campaign: None,
            until_ms: i64::MAX,
        });
    }

    pub(crate) fn place_of(&self, id: CampaignId) -> usize {
        self.campaigns
            .iter()
            .position(|campaign| campaign.id == id)
            .unwrap()
    }
}
