//! The account: its lines, and when it wants to be left alone.

use store::Account;

use crate::{
    fixture::Fixture,
    people::{List, MAX_DURATION_MS, NOW, start},
    says,
};

contract! {
    a_new_account_has_ten_lines_and_no_history,
    the_lines_can_be_set_but_never_to_none,
    stated_lines_count_when_fewer_than_ours_and_for_ten_minutes,
    a_refusal_teaches_the_lines_that_were_accepted_for_a_minute,
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
    assert_eq!(store.account(NOW + 599_999).await.unwrap().learnt_lines, Some(4));
    assert_eq!(store.account(NOW + 600_000).await.unwrap().learnt_lines, None);
}

async fn a_refusal_teaches_the_lines_that_were_accepted_for_a_minute(fixture: &Fixture) {
    let store = &fixture.store;
    let (_, dials) = fixture.dialled(5).await;
    store.set_line_cap(5).await.unwrap();
    let facts = [
        says::accepted(&dials[0], NOW),
        says::accepted(&dials[1], NOW),
        says::accepted(&dials[2], NOW),
        says::ended(&dials[2], "voicemail", NOW),
        says::refused(&dials[3], "autolynx.refused.capacity", NOW),
    ];
    store.apply_facts(&facts, NOW).await.unwrap();
    store.learn_from_refusal(NOW).await.unwrap();
    assert_eq!(account(fixture).await.learnt_lines, Some(2));
    assert_eq!(store.account(NOW + 59_999).await.unwrap().learnt_lines, Some(2));
    assert_eq!(store.account(NOW + 60_000).await.unwrap().learnt_lines, None);
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
