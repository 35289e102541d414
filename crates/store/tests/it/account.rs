//! The account: its lines, and when it wants to be left alone.

use domain::time::UtcMs;
use store::{Account, Dial};

use crate::{
    fixture::Fixture,
    people::{List, MAX_DURATION_MS, NOW, dial, start},
    says,
};

contract! {
    a_new_account_has_ten_lines_and_no_history,
    the_lines_can_be_set_but_never_to_none,
    stated_lines_count_when_fewer_than_ours_and_for_ten_minutes,
    a_refusal_teaches_the_lines_that_the_provider_had_live,
    before_anything_was_accepted_a_refusal_teaches_nothing,
    refusals_of_one_burst_teach_the_most_lines_that_any_of_them_shows,
    an_acceptance_that_comes_after_the_refusal_counts,
    learnt_lines_grow_back_within_a_minute,
    after_refusals_in_a_row_few_requests_are_under_way_until_a_call_rings,
    waits_grow_with_refusals_in_a_row_and_start_anew_after_success,
    refusals_of_one_burst_count_once,
    the_provider_may_ask_for_a_longer_wait_and_a_shorter_one_does_not_cut_it,
    a_success_does_not_end_a_wait_that_is_on,
    the_last_webhook_is_remembered,
}

async fn account(fixture: &Fixture) -> Account {
    fixture.store.account(NOW).await.unwrap()
}

async fn a_new_account_has_ten_lines_and_no_history(fixture: &Fixture) {
    let new = account(fixture).await;
    assert_eq!(
        (
            new.line_cap,
            new.learnt_lines,
            new.open_calls,
            new.last_webhook_at
        ),
        (10, None, 0, None)
    );
    assert!(new.dial_after <= NOW);
    start(&fixture.store, &List::of(0..4)).await;
    fixture.store.claim(MAX_DURATION_MS, NOW).await.unwrap();
    assert_eq!(account(fixture).await.open_calls, 4);
}

async fn the_lines_can_be_set_but_never_to_none(fixture: &Fixture) {
    fixture.store.set_line_cap(25).await.unwrap();
    assert_eq!(account(fixture).await.line_cap, 25);
    fixture.store.set_line_cap(0).await.unwrap();
    assert_eq!(account(fixture).await.line_cap, 1);
}

async fn stated_lines_count_when_fewer_than_ours_and_for_ten_minutes(fixture: &Fixture) {
    let store = &fixture.store;
    store.learn_lines(10, NOW).await.unwrap();
    assert_eq!(account(fixture).await.learnt_lines, None, "no fewer than ours");
    store.learn_lines(4, NOW).await.unwrap();
    assert_eq!(account(fixture).await.learnt_lines, Some(4));
    assert_eq!(store.account(NOW + 549_999).await.unwrap().learnt_lines, Some(4));
    assert_eq!(
        store.account(NOW + 560_000).await.unwrap().learnt_lines,
        Some(7),
        "in its last minute it grows back"
    );
    assert_eq!(store.account(NOW + 600_000).await.unwrap().learnt_lines, None);
}

const CAPACITY: &str = "autolynx.refused.capacity";

/// What the engine does about a call that was refused for want of a line.
async fn refuse(fixture: &Fixture, dial: &Dial, now: UtcMs) {
    let store = &fixture.store;
    store
        .apply_facts(&[says::refused(dial, CAPACITY, now)], now)
        .await
        .unwrap();
    store.learn_from_refusal(now).await.unwrap();
    store.back_off(None, now).await.unwrap();
}

async fn accept(fixture: &Fixture, dials: &[Dial], now: UtcMs) {
    let facts: Vec<_> = dials.iter().map(|dial| says::accepted(dial, now)).collect();
    fixture.store.apply_facts(&facts, now).await.unwrap();
}

/// Five lines, and as many calls being dialled of a campaign of forty people.
async fn five_dialled(fixture: &Fixture) -> Vec<Dial> {
    fixture.store.set_line_cap(5).await.unwrap();
    start(&fixture.store, &List::of(0..40)).await;
    let dials = dial(&fixture.store, NOW).await;
    assert_eq!(dials.len(), 5);
    dials
}

