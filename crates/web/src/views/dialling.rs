//! Why a campaign dials or does not.

use domain::{
    contact::ContactState,
    hours::{Moment, coming_words},
    place::Place,
    policy::Policy,
    time::UtcMs,
    waiting::{Cause, Waiting},
};
use store::{Campaign, ContactRow, Why};

use super::wording::sentence;
use crate::{
    features::Features,
    moments,
    pages::{
        DialPanel, HeldBack, Remedy, When,
        show::{count_of, usd},
    },
    shown::without_sums,
};

/// Why a campaign dials or does not. `zone`: the one in which its moments are told.
pub(crate) fn panel(campaign: &Campaign, why: &Why, features: Features, zone: &str) -> DialPanel {
    let id = campaign.id.to_string();
    // Full lines are what everybody hopes for.
    let full = |waiting: &Waiting| {
        matches!(
            waiting.cause,
            Cause::CampaignCap { .. } | Cause::Lines { .. } | Cause::Rate { .. } | Cause::NumberCaps
        )
    };
    let dials = why.open_calls > 0 && why.campaign.iter().all(full);
    let in_use = format!("{} of {} lines in use.", why.open_calls, why.cap);
    let (healthy, headline) = match why.campaign.first() {
        _ if dials => (true, in_use),
        Some(waiting) => (false, sentence(&words(&waiting.cause, features))),
        None => people(why, zone),
    };
    let rows = why
        .campaign
        .iter()
        .map(|waiting| (true, waiting))
        .chain(why.contacts.iter().map(|waiting| (false, waiting)))
        .zip(1_u32..)
        // All the lines of the campaign in use: the headline says so.
        .filter(|((whole, waiting), _)| {
            !(*whole && dials && matches!(waiting.cause, Cause::CampaignCap { .. }))
        })
        .map(|((whole, waiting), number)| row(&id, whole, waiting, number, features, zone))
        .collect();
    DialPanel {
        healthy,
        headline,
        next: why.campaign.first().filter(|_| !dials).and_then(|waiting| {
            let until = waiting
                .until
                .map(|at| format!("Until {}.", moments::words(at, zone)));
            let advice = waiting.cause.advice().map(str::to_owned);
            let parts: Vec<String> = [until, advice].into_iter().flatten().collect();
            (!parts.is_empty()).then(|| parts.join(" "))
        }),
        rows,
    }
}

/// One sentence about the people where nothing holds the campaign as a whole.
fn people(why: &Why, zone: &str) -> (bool, String) {
    if why.contacts.iter().any(|waiting| waiting.cause == Cause::Turn) {
        return (true, "Calls are placed as lines come free.".to_owned());
    }
    let first = why
        .contacts
        .iter()
        .filter_map(|waiting| Some((waiting.until?, waiting)))
        .min_by_key(|(at, _)| *at);
    let headline = match (first, why.contacts.is_empty()) {
        (_, true) if why.open_calls > 0 => {
            return (
                true,
                "Everybody else is called; the last calls are under way.".to_owned(),
            );
        }
        (_, true) => return (true, "Nobody is waiting.".to_owned()),
        (Some((at, waiting)), _) => {
            let when = match &waiting.cause {
                Cause::Hours {
                    opens: Some(opens), ..
                } => opens.clone(),
                _ => moments::words(at, zone),
            };
            format!("Nobody may be called before {when}.")
        }
        (None, false) => "Nobody who waits can be called.".to_owned(),
    };
    // The others talk meanwhile, and all is as it should be.
    (why.open_calls > 0, headline)
}

fn row(
    campaign: &str,
    whole: bool,
    waiting: &Waiting,
    number: u32,
    features: Features,
    zone: &str,
) -> HeldBack {
    HeldBack {
        key: format!("{}{number}", if whole { "all-" } else { "" }),
        people: count_of(waiting.contacts, "person", "people"),
        reason: words(&waiting.cause, features),
        until: until(waiting, zone),
        remedy: remedy(campaign, &waiting.cause),
    }
}

/// The reason in words. Sums of a campaign are told in cents, as elsewhere on its page, where they are shown.
pub(super) fn words(cause: &Cause, features: Features) -> String {
    if let Some(words) = without_sums(features, cause) {
        return words;
    }
    match cause {
        Cause::Budget { budget, spent, held } => format!(
            "the budget of {} is committed: {} spent, {} held for calls without a known cost",
            usd(budget.0),
            usd(spent.0),
            usd(held.0)
        ),
        cause => cause.words(),
    }
}

/// Until when people wait, in words: by their own clock where their hours are the reason.
pub(super) fn until(waiting: &Waiting, zone: &str) -> Option<When> {
    let at = waiting.until?;
    let words = match &waiting.cause {
        Cause::Hours {
            opens: Some(opens), ..
        } => format!("opens {opens}"),
        Cause::Scheduled => moments::words(at, zone),
        Cause::Expired => format!("on {}", moments::words(at, zone)),
        _ if waiting.contacts > 1 => format!("the first on {}", moments::words(at, zone)),
        _ => format!("from {}", moments::words(at, zone)),
    };
    Some(When::told(at.0, &words))
}

