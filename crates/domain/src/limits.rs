//! How often a number and a contact may be tried, and how long to leave them alone in between.
//!
//! The standard: at most 3 attempts at a number in any 24 hours, whatever the campaign (Florida, Fla. Stat. 501.616,
//! Oklahoma, 15 Okla. Stat. §775C.4, and Maryland allow no more), 4 hours between attempts by different campaigns, 15
//! minutes between any two attempts, 6 attempts in all for one contact.
//!
//! Why two gaps: within a campaign the [retry ladder](crate::retry) says when to try again, and a callback is called
//! when the person asked for it. Four hours between *any* two attempts would make "busy: again after 20 minutes" and
//! "call me back in half an hour" untrue. So the long gap keeps campaigns from calling one person in turn, and the short
//! one, no longer than any step of the standard ladder, is the floor below everything. Where a region wants more between
//! any two calls (Maine: 8 hours), its row of the calling hours does ([`Strict`]), and binds ladders and callbacks too.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    hours::Fault,
    time::{DAY_MS, HOUR_MS, MINUTE_MS, UtcMs, in_words},
};

/// The longest gap that makes sense, in milliseconds.
const MAX_GAP_MS: i64 = 30 * DAY_MS;

/// How often somebody may be tried. What is `None` has no limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Attempts at one number in any 24 hours, by all campaigns together.
    pub per_number_day: Option<u32>,
    /// Attempts at one number ever, by all campaigns together.
    pub per_number: Option<u32>,
    /// Attempts at one contact, which is one person in one campaign.
    pub per_contact: Option<u32>,
    /// The least time between the beginnings of any two attempts at a number, in milliseconds. 0: none.
    pub gap_ms: i64,
    /// The least time between the beginnings of two attempts at a number by different campaigns, in milliseconds.
    /// 0: none.
    pub gap_between_campaigns_ms: i64,
}

/// What the place of the called person demands beyond the campaign's limits ([`crate::hours`]).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Strict {
    /// Attempts at one number in any 24 hours.
    pub attempts_per_day: Option<u32>,
    /// The least time between any two attempts at a number, in milliseconds.
    pub gap_ms: Option<i64>,
}

/// The attempts at one number by all campaigns. Those count that may have rung: every call but the ones that were not
/// dialled. A call that is still open counts from the moment it was claimed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct History {
    /// When attempts began, in any order: all of the last 24 hours, or at least the newest so many of them as the
    /// strictest daily limit says; and the newest of all, however old.
    pub at: Vec<UtcMs>,
    /// How many there ever were.
    pub total: u32,
    /// When the newest attempt by another campaign began, if there ever was one.
    pub elsewhere_at: Option<UtcMs>,
}

/// Whether a number may be tried now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It may.
    May,
    /// Not yet.
    Wait {
        /// The first moment at which it may, if nobody tries it meanwhile.
        until: UtcMs,
        /// The rule that holds longest.
        reason: Hold,
    },
    /// Not any more.
    Never(Bar),
}

/// Why a number has to wait. The `Display` text is for people.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hold {
    /// It has had its attempts of 24 hours.
    PerDay {
        /// How many that are.
        limit: u32,
    },
    /// The last attempt was too short a time ago.
    Gap {
        /// The gap in milliseconds.
        gap_ms: i64,
    },
    /// Another campaign's attempt was too short a time ago.
    GapBetweenCampaigns {
        /// The gap in milliseconds.
        gap_ms: i64,
    },
}

/// Why a number may not be tried any more. The `Display` text is for people.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bar {
    /// The contact has had all its attempts.
    PerContact {
        /// How many that are.
        limit: u32,
    },
    /// The number has had all its attempts.
    PerNumber {
        /// How many that are.
        limit: u32,
    },
    /// The rules allow no attempt at all.
    NoneAllowed,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            per_number_day: Some(3),
            per_number: None,
            per_contact: Some(6),
            gap_ms: 15 * MINUTE_MS,
            gap_between_campaigns_ms: 4 * HOUR_MS,
        }
    }
}

