//! The provider as a state machine: requests in, answers and webhooks out, and a clock that is only ever told the time.

use crate::agenda::{Agenda, Outgoing};
use crate::answer::Answer;
use crate::book::Book;
use crate::chance;
use crate::clock::Pace;
use crate::directory::{Directory, NumberStatus};
use crate::directory_api::Change;
use crate::faults::Faults;
use crate::ledger::{Counts, Ledger};
use crate::luck::{ActLuck, ControlLuck, Luck};
use crate::route::Route;
use crate::settings::Settings;
use crate::told::ToldClock;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use rand::Rng;
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::{Builder, Uuid};

/// A whole provider: its records, the people it calls, its faults and the ledger of what truly happened.
///
/// It has no clock, no threads and no sockets. Moments are milliseconds since 1970 (UTC) and are always handed in;
/// one that lies before an earlier one counts as that earlier one. Equal settings and equal calls of its methods give
/// equal bytes.
#[derive(Debug)]
pub struct World {
    pub(crate) settings: Settings,
    pub(crate) faults: Faults,
    pub(crate) now_ms: i64,
    pub(crate) told: ToldClock,
    /// How fast time goes where this world is served; `None` where nobody said.
    pub(crate) pace: Option<Pace>,
    pub(crate) agenda: Agenda,
    pub(crate) book: Book,
    pub(crate) directory: Directory,
    pub(crate) outbox: Vec<Delivery>,
    /// Sent webhooks that will be tried again if they fail.
    pub(crate) awaiting: BTreeMap<u64, Outgoing>,
    /// Sent `tool-calls` that nobody has answered yet, and their calls.
    pub(crate) asking: BTreeMap<u64, usize>,
    pub(crate) counts: Counts,
    /// Lines in use.
    pub(crate) live: u32,
    /// Requests so far, by what their draws are named after.
    requests_of: BTreeMap<String, u32>,
    requests: u64,
    ids_made: u64,
    deliveries_made: u64,
    down_until_ms: i64,
    /// The minute of the request limit and the requests in it.
    minute: (i64, u32),
}

/// What becomes of a request.
#[derive(Debug)]
pub struct Handling {
    /// What the client gets.
    pub reply: Reply,
    /// How long until it gets it, in provider milliseconds. Whatever the request did, it did at once.
    pub delay_ms: u64,
}

/// What a client gets for its request.
#[derive(Debug)]
pub enum Reply {
    /// An HTTP answer.
    Answer(Response<Bytes>),
    /// The connection is dropped without an answer. The request may have acted all the same.
    HangUp,
    /// The provider is down: the connection is refused and the request did not act.
    Unreachable,
}

/// A webhook to be sent now.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Names this delivery in [`World::delivered`].
    pub id: u64,
    /// Where to POST it.
    pub url: String,
    /// Headers: the content type, and whatever the `server` object asks for.
    pub headers: HeaderMap,
    /// The JSON body.
    pub body: Bytes,
    /// The provider's id of the call it is about.
    pub call_id: String,
    /// The message's `type`.
    pub kind: String,
    /// How long the receiver may take to answer, in provider milliseconds (`server.timeoutSeconds`, default 20 s).
    pub timeout_ms: u64,
}

impl World {
    /// A provider in which nothing has happened yet.
    pub fn new(settings: Settings) -> World {
        World {
            faults: settings.faults.clone(),
            told: ToldClock::new(settings.clock_ahead_ms),
            pace: None,
            settings,
            now_ms: 0,
            agenda: Agenda::default(),
            book: Book::default(),
            directory: Directory::new(),
            outbox: Vec::new(),
            awaiting: BTreeMap::new(),
            asking: BTreeMap::new(),
            counts: Counts::default(),
            live: 0,
            requests_of: BTreeMap::new(),
            requests: 0,
            ids_made: 0,
            deliveries_made: 0,
            down_until_ms: i64::MIN,
            minute: (i64::MIN, 0),
        }
    }

