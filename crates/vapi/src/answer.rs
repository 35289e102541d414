//! What an answer to `POST /call` means: the call exists, it certainly does not, or nobody can tell.

mod refusal_kind;

use http::{HeaderMap, StatusCode};

use self::refusal_kind::{kind_of_bad_request, names_concurrency};
use crate::call::Call;
use crate::error_body::ErrorBody;
use crate::raw::Raw;
use crate::retry_after::retry_after_ms;
use crate::transport::TransportError;

/// What became of a dial.
#[derive(Debug, Clone)]
pub enum DialAnswer {
    /// The provider has the call and will dial, or already does. It may still end at once without ringing.
    Accepted(Box<Raw<Call>>),
    /// Nothing was dialled, and nothing will be.
    Refused(Refusal),
    /// The provider may or may not have the call. Look it up before dialling again. The text says what happened.
    InDoubt(String),
}

/// Why nothing was dialled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Whose matter it is.
    pub kind: RefusalKind,
    /// HTTP status; `None` if there was no answer.
    pub status: Option<u16>,
    /// For people: the provider's words where there are any, in one line of at most 500 characters.
    pub message: String,
    /// How long the provider asks to wait, in milliseconds.
    pub retry_after_ms: Option<u64>,
    /// The provider made a record of the blocked call; this is its id. The provider's pages disagree on whether such a
    /// call may still be dialled when a line becomes free, so look at the record before dialling the same person again.
    pub provider_call_id: Option<String>,
    /// Lines of the account, where the answer tells.
    pub concurrency_limit: Option<u32>,
}

/// Whose matter a refusal is, which decides what to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefusalKind {
    /// This contact cannot be called: the number is not acceptable. Others can.
    Contact,
    /// All lines of the account are taken. Try again when one is free.
    Capacity,
    /// Too many requests in this minute. Slow down.
    Rate,
    /// Key, credit, caller number, assistant, or a request that the API does not understand: every other contact would
    /// be refused too, until a person does something.
    Account,
    /// The request never left: no connection to the provider.
    Unreachable,
}

/// Reads an answer to `POST /call`. Everything that is not certain is [`DialAnswer::InDoubt`].
///
/// | status | meaning | reason |
/// |---|---|---|
/// | 2xx with a call | accepted | 201 is documented; the call's id decides |
/// | 2xx with a call and `subscriptionLimits.concurrencyBlocked` | capacity | all lines taken; the call does not connect |
/// | 2xx without a readable call | in doubt | the provider agreed to something |
/// | 1xx, 3xx | in doubt | not an answer of this API; 303 would even mean "done, look there" |
/// | 400, 422 | by its text | see `refusal_kind` |
/// | 408 | in doubt | gateways say so when the server behind them did not answer in time |
/// | 409 | in doubt | a conflict with something that exists, perhaps with this very call |
/// | 425, 499 | in doubt | these speak of the connection, not of the request |
/// | 429 | rate, or capacity if it names concurrency | refused before anything was done |
/// | other 4xx | account | 401 key, 402 credit, 403 permission, 404 wrong address or id, 413 … |
/// | 5xx | in doubt | the documentation leaves open whether a call was queued; gateways answer 502–504 for it |
pub fn classify(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> DialAnswer {
    match status.as_u16() {
        200..=299 => accepted(status, body),
        408 | 409 | 425 | 499 => in_doubt(status, headers, body),
        400..=499 => DialAnswer::Refused(refusal(status, headers, body)),
        _ => in_doubt(status, headers, body),
    }
}

/// What a dial without a complete answer means.
pub(crate) fn without_answer(error: TransportError) -> DialAnswer {
    match error {
        TransportError::NotSent(message) => DialAnswer::Refused(Refusal {
            kind: RefusalKind::Unreachable,
            status: None,
            message,
            retry_after_ms: None,
            provider_call_id: None,
            concurrency_limit: None,
        }),
        TransportError::InDoubt(message) => DialAnswer::InDoubt(message),
    }
}

fn accepted(status: StatusCode, body: &[u8]) -> DialAnswer {
    let call = match Raw::<Call>::parse(body) {
        Ok(call) => call,
        Err(fault) => {
            return DialAnswer::InDoubt(format!(
                "HTTP {}, but the call cannot be read: {fault}",
                status.as_u16()
            ));
        }
    };
    let limits = call.value.subscription_limits.clone().unwrap_or_default();
    if limits.concurrency_blocked == Some(true) {
        return DialAnswer::Refused(Refusal {
            kind: RefusalKind::Capacity,
            status: Some(status.as_u16()),
            message: "all lines of the account are taken (concurrencyBlocked)".to_owned(),
            retry_after_ms: None,
            provider_call_id: Some(call.value.id),
            concurrency_limit: limits.concurrency_limit,
        });
    }
    DialAnswer::Accepted(Box::new(call))
}

fn refusal(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Refusal {
    let error = ErrorBody::parse(headers, body);
    let kind = match status.as_u16() {
        400 | 422 => kind_of_bad_request(&error),
        429 if names_concurrency(&error) => RefusalKind::Capacity,
        429 => RefusalKind::Rate,
        _ => RefusalKind::Account,
    };
    Refusal {
        kind,
        status: Some(status.as_u16()),
        message: message(status, &error),
        retry_after_ms: retry_after_ms(headers),
        provider_call_id: None,
        concurrency_limit: None,
    }
}

fn in_doubt(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> DialAnswer {
    DialAnswer::InDoubt(message(status, &ErrorBody::parse(headers, body)))
}

fn message(status: StatusCode, error: &ErrorBody) -> String {
    let said = error.summary().unwrap_or_else(|| {
        let reason = status.canonical_reason().unwrap_or("unknown status");
        format!("{reason}, with no message of the API: a proxy or firewall may have answered")
    });
    format!("HTTP {}: {said}", status.as_u16())
}

#[cfg(test)]
mod tests;