impl Limits {
    /// No limits at all, for a sandbox and for tests.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            per_number_day: None,
            per_number: None,
            per_contact: None,
            gap_ms: 0,
            gap_between_campaigns_ms: 0,
        }
    }

    /// Whether the number may be tried at `now`. Of two rules for the same thing the stricter counts.
    ///
    /// An attempt counts for 24 hours and not a millisecond longer: one that began exactly 24 hours ago is forgotten. A
    /// gap is over when exactly so much time has passed. Attempts that seem to lie in the future, because another
    /// node's clock is ahead, count.
    ///
    /// `contact_attempts`: how often this contact has been tried.
    #[must_use]
    pub fn judge(&self, strict: Strict, history: &History, contact_attempts: u32, now: UtcMs) -> Verdict {
        if let Some(limit) = self.per_contact.filter(|limit| contact_attempts >= *limit) {
            return Verdict::Never(Bar::PerContact { limit });
        }
        if let Some(limit) = self.per_number.filter(|limit| history.total >= *limit) {
            return Verdict::Never(Bar::PerNumber { limit });
        }
        let per_day = strictest(self.per_number_day, strict.attempts_per_day);
        if per_day == Some(0) {
            return Verdict::Never(Bar::NoneAllowed);
        }
        let gap_ms = self.gap_ms.max(strict.gap_ms.unwrap_or(0));
        let mut newest_first = history.at.clone();
        newest_first.sort_unstable_by(|a, b| b.cmp(a));

        let day = per_day.and_then(|limit| {
            let index = usize::try_from(limit - 1).ok()?;
            let oldest_that_counts = *newest_first.get(index)?;
            Some((oldest_that_counts + DAY_MS, Hold::PerDay { limit }))
        });
        let gap = newest_first
            .first()
            .map(|newest| (*newest + gap_ms, Hold::Gap { gap_ms }));
        let between = history.elsewhere_at.map(|newest| {
            let gap_ms = self.gap_between_campaigns_ms;
            (newest + gap_ms, Hold::GapBetweenCampaigns { gap_ms })
        });
        let longest = [day, gap, between]
            .into_iter()
            .flatten()
            .max_by_key(|(until, _)| *until);
        match longest {
            Some((until, reason)) if until > now => Verdict::Wait { until, reason },
            _ => Verdict::May,
        }
    }

    /// What is wrong, with fields as they stand in a policy.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        let counts = [
            ("per_number_day", self.per_number_day),
            ("per_number", self.per_number),
            ("per_contact", self.per_contact),
        ];
        let gaps = [
            ("gap_ms", self.gap_ms),
            ("gap_between_campaigns_ms", self.gap_between_campaigns_ms),
        ];
        let none = counts
            .into_iter()
            .filter(|(_, count)| *count == Some(0))
            .map(|(name, _)| Fault {
                field: format!("limits.{name}"),
                message: "With 0, nobody would ever be called. Write at least 1, or null for no limit."
                    .to_owned(),
            });
        let wrong = gaps
            .into_iter()
            .filter(|(_, gap_ms)| !(0..=MAX_GAP_MS).contains(gap_ms))
            .map(|(name, _)| Fault {
                field: format!("limits.{name}"),
                message: format!(
                    "Write the gap in milliseconds, from 0 (none) to {MAX_GAP_MS} ({}).",
                    in_words(MAX_GAP_MS)
                ),
            });
        none.chain(wrong).collect()
    }

    /// The limits in words, one sentence part each; empty when there are none.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        if let Some(limit) = self.per_number_day {
            words.push(format!("at most {} to a number in 24 h", calls(limit)));
        }
        if let Some(limit) = self.per_number {
            words.push(format!("at most {} to a number in all", calls(limit)));
        }
        if let Some(limit) = self.per_contact {
            words.push(format!("at most {} to a contact", calls(limit)));
        }
        if self.gap_ms > 0 {
            words.push(format!(
                "at least {} between calls to a number",
                in_words(self.gap_ms)
            ));
        }
        if self.gap_between_campaigns_ms > self.gap_ms {
            words.push(format!(
                "at least {} between calls of different campaigns to a number",
                in_words(self.gap_between_campaigns_ms)
            ));
        }
        words
    }
}

impl fmt::Display for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PerDay { limit } => write!(f, "the number has had its {} of 24 h", calls(*limit)),
            Self::Gap { gap_ms } => write!(f, "the number was called less than {} ago", in_words(*gap_ms)),
            Self::GapBetweenCampaigns { gap_ms } => write!(
                f,
                "another campaign called the number less than {} ago",
                in_words(*gap_ms)
            ),
        }
    }
}

impl fmt::Display for Bar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PerContact { limit } => write!(f, "the contact has had its {}", calls(*limit)),
            Self::PerNumber { limit } => {
                write!(f, "the number has had its {} by all campaigns", calls(*limit))
            }
            Self::NoneAllowed => f.write_str("the rules for this place allow no calls"),
        }
    }
}

fn calls(count: u32) -> String {
    if count == 1 {
        "1 call".to_owned()
    } else {
        format!("{count} calls")
    }
}

/// The smaller of two limits, where none is no limit.
fn strictest(a: Option<u32>, b: Option<u32>) -> Option<u32> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
mod tests;