    /// One request to the provider's API, or to the sandbox's own pages under `/sandbox`, which are never faulty. Every
    /// answer carries a `Date`: the moment at which it leaves, by the provider's clock.
    pub fn handle(&mut self, request: &Request<Bytes>, now_ms: i64) -> Handling {
        let mut handling = self.handle_undated(request, now_ms);
        if let Reply::Answer(answer) = &mut handling.reply {
            let delay_ms = i64::try_from(handling.delay_ms).unwrap_or(i64::MAX);
            self.date(answer, self.now_ms.saturating_add(delay_ms));
        }
        handling
    }

    fn handle_undated(&mut self, request: &Request<Bytes>, now_ms: i64) -> Handling {
        let now_ms = self.settle(now_ms);
        self.requests += 1;
        let request_id = format!("req_{:012}", self.requests);
        let route = Route::of(request.uri().path());
        if let Route::Sandbox(rest) = route {
            let answer = self.sandbox(rest, request, now_ms);
            return Handling {
                reply: Reply::Answer(answer.into_response(&request_id)),
                delay_ms: 0,
            };
        }
        self.counts.request(request.method(), route, now_ms);
        if self.is_down(now_ms) {
            self.counts.fault("down");
            return Handling {
                reply: Reply::Unreachable,
                delay_ms: 0,
            };
        }
        let command = self.note_command(route, request, now_ms);
        let handling = self.react(route, request, &request_id, now_ms);
        if let (Some(command), Reply::Answer(answer)) = (command, &handling.reply) {
            self.counts.controls[command].status = Some(answer.status().as_u16());
        }
        handling
    }

    /// What becomes of a request that found the provider up.
    fn react(
        &mut self,
        route: Route<'_>,
        request: &Request<Bytes>,
        request_id: &str,
        now_ms: i64,
    ) -> Handling {
        let creates = route == Route::Calls && request.method() == Method::POST;
        let body = if creates {
            serde_json::from_slice(request.body()).ok()
        } else {
            None
        };
        let luck = self.draw_luck(route, request, body.as_ref());
        let mut delay_ms = luck.answer_ms;
        if luck.slow_ms > 0 {
            self.counts.fault("slow_answer");
            delay_ms += luck.slow_ms;
        }
        let timeout_ms = luck.control.as_ref().and_then(|control| control.timeout_ms);
        if let Some(timeout_ms) = timeout_ms {
            self.counts.fault("control_timeout");
            let answer = broken(StatusCode::GATEWAY_TIMEOUT);
            return Handling {
                reply: Reply::Answer(answer.into_response(request_id)),
                delay_ms: delay_ms + timeout_ms,
            };
        }
        let hung_up = Handling {
            reply: Reply::HangUp,
            delay_ms,
        };
        if let Some(fault) = luck.act.hang_up_before {
            self.counts.fault(fault);
            return hung_up;
        }
        let Some(answer) = self.answer(route, request, body, &luck, request_id, now_ms) else {
            return hung_up;
        };
        let done = answer.status.is_success();
        if let Some(fault) = luck.act.hang_up_after.filter(|_| done) {
            self.counts.fault(fault);
            return hung_up;
        }
        let answer = match luck.act.error_after.filter(|_| done) {
            Some((fault, status)) => {
                self.counts.fault(fault);
                broken(status)
            }
            None => answer,
        };
        if creates && done && luck.hold_back_ms > 0 {
            self.counts.fault("webhook_before_answer");
            delay_ms += luck.hold_back_ms;
        }
        Handling {
            reply: Reply::Answer(answer.into_response(request_id)),
            delay_ms,
        }
    }

    /// When something next happens by itself, or a webhook already waits to be taken. `None`: never, unless asked.
    pub fn next_due_ms(&self) -> Option<i64> {
        if self.outbox.is_empty() {
            self.agenda.next_due_ms()
        } else {
            Some(self.now_ms)
        }
    }

    /// Moves everything along to `now_ms` and takes the webhooks to send, oldest first.
    pub fn advance(&mut self, now_ms: i64) -> Vec<Delivery> {
        self.settle(now_ms);
        std::mem::take(&mut self.outbox)
    }

