//! A world, a clock and a way to talk to them.

use autolynx_sandbox::{
    DEFAULT_ASSISTANT_ID, DEFAULT_PHONE_NUMBER_ID, Delivery, Handling, Reply, Settings, World,
};
use bytes::Bytes;
use http::{HeaderMap, Request};
use serde_json::{Value, json};

/// 26 March 2026, 15:00 UTC.
pub(crate) const START_MS: i64 = 1_774_537_200_000;

/// A world with a caller who knows the key, and everything it sent.
pub(crate) struct Rig {
    pub(crate) world: World,
    pub(crate) now_ms: i64,
    pub(crate) deliveries: Vec<(i64, Delivery)>,
    /// The status that the receiver of webhooks gives at once; without one nobody says what became of them.
    pub(crate) receiver_says: Option<u16>,
}

/// An answer, read.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Rig {
    pub(crate) fn new() -> Rig {
        Rig::with(Settings::default())
    }

    pub(crate) fn with(settings: Settings) -> Rig {
        Rig {
            world: World::new(settings),
            now_ms: START_MS,
            deliveries: Vec::new(),
            receiver_says: None,
        }
    }

    pub(crate) fn handle(&mut self, method: &str, path: &str, body: Option<&Value>) -> Handling {
        let key = format!("Bearer {}", self.world.settings().api_key);
        let body = body.map_or_else(Bytes::new, |body| Bytes::from(body.to_string()));
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", key)
            .body(body)
            .unwrap();
        self.world.handle(&request, self.now_ms)
    }

    pub(crate) fn send(&mut self, method: &str, path: &str, body: Option<&Value>) -> Answered {
        match self.handle(method, path, body).reply {
            Reply::Answer(response) => read(response),
            other => panic!("{method} {path}: {other:?}"),
        }
    }

    pub(crate) fn get(&mut self, path: &str) -> Value {
        let answered = self.send("GET", path, None);
        assert_eq!(answered.status, 200, "{answered:?}");
        answered.body
    }

    pub(crate) fn post(&mut self, path: &str, body: &Value) -> Answered {
        self.send("POST", path, Some(body))
    }

    /// Dials and expects a call object.
    pub(crate) fn dial(&mut self, body: &Value) -> Value {
        let answered = self.post("/call", body);
        assert_eq!(answered.status, 201, "{answered:?}");
        answered.body
    }

    /// Lets time pass, step by step, and keeps what is sent with the moment of its sending.
    pub(crate) fn pass(&mut self, ms: i64) {
        let until_ms = self.now_ms + ms;
        while let Some(due_ms) = self.world.next_due_ms().filter(|due_ms| *due_ms <= until_ms) {
            let due_ms = due_ms.max(self.now_ms);
            let sent = self.world.advance(due_ms);
            for delivery in &sent {
                if let Some(status) = self.receiver_says {
                    self.world.delivered(delivery.id, Some(status), due_ms);
                }
            }
            self.deliveries
                .extend(sent.into_iter().map(|delivery| (due_ms, delivery)));
        }
        self.now_ms = until_ms;
        self.world.advance(until_ms);
    }

    /// The `message` of every delivery so far.
    pub(crate) fn messages(&self) -> Vec<Value> {
        self.deliveries
            .iter()
            .map(|(_, delivery)| message(delivery))
            .collect()
    }

    /// The kinds of the deliveries so far, with the status where there is one.
    pub(crate) fn kinds(&self) -> Vec<String> {
        self.messages()
            .iter()
            .map(|message| match message["status"].as_str() {
                Some(status) => format!("{} {status}", message["type"].as_str().unwrap()),
                None => message["type"].as_str().unwrap().to_owned(),
            })
            .collect()
    }
}

pub(crate) fn read(response: http::Response<Bytes>) -> Answered {
    let (head, body) = response.into_parts();
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    Answered {
        status: head.status.as_u16(),
        headers: head.headers,
        body,
    }
}

pub(crate) fn message(delivery: &Delivery) -> Value {
    let body: Value = serde_json::from_slice(&delivery.body).unwrap();
    body["message"].clone()
}

/// A call of attempt `nth`, whose person follows `script` (empty: chance), with webhooks of its statuses and end.
pub(crate) fn call(nth: usize, script: &str) -> Value {
    json!({
        "assistantId": DEFAULT_ASSISTANT_ID,
        "phoneNumberId": DEFAULT_PHONE_NUMBER_ID,
        "name": format!("attempt-{nth}"),
        "customer": {"number": format!("+1415555{:04}", 200 + nth), "name": "Ann Lee", "externalId": format!("attempt-{nth}")},
        "assistantOverrides": {
            "variableValues": {"sandbox": script, "name": "Ann", "business_name": "Acme Roofing"},
            "metadata": {"campaign": "c1"},
            "server": {"url": format!("http://localhost/hooks/{nth}"), "headers": {"X-Token": "t"}},
            "serverMessages": ["status-update", "end-of-call-report"],
        },
    })
}
