use proptest::prelude::*;

use super::*;

const NOW: UtcMs = UtcMs(1_795_166_400_000);

fn tried(ago_ms: &[i64]) -> History {
    History {
        at: ago_ms.iter().map(|ago| NOW - *ago).collect(),
        total: u32::try_from(ago_ms.len()).unwrap(),
        elsewhere_at: None,
    }
}

fn judge(limits: &Limits, history: &History) -> Verdict {
    limits.judge(Strict::default(), history, 0, NOW)
}

fn only(change: impl FnOnce(&mut Limits)) -> Limits {
    let mut limits = Limits::none();
    change(&mut limits);
    limits
}

#[test]
fn the_fourth_attempt_waits_until_the_first_is_a_day_old_to_the_millisecond() {
    let limits = only(|limits| limits.per_number_day = Some(3));
    assert_eq!(judge(&limits, &tried(&[1, HOUR_MS])), Verdict::May);
    assert_eq!(
        judge(&limits, &tried(&[1, HOUR_MS, DAY_MS - 1])),
        Verdict::Wait {
            until: NOW + 1,
            reason: Hold::PerDay { limit: 3 }
        }
    );
    assert_eq!(judge(&limits, &tried(&[1, HOUR_MS, DAY_MS])), Verdict::May);
}

#[test]
fn the_order_of_the_history_does_not_matter() {
    let limits = only(|limits| limits.per_number_day = Some(2));
    assert_eq!(
        judge(&limits, &tried(&[2 * HOUR_MS, 5 * HOUR_MS, HOUR_MS])),
        Verdict::Wait {
            until: NOW + 22 * HOUR_MS,
            reason: Hold::PerDay { limit: 2 }
        }
    );
}

#[test]
fn a_gap_is_over_when_exactly_so_much_time_has_passed() {
    let limits = only(|limits| limits.gap_ms = HOUR_MS);
    assert_eq!(
        judge(&limits, &tried(&[HOUR_MS - 1])),
        Verdict::Wait {
            until: NOW + 1,
            reason: Hold::Gap { gap_ms: HOUR_MS }
        }
    );
    assert_eq!(judge(&limits, &tried(&[HOUR_MS])), Verdict::May);
}

#[test]
fn campaigns_keep_their_own_distance_from_each_other() {
    let limits = Limits::default();
    let own = tried(&[20 * MINUTE_MS]);
    assert_eq!(judge(&limits, &own), Verdict::May);
    let other = History {
        elsewhere_at: Some(NOW - 20 * MINUTE_MS),
        ..own
    };
    assert_eq!(
        judge(&limits, &other),
        Verdict::Wait {
            until: NOW + (4 * HOUR_MS - 20 * MINUTE_MS),
            reason: Hold::GapBetweenCampaigns { gap_ms: 4 * HOUR_MS }
        }
    );
}

#[test]
fn the_stricter_of_campaign_and_place_counts_whichever_it_is() {
    let history = tried(&[HOUR_MS, 2 * HOUR_MS]);
    let place = Strict {
        attempts_per_day: Some(2),
        gap_ms: Some(8 * HOUR_MS),
    };
    let lax = Limits::none();
    let strict = only(|limits| {
        limits.per_number_day = Some(2);
        limits.gap_ms = 8 * HOUR_MS;
    });
    let by_place = lax.judge(place, &history, 0, NOW);
    assert_eq!(by_place, strict.judge(Strict::default(), &history, 0, NOW));
    assert_eq!(
        by_place,
        Verdict::Wait {
            until: NOW + 22 * HOUR_MS,
            reason: Hold::PerDay { limit: 2 }
        }
    );
    let laxer_place = Strict {
        attempts_per_day: Some(9),
        gap_ms: Some(1),
    };
    assert_eq!(strict.judge(laxer_place, &history, 0, NOW), by_place);
}

#[test]
fn what_is_used_up_for_good_does_not_wait() {
    let limits = only(|limits| limits.per_contact = Some(6));
    assert_eq!(
        limits.judge(Strict::default(), &History::default(), 5, NOW),
        Verdict::May
    );
    assert_eq!(
        limits.judge(Strict::default(), &tried(&[1]), 6, NOW),
        Verdict::Never(Bar::PerContact { limit: 6 })
    );
    let limits = only(|limits| limits.per_number = Some(1));
    assert_eq!(
        judge(&limits, &tried(&[9 * DAY_MS])),
        Verdict::Never(Bar::PerNumber { limit: 1 })
    );
}

#[test]
fn an_attempt_that_another_clock_puts_in_the_future_counts() {
    let limits = only(|limits| limits.per_number_day = Some(1));
    assert_eq!(
        judge(&limits, &tried(&[-5_000])),
        Verdict::Wait {
            until: NOW + (DAY_MS + 5_000),
            reason: Hold::PerDay { limit: 1 }
        }
    );
}

