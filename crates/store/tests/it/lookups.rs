//! What reconciliation needs to know of calls.

use domain::{
    call::{CallStatus, Dialling},
    ids::CallId,
};
use store::OpenCall;

use crate::{
    fixture::Fixture,
    people::{MAX_DURATION_MS, NOW},
    says,
};

contract! {
    open_calls_tell_where_they_stand,
    looks_that_miss_a_call_are_counted_until_one_finds_it,
    a_call_that_ended_lately_is_awaited_until_its_cost_is_known,
    a_call_without_its_cost_is_asked_for_ever_more_rarely_and_by_one_node,
    an_unknown_call_is_not_found,
}

async fn open_calls_tell_where_they_stand(fixture: &Fixture) {
    let store = &fixture.store;
    let (id, dials) = fixture.dialled(3).await;
    let facts = [
        says::ringing(&dials[0], NOW + 5),
        says::ended(&dials[1], "voicemail", NOW),
    ];
    store.apply_facts(&facts, NOW + 9).await.unwrap();
    let open = store.open_calls().await.unwrap();
    let by_id = |id: CallId| open.iter().find(|call| call.call_id == id).cloned();
    let common = OpenCall {
        call_id: dials[0].call_id,
        campaign_id: id,
        provider_call_id: Some(says::provider_id(&dials[0])),
        phone_number_id: "number-1".to_owned(),
        dialling: Dialling::Accepted,
        status: CallStatus::Ringing,
        sent_at: Some(NOW),
        accepted_at: Some(NOW + 5),
        last_heard_at: NOW + 9,
        asked_at: None,
        absent_looks: 0,
        max_duration_ms: MAX_DURATION_MS,
    };
    assert_eq!(by_id(dials[0].call_id), Some(common.clone()));
    assert_eq!(by_id(dials[1].call_id), None, "it holds no line any more");
    let dialled = OpenCall {
        call_id: dials[2].call_id,
        provider_call_id: None,
        dialling: Dialling::Sent,
        status: CallStatus::Queued,
        accepted_at: None,
        last_heard_at: NOW,
        ..common
    };
    assert_eq!(by_id(dials[2].call_id), Some(dialled));
}

async fn looks_that_miss_a_call_are_counted_until_one_finds_it(fixture: &Fixture) {
    let store = &fixture.store;
    let (_, dial) = fixture.one_call().await;
    let looks = async || {
        let open = store.open_calls().await.unwrap();
        (open[0].asked_at, open[0].absent_looks)
    };
    store.note_asked(dial.call_id, true, NOW + 1).await.unwrap();
    assert_eq!(looks().await, (Some(NOW + 1), 1));
    store.note_asked(dial.call_id, true, NOW + 2).await.unwrap();
    assert_eq!(looks().await, (Some(NOW + 2), 2));
    store.note_asked(dial.call_id, false, NOW + 3).await.unwrap();
    assert_eq!(looks().await, (Some(NOW + 3), 0));
    // A call that has ended is not looked for any more.
    store
        .apply_facts(&[says::ended(&dial, "voicemail", NOW)], NOW)
        .await
        .unwrap();
    store.note_asked(dial.call_id, true, NOW + 4).await.unwrap();
    assert_eq!(
        fixture
            .count("calls", &format!("asked_at_ms = {}", (NOW + 3).0))
            .await,
        1
    );
    fixture.assert_sound(1).await;
}

async fn a_call_that_ended_lately_is_awaited_until_its_cost_is_known(fixture: &Fixture) {
    let store = &fixture.store;
    let (_, dials) = fixture.dialled(2).await;
    let awaits = async || store.awaits_details(NOW - 1).await.unwrap();
    assert!(!awaits().await, "nothing has ended");
    store
        .apply_facts(&[says::refused(&dials[1], "autolynx.refused.rate", NOW)], NOW)
        .await
        .unwrap();
    assert!(!awaits().await, "what was refused costs nothing");
    store
        .apply_facts(&[says::ended(&dials[0], "voicemail", NOW)], NOW)
        .await
        .unwrap();
    assert!(awaits().await);
    assert!(!store.awaits_details(NOW).await.unwrap(), "it ended too long ago");
    store
        .apply_facts(&[says::report(&dials[0], "voicemail", NOW)], NOW)
        .await
        .unwrap();
    assert!(!awaits().await);
}

async fn a_call_without_its_cost_is_asked_for_ever_more_rarely_and_by_one_node(fixture: &Fixture) {
    let (_, dials) = fixture.dialled(2).await;
    let (store, other) = (&fixture.store, fixture.another_node().await);
    let facts = [
        says::ended(&dials[0], "voicemail", NOW),
        says::report(&dials[1], "voicemail", NOW),
    ];
    store.apply_facts(&facts, NOW).await.unwrap();
    let due = async |store: &store::Store, minute: i64| {
        let now = NOW + minute * 60_000;
        let taken = store
            .take_undetailed(now - 3_600_000, now - 120_000, now, 3)
            .await;
        taken.unwrap().len()
    };
    let mut asked = Vec::new();
    for minute in 0..70 {
        let (one, two) = tokio::join!(due(store, minute), due(&other, minute));
        if one + two > 0 {
            assert_eq!(one + two, 1, "minute {minute}");
            asked.push(minute);
        }
    }
    assert_eq!(asked, [2, 4, 8, 16, 32]);
    other.close().await;
}

async fn an_unknown_call_is_not_found(fixture: &Fixture) {
    assert_eq!(
        fixture
            .store
            .call(CallId(uuid::Uuid::from_u128(1)))
            .await
            .unwrap(),
        None
    );
}
