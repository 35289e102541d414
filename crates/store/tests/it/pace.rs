//! Guarantee *never over*: lines that are kept free, calls a second, and whose turn it is.

use std::collections::BTreeMap;

use domain::{call::Dialling, campaign::Action, time::UtcMs};
use futures::future::join_all;
use store::{Dial, MarkSent, Store};

use crate::{
    fixture::Fixture,
    looks::{end, phones},
    people::{List, MAX_DURATION_MS, NOW, dial, phone, start},
    says,
};

contract! {
    reserved_lines_stay_free,
    no_more_is_reserved_than_can_be_sent_soon,
    a_full_second_makes_a_call_wait_that_stays_reserved,
    whoever_would_wait_too_long_is_let_go,
    a_limit_that_is_set_binds_what_is_reserved,
    no_second_sees_more_requests_leave_than_allowed,
    nodes_share_what_may_be_reserved,
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

/// Two seconds' worth are reserved, so that no second lacks calls to send.
async fn no_more_is_reserved_than_can_be_sent_soon(fixture: &Fixture) {
    let store = &fixture.store;
    store.set_pace(0, Some(2)).await.unwrap();
    start(store, &List::of(0..20)).await;
    let claim = store.claim(MAX_DURATION_MS, NOW).await.unwrap();
    assert_eq!(claim.dials.len(), 4);
    assert_eq!(claim.next_eligible_at, Some(NOW + 1_000));
    assert_eq!(marked(store, &claim.dials, NOW).await, 2);
    let none = store.claim(MAX_DURATION_MS, NOW + 999).await.unwrap();
    assert_eq!((none.dials.len(), none.next_eligible_at), (0, Some(NOW + 1_000)));
    let next = store.claim(MAX_DURATION_MS, NOW + 1_000).await.unwrap();
    assert_eq!(next.dials.len(), 2, "two of them wait");
    store.set_pace(0, None).await.unwrap();
    assert_eq!(
        store
            .claim(MAX_DURATION_MS, NOW + 1_001)
            .await
            .unwrap()
            .dials
            .len(),
        4
    );
    fixture.assert_sound(10).await;
}

/// How many of them may be dialed at that moment.
async fn marked(store: &Store, dials: &[Dial], now: UtcMs) -> usize {
    let mut sent = 0;
    for dial in dials {
        let marked = store
            .mark_sent(dial.call_id, dial.campaign_id, now)
            .await
            .unwrap();
        sent += usize::from(marked == MarkSent::Dial);
    }
    sent
}

async fn a_full_second_makes_a_call_wait_that_stays_reserved(fixture: &Fixture) {
    let store = &fixture.store;
    store.set_pace(0, Some(1)).await.unwrap();
    let id = start(store, &List::of(0..5)).await;
    let dials = store.claim(MAX_DURATION_MS, NOW).await.unwrap().dials;
    assert_eq!(dials.len(), 2);
    let mark = async |call: usize, now| store.mark_sent(dials[call].call_id, id, now).await.unwrap();
    assert_eq!(mark(0, NOW + 10).await, MarkSent::Dial);
    let wait = MarkSent::Wait { until: NOW + 1_010 };
    assert_eq!(mark(1, NOW + 10).await, wait);
    assert_eq!(mark(1, NOW + 1_009).await, wait, "and again");
    assert_eq!(mark(0, NOW + 1_009).await, MarkSent::Taken);
    let waiting = store.call(dials[1].call_id).await.unwrap().expect("the call");
    assert_eq!(
        (waiting.state.dialling, waiting.events.len()),
        (Dialling::Reserved, 1)
    );
    // A rule that changes meanwhile is not waited out.
    store.act(id, Action::Pause, NOW + 500).await.unwrap();
    assert_eq!(mark(1, NOW + 1_010).await, MarkSent::Halted);
    store.act(id, Action::Resume, NOW + 1_010).await.unwrap();
    assert_eq!(mark(1, NOW + 1_010).await, MarkSent::Dial);
    fixture.assert_sound(10).await;
}

/// A request never waits beyond its reservation, and not for a provider that wants to be left alone.
async fn whoever_would_wait_too_long_is_let_go(fixture: &Fixture) {
    let store = &fixture.store;
    store.set_pace(0, Some(1)).await.unwrap();
    let id = start(store, &List::of(0..5)).await;
    let dials = store.claim(MAX_DURATION_MS, NOW).await.unwrap().dials;
    let mark = async |call: usize, now| store.mark_sent(dials[call].call_id, id, now).await.unwrap();
    assert_eq!(mark(0, NOW + 29_500).await, MarkSent::Dial);
    assert_eq!(
        mark(1, NOW + 29_600).await,
        MarkSent::Halted,
        "it is its own for 30 s"
    );
    let dials = store.claim(MAX_DURATION_MS, NOW + 60_000).await.unwrap().dials;
    store.back_off(None, NOW + 60_000).await.unwrap();
    let held = store.mark_sent(dials[0].call_id, id, NOW + 60_100).await.unwrap();
    assert_eq!(held, MarkSent::Halted);
}

/// Guarantee *never over*: whoever sets a limit has it kept by every request that leaves from then on.
async fn a_limit_that_is_set_binds_what_is_reserved(fixture: &Fixture) {
    let store = &fixture.store;
    start(store, &List::of(0..10)).await;
    let dials = store.claim(MAX_DURATION_MS, NOW).await.unwrap().dials;
    assert_eq!(dials.len(), 10);
    assert_eq!(marked(store, &dials[..4], NOW).await, 4);
    store.set_pace(0, Some(2)).await.unwrap();
    assert_eq!(marked(store, &dials[4..], NOW + 1).await, 0);
    let released: Vec<_> = dials[4..]
        .iter()
        .map(|dial| says::released(dial.call_id, NOW + 1))
        .collect();
    store.apply_facts(&released, NOW + 1).await.unwrap();
    let anew = store.claim(MAX_DURATION_MS, NOW + 1_000).await.unwrap().dials;
    assert_eq!(anew.len(), 4);
    assert_eq!(marked(store, &anew, NOW + 1_000).await, 2);
    // A lower one binds those that wait.
    store.set_pace(0, Some(1)).await.unwrap();
    assert_eq!(marked(store, &anew, NOW + 1_999).await, 0);
    assert_eq!(marked(store, &anew, NOW + 2_000).await, 1);
    fixture.assert_sound(10).await;
}

/// Three nodes whose clocks differ a little send what is reserved, all at once, and wait when they are told to.
async fn send_all(nodes: &[Store; 3], dials: Vec<Dial>, from: UtcMs) {
    let sends = dials.into_iter().enumerate().map(|(place, dial)| {
        let store = nodes[place % 3].clone();
        let mut now = from + i64::try_from(place % 7 * 13 + place % 3 * 40).unwrap();
        tokio::spawn(async move {
            loop {
                match store
                    .mark_sent(dial.call_id, dial.campaign_id, now)
                    .await
                    .unwrap()
                {
                    MarkSent::Dial => break,
                    MarkSent::Wait { until } => now = until,
                    other => panic!("{} at {now:?}: {other:?}", dial.phone),
                }
            }
        })
    });
    for sent in join_all(sends).await {
        sent.unwrap();
    }
}

/// Guarantee *never over*: of requests that leave, whatever nodes send them and however many wait.
async fn no_second_sees_more_requests_leave_than_allowed(fixture: &Fixture) {
    let nodes = [
        fixture.store.clone(),
        fixture.another_node().await,
        fixture.another_node().await,
    ];
    let store = &fixture.store;
    store.set_line_cap(60).await.unwrap();
    start(store, &List::of(0..60)).await;
    let mut sent = 0;
    let mut now = NOW;
    // First a burst of reservations from a time at which more was allowed.
    for (per_second, seconds) in [(10, 9), (3, 7), (2, 7)] {
        if sent == 0 {
            store.set_pace(0, Some(per_second)).await.unwrap();
        }
        let mut dials = Vec::new();
        for node in &nodes {
            dials.extend(node.claim(MAX_DURATION_MS, now).await.unwrap().dials);
        }
        let lower = if sent == 0 { 3 } else { per_second };
        store.set_pace(0, Some(lower)).await.unwrap();
        sent += dials.len();
        send_all(&nodes, dials, now).await;
        now = now + seconds * 1_000;
    }
    let moments = fixture
        .texts("SELECT CAST(sent_at_ms AS TEXT) FROM calls WHERE sent_at_ms IS NOT NULL ORDER BY sent_at_ms")
        .await;
    let moments: Vec<i64> = moments
        .into_iter()
        .map(|ms| ms.unwrap().parse().unwrap())
        .collect();
    assert_eq!(moments.len(), sent);
    assert!(sent >= 30, "{sent} were sent");
    for (place, from) in moments.iter().enumerate() {
        let within = moments[place..]
            .iter()
            .take_while(|at| **at < from + 1_000)
            .count();
        assert!(within <= 3, "{within} within a second: {moments:?}");
    }
    fixture.assert_sound(60).await;
    for node in &nodes[1..] {
        node.close().await;
    }
}

/// Claims of several nodes at once reserve no more than one would.
async fn nodes_share_what_may_be_reserved(fixture: &Fixture) {
    fixture.store.set_pace(0, Some(2)).await.unwrap();
    let other = fixture.another_node().await;
    start(&fixture.store, &List::of(0..40)).await;
    let claims =
        [&fixture.store, &other, &fixture.store, &other].map(|store| store.claim(MAX_DURATION_MS, NOW));
    let claimed: usize = join_all(claims)
        .await
        .into_iter()
        .map(|claim| claim.unwrap().dials.len())
        .sum();
    assert_eq!(claimed, 4);
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
