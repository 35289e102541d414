//! The contacts of a campaign as people see them.

use std::collections::BTreeSet;

use domain::{
    call::{CallStatus, Dialling},
    contact::ContactState,
    ids::CampaignId,
    outcome::Outcome,
};
use store::{ContactFilter, ContactRow, Page};

use crate::{
    fixture::Fixture,
    people::{List, NOW, dial, import, phone, start},
    says,
};

contract! {
    contacts_are_filtered_by_state_outcome_and_status,
    a_search_takes_what_people_type_to_the_letter,
    a_search_knows_no_case_in_any_script,
    pages_are_stable_while_calls_go_on,
    a_contact_tells_of_its_latest_call,
}

const ALL: Page = Page {
    limit: 1_000,
    offset: 0,
};

async fn lines(fixture: &Fixture, id: CampaignId, filter: &ContactFilter) -> Vec<u64> {
    let rows = fixture.store.contacts(id, filter, ALL).await.unwrap();
    let count = fixture.store.count_contacts(id, filter).await.unwrap();
    assert_eq!(rows.len() as u64, count, "{filter:?}");
    let mut lines: Vec<u64> = rows.iter().map(|row| row.line - 2).collect();
    lines.sort_unstable();
    lines
}

async fn contacts_are_filtered_by_state_outcome_and_status(fixture: &Fixture) {
    let store = &fixture.store;
    store.set_line_cap(5).await.unwrap();
    let id = start(store, &List::of(0..7)).await;
    let other = import(store, &List::of(0..2)).await;
    let dials = dial(store, NOW).await;
    let facts = [
        says::report(&dials[0], "customer-ended-call", NOW),
        says::ended(&dials[1], "customer-busy", NOW),
        says::refused(&dials[2], "autolynx.refused.rate", NOW),
        says::ringing(&dials[3], NOW),
    ];
    store.apply_facts(&facts, NOW).await.unwrap();
    let any = ContactFilter::default();
    assert_eq!(lines(fixture, id, &any).await, [0, 1, 2, 3, 4, 5, 6]);
    assert_eq!(lines(fixture, other, &any).await, [0, 1]);
    let state = |state| ContactFilter {
        state: Some(state),
        ..ContactFilter::default()
    };
    assert_eq!(lines(fixture, id, &state(ContactState::Pending)).await, [2, 5, 6]);
    assert_eq!(lines(fixture, id, &state(ContactState::Calling)).await, [3, 4]);
    assert_eq!(lines(fixture, id, &state(ContactState::Done)).await, [0, 1]);
    assert_eq!(
        lines(fixture, id, &state(ContactState::Skipped)).await,
        [] as [u64; 0]
    );
    let busy = ContactFilter {
        outcome: Some(Outcome::Busy),
        ..ContactFilter::default()
    };
    assert_eq!(lines(fixture, id, &busy).await, [1]);
    let status = |status| ContactFilter {
        status: Some(status),
        ..ContactFilter::default()
    };
    assert_eq!(lines(fixture, id, &status(CallStatus::Ringing)).await, [3]);
    assert_eq!(lines(fixture, id, &status(CallStatus::Ended)).await, [0, 1]);
    assert_eq!(lines(fixture, id, &status(CallStatus::Failed)).await, [2]);
    let both = ContactFilter {
        status: Some(CallStatus::Ended),
        search: Some("on 1".to_owned()),
        ..busy
    };
    assert_eq!(lines(fixture, id, &both).await, [1]);
    let none = ContactFilter {
        search: Some("on 0".to_owned()),
        ..both
    };
    assert_eq!(lines(fixture, id, &none).await, [] as [u64; 0]);
}

async fn search(fixture: &Fixture, id: CampaignId, text: &str) -> Vec<u64> {
    lines(
        fixture,
        id,
        &ContactFilter {
            search: Some(text.to_owned()),
            ..ContactFilter::default()
        },
    )
    .await
}

async fn a_search_takes_what_people_type_to_the_letter(fixture: &Fixture) {
    let mut list = List::of(0..6);
    let names = [
        "100% Sure",
        "under_score",
        "O'Brien \"Bob\"",
        "back\\slash",
        "Plain",
        "percent",
    ];
    for (person, name) in list.people.iter_mut().zip(names) {
        person.name = name.to_owned();
    }
    let id = import(&fixture.store, &list).await;
    let cases: [(&str, &[u64]); 16] = [
        ("%", &[0]),
        ("100%", &[0]),
        ("_", &[1]),
        ("r_s", &[1]),
        ("'", &[2]),
        ("\"bob\"", &[2]),
        ("\\", &[3]),
        ("k\\s", &[3]),
        ("\\%", &[]),
        ("'; DROP TABLE contacts; --", &[]),
        ("PLAIN", &[4]),
        ("  plain ", &[4]),
        ("", &[0, 1, 2, 3, 4, 5]),
        ("   ", &[0, 1, 2, 3, 4, 5]),
        ("business 3", &[3]),
        ("pla\0in", &[4]),
    ];
    for (text, expected) in cases {
        assert_eq!(search(fixture, id, text).await, expected, "{text:?}");
    }
    assert_eq!(search(fixture, id, &phone(2)).await, [2]);
    for written in ["+49 30-000-0002", "(30) 0000-002", "030 000.0002", "30 0000002"] {
        assert_eq!(search(fixture, id, written).await, [2], "{written}");
    }
    assert_eq!(search(fixture, id, "0000004").await, [4]);
    assert_eq!(
        search(fixture, id, &"x".repeat(200_000)).await,
        [] as [u64; 0],
        "a whole book"
    );
}

