//! Guarantee *never over*: the numbers that we call from take turns, and none has more calls open than it may.

use std::collections::BTreeMap;

use futures::future::join_all;
use store::{CallerNumber, CampaignEdit, Dial, Edited};

use crate::{
    fixture::Fixture,
    looks::{campaign, end},
    people::{List, MAX_DURATION_MS, NOW, dial, start},
};

contract! {
    numbers_take_turns,
    a_number_has_no_more_calls_open_than_it_may,
    two_nodes_keep_the_cap_of_a_number,
    numbers_can_be_changed_while_it_calls,
}

fn by_number(dials: &[Dial]) -> BTreeMap<&str, usize> {
    let mut numbers = BTreeMap::new();
    for dial in dials {
        *numbers.entry(dial.phone_number_id.as_str()).or_insert(0) += 1;
    }
    numbers
}

fn three() -> Vec<&'static str> {
    vec!["number-1", "number-2", "number-3"]
}

async fn numbers_take_turns(fixture: &Fixture) {
    let store = &fixture.store;
    let list = List {
        numbers: three(),
        ..List::of(0..16)
    };
    let id = start(store, &list).await;
    store.set_line_cap(6).await.unwrap();
    let six = dial(store, NOW).await;
    assert_eq!(
        by_number(&six),
        [("number-1", 2), ("number-2", 2), ("number-3", 2)].into()
    );
    end(store, &six, "customer-busy", NOW).await;
    store.set_line_cap(1).await.unwrap();
    let mut turns = Vec::new();
    for call in 0..6 {
        let one = dial(store, NOW + 10 + call).await;
        turns.push(one[0].phone_number_id.clone());
        end(store, &one, "customer-busy", NOW + 10 + call).await;
    }
    assert_eq!(turns[..3], three());
    assert_eq!(turns[3..], three(), "the one that has called least is next");
    let numbers: Vec<_> = campaign(store, id)
        .await
        .numbers
        .into_iter()
        .map(|number| number.id)
        .collect();
    assert_eq!(numbers, three());
    assert_eq!(
        fixture.count("campaign_numbers", "placed = 4").await,
        3,
        "all that were placed are counted"
    );
    fixture.assert_sound(6).await;
}

async fn a_number_has_no_more_calls_open_than_it_may(fixture: &Fixture) {
    let store = &fixture.store;
    store.set_number_cap("number-1", Some(1), NOW).await.unwrap();
    store.set_number_cap("number-2", Some(2), NOW).await.unwrap();
    // Both campaigns call from the first.
    start(
        store,
        &List {
            numbers: vec!["number-1", "number-2"],
            ..List::of(0..10)
        },
    )
    .await;
    start(store, &List::of(10..20)).await;
    let mut open = dial(store, NOW).await;
    open.extend(dial(store, NOW + 1).await);
    open.extend(dial(store, NOW + 2).await);
    assert_eq!(by_number(&open), [("number-1", 1), ("number-2", 2)].into());
    assert_eq!(
        store.number_caps().await.unwrap(),
        [("number-1".to_owned(), 1), ("number-2".to_owned(), 2)].into()
    );
    store.set_number_cap("number-1", None, NOW).await.unwrap();
    let more = dial(store, NOW + 3).await;
    assert_eq!(
        by_number(&more),
        [("number-1", 7)].into(),
        "the account’s ten lines"
    );
    fixture.assert_sound(10).await;
}

async fn two_nodes_keep_the_cap_of_a_number(fixture: &Fixture) {
    let other = fixture.another_node().await;
    fixture
        .store
        .set_number_cap("number-1", Some(3), NOW)
        .await
        .unwrap();
    start(&fixture.store, &List::of(0..20)).await;
    start(&fixture.store, &List::of(20..40)).await;
    let claims =
        [&fixture.store, &other, &fixture.store, &other].map(|store| store.claim(MAX_DURATION_MS, NOW));
    let claimed: usize = join_all(claims)
        .await
        .into_iter()
        .map(|claim| claim.unwrap().dials.len())
        .sum();
    assert_eq!(claimed, 3);
    fixture.assert_sound(3).await;
    other.close().await;
}

async fn numbers_can_be_changed_while_it_calls(fixture: &Fixture) {
    let store = &fixture.store;
    store.set_line_cap(2).await.unwrap();
    let id = start(
        store,
        &List {
            numbers: vec!["number-1", "number-2"],
            ..List::of(0..10)
        },
    )
    .await;
    let first = dial(store, NOW).await;
    assert_eq!(by_number(&first).len(), 2);
    let number = |id: &str| CallerNumber {
        id: id.to_owned(),
        number: None,
    };
    let edit = CampaignEdit {
        numbers: Some(vec![number("number-3"), number("number-2")]),
        ..CampaignEdit::default()
    };
    assert_eq!(store.edit_campaign(id, &edit, NOW).await.unwrap(), Edited::Done);
    assert_eq!(
        campaign(store, id).await.numbers,
        [number("number-3"), number("number-2")]
    );
    end(store, &first, "customer-busy", NOW + 1).await;
    let next = dial(store, NOW + 2).await;
    assert_eq!(by_number(&next), [("number-2", 1), ("number-3", 1)].into());
    assert_eq!(
        fixture
            .count("campaign_numbers", "phone_number_id = 'number-2' AND placed = 2")
            .await,
        1,
        "what it has placed is still known"
    );
    fixture.assert_sound(2).await;
}
