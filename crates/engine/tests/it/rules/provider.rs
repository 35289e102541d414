//! A provider in virtual time that keeps nothing but what the rules are about: calls with an outcome, a length and a
//! price, and messages that come late, twice, out of order or never.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard},
};

use async_trait::async_trait;
use domain::{
    call::{CallRef, CallState, Dialling, End, Fact, Source},
    ids::CallId,
    money::UsdMicros,
    outcome::Outcome,
    time::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, UtcMs},
};
use engine::{DialAnswer, Listing, LookupError, ProviderNumber, RefusalKind, Telephony};
use serde_json::json;
use store::Dial;

use super::{
    draw::Weather,
    ledger::{self, Ledger, Request},
};
use crate::sim::core::{Core, Due};

/// The provider, by whichever node it is asked.
pub(crate) struct Wire {
    /// Answers take no time: whoever asks does several things at once, which tasks of the agenda cannot.
    pub(crate) at_once: bool,
    pub(crate) node: usize,
    pub(crate) provider: Arc<Provider>,
}

pub(crate) struct Provider {
    core: Arc<Core>,
    ledger: Arc<Mutex<Ledger>>,
    weather: Weather,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    calls: BTreeMap<String, Record>,
    /// When something about a call changes.
    changes: BTreeSet<(i64, String)>,
    /// When calls end.
    ends: BTreeSet<(i64, String)>,
    busy_until_ms: i64,
    messages: Vec<Message>,
    down_until_ms: i64,
}

impl State {
    fn note(&mut self, call: &Record) {
        for at_ms in call.changes() {
            self.changes.insert((at_ms, call.id.clone()));
        }
        self.ends.insert((call.ended_ms, call.id.clone()));
        self.busy_until_ms = self.busy_until_ms.max(call.details_ms);
    }
}

/// A call as the provider keeps it.
#[derive(Clone)]
struct Record {
    id: String,
    call_id: CallId,
    number: String,
    created_ms: i64,
    ringing_ms: i64,
    answered_ms: Option<i64>,
    ended_ms: i64,
    /// When cost and analysis are there.
    details_ms: i64,
    reason: &'static str,
    turns: u32,
    cost: i64,
    structured: Option<String>,
    /// Asks by a tool of the assistant not to be called again.
    tool: bool,
    /// Nobody hears of it.
    hides_opt_out: bool,
    /// Its place in the ledger.
    request: usize,
}

/// Something that the provider tells.
#[derive(Clone)]
pub(crate) struct Message {
    pub(crate) call_id: CallId,
    provider_call_id: String,
    /// What is told: the record as it stood then.
    as_of_ms: i64,
    kind: &'static str,
    pub(crate) tries: u32,
}

