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

    /// Whether nobody can be called in it any more. A completed campaign may still call people again.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Canceled | Self::Failed)
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

/// Who or what paused a campaign.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PauseKind {
    /// A person.
    Person,
    /// The provider refused a call for a reason that every further call would share.
    Account,
    /// Many calls failed at the provider within a short time.
    Breaker,
    /// The budget does not pay for another call.
    Budget,
    /// Its assistant could not call when it was to start by itself.
    Assistant,
}

impl PauseKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::Person,
        Self::Account,
        Self::Breaker,
        Self::Budget,
        Self::Assistant,
    ];

    /// The stored form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Account => "account",
            Self::Breaker => "breaker",
            Self::Budget => "budget",
            Self::Assistant => "assistant",
        }
    }

    /// Reads the stored form.
    #[must_use]
    pub fn from_stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// What a person may ask of a campaign.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Begin calling.
    Start,
    /// Begin calling by itself at a set time.
    Schedule,
    /// Do not begin by itself after all.
    Unschedule,
    /// Place no new calls; let live ones finish.
    Pause,
    /// Go on after a pause.
    Resume,
    /// Place no new calls, ever. Live ones finish.
    Cancel,
    /// Place no new calls, ever, and hang up the live ones.
    Abort,
    /// Call those again whom the calls did not reach.
    Redial,
    /// Put it away: lists leave it out.
    Archive,
    /// Take it out again.
    Unarchive,
}

/// Where a campaign stands, as far as it decides what may be asked of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Standing {
    /// Its status.
    pub status: CampaignStatus,
    /// Whether it was put away.
    pub archived: bool,
    /// Calls open now.
    pub open_calls: u32,
}

impl Action {
    /// Every action, in the order in which pages offer them.
    pub const ALL: [Self; 10] = [
        Self::Start,
        Self::Schedule,
        Self::Unschedule,
        Self::Pause,
        Self::Resume,
        Self::Cancel,
        Self::Abort,
        Self::Redial,
        Self::Archive,
        Self::Unarchive,
    ];

    /// The name used in addresses and messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Schedule => "schedule",
            Self::Unschedule => "unschedule",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Cancel => "cancel",
            Self::Abort => "abort",
            Self::Redial => "redial",
            Self::Archive => "archive",
            Self::Unarchive => "unarchive",
        }
    }

    /// The statuses from which this action is possible.
    #[must_use]
    pub const fn possible_from(self) -> &'static [CampaignStatus] {
        use CampaignStatus::{
            Canceled, Completed, Created, Dialing, Failed, Paused, Queued, Running, Scheduled,
        };
        match self {
            Self::Start | Self::Schedule => &[Created, Scheduled],
            Self::Unschedule => &[Scheduled],
            Self::Pause => &[Queued, Dialing, Running],
            Self::Resume => &[Paused],
            Self::Cancel => &[Created, Scheduled, Queued, Dialing, Running, Paused],
            Self::Abort => &[Queued, Dialing, Running, Paused, Canceled],
            Self::Redial => &[Completed],
            Self::Archive | Self::Unarchive => &[Created, Completed, Canceled, Failed],
        }
    }

    /// Whether it can be asked of a campaign that stands so.
    #[must_use]
    pub fn possible(self, standing: Standing) -> bool {
        self.possible_from().contains(&standing.status)
            && standing.archived == (self == Self::Unarchive)
            && (self != Self::Abort || standing.status != CampaignStatus::Canceled || standing.open_calls > 0)
            && (self != Self::Archive || standing.open_calls == 0)
    }

    /// The status that the action leads to from `status`. `started`: the provider has accepted a call of this campaign
    /// before.
    #[must_use]
    pub const fn leads_to(self, status: CampaignStatus, started: bool) -> CampaignStatus {
        match self {
            Self::Schedule => CampaignStatus::Scheduled,
            Self::Unschedule => CampaignStatus::Created,
            Self::Pause => CampaignStatus::Paused,
            Self::Cancel | Self::Abort => CampaignStatus::Canceled,
            Self::Start | Self::Resume | Self::Redial if started => CampaignStatus::Running,
            Self::Start | Self::Resume | Self::Redial => CampaignStatus::Queued,
            Self::Archive | Self::Unarchive => status,
        }
    }
}

/// What is possible as a campaign stands, for buttons and for the answer to an impossible request.
#[must_use]
pub fn possible_actions(standing: Standing) -> Vec<Action> {
    Action::ALL
        .into_iter()
        .filter(|action| action.possible(standing))
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

/// The lowest and the highest priority that a person may give a campaign. Higher goes first.
pub const PRIORITY_RANGE: std::ops::RangeInclusive<i32> = -100..=100;

/// The priority of a test call: whoever makes one sits and waits for it.
pub const TEST_PRIORITY: i32 = 1_000;

/// The smallest and the largest cap of a campaign (the seeds' constraint).
pub const CAP_RANGE: std::ops::RangeInclusive<u32> = 1..=50;

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(status: CampaignStatus) -> Standing {
        Standing {
            status,
            archived: false,
            open_calls: 0,
        }
    }

    #[test]
    fn nothing_calls_anybody_in_a_campaign_that_was_stopped_for_good() {
        for status in [CampaignStatus::Canceled, CampaignStatus::Failed] {
            assert_eq!(possible_actions(standing(status)), [Action::Archive]);
        }
        assert_eq!(
            possible_actions(standing(CampaignStatus::Completed)),
            [Action::Redial, Action::Archive]
        );
    }

    #[test]
    fn live_calls_of_a_cancelled_campaign_can_still_be_hung_up() {
        let live = Standing {
            open_calls: 2,
            ..standing(CampaignStatus::Canceled)
        };
        assert_eq!(possible_actions(live), [Action::Abort]);
    }

    #[test]
    fn what_was_put_away_is_taken_out_first() {
        for status in CampaignStatus::ALL {
            let away = Standing {
                archived: true,
                ..standing(status)
            };
            let possible = possible_actions(away);
            assert!(
                possible.is_empty() || possible == [Action::Unarchive],
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
        let paused = CampaignStatus::Paused;
        assert_eq!(Action::Resume.leads_to(paused, false), CampaignStatus::Queued);
        assert_eq!(Action::Resume.leads_to(paused, true), CampaignStatus::Running);
    }
}
