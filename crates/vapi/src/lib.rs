//! Vapi's wire format: types, HTTP client, webhook messages, webhook authentication.
//!
//! Four things happen between a dialler and Vapi, and each has its door here:
//!
//! - **We ask.** [`Client`] speaks the REST API over any [`Transport`]; [`HttpTransport`] is the real one. Nothing here
//!   ever sends a request twice: `POST /call` has no idempotency key, so a second copy would be a second phone call.
//! - **Vapi answers a dial.** [`classify`] turns status, headers and body into a [`DialAnswer`]: the call exists, it
//!   certainly does not, or nobody can tell.
//! - **Vapi tells us.** [`WebhookAuth::verify`] decides whether a delivery is genuine and [`ServerMessage::parse`]
//!   reads it. Most messages are done with a bare 2xx; to `tool-calls` the answer is a [`ToolResults`].
//! - **We act on a live call** through the control URL that comes with it: [`Client::end_call`].
//!
//! Reading is tolerant, because the API changes several times a month and one odd field must not lose a fact: unknown
//! fields are ignored, unknown enum values are kept as text, and an optional field of the wrong type counts as absent.
//! The provider's own text is kept beside the parsed value in [`Raw`]. Writing is strict: a request type can only carry
//! fields that the API accepts, because it refuses requests with fields that it does not know.
//!
//! Times are milliseconds since 1970 in UTC (`_ms`), money is millionths of a US dollar (`_usd_micros`).

pub mod answer;
pub mod artifact;
pub mod assistant;
pub mod call;
pub mod call_filter;
pub mod client;
pub mod create_call;
pub mod error;
pub mod error_body;
pub mod http_transport;
pub mod message;
pub mod phone_number;
pub mod raw;
pub mod tool;
pub mod transport;
pub mod webhook_auth;

mod decimal;
mod instant;
mod lenient;
mod retry_after;

pub use answer::{DialAnswer, Refusal, RefusalKind, classify};
pub use artifact::{Analysis, Artifact, Turn};
pub use assistant::Assistant;
pub use call::{Call, CallStatus, SubscriptionLimits};
pub use call_filter::CallFilter;
pub use client::{ApiKey, Client, ControlAnswer, InvalidSetting, RecordingPlace, Timeouts};
pub use create_call::{
    AssistantOverrides, BackoffPlan, BackoffType, CreateCall, Customer, METADATA_CALL_ID, Server,
};
pub use error::{ApiError, ApiErrorKind, FieldFault};
pub use error_body::{ErrorBody, FieldError};
pub use http_transport::{HttpSettings, HttpTransport};
pub use message::{MessageError, MessageKind, ServerMessage};
pub use phone_number::PhoneNumber;
pub use raw::Raw;
pub use retry_after::{date_ms, retry_after_ms};
pub use tool::{ToolCall, ToolResult, ToolResults};
pub use transport::{Transport, TransportError};
pub use webhook_auth::{AuthError, Encoding, HmacAlgorithm, Secret, WebhookAuth};