impl Provider {
    pub(crate) fn new(core: Arc<Core>, ledger: Arc<Mutex<Ledger>>, weather: Weather) -> Self {
        Self {
            core,
            ledger,
            weather,
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Nothing reaches it for so long.
    pub(crate) fn go_down(&self, ms: i64) {
        self.state().down_until_ms = self.core.now().0 + ms;
    }

    fn is_down(&self) -> bool {
        self.state().down_until_ms > self.core.now().0
    }

    /// What a message says, and whether by it somebody asks not to be called again.
    pub(crate) fn read(&self, message: usize) -> (Message, Fact, bool) {
        let state = self.state();
        let message = state.messages[message].clone();
        let record = &state.calls[&message.provider_call_id];
        let opts_out = record.opts_out(message.as_of_ms);
        (
            message.clone(),
            record.fact(Source::Webhook, message.kind, message.as_of_ms),
            opts_out,
        )
    }

    /// A message was not taken: it is sent again, a few times.
    pub(crate) fn not_taken(&self, message: usize) {
        let tries = {
            let mut state = self.state();
            state.messages[message].tries += 1;
            state.messages[message].tries
        };
        if tries <= 3 {
            self.core.plan(
                self.core.now().0 + i64::from(tries) * MINUTE_MS,
                Due::Deliver { message },
            );
        }
    }

    /// Whether calls or messages are still under way.
    pub(crate) fn is_busy(&self, now_ms: i64) -> bool {
        self.state().busy_until_ms > now_ms
    }

    fn live(&self, now_ms: i64) -> u32 {
        let live = self.state().ends.range((now_ms + 1, String::new())..).count();
        u32::try_from(live).unwrap()
    }

    /// Takes a request on and plans what will be told of it.
    fn take_on(&self, request: Request, is_blocked: bool) -> Fact {
        let now_ms = self.core.now().0;
        let mut record = self.weather.call(&self.core, now_ms);
        if is_blocked {
            record.reason = "call.start.error-subscription-concurrency-limit-reached";
            record.outcome = Outcome::NotDialled;
            record.talk_ms = None;
            record.ring_ms = 0;
            record.cost = 0;
            record.structured = None;
            record.tool = false;
            record.callback_ms = None;
        }
        let mut ledger = self.ledger.lock().unwrap();
        let place = ledger.requests.len();
        let ended_ms = now_ms + record.ring_ms + record.talk_ms.unwrap_or(0);
        let call = Record {
            id: format!("call-{place:06}"),
            call_id: request.dial.call_id,
            number: request.dial.phone_number_id.clone(),
            created_ms: now_ms,
            ringing_ms: now_ms + record.ring_ms.min(2 * SECOND_MS),
            answered_ms: record.talk_ms.map(|_| now_ms + record.ring_ms),
            ended_ms,
            details_ms: ended_ms + record.details_ms,
            reason: record.reason,
            turns: record.turns,
            cost: record.cost,
            structured: record.structured,
            tool: record.tool,
            hides_opt_out: self.weather.hides_opt_outs,
            request: place,
        };
        ledger.requests.push(Request {
            call: Some(ledger::Call {
                ended_ms,
                outcome: record.outcome,
                cost: record.cost,
                callback_ms: record.callback_ms,
            }),
            ..request
        });
        drop(ledger);
        let fact = call.fact(Source::Dial, "dial.accepted", now_ms);
        self.announce(&call);
        let mut state = self.state();
        state.note(&call);
        state.calls.insert(call.id.clone(), call);
        fact
    }

    /// Plans the messages about a call.
    fn announce(&self, call: &Record) {
        let tell = |at_ms: i64, kind: &'static str| {
            if self.core.happens(self.weather.lost) {
                return;
            }
            let copies = if self.core.happens(self.weather.twice) {
                2
            } else {
                1
            };
            for _ in 0..copies {
                let late = self.core.happens(self.weather.late);
                let delay_ms = if late {
                    self.core.draw(MINUTE_MS, 30 * MINUTE_MS)
                } else {
                    self.core.draw(20, 900)
                };
                let message = {
                    let mut state = self.state();
                    state.messages.push(Message {
                        call_id: call.call_id,
                        provider_call_id: call.id.clone(),
                        as_of_ms: at_ms,
                        kind,
                        tries: 0,
                    });
                    state.messages.len() - 1
                };
                self.core.plan(at_ms + delay_ms, Due::Deliver { message });
            }
        };
        if let Some(answered_ms) = call.answered_ms {
            tell(answered_ms, "status-update");
            if call.tool {
                tell(call.ended_ms - 1, "tool-calls");
            }
        }
        if self.core.happens(self.weather.end_first) {
            tell(call.ended_ms, "status-update");
        }
        tell(call.details_ms, "end-of-call-report");
    }

    /// Hangs up.
    fn end(&self, id: &str) {
        let now_ms = self.core.now().0;
        let mut state = self.state();
        let Some(call) = state.calls.get_mut(id).filter(|call| call.ended_ms > now_ms) else {
            return;
        };
        let ended = (call.ended_ms, call.id.clone());
        call.ended_ms = now_ms;
        call.details_ms = now_ms + SECOND_MS;
        call.answered_ms = call.answered_ms.filter(|at_ms| *at_ms < now_ms);
        call.ringing_ms = call.ringing_ms.min(now_ms);
        call.reason = "call-deleted";
        call.structured = None;
        call.tool = false;
        let call = call.clone();
        state.ends.remove(&ended);
        state.note(&call);
        drop(state);
        let mut ledger = self.ledger.lock().unwrap();
        if let Some(truth) = &mut ledger.requests[call.request].call {
            truth.ended_ms = now_ms;
            truth.outcome = Outcome::Canceled;
            truth.callback_ms = None;
        }
    }

    fn cannot_be_asked(&self) -> Option<LookupError> {
        (self.is_down() || self.core.happens(self.weather.unanswered)).then(|| LookupError {
            message: "no answer".to_owned(),
            retry_after_ms: None,
        })
    }
}

impl Record {
    fn changes(&self) -> impl Iterator<Item = i64> + use<> {
        [
            Some(self.created_ms),
            Some(self.ringing_ms),
            self.answered_ms,
            Some(self.ended_ms),
            Some(self.details_ms),
        ]
        .into_iter()
        .flatten()
    }

