//! What truly happened, whatever the records and webhooks said.

use crate::call::Call;
use crate::directory::Assistant;
use crate::lives::{CalledWhileLive, Lives};
use crate::route::Route;
use crate::world::World;
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The truth about everything that a [`World`] went through. Its moments are true ones, by which people live, whatever the
/// provider's clock shows; those of assistants are the provider's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ledger {
    /// Calls that the provider took on. Those refused for want of a line are not among them, even where the provider
    /// made a record.
    pub calls_created: u64,
    /// How many of them are truly over.
    pub calls_ended: u64,
    /// Each of them in the order of creation; empty in the short form.
    pub calls: Vec<LedgerCall>,
    /// Our ids under which more than one call was dialled.
    pub attempts_called_twice: Vec<String>,
    /// Numbers that were dialled more than once, for whatever reason.
    pub numbers_called_more_than_once: Vec<String>,
    /// Every dial to a number while another call to that number was live, in the sense of `peak_live`: once for each
    /// pair. A dialler that calls nobody twice at a time leaves it empty.
    pub called_while_live: Vec<CalledWhileLive>,
    /// The most calls live at one moment to any one number.
    pub peak_live_to_one_number: u32,
    /// The same of each number that was dialled; empty in the short form.
    pub most_live_by_number: BTreeMap<String, u32>,
    /// The most calls live at one moment. A call is live from its dialling until the provider's record says ended, but
    /// never beyond `max_end_ms`.
    pub peak_live: u32,
    /// Calls live now, in the same sense.
    pub live_now: u32,
    /// The lines of the account.
    pub account_lines: u32,
    /// What became of assistants.
    pub assistants: LedgerAssistants,
    /// Calls that a command to their control address ended.
    pub calls_hung_up_by_control: u64,
    /// Every command to a control address that reached the provider, in order; empty in the short form.
    pub controls: Vec<LedgerControl>,
    /// Every tool that an assistant called, in the order of the calls' creation; empty in the short form.
    pub tool_calls: Vec<LedgerToolCall>,
    /// Requests refused, by cause.
    pub refused: Refused,
    /// API requests by method and route, as `GET /call/{id}`. Those that found the provider down are counted too.
    pub requests: BTreeMap<String, u64>,
    /// When the first API request came.
    pub first_request_ms: Option<i64>,
    /// When the last one came.
    pub last_request_ms: Option<i64>,
    /// What became of webhooks.
    pub webhooks: WebhookCounts,
    /// Faults that befell requests, and those that made the provider tell a wrong moment, by the name of their rate;
    /// `down` counts requests that found the provider down.
    pub faults: BTreeMap<String, u64>,
}

/// One call as it truly was. Moments are milliseconds UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerCall {
    /// The provider's id.
    pub provider_call_id: String,
    /// `customer.externalId` of the request, else its `name`.
    pub our_id: Option<String>,
    /// The number called.
    pub number: String,
    /// When the record was made.
    pub created_at_ms: i64,
    /// When dialling began; later than the record only for scheduled calls.
    pub dialled_at_ms: Option<i64>,
    /// When somebody or something answered.
    pub answered_at_ms: Option<i64>,
    /// When it was truly over.
    pub ended_at_ms: Option<i64>,
    /// When the provider's record said so.
    pub record_ended_at_ms: Option<i64>,
    /// The last moment at which it can hold a line: dialling, ringing and the longest talk.
    pub max_end_ms: Option<i64>,
    /// Why it ended, once it has.
    pub ended_reason: Option<String>,
    /// What it was meant to be, as `voicemail` or `interested`.
    pub fate: Option<String>,
    /// What it cost, in millionths of a dollar.
    pub cost_usd_micros: i64,
}

/// One command to the control address of a call. Moments are milliseconds UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerControl {
    /// The id in the address, of a call or not.
    pub provider_call_id: String,
    /// [`LedgerCall::our_id`], where the address is one of a call.
    pub our_id: Option<String>,
    /// Its `type`, as `end-call`; empty when it had none.
    pub command: String,
    /// When it came.
    pub at_ms: i64,
    /// What it was answered with; `None`: its connection was dropped.
    pub status: Option<u16>,
    /// When the call ended because of it; `None` when it did not.
    pub hung_up_at_ms: Option<i64>,
}

/// One call of a tool by an assistant, in the middle of a telephone call. Moments are milliseconds UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerToolCall {
    /// The provider's id of the telephone call.
    pub provider_call_id: String,
    /// [`LedgerCall::our_id`] of it.
    pub our_id: Option<String>,
    /// The id of the tool call.
    pub id: String,
    /// The function's name.
    pub name: String,
    /// The JSON text that it was called with.
    pub arguments: String,
    /// When.
    pub at_ms: i64,
    /// What its receiver said, once for each delivery that had an end; none when nobody was asked.
    pub answers: Vec<LedgerToolAnswer>,
}

