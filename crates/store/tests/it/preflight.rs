//! What is told before a campaign starts, of one contact, and of what is in use: read only.

use std::collections::BTreeMap;

use domain::{
    consent::Consent,
    contact::ContactState,
    hours::Hours,
    ids::{CampaignId, ContactId},
    money::{Money, UsdMicros},
    policy::Policy,
    suppression::Pattern,
    time::{DAY_MS, HOUR_MS, UtcMs},
};
use store::{ContactFilter, NewContact, NewSuppression, Page, Preflight, Store, SuppressionSource};
use uuid::Uuid;

use crate::{
    fixture::Fixture,
    people::{List, NOW, dial, import, person, phone, start},
    says,
};

contract! {
    nobody_stands_in_the_way_of_nobody,
    everybody_is_counted_by_every_rule,
    what_holds_in_one_campaign_or_no_longer_is_not_counted_in_others,
    consent_is_read_as_the_claim_reads_it,
    the_first_call_waits_for_the_start_and_the_hour,
    a_preflight_agrees_with_the_claim,
    a_contact_tells_on_what_grounds_it_was_called,
    places_of_contacts_are_told_together,
    what_is_in_use_is_told_by_campaign,
}

/// In the morning in Berlin and at night in New York.
fn hours() -> Policy {
    Policy {
        hours: Hours::preset("us-federal").unwrap(),
        ..Policy::unrestricted()
    }
}

fn someone(index: usize, phone: &str) -> NewContact {
    NewContact {
        phone: phone.to_owned(),
        ..person(index)
    }
}

async fn forbid(store: &Store, pattern: Pattern, campaign: Option<CampaignId>, expires_at: Option<UtcMs>) {
    let entry = NewSuppression {
        pattern,
        reason: None,
        expires_at,
    };
    store
        .forbid(&[entry], campaign, SuppressionSource::Person, "", NOW)
        .await
        .unwrap();
}

async fn nobody_stands_in_the_way_of_nobody(fixture: &Fixture) {
    let store = &fixture.store;
    let id = import(store, &List::of([])).await;
    let found = store.preflight(id, &hours(), None, NOW).await.unwrap();
    assert_eq!(found, Preflight::default());
    assert!(store.columns_of(id).await.unwrap().is_empty());
}

async fn everybody_is_counted_by_every_rule(fixture: &Fixture) {
    let store = &fixture.store;
    forbid(store, Pattern::Exact(phone(0)), None, None).await;
    forbid(store, Pattern::Prefix("+88".to_owned()), None, None).await;
    forbid(store, Pattern::Prefix("+1900".to_owned()), None, None).await;
    import(store, &List::of([1, 2])).await;
    let mut list = List::of(0..4);
    list.people.push(someone(10, "+12025550143"));
    list.people.push(someone(11, "+870773111632"));
    list.people.push(someone(12, "+883510000001"));
    let id = import(store, &list).await;
    let found = store.preflight(id, &hours(), None, NOW).await.unwrap();
    assert_eq!(
        found,
        Preflight {
            waiting: 7,
            // Three in Berlin, one in Washington.
            callable: 4,
            elsewhere: 2,
            suppressed: 2,
            without_consent: 0,
            without_zone: 2,
            outside_hours: 1,
            never_lawful: 0,
            first_lawful_at: Some(NOW),
        }
    );
    let anytime = store
        .preflight(id, &Policy::unrestricted(), None, NOW)
        .await
        .unwrap();
    assert_eq!(
        (anytime.callable, anytime.without_zone, anytime.outside_hours),
        (5, 0, 0)
    );
}

