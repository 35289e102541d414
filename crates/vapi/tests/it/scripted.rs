//! A transport that answers from a script and remembers what it was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use autolynx_vapi::{ApiKey, Client, Timeouts, Transport, TransportError};
use bytes::Bytes;
use http::{Request, Response};

type Answer = Result<Response<Bytes>, TransportError>;

#[derive(Default)]
pub(crate) struct Scripted {
    answers: Mutex<VecDeque<Answer>>,
    pub(crate) asked: Mutex<Vec<(Request<Bytes>, Duration)>>,
}

pub(crate) const TIMEOUTS: Timeouts = Timeouts {
    dial: Duration::from_secs(3),
    change: Duration::from_secs(1),
    lookup: Duration::from_secs(2),
    probe: Duration::from_millis(500),
};

impl Scripted {
    /// A client of `https://api.example.com/v` whose requests are answered by `answers`, in order.
    pub(crate) fn client(answers: impl IntoIterator<Item = Answer>) -> (Client, Arc<Self>) {
        let transport = Arc::new(Self {
            answers: Mutex::new(answers.into_iter().collect()),
            ..Self::default()
        });
        let client = Client::new(
            transport.clone(),
            "https://api.example.com/v/",
            ApiKey::new("key-1"),
        );
        (client.unwrap().with_timeouts(TIMEOUTS), transport)
    }

    /// Method and address of every request, in order.
    pub(crate) fn lines(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        asked
            .iter()
            .map(|(request, _)| format!("{} {}", request.method(), request.uri()))
            .collect()
    }

    /// The JSON body of the only request.
    pub(crate) fn only_body(&self) -> serde_json::Value {
        let asked = self.asked.lock().unwrap();
        assert_eq!(asked.len(), 1);
        serde_json::from_slice(asked[0].0.body()).unwrap()
    }
}

#[async_trait]
impl Transport for Scripted {
    async fn send(&self, request: Request<Bytes>, timeout: Duration) -> Answer {
        self.asked.lock().unwrap().push((request, timeout));
        self.answers
            .lock()
            .unwrap()
            .pop_front()
            .expect("the script has an answer for every request")
    }
}

pub(crate) fn answer(status: u16, body: impl Into<Bytes>) -> Answer {
    Ok(Response::builder().status(status).body(body.into()).unwrap())
}

pub(crate) fn lost() -> Answer {
    Err(TransportError::InDoubt("connection reset".to_owned()))
}

pub(crate) fn not_sent() -> Answer {
    Err(TransportError::NotSent("connection refused".to_owned()))
}