/// An answer to a tool call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerToolAnswer {
    /// When it came.
    pub at_ms: i64,
    /// The HTTP status; `None` when the receiver was not reached or took too long.
    pub status: Option<u16>,
    /// What the tool gave back.
    pub result: Option<String>,
    /// Why it gave nothing back.
    pub error: Option<String>,
}

/// What became of assistants. Their making, changing and deleting is counted where it truly happened, whatever the answer
/// said.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LedgerAssistants {
    /// Made by a request.
    pub created: u64,
    /// Changes made.
    pub changed: u64,
    /// Deleted.
    pub deleted: u64,
    /// Every assistant there ever was, oldest first, those from the start and those deleted included; empty in the
    /// short form.
    pub list: Vec<LedgerAssistant>,
    /// The assistant that each call with an `assistantId` was made with, by the provider's id of the call; empty in the
    /// short form.
    pub calls: BTreeMap<String, CalledWith>,
}

/// One assistant as it truly is, or was when it was deleted. Moments are milliseconds UTC by the provider's clock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LedgerAssistant {
    /// The provider's id.
    pub id: String,
    /// Its name.
    pub name: Option<String>,
    /// Its metadata.
    pub metadata: Option<Value>,
    /// When it was made.
    pub created_ms: i64,
    /// When it was last changed: its `updatedAt`.
    pub updated_ms: i64,
    /// When it was deleted.
    pub deleted_ms: Option<i64>,
    /// How often it was changed.
    pub changes: u64,
}

/// The assistant of a call, in the state that the call took over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalledWith {
    /// The provider's id of the assistant.
    pub assistant_id: String,
    /// Its `updatedAt` at that time, in milliseconds UTC.
    pub updated_ms: i64,
}

/// Requests that were refused, by cause.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Calls refused because every line was taken.
    pub capacity: u64,
    /// 429.
    pub rate: u64,
    /// Calls refused because of the account: its daily limit, or a fault that says so.
    pub account: u64,
    /// 401.
    pub unauthorized: u64,
    /// 400 and 404 for what was asked.
    pub invalid: u64,
}

/// What became of webhooks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookCounts {
    /// Handed over for sending, copies and repeats included.
    pub sent: u64,
    /// Never sent: by chance, because the provider was down, or because the call was stuck.
    pub lost: u64,
    /// Sent a second time.
    pub duplicated: u64,
    /// Sent late.
    pub delayed: u64,
    /// Sent after the message that followed it.
    pub reordered: u64,
    /// Sent again because of a `backoffPlan`.
    pub retried: u64,
    /// Answered with 2xx.
    pub acknowledged: u64,
    /// Answered otherwise, or not at all.
    pub failed: u64,
}

/// The counts that are kept as things happen.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) calls_created: u64,
    pub(crate) calls_ended: u64,
    pub(crate) peak_live: u32,
    pub(crate) calls_hung_up_by_control: u64,
    pub(crate) controls: Vec<LedgerControl>,
    /// Its lists stay empty.
    pub(crate) assistants: LedgerAssistants,
    pub(crate) refused: Refused,
    pub(crate) requests: BTreeMap<String, u64>,
    pub(crate) first_request_ms: Option<i64>,
    pub(crate) last_request_ms: Option<i64>,
    pub(crate) webhooks: WebhookCounts,
    faults: BTreeMap<String, u64>,
    /// Dials by our own id.
    pub(crate) attempts: Repeats,
    /// Dials by number.
    pub(crate) numbers: Repeats,
    pub(crate) lives: Lives,
}

/// How often each name came up, and which came up more than once.
#[derive(Debug, Default)]
pub(crate) struct Repeats {
    counts: BTreeMap<String, u32>,
    repeated: BTreeSet<String>,
}

impl Repeats {
    pub(crate) fn add(&mut self, name: &str) {
        match self.counts.get_mut(name) {
            Some(count) => {
                *count += 1;
                self.repeated.insert(name.to_owned());
            }
            None => {
                self.counts.insert(name.to_owned(), 1);
            }
        }
    }

    pub(crate) fn count(&self, name: &str) -> u32 {
        self.counts.get(name).copied().unwrap_or(0)
    }
}

impl Counts {
    pub(crate) fn request(&mut self, method: &Method, route: Route<'_>, now_ms: i64) {
        *self
            .requests
            .entry(format!("{method} {}", route.pattern()))
            .or_default() += 1;
        self.first_request_ms.get_or_insert(now_ms);
        self.last_request_ms = Some(now_ms);
    }

    pub(crate) fn fault(&mut self, name: &str) {
        *self.faults.entry(name.to_owned()).or_default() += 1;
    }
}

