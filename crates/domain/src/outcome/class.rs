//! The table of ended reasons and the rules for those that are not in it.

use std::{collections::HashMap, sync::LazyLock};

/// A family of ended reasons.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// The assistant finished the conversation.
    CompletedAssistantEnded,
    /// The called person hung up.
    CustomerEnded,
    /// The carrier reported the end of a connected call.
    EndedByCarrier,
    /// A machine answered.
    Voicemail,
    /// The line was busy.
    Busy,
    /// Nobody answered.
    NoAnswer,
    /// The carrier could not connect.
    FailedToConnect,
    /// The call was turned away.
    Rejected,
    /// The number does not exist.
    InvalidNumber,
    /// Nobody spoke for too long.
    SilenceTimeout,
    /// The assistant heard nothing at all.
    NoAudio,
    /// The call reached its maximum duration.
    MaxDuration,
    /// Cancelled through the provider.
    Cancelled,
    /// Handed over to somebody else.
    Transferred,
    /// The person left during a transfer.
    TransferAbandoned,
    /// A transfer did not work out.
    TransferFailed,
    /// A hook of the assistant ended the call.
    HookEnded,
    /// The account had no free line.
    ConcurrencyLimited,
    /// The account may not call: no credit, frozen, suspected fraud.
    AccountBlocked,
    /// The caller number has reached a limit.
    NumberLimit,
    /// The assistant, number or credentials are set up wrongly.
    ConfigError,
    /// The provider's own platform failed.
    PlatformError,
    /// The language model failed.
    LlmError,
    /// The voice failed.
    VoiceError,
    /// The transcriber failed.
    TranscriberError,
    /// A reason that outbound calls should never have.
    NotApplicableOutbound,
    /// Not in the table and matched by no rule.
    Unknown,
}

/// What the class suggests doing with the contact and the campaign.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Advice {
    /// Do not call again.
    No,
    /// An ordinary retry that uses up an attempt.
    RetryLater,
    /// A blip before any conversation.
    RetrySoon,
    /// Capacity: call again without using up an attempt.
    RetryNoAttempt,
    /// Call again only when the person never spoke.
    RetryIfNoConversation,
    /// Every further call would fail alike: stop and tell a person.
    PauseCampaign,
    /// Left to the campaign's policy.
    Policy,
}

/// A classed ended reason.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reason {
    /// The family.
    pub class: Class,
    /// The suggestion that goes with it.
    pub advice: Advice,
}

static TABLE: LazyLock<HashMap<&'static str, Reason>> = LazyLock::new(|| {
    include_str!("ended_reasons.csv")
        .lines()
        .skip(1)
        .filter_map(parse_row)
        .collect()
});

/// Classes an ended reason: the table first, then the prefix rules in the order in which they are written.
#[must_use]
pub fn classify(reason: &str) -> Reason {
    if let Some(known) = TABLE.get(reason) {
        return *known;
    }
    let has = |needle: &str| reason.contains(needle);
    let starts = |prefix: &str| reason.starts_with(prefix);
    let (class, advice) = if has("concurrency-limit") {
        (Class::ConcurrencyLimited, Advice::RetryNoAttempt)
    } else if starts("call.start.error-subscription-") || has("fraud") {
        (Class::AccountBlocked, Advice::PauseCampaign)
    } else if starts("call.start.error-vapifault-") {
        (Class::PlatformError, Advice::RetrySoon)
    } else if starts("call.start.") {
        (Class::ConfigError, Advice::PauseCampaign)
    } else if has("sip-outbound-") || has("outbound-sip-") || has("failed-to-connect") {
        (Class::FailedToConnect, Advice::RetryLater)
    } else if has("warm-transfer") || starts("call.forwarding.") {
        (Class::TransferFailed, Advice::Policy)
    } else if has("transcriber") || has("-returning-") {
        (Class::TranscriberError, Advice::RetryIfNoConversation)
    } else if has("voice") {
        (Class::VoiceError, Advice::RetryIfNoConversation)
    } else if starts("pipeline-error-") || has("-llm-") {
        (Class::LlmError, Advice::RetryIfNoConversation)
    } else if has("vapifault") || has("providerfault") {
        (Class::PlatformError, Advice::RetryIfNoConversation)
    } else if starts("customer-ended") {
        (Class::CustomerEnded, Advice::No)
    } else if starts("assistant-ended") {
        (Class::CompletedAssistantEnded, Advice::No)
    } else {
        (Class::Unknown, Advice::Policy)
    };
    Reason { class, advice }
}

