//! Why somebody is not being called: in a form for programs, in words for people, and what to do about it.

use serde::Serialize;

use crate::{
    campaign::{CampaignStatus, PauseKind},
    hours::city,
    money::UsdMicros,
    time::UtcMs,
};

/// One reason for which contacts wait. Several may hold at once: the first to end is not the last.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "cause", rename_all = "snake_case")]
pub enum Cause {
    /// Nobody pressed Start.
    NotStarted,
    /// It starts by itself.
    Scheduled,
    /// It was paused.
    Paused {
        /// Who or what paused it.
        by: PauseKind,
        /// Why, when it was not a person.
        reason: Option<String>,
    },
    /// Nothing more happens in it.
    Over {
        /// How it ended.
        status: CampaignStatus,
    },
    /// Its last day has passed.
    Expired,
    /// Its assistant cannot call.
    Assistant,
    /// Our clock and the provider's cannot be compared before the provider first answers.
    ClockUnknown,
    /// The provider's answers do not tell its time.
    ClockUntold,
    /// Our clock and the provider's differ: nobody knows for certain what hour it is.
    ClockDiffers {
        /// How far ours is ahead, in milliseconds; negative when it is behind.
        ahead_ms: i64,
    },
    /// The provider does not answer.
    ProviderSilent {
        /// The moment of its last answer, or else of the first request that failed.
        since: UtcMs,
    },
    /// The provider answers with errors of its own.
    ProviderFailing {
        /// The moment of its last good answer, or else of the first request that failed.
        since: UtcMs,
        /// The HTTP status that it answers with.
        status: u16,
    },
    /// The provider refuses our key or account.
    ProviderRefusing {
        /// The moment of its last good answer, or else of the first request that was refused.
        since: UtcMs,
        /// The HTTP status that it answers with.
        status: u16,
    },
    /// The provider asked to be left alone for a while.
    ProviderHold,
    /// All lines of the account are taken.
    Lines {
        /// Calls open now.
        open: u32,
        /// Lines that may be used.
        usable: u32,
        /// Lines kept free for other traffic.
        reserved: u32,
    },
    /// The campaign has as many calls open as it may.
    CampaignCap {
        /// Calls open now.
        open: u32,
        /// How many it may have.
        cap: u32,
    },
    /// Its caller numbers have as many calls open as they may.
    NumberCaps,
    /// As many calls were placed in this second as the account allows.
    Rate {
        /// Calls in any second.
        per_second: u32,
    },
    /// Its budget does not pay for another call while those under way may still cost so much.
    Budget {
        /// The hard budget.
        budget: UsdMicros,
        /// Spent so far.
        spent: UsdMicros,
        /// What calls without a known cost may come to.
        held: UsdMicros,
    },
    /// A batch is not finished, and these belong to a later one.
    Batch,
    /// A new batch waits until no call is live on its numbers.
    QuietLine,
    /// It is not a lawful hour where they are.
    Hours {
        /// The zones in which they may be.
        zones: Vec<String>,
        /// The hours of the campaign, in words.
        hours: String,
        /// When the hour becomes lawful, by the clock there.
        opens: Option<String>,
    },
    /// Nobody knows in which time zone they are.
    NoZone,
    /// They will not be called at all, and are left out when their turn comes.
    Never {
        /// Why, in words.
        reason: String,
    },
    /// Somebody is calling their number at this moment.
    OnThePhone,
    /// They are to be called later.
    Later {
        /// Why, in words.
        reason: String,
    },
    /// Nothing but their turn.
    Turn,
}

/// Contacts that wait for one reason.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Waiting {
    /// Why.
    #[serde(flatten)]
    pub cause: Cause,
    /// How many.
    pub contacts: u64,
    /// Until when, as far as that is known; of several, the first.
    pub until: Option<UtcMs>,
}