#[test]
fn a_rule_of_no_calls_at_all_is_kept() {
    let nothing = Strict {
        attempts_per_day: Some(0),
        gap_ms: None,
    };
    assert_eq!(
        Limits::none().judge(nothing, &History::default(), 0, NOW),
        Verdict::Never(Bar::NoneAllowed)
    );
}

#[test]
fn words_say_what_holds() {
    assert_eq!(
        Limits::default().words(),
        [
            "at most 3 calls to a number in 24 h",
            "at most 6 calls to a contact",
            "at least 15 min between calls to a number",
            "at least 4 h between calls of different campaigns to a number",
        ]
    );
    assert!(Limits::none().words().is_empty());
    assert_eq!(
        Hold::PerDay { limit: 1 }.to_string(),
        "the number has had its 1 call of 24 h"
    );
}

/// The rules themselves, by brute force over every attempt.
fn is_lawful(limits: &Limits, strict: Strict, attempts: &[(UtcMs, bool)], own: bool, at: UtcMs) -> bool {
    let in_24_h = attempts.iter().filter(|(then, _)| at.0 - then.0 < DAY_MS).count();
    let counts = |limit: Option<u32>| limit.is_none_or(|limit| in_24_h < usize::try_from(limit).unwrap());
    let far_enough = |gap_ms: i64| attempts.iter().all(|(then, _)| at.0 - then.0 >= gap_ms);
    let others_far_enough = attempts
        .iter()
        .filter(|(_, theirs)| *theirs != own)
        .all(|(then, _)| at.0 - then.0 >= limits.gap_between_campaigns_ms);
    counts(limits.per_number_day)
        && counts(strict.attempts_per_day)
        && far_enough(limits.gap_ms)
        && far_enough(strict.gap_ms.unwrap_or(0))
        && others_far_enough
}

fn rules() -> impl Strategy<Value = (Limits, Strict)> {
    let count = || prop::option::of(1_u32..5);
    let gap = || prop_oneof![Just(0), 1..10 * HOUR_MS];
    (count(), gap(), gap(), count(), prop::option::of(gap())).prop_map(
        |(per_number_day, gap_ms, gap_between_campaigns_ms, attempts_per_day, strict_gap_ms)| {
            let limits = Limits {
                per_number_day,
                gap_ms,
                gap_between_campaigns_ms,
                ..Limits::none()
            };
            let strict = Strict {
                attempts_per_day,
                gap_ms: strict_gap_ms,
            };
            (limits, strict)
        },
    )
}

proptest! {
    /// Two campaigns ask again and again, and call whenever they may.
    #[test]
    fn whoever_obeys_the_verdict_never_breaks_a_rule_and_never_waits_too_long(
        (limits, strict) in rules(),
        steps in prop::collection::vec((any::<bool>(), prop_oneof![0..2_i64, 0..12 * HOUR_MS], any::<bool>()), 1..40),
    ) {
        let mut now = NOW;
        let mut attempts: Vec<(UtcMs, bool)> = Vec::new();
        for (own, pause_ms, patient) in steps {
            now = now + pause_ms;
            let history = History {
                at: attempts.iter().map(|(at, _)| *at).filter(|at| now.0 - at.0 < DAY_MS).collect(),
                total: u32::try_from(attempts.len()).unwrap(),
                elsewhere_at: attempts.iter().filter(|(_, theirs)| *theirs != own).map(|(at, _)| *at).max(),
            };
            let verdict = limits.judge(strict, &history, 0, now);
            prop_assert_eq!(
                verdict == Verdict::May,
                is_lawful(&limits, strict, &attempts, own, now),
                "{:?} at {:?} after {:?}", verdict, now, attempts
            );
            let Verdict::Wait { until, .. } = verdict else {
                attempts.push((now, own));
                continue;
            };
            // The moment before is not lawful and the moment itself is: neither later nor earlier.
            prop_assert!(until > now);
            prop_assert!(!is_lawful(&limits, strict, &attempts, own, until - 1));
            prop_assert!(is_lawful(&limits, strict, &attempts, own, until));
            if patient {
                now = until;
                attempts.push((now, own));
            }
        }
        // Counted once more over the whole story: every window of 24 hours that ends with an attempt.
        let at: Vec<UtcMs> = attempts.iter().map(|(at, _)| *at).collect();
        for (index, last) in at.iter().enumerate() {
            let in_window = at[..=index].iter().filter(|then| last.0 - then.0 < DAY_MS).count();
            for limit in [limits.per_number_day, strict.attempts_per_day].into_iter().flatten() {
                prop_assert!(in_window <= usize::try_from(limit).unwrap());
            }
            if index > 0 {
                let gap_ms = last.0 - at[index - 1].0;
                prop_assert!(gap_ms >= limits.gap_ms && gap_ms >= strict.gap_ms.unwrap_or(0));
            }
        }
    }
}
