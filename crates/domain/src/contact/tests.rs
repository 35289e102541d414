use proptest::prelude::*;

use super::*;
use crate::{
    limits::Limits,
    retry::Retries,
    time::{HOUR_MS, MINUTE_MS},
};

const ENDED: UtcMs = UtcMs(1_795_166_400_000);

fn step(outcome: Outcome, tried: Tried, wishes: Wishes) -> NextStep {
    next_step(outcome, &tried, &Policy::standard(), &wishes, ENDED)
}

fn after(outcome: Outcome, same_class_before: u32) -> NextStep {
    let tried = Tried {
        same_class_before,
        attempts: same_class_before + 1,
        refusals: 0,
    };
    step(outcome, tried, Wishes::default())
}

fn back_at(at: UtcMs) -> Wishes {
    Wishes {
        callback_at: Some(at),
        opt_out: false,
    }
}

const OPT_OUT: Wishes = Wishes {
    opt_out: true,
    callback_at: Some(UtcMs(ENDED.0 + HOUR_MS)),
};

#[test]
fn refusals_wait_longer_and_longer_but_never_end_the_contact() {
    let delays: Vec<i64> = (1..=5).map(refusal_delay_ms).collect();
    assert_eq!(delays, [1_000, 4_000, 10_000, 30_000, 30_000]);
    let tried = Tried {
        refusals: 900,
        attempts: 6,
        ..Tried::default()
    };
    assert_eq!(
        step(Outcome::NotDialled, tried, Wishes::default()),
        NextStep::CallAgain {
            delay_ms: 30_000,
            counts: false
        }
    );
}

#[test]
fn ladders_are_climbed_to_their_end() {
    for before in 0..3 {
        assert_eq!(
            after(Outcome::Busy, before),
            NextStep::CallAgain {
                delay_ms: 20 * MINUTE_MS,
                counts: true
            }
        );
    }
    assert_eq!(after(Outcome::Busy, 3), NextStep::Done(Outcome::Busy));
    assert_eq!(
        after(Outcome::NoAnswer, 0),
        NextStep::CallAgain {
            delay_ms: 3 * HOUR_MS,
            counts: true
        }
    );
}

#[test]
fn the_providers_breakdowns_have_their_own_ladder_and_use_up_nothing() {
    let steps: Vec<NextStep> = (0..4)
        .map(|before| after(Outcome::ProviderError, before))
        .collect();
    assert!(
        steps[..3]
            .iter()
            .all(|step| matches!(step, NextStep::CallAgain { counts: false, .. })),
        "{steps:?}"
    );
    assert_eq!(steps[3], NextStep::Done(Outcome::ProviderError));
}

#[test]
fn whoever_was_reached_or_cannot_be_is_done() {
    for outcome in [
        Outcome::Human,
        Outcome::Transferred,
        Outcome::HungUp,
        Outcome::Silence,
        Outcome::Rejected,
        Outcome::InvalidNumber,
        Outcome::Canceled,
        Outcome::Unknown,
    ] {
        assert_eq!(after(outcome, 0), NextStep::Done(outcome));
    }
}

#[test]
fn used_up_attempts_end_the_contact() {
    let tried = |attempts| Tried {
        attempts,
        ..Tried::default()
    };
    assert!(matches!(
        step(Outcome::Busy, tried(5), Wishes::default()),
        NextStep::CallAgain { .. }
    ));
    assert_eq!(
        step(Outcome::Busy, tried(6), Wishes::default()),
        NextStep::Done(Outcome::Busy)
    );
    assert_eq!(
        step(Outcome::Human, tried(6), back_at(ENDED + HOUR_MS)),
        NextStep::Done(Outcome::Human)
    );
}

#[test]
fn a_callback_is_kept_when_it_can_be() {
    let ask = |outcome, at| step(outcome, Tried::default(), back_at(at));
    assert_eq!(
        ask(Outcome::Human, ENDED + HOUR_MS),
        NextStep::Callback { at: ENDED + HOUR_MS }
    );
    let last = ENDED + 90 * DAY_MS;
    assert_eq!(ask(Outcome::HungUp, last), NextStep::Callback { at: last });
    for at in [ENDED, ENDED - 1, last + 1, UtcMs(i64::MAX), UtcMs(i64::MIN)] {
        assert_eq!(ask(Outcome::Human, at), NextStep::Done(Outcome::Human), "{at:?}");
    }
    // Nobody spoke: the ladder goes on as if nothing had been said.
    for outcome in [Outcome::Voicemail, Outcome::NoAnswer, Outcome::Busy] {
        assert_eq!(
            ask(outcome, ENDED + HOUR_MS),
            step(outcome, Tried::default(), Wishes::default())
        );
    }
}

#[test]
fn who_opted_out_is_never_called_again() {
    for outcome in Outcome::ALL {
        assert_eq!(step(outcome, Tried::default(), OPT_OUT), NextStep::Done(outcome));
    }
}

#[test]
fn the_unrestricted_policy_calls_everybody_once() {
    for outcome in Outcome::ALL
        .into_iter()
        .filter(|outcome| *outcome != Outcome::NotDialled)
    {
        let step = next_step(
            outcome,
            &Tried::default(),
            &Policy::unrestricted(),
            &Wishes::default(),
            ENDED,
        );
        assert_eq!(step, NextStep::Done(outcome));
    }
}

proptest! {
    #[test]
    fn jitter_stays_within_a_fifth(delay in 0_i64..10_000_000, chance: u64) {
        let jittered = with_jitter(delay, chance);
        prop_assert!((jittered - delay).abs() <= delay / 5);
    }

    /// Whatever the ladders and the outcomes, a contact that is dialled comes to its end.
    #[test]
    fn every_contact_comes_to_an_end(
        ladder in prop::collection::vec(1_000..DAY_MS, 0..5),
        outcomes in prop::collection::vec(0..Outcome::ALL.len(), 200),
        per_contact in prop::option::of(1_u32..8),
    ) {
        let policy = Policy {
            limits: Limits { per_contact, ..Limits::none() },
            retries: Retries {
                no_answer: ladder.clone(), busy: ladder.clone(), voicemail: ladder.clone(), failed: ladder.clone(),
                hung_up: ladder.clone(), silence: ladder.clone(), provider_error: ladder.clone(),
            },
            ..Policy::unrestricted()
        };
        let mut seen = std::collections::BTreeMap::<Outcome, u32>::new();
        let (mut attempts, mut calls) = (0, 0_u32);
        for outcome in outcomes.into_iter().map(|index| Outcome::ALL[index]) {
            if outcome == Outcome::NotDialled {
                continue;
            }
            calls += 1;
            attempts += u32::from(uses_up_attempt(outcome));
            let same_class_before = seen.get(&outcome).copied().unwrap_or(0);
            *seen.entry(outcome).or_default() += 1;
            let tried = Tried { refusals: 0, same_class_before, attempts };
            match next_step(outcome, &tried, &policy, &Wishes::default(), ENDED) {
                NextStep::Done(last) => {
                    prop_assert_eq!(last, outcome);
                    break;
                }
                NextStep::CallAgain { counts, .. } => prop_assert_eq!(counts, outcome != Outcome::ProviderError),
                NextStep::Callback { .. } => prop_assert!(false, "nobody asked"),
            }
            prop_assert!(per_contact.is_none_or(|limit| attempts < limit));
        }
        prop_assert!(usize::try_from(calls).unwrap() <= 7 * ladder.len() + 1);
    }
}
