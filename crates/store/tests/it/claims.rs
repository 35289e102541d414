//! The claim, one at a time: who gets the free lines, and who waits.

use std::collections::BTreeSet;

use domain::{
    campaign::Action,
    ids::{AccountId, CampaignId},
    time::UtcMs,
};
use store::{Claim, Dial};

use crate::{
    fixture::Fixture,
    people::{List, MAX_DURATION_MS, NOW, dial, import, phone, start},
    says,
};

contract! {
    a_claim_tells_all_that_dialling_needs,
    never_more_than_the_account_has_lines,
    never_more_than_the_campaign_has_lines,
    two_campaigns_share_the_lines_fairly,
    a_campaign_that_starts_late_catches_up,
    the_same_people_in_two_campaigns_still_leave_each_its_share,
    a_higher_priority_goes_first_whoever_was_there_before,
    one_live_call_per_person_across_campaigns,
    people_on_the_phone_do_not_stand_in_the_way_of_others,
    the_database_itself_refuses_a_second_live_call,
    contacts_that_wait_are_told_from_those_that_may_be_called,
    whose_time_has_come_again_goes_first_and_then_the_order_of_the_list,
    nothing_is_claimed_while_the_provider_wants_peace,
    learnt_lines_bind_while_they_are_fresh,
    only_started_campaigns_get_lines,
    a_claim_without_anything_to_do_does_nothing,
}

async fn claim(fixture: &Fixture, now: UtcMs) -> Claim {
    fixture.store.claim(MAX_DURATION_MS, now).await.unwrap()
}

fn of(dials: &[Dial], id: CampaignId) -> Vec<&Dial> {
    dials.iter().filter(|dial| dial.campaign_id == id).collect()
}

async fn a_claim_tells_all_that_dialling_needs(fixture: &Fixture) {
    let mut list = List::of([5]);
    list.people[0].extension = Some("42".to_owned());
    list.people[0]
        .variables
        .insert("city".to_owned(), "Köln".to_owned());
    let id = start(&fixture.store, &list).await;
    let claim = claim(fixture, NOW).await;
    assert_eq!((claim.next_eligible_at, claim.hold_until), (None, None));
    let [dial] = claim.dials.as_slice() else {
        panic!("one dial, not {:?}", claim.dials)
    };
    assert_eq!(dial.campaign_id, id);
    assert_eq!(dial.phone, phone(5));
    assert_eq!(
        (dial.name.as_str(), dial.business_name.as_str()),
        ("Person 5", "Business 5")
    );
    assert_eq!(dial.extension.as_deref(), Some("42"));
    assert_eq!(dial.variables, list.people[0].variables);
    assert_eq!(dial.provider_assistant_id, "assistant-1");
    assert_eq!(dial.phone_number_id, "number-1");
    assert_eq!(dial.attempt, 1);

    let call = fixture.store.call(dial.call_id).await.unwrap().expect("the call");
    assert_eq!(
        (call.campaign_id, call.contact_id, call.attempt),
        (id, dial.contact_id, 1)
    );
    assert_eq!(call.reserved_at, NOW);
    assert_eq!(
        call.events
            .iter()
            .map(|event| event.kind.as_str())
            .collect::<Vec<_>>(),
        ["reserved"]
    );
    fixture.assert_sound(10).await;
}

/// Guarantee *never over*.
async fn never_more_than_the_account_has_lines(fixture: &Fixture) {
    fixture.store.set_line_cap(3).await.unwrap();
    start(&fixture.store, &List::of(0..10)).await;
    assert_eq!(claim(fixture, NOW).await.dials.len(), 3);
    assert_eq!(claim(fixture, NOW).await.dials, []);
    fixture.store.set_line_cap(5).await.unwrap();
    assert_eq!(claim(fixture, NOW).await.dials.len(), 2);
    // Fewer lines than calls are open: nothing new until enough have ended.
    fixture.store.set_line_cap(2).await.unwrap();
    assert_eq!(claim(fixture, NOW).await.dials, []);
    fixture.assert_sound(5).await;
}