async fn a_search_knows_no_case_in_any_script(fixture: &Fixture) {
    let mut list = List::of(0..4);
    for (person, name) in list
        .people
        .iter_mut()
        .zip(["Émile Ångström", "ÉMILE", "Дмитрий", "ΟΔΥΣΣΕΥΣ"])
    {
        person.name = name.to_owned();
    }
    let id = import(&fixture.store, &list).await;
    for text in ["émile", "Émile", "ÉMILE"] {
        assert_eq!(search(fixture, id, text).await, [0, 1], "{text}");
    }
    assert_eq!(search(fixture, id, "ångSTRÖM").await, [0]);
    assert_eq!(search(fixture, id, "ДМИТ").await, [2]);
    assert_eq!(search(fixture, id, "οδυ").await, [3]);
}

async fn page_by_page(fixture: &Fixture, id: CampaignId, limit: u32) -> Vec<ContactRow> {
    let mut rows = Vec::new();
    for page in 0.. {
        let page = Page {
            limit,
            offset: page * limit,
        };
        let some = fixture
            .store
            .contacts(id, &ContactFilter::default(), page)
            .await
            .unwrap();
        if some.is_empty() {
            return rows;
        }
        rows.extend(some);
    }
    rows
}

async fn pages_are_stable_while_calls_go_on(fixture: &Fixture) {
    let store = &fixture.store;
    store.set_line_cap(8).await.unwrap();
    let id = start(store, &List::of(0..25)).await;
    let first = dial(store, NOW).await;
    let ends: Vec<_> = first[..4]
        .iter()
        .map(|dial| says::ended(dial, "voicemail", NOW))
        .collect();
    store.apply_facts(&ends, NOW).await.unwrap();
    let second = dial(store, NOW + 1_000).await;
    let rows = page_by_page(fixture, id, 4).await;
    let whole = store.contacts(id, &ContactFilter::default(), ALL).await.unwrap();
    assert_eq!(rows, whole);
    let different: BTreeSet<_> = rows.iter().map(|row| row.id).collect();
    assert_eq!(different.len(), 25, "nobody twice, nobody missing");
    // The latest calls, then the earlier ones, then who waits, in the order of the list.
    let called = |rows: &[ContactRow]| rows.iter().filter_map(|row| row.call_id).collect::<BTreeSet<_>>();
    assert_eq!(
        called(&rows[..4]),
        second.iter().map(|dial| dial.call_id).collect()
    );
    assert_eq!(
        called(&rows[4..12]),
        first.iter().map(|dial| dial.call_id).collect()
    );
    assert_eq!(
        rows[12..].iter().map(|row| row.line - 2).collect::<Vec<_>>(),
        (12..25).collect::<Vec<_>>()
    );
    // Facts about calls move nobody.
    let order = |rows: Vec<ContactRow>| rows.into_iter().map(|row| row.id).collect::<Vec<_>>();
    store
        .apply_facts(&[says::ended(&second[0], "voicemail", NOW)], NOW + 2_000)
        .await
        .unwrap();
    assert_eq!(order(page_by_page(fixture, id, 7).await), order(rows));
}

async fn a_contact_tells_of_its_latest_call(fixture: &Fixture) {
    let (id, first) = fixture.one_call().await;
    let store = &fixture.store;
    store
        .apply_facts(&[says::inferred(&first, "autolynx.absent", NOW)], NOW)
        .await
        .unwrap();
    let second = dial(store, NOW + 10).await.remove(0);
    let facts = [
        says::answered(&second, NOW + 20),
        says::report(&second, "customer-ended-call", NOW + 30),
    ];
    store.apply_facts(&facts, NOW + 40).await.unwrap();
    let row = store
        .contacts(id, &ContactFilter::default(), ALL)
        .await
        .unwrap()
        .remove(0);
    assert_eq!(
        (row.call_id, row.status),
        (Some(second.call_id), Some(CallStatus::Ended))
    );
    assert_eq!(
        (row.dialling, row.reserved_at),
        (Some(Dialling::Accepted), Some(NOW + 10))
    );
    assert_eq!((row.started_at, row.ended_at), (Some(NOW + 20), Some(NOW + 30)));
    assert_eq!(row.ended_reason.as_deref(), Some("customer-ended-call"));
    assert_eq!((row.name.as_str(), row.phone), ("Person 0", phone(0)));
    let unknown = CampaignId(uuid::Uuid::from_u128(1));
    assert_eq!(
        store
            .contacts(unknown, &ContactFilter::default(), ALL)
            .await
            .unwrap(),
        []
    );
}