async fn what_holds_in_one_campaign_or_no_longer_is_not_counted_in_others(fixture: &Fixture) {
    let store = &fixture.store;
    let other = import(store, &List::of([0])).await;
    forbid(store, Pattern::Exact(phone(1)), Some(other), None).await;
    forbid(store, Pattern::Exact(phone(2)), None, Some(NOW + HOUR_MS)).await;
    let id = import(store, &List::of(0..3)).await;
    let policy = Policy::unrestricted();
    let at = |moment: UtcMs| store.preflight(id, &policy, None, moment);
    let found = at(NOW).await.unwrap();
    assert_eq!((found.suppressed, found.elsewhere, found.callable), (1, 1, 2));
    assert_eq!(at(NOW + HOUR_MS).await.unwrap().suppressed, 0);
    store
        .act(other, domain::campaign::Action::Cancel, NOW)
        .await
        .unwrap();
    assert_eq!(at(NOW).await.unwrap().elsewhere, 0, "it is over");
}

async fn consent_is_read_as_the_claim_reads_it(fixture: &Fixture) {
    let store = &fixture.store;
    let with = |index: usize, value: &str| NewContact {
        variables: BTreeMap::from([("TCPA consent".to_owned(), value.to_owned())]),
        ..person(index)
    };
    let list = List {
        people: vec![
            with(0, "Yes"),
            with(1, "✓"),
            with(2, "no"),
            with(3, ""),
            with(4, "2026-01-05"),
        ],
        ..List::of([])
    };
    let id = import(store, &list).await;
    let policy = Policy {
        consent: Some(Consent {
            column: "tcpa_consent".to_owned(),
        }),
        ..Policy::unrestricted()
    };
    let found = store.preflight(id, &policy, None, NOW).await.unwrap();
    assert_eq!((found.waiting, found.callable, found.without_consent), (5, 3, 2));
    assert_eq!(store.columns_of(id).await.unwrap(), ["TCPA consent"]);
}

async fn the_first_call_waits_for_the_start_and_the_hour(fixture: &Fixture) {
    let store = &fixture.store;
    let list = List {
        people: vec![someone(0, "+12025550143")],
        ..List::of([])
    };
    let id = import(store, &list).await;
    let first = async |begins: Option<UtcMs>| {
        let found = store.preflight(id, &hours(), begins, NOW).await.unwrap();
        found.first_lawful_at.map(UtcMs::to_iso)
    };
    assert_eq!(first(None).await.as_deref(), Some("2026-11-20T13:00:00.000Z"));
    assert_eq!(
        first(Some(NOW + 5 * HOUR_MS)).await,
        Some((NOW + 5 * HOUR_MS).to_iso())
    );
    assert_eq!(
        first(Some(NOW + DAY_MS)).await.as_deref(),
        Some("2026-11-21T13:00:00.000Z")
    );
}

/// Whoever is counted as callable now is claimed, and nobody else.
async fn a_preflight_agrees_with_the_claim(fixture: &Fixture) {
    let store = &fixture.store;
    store.set_line_cap(50).await.unwrap();
    forbid(store, Pattern::Exact(phone(3)), None, None).await;
    forbid(store, Pattern::Prefix("+49301".to_owned()), None, None).await;
    let list = List {
        policy: hours(),
        people: (0..5)
            .map(person)
            .chain([someone(9, "+12025550143"), someone(8, "+493012345678")])
            .collect(),
        ..List::of([])
    };
    let id = start(store, &list).await;
    let found = store.preflight(id, &hours(), None, NOW).await.unwrap();
    let now = found.callable - found.outside_hours;
    assert_eq!((now, found.suppressed), (4, 2));
    assert_eq!(dial(store, NOW).await.len() as u64, now);
}