/// Guarantee *never over*.
async fn never_more_than_the_campaign_has_lines(fixture: &Fixture) {
    fixture.store.set_line_cap(50).await.unwrap();
    let small = start(
        &fixture.store,
        &List {
            cap: 2,
            ..List::of(0..10)
        },
    )
    .await;
    let large = start(
        &fixture.store,
        &List {
            cap: 7,
            ..List::of(20..40)
        },
    )
    .await;
    let dials = claim(fixture, NOW).await.dials;
    assert_eq!((of(&dials, small).len(), of(&dials, large).len()), (2, 7));
    assert_eq!(claim(fixture, NOW).await.dials, []);
    let facts = [says::ended(of(&dials, small)[0], "customer-busy", NOW)];
    fixture.store.apply_facts(&facts, NOW).await.unwrap();
    let next = claim(fixture, NOW).await.dials;
    assert_eq!((of(&next, small).len(), of(&next, large).len()), (1, 0));
    fixture.assert_sound(50).await;
}

async fn two_campaigns_share_the_lines_fairly(fixture: &Fixture) {
    fixture.store.set_line_cap(9).await.unwrap();
    let first = start(&fixture.store, &List::of(0..20)).await;
    let second = start(&fixture.store, &List::of(20..40)).await;
    let dials = claim(fixture, NOW).await.dials;
    assert_eq!((of(&dials, first).len(), of(&dials, second).len()), (5, 4));
}

async fn a_campaign_that_starts_late_catches_up(fixture: &Fixture) {
    fixture.store.set_line_cap(4).await.unwrap();
    start(&fixture.store, &List::of(0..20)).await;
    let early = claim(fixture, NOW).await.dials;
    let second = start(&fixture.store, &List::of(20..40)).await;
    let ends: Vec<_> = early[..2]
        .iter()
        .map(|dial| says::ended(dial, "customer-busy", NOW))
        .collect();
    fixture.store.apply_facts(&ends, NOW).await.unwrap();
    let next = claim(fixture, NOW).await.dials;
    assert_eq!(next.len(), 2);
    assert_eq!(of(&next, second).len(), 2, "the one behind gets both freed lines");
}

async fn the_same_people_in_two_campaigns_still_leave_each_its_share(fixture: &Fixture) {
    fixture.store.set_line_cap(8).await.unwrap();
    let first = start(&fixture.store, &List::of(0..20)).await;
    let second = start(&fixture.store, &List::of(0..20)).await;
    let dials = claim(fixture, NOW).await.dials;
    assert_eq!((of(&dials, first).len(), of(&dials, second).len()), (4, 4));
    fixture.assert_sound(8).await;
}

async fn a_higher_priority_goes_first_whoever_was_there_before(fixture: &Fixture) {
    fixture.store.set_line_cap(3).await.unwrap();
    let plain = start(&fixture.store, &List::of(0..20)).await;
    let urgent = start(
        &fixture.store,
        &List {
            cap: 2,
            ..List::of(0..20)
        },
    )
    .await;
    fixture
        .execute(&format!(
            "UPDATE campaigns SET priority = 1 WHERE id = {}",
            fixture.literal(urgent.0)
        ))
        .await
        .unwrap();
    let dials = claim(fixture, NOW).await.dials;
    assert_eq!((of(&dials, urgent).len(), of(&dials, plain).len()), (2, 1));
    let phones: BTreeSet<&str> = dials.iter().map(|dial| dial.phone.as_str()).collect();
    assert_eq!(phones.len(), 3, "three different people");
}

async fn one_live_call_per_person_across_campaigns(fixture: &Fixture) {
    let first = start(&fixture.store, &List::of([1])).await;
    let second = start(&fixture.store, &List::of([1])).await;
    let dials = claim(fixture, NOW).await.dials;
    assert_eq!(dials.len(), 1);
    assert_eq!(dials[0].campaign_id, first);
    assert_eq!(
        claim(fixture, NOW).await.dials,
        [],
        "the person is on the telephone"
    );
    let facts = [says::ended(&dials[0], "customer-ended-call", NOW)];
    fixture.store.apply_facts(&facts, NOW).await.unwrap();
    let dials = claim(fixture, NOW).await.dials;
    assert_eq!(dials.len(), 1);
    assert_eq!(dials[0].campaign_id, second);
    fixture.assert_sound(10).await;
}

