//! Assistants in our directory, and the state machine of a change that the provider makes for us.
//!
//! `POST /assistant` has no idempotency key, and an answer may be lost. So every change is first written down (`sent`),
//! then asked for, then closed by what is known for certain: `done`, `refused`, or `lost` when the provider was asked and
//! does not show it after a while ([`Patience`]). Between, when nobody can tell, it is in `doubt`, and nothing else may be changed.

use crate::time::{MINUTE_MS, SECOND_MS};

macro_rules! stored_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident => $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum $name {
            $($(#[$variant_doc])* $variant),+
        }

        impl $name {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stored form.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text),+
                }
            }

            /// Reads the stored form.
            #[must_use]
            pub fn from_stored(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == text)
            }
        }
    };
}

stored_enum!(
    /// Where an assistant comes from.
    Source {
        /// Made here: written anew, or cloned.
        Local => "local",
        /// It existed at the provider.
        Imported => "imported",
        /// One of ours to be cloned. The provider has none.
        Template => "template",
    }
);

stored_enum!(
    /// What the provider shall do.
    ChangeKind {
        /// `POST /assistant`.
        Create => "create",
        /// `PATCH /assistant/{id}`.
        Update => "update",
        /// `DELETE /assistant/{id}`, of an assistant that was made for one campaign.
        Remove => "remove",
    }
);

stored_enum!(
    /// How far a change is.
    ChangeState {
        /// Written down; a node is at work on it.
        Sent => "sent",
        /// Nobody can tell whether the provider did it.
        Doubt => "doubt",
        /// It is in force.
        Done => "done",
        /// The provider will not do it; nothing changed.
        Refused => "refused",
        /// The provider was asked and does not show it; nothing changed. A person may repeat or dismiss it.
        Lost => "lost",
        /// A person has seen that it was lost.
        Dismissed => "dismissed",
    }
);

stored_enum!(
    /// How a version came about.
    Origin {
        /// Written anew.
        Created => "created",
        /// Changed by a person.
        Edited => "edited",
        /// Read from the provider when it was registered, or registered again.
        Imported => "imported",
        /// It had been changed at the provider, and a person took that.
        Taken => "taken",
        /// It had been changed at the provider, and a person put ours back.
        Pushed => "pushed",
        /// An earlier version again.
        Restored => "restored",
        /// A copy of another assistant.
        Cloned => "cloned",
        /// One of our templates.
        Template => "template",
    }
);

impl ChangeState {
    /// Whether the change is still open, so that no other may begin.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Sent | Self::Doubt)
    }
}

/// How long to wait before a conclusion, in milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Patience {
    /// A node that comes to its request only so long after it wrote the change down has slept on it and does not send it
    /// any more: others may have come to a conclusion.
    pub stale_ms: i64,
    /// For so long a node is believed to be at work on a change: longer than any request may take.
    pub at_work_ms: i64,
    /// A request that the provider does not show so long after it was sent never reached it.
    pub settle_ms: i64,
}

impl Patience {
    /// What fits requests that take at most `request_ms`.
    #[must_use]
    pub const fn for_requests_of(request_ms: i64) -> Self {
        let stale_ms = if request_ms < 20 * SECOND_MS {
            20 * SECOND_MS
        } else {
            request_ms
        };
        Self {
            stale_ms,
            at_work_ms: stale_ms + request_ms + 10 * SECOND_MS,
            settle_ms: 2 * (stale_ms + request_ms + 25 * SECOND_MS),
        }
    }
}

/// What a look at the provider shows of a change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Look {
    /// It is in force there.
    InForce,
    /// It is not, or not yet.
    NotThere,
    /// The provider could not be asked.
    Unanswered,
}

/// What to make of a look.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// The change is in force.
    Done,
    /// It never reached the provider.
    Lost,
    /// Nobody can tell yet.
    LookAgain {
        /// In how long to look again, in milliseconds.
        delay_ms: i64,
    },
}

/// What to make of a look at a change that was sent `since_sent_ms` ago and looked for `looks` times before.
///
/// Seen in force, it is done at once. That it is not there counts only after `settle_ms`: a slow provider may act late.
/// No answer says nothing.
#[must_use]
pub const fn judge(look: Look, settle_ms: i64, since_sent_ms: i64, looks: u32) -> Verdict {
    match look {
        Look::InForce => Verdict::Done,
        Look::NotThere if since_sent_ms >= settle_ms => Verdict::Lost,
        Look::NotThere => {
            let settled_in_ms = settle_ms - since_sent_ms;
            let delay_ms = pause_ms(looks);
            let delay_ms = if delay_ms < settled_in_ms {
                delay_ms
            } else {
                settled_in_ms
            };
            Verdict::LookAgain { delay_ms }
        }
        Look::Unanswered => Verdict::LookAgain {
            delay_ms: pause_ms(looks),
        },
    }
}

/// Between looks, in milliseconds: soon at first, since a lost answer is the common case, then once a minute.
const fn pause_ms(looks: u32) -> i64 {
    match looks {
        0 => 2 * SECOND_MS,
        1 => 5 * SECOND_MS,
        2 => 15 * SECOND_MS,
        3 => 30 * SECOND_MS,
        _ => MINUTE_MS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTLE_MS: i64 = 2 * MINUTE_MS;

    #[test]
    fn what_is_seen_is_done_and_absence_counts_only_after_a_while() {
        assert_eq!(judge(Look::InForce, SETTLE_MS, 0, 0), Verdict::Done);
        assert_eq!(judge(Look::NotThere, SETTLE_MS, SETTLE_MS, 0), Verdict::Lost);
        for (since_sent_ms, looks) in [(0, 0), (SETTLE_MS - 1, 9)] {
            assert!(matches!(
                judge(Look::NotThere, SETTLE_MS, since_sent_ms, looks),
                Verdict::LookAgain { .. }
            ));
        }
        assert!(matches!(
            judge(Look::Unanswered, SETTLE_MS, 1_000 * SETTLE_MS, 99),
            Verdict::LookAgain { delay_ms: MINUTE_MS }
        ));
    }

    #[test]
    fn the_last_look_comes_when_absence_begins_to_count() {
        let verdict = judge(Look::NotThere, SETTLE_MS, SETTLE_MS - 700, 8);
        assert_eq!(verdict, Verdict::LookAgain { delay_ms: 700 });
    }

    #[test]
    fn nobody_looks_or_sends_while_a_request_may_be_under_way() {
        for request_ms in [0, 15 * SECOND_MS, 10 * MINUTE_MS] {
            let patience = Patience::for_requests_of(request_ms);
            assert!(patience.stale_ms + request_ms < patience.at_work_ms);
            assert!(patience.at_work_ms < patience.settle_ms);
        }
    }

    #[test]
    fn stored_forms_are_read_back() {
        for state in ChangeState::ALL {
            assert_eq!(ChangeState::from_stored(state.as_str()), Some(*state));
        }
        assert_eq!(ChangeKind::from_stored("rename"), None);
        assert!(Source::ALL.len() == 3 && Origin::ALL.len() == 8);
    }
}
