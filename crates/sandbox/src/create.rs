//! `POST /call`.

use crate::agenda::Step;
use crate::answer::Answer;
use crate::call::{Call, Echo, Status};
use crate::chance::{happens, stream};
use crate::directory::{Assistant, NumberStatus, PhoneNumber};
use crate::script::{self, Script};
use crate::settings::LimitForm;
use crate::slips::Slips;
use crate::terms::{Effective, Terms};
use crate::time;
use crate::validate::{self, Problem};
use crate::view::{self, SubscriptionLimits, transport_provider};
use crate::world::{Refusal, World};
use rand::RngExt;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use uuid::Uuid;

type Object = Map<String, Value>;

/// The reason of a call that found every line taken.
pub(crate) const NO_LINE: &str = "call.start.error-subscription-concurrency-limit-reached";
const OVER_LIMIT: &str = "Over Concurrency Limit";
const DAILY_LIMIT: &str = "Couldn't Start Call. Numbers Bought On Vapi Have A Daily Outbound Call Limit. \
                           Import Your Own Twilio Numbers To Scale Without Limits.";
/// Calls a day (UTC) from a number of the provider's own.
const DAILY_CALLS: u32 = 10;
/// For how long a scheduled call without a `latestAt` waits for a free line.
const SCHEDULE_PATIENCE_MS: i64 = 3_600_000;

/// The assistant and number of a request.
struct Resources {
    assistant_id: Option<Uuid>,
    assistant: Option<Object>,
    number_id: Option<Uuid>,
    number: Option<Object>,
}

impl World {
    pub(crate) fn create_calls(&mut self, body: Option<Value>, now_ms: i64) -> Result<Answer, Refusal> {
        let body = body.ok_or_else(not_json)?;
        let mut problems = validate::check("CreateCall", &body);
        let customer = body.get("customer").and_then(Value::as_object);
        problems.extend(customer.and_then(|customer| validate::number_problem("customer.", customer)));
        if !problems.is_empty() {
            return Err(Refusal::Invalid(problems));
        }
        let Value::Object(request) = body else {
            return Err(not_json());
        };
        if let Some(message) = &self.faults.dial_refusal {
            self.counts.refused.account += 1;
            return Err(Refusal::Counted(message.clone()));
        }
        let resources = self.resources(&request)?;
        if let Some(customer) = request.get("customer").and_then(Value::as_object) {
            let (index, limits) = self.create_call(&request, customer, &resources, now_ms)?;
            let answer = self.show_created(index, Some(limits), now_ms);
            return Ok(Answer::created(&answer));
        }
        match request.get("customers").and_then(Value::as_array) {
            Some(customers) => Ok(self.create_batch(&request, customers, &resources, now_ms)),
            None => Err(Refusal::Policy(
                "Couldn't Get Customer. Need Either `customer` Or `customers`.".into(),
            )),
        }
    }

