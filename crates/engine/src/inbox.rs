//! Where webhooks come in: authenticate, read what we need, keep the whole, answer after the commit.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use domain::{
    call::Fact,
    throttle::Throttle,
    time::{SECOND_MS, UtcMs},
    wishes::is_opt_out_tool,
};
use http::HeaderMap;
use vapi::{ServerMessage, ToolCall, ToolResult, ToolResults, WebhookAuth};

use crate::{Engine, Held, Ingest, fact_of_message};

/// That webhooks arrive is noted this often at most, in milliseconds.
const NOTE_EVERY_MS: i64 = 5 * SECOND_MS;

/// The door for webhooks. Cheap to clone.
#[derive(Clone)]
pub struct Inbox {
    engine: Engine,
    ingest: Ingest,
    auth: Option<Arc<WebhookAuth>>,
    noted_at_ms: Arc<AtomicI64>,
    unreadable: Arc<Throttle>,
}

/// What the assistant is told that used tools. `is_on_the_list` is what was committed.
///
/// Guarantee *said is done*: nobody is told that they are on the list unless they are.
fn answer_to_tools(tools: &[ToolCall], is_on_the_list: bool) -> Option<ToolResults> {
    if tools.is_empty() {
        return None;
    }
    let results = tools.iter().map(|tool| {
        if !is_opt_out_tool(&tool.name) {
            ToolResult::failed(tool, "There is no such tool here.")
        } else if is_on_the_list {
            ToolResult::done(
                tool,
                "The number is on the do-not-call list and is not called again.",
            )
        } else {
            ToolResult::failed(
                tool,
                "The wish could not be recorded, because the number is not known here. Say that a person will see to it.",
            )
        }
    });
    Some(ToolResults {
        results: results.collect(),
    })
}

/// What a webhook says.
#[derive(Default)]
struct Read {
    /// What it says about a call, which is not recorded yet.
    fact: Option<Fact>,
    /// The tools that wait for an answer.
    tools: Vec<ToolCall>,
}

/// Why a webhook was not taken.
#[derive(Debug, thiserror::Error)]
pub enum InboxError {
    /// It cannot prove that the provider sent it.
    #[error("the webhook is not authentic: {0}")]
    Unauthorized(String),
    /// It could not be recorded. The provider should send it again.
    #[error("the webhook could not be recorded: {0}")]
    Unavailable(#[from] store::Error),
}

impl Inbox {
    /// A door that lets in what `auth` accepts; without it, nothing.
    #[must_use]
    pub fn new(engine: Engine, auth: Option<WebhookAuth>) -> Self {
        let ingest = Ingest::start(engine.clone());
        Self {
            engine,
            ingest,
            auth: auth.map(Arc::new),
            noted_at_ms: Arc::new(AtomicI64::new(0)),
            unreadable: Arc::new(Throttle::new(1)),
        }
    }

    /// Turns away a webhook whose headers show already that it is not the provider's, before its body is read.
    ///
    /// # Errors
    /// [`InboxError::Unauthorized`].
    pub fn admit(&self, headers: &HeaderMap) -> Result<(), InboxError> {
        let now = self.engine.clock().now();
        self.auth()?
            .admit(headers, now.0)
            .map_err(|error| InboxError::Unauthorized(error.to_string()))
    }

    fn auth(&self) -> Result<&WebhookAuth, InboxError> {
        self.auth
            .as_deref()
            .ok_or_else(|| InboxError::Unauthorized("no WEBHOOK_SHARED_SECRET is set here".to_owned()))
    }

    /// Takes one webhook. Returns after it is committed, with the answer to the tools that the assistant used.
    ///
    /// A message of an unknown type, or one that cannot be read, is kept and acknowledged: sending it again would change
    /// nothing. `body` is taken and not copied; `held` is dropped once nothing of it is in memory any more, even when
    /// whoever waits for the answer has gone away.
    ///
    /// # Errors
    /// [`InboxError`].
    pub async fn receive(
        &self,
        headers: &HeaderMap,
        body: impl Into<Vec<u8>>,
        held: Held,
    ) -> Result<Option<ToolResults>, InboxError> {
        let Read { fact, tools } = self.understand(headers, body.into()).await?;
        let call = fact.as_ref().map(|fact| fact.call.clone());
        if let Some(fact) = fact {
            self.ingest.submit(fact, held).await?;
        }
        let asks = tools.iter().any(|tool| is_opt_out_tool(&tool.name));
        let is_on_the_list = match call {
            Some(call) if asks => self.engine.store().is_on_the_list(&call).await?,
            _ => false,
        };
        Ok(answer_to_tools(&tools, is_on_the_list))
    }

    /// Authenticates a webhook and reads what it says about a call, which is not recorded yet. `None`: it says nothing
    /// about a call, and has been kept.
    ///
    /// # Errors
    /// [`InboxError`].
    pub async fn read(&self, headers: &HeaderMap, body: &[u8]) -> Result<Option<Fact>, InboxError> {
        Ok(self.understand(headers, body.to_vec()).await?.fact)
    }

    async fn understand(&self, headers: &HeaderMap, body: Vec<u8>) -> Result<Read, InboxError> {
        let now = self.engine.clock().now();
        self.auth()?
            .verify(headers, &body, now.0)
            .map_err(|error| InboxError::Unauthorized(error.to_string()))?;
        self.note(now).await?;
        let text = String::from_utf8(body)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
        let message = match ServerMessage::parse(text.as_bytes()) {
            Ok(message) => message,
            Err(error) => {
                if let Some(left_out) = self.unreadable.admit(now) {
                    tracing::warn!(%error, left_out, "a webhook cannot be read; it is kept");
                }
                self.engine.store().keep_message("unreadable", &text, now).await?;
                return Ok(Read::default());
            }
        };
        let tools = message.tool_calls.clone();
        let kind = message.kind.clone();
        let mut fact = fact_of_message(message, now);
        match &mut fact {
            Some(fact) => fact.payload = Some(text),
            None => {
                self.engine
                    .store()
                    .keep_message(kind.as_str(), &text, now)
                    .await?;
            }
        }
        Ok(Read { fact, tools })
    }

    /// Notes that webhooks arrive, so that polling may slow down.
    async fn note(&self, now: UtcMs) -> store::Result<()> {
        let noted = self.noted_at_ms.load(Ordering::Relaxed);
        let due = now.0 - noted >= NOTE_EVERY_MS;
        let mine = due
            && self
                .noted_at_ms
                .compare_exchange(noted, now.0, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok();
        if mine {
            self.engine.store().note_webhook(now).await
        } else {
            Ok(())
        }
    }
}
