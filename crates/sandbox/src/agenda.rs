//! What happens by itself, in the order of its moment.

use crate::directory_api::Change;
use crate::slips::TimestampSlip;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The next step of a call, or what else comes by itself.
#[derive(Debug)]
pub(crate) enum Step {
    /// A scheduled call looks for a free line.
    Place,
    /// The record of a call refused for want of a line says so.
    Refuse,
    Queued,
    Ring,
    Answer,
    /// Line n of the talk begins, or ends.
    LineBegins(usize),
    LineEnds(usize),
    Forward,
    /// The assistant calls its tool.
    CallTool,
    /// A command of that place in the ledger, taken a while ago, ends the call.
    HungUpByControl(usize),
    /// It is truly over.
    End,
    /// A stuck record comes right.
    Unstick,
    /// A stuck call gives its line back at last.
    FreeLine,
    /// The analysis is there.
    Report,
    /// A message that waited for the next one has waited long enough.
    ReleaseHeld,
    Send(Box<Outgoing>),
    /// A change of an assistant is done long after its connection dropped. It belongs to no call.
    LateChange(Box<Change>),
}

/// What a message says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Message {
    Status(crate::call::Status),
    EndOfCallReport,
    AssistantStarted,
    SpeechUpdate { line: usize, started: bool },
    SpeechStarted { line: usize },
    ConversationUpdate,
    Transcript { line: usize, partial: bool },
    UserInterrupted,
    Hang,
    ToolCalls,
}

/// A message on its way.
#[derive(Debug, Clone)]
pub(crate) struct Outgoing {
    pub(crate) call: usize,
    pub(crate) message: Message,
    /// When what it tells of happened.
    pub(crate) event_ms: i64,
    /// Whether it tells the wrong moment.
    pub(crate) slip: TimestampSlip,
    /// How often it was sent before.
    pub(crate) attempt: u32,
}

/// Stands where a call would, in a step that belongs to none.
const NO_CALL: usize = usize::MAX;

#[derive(Debug)]
struct Entry {
    /// The moment, and a count that keeps equal moments in the order of their making.
    at: (i64, u64),
    call: usize,
    step: Step,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Entry) -> bool {
        self.at == other.at
    }
}
impl Eq for Entry {}
impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Entry) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Entry {
    fn cmp(&self, other: &Entry) -> std::cmp::Ordering {
        self.at.cmp(&other.at)
    }
}

/// The steps to come.
#[derive(Debug, Default)]
pub(crate) struct Agenda {
    entries: BinaryHeap<Reverse<Entry>>,
    made: u64,
}

impl Agenda {
    pub(crate) fn add(&mut self, due_ms: i64, call: usize, step: Step) {
        self.made += 1;
        self.entries.push(Reverse(Entry {
            at: (due_ms, self.made),
            call,
            step,
        }));
    }

    pub(crate) fn add_change(&mut self, due_ms: i64, change: Change) {
        self.add(due_ms, NO_CALL, Step::LateChange(Box::new(change)));
    }

    pub(crate) fn next_due_ms(&self) -> Option<i64> {
        self.entries.peek().map(|Reverse(entry)| entry.at.0)
    }

    /// The next step due at `now_ms` or before: its moment, call and kind.
    pub(crate) fn take_due(&mut self, now_ms: i64) -> Option<(i64, usize, Step)> {
        if self.next_due_ms()? > now_ms {
            return None;
        }
        self.entries
            .pop()
            .map(|Reverse(entry)| (entry.at.0, entry.call, entry.step))
    }
}
