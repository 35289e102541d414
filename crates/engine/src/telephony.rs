//! The provider as the engine sees it: dial, and three ways to ask.

use async_trait::async_trait;
use domain::{call::Fact, time::UtcMs};
use store::Dial;

/// A telephone provider.
#[async_trait]
pub trait Telephony: Send + Sync {
    /// Asks the provider to place this call. Sent once, never repeated.
    async fn dial(&self, dial: &Dial, now: UtcMs) -> DialAnswer;

    /// Calls of the account that changed at or after `since`.
    async fn changed_since(&self, since: UtcMs, now: UtcMs) -> Result<Listing, LookupError>;

    /// Calls placed from a number and created from `since` to `until`.
    async fn created_between(
        &self,
        phone_number_id: &str,
        since: UtcMs,
        until: UtcMs,
        now: UtcMs,
    ) -> Result<Listing, LookupError>;

    /// One call by the provider's id. `None`: the provider says that it does not know it.
    async fn look_up(&self, provider_call_id: &str, now: UtcMs) -> Result<Option<Fact>, LookupError>;

    /// Ends a live call through its control address. An error says why it could not be, in words for people; the address
    /// is not in them. That the call is over already is no error.
    async fn hang_up(&self, control_url: &str) -> Result<(), String>;

    /// Asks for the least that the provider can answer: whether it answers at all, and what time it is there. Gives up
    /// after a few seconds.
    async fn probe(&self) -> Result<(), LookupError> {
        self.phone_numbers().await.map(|_| ())
    }

    /// The numbers that the account can call from.
    async fn phone_numbers(&self) -> Result<Vec<ProviderNumber>, LookupError>;
}

/// A number to call from. The provider's record of it may hold secrets; they are not kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProviderNumber {
    /// The provider's id.
    pub id: String,
    /// What people call it.
    pub name: Option<String>,
    /// E.164, if it has one.
    pub number: Option<String>,
    /// Who provides it: `twilio`, `vonage`, `telnyx`, `vapi`, `byo-phone-number`.
    pub provider: Option<String>,
    /// What the provider says about it.
    pub state: NumberState,
}

/// What the provider says about a number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NumberState {
    /// It can place calls.
    Active,
    /// It is being set up.
    Activating,
    /// It cannot place calls: the provider, or the carrier, stopped it.
    Blocked,
    /// Something that we do not know.
    Other,
}

impl NumberState {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Activating => "activating",
            Self::Blocked => "blocked",
            Self::Other => "other",
        }
    }
}

impl ProviderNumber {
    /// Whether it can place calls now.
    #[must_use]
    pub fn usable(&self) -> bool {
        self.state == NumberState::Active
    }
}

/// What became of a dial.
#[derive(Clone, PartialEq, Debug)]
pub enum DialAnswer {
    /// The provider has the call.
    Accepted {
        /// What its answer says.
        fact: Box<Fact>,
        /// How many lines the account has, when it says so.
        lines: Option<u32>,
    },
    /// Nothing was dialled, for certain.
    Refused {
        /// Whose matter it is.
        kind: RefusalKind,
        /// The provider's words, for people.
        message: String,
        /// How long it asks to wait, in milliseconds.
        retry_after_ms: Option<i64>,
    },
    /// The provider keeps a record of a call that it could not start for want of a line. Whether it still may is for the
    /// record to say.
    Blocked {
        /// What its answer says.
        fact: Box<Fact>,
        /// How many lines the account has, when it says so.
        lines: Option<u32>,
    },
    /// Nobody can tell whether the provider has the call.
    InDoubt(String),
}

/// Whose matter a refusal is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RefusalKind {
    /// This contact's number.
    Contact,
    /// All lines are taken.
    Capacity,
    /// Too many requests.
    Rate,
    /// The account, the caller number or the assistant.
    Account,
    /// The provider could not be reached.
    Unreachable,
}

/// Calls that the provider listed.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Listing {
    /// One fact a call.
    pub facts: Vec<Fact>,
    /// Whether these are all there are. Only then does absence mean anything.
    pub complete: bool,
}

/// The provider could not be asked.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct LookupError {
    /// Why, for people.
    pub message: String,
    /// How long it asks to wait, in milliseconds, when it refused because we ask too often.
    pub retry_after_ms: Option<i64>,
}