/// However many of those next in line are on the phone elsewhere, a free line goes to whoever is not.
async fn people_on_the_phone_do_not_stand_in_the_way_of_others(fixture: &Fixture) {
    let busy = 20;
    fixture.dialled(busy).await;
    fixture.store.set_line_cap(21).await.unwrap();
    let second = start(&fixture.store, &List::of(0..=busy)).await;
    let claim = claim(fixture, NOW).await;
    let called: Vec<&str> = of(&claim.dials, second)
        .iter()
        .map(|dial| dial.phone.as_str())
        .collect();
    assert_eq!(called, [phone(busy).as_str()]);
}

async fn the_database_itself_refuses_a_second_live_call(fixture: &Fixture) {
    let (_, dial) = fixture.one_call().await;
    let other = start(&fixture.store, &List::of([0])).await;
    let of_other = format!("campaign_id = {}", fixture.literal(other.0));
    let second_call = |phone: &str| {
        format!(
            "INSERT INTO calls (id, account_id, campaign_id, contact_id, attempt, phone, phone_number_id, assistant_id, \
             dialling, status, max_duration_ms, reserved_at_ms, dial_lease_ms, last_heard_at_ms) \
             SELECT c.id, {}, c.campaign_id, c.id, 1, '{phone}', 'number-1', m.assistant_id, \
             'reserved', 'QUEUED', 1, 1, 1, 1 \
             FROM contacts c JOIN campaigns m ON m.id = c.campaign_id WHERE c.{of_other}",
            fixture.literal(AccountId::DEFAULT.0)
        )
    };
    let refused = fixture.execute(&second_call(&dial.phone)).await.unwrap_err();
    assert!(
        refused
            .as_database_error()
            .is_some_and(sqlx::error::DatabaseError::is_unique_violation),
        "{refused}"
    );
    fixture.execute(&second_call("+493099")).await.unwrap();
}

async fn contacts_that_wait_are_told_from_those_that_may_be_called(fixture: &Fixture) {
    start(&fixture.store, &List::of(0..3)).await;
    let dials = dial(&fixture.store, NOW).await;
    // Refused for certain: each waits about a second.
    let facts: Vec<_> = dials
        .iter()
        .map(|dial| says::refused(dial, "autolynx.refused.capacity", NOW))
        .collect();
    fixture.store.apply_facts(&facts, NOW).await.unwrap();
    let early = claim(fixture, NOW).await;
    assert_eq!(early.dials, []);
    let next = early.next_eligible_at.expect("somebody waits");
    assert!((800..=1_200).contains(&next.since(NOW)), "{next:?}");
    assert_eq!(claim(fixture, next - 1).await.dials, []);
    let first = claim(fixture, next).await;
    assert!(!first.dials.is_empty());
    assert!(first.dials.len() == 3 || first.next_eligible_at.is_some_and(|later| later > next));
    let last = claim(fixture, NOW + 1_200).await;
    assert_eq!(first.dials.len() + last.dials.len(), 3);
    assert_eq!(last.next_eligible_at, None);
    fixture.assert_sound(10).await;
}