/// What a person can do about it.
fn remedy(campaign: &str, cause: &Cause) -> Option<Remedy> {
    let settings = |label: &str, place: &str| {
        Some(Remedy::Link(
            label.to_owned(),
            format!("/campaigns/{campaign}/settings#{place}"),
        ))
    };
    match cause {
        Cause::NoZone => settings("Choose a zone for them", "s-fallback_zone"),
        Cause::Hours { .. } => settings("Change the hours", "g-hours"),
        Cause::Budget { .. } => settings("Raise the budget", "g-money"),
        Cause::NumberCaps => settings("Change the numbers", "g-numbers"),
        Cause::CampaignCap { .. } => settings("Allow more lines", "s-cap"),
        Cause::Expired => settings("Set a later day", "g-when"),
        Cause::Batch | Cause::QuietLine => settings("See the batches", "g-mode"),
        Cause::Later { reason } if reason.contains("the number") => settings("Change the limits", "g-limits"),
        Cause::Lines { .. } => Some(Remedy::Link("See the lines".to_owned(), "/account".to_owned())),
        Cause::NotStarted
        | Cause::Scheduled
        | Cause::Paused { .. }
        | Cause::Over { .. }
        | Cause::Assistant
        | Cause::ClockUnknown
        | Cause::ClockUntold
        | Cause::ClockDiffers { .. }
        | Cause::ProviderSilent { .. }
        | Cause::ProviderFailing { .. }
        | Cause::ProviderRefusing { .. }
        | Cause::ProviderHold
        | Cause::Rate { .. }
        | Cause::Never { .. }
        | Cause::OnThePhone
        | Cause::Later { .. }
        | Cause::Turn => None,
    }
}

/// Why somebody who is due waits nevertheless: the hour where they are. `None`: their turn comes.
pub(crate) fn hour_of(policy: &Policy, place: &Place, now: UtcMs) -> Option<(String, Option<When>)> {
    let fallback = policy.fallback_zone.as_deref();
    match policy.hours.at(place, fallback, now) {
        Moment::Open { .. } => None,
        Moment::NoZone => Some((Cause::NoZone.words(), None)),
        Moment::Closed { opens_at } => {
            let mut zones = place.zones.clone();
            if zones.is_empty() {
                zones.extend(fallback.map(str::to_owned));
            }
            let opens = opens_at
                .zip(zones.first())
                .and_then(|(at, zone)| coming_words(zone, at, now));
            let waiting = Waiting {
                cause: Cause::Hours {
                    zones,
                    hours: policy.hours.words_at(place),
                    opens,
                },
                contacts: 1,
                until: opens_at,
            };
            Some((waiting.cause.words(), until(&waiting, "UTC")))
        }
    }
}

/// Whether a contact waits for nothing but its turn, as far as its own row tells.
pub(crate) fn is_due(contact: &ContactRow, now: UtcMs) -> bool {
    contact.state == ContactState::Pending && contact.eligible_at <= now
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(campaign: Vec<Cause>, contacts: Vec<(Cause, Option<i64>)>, open_calls: u32) -> Why {
        Why {
            campaign: campaign
                .into_iter()
                .map(|cause| Waiting {
                    cause,
                    contacts: 7,
                    until: None,
                })
                .collect(),
            contacts: contacts
                .into_iter()
                .map(|(cause, until)| Waiting {
                    cause,
                    contacts: 7,
                    until: until.map(UtcMs),
                })
                .collect(),
            open_calls,
            cap: 8,
        }
    }

    #[test]
    fn only_limits_are_answered_with_the_limits() {
        let leads = |reason: &str| {
            let cause = Cause::Later {
                reason: reason.to_owned(),
            };
            remedy("c", &cause).is_some()
        };
        assert!(leads("the number was called less than 4 h ago"));
        assert!(leads("the number has had its 3 calls of 24 h"));
        assert!(!leads("asked to be called back"));
    }

    #[test]
    fn the_sentence_names_the_first_moment_by_the_clock_there() {
        let hours = Cause::Hours {
            zones: vec!["America/Chicago".to_owned()],
            hours: "8:00–21:00".to_owned(),
            opens: Some("Mon 08:00 CST".to_owned()),
        };
        let later = Cause::Later {
            reason: "busy".to_owned(),
        };
        let (healthy, text) = people(
            &why(vec![], vec![(later, Some(90_000)), (hours, Some(60_000))], 0),
            "UTC",
        );
        assert_eq!(
            (healthy, text.as_str()),
            (false, "Nobody may be called before Mon 08:00 CST.")
        );
        let (healthy, text) = people(&why(vec![], vec![(Cause::NoZone, None)], 0), "UTC");
        assert_eq!(
            (healthy, text.as_str()),
            (false, "Nobody who waits can be called.")
        );
        assert!(people(&why(vec![], vec![(Cause::Turn, None)], 0), "UTC").0);
        assert!(people(&why(vec![], vec![], 2), "UTC").0);
    }
}
