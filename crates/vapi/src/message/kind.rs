//! The types of webhook messages.

use std::fmt;

/// Builds the enum and both directions of its naming from one table.
macro_rules! message_kinds {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// The type of a webhook message. The list grows, so an unknown type is kept as text.
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum MessageKind {
            $($(#[$doc])* $variant,)*
            /// A type that this version does not know, as the provider writes it; empty if the message has none.
            Other(String),
        }

        impl MessageKind {
            /// Every type that this version knows.
            pub const KNOWN: &[Self] = &[$(Self::$variant),*];

            /// The type as the provider writes it.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $name,)*
                    Self::Other(text) => text,
                }
            }
        }

        impl From<&str> for MessageKind {
            fn from(text: &str) -> Self {
                match text {
                    $($name => Self::$variant,)*
                    // Subscriptions can name a filter, which then stands in the type.
                    _ if text.starts_with("transcript[") => Self::Transcript,
                    _ => Self::Other(text.to_owned()),
                }
            }
        }
    };
}

message_kinds! {
    /// The status of the call changed.
    StatusUpdate = "status-update",
    /// The call is over and its recording and analysis are done.
    EndOfCallReport = "end-of-call-report",
    /// The assistant takes long to answer. Not a hang-up.
    Hang = "hang",
    /// A piece of what was said.
    Transcript = "transcript",
    /// The whole conversation so far.
    ConversationUpdate = "conversation-update",
    /// Somebody began or stopped speaking.
    SpeechUpdate = "speech-update",
    /// The person interrupted the assistant.
    UserInterrupted = "user-interrupted",
    /// The language model produced something.
    ModelOutput = "model-output",
    /// The assistant wants tools to be run.
    ToolCalls = "tool-calls",
    /// The older form of `tool-calls`.
    FunctionCall = "function-call",
    /// The assistant asks where to transfer the call.
    TransferDestinationRequest = "transfer-destination-request",
    /// The assistant asks to whom to hand over.
    HandoffDestinationRequest = "handoff-destination-request",
    /// A transfer happened.
    TransferUpdate = "transfer-update",
    /// An inbound call asks for an assistant.
    AssistantRequest = "assistant-request",
    /// The assistant speaks.
    AssistantSpeechStarted = "assistant.speechStarted",
    /// An assistant took over.
    AssistantStarted = "assistant.started",
    /// The person said something.
    VoiceInput = "voice-input",
    /// A custom voice is asked for sound.
    VoiceRequest = "voice-request",
    /// The language of the conversation changed.
    LanguageChangeDetected = "language-change-detected",
    /// The older form of `language-change-detected`.
    LanguageChanged = "language-changed",
    /// The receiver is asked to forward or hang up itself.
    PhoneCallControl = "phone-call-control",
    /// A custom knowledge base is asked.
    KnowledgeBaseRequest = "knowledge-base-request",
    /// The receiver is asked whether the person has finished speaking.
    CallEndpointingRequest = "call.endpointing.request",
    /// Files of the call were uploaded to the account's own storage.
    CallArtifactUpload = "call.artifact.upload",
    /// The call's record was erased.
    CallDeleted = "call.deleted",
    /// The call's record could not be erased.
    CallDeleteFailed = "call.delete.failed",
    /// The provider's own campaign asks whether a contact may be called.
    CampaignPredial = "campaign.predial",
    /// A chat began.
    ChatCreated = "chat.created",
    /// A chat was erased.
    ChatDeleted = "chat.deleted",
    /// A session began.
    SessionCreated = "session.created",
    /// A session changed.
    SessionUpdated = "session.updated",
    /// A session was erased.
    SessionDeleted = "session.deleted",
}

impl MessageKind {
    /// Whether the provider waits for content in the answer. Any other message is done with a bare 2xx, and so is a
    /// type that we do not know.
    pub fn needs_reply(&self) -> bool {
        matches!(
            self,
            Self::ToolCalls
                | Self::FunctionCall
                | Self::TransferDestinationRequest
                | Self::HandoffDestinationRequest
                | Self::AssistantRequest
                | Self::VoiceRequest
                | Self::KnowledgeBaseRequest
                | Self::CallEndpointingRequest
                | Self::CampaignPredial
        )
    }
}

impl fmt::Display for MessageKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_type_survives_a_round_trip() {
        for kind in MessageKind::KNOWN {
            assert_eq!(&MessageKind::from(kind.as_str()), kind);
        }
        assert_eq!(
            MessageKind::from(r#"transcript[transcriptType="final"]"#),
            MessageKind::Transcript
        );
        assert_eq!(MessageKind::from("call.teleported").as_str(), "call.teleported");
    }
}
