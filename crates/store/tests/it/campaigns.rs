//! The list of campaigns.

use domain::campaign::Mode;
use store::{Page, Totals};

use crate::{
    fixture::Fixture,
    people::{List, NOW, assistant, dial, start},
    says,
};

contract! {
    campaigns_come_newest_first_and_page_by_page,
    a_campaign_tells_how_far_it_is,
}

async fn campaigns_come_newest_first_and_page_by_page(fixture: &Fixture) {
    let store = &fixture.store;
    assert_eq!(store.count_campaigns(false).await.unwrap(), 0);
    let assistant = assistant(store).await;
    let mut ids = Vec::new();
    for age in [3_000, 1_000, 0, 2_000, 2_000] {
        let campaign = List::of([]).campaign(assistant);
        let import = store.begin_import(&campaign, NOW - age).await.unwrap();
        ids.push((age, import.finish(Totals::default(), &[]).await.unwrap()));
    }
    assert_eq!(store.count_campaigns(false).await.unwrap(), 5);
    ids.sort();
    let newest_first: Vec<_> = ids.into_iter().map(|(_, id)| id).collect();
    let mut paged = Vec::new();
    for offset in [0, 2, 4, 6] {
        let page = store.campaigns(false, Page { limit: 2, offset }).await.unwrap();
        paged.extend(page.into_iter().map(|campaign| campaign.id));
    }
    assert_eq!(paged, newest_first);
}

async fn a_campaign_tells_how_far_it_is(fixture: &Fixture) {
    let store = &fixture.store;
    let list = List {
        cap: 3,
        batch_size: Some(4),
        quiet_line_gate: true,
        numbers: vec!["number-9"],
        ..List::of(0..6)
    };
    let id = start(store, &list).await;
    let dials = dial(store, NOW).await;
    store
        .apply_facts(&[says::ended(&dials[0], "voicemail", NOW + 1)], NOW + 1)
        .await
        .unwrap();
    let one = store.campaign(id).await.unwrap().expect("the campaign");
    assert_eq!(
        vec![one.clone()],
        store
            .campaigns(false, Page { limit: 9, offset: 0 })
            .await
            .unwrap()
    );
    assert_eq!((one.mode, one.cap, one.batch_size), (Mode::Batch, 3, Some(4)));
    assert!(one.quiet_line_gate);
    assert_eq!((one.numbers[0].id.as_str(), one.batch_index), ("number-9", 0));
    assert_eq!(
        (one.total_contacts, one.final_contacts, one.open_calls),
        (6, 1, 2)
    );
    assert_eq!((one.started_at, one.completed_at), (Some(NOW + 1), None));
}