async fn learnt(fixture: &Fixture, now: UtcMs) -> Option<u32> {
    fixture.store.account(now).await.unwrap().learnt_lines
}

async fn a_refusal_teaches_the_lines_that_the_provider_had_live(fixture: &Fixture) {
    let dials = five_dialled(fixture).await;
    accept(fixture, &dials[..3], NOW).await;
    let ended = says::ended(&dials[2], "voicemail", NOW);
    fixture.store.apply_facts(&[ended], NOW).await.unwrap();
    refuse(fixture, &dials[3], NOW).await;
    assert_eq!(learnt(fixture, NOW).await, Some(2));
    let claim = fixture.store.claim(MAX_DURATION_MS, NOW + 1_000).await.unwrap();
    assert_eq!(claim.dials, [], "two are live and one is on its way");
}

/// Answers come in any order: the calls before it may be accepted all the same.
async fn before_anything_was_accepted_a_refusal_teaches_nothing(fixture: &Fixture) {
    let dials = five_dialled(fixture).await;
    refuse(fixture, &dials[0], NOW).await;
    assert_eq!(learnt(fixture, NOW).await, None);
    assert_eq!(
        account(fixture).await.dial_after,
        NOW + 1_000,
        "but for a short wait"
    );
    accept(fixture, &dials[1..], NOW + 100).await;
    let rings: Vec<_> = dials[1..]
        .iter()
        .map(|dial| says::ringing(dial, NOW + 200))
        .collect();
    fixture.store.apply_facts(&rings, NOW + 200).await.unwrap();
    fixture.store.end_back_off().await.unwrap();
    let claim = fixture.store.claim(MAX_DURATION_MS, NOW + 1_000).await.unwrap();
    assert_eq!(claim.dials.len(), 1, "all five lines are used");
}

async fn refusals_of_one_burst_teach_the_most_lines_that_any_of_them_shows(fixture: &Fixture) {
    let dials = five_dialled(fixture).await;
    accept(fixture, &dials[..1], NOW).await;
    refuse(fixture, &dials[1], NOW + 10).await;
    assert_eq!(learnt(fixture, NOW + 10).await, Some(1));
    accept(fixture, &dials[2..4], NOW + 20).await;
    refuse(fixture, &dials[4], NOW + 30).await;
    assert_eq!(learnt(fixture, NOW + 30).await, Some(3));
    let ended = says::ended(&dials[0], "voicemail", NOW + 40);
    fixture.store.apply_facts(&[ended], NOW + 40).await.unwrap();
    fixture.store.learn_from_refusal(NOW + 50).await.unwrap();
    assert_eq!(learnt(fixture, NOW + 50).await, Some(3), "the same burst");
    fixture.store.learn_from_refusal(NOW + 5_000).await.unwrap();
    assert_eq!(learnt(fixture, NOW + 5_000).await, Some(2), "another one");
}

async fn an_acceptance_that_comes_after_the_refusal_counts(fixture: &Fixture) {
    let dials = five_dialled(fixture).await;
    accept(fixture, &dials[..1], NOW).await;
    refuse(fixture, &dials[4], NOW + 10).await;
    accept(fixture, &dials[1..4], NOW + 20).await;
    fixture.store.end_back_off().await.unwrap();
    let claim = fixture.store.claim(MAX_DURATION_MS, NOW + 1_010).await.unwrap();
    assert_eq!(claim.dials, []);
    assert_eq!(learnt(fixture, NOW + 1_010).await, Some(4));
    let ended = says::ended(&dials[0], "voicemail", NOW + 1_020);
    fixture.store.apply_facts(&[ended], NOW + 1_020).await.unwrap();
    let claim = fixture.store.claim(MAX_DURATION_MS, NOW + 1_020).await.unwrap();
    assert_eq!(claim.dials.len(), 1, "four lines are there");
}