    /// What became of a delivery: the receiver's status, or `None` when it was not reached or took too long. A failed
    /// one is sent again only if the `server` object had a `backoffPlan`. Unknown ids are ignored. To `tool-calls` an
    /// answer without a body gives no result; see [`World::answered`].
    pub fn delivered(&mut self, delivery_id: u64, status: Option<u16>, now_ms: i64) {
        self.answered(delivery_id, status, &[], now_ms);
    }

    /// The same, with the body of the receiver's answer. Only that to `tool-calls` is read:
    /// `{"results": [{"name": …, "toolCallId": …, "result": …}]}`, or `error` in place of `result`.
    pub fn answered(&mut self, delivery_id: u64, status: Option<u16>, body: &[u8], now_ms: i64) {
        let now_ms = self.settle(now_ms);
        if let Some(index) = self.asking.remove(&delivery_id) {
            self.tool_answered(index, status, body, now_ms);
        }
        let awaited = self.awaiting.remove(&delivery_id);
        if status.is_some_and(|status| (200..300).contains(&status)) {
            self.counts.webhooks.acknowledged += 1;
            return;
        }
        self.counts.webhooks.failed += 1;
        if let Some(outgoing) = awaited {
            self.try_again(outgoing, status, now_ms);
        }
    }

    /// What truly happened so far.
    pub fn ledger(&self) -> Ledger {
        Ledger::of(self, true)
    }

    /// The same without the list of calls; its cost does not grow with their number.
    pub fn ledger_in_short(&self) -> Ledger {
        Ledger::of(self, false)
    }

    /// What may go wrong from now on. Calls keep the faults they were created with.
    pub fn set_faults(&mut self, faults: Faults) {
        self.faults = faults;
    }

    /// What may go wrong at present.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Nothing reaches the provider until that moment.
    pub fn set_down(&mut self, until_ms: i64) {
        self.down_until_ms = until_ms;
    }

    /// Lets calls be made from a telephone number, or not. False: there is no number of that id.
    pub fn set_phone_number_status(&mut self, id: &str, status: NumberStatus) -> bool {
        let id = Uuid::try_parse(id).ok();
        let Some(number) = id.and_then(|id| self.directory.numbers.get_mut(&id)) else {
            return false;
        };
        if number.status != status {
            number.status = status;
            number.updated_ms = self.told.at(self.now_ms).max(number.updated_ms + 1);
        }
        true
    }

    /// The settings it was made with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Whether nothing reaches the provider at that moment.
    pub fn is_down(&self, now_ms: i64) -> bool {
        self.up_again_ms(now_ms) > now_ms
    }

    /// The end of the down time at that moment; the moment itself when the provider is up.
    pub(crate) fn up_again_ms(&self, now_ms: i64) -> i64 {
        let mut up_ms = now_ms.max(self.down_until_ms);
        let every_ms = i64::try_from(self.faults.down_every_ms).unwrap_or(i64::MAX);
        let for_ms = i64::try_from(self.faults.down_for_ms).unwrap_or(i64::MAX);
        if let (Some(first_ms), true) = (self.counts.first_request_ms, every_ms > 0) {
            let since_ms = now_ms - first_ms;
            if since_ms >= every_ms && since_ms % every_ms < for_ms {
                up_ms = up_ms.max((now_ms - since_ms % every_ms).saturating_add(for_ms));
            }
        }
        up_ms
    }

    /// Lets everything due happen, in order, and returns the moment that it is now.
    pub(crate) fn settle(&mut self, now_ms: i64) -> i64 {
        while let Some((due_ms, call, step)) = self.agenda.take_due(now_ms) {
            self.now_ms = self.now_ms.max(due_ms);
            self.step(call, step, self.now_ms);
        }
        self.now_ms = self.now_ms.max(now_ms);
        self.now_ms
    }

