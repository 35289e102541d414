//! The sandbox's own pages: what it is, the ledger, the faults. They need no key and are never faulty.

use crate::answer::Answer;
use crate::directory::{DEFAULT_ASSISTANT_ID, DEFAULT_PHONE_NUMBER_ID, NumberStatus};
use crate::faults::Faults;
use crate::recording;
use crate::time;
use crate::world::World;
use bytes::Bytes;
use http::{Request, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

impl World {
    pub(crate) fn sandbox(&mut self, rest: &str, request: &Request<Bytes>, now_ms: i64) -> Answer {
        let method = request.method().as_str();
        match (method, rest) {
            ("GET", "") => Answer::content("text/html; charset=utf-8", self.page().into_bytes()),
            ("GET", "ledger") => {
                let in_short = request.uri().query().is_some_and(|query| {
                    form_urlencoded::parse(query.as_bytes())
                        .any(|(name, value)| name == "calls" && value == "false")
                });
                Answer::ok(&if in_short {
                    self.ledger_in_short()
                } else {
                    self.ledger()
                })
            }
            ("GET", "faults") => Answer::ok(&self.faults),
            ("POST", "faults") => match changed(&self.faults, request.body()) {
                Ok(faults) => {
                    self.set_faults(faults);
                    Answer::ok(&self.faults)
                }
                Err(message) => Answer::refusal(StatusCode::BAD_REQUEST, &message),
            },
            ("POST", "down") => {
                let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
                match body
                    .get("for_ms")
                    .and_then(Value::as_u64)
                    .and_then(|for_ms| i64::try_from(for_ms).ok())
                {
                    Some(for_ms) => {
                        self.set_down(now_ms.saturating_add(for_ms));
                        Answer::ok(&json!({"down_for_ms": for_ms}))
                    }
                    None => Answer::refusal(StatusCode::BAD_REQUEST, "for_ms must be a whole number"),
                }
            }
            ("GET", "clock") => Answer::ok(&self.clock(now_ms)),
            ("POST", "clock") => match offset_ms(request.body()) {
                Ok(offset_ms) => {
                    self.set_clock_ahead(offset_ms);
                    Answer::ok(&self.clock(now_ms))
                }
                Err(message) => Answer::refusal(StatusCode::BAD_REQUEST, &message),
            },
            ("POST", path) if path.starts_with("phone-numbers/") => {
                self.turn_number(&path["phone-numbers/".len()..], request.body())
            }
            ("GET", path) => self.recording(path),
            _ => Answer::refusal(
                StatusCode::NOT_FOUND,
                &format!("Cannot {method} {}", request.uri().path()),
            ),
        }
    }

    /// What the provider's clock shows, how far that is from the true time, and how fast time goes here. Enough for a
    /// program on the same machine to go by the same time, without the offset: that is a fault of the provider's clock.
    fn clock(&self, now_ms: i64) -> Value {
        let told_ms = self.told.at(now_ms);
        let pace = self.pace;
        json!({
            "now": time::iso(told_ms),
            "now_ms": told_ms,
            "offset_s": self.told.ahead_ms() as f64 / 1_000.0,
            "speed": pace.map(|pace| pace.speed),
            "epoch_ms": pace.and_then(|pace| pace.epoch_ms),
            "real_time": pace.is_some_and(|pace| pace.epoch_ms.is_none()),
        })
    }

    /// `{"status": "blocked"}`
    fn turn_number(&mut self, id: &str, body: &Bytes) -> Answer {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Turn {
            status: NumberStatus,
        }
        match serde_json::from_slice::<Turn>(body) {
            Err(error) => Answer::refusal(StatusCode::BAD_REQUEST, &error.to_string()),
            Ok(Turn { status }) if self.set_phone_number_status(id, status) => {
                Answer::ok(&json!({"id": id, "status": status}))
            }
            Ok(_) => Answer::refusal(StatusCode::NOT_FOUND, "no phone number has this id"),
        }
    }

    /// `recordings/{call id}/{kind}.wav`
    fn recording(&self, path: &str) -> Answer {
        let mut parts = path.split('/');
        let call = match (parts.next(), parts.next().map(Uuid::try_parse), parts.next()) {
            (Some("recordings"), Some(Ok(id)), Some(_)) => {
                self.book.find(id).map(|index| self.book.get(index))
            }
            _ => None,
        };
        match call.filter(|call| call.is_recorded()) {
            Some(call) => {
                let lines = call.lines(self.settings.seed, call.truly_ended_ms.unwrap_or(0));
                Answer::content("audio/wav", recording::wav(&lines))
            }
            None => Answer::refusal(StatusCode::NOT_FOUND, "Not Found"),
        }
    }

    fn page(&self) -> String {
        let ledger = self.ledger_in_short();
        format!(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>AutoLynx sandbox</title>\
             <body style=\"font:16px/1.5 system-ui;max-width:42rem;margin:3rem auto;padding:0 1rem\">\
             <h1>AutoLynx sandbox</h1>\
             <p>This server speaks the API of Vapi. Its people are scripted and nobody is really called.</p>\
             <p>Assistant <code>{DEFAULT_ASSISTANT_ID}</code><br>Number <code>{DEFAULT_PHONE_NUMBER_ID}</code></p>\
             <p>{} calls so far, {} live now on {} lines, at most {} at once. {} people called twice for one attempt, \
             {} called while a call to them was live.</p>\
             <ul><li><a href=\"/sandbox/ledger\">/sandbox/ledger</a> what truly happened (<code>?calls=false</code> in short)\
             <li><a href=\"/sandbox/faults\">/sandbox/faults</a> what goes wrong; POST a preset or single rates\
             <li><a href=\"/sandbox/clock\">/sandbox/clock</a> what its clock shows; POST \
             <code>{{\"offset_s\": 7200}}</code> and it shows two hours more\
             <li><code>POST /sandbox/down {{\"for_ms\": 60000}}</code> takes the provider down\
             <li><code>POST /sandbox/phone-numbers/{DEFAULT_PHONE_NUMBER_ID} {{\"status\": \"blocked\"}}</code> \
             lets no more calls be made from it; <code>active</code> does again</ul></body></html>",
            ledger.calls_created,
            ledger.live_now,
            ledger.account_lines,
            ledger.peak_live,
            ledger.attempts_called_twice.len(),
            ledger.called_while_live.len(),
        )
    }
}

/// `{"offset_s": 7200}`, in milliseconds.
fn offset_ms(body: &Bytes) -> Result<i64, String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Jump {
        offset_s: f64,
    }
    let Jump { offset_s } = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    if offset_s.abs() <= MOST_OFFSET_S {
        Ok((offset_s * 1_000.0).round() as i64)
    } else {
        Err(format!(
            "offset_s must lie between -{MOST_OFFSET_S} and {MOST_OFFSET_S}"
        ))
    }
}

/// Ten years, in seconds.
const MOST_OFFSET_S: f64 = 315_360_000.0;

/// The faults after a change: `preset` first if it is there, then every other property given.
fn changed(faults: &Faults, body: &Bytes) -> Result<Faults, String> {
    let body: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let Value::Object(mut change) = body else {
        return Err("the body must be a JSON object".into());
    };
    let base = match change.remove("preset") {
        Some(name) => Faults::preset(name.as_str().unwrap_or_default())
            .ok_or_else(|| "preset must be one of none, mild, harsh".to_owned())?,
        None => faults.clone(),
    };
    let mut all = serde_json::to_value(base).map_err(|error| error.to_string())?;
    for (name, value) in change {
        all[name] = value;
    }
    serde_json::from_value(all).map_err(|error| error.to_string())
}