async fn a_contact_tells_on_what_grounds_it_was_called(fixture: &Fixture) {
    let store = &fixture.store;
    let (id, call) = fixture.one_call().await;
    let row = &store
        .contacts(id, &ContactFilter::default(), Page { limit: 1, offset: 0 })
        .await
        .unwrap()[0];
    let contact = store.contact(id, row.id, NOW).await.unwrap().unwrap();
    assert_eq!(
        (contact.state, contact.phone.as_str()),
        (ContactState::Calling, phone(0).as_str())
    );
    assert_eq!(contact.within_24_h, 1);
    assert_eq!(contact.place.unwrap().zones, ["Europe/Berlin"]);
    assert_eq!(contact.calls.len(), 1);
    let decided = &contact.calls[0];
    assert_eq!(
        (decided.id, decided.attempt, decided.outcome),
        (call.call_id, 1, None)
    );
    let grounds: serde_json::Value = serde_json::from_str(decided.grounds.as_deref().unwrap()).unwrap();
    assert_eq!(grounds["policy_version"], 1);
    assert_eq!(grounds["phone_number_id"], "number-1");

    store
        .apply_facts(&[says::report(&call, "customer-ended-call", NOW)], NOW)
        .await
        .unwrap();
    let later = store.contact(id, row.id, NOW + DAY_MS).await.unwrap().unwrap();
    assert_eq!((later.within_24_h, later.state), (0, ContactState::Done));
    assert!(later.outcome.is_some() && later.calls[0].outcome.is_some());

    let other = import(store, &List::of([5])).await;
    assert!(
        store.contact(other, row.id, NOW).await.unwrap().is_none(),
        "of another campaign"
    );
    let nobody = ContactId(Uuid::nil());
    assert!(store.contact(id, nobody, NOW).await.unwrap().is_none());
}

async fn places_of_contacts_are_told_together(fixture: &Fixture) {
    let store = &fixture.store;
    let mut list = List::of(0..3);
    list.people.push(someone(9, "+12025550143"));
    let id = import(store, &list).await;
    let page = Page { limit: 9, offset: 0 };
    let rows = store.contacts(id, &ContactFilter::default(), page).await.unwrap();
    let ids: Vec<ContactId> = rows.iter().map(|row| row.id).skip(1).collect();
    let mut found: Vec<(Vec<String>, usize)> = store
        .places_of_contacts(id, &ids)
        .await
        .unwrap()
        .into_iter()
        .map(|(place, contacts)| (place.zones, contacts.len()))
        .collect();
    found.sort();
    assert_eq!(
        found,
        [
            (vec!["America/New_York".to_owned()], 1),
            (vec!["Europe/Berlin".to_owned()], 2)
        ]
    );
    assert!(store.places_of_contacts(id, &[]).await.unwrap().is_empty());
}

async fn what_is_in_use_is_told_by_campaign(fixture: &Fixture) {
    let store = &fixture.store;
    store.set_line_cap(3).await.unwrap();
    let budget = Policy {
        money: Money {
            budget_usd_micros: Some(1_000_000_000),
            ..Money::default()
        },
        ..Policy::unrestricted()
    };
    let dear = start(
        store,
        &List {
            policy: budget,
            cap: 2,
            priority: 1,
            ..List::of(0..2)
        },
    )
    .await;
    let other = start(store, &List::of([7])).await;
    assert_eq!(store.spending(dear).await.unwrap(), store::Spending::default());
    let dials = dial(store, NOW).await;
    assert_eq!(
        store.open_calls_by_campaign().await.unwrap(),
        [(dear, 2), (other, 1)]
    );
    let held = store.spending(dear).await.unwrap().held;
    assert!(held > UsdMicros(0));
    assert_eq!(
        store.spending(other).await.unwrap().held,
        UsdMicros(0),
        "no budget"
    );
    let of_dear = dials.iter().find(|dial| dial.campaign_id == dear).unwrap();
    let mut report = says::report(of_dear, "customer-ended-call", NOW);
    report.says.details.cost = Some(UsdMicros(71_200));
    store.apply_facts(&[report], NOW).await.unwrap();
    let after = store.spending(dear).await.unwrap();
    assert_eq!(after.spent, UsdMicros(71_200));
    assert!(after.held < held);
    assert_eq!(store.open_calls_by_campaign().await.unwrap().len(), 2);
}