    fn draw_luck(&mut self, route: Route<'_>, request: &Request<Bytes>, body: Option<&Value>) -> Luck {
        let method = request.method();
        // A POST /call is named after the person and the attempt, so that its luck does not depend on the others.
        let name = match body.map(|body| (body.pointer("/customer/number"), body)) {
            Some((Some(number), body)) => {
                let our_id = body.pointer("/customer/externalId").or(body.get("name"));
                format!("POST {number} {}", our_id.unwrap_or(&Value::Null))
            }
            _ => format!("{method} {}", route.pattern()),
        };
        let nth = self.count_request(&name);
        let mut rng = chance::stream(self.settings.seed, "request", &[&name, &nth]);
        let mut luck = Luck::draw(&self.faults, self.settings.answer_ms, &mut rng);
        if let Route::Control(id) = route {
            let (act, control) = self.draw_control_luck(id);
            (luck.act, luck.control) = (act, Some(control));
        } else if !(route == Route::Calls && method == Method::POST) {
            luck.act = self.draw_change_luck(route, request);
        }
        luck
    }

    /// From a stream of its own, named after the call's number and attempt.
    fn draw_control_luck(&mut self, id: &str) -> (ActLuck, ControlLuck) {
        let name = format!("control {}", self.key_of(id));
        let nth = self.count_request(&name);
        let mut rng = chance::stream(self.settings.seed, "control", &[&name, &nth]);
        ControlLuck::draw(&self.faults, &mut rng)
    }

    /// From a stream of its own, named after the assistant: the draws of calls stay what they are without any change.
    fn draw_change_luck(&mut self, route: Route<'_>, request: &Request<Bytes>) -> ActLuck {
        if !is_change(request.method(), route) {
            return ActLuck::default();
        }
        let which = match route {
            Route::Assistant(id) => id.to_owned(),
            _ => serde_json::from_slice::<Value>(request.body())
                .map(|body| body["name"].to_string())
                .unwrap_or_default(),
        };
        let name = format!("change {} {which}", request.method());
        let nth = self.count_request(&name);
        let mut rng = chance::stream(self.settings.seed, "change", &[&name, &nth]);
        ActLuck::of_change(&self.faults, &mut rng)
    }

    /// How often draws were named so, this time included.
    fn count_request(&mut self, name: &str) -> String {
        let nth = self.requests_of.entry(name.to_owned()).or_default();
        *nth += 1;
        nth.to_string()
    }

    /// `None`: the connection drops, and the request acts later.
    fn answer(
        &mut self,
        route: Route<'_>,
        request: &Request<Bytes>,
        body: Option<Value>,
        luck: &Luck,
        request_id: &str,
        now_ms: i64,
    ) -> Option<Answer> {
        let method = request.method().as_str();
        let broken_by = match (method, route) {
            ("GET", Route::Calls) => luck.list_error.map(|status| ("list_error", status)),
            ("GET", Route::Call(_)) => luck.get_error.map(|status| ("get_error", status)),
            _ => luck.act.error_before,
        };
        if let Some((fault, status)) = broken_by {
            self.counts.fault(fault);
            return Some(broken(status));
        }
        if let Route::Control(id) = route {
            return Some(self.control(id, request, luck.control.as_ref(), now_ms));
        }
        if let Some(refusal) = self.refuse_entry(request, luck, now_ms) {
            return Some(refusal);
        }
        if let Some((fault, late_ms)) = luck.act.late {
            self.counts.fault(fault);
            let change = Change::of(route, request);
            self.agenda.add_change(now_ms + late_ms, change);
            return None;
        }
        let query = request.uri().query().unwrap_or_default();
        let shape = self.settings.error_shape;
        let result = match (method, route) {
            ("POST", Route::Calls) => self.create_calls(body, now_ms),
            ("GET", Route::Calls) => self.list_calls(query, now_ms),
            ("GET", Route::Call(id)) => self.get_call(id, now_ms),
            ("PATCH", Route::Call(id)) => self.rename_call(id, request.body(), now_ms),
            ("DELETE", Route::Call(id)) => self.delete_call(id, request.body(), now_ms),
            ("GET", Route::Recording(id, kind)) => self.recording_of(id, kind),
            ("GET", Route::Assistants) => self.list_assistants(query, now_ms),
            ("GET", Route::Assistant(id)) => self.get_assistant(id),
            ("POST", Route::Assistants) | ("PATCH" | "DELETE", Route::Assistant(_)) => {
                self.change_assistant(&Change::of(route, request), now_ms)
            }
            ("POST", Route::PhoneNumbers) => self.create_number(request.body(), now_ms),
            ("GET", Route::PhoneNumbers) => self.list_numbers(query, now_ms),
            ("GET", Route::PhoneNumber(id)) => self.get_number(id),
            _ => Err(Refusal::NotFound(format!(
                "Cannot {method} {}",
                request.uri().path()
            ))),
        };
        Some(result.unwrap_or_else(|refusal| {
            if !matches!(refusal, Refusal::Counted(_)) {
                self.counts.refused.invalid += 1;
            }
            refusal.answer(shape, request_id)
        }))
    }