    fn opts_out(&self, as_of_ms: i64) -> bool {
        let by_data = as_of_ms >= self.details_ms
            && self
                .structured
                .as_deref()
                .is_some_and(|data| data.contains("opt_out"));
        (self.tool && as_of_ms >= self.ended_ms - 1) || by_data
    }

    /// What the record says at a moment.
    fn fact(&self, source: Source, kind: &str, as_of_ms: i64) -> Fact {
        let ended = as_of_ms >= self.ended_ms;
        let complete = as_of_ms >= self.details_ms;
        let mut says = CallState {
            dialling: Dialling::Accepted,
            provider_call_id: Some(self.id.clone()),
            accepted_at: Some(UtcMs(self.created_ms)),
            ringing_at: (as_of_ms >= self.ringing_ms).then_some(UtcMs(self.ringing_ms)),
            started_at: self.answered_ms.filter(|at_ms| as_of_ms >= *at_ms).map(UtcMs),
            end: ended.then(|| End {
                reason: Some(self.reason.to_owned()),
                message: None,
                at: UtcMs(self.ended_ms),
            }),
            ..CallState::default()
        };
        says.details.control_url = Some(self.id.clone());
        says.details.opted_out = self.tool && !self.hides_opt_out && as_of_ms >= self.ended_ms - 1;
        if complete {
            says.details.cost = Some(UsdMicros(self.cost));
            says.details.user_turns = self.answered_ms.map(|_| self.turns);
            let told = self
                .structured
                .as_ref()
                .filter(|data| !(self.hides_opt_out && data.contains("opt_out")));
            says.details.structured_json = told.cloned();
        }
        Fact {
            call: CallRef {
                number: None,
                call_id: Some(self.call_id),
                provider_call_id: Some(self.id.clone()),
            },
            source,
            kind: kind.to_owned(),
            at: UtcMs(
                self.changes()
                    .filter(|at_ms| *at_ms <= as_of_ms)
                    .max()
                    .unwrap_or(self.created_ms),
            ),
            says,
            payload: (source == Source::Webhook).then(|| json!({"type": kind}).to_string()),
        }
    }
}

#[async_trait]
impl Telephony for Wire {
    async fn dial(&self, dial: &Dial, _: UtcMs) -> DialAnswer {
        let (provider, core) = (&self.provider, &self.provider.core);
        let intent = provider
            .ledger
            .lock()
            .unwrap()
            .last_commit(core.running())
            .unwrap();
        let left_ms = core.now().0;
        core.danger(self.node, "before a request leaves").await;
        core.wait(core.draw(1, 30)).await;
        if provider.is_down() {
            return refused(RefusalKind::Unreachable);
        }
        let weather = &provider.weather;
        if core.happens(weather.request_lost) {
            core.wait(30 * SECOND_MS).await;
            return DialAnswer::InDoubt("no answer".to_owned());
        }
        let at_ms = core.now().0;
        let request = {
            let ledger = provider.ledger.lock().unwrap();
            let (claimed_ms, claimed) = ledger.claimed[&dial.call_id];
            Request {
                campaign: ledger.place_of(dial.campaign_id),
                claimed_ms,
                claimed,
                dial: dial.clone(),
                intent,
                left_ms,
                at_ms,
                call: None,
            }
        };
        let refusal = if provider.live(at_ms) >= weather.lines {
            Some(RefusalKind::Capacity)
        } else {
            weather.refusal(core, &dial.phone)
        };
        if let Some(kind) = refusal {
            provider.ledger.lock().unwrap().requests.push(request);
            core.wait(core.draw(20, 300)).await;
            return refused(kind);
        }
        let is_blocked = core.happens(weather.blocked);
        let fact = provider.take_on(request, is_blocked);
        core.danger(self.node, "before an answer is seen").await;
        core.wait(core.draw(20, 300)).await;
        if core.happens(weather.answer_lost) {
            return DialAnswer::InDoubt("the connection was closed".to_owned());
        }
        if is_blocked {
            return DialAnswer::Blocked {
                fact: Box::new(fact),
                lines: None,
            };
        }
        DialAnswer::Accepted {
            fact: Box::new(fact),
            lines: None,
        }
    }

