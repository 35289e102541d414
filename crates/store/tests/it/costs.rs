//! Guarantee *money*: what was spent is what the calls cost, in whatever order that becomes known.

use domain::{call::Fact, money::UsdMicros};
use store::Dial;

use crate::{fixture::Fixture, people::NOW, says};

contract! {
    what_was_spent_is_what_the_calls_cost,
    two_nodes_add_up_to_the_same,
    a_cost_that_came_before_its_call_was_known_counts_once,
}

fn cost(dial: &Dial, usd_micros: i64) -> Fact {
    let mut fact = says::report(dial, "customer-ended-call", NOW + 50);
    fact.says.details.cost = Some(UsdMicros(usd_micros));
    fact
}

async fn what_was_spent_is_what_the_calls_cost(fixture: &Fixture) {
    let store = &fixture.store;
    let (id, dials) = fixture.dialled(3).await;
    let known: [(&[Fact], i64); 6] = [
        (&[cost(&dials[0], 50_000)], 50_000),
        // Post-processing costs more, and then an older report comes late.
        (&[cost(&dials[0], 71_200), cost(&dials[1], 10)], 71_210),
        (&[cost(&dials[0], 50_000)], 71_210),
        (
            &[cost(&dials[1], 10), cost(&dials[1], 20), cost(&dials[1], 10)],
            71_220,
        ),
        (&[says::ended(&dials[2], "customer-busy", NOW)], 71_220),
        (&[cost(&dials[2], 5), cost(&dials[0], 71_200)], 71_225),
    ];
    for (facts, sum) in known {
        store.apply_facts(facts, NOW + 60).await.unwrap();
        assert_eq!(fixture.spent(id).await, (sum, sum));
    }
    assert_eq!(store.progress(id).await.unwrap().cost, UsdMicros(71_225));
    fixture.assert_sound(3).await;
}

async fn two_nodes_add_up_to_the_same(fixture: &Fixture) {
    let (id, dials) = fixture.dialled(6).await;
    let other = fixture.another_node().await;
    for round in 1..=5 {
        let tasks: Vec<_> = [fixture.store.clone(), other.clone(), fixture.store.clone()]
            .into_iter()
            .map(|store| {
                let facts: Vec<_> = dials.iter().map(|dial| cost(dial, round * 1_000)).collect();
                tokio::spawn(async move { store.apply_facts(&facts, NOW + 60).await.unwrap() })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(fixture.spent(id).await, (round * 6_000, round * 6_000));
    }
    fixture.assert_sound(6).await;
    other.close().await;
}

async fn a_cost_that_came_before_its_call_was_known_counts_once(fixture: &Fixture) {
    let store = &fixture.store;
    let (id, dial) = fixture.one_call().await;
    let early = says::without_our_id(cost(&dial, 700));
    store.apply_facts(&[early.clone(), early], NOW).await.unwrap();
    assert_eq!(fixture.spent(id).await, (0, 0));
    store
        .apply_facts(&[says::accepted(&dial, NOW)], NOW + 60)
        .await
        .unwrap();
    store.apply_facts(&[cost(&dial, 700)], NOW + 60).await.unwrap();
    assert_eq!(fixture.spent(id).await, (700, 700));
    fixture.assert_sound(1).await;
}
