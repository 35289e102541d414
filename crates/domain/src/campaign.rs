//! The campaign's state machine: what a person may ask for, and what calls bring about.

use serde::{Deserialize, Serialize};

/// The status of a campaign.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CampaignStatus {
    /// Imported; nobody pressed Start.
    Created,
    /// Will start by itself at a set time.
    Scheduled,
    /// Started; no call accepted by the provider yet.
    Queued,
    /// The provider has accepted a call.
    Dialing,
    /// A call has rung.
    Running,
    /// No new calls. Live calls go on: the campaign drains.
    Paused,
    /// Every contact is final.
    Completed,
    /// Stopped for good by a person.
    Canceled,
    /// Stopped for good by a fault.
    Failed,
}

impl CampaignStatus {
    /// Every status.
    pub const ALL: [Self; 9] = [
        Self::Created,
        Self::Scheduled,
        Self::Queued,
        Self::Dialing,
        Self::Running,
        Self::Paused,
        Self::Completed,
        Self::Canceled,
        Self::Failed,
    ];

    /// The stored form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "CREATED",
            Self::Scheduled => "SCHEDULED",
            Self::Queued => "QUEUED",
            Self::Dialing => "DIALING",
            Self::Running => "RUNNING",
            Self::Paused => "PAUSED",
            Self::Completed => "COMPLETED",
            Self::Canceled => "CANCELED",
            Self::Failed => "FAILED",
        }
    }

    /// Reads the stored form.
    #[must_use]
    pub fn from_stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// Whether contacts of the campaign may be dialled.
    #[must_use]
    pub const fn may_dial(self) -> bool {
        matches!(self, Self::Queued | Self::Dialing | Self::Running)
    }

    /// Whether nothing more will happen by itself.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Canceled | Self::Failed)
    }
}

/// What a campaign is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A list of people.
    List,
    /// One call to try an assistant. It takes the same way and counts against the same caps.
    Test,
}

impl Kind {
    /// The stored form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Test => "test",
        }
    }

    /// Reads the stored form.
    #[must_use]
    pub fn from_stored(text: &str) -> Option<Self> {
        [Self::List, Self::Test]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }
}

/// What a person may ask of a campaign.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Begin calling.
    Start,
    /// Place no new calls; let live ones finish.
    Pause,
    /// Go on after a pause.
    Resume,
    /// Place no new calls, ever. Live ones finish.
    Cancel,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 4] = [Self::Start, Self::Pause, Self::Resume, Self::Cancel];

    /// The name used in addresses and messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Cancel => "cancel",
        }
    }

    /// The statuses from which this action is possible.
    #[must_use]
    pub const fn possible_from(self) -> &'static [CampaignStatus] {
        use CampaignStatus::{Created, Dialing, Paused, Queued, Running, Scheduled};
        match self {
            Self::Start => &[Created, Scheduled],
            Self::Pause => &[Queued, Dialing, Running],
            Self::Resume => &[Paused],
            Self::Cancel => &[Created, Scheduled, Queued, Dialing, Running, Paused],
        }
    }

    /// The status that the action leads to. `started`: the provider has accepted a call of this campaign before.
    #[must_use]
    pub const fn leads_to(self, started: bool) -> CampaignStatus {
        match self {
            Self::Pause => CampaignStatus::Paused,
            Self::Cancel => CampaignStatus::Canceled,
            Self::Start | Self::Resume if started => CampaignStatus::Running,
            Self::Start | Self::Resume => CampaignStatus::Queued,
        }
    }
}

/// What is possible from a status, for buttons and for the answer to an impossible request.
#[must_use]
pub fn possible_actions(status: CampaignStatus) -> Vec<Action> {
    Action::ALL
        .into_iter()
        .filter(|action| action.possible_from().contains(&status))
        .collect()
}

/// How a campaign works through its list.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Refill every freed line at once.
    Continuous,
    /// Strict batches: the next begins only when every call of the present one is final.
    Batch,
}

impl Mode {
    /// The stored form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Continuous => "continuous",
            Self::Batch => "batch",
        }
    }

    /// Reads the stored form.
    #[must_use]
    pub fn from_stored(text: &str) -> Option<Self> {
        [Self::Continuous, Self::Batch]
            .into_iter()
            .find(|mode| mode.as_str() == text)
    }
}

/// The smallest and the largest cap of a campaign (the seeds' constraint).
pub const CAP_RANGE: std::ops::RangeInclusive<u32> = 1..=50;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_final_campaign_can_do_nothing_more() {
        for status in CampaignStatus::ALL {
            assert_eq!(
                status.is_final(),
                possible_actions(status).is_empty(),
                "{status:?}"
            );
        }
    }

    #[test]
    fn only_running_kinds_may_dial_and_they_can_be_paused() {
        for status in CampaignStatus::ALL {
            assert_eq!(
                status.may_dial(),
                Action::Pause.possible_from().contains(&status),
                "{status:?}"
            );
        }
    }

    #[test]
    fn stored_forms_round_trip() {
        for status in CampaignStatus::ALL {
            assert_eq!(CampaignStatus::from_stored(status.as_str()), Some(status));
        }
    }

    #[test]
    fn resuming_before_the_first_call_goes_back_to_the_queue() {
        assert_eq!(Action::Resume.leads_to(false), CampaignStatus::Queued);
        assert_eq!(Action::Resume.leads_to(true), CampaignStatus::Running);
    }
}