    async fn changed_since(&self, since: UtcMs, now: UtcMs) -> Result<Listing, LookupError> {
        self.provider.core.wait(self.provider.core.draw(5, 60)).await;
        if let Some(error) = self.provider.cannot_be_asked() {
            return Err(error);
        }
        let now_ms = now.0;
        let state = self.provider.state();
        let ids: BTreeSet<&String> = state
            .changes
            .range((since.0, String::new())..(now_ms + 1, String::new()))
            .map(|(_, id)| id)
            .collect();
        Ok(Listing {
            facts: ids
                .into_iter()
                .map(|id| state.calls[id].fact(Source::Poll, "poll", now_ms))
                .collect(),
            complete: true,
        })
    }

    async fn created_between(
        &self,
        phone_number_id: &str,
        since: UtcMs,
        until: UtcMs,
        now: UtcMs,
    ) -> Result<Listing, LookupError> {
        self.provider.core.wait(self.provider.core.draw(5, 60)).await;
        if let Some(error) = self.provider.cannot_be_asked() {
            return Err(error);
        }
        let state = self.provider.state();
        let calls = state
            .calls
            .values()
            .rev()
            .take_while(|call| call.created_ms >= since.0 - DAY_MS);
        let meant = calls
            .filter(|call| call.number == phone_number_id && (since.0..=until.0).contains(&call.created_ms));
        Ok(Listing {
            facts: meant.map(|call| call.fact(Source::Poll, "poll", now.0)).collect(),
            complete: true,
        })
    }

    async fn look_up(&self, provider_call_id: &str, now: UtcMs) -> Result<Option<Fact>, LookupError> {
        if !self.at_once {
            self.provider.core.wait(self.provider.core.draw(5, 60)).await;
        }
        if let Some(error) = self.provider.cannot_be_asked() {
            return Err(error);
        }
        let state = self.provider.state();
        Ok(state
            .calls
            .get(provider_call_id)
            .map(|call| call.fact(Source::Poll, "poll", now.0)))
    }

    async fn hang_up(&self, control_url: &str) -> Result<(), String> {
        if !self.at_once {
            self.provider.core.wait(self.provider.core.draw(5, 60)).await;
        }
        if self.provider.is_down() {
            return Err("no answer".to_owned());
        }
        self.provider.end(control_url);
        Ok(())
    }

