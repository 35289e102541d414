//! One call: what the provider's record says, and what truly happens.

use crate::agenda::Outgoing;
use crate::analysis::{self, Analysis};
use crate::callback::Callback;
use crate::conversation::{self, Line, Speaker};
use crate::cost::Cost;
use crate::plan::{DIALLING_MS, Plan, Talk};
use crate::script::{Mood, Script, Stuck};
use crate::slips::Slips;
use crate::terms::Terms;
use crate::tools::ToolUse;
use serde_json::value::RawValue;
use std::sync::Arc;
use uuid::Uuid;

/// The status in the provider's record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Scheduled,
    Queued,
    Ringing,
    InProgress,
    Forwarding,
    Ended,
}

impl Status {
    pub(crate) fn wire(self) -> &'static str {
        match self {
            Status::Scheduled => "scheduled",
            Status::Queued => "queued",
            Status::Ringing => "ringing",
            Status::InProgress => "in-progress",
            Status::Forwarding => "forwarding",
            Status::Ended => "ended",
        }
    }
}

/// The parts of the request that the record gives back as they came.
#[derive(Debug, Default)]
pub(crate) struct Echo {
    pub(crate) name: Option<String>,
    pub(crate) assistant_id: Option<Uuid>,
    pub(crate) assistant: Option<Box<RawValue>>,
    pub(crate) assistant_overrides: Option<Box<RawValue>>,
    pub(crate) phone_number_id: Option<Uuid>,
    pub(crate) phone_number: Option<Box<RawValue>>,
    pub(crate) customer: Option<Box<RawValue>>,
    pub(crate) schedule_plan: Option<Box<RawValue>>,
}

/// A record and the truth behind it. Moments are true ones; what the provider's clock showed then is made of them where
/// they are told.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) id: Uuid,
    /// Names the call's own draws: the number, and how many calls to it there were before.
    pub(crate) key: String,
    /// `customer.externalId`, else the first name given to the call.
    pub(crate) our_id: Option<String>,
    pub(crate) number: String,
    /// `updatedAt` of the saved assistant when its settings were taken over.
    pub(crate) assistant_updated_ms: Option<i64>,
    pub(crate) echo: Echo,
    pub(crate) terms: Terms,
    pub(crate) provider: &'static str,

    // The record.
    pub(crate) created_ms: i64,
    pub(crate) updated_ms: i64,
    pub(crate) status: Status,
    pub(crate) started_ms: Option<i64>,
    pub(crate) record_ended_ms: Option<i64>,
    pub(crate) ended_reason: Option<String>,
    pub(crate) reported: bool,
    pub(crate) deleted: bool,
    /// Lists show the record from this moment.
    pub(crate) listed_from_ms: i64,
    /// Moments that the record tells wrongly.
    pub(crate) slips: Slips,

    // The truth.
    /// Refused for want of a line: a record without a call.
    pub(crate) refused: bool,
    pub(crate) script: Option<Script>,
    pub(crate) plan: Option<Plan>,
    pub(crate) stuck: Option<Stuck>,
    /// When dialling began; `None` for a scheduled call that waits and for one that was refused.
    pub(crate) placed_ms: Option<i64>,
    pub(crate) ringing_ms: Option<i64>,
    pub(crate) truly_ended_ms: Option<i64>,
    pub(crate) holds_line: bool,
    /// Lines that were put into the assistant's mouth: (moment, text).
    pub(crate) said: Vec<(i64, String)>,
    /// The command that ends the call, by its place in the ledger.
    pub(crate) ended_by_command: Option<usize>,
    /// The tool that the assistant called.
    pub(crate) tool_use: Option<ToolUse>,
    /// When a wait for a free line is given up, for scheduled calls.
    pub(crate) latest_ms: Option<i64>,

    // Webhooks.
    /// The call as the answer to `POST /call` showed it.
    pub(crate) snapshot: Option<Arc<RawValue>>,
    /// The assistant, overrides applied, as webhooks carry it.
    pub(crate) assistant_wire: Option<Arc<RawValue>>,
    pub(crate) number_wire: Option<Arc<RawValue>>,
    /// A message kept back to change places with the next.
    pub(crate) held: Option<Box<Outgoing>>,
    /// How many messages were due so far; numbers their draws.
    pub(crate) messages_due: u32,
}

/// What the record says of a finished talk.
pub(crate) struct Afterwards {
    pub(crate) lines: Vec<Line>,
    pub(crate) cost: Cost,
    pub(crate) analysis: Analysis,
}

