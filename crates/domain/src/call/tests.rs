//! Guarantee *any order*, by value.

use proptest::prelude::*;

use super::{end::ours, *};
use crate::{money::UsdMicros, outcome::Outcome, time::UtcMs};

fn any_end() -> impl Strategy<Value = End> {
    let reason = prop_oneof![
        Just(None),
        Just(Some("customer-ended-call".to_owned())),
        Just(Some("voicemail".to_owned())),
        Just(Some("manually-canceled".to_owned())),
        Just(Some(ours::TIMEOUT.to_owned())),
        Just(Some(ours::RELEASED.to_owned())),
        Just(Some(ours::ABSENT.to_owned())),
        Just(Some(ours::REFUSED_CAPACITY.to_owned())),
    ];
    (reason, proptest::option::of("[a-c]{1,2}"), 0_i64..9).prop_map(|(reason, message, at)| End {
        reason,
        message,
        at: UtcMs(at),
    })
}

fn any_state() -> impl Strategy<Value = CallState> {
    let moment = || proptest::option::of((0_i64..9).prop_map(UtcMs));
    let text = || proptest::option::of("[a-c]{0,3}");
    (
        (
            proptest::sample::select(Dialling::ALL.to_vec()),
            text(),
            moment(),
            moment(),
            moment(),
            moment(),
        ),
        proptest::option::of(any_end()),
        (
            proptest::option::of(0_i64..5),
            text(),
            text(),
            proptest::option::of(0_u32..3),
            text(),
        ),
    )
        .prop_map(
            |((dialling, id, sent, accepted, ringing, started), end, (cost, rec, tr, turns, sum))| {
                CallState {
                    dialling,
                    provider_call_id: id,
                    sent_at: sent,
                    accepted_at: accepted,
                    ringing_at: ringing,
                    started_at: started,
                    end,
                    details: Details {
                        cost: cost.map(UsdMicros),
                        recording_url: rec,
                        transcript: tr,
                        user_turns: turns,
                        summary: sum,
                        ..Details::default()
                    },
                }
            },
        )
}

proptest! {
    #[test]
    fn any_order_and_any_duplication_give_the_same_row(
        facts in proptest::collection::vec(any_state(), 1..8),
        order in proptest::collection::vec(any::<proptest::sample::Index>(), 0..24),
    ) {
        let fold = |facts: &mut dyn Iterator<Item = CallState>| facts.fold(CallState::default(), CallState::join);
        let straight = fold(&mut facts.iter().cloned());
        let shuffled = order.iter().map(|index| index.get(&facts).clone());
        let every_fact_at_least_once = facts.iter().rev().cloned();
        prop_assert_eq!(straight, fold(&mut shuffled.chain(every_fact_at_least_once)));
    }

    #[test]
    fn join_is_associative(a in any_state(), b in any_state(), c in any_state()) {
        prop_assert_eq!(
            a.clone().join(b.clone()).join(c.clone()),
            a.join(b.join(c))
        );
    }

    #[test]
    fn a_status_never_falls(a in any_state(), b in any_state()) {
        let rank = |state: &CallState| match state.status() {
            CallStatus::Queued => 0,
            CallStatus::Ringing => 1,
            CallStatus::InProgress => 2,
            CallStatus::Timeout => 3,
            CallStatus::Ended | CallStatus::Failed | CallStatus::Canceled => 4,
        };
        prop_assert!(rank(&a.clone().join(b.clone())) >= rank(&a).max(rank(&b)));
    }

    #[test]
    fn a_state_survives_its_json_form(state in any_state()) {
        let text = serde_json::to_string(&state).unwrap();
        prop_assert_eq!(serde_json::from_str::<CallState>(&text).unwrap(), state);
    }
}

fn ended(reason: &str) -> CallState {
    let end = End {
        reason: Some(reason.to_owned()),
        message: None,
        at: UtcMs(10),
    };
    CallState {
        end: Some(end),
        ..CallState::default()
    }
}

#[test]
fn the_providers_word_outranks_our_inference() {
    let state = ended(ours::TIMEOUT).join(ended("customer-ended-call"));
    assert_eq!(state.status(), CallStatus::Ended);
    assert_eq!(state.outcome(), Some(Outcome::Human));
}

#[test]
fn a_refusal_for_capacity_was_not_dialled_and_one_for_the_number_is_final() {
    assert_eq!(ended(ours::REFUSED_CAPACITY).outcome(), Some(Outcome::NotDialled));
    assert_eq!(
        ended(ours::REFUSED_CONTACT).outcome(),
        Some(Outcome::InvalidNumber)
    );
}

#[test]
fn an_empty_account_is_the_accounts_fault_and_a_busy_line_is_not() {
    assert!(
        ended("call.start.error-subscription-insufficient-credits")
            .account_fault()
            .is_some()
    );
    assert!(ended(ours::REFUSED_ACCOUNT).account_fault().is_some());
    assert!(ended("customer-busy").account_fault().is_none());
    assert!(ended(ours::REFUSED_CAPACITY).account_fault().is_none());
}

/// Guarantee *never twice*: what makes a contact wait for another call is concluded only from a call that cannot be one.
#[test]
fn conclusions_need_their_grounds() {
    let concludes = |reason: &str| CallState {
        end: Some(End {
            reason: Some(reason.to_owned()),
            message: None,
            at: UtcMs(1),
        }),
        ..CallState::default()
    };
    for dialling in Dialling::ALL {
        let known = CallState {
            dialling,
            ..CallState::default()
        };
        assert_eq!(
            known.bears_out(&concludes(ours::RELEASED)),
            dialling == Dialling::Reserved,
            "{dialling:?}"
        );
        assert_eq!(
            known.bears_out(&concludes(ours::ABSENT)),
            [Dialling::Sent, Dialling::Unconfirmed].contains(&dialling),
            "{dialling:?}"
        );
        assert!(known.bears_out(&concludes(ours::TIMEOUT)));
        assert!(known.bears_out(&CallState::default()));
    }
}