    async fn phone_numbers(&self) -> Result<Vec<ProviderNumber>, LookupError> {
        Ok(Vec::new())
    }
}

fn refused(kind: RefusalKind) -> DialAnswer {
    DialAnswer::Refused {
        kind,
        message: format!("{kind:?}"),
        retry_after_ms: None,
    }
}

/// A day at the provider: how often which thing goes wrong, and what calls come to.
pub(crate) struct Planned {
    pub(crate) outcome: Outcome,
    pub(crate) reason: &'static str,
    pub(crate) turns: u32,
    pub(crate) ring_ms: i64,
    /// How long they talk; none: nobody answers.
    pub(crate) talk_ms: Option<i64>,
    pub(crate) details_ms: i64,
    pub(crate) cost: i64,
    pub(crate) structured: Option<String>,
    pub(crate) tool: bool,
    pub(crate) callback_ms: Option<i64>,
}

impl Weather {
    /// What comes of a call that begins now.
    fn call(&self, core: &Core, now_ms: i64) -> Planned {
        const ENDS: &[(i64, Outcome, &str)] = &[
            (30, Outcome::NoAnswer, "customer-did-not-answer"),
            (12, Outcome::Busy, "customer-busy"),
            (18, Outcome::Voicemail, "voicemail"),
            (
                4,
                Outcome::Failed,
                "call.in-progress.error-sip-outbound-call-failed-to-connect",
            ),
            (26, Outcome::Human, "customer-ended-call"),
            (3, Outcome::HungUp, "customer-ended-call"),
            (2, Outcome::Silence, "silence-timed-out"),
            (2, Outcome::ProviderError, "pipeline-error-anthropic-llm-failed"),
            (1, Outcome::Rejected, "vonage-rejected"),
            (1, Outcome::InvalidNumber, "sip-outbound-unallocated-number"),
            (1, Outcome::Unknown, "something-new-entirely"),
        ];
        let mut chance = core.draw(0, 99);
        let (_, outcome, reason) = *ENDS
            .iter()
            .find(|(weight, ..)| {
                chance -= weight;
                chance < 0
            })
            .unwrap();
        let answered = matches!(
            outcome,
            Outcome::Human | Outcome::HungUp | Outcome::Silence | Outcome::Voicemail | Outcome::ProviderError
        );
        let talk_ms = answered.then(|| {
            // Many talk until the provider ends the call.
            let (shortest, longest) = match outcome {
                Outcome::Human if core.happens(0.5) => (8 * MINUTE_MS, 10 * MINUTE_MS),
                Outcome::Human => (4 * SECOND_MS, 5 * MINUTE_MS),
                _ => (4 * SECOND_MS, 20 * SECOND_MS),
            };
            core.draw(shortest, longest)
        });
        let spoke = outcome == Outcome::Human;
        let mut planned = Planned {
            outcome,
            reason,
            turns: u32::from(spoke) * 3,
            ring_ms: core.draw(3 * SECOND_MS, 40 * SECOND_MS),
            talk_ms,
            details_ms: core.draw(0, 90 * SECOND_MS),
            cost: talk_ms.map_or(0, |ms| {
                self.fixed_usd_micros + ms * self.minute_usd_micros / MINUTE_MS
            }),
            structured: None,
            tool: false,
            callback_ms: None,
        };
        if spoke && core.happens(0.06) {
            planned.structured = Some(json!({"opt_out": true}).to_string());
        } else if spoke && core.happens(0.04) {
            planned.tool = true;
        } else if spoke && core.happens(0.3) {
            // Hours end with the hour, and in the seconds before a call is decided that may come too late.
            let hour_ms = (now_ms / HOUR_MS + core.draw(2, 60)) * HOUR_MS;
            let at_ms = hour_ms - core.draw(1, 40) * SECOND_MS;
            planned.callback_ms = Some(at_ms);
            planned.structured = Some(json!({"callback_at": UtcMs(at_ms).to_iso()}).to_string());
        }
        planned
    }

    fn refusal(&self, core: &Core, phone: &str) -> Option<RefusalKind> {
        // The same number is wrong every time.
        if phone.ends_with("37") {
            return Some(RefusalKind::Contact);
        }
        if core.happens(self.rate_refused) {
            return Some(RefusalKind::Rate);
        }
        core.happens(self.account_refused).then_some(RefusalKind::Account)
    }
}
