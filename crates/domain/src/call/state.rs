//! Everything we know of a call, as a lattice: facts are joined, so their order and number do not matter.

use serde::{Deserialize, Serialize};

use super::{
    end::{End, ours},
    status::{CallStatus, Dialling},
};
use crate::{
    money::UsdMicros,
    outcome::{self, Advice, Outcome},
    time::UtcMs,
};

/// What is known of a call. A fact is a `CallState` that knows only what the fact says; the row of a call is the
/// [`join`](CallState::join) of all its facts.
///
/// Guarantee *any order*: `join` is commutative, associative and idempotent, so late, repeated and reordered facts give
/// the same row.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CallState {
    /// Where the dialling stands.
    pub dialling: Dialling,
    /// The provider's id of the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_call_id: Option<String>,
    /// When we sent the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<UtcMs>,
    /// When the provider was first known to have the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted_at: Option<UtcMs>,
    /// When it first rang.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ringing_at: Option<UtcMs>,
    /// When it was answered: the provider's `startedAt`, else the first fact that says in progress.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<UtcMs>,
    /// How it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<End>,
    /// What may still fill in after the end.
    #[serde(flatten)]
    pub details: Details,
}

/// What a call brought. Each part only grows.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Details {
    /// What the provider charges. It rises while post-processing goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<UsdMicros>,
    /// Where the recording lies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recording_url: Option<String>,
    /// The whole conversation as text, one turn a line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transcript: Option<String>,
    /// The conversation turn by turn, as JSON text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub messages_json: Option<String>,
    /// How often the called person spoke.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_turns: Option<u32>,
    /// The provider's summary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// The structured data that the assistant extracted, as JSON text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub structured_json: Option<String>,
    /// The provider's verdict, as text: it has many rubrics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub success_evaluation: Option<String>,
    /// Where a live call takes orders. A secret capability: never shown, never logged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control_url: Option<String>,
    /// Whether the person asked, by a tool of the assistant, not to be called again.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub opted_out: bool,
}

impl CallState {
    /// All that either side knows.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        Self {
            dialling: self.dialling.max(other.dialling),
            provider_call_id: earliest(self.provider_call_id, other.provider_call_id),
            sent_at: earliest(self.sent_at, other.sent_at),
            accepted_at: earliest(self.accepted_at, other.accepted_at),
            ringing_at: earliest(self.ringing_at, other.ringing_at),
            started_at: earliest(self.started_at, other.started_at),
            end: match (self.end, other.end) {
                (Some(mine), Some(theirs)) => Some(mine.join(theirs)),
                (mine, theirs) => mine.or(theirs),
            },
            details: self.details.join(other.details),
        }
    }

    /// The same with every moment between our sending the request and our hearing of it, as far as the provider's clock can
    /// tell: see [`UtcMs::bounded`].
    ///
    /// Guarantee *slot truth*: a report from 1970 or from next year moves no line and makes no call a year long.
    #[must_use]
    pub fn bounded(mut self, from: Option<UtcMs>, until: UtcMs) -> Self {
        for moment in [&mut self.accepted_at, &mut self.ringing_at, &mut self.started_at]
            .into_iter()
            .flatten()
            .chain(self.end.as_mut().map(|end| &mut end.at))
        {
            *moment = moment.bounded(from, until);
        }
        self
    }

    /// Whether a conclusion of our own still follows from what is known. What the provider says may be joined in any
    /// order; a conclusion was drawn from an earlier state, and since then another node may have dialled the call, or
    /// the provider told of it.
    ///
    /// Guarantee *never twice*: a call that is being dialled is not let go, and one that the provider has is not absent.
    #[must_use]
    pub fn bears_out(&self, conclusion: &Self) -> bool {
        let reason = conclusion.end.as_ref().and_then(|end| end.reason.as_deref());
        match reason {
            Some(ours::RELEASED) => self.dialling == Dialling::Reserved,
            Some(ours::ABSENT) => matches!(self.dialling, Dialling::Sent | Dialling::Unconfirmed),
            _ => true,
        }
    }

    /// The status that follows from what is known.
    #[must_use]
    pub fn status(&self) -> CallStatus {
        let Some(end) = &self.end else {
            return if self.started_at.is_some() {
                CallStatus::InProgress
            } else if self.ringing_at.is_some() {
                CallStatus::Ringing
            } else {
                CallStatus::Queued
            };
        };
        match end.reason.as_deref() {
            Some(ours::TIMEOUT) => CallStatus::Timeout,
            Some(ours::RELEASED) => CallStatus::Canceled,
            Some(reason) if reason.starts_with(ours::PREFIX) => CallStatus::Failed,
            _ => match self.outcome() {
                Some(Outcome::Canceled) => CallStatus::Canceled,
                Some(
                    Outcome::InvalidNumber | Outcome::Failed | Outcome::ProviderError | Outcome::NotDialled,
                ) => CallStatus::Failed,
                _ => CallStatus::Ended,
            },
        }
    }

    /// What the call meant, once it has ended.
    #[must_use]
    pub fn outcome(&self) -> Option<Outcome> {
        let end = self.end.as_ref()?;
        Some(match end.reason.as_deref() {
            Some(ours::TIMEOUT) => Outcome::Unknown,
            Some(ours::REFUSED_CONTACT) => Outcome::InvalidNumber,
            Some(reason) if reason.starts_with(ours::PREFIX) => Outcome::NotDialled,
            reason => outcome::of_ended(reason, self.details.user_turns),
        })
    }

    /// Why every further call of the campaign would fail alike, when this end says so: no credit, a bad key, a blocked
    /// number, a broken assistant.
    #[must_use]
    pub fn account_fault(&self) -> Option<String> {
        let end = self.end.as_ref()?;
        let reason = end.reason.as_deref()?;
        let systemic = reason == ours::REFUSED_ACCOUNT
            || (self.outcome() == Some(Outcome::NotDialled)
                && !reason.starts_with(ours::PREFIX)
                && outcome::classify(reason).advice == Advice::PauseCampaign);
        systemic.then(|| end.message.clone().unwrap_or_else(|| reason.to_owned()))
    }
}

impl Details {
    fn join(self, other: Self) -> Self {
        Self {
            cost: self.cost.max(other.cost),
            recording_url: self.recording_url.max(other.recording_url),
            transcript: fullest(self.transcript, other.transcript),
            messages_json: fullest(self.messages_json, other.messages_json),
            user_turns: self.user_turns.max(other.user_turns),
            summary: fullest(self.summary, other.summary),
            structured_json: fullest(self.structured_json, other.structured_json),
            success_evaluation: self.success_evaluation.max(other.success_evaluation),
            control_url: self.control_url.max(other.control_url),
            opted_out: self.opted_out | other.opted_out,
        }
    }
}

/// The smaller of two values that may be missing.
fn earliest<T: Ord>(a: Option<T>, b: Option<T>) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// The longer text; between equally long ones the greater, so that the choice does not depend on order.
fn fullest(a: Option<String>, b: Option<String>) -> Option<String> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if (a.len(), &a) >= (b.len(), &b) { a } else { b }),
        (a, b) => a.or(b),
    }
}