    fn create_batch(
        &mut self,
        request: &Object,
        customers: &[Value],
        resources: &Resources,
        now_ms: i64,
    ) -> Answer {
        let (mut results, mut errors) = (Vec::new(), Vec::new());
        let mut limits = self.limits(self.live);
        for customer in customers.iter().filter_map(Value::as_object) {
            let problem = validate::number_problem("", customer);
            let created = match problem {
                Some(problem) => Err(Refusal::Invalid(vec![problem])),
                None => self.create_call(request, customer, resources, now_ms),
            };
            match created {
                Ok((index, after)) => {
                    limits = after;
                    results.push(self.show_created(index, None, now_ms));
                }
                Err(Refusal::Invalid(problems)) => {
                    let sentences: Vec<String> =
                        problems.into_iter().map(|problem| problem.message).collect();
                    errors.push(json!({"customer": customer, "error": sentences.join("; ")}));
                }
                Err(Refusal::Counted(error) | Refusal::Policy(error) | Refusal::NotFound(error)) => {
                    errors.push(json!({"customer": customer, "error": error}));
                }
            }
        }
        #[derive(serde::Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Batch {
            subscription_limits: SubscriptionLimits,
            results: Vec<Box<RawValue>>,
            errors: Vec<Value>,
        }
        Answer::created(&Batch {
            subscription_limits: limits,
            results,
            errors,
        })
    }

    fn resources(&self, request: &Object) -> Result<Resources, Refusal> {
        let id = |name: &str| {
            request
                .get(name)
                .and_then(Value::as_str)
                .and_then(|id| Uuid::try_parse(id).ok())
        };
        let object = |name: &str| request.get(name).and_then(Value::as_object).cloned();
        let found = Resources {
            assistant_id: id("assistantId"),
            assistant: object("assistant"),
            number_id: id("phoneNumberId"),
            number: object("phoneNumber"),
        };
        match (found.assistant_id, &found.assistant) {
            (Some(id), _) if !self.directory.assistants.contains_key(&id) => {
                return Err(Refusal::Policy(format!(
                    "Couldn't Get Assistant. `assistantId` {id} Does Not Exist."
                )));
            }
            (None, None) => {
                let message = "Couldn't Get Assistant. Need Either `assistantId` Or `assistant`.";
                return Err(Refusal::Policy(message.into()));
            }
            _ => {}
        }
        match (found.number_id, &found.number) {
            (Some(id), _) if !self.directory.numbers.contains_key(&id) => {
                let message = format!("Couldn't Get Phone Number. `phoneNumberId` {id} Does Not Exist.");
                Err(Refusal::Policy(message))
            }
            (None, None) => {
                let message = "Couldn't Get Phone Number. Need Either `phoneNumberId` Or `phoneNumber`.";
                Err(Refusal::Policy(message.into()))
            }
            (Some(id), _) => self.check_number(id).map(|()| found),
            _ => Ok(found),
        }
    }

    fn check_number(&self, id: Uuid) -> Result<(), Refusal> {
        let status = match self.directory.numbers.get(&id).map(|number| number.status) {
            Some(NumberStatus::Blocked) => "Blocked",
            Some(NumberStatus::Activating) => "Activating",
            Some(NumberStatus::Active) | None => return Ok(()),
        };
        Err(Refusal::Policy(format!(
            "Couldn't Start Call. `phoneNumberId` {id} Is {status}."
        )))
    }

    /// Makes one record and places the call, unless it is scheduled or refused. Gives its index and the lines.
    fn create_call(
        &mut self,
        request: &Object,
        customer: &Object,
        resources: &Resources,
        now_ms: i64,
    ) -> Result<(usize, SubscriptionLimits), Refusal> {
        let overrides = merged(
            request.get("assistantOverrides"),
            customer.get("assistantOverrides"),
        );
        let scripts = scripts_of(overrides.as_ref(), customer)?;
        let text = |name: &str| customer.get(name).and_then(Value::as_str);
        let Some(number) = text("number").or_else(|| text("sipUri")).map(str::to_owned) else {
            let message = "Couldn't Get Customer. Need Either `number` Or `sipUri`.";
            return Err(Refusal::Policy(message.into()));
        };
        self.count_against_day(resources.number_id, now_ms)?;
        let moment = |name: &str| Some(self.told.true_ms(moment(request, name)?));
        let scheduled_ms = moment("earliestAt").filter(|earliest_ms| *earliest_ms > now_ms);
        let latest_ms = moment("latestAt");
        let full = scheduled_ms.is_none() && self.live >= self.settings.account_lines;
        let form = match self.settings.limit_form {
            LimitForm::Mixed => {
                let count = self.counts.refused.capacity.to_string();
                let forms = [LimitForm::Http400, LimitForm::Blocked201, LimitForm::InstantEnd];
                forms[stream(self.settings.seed, "limit form", &[&count]).random_range(0..3)]
            }
            form => form,
        };
        if full {
            self.counts.refused.capacity += 1;
            if form == LimitForm::Http400 {
                return Err(Refusal::Counted(OVER_LIMIT.into()));
            }
        }
        let own = customer
            .get("externalId")
            .or(request.get("name"))
            .and_then(Value::as_str);
        let count = self.counts.numbers.count(&number);
        let key = format!("{number} #{count}");
        let mut call = self.record(request, customer, resources, overrides.as_ref(), now_ms);
        call.our_id = own.map(str::to_owned);
        call.listed_from_ms += self.list_lag_ms(&key);
        call.slips = Slips::draw(
            &self.faults,
            &mut stream(self.settings.seed, "wrong moments", &[&key]),
        );
        for fault in call.slips.faults() {
            self.counts.fault(fault);
        }
        let script = script::of_attempt(scripts, count);
        (call.key, call.number, call.script, call.refused) = (key, number, script, full);
        if let Some(earliest_ms) = scheduled_ms {
            call.status = Status::Scheduled;
            call.latest_ms = latest_ms.or(Some(earliest_ms + SCHEDULE_PATIENCE_MS));
        }
        let index = self.book.add(call);
        let mut limits = self.limits(self.live);
        if full {
            limits.concurrency_blocked = form == LimitForm::Blocked201;
            self.take_snapshot(index, now_ms);
            let after_ms = if form == LimitForm::Blocked201 { 0 } else { 300 };
            self.agenda.add(now_ms + after_ms, index, Step::Refuse);
            return Ok((index, limits));
        }
        self.counts.calls_created += 1;
        self.take_snapshot(index, now_ms);
        match scheduled_ms {
            Some(earliest_ms) => self.agenda.add(earliest_ms, index, Step::Place),
            None => self.place(index, now_ms),
        }
        Ok((index, limits))
    }

    fn limits(&self, live: u32) -> SubscriptionLimits {
        SubscriptionLimits {
            concurrency_blocked: false,
            concurrency_limit: self.settings.account_lines,
            remaining_concurrent_calls: self.settings.account_lines.saturating_sub(live),
        }
    }

    fn list_lag_ms(&self, key: &str) -> i64 {
        let mut rng = stream(self.settings.seed, "list lag", &[key]);
        let lag_ms = self.faults.list_lag_ms.draw(&mut rng);
        if happens(&mut rng, self.faults.list_lag) {
            lag_ms
        } else {
            0
        }
    }

    /// Numbers of the provider's own make few calls a day.
    fn count_against_day(&mut self, number_id: Option<Uuid>, now_ms: i64) -> Result<(), Refusal> {
        let Some(number) = number_id.and_then(|id| self.directory.numbers.get_mut(&id)) else {
            return Ok(());
        };
        let day = self.told.at(now_ms).div_euclid(86_400_000);
        if number.calls_of_day.0 != day {
            number.calls_of_day = (day, 0);
        }
        number.calls_of_day.1 += 1;
        if number.provider() == "vapi" && number.calls_of_day.1 > DAILY_CALLS {
            self.counts.refused.account += 1;
            return Err(Refusal::Counted(DAILY_LIMIT.into()));
        }
        Ok(())
    }

    fn record(
        &mut self,
        request: &Object,
        customer: &Object,
        resources: &Resources,
        overrides: Option<&Object>,
        now_ms: i64,
    ) -> Call {
        let id = self.new_id(now_ms);
        let saved = resources
            .assistant_id
            .and_then(|id| self.directory.assistants.get(&id));
        let number = resources.number_id.and_then(|id| self.directory.numbers.get(&id));
        let assistant = saved.map(|saved| &saved.body).or(resources.assistant.as_ref());
        let effective = Effective { overrides, assistant };
        let terms = Terms::of(effective, customer, saved, number, &self.settings);
        let listens = terms.target.is_some();
        Call {
            id,
            key: String::new(),
            our_id: None,
            number: String::new(),
            assistant_updated_ms: saved.map(|saved| saved.updated_ms),
            echo: Echo {
                name: request.get("name").and_then(Value::as_str).map(str::to_owned),
                assistant_id: resources.assistant_id,
                assistant: resources.assistant.as_ref().map(raw),
                assistant_overrides: overrides.map(raw),
                phone_number_id: resources.number_id,
                phone_number: resources.number.as_ref().map(raw),
                customer: Some(raw(customer)),
                schedule_plan: request
                    .get("schedulePlan")
                    .filter(|plan| !plan.is_null())
                    .map(raw),
            },
            provider: transport_provider(number.map_or("twilio", PhoneNumber::provider)),
            assistant_wire: listens.then(|| assistant_wire(saved, assistant, overrides)),
            number_wire: number.filter(|_| listens).map(|number| number.wire.clone()),
            terms,
            created_ms: now_ms,
            updated_ms: now_ms,
            status: Status::Queued,
            started_ms: None,
            record_ended_ms: None,
            ended_reason: None,
            reported: false,
            deleted: false,
            listed_from_ms: now_ms,
            slips: Slips::default(),
            refused: false,
            script: None,
            plan: None,
            stuck: None,
            placed_ms: None,
            ringing_ms: None,
            truly_ended_ms: None,
            holds_line: false,
            said: Vec::new(),
            ended_by_command: None,
            tool_use: None,
            latest_ms: None,
            snapshot: None,
            held: None,
            messages_due: 0,
        }
    }

    /// Keeps the call as it is now for the answer and for the webhooks to come.
    fn take_snapshot(&mut self, index: usize, now_ms: i64) {
        let snapshot = view::call(self.book.get(index), &self.settings, &self.told, now_ms, None);
        self.book.get_mut(index).snapshot = Some(Arc::from(snapshot));
    }

    fn show_created(&self, index: usize, limits: Option<SubscriptionLimits>, now_ms: i64) -> Box<RawValue> {
        view::call(self.book.get(index), &self.settings, &self.told, now_ms, limits)
    }
}

