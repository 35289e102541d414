//! Moments that a wrong clock wrote, ours or the provider's.
//!
//! Guarantee *slot truth*: none of them frees a line, makes a call a year long, or stops the work.

use domain::{
    call::CallState,
    time::{DAY_MS, HOUR_MS, MINUTE_MS, UtcMs},
};

use crate::{
    fixture::Fixture,
    people::{List, MAX_DURATION_MS, NOW, start},
    says,
};

contract! {
    moments_that_no_clock_can_show_are_bounded_by_our_own,
    a_clock_that_is_a_little_off_keeps_its_moments,
    a_wait_of_days_lasts_an_hour_at_most,
    a_wait_that_a_wrong_clock_wrote_holds_nothing,
    a_turn_that_a_wrong_clock_took_is_free,
    a_mark_in_the_future_can_be_taken_back,
    a_webhook_from_the_future_says_nothing_about_now,
    lines_learnt_by_a_wrong_clock_are_forgotten,
}

async fn state(fixture: &Fixture, dial: &store::Dial) -> CallState {
    let call = fixture.store.call(dial.call_id).await.unwrap();
    call.expect("the call").state
}

async fn moments_that_no_clock_can_show_are_bounded_by_our_own(fixture: &Fixture) {
    let (_, dial) = fixture.one_call().await;
    let store = &fixture.store;
    let sent_at = state(fixture, &dial).await.sent_at.expect("it was sent");
    let heard = NOW + 5_000;
    store
        .apply_facts(&[says::ringing(&dial, UtcMs(1))], heard)
        .await
        .unwrap();
    let ringing = state(fixture, &dial).await;
    assert_eq!(
        (ringing.accepted_at, ringing.ringing_at),
        (Some(sent_at), Some(sent_at))
    );
    let over = says::ended(&dial, "customer-ended-call", heard + 365 * DAY_MS);
    store
        .apply_facts(std::slice::from_ref(&over), heard + MINUTE_MS)
        .await
        .unwrap();
    let end = state(fixture, &dial).await.end.expect("it is over");
    assert_eq!(end.at, heard + MINUTE_MS, "not before it is told");
    store.apply_facts(&[over], heard + HOUR_MS).await.unwrap();
    assert_eq!(
        state(fixture, &dial).await.end,
        Some(end),
        "told again, it changes nothing"
    );
    assert!(store.replay(None).await.unwrap().differences.is_empty());
}

async fn a_clock_that_is_a_little_off_keeps_its_moments(fixture: &Fixture) {
    let (_, dial) = fixture.one_call().await;
    let store = &fixture.store;
    let sent_at = state(fixture, &dial).await.sent_at.expect("it was sent");
    store
        .apply_facts(&[says::ringing(&dial, sent_at - 25_000)], NOW + 5_000)
        .await
        .unwrap();
    assert_eq!(state(fixture, &dial).await.ringing_at, Some(sent_at - 25_000));
    store
        .apply_facts(&[says::answered(&dial, NOW + 40_000)], NOW + 15_000)
        .await
        .unwrap();
    assert_eq!(state(fixture, &dial).await.started_at, Some(NOW + 40_000));
}

async fn a_wait_of_days_lasts_an_hour_at_most(fixture: &Fixture) {
    let store = &fixture.store;
    store.back_off(Some(10 * DAY_MS), NOW).await.unwrap();
    assert_eq!(store.account(NOW).await.unwrap().dial_after, NOW + HOUR_MS);
    start(store, &List::of(0..1)).await;
    let claimed = async |now| store.claim(MAX_DURATION_MS, now).await.unwrap().dials.len();
    assert_eq!(claimed(NOW + HOUR_MS - 1).await, 0);
    assert_eq!(claimed(NOW + HOUR_MS).await, 1);
}

async fn a_wait_that_a_wrong_clock_wrote_holds_nothing(fixture: &Fixture) {
    let store = &fixture.store;
    start(store, &List::of(0..1)).await;
    // The clock was a day ahead when the provider asked for a minute.
    store.back_off(Some(MINUTE_MS), NOW + DAY_MS).await.unwrap();
    assert!(store.account(NOW).await.unwrap().dial_after <= NOW);
    // And the next real wait counts again.
    store.back_off(Some(MINUTE_MS), NOW).await.unwrap();
    assert_eq!(store.account(NOW).await.unwrap().dial_after, NOW + MINUTE_MS);
    let claim = store.claim(MAX_DURATION_MS, NOW + MINUTE_MS).await.unwrap();
    assert_eq!(claim.dials.len(), 1);
}

async fn a_turn_that_a_wrong_clock_took_is_free(fixture: &Fixture) {
    let store = &fixture.store;
    store.take_turn("poll", 5_000, NOW + 2 * HOUR_MS).await.unwrap();
    assert!(store.take_turn("poll", 5_000, NOW).await.unwrap().is_some());
    assert!(
        store
            .take_turn("poll", 5_000, NOW + 1_000)
            .await
            .unwrap()
            .is_none(),
        "and then it is taken as ever"
    );
}

async fn a_mark_in_the_future_can_be_taken_back(fixture: &Fixture) {
    let store = &fixture.store;
    store.take_turn("poll", 1, NOW).await.unwrap();
    let ahead = NOW + 2 * HOUR_MS;
    store.mark_turn("poll", ahead, ahead).await.unwrap();
    store.mark_turn("poll", NOW, NOW).await.unwrap();
    assert_eq!(store.take_turn("poll", 1, NOW + 1).await.unwrap(), Some(NOW));
}

async fn a_webhook_from_the_future_says_nothing_about_now(fixture: &Fixture) {
    let store = &fixture.store;
    store.note_webhook(NOW + 2 * HOUR_MS).await.unwrap();
    assert_eq!(store.account(NOW).await.unwrap().last_webhook_at, None);
    store.note_webhook(NOW).await.unwrap();
    assert_eq!(store.account(NOW).await.unwrap().last_webhook_at, Some(NOW));
}

async fn lines_learnt_by_a_wrong_clock_are_forgotten(fixture: &Fixture) {
    let store = &fixture.store;
    store.learn_lines(1, NOW + 2 * HOUR_MS).await.unwrap();
    assert_eq!(store.account(NOW).await.unwrap().learnt_lines, None);
    start(store, &List::of(0..3)).await;
    assert_eq!(store.claim(MAX_DURATION_MS, NOW).await.unwrap().dials.len(), 3);
}