fn parse_row(line: &'static str) -> Option<(&'static str, Reason)> {
    let mut fields = line.split(',');
    let (reason, class, advice) = (fields.next()?, fields.next()?, fields.next()?);
    Some((
        reason,
        Reason {
            class: parse_class(class)?,
            advice: parse_advice(advice)?,
        },
    ))
}

fn parse_class(text: &str) -> Option<Class> {
    Some(match text {
        "completed_assistant_ended" => Class::CompletedAssistantEnded,
        "customer_ended" => Class::CustomerEnded,
        "ended_by_carrier" => Class::EndedByCarrier,
        "voicemail" => Class::Voicemail,
        "busy" => Class::Busy,
        "no_answer" => Class::NoAnswer,
        "failed_to_connect" => Class::FailedToConnect,
        "rejected" => Class::Rejected,
        "invalid_number" => Class::InvalidNumber,
        "silence_timeout" => Class::SilenceTimeout,
        "no_audio" => Class::NoAudio,
        "max_duration" => Class::MaxDuration,
        "cancelled" => Class::Cancelled,
        "transferred" => Class::Transferred,
        "transfer_abandoned" => Class::TransferAbandoned,
        "transfer_failed" => Class::TransferFailed,
        "hook_ended" => Class::HookEnded,
        "concurrency_limited" => Class::ConcurrencyLimited,
        "account_blocked" => Class::AccountBlocked,
        "number_limit" => Class::NumberLimit,
        "config_error" => Class::ConfigError,
        "platform_error" => Class::PlatformError,
        "llm_error" => Class::LlmError,
        "voice_error" => Class::VoiceError,
        "transcriber_error" => Class::TranscriberError,
        "not_applicable_outbound" => Class::NotApplicableOutbound,
        _ => return None,
    })
}

fn parse_advice(text: &str) -> Option<Advice> {
    Some(match text {
        "no" => Advice::No,
        "retry_later" => Advice::RetryLater,
        "retry_soon" => Advice::RetrySoon,
        "retry_no_attempt" => Advice::RetryNoAttempt,
        "retry_if_no_conversation" => Advice::RetryIfNoConversation,
        "pause_campaign" => Advice::PauseCampaign,
        "policy" | "n/a" => Advice::Policy,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_is_understood() {
        let rows = include_str!("ended_reasons.csv").lines().count() - 1;
        assert_eq!(TABLE.len(), rows);
    }

    #[test]
    fn unknown_reasons_fall_back_by_rule() {
        let cases = [
            (
                "call.start.error-new-concurrency-limit-kind",
                Class::ConcurrencyLimited,
            ),
            ("call.start.error-subscription-paused", Class::AccountBlocked),
            ("call.start.error-vapifault-new", Class::PlatformError),
            ("call.start.error-get-something", Class::ConfigError),
            (
                "call.in-progress.error-sip-outbound-call-was-odd",
                Class::FailedToConnect,
            ),
            ("call.forwarding.new", Class::TransferFailed),
            ("pipeline-error-new-transcriber-failed", Class::TranscriberError),
            ("pipeline-error-new-voice-failed", Class::VoiceError),
            ("pipeline-error-newmodel-500", Class::LlmError),
            ("call.in-progress.error-vapifault-odd", Class::PlatformError),
            ("customer-ended-call-in-a-new-way", Class::CustomerEnded),
            (
                "assistant-ended-call-in-a-new-way",
                Class::CompletedAssistantEnded,
            ),
            ("never-heard-of", Class::Unknown),
        ];
        for (reason, class) in cases {
            assert_eq!(classify(reason).class, class, "{reason}");
        }
    }
}
