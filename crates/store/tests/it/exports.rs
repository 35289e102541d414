//! The result of a campaign, row by row.

use std::collections::BTreeMap;

use domain::{ids::CampaignId, money::UsdMicros};
use futures::{StreamExt, TryStreamExt};
use store::ExportRow;

use crate::{
    fixture::Fixture,
    people::{List, MAX_DURATION_MS, NOW, dial, import, phone, start},
    says,
};

contract! {
    the_export_has_every_contact_once_in_the_order_of_the_list,
    the_export_is_read_as_it_is_needed,
}

async fn the_export_has_every_contact_once_in_the_order_of_the_list(fixture: &Fixture) {
    let store = &fixture.store;
    store.set_line_cap(3).await.unwrap();
    let mut list = List::of((0..6).rev());
    list.people[0]
        .variables
        .insert("city".to_owned(), "Köln".to_owned());
    let id = start(store, &list).await;
    import(store, &List::of(10..12)).await;
    let dials = dial(store, NOW).await;
    let facts = [
        says::answered(&dials[0], NOW + 5),
        says::report(&dials[0], "customer-ended-call", NOW + 9),
        says::refused(&dials[1], "autolynx.refused.rate", NOW),
    ];
    store.apply_facts(&facts, NOW).await.unwrap();
    let rows: Vec<ExportRow> = store.export(id).try_collect().await.unwrap();
    let phones: Vec<_> = rows.iter().map(|row| row.phone.clone()).collect();
    assert_eq!(phones, (0..6).rev().map(phone).collect::<Vec<_>>());
    assert_eq!(
        rows[0],
        ExportRow {
            name: "Person 5".to_owned(),
            business_name: "Business 5".to_owned(),
            phone: phone(5),
            state: "done".to_owned(),
            outcome: Some("human".to_owned()),
            reason: None,
            attempts: 1,
            call_id: Some(dials[0].call_id.0),
            provider_call_id: Some(says::provider_id(&dials[0])),
            status: Some("ENDED".to_owned()),
            ended_reason: Some("customer-ended-call".to_owned()),
            started_at: Some(NOW + 5),
            ended_at: Some(NOW + 9),
            cost: Some(UsdMicros(71_200)),
            success_evaluation: Some("true".to_owned()),
            summary: Some("They said hi.".to_owned()),
            recording_url: Some("https://example.com/recording.wav".to_owned()),
            transcript: Some("AI: Hello?\nUser: Hi.".to_owned()),
            variables: BTreeMap::from([("city".to_owned(), "Köln".to_owned())]),
        }
    );
    assert_eq!(
        (rows[1].state.as_str(), rows[1].status.as_deref()),
        ("pending", Some("FAILED"))
    );
    assert_eq!(
        rows[1].reason.as_deref(),
        Some("the provider asked us to slow down")
    );
    assert_eq!(
        (rows[3].state.as_str(), rows[3].call_id, rows[3].attempts),
        ("pending", None, 0)
    );
    let unknown = CampaignId(uuid::Uuid::from_u128(1));
    assert_eq!(store.export(unknown).try_collect::<Vec<_>>().await.unwrap(), []);
}

async fn the_export_is_read_as_it_is_needed(fixture: &Fixture) {
    let store = &fixture.store;
    let id = start(store, &List::of(0..5_000)).await;
    let mut rows = store.export(id);
    assert_eq!(rows.next().await.unwrap().unwrap().phone, phone(0));
    // Work goes on beside an export that nobody reads to its end.
    assert_eq!(store.claim(MAX_DURATION_MS, NOW).await.unwrap().dials.len(), 10);
    assert_eq!(rows.next().await.unwrap().unwrap().phone, phone(1));
    drop(rows);
    for _ in 0..20 {
        drop(store.export(id).next().await);
    }
    assert_eq!(
        store.export(id).try_collect::<Vec<_>>().await.unwrap().len(),
        5_000,
        "and no connection is lost"
    );
}