async fn learnt_lines_grow_back_within_a_minute(fixture: &Fixture) {
    let store = &fixture.store;
    let dials = five_dialled(fixture).await;
    accept(fixture, &dials[..2], NOW).await;
    for refused in &dials[2..] {
        refuse(fixture, refused, NOW).await;
    }
    store.end_back_off().await.unwrap();
    store.set_line_cap(40).await.unwrap();
    let mut lines = Vec::new();
    for seconds in [0, 9, 10, 20, 30, 40, 50, 60] {
        lines.push(learnt(fixture, NOW + seconds * 1_000).await);
    }
    let believed = [
        Some(2),
        Some(2),
        Some(3),
        Some(5),
        Some(9),
        Some(17),
        Some(33),
        None,
    ];
    assert_eq!(lines, believed);
    let claim = store.claim(MAX_DURATION_MS, NOW + 10_000).await.unwrap();
    assert_eq!(claim.dials.len(), 1, "one is tried");
    let claim = store.claim(MAX_DURATION_MS, NOW + 60_000).await.unwrap();
    assert_eq!(claim.dials.len(), 37, "all forty");
}

/// The provider takes none of our calls for long: it is not asked for all lines each time.
async fn after_refusals_in_a_row_few_requests_are_under_way_until_a_call_rings(fixture: &Fixture) {
    let store = &fixture.store;
    store.set_line_cap(8).await.unwrap();
    start(store, &List::of(0..60)).await;
    let mut now = NOW;
    let mut asked = Vec::new();
    for _ in 0..6 {
        let dials = dial(store, now).await;
        asked.push(dials.len());
        for refused in &dials {
            refuse(fixture, refused, now).await;
        }
        now = store.account(now).await.unwrap().dial_after;
    }
    assert_eq!(asked, [8, 4, 2, 1, 1, 1]);
    let dials = dial(store, now).await;
    store
        .apply_facts(&[says::ringing(&dials[0], now)], now)
        .await
        .unwrap();
    store.end_back_off().await.unwrap();
    assert_eq!(dial(store, now + 1).await.len(), 7, "all lines at once");
}

async fn waits_grow_with_refusals_in_a_row_and_start_anew_after_success(fixture: &Fixture) {
    let store = &fixture.store;
    let mut now = NOW;
    for wait in [1_000, 4_000, 10_000, 30_000, 30_000] {
        store.back_off(None, now).await.unwrap();
        let held = store.account(now).await.unwrap().dial_after;
        assert_eq!(held.since(now), wait);
        now = held;
    }
    store.end_back_off().await.unwrap();
    store.end_back_off().await.unwrap();
    store.back_off(None, now).await.unwrap();
    assert_eq!(store.account(now).await.unwrap().dial_after, now + 1_000);
}

/// Eight requests leave at once and come back refused: that is one refusal, not eight in a row.
async fn refusals_of_one_burst_count_once(fixture: &Fixture) {
    let store = &fixture.store;
    for late in 0..8 {
        store.back_off(None, NOW + late).await.unwrap();
    }
    assert_eq!(account(fixture).await.dial_after, NOW + 1_007);
    let now = NOW + 1_007;
    store.back_off(None, now).await.unwrap();
    assert_eq!(store.account(now).await.unwrap().dial_after, now + 4_000);
}

async fn the_provider_may_ask_for_a_longer_wait_and_a_shorter_one_does_not_cut_it(fixture: &Fixture) {
    let store = &fixture.store;
    // "At once", and a date that has passed, come to as much.
    store.back_off(Some(0), NOW - 5_000).await.unwrap();
    assert_eq!(account(fixture).await.dial_after, NOW - 4_000);
    store.back_off(Some(60_000), NOW).await.unwrap();
    assert_eq!(account(fixture).await.dial_after, NOW + 60_000);
    store.back_off(None, NOW + 1).await.unwrap();
    store.back_off(Some(5), NOW + 2).await.unwrap();
    assert_eq!(account(fixture).await.dial_after, NOW + 60_000);
}

/// Nothing is claimed during a wait, so a request that is accepted now left before the provider asked for peace.
async fn a_success_does_not_end_a_wait_that_is_on(fixture: &Fixture) {
    let store = &fixture.store;
    store.back_off(Some(60_000), NOW).await.unwrap();
    store.end_back_off().await.unwrap();
    assert_eq!(account(fixture).await.dial_after, NOW + 60_000);
}

async fn the_last_webhook_is_remembered(fixture: &Fixture) {
    fixture.store.note_webhook(NOW + 5).await.unwrap();
    assert_eq!(account(fixture).await.last_webhook_at, Some(NOW + 5));
}