impl Ledger {
    pub(crate) fn of(world: &World, with_calls: bool) -> Ledger {
        let counts = &world.counts;
        let placed = || world.book.iter().filter(|call| !call.refused);
        Ledger {
            calls_created: counts.calls_created,
            calls_ended: counts.calls_ended,
            calls: if with_calls {
                placed().map(|call| LedgerCall::of(call, world)).collect()
            } else {
                Vec::new()
            },
            attempts_called_twice: counts.attempts.repeated.iter().cloned().collect(),
            numbers_called_more_than_once: counts.numbers.repeated.iter().cloned().collect(),
            called_while_live: counts.lives.called_while_live.clone(),
            peak_live_to_one_number: counts.lives.peak(),
            most_live_by_number: if with_calls {
                counts.lives.most.clone()
            } else {
                BTreeMap::new()
            },
            peak_live: counts.peak_live,
            live_now: world.live,
            account_lines: world.settings.account_lines,
            assistants: if with_calls {
                LedgerAssistants::of(world)
            } else {
                counts.assistants.clone()
            },
            calls_hung_up_by_control: counts.calls_hung_up_by_control,
            controls: if with_calls {
                counts.controls.clone()
            } else {
                Vec::new()
            },
            tool_calls: if with_calls {
                placed().filter_map(LedgerToolCall::of).collect()
            } else {
                Vec::new()
            },
            refused: counts.refused.clone(),
            requests: counts.requests.clone(),
            first_request_ms: counts.first_request_ms,
            last_request_ms: counts.last_request_ms,
            webhooks: counts.webhooks.clone(),
            faults: counts.faults.clone(),
        }
    }
}

impl LedgerAssistants {
    fn of(world: &World) -> LedgerAssistants {
        let directory = &world.directory;
        let there = directory
            .assistants
            .values()
            .map(|assistant| LedgerAssistant::of(assistant, None));
        let gone = directory
            .deleted_assistants
            .iter()
            .map(|(deleted_ms, assistant)| LedgerAssistant::of(assistant, Some(*deleted_ms)));
        let mut list: Vec<LedgerAssistant> = there.chain(gone).collect();
        list.sort_by(|a, b| (a.created_ms, &a.id).cmp(&(b.created_ms, &b.id)));
        let placed = world.book.iter().filter(|call| !call.refused);
        LedgerAssistants {
            list,
            calls: placed
                .filter_map(|call| {
                    let called_with = CalledWith {
                        assistant_id: call.echo.assistant_id?.to_string(),
                        updated_ms: call.assistant_updated_ms?,
                    };
                    Some((call.id.to_string(), called_with))
                })
                .collect(),
            ..world.counts.assistants.clone()
        }
    }
}

impl LedgerAssistant {
    fn of(assistant: &Assistant, deleted_ms: Option<i64>) -> LedgerAssistant {
        LedgerAssistant {
            id: assistant.id.to_string(),
            name: assistant
                .body
                .get("name")
                .and_then(Value::as_str)
                .map(str::to_owned),
            metadata: assistant.body.get("metadata").cloned(),
            created_ms: assistant.created_ms,
            updated_ms: assistant.updated_ms,
            deleted_ms,
            changes: assistant.changes,
        }
    }
}

impl LedgerToolCall {
    fn of(call: &Call) -> Option<LedgerToolCall> {
        let used = call.tool_use.as_ref()?;
        Some(LedgerToolCall {
            provider_call_id: call.id.to_string(),
            our_id: call.our_id.clone(),
            id: used.id.clone(),
            name: call.terms.opt_out_tool.as_ref()?.name.clone(),
            arguments: used.arguments.clone(),
            at_ms: used.called_ms,
            answers: used.answers.clone(),
        })
    }
}

impl LedgerCall {
    fn of(call: &Call, world: &World) -> LedgerCall {
        let plan = call.plan.as_ref();
        LedgerCall {
            provider_call_id: call.id.to_string(),
            our_id: call.our_id.clone(),
            number: call.number.clone(),
            created_at_ms: call.created_ms,
            dialled_at_ms: call.placed_ms,
            answered_at_ms: call.started_ms,
            ended_at_ms: call.truly_ended_ms,
            record_ended_at_ms: call.record_ended_ms,
            max_end_ms: call.max_end_ms(),
            ended_reason: match (call.truly_ended_ms, plan) {
                (Some(_), Some(plan)) => Some(plan.ended_reason.clone()),
                _ => call.ended_reason.clone(),
            },
            fate: plan.map(|plan| plan.fate.clone()),
            cost_usd_micros: call
                .cost(world.settings.people.usd_micros_per_minute)
                .total_micros(),
        }
    }
}
