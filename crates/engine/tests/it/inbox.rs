//! The door for webhooks, with its queue, on a real database.

use domain::call::CallStatus;
use engine::{Inbox, InboxError};
use http::{HeaderMap, HeaderValue};
use serde_json::json;
use store::Dial;
use vapi::{Secret, WebhookAuth};

use crate::fixture::{Fixture, NOW};

struct Door {
    fixture: Fixture,
    inbox: Inbox,
    dials: Vec<Dial>,
}

impl Door {
    /// A door behind which calls to so many people are reserved.
    async fn with_calls(calls: usize) -> Self {
        let fixture = Fixture::with(calls).await;
        let dials = fixture.engine.claim(NOW).await.unwrap().dials;
        let auth = WebhookAuth::shared_secret(Secret::new("secret"));
        Self {
            inbox: Inbox::new(fixture.engine.clone(), Some(auth)),
            fixture,
            dials,
        }
    }

    async fn status(&self, nth: usize) -> CallStatus {
        self.fixture
            .engine
            .store()
            .call(self.dials[nth].call_id)
            .await
            .unwrap()
            .unwrap()
            .status
    }

    fn ringing(&self, nth: usize) -> Vec<u8> {
        let call_id = self.dials[nth].call_id.to_string();
        let call = json!({"id": format!("provider-{nth}"), "name": call_id});
        let message = json!({"type": "status-update", "status": "ringing", "timestamp": NOW.0, "call": call});
        json!({ "message": message }).to_string().into_bytes()
    }
}

fn headers(secret: &'static str) -> HeaderMap {
    HeaderMap::from_iter([("x-vapi-secret".parse().unwrap(), HeaderValue::from_static(secret))])
}

#[tokio::test]
async fn a_webhook_is_answered_after_its_commit() {
    let door = Door::with_calls(1).await;
    door.inbox
        .receive(&headers("secret"), door.ringing(0), None)
        .await
        .unwrap();
    assert_eq!(door.status(0).await, CallStatus::Ringing);
}

#[tokio::test]
async fn a_webhook_with_the_wrong_secret_changes_nothing() {
    let door = Door::with_calls(1).await;
    let refused = door.inbox.receive(&headers("guess"), door.ringing(0), None).await;
    assert!(matches!(refused, Err(InboxError::Unauthorized(_))), "{refused:?}");
    let closed = Inbox::new(door.fixture.engine.clone(), None);
    let refused = closed.receive(&headers("secret"), door.ringing(0), None).await;
    assert!(
        matches!(refused, Err(InboxError::Unauthorized(_))),
        "without a secret of ours nothing is let in"
    );
    assert_eq!(door.status(0).await, CallStatus::Queued);
}

#[tokio::test]
async fn what_cannot_be_read_or_is_not_known_is_kept_and_acknowledged() {
    let door = Door::with_calls(1).await;
    for body in ["{", r#"{"message":{"type":"assistant.enlightened","level":7}}"#] {
        door.inbox
            .receive(&headers("secret"), body.as_bytes(), None)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn many_webhooks_at_once_are_all_recorded() {
    let door = Door::with_calls(50).await;
    let bodies: Vec<Vec<u8>> = (0..50).map(|nth| door.ringing(nth)).collect();
    let secret = headers("secret");
    let received = bodies
        .iter()
        .map(|body| door.inbox.receive(&secret, body.clone(), None));
    for result in futures::future::join_all(received).await {
        result.unwrap();
    }
    for nth in 0..50 {
        assert_eq!(door.status(nth).await, CallStatus::Ringing);
    }
}

#[tokio::test]
async fn a_webhook_that_cannot_be_recorded_is_not_acknowledged() {
    let door = Door::with_calls(1).await;
    door.fixture.engine.store().close().await;
    let result = door
        .inbox
        .receive(&headers("secret"), door.ringing(0), None)
        .await;
    assert!(matches!(result, Err(InboxError::Unavailable(_))), "{result:?}");
}

/// Guarantee *said is done*: what a person is told is what was committed.
#[tokio::test]
async fn an_assistant_is_told_that_a_number_is_on_the_list_only_when_it_is() {
    let door = Door::with_calls(1).await;
    let ask = async |call: serde_json::Value| {
        let message = json!({
            "type": "tool-calls",
            "timestamp": NOW.0,
            "call": call,
            "toolCallList": [{"id": "t1", "function": {"name": "do_not_call", "arguments": "{}"}}],
        });
        let body = json!({ "message": message }).to_string();
        let answer = door.inbox.receive(&headers("secret"), body, None).await;
        answer.unwrap().unwrap().results.remove(0)
    };
    let ours = json!({"id": "provider-0", "name": door.dials[0].call_id.to_string()});
    assert!(
        ask(ours).await.result.is_some(),
        "of our own call we know the number"
    );
    let inbound =
        json!({"id": "inbound-1", "type": "inboundPhoneCall", "customer": {"number": "+12065550199"}});
    assert!(ask(inbound).await.result.is_some());
    let page = store::Page { limit: 10, offset: 0 };
    let filter = store::SuppressionFilter::default();
    let list = door
        .fixture
        .engine
        .store()
        .suppressions(&filter, page)
        .await
        .unwrap();
    let numbers: Vec<&str> = list.iter().map(|entry| entry.pattern.value()).collect();
    assert!(
        numbers.contains(&"+12065550199") && numbers.contains(&door.dials[0].phone.as_str()),
        "{numbers:?}"
    );
    for call in [
        json!({"id": "inbound-2", "type": "webCall"}),
        json!({"id": "inbound-3", "customer": {"number": "anonymous"}}),
    ] {
        let told = ask(call).await;
        assert!(told.result.is_none() && told.error.unwrap().contains("could not be recorded"));
    }
}