/// What the person does, attempt by attempt, if the request says so: the variable `sandbox`, else the end of the name, else the number.
fn scripts_of(overrides: Option<&Object>, customer: &Object) -> Result<Vec<Script>, Refusal> {
    let variable = overrides.and_then(|overrides| overrides.get("variableValues")?.get("sandbox")?.as_str());
    if let Some(text) = variable.filter(|text| !text.trim().is_empty()) {
        return script::parse_all(text).ok_or_else(|| {
            Refusal::Invalid(vec![Problem {
                code: "INVALID_VALUE",
                message: format!(
                    "assistantOverrides.variableValues.sandbox is not a script of the sandbox: {text}"
                ),
                pointer: "/body/assistantOverrides/variableValues/sandbox".into(),
            }])
        });
    }
    let text = |name: &str| customer.get(name).and_then(Value::as_str);
    let of_name = text("name").and_then(script::of_name).and_then(script::parse_all);
    let of_number = || {
        text("number")
            .and_then(script::of_number)
            .and_then(script::parse_all)
    };
    Ok(of_name.or_else(of_number).unwrap_or_default())
}

/// The overrides of the request with those of the customer on top.
fn merged(request: Option<&Value>, customer: Option<&Value>) -> Option<Object> {
    let mut merged = request.and_then(Value::as_object).cloned();
    if let Some(own) = customer.and_then(Value::as_object) {
        merged.get_or_insert_default().extend(own.clone());
    }
    merged
}

fn assistant_wire(
    saved: Option<&Assistant>,
    assistant: Option<&Object>,
    overrides: Option<&Object>,
) -> Arc<RawValue> {
    let mut wire = assistant.cloned().unwrap_or_default();
    if let Some(saved) = saved {
        wire.insert("id".into(), json!(saved.id));
    }
    for (name, value) in overrides.into_iter().flatten() {
        if !matches!(name.as_str(), "variableValues" | "tools:append") {
            wire.insert(name.clone(), value.clone());
        }
    }
    Arc::from(raw(&wire))
}

fn moment(request: &Object, name: &str) -> Option<i64> {
    request
        .get("schedulePlan")?
        .get(name)?
        .as_str()
        .and_then(time::parse_ms)
}

fn raw(value: &impl serde::Serialize) -> Box<RawValue> {
    to_raw_value(value).expect("plain data always serialises")
}

pub(crate) fn not_json() -> Refusal {
    Refusal::Policy("Unexpected token in JSON: the body must be a JSON object.".into())
}
