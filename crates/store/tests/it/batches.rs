//! Strict batches.

use store::Dial;

use crate::{
    fixture::Fixture,
    people::{List, MAX_DURATION_MS, NOW, dial, phone, start},
    says,
};

contract! {
    a_batch_waits_until_every_contact_of_the_one_before_is_final,
    a_batch_never_takes_more_lines_than_there_are,
    a_new_batch_waits_for_a_quiet_line_if_asked_to,
    two_gated_batches_on_one_number_do_not_begin_together,
    an_open_batch_does_not_wait_for_a_quiet_line,
}

fn phones(dials: &[Dial]) -> Vec<String> {
    dials.iter().map(|dial| dial.phone.clone()).collect()
}

async fn end(fixture: &Fixture, dials: &[Dial]) {
    let facts: Vec<_> = dials
        .iter()
        .map(|dial| says::ended(dial, "customer-busy", NOW))
        .collect();
    fixture.store.apply_facts(&facts, NOW).await.unwrap();
}

async fn a_batch_waits_until_every_contact_of_the_one_before_is_final(fixture: &Fixture) {
    let store = &fixture.store;
    let id = start(
        store,
        &List {
            batch_size: Some(2),
            ..List::of(0..5)
        },
    )
    .await;
    let batch_index = async || {
        store
            .campaign(id)
            .await
            .unwrap()
            .expect("the campaign")
            .batch_index
    };
    let first = dial(store, NOW).await;
    assert_eq!(phones(&first), [phone(0), phone(1)]);
    assert_eq!(batch_index().await, 0);
    end(fixture, &first[..1]).await;
    assert_eq!(
        dial(store, NOW).await,
        [],
        "one of the batch is still being called"
    );
    // Not dialled, and waiting to be called again: not final either.
    let facts = [says::refused(&first[1], "autolynx.refused.capacity", NOW)];
    store.apply_facts(&facts, NOW).await.unwrap();
    let claim = store.claim(MAX_DURATION_MS, NOW).await.unwrap();
    assert_eq!(claim.dials, []);
    assert!(
        claim.next_eligible_at.is_some_and(|at| at > NOW),
        "the one who waits is told"
    );
    let again = dial(store, NOW + 2_000).await;
    assert_eq!(phones(&again), [phone(1)]);
    assert_eq!(
        again[0].attempt, 1,
        "nothing was dialled, so no attempt is used up"
    );
    end(fixture, &again).await;

    let second = dial(store, NOW + 2_000).await;
    assert_eq!(phones(&second), [phone(2), phone(3)]);
    assert_eq!(batch_index().await, 1);
    end(fixture, &second).await;
    let third = dial(store, NOW + 2_000).await;
    assert_eq!(phones(&third), [phone(4)]);
    assert_eq!(batch_index().await, 2);
    fixture.assert_sound(10).await;
}

async fn a_batch_never_takes_more_lines_than_there_are(fixture: &Fixture) {
    let store = &fixture.store;
    store.set_line_cap(3).await.unwrap();
    start(
        store,
        &List {
            batch_size: Some(4),
            cap: 2,
            ..List::of(0..8)
        },
    )
    .await;
    let first = dial(store, NOW).await;
    assert_eq!(phones(&first), [phone(0), phone(1)]);
    end(fixture, &first[..1]).await;
    let next = dial(store, NOW).await;
    assert_eq!(phones(&next), [phone(2)], "the batch goes on line by line");
    fixture.assert_sound(3).await;
}

async fn a_new_batch_waits_for_a_quiet_line_if_asked_to(fixture: &Fixture) {
    let store = &fixture.store;
    let gated = List {
        batch_size: Some(1),
        quiet_line_gate: true,
        cap: 1,
        ..List::of(0..3)
    };
    let id = start(store, &gated).await;
    let first = dial(store, NOW).await;
    let on_the_same_number = List {
        cap: 1,
        ..List::of([10])
    };
    start(store, &on_the_same_number).await;
    let neighbour = dial(store, NOW).await;
    assert_eq!(phones(&neighbour), [phone(10)]);

    end(fixture, &first).await;
    assert_eq!(dial(store, NOW).await, [], "somebody else is live on the number");
    // A campaign without the gate, or on another number, does not wait.
    let elsewhere = List {
        batch_size: Some(1),
        quiet_line_gate: true,
        numbers: vec!["number-2"],
        ..List::of([20])
    };
    start(store, &elsewhere).await;
    assert_eq!(phones(&dial(store, NOW).await), [phone(20)]);
    assert_eq!(dial(store, NOW).await, []);
    end(fixture, &neighbour).await;
    assert_eq!(phones(&dial(store, NOW).await), [phone(1)], "the line is quiet");
    assert_eq!(
        store
            .campaign(id)
            .await
            .unwrap()
            .expect("the campaign")
            .batch_index,
        1
    );
    fixture.assert_sound(10).await;
}

async fn two_gated_batches_on_one_number_do_not_begin_together(fixture: &Fixture) {
    let store = &fixture.store;
    for first in [0, 10] {
        let gated = List {
            batch_size: Some(1),
            quiet_line_gate: true,
            ..List::of(first..first + 2)
        };
        start(store, &gated).await;
    }
    let both = dial(store, NOW).await;
    assert_eq!(
        phones(&both),
        [phone(0), phone(10)],
        "first batches wait for nobody"
    );
    end(fixture, &both).await;
    let one = dial(store, NOW).await;
    assert_eq!(phones(&one), [phone(1)]);
    assert_eq!(dial(store, NOW).await, []);
    end(fixture, &one).await;
    assert_eq!(phones(&dial(store, NOW).await), [phone(11)]);
}

async fn an_open_batch_does_not_wait_for_a_quiet_line(fixture: &Fixture) {
    let store = &fixture.store;
    start(
        store,
        &List {
            batch_size: Some(4),
            quiet_line_gate: true,
            cap: 2,
            ..List::of(0..8)
        },
    )
    .await;
    let first = dial(store, NOW).await;
    assert_eq!(first.len(), 2);
    end(fixture, &first[..1]).await;
    assert_eq!(
        phones(&dial(store, NOW).await),
        [phone(2)],
        "its own calls do not stop it"
    );
}