async fn whose_time_has_come_again_goes_first_and_then_the_order_of_the_list(fixture: &Fixture) {
    fixture.store.set_line_cap(2).await.unwrap();
    start(&fixture.store, &List::of(0..4)).await;
    let dials = dial(&fixture.store, NOW).await;
    let phones = |dials: &[Dial]| dials.iter().map(|dial| dial.phone.clone()).collect::<Vec<_>>();
    assert_eq!(phones(&dials), [phone(0), phone(1)]);
    let facts: Vec<_> = dials
        .iter()
        .map(|dial| says::refused(dial, "autolynx.refused.rate", NOW))
        .collect();
    fixture.store.apply_facts(&facts, NOW).await.unwrap();
    let next = phones(&dial(&fixture.store, NOW).await);
    assert_eq!(next, [phone(2), phone(3)], "the others have to wait a moment");
    fixture.store.set_line_cap(4).await.unwrap();
    let mut again = phones(&dial(&fixture.store, NOW + 10_000).await);
    again.sort();
    assert_eq!(again, [phone(0), phone(1)]);
    // Somebody who was told a time does not wait for the rest of a long list.
    fixture.store.set_line_cap(5).await.unwrap();
    start(
        &fixture.store,
        &List {
            cap: 1,
            ..List::of(10..14)
        },
    )
    .await;
    let first = dial(&fixture.store, NOW + 10_000).await;
    assert_eq!(phones(&first), [phone(10)]);
    let refused = says::refused(&first[0], "autolynx.refused.unreachable", NOW + 10_000);
    fixture.store.apply_facts(&[refused], NOW + 10_000).await.unwrap();
    assert_eq!(phones(&dial(&fixture.store, NOW + 20_000).await), [phone(10)]);
}

async fn nothing_is_claimed_while_the_provider_wants_peace(fixture: &Fixture) {
    start(&fixture.store, &List::of(0..3)).await;
    fixture.store.back_off(Some(7_000), NOW).await.unwrap();
    let held = claim(fixture, NOW + 6_999).await;
    assert_eq!(
        held,
        Claim {
            hold_until: Some(NOW + 7_000),
            ..Claim::default()
        }
    );
    let free = claim(fixture, NOW + 7_000).await;
    assert_eq!((free.dials.len(), free.hold_until), (3, None));
}

async fn learnt_lines_bind_while_they_are_fresh(fixture: &Fixture) {
    start(&fixture.store, &List::of(0..10)).await;
    fixture.store.learn_lines(4, NOW).await.unwrap();
    let dials = dial(&fixture.store, NOW + 1).await;
    assert_eq!(dials.len(), 4);
    let until = NOW + 600_000;
    assert_eq!(claim(fixture, until - 50_001).await.dials.len(), 0);
    assert_eq!(
        claim(fixture, until - 50_000).await.dials.len(),
        1,
        "it is tried whether there are more"
    );
    assert_eq!(
        claim(fixture, until).await.dials.len(),
        5,
        "what was learnt is no longer believed"
    );
    fixture.assert_sound(10).await;
}

async fn only_started_campaigns_get_lines(fixture: &Fixture) {
    let store = &fixture.store;
    let created = import(store, &List::of([1])).await;
    assert_eq!(claim(fixture, NOW).await, Claim::default());
    store.act(created, Action::Start, NOW).await.unwrap();
    store.act(created, Action::Pause, NOW).await.unwrap();
    assert_eq!(claim(fixture, NOW).await, Claim::default(), "paused");
    store.act(created, Action::Resume, NOW).await.unwrap();
    assert_eq!(claim(fixture, NOW).await.dials.len(), 1);
    let canceled = start(store, &List::of([2])).await;
    store.act(canceled, Action::Cancel, NOW).await.unwrap();
    assert_eq!(claim(fixture, NOW).await, Claim::default(), "cancelled");
    for status in ["CREATED", "SCHEDULED", "COMPLETED", "FAILED"] {
        let id = start(store, &List::of([3])).await;
        fixture
            .execute(&format!(
                "UPDATE campaigns SET status = '{status}' WHERE id = {}",
                fixture.literal(id.0)
            ))
            .await
            .unwrap();
        assert_eq!(claim(fixture, NOW).await, Claim::default(), "{status}");
    }
}

async fn a_claim_without_anything_to_do_does_nothing(fixture: &Fixture) {
    assert_eq!(claim(fixture, NOW).await, Claim::default());
    start(&fixture.store, &List::of([])).await;
    assert_eq!(claim(fixture, NOW).await, Claim::default());
    assert_eq!(fixture.count("call_events", "1 = 1").await, 0);
}
