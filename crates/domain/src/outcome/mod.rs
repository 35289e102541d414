//! What a call meant: from the provider's ended reason to an outcome a person understands.
//!
//! The provider knows more than 600 ended reasons and adds several a month. `ended_reasons.csv` classes every one we
//! know; [`classify`] falls back to prefix rules for the others, and to [`Class::Unknown`] rather than a guess.

mod class;
mod success;

pub use class::{Advice, Class, Reason, classify};
use serde::{Deserialize, Serialize};
pub use success::judged_successful;

/// What a call meant. Stored as text, shown in lists, counted in reports.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A person answered and spoke with the assistant.
    Human,
    /// The assistant handed the person over to somebody else.
    Transferred,
    /// Somebody picked up and left without a word.
    HungUp,
    /// Picked up, but nobody was heard.
    Silence,
    /// A machine answered.
    Voicemail,
    /// It rang and nobody answered.
    NoAnswer,
    /// The line was busy.
    Busy,
    /// The call was turned away.
    Rejected,
    /// The number does not exist or cannot be dialled.
    InvalidNumber,
    /// The carrier could not connect the call.
    Failed,
    /// The provider, its model or its voice broke down.
    ProviderError,
    /// The provider says the call was cancelled.
    Canceled,
    /// Nothing was dialled: the provider refused for a reason that is not the contact's, or never got the request.
    NotDialled,
    /// Nobody can say what happened.
    Unknown,
}

impl Outcome {
    /// Every outcome, in the order in which reports show them.
    pub const ALL: [Self; 14] = [
        Self::Human,
        Self::Transferred,
        Self::HungUp,
        Self::Silence,
        Self::Voicemail,
        Self::NoAnswer,
        Self::Busy,
        Self::Rejected,
        Self::InvalidNumber,
        Self::Failed,
        Self::ProviderError,
        Self::Canceled,
        Self::NotDialled,
        Self::Unknown,
    ];

    /// The stored form, for instance `no_answer`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Transferred => "transferred",
            Self::HungUp => "hung_up",
            Self::Silence => "silence",
            Self::Voicemail => "voicemail",
            Self::NoAnswer => "no_answer",
            Self::Busy => "busy",
            Self::Rejected => "rejected",
            Self::InvalidNumber => "invalid_number",
            Self::Failed => "failed",
            Self::ProviderError => "provider_error",
            Self::Canceled => "canceled",
            Self::NotDialled => "not_dialled",
            Self::Unknown => "unknown",
        }
    }

    /// Reads the stored form.
    #[must_use]
    pub fn from_stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == text)
    }

    /// Whether a person was reached: the numerator of the connect rate.
    #[must_use]
    pub const fn is_connected(self) -> bool {
        matches!(self, Self::Human | Self::Transferred)
    }
}

/// The outcome of a call that the provider says has ended.
///
/// `user_turns` is how often the called person spoke, when the transcript is known. The provider has no flag for
/// "answered by a human", so it is derived: the class says that somebody picked up, and a turn says that they spoke.
#[must_use]
pub fn of_ended(reason: Option<&str>, user_turns: Option<u32>) -> Outcome {
    let Some(reason) = reason else {
        return Outcome::Unknown;
    };
    let picked_up = |silent: Outcome| {
        if user_turns == Some(0) {
            silent
        } else {
            Outcome::Human
        }
    };
    match classify(reason).class {
        Class::CompletedAssistantEnded | Class::MaxDuration | Class::HookEnded => picked_up(Outcome::Silence),
        Class::CustomerEnded | Class::EndedByCarrier => picked_up(Outcome::HungUp),
        Class::SilenceTimeout | Class::NoAudio => {
            if user_turns.unwrap_or(0) > 0 {
                Outcome::Human
            } else {
                Outcome::Silence
            }
        }
        Class::Transferred => Outcome::Transferred,
        Class::TransferAbandoned | Class::TransferFailed => Outcome::Human,
        Class::Voicemail => Outcome::Voicemail,
        Class::Busy => Outcome::Busy,
        Class::NoAnswer => Outcome::NoAnswer,
        Class::Rejected => Outcome::Rejected,
        Class::InvalidNumber => Outcome::InvalidNumber,
        Class::FailedToConnect => Outcome::Failed,
        Class::Cancelled => Outcome::Canceled,
        Class::ConcurrencyLimited | Class::AccountBlocked => Outcome::NotDialled,
        Class::NumberLimit if reason.contains("international") => Outcome::Failed,
        Class::NumberLimit => Outcome::NotDialled,
        Class::ConfigError | Class::PlatformError if ended_before_dialling(reason) => Outcome::NotDialled,
        Class::ConfigError
        | Class::PlatformError
        | Class::LlmError
        | Class::VoiceError
        | Class::TranscriberError
        | Class::NotApplicableOutbound => {
            if user_turns.unwrap_or(0) > 0 {
                Outcome::Human
            } else {
                Outcome::ProviderError
            }
        }
        Class::Unknown => Outcome::Unknown,
    }
}

/// The provider's `call.start.*` family (and its older spellings) fails before any telephone is rung.
fn ended_before_dialling(reason: &str) -> bool {
    [
        "call.start.",
        "call-start-",
        "assistant-request-",
        "assistant-not-",
    ]
    .iter()
    .any(|prefix| reason.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_who_spoke_is_human_and_one_who_did_not_is_not() {
        assert_eq!(of_ended(Some("customer-ended-call"), Some(3)), Outcome::Human);
        assert_eq!(of_ended(Some("customer-ended-call"), Some(0)), Outcome::HungUp);
        assert_eq!(of_ended(Some("silence-timed-out"), Some(0)), Outcome::Silence);
        assert_eq!(of_ended(Some("silence-timed-out"), Some(2)), Outcome::Human);
    }

    #[test]
    fn faults_before_dialling_are_not_the_contacts() {
        for reason in [
            "call.start.error-subscription-concurrency-limit-reached",
            "call.start.error-subscription-insufficient-credits",
            "call.start.error-vapifault-get-org",
            "call.start.error-get-assistant",
        ] {
            assert_eq!(of_ended(Some(reason), None), Outcome::NotDialled, "{reason}");
        }
    }

    #[test]
    fn missing_information_is_unknown_not_success_or_failure() {
        assert_eq!(of_ended(None, None), Outcome::Unknown);
        assert_eq!(of_ended(Some("something-new-entirely"), None), Outcome::Unknown);
    }

    #[test]
    fn every_outcome_round_trips_through_its_stored_form() {
        for outcome in Outcome::ALL {
            assert_eq!(Outcome::from_stored(outcome.as_str()), Some(outcome));
            assert_eq!(serde_json::to_value(outcome).unwrap(), outcome.as_str());
        }
    }
}
