//! Where the webhooks of a call go, and which of them are wanted.

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

/// A receiver of webhooks: the `server` object of a call, an assistant or a number.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) url: String,
    pub(crate) headers: HeaderMap,
    pub(crate) timeout_ms: u64,
    pub(crate) backoff: Option<Backoff>,
}

/// How a failed webhook is tried again.
#[derive(Debug, Clone)]
pub(crate) struct Backoff {
    exponential: bool,
    max_retries: u32,
    base_ms: i64,
    excluded: Vec<u16>,
}

impl Target {
    /// Reads a `server` object. `None` when it names no address.
    pub(crate) fn read(server: &Value, webhook_secret: Option<&str>) -> Option<Target> {
        let url = server
            .get("url")?
            .as_str()
            .filter(|url| !url.is_empty())?
            .to_owned();
        let mut target = Target::plain(url, webhook_secret);
        if let Some(seconds) = server.get("timeoutSeconds").and_then(Value::as_f64) {
            target.timeout_ms = (seconds * 1_000.0) as u64;
        }
        for (name, value) in server
            .get("headers")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(text)) {
                target.headers.insert(name, value);
            }
        }
        target.backoff = server
            .get("backoffPlan")
            .filter(|plan| plan.is_object())
            .map(Backoff::read);
        Some(target)
    }

    /// A receiver that is nothing but an address.
    pub(crate) fn plain(url: String, webhook_secret: Option<&str>) -> Target {
        let mut headers = HeaderMap::new();
        headers.insert(
            http::header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        if let Some(Ok(secret)) = webhook_secret.map(HeaderValue::try_from) {
            headers.insert(HeaderName::from_static("x-vapi-secret"), secret);
        }
        Target {
            url,
            headers,
            timeout_ms: 20_000,
            backoff: None,
        }
    }
}

impl Backoff {
    fn read(plan: &Value) -> Backoff {
        let number = |name: &str| plan.get(name).and_then(Value::as_f64).unwrap_or(0.0);
        let excluded = plan.get("excludedStatusCodes").and_then(Value::as_array);
        Backoff {
            exponential: plan.get("type").and_then(Value::as_str) == Some("exponential"),
            max_retries: number("maxRetries") as u32,
            base_ms: (number("baseDelaySeconds") * 1_000.0) as i64,
            excluded: excluded
                .into_iter()
                .flatten()
                .filter_map(|code| code.as_u64().and_then(|code| u16::try_from(code).ok()))
                .collect(),
        }
    }

    /// How long to wait after the attempt of that number (0 is the first) got `status`; `None`: give up.
    pub(crate) fn delay_ms(&self, attempt: u32, status: Option<u16>) -> Option<i64> {
        if attempt >= self.max_retries || status.is_some_and(|status| self.excluded.contains(&status)) {
            return None;
        }
        Some(if self.exponential {
            self.base_ms << attempt.min(20)
        } else {
            self.base_ms
        })
    }
}

/// The kinds of messages that the sandbox can send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Topic {
    StatusUpdate,
    EndOfCallReport,
    AssistantStarted,
    SpeechUpdate,
    SpeechStarted,
    ConversationUpdate,
    TranscriptFinal,
    TranscriptPartial,
    UserInterrupted,
    Hang,
    ToolCalls,
}

/// Which topics a receiver subscribed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Subscriptions(u16);

impl Subscriptions {
    /// The provider's default list; transcripts are not on it.
    pub(crate) fn default_list() -> Subscriptions {
        [
            Topic::ConversationUpdate,
            Topic::EndOfCallReport,
            Topic::Hang,
            Topic::SpeechUpdate,
            Topic::StatusUpdate,
            Topic::UserInterrupted,
            Topic::AssistantStarted,
            Topic::ToolCalls,
        ]
        .into_iter()
        .fold(Subscriptions(0), Subscriptions::and)
    }

    /// Reads `serverMessages`. What the sandbox never sends is passed over.
    pub(crate) fn read(list: &[Value]) -> Subscriptions {
        list.iter()
            .filter_map(Value::as_str)
            .fold(Subscriptions(0), |all, name| match name {
                "status-update" => all.and(Topic::StatusUpdate),
                "end-of-call-report" => all.and(Topic::EndOfCallReport),
                "assistant.started" => all.and(Topic::AssistantStarted),
                "assistant.speechStarted" => all.and(Topic::SpeechStarted),
                "speech-update" => all.and(Topic::SpeechUpdate),
                "conversation-update" => all.and(Topic::ConversationUpdate),
                "transcript" => all.and(Topic::TranscriptFinal).and(Topic::TranscriptPartial),
                "transcript[transcriptType=\"final\"]" => all.and(Topic::TranscriptFinal),
                "user-interrupted" => all.and(Topic::UserInterrupted),
                "hang" => all.and(Topic::Hang),
                "tool-calls" => all.and(Topic::ToolCalls),
                _ => all,
            })
    }

    fn and(self, topic: Topic) -> Subscriptions {
        Subscriptions(self.0 | 1 << topic as u16)
    }

    pub(crate) fn wants(self, topic: Topic) -> bool {
        self.0 & 1 << topic as u16 != 0
    }

    /// True when something is wanted for every spoken line.
    pub(crate) fn follow_the_talk(self) -> bool {
        [
            Topic::SpeechUpdate,
            Topic::SpeechStarted,
            Topic::ConversationUpdate,
            Topic::TranscriptFinal,
            Topic::TranscriptPartial,
            Topic::UserInterrupted,
            Topic::Hang,
        ]
        .into_iter()
        .any(|topic| self.wants(topic))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_default_list_has_no_transcripts() {
        let default = Subscriptions::default_list();
        assert!(default.wants(Topic::StatusUpdate) && default.wants(Topic::ConversationUpdate));
        assert!(!default.wants(Topic::TranscriptFinal) && !default.wants(Topic::SpeechStarted));
        let short = Subscriptions::read(&[json!("status-update"), json!("end-of-call-report")]);
        assert!(short.wants(Topic::EndOfCallReport) && !short.follow_the_talk());
    }

    #[test]
    fn webhooks_are_tried_again_only_as_the_plan_says() {
        let plan = json!({"type": "exponential", "maxRetries": 3, "baseDelaySeconds": 2, "excludedStatusCodes": [401]});
        let server = json!({"url": "http://x", "backoffPlan": plan});
        let backoff = Target::read(&server, None).unwrap().backoff.unwrap();
        assert_eq!(backoff.delay_ms(0, Some(500)), Some(2_000));
        assert_eq!(backoff.delay_ms(2, None), Some(8_000));
        assert_eq!(backoff.delay_ms(3, Some(500)), None);
        assert_eq!(backoff.delay_ms(0, Some(401)), None);
        assert!(
            Target::read(&json!({"url": "http://x"}), None)
                .unwrap()
                .backoff
                .is_none()
        );
    }

    #[test]
    fn a_servers_own_headers_win_over_the_secret() {
        let server = json!({"url": "http://x", "headers": {"X-Vapi-Secret": "mine", "X-Shard": 7}});
        let target = Target::read(&server, Some("ours")).unwrap();
        assert_eq!(target.headers["x-vapi-secret"], "mine");
        assert_eq!(target.headers["x-shard"], "7");
        assert_eq!(target.headers["content-type"], "application/json");
    }
}