impl Call {
    /// The last moment at which this call can hold a line: dialling, ringing and the longest talk.
    pub(crate) fn max_end_ms(&self) -> Option<i64> {
        let limits = self.terms.limits;
        Some(self.placed_ms? + DIALLING_MS + limits.ring_timeout_ms + limits.max_duration_ms)
    }

    /// The lines said until `until_ms`.
    pub(crate) fn lines(&self, seed: u64, until_ms: i64) -> Vec<Line> {
        let (Some(plan), Some(started_ms)) = (&self.plan, self.started_ms) else {
            return Vec::new();
        };
        let mut rng = conversation::stream(seed, &self.key);
        let cast = &self.terms.cast;
        let spoken_ms = until_ms - started_ms;
        let when = self.callback(seed).map(|callback| callback.words());
        let when = when.as_deref().unwrap_or_default();
        let mut lines = conversation::lines(cast, plan.talk, when, plan.talk_ms, spoken_ms, &mut rng);
        for (at_ms, text) in &self.said {
            let from_ms = at_ms - started_ms;
            let to_ms = from_ms + speaking_ms(text);
            if to_ms <= spoken_ms {
                let line = Line {
                    speaker: Speaker::Assistant,
                    text: text.clone(),
                    from_ms,
                    to_ms,
                    wish: false,
                };
                lines.push(line);
            }
        }
        lines
    }

    /// When the person wants to be called back, if that is how the talk goes.
    pub(crate) fn callback(&self, seed: u64) -> Option<Callback> {
        let asks = self.plan.as_ref()?.talk == Talk::Conversation(Mood::Callback);
        let wanted = self.script.as_ref().and_then(|script| script.callback.as_ref());
        let started_ms = self.started_ms.filter(|_| asks)?;
        Some(Callback::of(wanted, started_ms, seed, &self.key))
    }

    /// Whether the person wants no more calls.
    pub(crate) fn opts_out(&self) -> bool {
        let plan = self.plan.as_ref();
        plan.is_some_and(|plan| plan.talk == Talk::Conversation(Mood::OptOut))
    }

    /// What the person wishes, and the moment after it was said, if the talk comes to that.
    pub(crate) fn wish(&self, seed: u64) -> Option<(i64, String)> {
        let wish = self.lines(seed, i64::MAX).into_iter().find(|line| line.wish)?;
        Some((self.started_ms? + wish.to_ms, wish.text))
    }

    /// What was truly said: whoever was cut off before the wish only said a few words.
    fn talk(&self, seed: u64) -> Talk {
        let Some(plan) = &self.plan else {
            return Talk::Nothing;
        };
        if !matches!(plan.talk, Talk::Conversation(Mood::OptOut | Mood::Callback)) {
            return plan.talk;
        }
        let cut_off = match (self.wish(seed), self.truly_ended_ms) {
            (Some((said_ms, _)), Some(ended_ms)) => ended_ms < said_ms,
            _ => false,
        };
        if cut_off {
            Talk::Conversation(Mood::HangUp)
        } else {
            plan.talk
        }
    }

    pub(crate) fn cost(&self, usd_micros_per_minute: i64) -> Cost {
        let duration_ms = match (self.started_ms, self.truly_ended_ms) {
            (Some(started_ms), Some(ended_ms)) => ended_ms - started_ms,
            _ => 0,
        };
        Cost::of(duration_ms, usd_micros_per_minute)
    }

    /// Transcript, cost and analysis once the record says ended; `None` before.
    pub(crate) fn afterwards(&self, seed: u64, usd_micros_per_minute: i64) -> Option<Afterwards> {
        self.record_ended_ms?;
        let lines = match self.truly_ended_ms {
            Some(ended_ms) if self.terms.transcript => self.lines(seed, ended_ms),
            _ => Vec::new(),
        };
        let analysis = if self.reported {
            let callback = self.callback(seed);
            analysis::of(
                &self.terms.analysis,
                &self.terms.cast,
                self.talk(seed),
                callback.as_ref(),
                lines.len(),
            )
        } else {
            Analysis::default()
        };
        Some(Afterwards {
            lines,
            cost: self.cost(usd_micros_per_minute),
            analysis,
        })
    }

    /// Whether a recording exists: answered, reported, and recorded at all.
    pub(crate) fn is_recorded(&self) -> bool {
        self.reported && self.terms.recording && self.started_ms.is_some()
    }
}

/// How long the assistant takes to say it.
pub(crate) fn speaking_ms(text: &str) -> i64 {
    i64::try_from(text.chars().count()).unwrap_or(1_000) * 60 + 400
}
