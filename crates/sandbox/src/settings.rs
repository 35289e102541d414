//! How a sandbox is set up.

use crate::chance::Span;
use crate::faults::Faults;
use crate::people::People;
use serde::{Deserialize, Serialize};

/// How a `POST /call` is refused when every line of the account is taken. The provider has been seen to use all three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitForm {
    /// 400 with the message "Over Concurrency Limit". No call object.
    Http400,
    /// 201 with `subscriptionLimits.concurrencyBlocked: true`; the record has ended at once, nobody was called.
    Blocked201,
    /// An ordinary 201; the call ends a moment later with the reason
    /// `call.start.error-subscription-concurrency-limit-reached`, nobody was called.
    InstantEnd,
    /// One of the three, drawn for each request.
    Mixed,
}

/// The shape of validation errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorShape {
    /// `message`, `error` and `statusCode`.
    Legacy,
    /// The same, with `type`, `title`, `status`, `detail`, `code`, `requestId` and `errors[]` beside them.
    Problem,
}

/// Everything that decides how a [`World`](crate::World) behaves. Two worlds with equal settings that get the same
/// requests at the same moments answer with the same bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Seed of every draw.
    pub seed: u64,
    /// The bearer key that the API wants.
    pub api_key: String,
    /// The bearer key that control addresses want where `monitorPlan.controlAuthenticationEnabled` says so.
    pub public_key: String,
    /// Where this server is reached, without a trailing slash. Control, listen and recording addresses begin with it.
    pub public_base_url: String,
    /// How many calls the account may have live at once.
    pub account_lines: u32,
    /// How a call above that is refused.
    pub limit_form: LimitForm,
    /// The shape of validation errors.
    pub error_shape: ErrorShape,
    /// API requests allowed in each minute (UTC); more are refused with 429. `None`: no limit.
    pub requests_per_minute: Option<u32>,
    /// When set, every webhook carries it in `X-Vapi-Secret`, unless the server's own headers say otherwise.
    pub webhook_secret: Option<String>,
    /// Receives the webhooks of calls for which neither the call, the assistant nor the number names a server.
    pub org_server_url: Option<String>,
    /// How long an ordinary answer takes.
    pub answer_ms: Span,
    /// By how many milliseconds the provider's clock is ahead of the true one from the start; below 0 it is behind.
    /// Everything that it tells is by that clock. People live by the true one, and the ledger speaks of that.
    pub clock_ahead_ms: i64,
    /// How people behave.
    pub people: People,
    /// What goes wrong from the start.
    pub faults: Faults,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            seed: 1,
            api_key: "sandbox-key".into(),
            public_key: "sandbox-public-key".into(),
            public_base_url: "http://127.0.0.1:8787".into(),
            account_lines: 10,
            limit_form: LimitForm::Http400,
            error_shape: ErrorShape::Legacy,
            requests_per_minute: None,
            webhook_secret: None,
            org_server_url: None,
            answer_ms: Span::new(40, 120),
            clock_ahead_ms: 0,
            people: People::default(),
            faults: Faults::none(),
        }
    }
}
