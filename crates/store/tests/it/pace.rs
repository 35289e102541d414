//! Guarantee *never over*: lines that are kept free, calls a second, and whose turn it is.

use std::collections::BTreeMap;

use futures::future::join_all;

use crate::{
    fixture::Fixture,
    looks::{end, phones},
    people::{List, MAX_DURATION_MS, NOW, dial, phone, start},
};

contract! {
    reserved_lines_stay_free,
    no_second_sees_more_calls_than_allowed,
    two_nodes_share_a_second,
    the_higher_priority_goes_first_and_equals_share,
}

async fn reserved_lines_stay_free(fixture: &Fixture) {
    let store = &fixture.store;
    store.set_line_cap(5).await.unwrap();
    store.set_pace(2, None).await.unwrap();
    start(store, &List::of(0..10)).await;
    let dials = dial(store, NOW).await;
    assert_eq!(dials.len(), 3);
    assert_eq!(dial(store, NOW + 1).await, []);
    end(store, &dials[..1], "customer-busy", NOW + 2).await;
    store.set_pace(3, None).await.unwrap();
    assert_eq!(
        dial(store, NOW + 3).await,
        [],
        "as many as there are now are in use"
    );
    store.set_pace(9, None).await.unwrap();
    end(store, &dials[1..], "customer-busy", NOW + 4).await;
    assert_eq!(dial(store, NOW + 5).await, [], "all are kept free");
    store.set_pace(0, None).await.unwrap();
    assert_eq!(dial(store, NOW + 6).await.len(), 5);
    let account = store.account(NOW).await.unwrap();
    assert_eq!((account.reserved_lines, account.calls_per_second), (0, None));
    fixture.assert_sound(5).await;
}

async fn no_second_sees_more_calls_than_allowed(fixture: &Fixture) {
    let store = &fixture.store;
    store.set_pace(0, Some(2)).await.unwrap();
    start(store, &List::of(0..10)).await;
    let first = dial(store, NOW).await;
    assert_eq!(first.len(), 2);
    end(store, &first, "customer-busy", NOW + 100).await;
    let claim = store.claim(MAX_DURATION_MS, NOW + 999).await.unwrap();
    assert_eq!(
        (claim.dials.len(), claim.next_eligible_at),
        (0, Some(NOW + 1_000))
    );
    assert_eq!(dial(store, NOW + 1_000).await.len(), 2);
    assert_eq!(dial(store, NOW + 1_500).await, []);
    store.set_pace(0, Some(3)).await.unwrap();
    assert_eq!(dial(store, NOW + 1_600).await.len(), 1);
    store.set_pace(0, None).await.unwrap();
    assert_eq!(dial(store, NOW + 1_700).await.len(), 5);
    fixture.assert_sound(10).await;
}

async fn two_nodes_share_a_second(fixture: &Fixture) {
    fixture.store.set_pace(0, Some(4)).await.unwrap();
    let other = fixture.another_node().await;
    start(&fixture.store, &List::of(0..40)).await;
    for second in 0..3 {
        let now = NOW + second * 1_000;
        let claims =
            [&fixture.store, &other, &fixture.store, &other].map(|store| store.claim(MAX_DURATION_MS, now));
        let claimed: usize = join_all(claims)
            .await
            .into_iter()
            .map(|claim| claim.unwrap().dials.len())
            .sum();
        assert_eq!(
            claimed,
            if second < 2 { 4 } else { 2 },
            "second {second} of 10 lines"
        );
    }
    fixture.assert_sound(10).await;
    other.close().await;
}

async fn the_higher_priority_goes_first_and_equals_share(fixture: &Fixture) {
    let store = &fixture.store;
    store.set_line_cap(6).await.unwrap();
    let list = |first: usize, priority: i32, cap: u32| List {
        priority,
        cap,
        ..List::of(first..first + 10)
    };
    let equals = [
        start(store, &list(0, 0, 50)).await,
        start(store, &list(10, 0, 50)).await,
    ];
    let urgent = start(store, &list(20, 5, 2)).await;
    let dials = dial(store, NOW).await;
    let mut by_campaign = BTreeMap::new();
    for dial in &dials {
        *by_campaign.entry(dial.campaign_id).or_insert(0) += 1;
    }
    assert_eq!(by_campaign, [(equals[0], 2), (equals[1], 2), (urgent, 2)].into());
    let its_own: Vec<_> = dials
        .iter()
        .filter(|dial| dial.campaign_id == urgent)
        .cloned()
        .collect();
    end(store, &its_own[..1], "customer-busy", NOW + 1).await;
    assert_eq!(phones(&dial(store, NOW + 2).await), [phone(22)]);
    fixture.assert_sound(6).await;
}
