//! Guarantee *any order*, down to the rows.

use std::collections::BTreeMap;

use domain::{
    call::{CallState, Fact},
    campaign::CampaignStatus,
    contact::ContactState,
    ids::CampaignId,
    outcome::Outcome,
};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use store::{Campaign, ContactFilter, Dial, Page};

use crate::{
    fixture::Fixture,
    people::{List, MAX_DURATION_MS, NOW, start},
    says,
};

contract! {
    every_order_of_a_calls_facts_gives_the_same_rows,
    every_order_of_contradicting_facts_gives_the_same_rows,
    any_order_of_a_whole_campaigns_facts_gives_the_same_rows,
}

/// What must not depend on the order, without what differs between contacts anyway.
#[derive(PartialEq, Debug)]
struct Rows {
    call: (CallState, String, Option<Outcome>),
    contact: (ContactState, Option<Outcome>, Option<String>, u32),
    campaign: (CampaignStatus, Option<i64>, Option<i64>, Option<String>),
}

fn orders(facts: usize) -> Vec<Vec<usize>> {
    let mut orders = vec![Vec::new()];
    for next in 0..facts {
        orders = orders
            .into_iter()
            .flat_map(|order: Vec<usize>| {
                (0..=order.len()).map(move |at| {
                    let mut longer = order.clone();
                    longer.insert(at, next);
                    longer
                })
            })
            .collect();
    }
    orders
}

/// As many campaigns of one contact each, every one with its call being dialled. The account's cap is set past the
/// store, for `line_cap` is the one thing that does not matter here.
async fn campaigns(fixture: &Fixture, how_many: usize, first: usize) -> Vec<Dial> {
    fixture
        .execute("UPDATE accounts SET line_cap = 100000")
        .await
        .unwrap();
    for index in first..first + how_many {
        start(&fixture.store, &List::of([index])).await;
    }
    let dials = fixture.store.claim(MAX_DURATION_MS, NOW).await.unwrap().dials;
    assert_eq!(dials.len(), how_many);
    // Every one as if sent, without as many commits.
    fixture
        .execute(&format!(
            "UPDATE calls SET dialling = 'sent', sent_at_ms = {} WHERE dialling = 'reserved'",
            NOW.0
        ))
        .await
        .unwrap();
    dials
}

async fn rows(fixture: &Fixture, dials: &[Dial]) -> Vec<Rows> {
    let mut campaigns: BTreeMap<CampaignId, Campaign> = BTreeMap::new();
    for campaign in fixture
        .store
        .campaigns(
            false,
            Page {
                limit: 5_000,
                offset: 0,
            },
        )
        .await
        .unwrap()
    {
        campaigns.insert(campaign.id, campaign);
    }
    let mut rows = Vec::new();
    for dial in dials {
        let call = fixture.store.call(dial.call_id).await.unwrap().expect("the call");
        let page = Page { limit: 10, offset: 0 };
        let contacts = fixture
            .store
            .contacts(dial.campaign_id, &ContactFilter::default(), page)
            .await
            .unwrap();
        let contact = contacts
            .into_iter()
            .find(|contact| contact.id == dial.contact_id)
            .expect("the contact");
        let campaign = &campaigns[&dial.campaign_id];
        let mut state = call.state;
        state.provider_call_id = state.provider_call_id.map(|_| "provider".to_owned());
        rows.push(Rows {
            call: (state, call.status.as_str().to_owned(), call.outcome),
            contact: (contact.state, contact.outcome, contact.reason, contact.attempts),
            campaign: (
                campaign.status,
                campaign.started_at.map(|at| at.0),
                campaign.completed_at.map(|at| at.0),
                campaign.pause_reason.clone(),
            ),
        });
    }
    rows
}

/// Applies each call's facts in an order of its own: the k-th facts of all calls in the k-th commit, or all in one.
async fn assert_order_is_irrelevant(fixture: &Fixture, facts: impl Fn(&Dial) -> Vec<Fact>) -> Rows {
    let now = NOW + 100_000;
    let mut expected: Option<Rows> = None;
    for (round, at_once) in [false, true].into_iter().enumerate() {
        let count = facts(&nobody()).len();
        let orders = orders(count);
        let dials = campaigns(fixture, orders.len(), round * 10_000).await;
        let of_call: Vec<Vec<Fact>> = dials
            .iter()
            .zip(&orders)
            .map(|(dial, order)| order.iter().map(|index| facts(dial)[*index].clone()).collect())
            .collect();
        if at_once {
            let all: Vec<Fact> = of_call.iter().flatten().cloned().collect();
            fixture.store.apply_facts(&all, now).await.unwrap();
        } else {
            for step in 0..count {
                let facts: Vec<Fact> = of_call.iter().map(|facts| facts[step].clone()).collect();
                fixture.store.apply_facts(&facts, now).await.unwrap();
            }
        }
        let found = rows(fixture, &dials).await;
        for (rows, order) in found.into_iter().zip(&orders) {
            match &expected {
                None => expected = Some(rows),
                Some(expected) => assert_eq!(&rows, expected, "in the order {order:?}, at once: {at_once}"),
            }
        }
    }
    expected.expect("at least one order")
}