    /// 401 for a wrong key, 429 for too many requests.
    fn refuse_entry(&mut self, request: &Request<Bytes>, luck: &Luck, now_ms: i64) -> Option<Answer> {
        let header = request
            .headers()
            .get(http::header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        let key = header.and_then(|header| header.strip_prefix("Bearer "));
        if key != Some(self.settings.api_key.as_str()) {
            self.counts.refused.unauthorized += 1;
            let message = "Invalid Key. Hot tip, you may be using the private key instead of the public key, \
                           or vice versa.";
            return Some(Answer::refusal(StatusCode::UNAUTHORIZED, message));
        }
        let minute = now_ms.div_euclid(60_000);
        if self.minute.0 != minute {
            self.minute = (minute, 0);
        }
        self.minute.1 += 1;
        let over_limit = self
            .settings
            .requests_per_minute
            .is_some_and(|limit| self.minute.1 > limit);
        if !over_limit && !luck.rate_refusal {
            return None;
        }
        self.counts.refused.rate += 1;
        let answer = Answer::refusal(StatusCode::TOO_MANY_REQUESTS, "Rate limit exceeded");
        if luck.rate_refusal && luck.retry_after {
            let seconds = self.faults.retry_after_seconds.to_string();
            return Some(answer.with(http::header::RETRY_AFTER, seconds));
        }
        Some(answer)
    }

    /// A fresh id whose time part is what the provider's clock shows.
    pub(crate) fn new_id(&mut self, now_ms: i64) -> Uuid {
        self.ids_made += 1;
        let mut random = [0; 10];
        chance::stream(self.settings.seed, "id", &[&self.ids_made.to_string()]).fill_bytes(&mut random);
        Builder::from_unix_timestamp_millis(u64::try_from(self.told.at(now_ms)).unwrap_or(0), &random)
            .into_uuid()
    }

    pub(crate) fn new_delivery_id(&mut self) -> u64 {
        self.deliveries_made += 1;
        self.deliveries_made
    }
}

/// Whether the request makes, changes or deletes an assistant.
fn is_change(method: &Method, route: Route<'_>) -> bool {
    matches!(
        (method.as_str(), route),
        ("POST", Route::Assistants) | ("PATCH" | "DELETE", Route::Assistant(_))
    )
}

fn broken(status: StatusCode) -> Answer {
    Answer::refusal(
        status,
        status.canonical_reason().unwrap_or("Internal Server Error"),
    )
}

/// Why a request was not done.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// Refused with 400; the ledger has counted it under its own cause.
    Counted(String),
    Policy(String),
    Invalid(Vec<crate::validate::Problem>),
    NotFound(String),
}

impl Refusal {
    fn answer(self, shape: crate::settings::ErrorShape, request_id: &str) -> Answer {
        match self {
            Refusal::Counted(message) | Refusal::Policy(message) => {
                Answer::refusal(StatusCode::BAD_REQUEST, &message)
            }
            Refusal::NotFound(message) => Answer::refusal(StatusCode::NOT_FOUND, &message),
            Refusal::Invalid(problems) => Answer::invalid(&problems, shape, request_id),
        }
    }
}