impl Cause {
    /// The reason in words for people, without the time.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::NotStarted => "the campaign has not been started".to_owned(),
            Self::Scheduled => "the campaign starts by itself".to_owned(),
            Self::Paused { reason: None, .. } => "the campaign is paused".to_owned(),
            Self::Paused {
                reason: Some(reason), ..
            } => format!("the campaign is paused: {reason}"),
            Self::Over { status } => format!("the campaign is over ({})", status.as_str().to_lowercase()),
            Self::Expired => "the campaign has expired".to_owned(),
            Self::Assistant => "the assistant cannot call".to_owned(),
            Self::ClockUnknown => {
                "Vapi has not answered yet, so its clock and ours cannot be compared".to_owned()
            }
            Self::ClockUntold => {
                "Vapi’s answers carry no date, so its clock and ours cannot be compared".to_owned()
            }
            Self::ClockDiffers { ahead_ms } => format!(
                "this machine’s clock is {} {} Vapi’s",
                coarse(*ahead_ms),
                if *ahead_ms < 0 { "behind" } else { "ahead of" }
            ),
            Self::ProviderSilent { .. } => "Vapi does not answer".to_owned(),
            Self::ProviderFailing { status, .. } => format!("Vapi answers with errors ({status})"),
            Self::ProviderRefusing { status: 402, .. } => "Vapi refuses this account (402)".to_owned(),
            Self::ProviderRefusing { status, .. } => format!("Vapi refuses the API key ({status})"),
            Self::ProviderHold => "the provider asked us to slow down".to_owned(),
            Self::Lines {
                open,
                usable,
                reserved: 0,
            } => format!("all {usable} lines of the account are taken ({open} calls open)"),
            Self::Lines {
                open,
                usable,
                reserved,
            } => format!(
                "all {usable} lines of the account are taken ({open} calls open, {reserved} kept free for others)"
            ),
            Self::CampaignCap { open, cap } => format!("{open} of the campaign’s {cap} lines are in use"),
            Self::NumberCaps => "every number it calls from has as many calls as it may".to_owned(),
            Self::Rate { per_second } => format!("{per_second} calls were placed within the last second"),
            Self::Budget { budget, spent, held } => {
                format!(
                    "the budget of ${budget} is committed: ${spent} spent, ${held} held for calls without a known cost"
                )
            }
            Self::Batch => "a batch before theirs is not finished".to_owned(),
            Self::QuietLine => "the next batch waits until its numbers are quiet".to_owned(),
            Self::Hours { zones, hours, .. } => {
                let hours = hours.replace("every day ", "").replace("; ", " and ");
                match zones.as_slice() {
                    [zone] => format!("outside {hours} in {}", city(zone)),
                    zones => format!("outside {hours} in one of {} possible time zones", zones.len()),
                }
            }
            Self::NoZone => "nobody knows their time zone".to_owned(),
            Self::Never { reason } => format!("will not be called: {reason}"),
            Self::OnThePhone => "their number is being called at this moment".to_owned(),
            Self::Later { reason } => reason.clone(),
            Self::Turn => "their turn comes with the next free line".to_owned(),
        }
    }

    /// Whether nothing at all is dialed while it lasts, on this node: the clock cannot be trusted.
    #[must_use]
    pub const fn holds_dialing(&self) -> bool {
        matches!(
            self,
            Self::ClockUnknown | Self::ClockUntold | Self::ClockDiffers { .. }
        )
    }

    /// What a person can do about it; nothing where waiting is right.
    #[must_use]
    pub const fn advice(&self) -> Option<&'static str> {
        Some(match self {
            Self::NotStarted => "Press Start.",
            Self::Paused { by, .. } => match by {
                PauseKind::Person => "Press Resume.",
                PauseKind::Account => "Put it right at the provider, then press Resume.",
                PauseKind::Breaker => "See what failed at the provider, then press Resume.",
                PauseKind::Budget => "Raise the budget, then press Resume.",
                PauseKind::Assistant => "Put the assistant right, then press Resume.",
            },
            Self::Expired => "Set a later last day to go on.",
            Self::ClockDiffers { .. } => "Set the clock of this machine by NTP.",
            Self::ClockUntold => "Let the proxy before this machine pass the header `Date` on.",
            Self::ProviderRefusing { status: 402, .. } => "Add credit or a plan at Vapi.",
            Self::ProviderRefusing { .. } => "Check VAPI_API_KEY and the key’s rights at Vapi.",
            Self::Assistant => "Put the assistant right, or give the campaign another.",
            Self::Lines { .. } => "Calls that end free lines. More lines: see Lines.",
            Self::CampaignCap { .. } => "Calls that end free lines. More at once: raise the campaign’s cap.",
            Self::NumberCaps => "Add another number to call from, or raise the cap of these.",
            Self::Budget { .. } => "Raise the budget, or wait until the cost of the calls is known.",
            Self::Hours { opens: None, .. } => "No hour is lawful there: look at the campaign’s hours.",
            Self::NoZone => "Set a time zone for people whose zone is unknown, or add a column `timezone`.",
            Self::Scheduled
            | Self::Over { .. }
            | Self::ClockUnknown
            | Self::ProviderSilent { .. }
            | Self::ProviderFailing { .. }
            | Self::ProviderHold
            | Self::Rate { .. }
            | Self::Batch
            | Self::QuietLine
            | Self::Hours { .. }
            | Self::Never { .. }
            | Self::OnThePhone
            | Self::Later { .. }
            | Self::Turn => return None,
        })
    }
}

/// A length of time, coarsely: it must not read otherwise with every second.
#[must_use]
pub fn coarse(ms: i64) -> String {
    let seconds = ms.unsigned_abs() / 1_000;
    match seconds {
        0..120 => format!("{} s", seconds / 10 * 10),
        120..6_600 => format!("{} min", (seconds + 30) / 60),
        6_600..172_800 => format!("{} h", (seconds + 1_800) / 3_600),
        _ => format!("{} days", (seconds + 43_200) / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_a_sentence_and_names_the_place() {
        let hours = Cause::Hours {
            zones: vec!["America/North_Dakota/New_Salem".to_owned()],
            hours: "every day 8:00–21:00; Mon–Sat 9:00–20:00".to_owned(),
            opens: None,
        };
        assert_eq!(
            hours.words(),
            "outside 8:00–21:00 and Mon–Sat 9:00–20:00 in New Salem, North Dakota"
        );
        assert_eq!(
            hours.advice(),
            Some("No hour is lawful there: look at the campaign’s hours.")
        );
    }

    #[test]
    fn a_difference_of_clocks_is_told_coarsely_and_with_its_direction() {
        for (ahead_ms, words) in [
            (31_000, "30 s ahead of"),
            (-119_000, "110 s behind"),
            (6_500_000, "108 min ahead of"),
            (7_190_000, "2 h ahead of"),
            (-90_000_000, "25 h behind"),
            (864_000_000, "10 days ahead of"),
        ] {
            let told = Cause::ClockDiffers { ahead_ms }.words();
            assert_eq!(told, format!("this machine’s clock is {words} Vapi’s"));
        }
    }

    #[test]
    fn programs_read_the_cause_by_its_name() {
        let waiting = Waiting {
            cause: Cause::Rate { per_second: 3 },
            contacts: 7,
            until: None,
        };
        assert_eq!(
            serde_json::to_value(&waiting).unwrap(),
            serde_json::json!({"cause": "rate", "per_second": 3, "contacts": 7, "until": null})
        );
    }
}