/// A dial of which only the number of facts matters.
fn nobody() -> Dial {
    let nil = uuid::Uuid::nil();
    Dial {
        call_id: nil.into(),
        campaign_id: nil.into(),
        contact_id: nil.into(),
        phone: String::new(),
        extension: None,
        name: String::new(),
        business_name: String::new(),
        variables: BTreeMap::new(),
        provider_assistant_id: String::new(),
        phone_number_id: String::new(),
        attempt: 1,
        until: NOW,
    }
}

async fn every_order_of_a_calls_facts_gives_the_same_rows(fixture: &Fixture) {
    let rows = assert_order_is_irrelevant(fixture, |dial| {
        vec![
            says::accepted(dial, NOW + 100),
            says::ringing(dial, NOW + 900),
            says::answered(dial, NOW + 4_000),
            says::report(dial, "customer-ended-call", NOW + 60_500),
            says::polled(dial, "customer-ended-call", NOW + 90, NOW + 3_990, NOW + 60_000),
        ]
    })
    .await;
    assert_eq!(rows.contact, (ContactState::Done, Some(Outcome::Human), None, 1));
    assert_eq!(rows.campaign.0, CampaignStatus::Completed);
    assert_eq!(
        rows.campaign.1,
        Some(NOW.0 + 90),
        "the earliest word about its first call"
    );
}

/// We gave the call up, then it turns out that it was never placed; or it turns out that it was.
async fn every_order_of_contradicting_facts_gives_the_same_rows(fixture: &Fixture) {
    let rows = assert_order_is_irrelevant(fixture, |dial| {
        vec![
            says::inferred(dial, "autolynx.absent", NOW + 10),
            says::inferred(dial, "autolynx.timeout", NOW + 20),
            says::ended(dial, "voicemail", NOW + 30),
        ]
    })
    .await;
    assert_eq!(
        rows.contact,
        (ContactState::Done, Some(Outcome::Voicemail), None, 1)
    );
}

/// A campaign of four calls with different fates; their facts in random order and random batches.
async fn any_order_of_a_whole_campaigns_facts_gives_the_same_rows(fixture: &Fixture) {
    let strategy = (
        Just((0..14).collect::<Vec<usize>>()).prop_shuffle(),
        proptest::collection::vec(1_usize..6, 14),
    );
    let mut runner = TestRunner::deterministic();
    let mut expected = None;
    for round in 0..12_usize {
        let (order, sizes) = strategy.new_tree(&mut runner).unwrap().current();
        fixture.store.set_line_cap(4).await.unwrap();
        let id = start(&fixture.store, &List::of(round * 10..round * 10 + 4)).await;
        let dials = crate::people::dial(&fixture.store, NOW).await;
        let facts = [
            says::accepted(&dials[0], NOW + 20),
            says::ringing(&dials[0], NOW + 30),
            says::ended(&dials[0], "customer-ended-call", NOW + 40),
            says::report(&dials[0], "customer-ended-call", NOW + 40),
            says::accepted(&dials[1], NOW + 10),
            says::ringing(&dials[1], NOW + 30),
            says::ended(&dials[1], "voicemail", NOW + 50),
            says::refused(&dials[2], "autolynx.refused.contact", NOW + 20),
            says::accepted(&dials[3], NOW + 15),
            says::inferred(&dials[3], "autolynx.timeout", NOW + 60),
            says::ended(&dials[3], "customer-did-not-answer", NOW + 55),
            says::polled(&dials[3], "customer-did-not-answer", NOW + 15, NOW + 40, NOW + 55),
            says::ringing(&dials[3], NOW + 29),
            says::report(&dials[1], "voicemail", NOW + 50),
        ];
        let mut shuffled = order
            .iter()
            .map(|index| facts[*index].clone())
            .collect::<Vec<_>>();
        for size in sizes {
            let batch: Vec<Fact> = shuffled.drain(..size.min(shuffled.len())).collect();
            fixture.store.apply_facts(&batch, NOW + 100).await.unwrap();
        }
        assert!(shuffled.is_empty());
        let rows = rows(fixture, &dials).await;
        assert_eq!(
            fixture.store.campaign(id).await.unwrap().unwrap().status,
            CampaignStatus::Completed
        );
        match &expected {
            None => expected = Some(rows),
            Some(expected) => assert_eq!(&rows, expected, "in the order {order:?}"),
        }
        fixture.assert_sound(4).await;
    }
}
